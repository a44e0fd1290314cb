"""
Keys for the commands that sign: key files, and where their passphrases come from.

A passphrase is asked for on a terminal, without echo, or read from the first line of a file that ``--passphrase-file``
or the variable TRAIL_PASSPHRASE_FILE names.  It is never an argument and never printed.
"""

from __future__ import annotations

import argparse
import getpass
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trail.cli.common import read_file
from trail.encoding import printable
from trail.errors import CallerError, KeyFileFailed

if TYPE_CHECKING:
    from trail.cli.output import Printer
    from trail.signing import KeyFile

VARIABLE: Final = "TRAIL_PASSPHRASE_FILE"
_MAX_PASSPHRASE: Final = 4096
# A person's id becomes a file name: nothing that leads elsewhere or means something to a system.
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """The option for a passphrase file."""
    parser.add_argument(
        "--passphrase-file", metavar="FILE",
        help=f"file whose first line is the passphrase (default: ${VARIABLE}; otherwise it is asked for)",
    )  # fmt: skip


def add_log_key(parser: argparse.ArgumentParser) -> None:
    """The options for the log key and its state, and for the passphrase."""
    parser.add_argument("--log-key", metavar="FILE", help="the log's key (default: log/key.pem beside DB, if there)")
    parser.add_argument("--state", metavar="FILE", help="the signer's state file (default: `state` beside the key)")
    add_passphrase(parser)


class Passphrases:
    """Gives the passphrase for each key file: one for all from a file, or each as it is asked for."""

    def __init__(self, arguments: argparse.Namespace, printer: Printer) -> None:
        self._file: str | None = arguments.passphrase_file or os.environ.get(VARIABLE) or None
        self._printer = printer

    def known(self, path: Path) -> Callable[[], str]:
        """A callback that gives the passphrase of an existing key file."""

        def ask() -> str:
            if self._file is not None:
                return self._from_file(self._file)
            return self._from_terminal(self._printer.choose(f"{path} 的口令：", f"Passphrase for {path}: "))

        return ask

    def new(self, what_zh: str, what_en: str) -> str:
        """
        The passphrase for a new key file; on a terminal it is asked for twice.

        Raises:
            CallerError: It is empty, or the two differ.
            KeyFileFailed: There is neither a file nor a terminal.
        """
        if self._file is not None:
            passphrase = self._from_file(self._file)
        else:
            choose = self._printer.choose
            passphrase = self._from_terminal(choose(f"{what_zh}的新口令：", f"New passphrase for {what_en}: "))
            if passphrase != self._from_terminal(choose("再输入一次：", "Once more: ")):
                raise CallerError("the two passphrases differ", code="PASSPHRASE_DIFFERS", advice="Try again.")
        if not passphrase:
            raise CallerError("the passphrase is empty", code="PASSPHRASE_EMPTY", advice="Choose one that is not.")
        return passphrase

    def _from_file(self, path: str) -> str:
        data = read_file(path, "the passphrase file", _MAX_PASSPHRASE)
        try:
            return data.decode("utf-8").split("\n", 1)[0].removesuffix("\r")
        except UnicodeDecodeError:
            raise CallerError(f"{path} is not UTF-8 text", code="PASSPHRASE_FILE") from None

    def _from_terminal(self, prompt: str) -> str:
        if sys.stdin is None or not sys.stdin.isatty():
            raise KeyFileFailed(
                "there is no terminal to ask for the passphrase",
                advice=f"Name a file that holds it: --passphrase-file, or the variable {VARIABLE}.",
            )
        try:
            return getpass.getpass(printable(prompt))
        except EOFError:
            raise KeyFileFailed("no passphrase was given") from None


def key_file(path: str | Path, passphrases: Passphrases) -> KeyFile:
    """A key file, opened when it first signs."""
    from trail.signing import KeyFile

    return KeyFile(path, passphrases.known(Path(path)))


class KeyFolder:
    """Key files in a folder, each called after its person: ``p-001.pem``; each is opened once."""

    def __init__(self, folder: str, passphrases: Passphrases) -> None:
        self._folder = Path(folder)
        self._passphrases = passphrases
        self._open: dict[str, KeyFile] = {}

    def of(self, person: str) -> KeyFile:
        """The key file of a person; raises `CallerError` if the id can't be a file's name."""
        found = self._open.get(person)
        if found is None:
            found = self._open[person] = key_file(self._folder / file_name(person), self._passphrases)
        return found

    def has(self, person: str) -> bool:
        """Whether there is a file for a person."""
        return bool(_FILE_NAME.fullmatch(person)) and (self._folder / f"{person}.pem").is_file()


def file_name(person: str) -> str:
    """The name of a person's key file; raises `CallerError`."""
    if not _FILE_NAME.fullmatch(person):
        raise CallerError(
            f"{person!r} can't name a key file", code="KEY_FILE_NAME",
            advice="Use letters, digits, '-', '_' and '.' in the ids of persons who sign here.",
        )  # fmt: skip
    return f"{person}.pem"


def key_to_cover(arguments: argparse.Namespace, passphrases: Passphrases) -> tuple[KeyFile | None, Path | None]:
    """As `log_key`; but a key that nobody named is left alone, and no passphrase asked for, where all is covered."""
    from trail.application import Log

    if arguments.log_key is None and arguments.state is None:
        with Log.open(arguments.db, origin=arguments.origin, read_only=True) as log:
            last = log.reader.checkpoint()
            if last is not None and last.size == log.reader.head().size:
                return None, None
    return log_key(arguments, passphrases)


def log_key(arguments: argparse.Namespace, passphrases: Passphrases) -> tuple[KeyFile | None, Path | None]:
    """The log key and the state beside it, as named or where `trail init` puts them; (None, None) if not at hand."""
    if arguments.log_key is None and arguments.state is not None:
        raise CallerError("--state belongs to a --log-key", code="USAGE", advice="Name the key as well.")
    path = Path(arguments.db).parent / "log" / "key.pem" if arguments.log_key is None else Path(arguments.log_key)
    if arguments.log_key is None and not path.is_file():
        return None, None
    state = path.parent / "state" if arguments.state is None else Path(arguments.state)
    return key_file(path, passphrases), state
