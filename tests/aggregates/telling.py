"""Acts told to the invented university's log, in their order, and what an inspector finds with the evidence."""

from __future__ import annotations

from collections.abc import Iterable

from trail import aggregates as a
from trail.application import Attachment
from trail.evidence.record import Record
from trail.testing import Campus
from trail.verify import Report, verify


def tell(campus: Campus, act: a.ActBase, post: str = "jia/secretary", files: Iterable[Attachment] = ()) -> Record:
    """The record of *act* as the holder of *post* recorded it, with *files* attached."""
    position = campus.acting(post).record(act, attachments=files).position
    return next(iter(campus.trail.records(position, position)))


def inspected(campus: Campus) -> Report:
    """What an inspector finds with the whole evidence."""
    campus.anchor()
    return verify(campus.trail.evidence(), campus.policy)


def stream(campus: Campus, name: str) -> list[Record]:
    """The records of the stream *name*, in order."""
    return [record for record in campus.trail.records() if record.statement.stream == name]
