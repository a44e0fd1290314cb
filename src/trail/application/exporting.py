"""
Writing the evidence file: where it may go, how far it is, and what it covers.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, TypeVar

from trail.errors import CallerError
from trail.evidence.extract import EXTRACT_MAGIC, ExtractHeader, ExtractItem
from trail.evidence.file import CONTINUATION, MAGIC, EntryItem, Header, Item

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
I = TypeVar("I", Item, ExtractItem)  # noqa: E741


class Exported(NamedTuple):
    """What was written: the file's ``size`` in bytes, the last position in it, and the log's last position."""

    size: int
    covered: int
    head: int


def check_target(target: Path) -> None:
    """
    Check that *target* is free or an older export: a slip of the hand must not cost a database or a key.

    Raises:
        CallerError: It is something else, or can't be read.
    """
    first = b""
    try:
        if stat.S_ISREG(target.stat().st_mode):  # a pipe would be waited for
            with target.open("rb") as stream:
                first = stream.read(len(CONTINUATION))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise CallerError(f"{target} can't be written: {error}", code="FILE_UNWRITABLE") from None
    if not first.startswith((MAGIC, EXTRACT_MAGIC, CONTINUATION)):
        raise CallerError(f"{target} exists and is no evidence file; it is not replaced", code="FILE_EXISTS",
                          advice="Choose another name.")  # fmt: skip


def write_whole(target: Path, write: Callable[[BinaryIO], int]) -> int:
    """
    Put what *write* writes into *target*, durably and all or nothing; returns what it returns.

    Only an older export is replaced.  It is written under a name that nobody can know, and never through a link.

    Raises:
        CallerError: The path can't be written, or holds something else.
    """
    check_target(target)
    part = target.with_name(f"{target.name}.{secrets.token_hex(8)}.part")
    try:
        with open(os.open(part, _NEW, 0o666), "wb") as stream:
            size = write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except OSError as error:
        raise CallerError(f"{target} can't be written: {error.strerror}", found=str(target)) from None
    finally:
        part.unlink(missing_ok=True)
    return size


def counted(found: Iterator[I], progress: Callable[[int, int], None] | None) -> Iterator[I]:
    """The same items; *progress* is told of every thousandth entry, and how many were announced."""
    total = done = 0
    for item in found:
        if progress is not None and isinstance(item, Header | ExtractHeader):
            total = item.entries
        elif progress is not None and isinstance(item, EntryItem):
            done += 1
            if not done % 1000:
                progress(done, total)
        yield item
