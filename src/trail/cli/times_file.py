"""
``trail verify --times FILE``: one line for each act with its claimed, recorded and proven times.

What bounds an act from above is known only when the whole tree was compared with the checkpoints.  So the lines wait in
a temporary file while the evidence is read, and nothing is held in memory.  A name that ends in ``.csv`` gives a table
for a spreadsheet, any other JSON lines.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
import tempfile
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from trail.errors import CallerError
from trail.evidence.moment import parse_happened
from trail.evidence.times import ActTimes
from trail.report.times import csv_head, csv_row, json_row

if TYPE_CHECKING:
    from trail.evidence.verdict import Report


_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class TimesFile:
    """
    Takes the times of one verification and writes them to *path*, all or nothing; a context manager.

    Raises:
        CallerError: The path holds something else than such a file, or can't be written.
    """

    def __init__(self, path: str, lang: str) -> None:
        self._target = Path(path)
        self._table = self._target.suffix.lower() == ".csv"
        self._lang = lang
        _check_target(self._target)
        self._waiting = tempfile.TemporaryFile("w+", encoding="ascii", newline="\n")  # noqa: SIM115 - closed by exit

    def take(self, row: ActTimes) -> None:
        """Keep the times of the next act."""
        happened = None if row.happened is None else row.happened.to_value()
        self._waiting.write(json.dumps(row._replace(happened=happened)) + "\n")  # type: ignore[arg-type]

    def finish(self, report: Report) -> int:
        """Write the file, with the upper bounds of *report*; gives how many lines."""
        part = self._target.with_name(f"{self._target.name}.{secrets.token_hex(8)}.part")
        upper, lang, count = report.times.upper, self._lang, 0
        self._waiting.seek(0)
        try:
            with open(os.open(part, _NEW, 0o666), "w", encoding="utf-8", newline="") as stream:
                if self._table:
                    stream.write(csv_head(lang))
                for line in self._waiting:
                    row = _row(line)
                    one = row.interval(upper)
                    stream.write(csv_row(row, one, lang) if self._table else json_row(row, one))
                    count += 1
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(self._target)
        except OSError as error:
            raise _unwritable(self._target, error) from None
        finally:
            part.unlink(missing_ok=True)
        return count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._waiting.close()


def _row(line: str) -> ActTimes:
    row = ActTimes(*json.loads(line))
    return row if row.happened is None else row._replace(happened=parse_happened(row.happened))


def _check_target(target: Path) -> None:
    """Only an older file of times is replaced: a slip of the hand must not cost the evidence."""
    if not target.parent.is_dir():
        raise CallerError(f"{target}: no such folder", code="FILE_UNWRITABLE", advice="Name a folder that exists.")
    begin = b""
    try:
        if regular := stat.S_ISREG(target.stat().st_mode):  # a pipe would be waited for
            with target.open("rb") as stream:
                begin = stream.read(64)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unwritable(target, error) from None
    own = (b'{"position": ', *(csv_head(lang).encode()[:16] for lang in ("zh", "en")))
    if not regular or (begin and not begin.startswith(own)):
        raise CallerError(f"{target} is there already, and holds something else", code="FILE_EXISTS",
                          advice="Choose another name; only an older file of times is replaced.")  # fmt: skip


def _unwritable(target: Path, error: OSError) -> CallerError:
    advice = "Check that the folder has space left, and that this account may write there."
    return CallerError(f"{target} can't be written: {error.strerror}", code="FILE_UNWRITABLE", advice=advice)
