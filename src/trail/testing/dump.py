"""
A log as text, one line for each record, for reading a failing test.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from trail.application import Trail
from trail.encoding import Value, printable
from trail.evidence.record import Record

__all__ = ["describe"]

_CST = dt.timezone(dt.timedelta(hours=8))
_MAX = 60


def describe(trail: Trail, first: int = 1, last: int | None = None) -> Iterator[str]:
    """Position, time, type, stream and version, signers and public fields of each record; bodies stay closed."""
    for record in trail.records(first, last):
        yield line(record)


def line(record: Record) -> str:
    """One record in one line, escaped."""
    s = record.statement
    time = dt.datetime.fromtimestamp(record.recorded, _CST).strftime("%Y-%m-%d %H:%M")
    signers = ", ".join(f"{one.person} {one.post}".rstrip() for one in s.signers)
    fields = " ".join(f"{name}={_short(value)}" for name, value in s.fields.items())
    happened = s.happened.date()
    text = f"{record.position:>5} {time} {s.type} {s.stream}@{record.version} [{signers}] {s.hand} {happened} {fields}"
    return printable(text).replace("\n", "\\n")


def _short(value: Value) -> str:
    if isinstance(value, bytes):
        return value.hex()[:8]
    if isinstance(value, list):
        return "[" + ",".join(_short(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{_short(item)}" for name, item in value.items()) + "}"
    text = str(value)
    return text if len(text) <= _MAX else text[:_MAX] + "..."
