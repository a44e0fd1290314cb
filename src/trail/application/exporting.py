"""
Writing the evidence file: where it may go, how far it is, and what it covers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from trail.errors import CallerError
from trail.evidence.file import MAGIC, EntryItem, Header, Item


class Exported(NamedTuple):
    """What was written: the file's ``size`` in bytes, the last position in it, and the log's last position."""

    size: int
    covered: int
    head: int


def check_target(target: Path) -> None:
    """
    Check that *target* is free or an older evidence file: a slip of the hand must not cost a database or a key.

    Raises:
        CallerError: It is something else, or can't be read.
    """
    try:
        with target.open("rb") as stream:
            if stream.read(len(MAGIC)) == MAGIC:
                return
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise CallerError(f"{target} can't be written: {error}", code="FILE_UNWRITABLE") from None
    raise CallerError(f"{target} exists and is no evidence file; it is not replaced", code="FILE_EXISTS",
                      advice="Choose another name.")  # fmt: skip


def counted(found: Iterator[Item], progress: Callable[[int, int], None] | None) -> Iterator[Item]:
    """The same items; *progress* is told of every thousandth entry, and how many were announced."""
    total = done = 0
    for item in found:
        if progress is not None and isinstance(item, Header):
            total = item.entries
        elif progress is not None and isinstance(item, EntryItem):
            done += 1
            if not done % 1000:
                progress(done, total)
        yield item
