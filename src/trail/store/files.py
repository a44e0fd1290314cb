"""Small files that must survive a crash, and a lock that two processes can't both hold."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from trail.errors import StoreBusy, StoreFailed

LOCK_TIMEOUT: Final = 30.0  # seconds
_POLL: Final = 0.01

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def write_durably(path: Path, data: bytes, *, new: bool = False) -> None:
    """
    Put *data* into *path*, whole or not at all, durable when this returns; readable by its owner alone.

    Raises:
        StoreFailed: It could not be written; with *new*, also when the file exists.
    """
    beside = path.with_name(path.name + ".new")
    try:
        if new and path.exists():
            raise StoreFailed(f"{path} exists and is not overwritten", code="STATE_EXISTS", path=str(path))
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
        _sync_directory(path.parent)
    except OSError as error:
        raise StoreFailed(f"{path} can't be written: {error.strerror}", code="STATE_FILE", path=str(path)) from error


def read_small(path: Path, limit: int) -> bytes:
    """The content of *path*, at most *limit* bytes; raises `StoreFailed`."""
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise StoreFailed(f"{path} can't be read: {error.strerror}", code="STATE_FILE", path=str(path)) from error
    if len(data) > limit:
        raise StoreFailed(f"{path} is too large", code="STATE_FILE", path=str(path))
    return data


@contextmanager
def locked(path: Path, *, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """
    Hold the lock file beside *path*; the system lets go of it when the process dies.

    Raises:
        StoreBusy: Another held it for *timeout* seconds.
        StoreFailed: The lock file can't be made.
    """
    beside = path.with_name(path.name + ".lock")
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreFailed(f"{beside} can't be made: {error.strerror}", code="STATE_FILE", path=str(beside)) from error
    try:
        end = time.monotonic() + timeout
        while True:
            try:
                _try_lock(descriptor)
                break
            except OSError as error:
                if time.monotonic() > end:
                    raise StoreBusy(f"{path} is held by another process", path=str(path)) from error
                time.sleep(_POLL)
        try:
            yield
        finally:
            _unlock(descriptor)
    finally:
        os.close(descriptor)


def _sync_directory(directory: Path) -> None:
    """Make the new name durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
