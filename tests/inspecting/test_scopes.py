"""Whether all entries are judged or only new ones: the same acts are found withheld from the announced scope."""

from __future__ import annotations

import io
from pathlib import Path

from tests.inspecting.kit import NOW, again, remembered, told

from trail.aggregates import UnitMoved
from trail.application import Scope
from trail.evidence.file import EntryItem, Item, PartItem, read_evidence, write_evidence
from trail.evidence.record import decode_entry
from trail.inspecting import State, inspect
from trail.testing.history import History, HistoryTrail
from trail.testing.stored import EvidenceCopy
from trail.verify import Report, Verdict, verify


def where(report: Report) -> list[int | None]:
    return [one.position for one in report.findings if one.code == "SCOPE_CONTRADICTED"]


def relabelled(data: bytes, scope: Scope) -> bytes:
    """The same file, announced as that of another scope."""
    copy = EvidenceCopy(data)
    copy.header = copy.header._replace(scope=scope.header())
    return copy.save()


def both(data: bytes, policy: str, path: Path) -> tuple[Report, Report]:
    """What a full verification says, and what one says that judges only what is new."""
    with State(path) as state:
        resumed = inspect(data, policy, state, now=NOW + 1, new_only=True).report
    return verify(data, policy, now=NOW + 1), resumed


def judged(log: HistoryTrail, policy: str, scope: Scope, path: Path) -> bytes:
    """A memory at *path* of a file of *scope*, which is found intact."""
    data = log.evidence(scope)
    with State(path, create=True) as state:
        assert inspect(data, policy, state, now=NOW, new_only=True).report.verdict is Verdict.INTACT
    return data


def test_a_file_that_was_judged_under_one_scope_is_compared_under_another(tmp_path: Path) -> None:
    history = History.random(5, size=30)
    with history.tell() as log:
        data = judged(log, history.policy, Scope(unit="yi"), tmp_path / "state")
        full, resumed = both(relabelled(data, Scope(unit="jia")), history.policy, tmp_path / "state")
        same, still = both(data, history.policy, tmp_path / "state")
    assert where(full) == where(resumed) != []
    assert resumed.verdict is Verdict.INCONCLUSIVE
    assert (same.verdict, still.verdict) == (Verdict.INTACT, Verdict.INTACT)


def test_what_a_later_entry_brings_into_the_scope_is_missed_in_what_was_judged_before(tmp_path: Path) -> None:
    history, scope = History.random(5, size=30), Scope(unit="jia")
    with history.tell() as log:
        policy = log.campus.policy
        before = EvidenceCopy(judged(log, policy, scope, tmp_path / "state"))
        log.campus.register(UnitMoved(unit="yi", parent="jia"))
        log.campus.anchor()
        after, honest = EvidenceCopy(log.evidence()), log.evidence(scope)
        for old, new in zip(before.rows, after.rows, strict=False):
            new.parts, new.files = old.parts, old.files
        after.header = after.header._replace(scope=scope.header())
        full, resumed = both(after.save(), policy, tmp_path / "state")
        assert resumed.resumed is not None
        assert where(full) == where(resumed) != []
        units = {after.rows[at - 1].record(at).statement.unit for at in where(full) if at}
        assert units == {"yi", None}, "its talks, and the names of its people"
        assert verify(honest, policy, now=NOW).verdict is Verdict.INTACT


def test_a_continuation_is_held_to_its_scope(tmp_path: Path) -> None:
    scope = Scope(unit="uni")
    with told(History.random(5, size=30), 2) as one:
        remembered(one, tmp_path / "state")
        items = list(read_evidence(io.BytesIO(one.log.evidence(scope, since=one.size))))
        assert again(_written(items), one, tmp_path / "state").report.verdict is Verdict.INTACT
        position, hidden, changed = one.size, 0, []
        for item in items:
            position += isinstance(item, EntryItem)
            if isinstance(item, EntryItem):
                record = decode_entry(item.entry, position)
            elif isinstance(item, PartItem) and item.data is not None and record.statement.unit and not hidden:
                hidden, item = position, PartItem(None, record.statement.parts[0].digest)
            changed.append(item)
        assert hidden
        remembered(one, tmp_path / "other")
        report = again(_written(changed), one, tmp_path / "other").report
    assert (report.verdict, where(report)) == (Verdict.INCONCLUSIVE, [hidden])


def _written(items: list[Item]) -> bytes:
    stream = io.BytesIO()
    write_evidence(stream, items)
    return stream.getvalue()
