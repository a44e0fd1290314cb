"""
Key files: one encrypted PKCS#8 key (`trail.signing.pkcs8`) in a file that only its owner may read.

The passphrase comes from a callback, never from the environment or a file beside the key, and is asked for when the
key is first needed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from trail.errors import CallerError, KeyFileFailed
from trail.signing.keys import PrivateKey, PublicKey

_MAX_BYTES: Final = 65_536
"""A key file is some 300 bytes; whatever is larger is the wrong file and is not read."""


class KeyFile:
    """
    A `Signer` whose key lies in an encrypted file.

    The file is read and *ask* called once, when the key is first needed; after a failure the next use asks again.
    Threads may share it.  It is not pickled: another process opens the file itself.
    """

    __slots__ = ("_ask", "_key", "_lock", "_path")

    def __init__(self, path: str | os.PathLike[str], ask: Callable[[], str]) -> None:
        self._path = Path(path)
        self._ask = ask
        self._key: PrivateKey | None = None
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return self._path

    @property
    def public(self) -> PublicKey:
        """
        The public half.

        Raises:
            KeyFileFailed: The file is missing, damaged or of another kind, or the passphrase is wrong.
        """
        return self._loaded().public

    def sign(self, message: bytes) -> bytes:
        """
        Sign *message*.

        Raises:
            KeyFileFailed: As for `public`.
        """
        return self._loaded().sign(message)

    def _loaded(self) -> PrivateKey:
        if self._key is None:
            with self._lock:
                if self._key is None:
                    self._key = self._load()
        return self._key

    def _load(self) -> PrivateKey:
        # Read before asking: nobody should type a passphrase for a file that isn't there.
        pem = _read(self._path)
        passphrase = self._ask()
        if not passphrase:
            raise KeyFileFailed("no passphrase was given", code="KEY_FILE_PASSPHRASE", path=str(self._path))
        try:
            return PrivateKey.from_pem(pem, passphrase)
        except KeyFileFailed as error:
            facts = {**error.facts, "path": str(self._path)}
            raise KeyFileFailed(
                f"{self._path}: {error.message}", code=error.code, advice=error.advice(), **facts
            ) from None

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise CallerError("a key file is not pickled or copied; open it where it is needed")

    def __repr__(self) -> str:
        return f"<KeyFile {self._path} ({'open' if self._key else 'closed'})>"


def write_key_file(path: str | os.PathLike[str], key: PrivateKey, passphrase: str) -> None:
    """
    Write a *key* to a new file under a *passphrase*, readable by its owner alone, durable when this returns.

    Raises:
        KeyFileFailed: The file exists, or can't be written; a half-written one is removed.
        CallerError: The passphrase is empty.
    """
    pem = key.to_pem(passphrase)
    target = Path(path)
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        raise KeyFileFailed(
            f"{target} exists and is not overwritten",
            code="KEY_FILE_EXISTS",
            advice="Choose another name; delete the old file only if nothing that it signed must be signed again.",
            path=str(target),
        ) from None
    except OSError as error:
        raise _failed("created", target, error) from None
    try:
        with open(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        _sync_directory(target.parent)
    except OSError as error:
        target.unlink(missing_ok=True)
        raise _failed("written", target, error) from None


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise KeyFileFailed(
            f"there is no key file {path}",
            code="KEY_FILE_MISSING",
            advice="Check the path; if the key is on a removable medium, put it in.",
            path=str(path),
        ) from None
    except OSError as error:
        raise _failed("read", path, error) from None
    if len(data) > _MAX_BYTES:
        raise KeyFileFailed(f"{path} is too large for a key file", code="KEY_FILE_FORMAT", path=str(path))
    return data


def _sync_directory(directory: Path) -> None:
    """Make the new name durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(what: str, path: Path, error: OSError) -> KeyFileFailed:
    reason = error.strerror or type(error).__name__
    return KeyFileFailed(
        f"{path} can't be {what}: {reason}",
        advice="Check that the folder exists, has space left, and that this account may use it.",
        path=str(path),
        reason=reason,
    )
