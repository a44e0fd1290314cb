"""What the tests of the inspector's memory share: a history told in two parts, and reports made comparable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from trail.errors import EnvironmentFailed
from trail.inspecting import Inspection, State, inspect
from trail.testing.history import History, HistoryTrail
from trail.verify import Report

NOW = 2_000_000_000


class Told(NamedTuple):
    """A log that was exported twice: at *size*, and at its end, whole and as a continuation from *size*."""

    log: HistoryTrail
    policy: str
    size: int
    first: bytes
    whole: bytes
    continued: bytes


@contextmanager
def told(history: History, split: int) -> Iterator[Told]:
    """Tell *history*; after *split* of its events the log is anchored and exported for the first time."""
    with history.new_trail() as log:
        first, size = b"", 0
        for number, _ in enumerate(history.record_into(log)):
            if number >= split and not first and _anchored(log):
                size, first = log.reader.head().size, log.evidence()
        if not first:  # the history is shorter than that
            size, first = log.reader.head().size, log.evidence()
        yield Told(log, history.policy, size, first, log.evidence(), log.evidence(since=size))


def _anchored(log: HistoryTrail) -> bool:
    """Anchor the log, unless its clock stands behind what the witness has stated already."""
    try:
        log.campus.anchor()
    except EnvironmentFailed:
        return False
    return True


def remembered(told: Told, path: Path) -> Path:
    """A memory at *path* of the first export, from which later entries can be judged."""
    with State(path, create=True) as state:
        made = inspect(told.first, told.policy, state, now=NOW, new_only=True)
        assert made.kept == told.size
        assert made.remembered is not None
    return path


def again(evidence: bytes, told: Told, path: Path, **how: Any) -> Inspection:
    """Verify with the memory at *path*, judging only what is new."""
    with State(path) as state:
        return inspect(evidence, how.pop("policy", told.policy), state, now=NOW + 1, new_only=True, **how)


def findings(report: Report, beyond: int = 0) -> list[tuple[str, int | None, str]]:
    """Code, position and words of every finding and remark beyond a position."""
    rows = [(one.code, one.position, one.message) for one in (*report.findings, *report.remarks)]
    return sorted((row for row in rows if row[1] is None or row[1] > beyond), key=str)
