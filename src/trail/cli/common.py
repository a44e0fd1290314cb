"""
What several commands share: arguments, small files of the caller, times.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trail.errors import CallerError

if TYPE_CHECKING:
    from trail.cli.output import Printer

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SQLITE_MAGIC: Final = b"SQLite format 3\x00"
MAX_SMALL: Final = 1 << 20
"""Policies, checkpoints and requests are some kilobytes; whatever is larger is the wrong file."""
MAX_POSITION: Final = 2**63 - 1
"""What a database can count to."""


def leaf(commands: Commands, name: str, help: str, description: str | None = None) -> argparse.ArgumentParser:
    """Add a command; its description is its help, unless there is more to say."""
    return commands.add_parser(name, help=help, description=description or help[0].upper() + help[1:] + ".")


def read_file(path: str, what: str, limit: int = MAX_SMALL) -> bytes:
    """
    Read a file of the caller, at most *limit* bytes.

    Raises:
        CallerError: It can't be read, or is too large to be what it should be.
    """
    try:
        with open(path, "rb") as stream:
            data = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        raise unreadable(path, what, error) from None
    if len(data) > limit:
        raise CallerError(f"{path} is too large for {what}", code="FILE_TOO_LARGE",
                          advice="Check that it is the right file.")  # fmt: skip
    return data


def unreadable(path: str, what: str, error: Exception) -> CallerError:
    """The error for a file that can't be read."""
    reason = getattr(error, "strerror", None) or str(error)
    return CallerError(f"{what}: {path} can't be read: {reason}", code="FILE_UNREADABLE",
                       advice="Check the path, and that this account may read it.")  # fmt: skip


def write_file(path: str, data: bytes) -> None:
    """Write a small file; raises `CallerError`."""
    try:
        Path(path).write_bytes(data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CallerError(f"{path} can't be written: {reason}", code="FILE_UNWRITABLE",
                          advice="Check that the folder exists, has space left, and that this account may write "
                          "there.") from None  # fmt: skip


def is_database(path: str, what: str = "evidence") -> bool:
    """Whether a file begins as SQLite's do; raises `CallerError` if it can't be read or is no plain file."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise CallerError(f"{what}: {path} is no plain file", code="FILE_UNREADABLE", advice="Name a file.")
        with open(path, "rb") as stream:
            return stream.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC
    except (OSError, ValueError) as error:
        raise unreadable(path, what, error) from None


_NAME_IT: Final = (
    "Name the database itself: trail.db as `trail init` made it, or what the application's TRAIL_URL names."
)


def existing_database(path: str, advice: str = _NAME_IT) -> str:
    """*path*, if it is a database of this kind at all; raises `CallerError` with this *advice*."""
    if not is_database(path, "the database"):
        raise CallerError(f"{path} is not a database of this library", code="NOT_A_DATABASE", advice=advice)
    return path


def add_origin(parser: argparse.ArgumentParser) -> None:
    """The option that chooses a log."""
    parser.add_argument("--origin", metavar="NAME", help="which log, where a database holds several")


def add_policy(parser: argparse.ArgumentParser) -> None:
    """The option for the inspector's policy, where an answer can do without."""
    parser.add_argument(
        "--policy", metavar="FILE", help="the inspector's policy: show what is proven of the times that are given"
    )


def instant(text: str) -> int:
    """Read UTC seconds, or an ISO 8601 time with a zone, for an argument."""
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise argparse.ArgumentTypeError("expected UTC seconds, or a time with a zone: 2026-03-05T09:00+08:00")
    return int(moment.timestamp())


def position(text: str) -> int:
    """Read an entry's position for an argument."""
    if text.isascii() and text.isdigit() and len(text) <= 19 and 1 <= int(text) <= MAX_POSITION:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a position, from 1 to {MAX_POSITION}")


def date(text: str) -> str:
    """Read a date, YYYY-MM-DD, for an argument."""
    try:
        if dt.date.fromisoformat(text).isoformat() == text:
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError("expected a date, YYYY-MM-DD")


def date_or_instant(text: str) -> str | int | dt.datetime:
    """Read a date (until its end, Asia/Shanghai) or a time with a zone, for an argument."""
    try:
        return date(text)
    except argparse.ArgumentTypeError:
        return dt.datetime.fromtimestamp(instant(text), dt.UTC)


def size_or_time(text: str) -> str | int | dt.datetime:
    """Read a tree size (a number), a date or a time with a zone, for an argument."""
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    return date_or_instant(text)


def wrote(printer: Printer, path: str, what_zh: str, what_en: str) -> None:
    """Say that a file was written."""
    printer.say(f"已写入{what_zh}：{path}", f"wrote {what_en}: {path}")
