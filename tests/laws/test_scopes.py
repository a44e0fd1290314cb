"""
Scopes and extracts of any history: every body is counted once, none of another unit is shown, and nothing is found.
"""

from __future__ import annotations

import io
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.laws.kit import NOW
from tests.profile import scaled

from trail.application import Choice, Scope
from trail.evidence.extract import PlaceItem, read_extract, write_extract
from trail.evidence.file import AttachmentItem, EntryItem, PartItem
from trail.evidence.record import Record, decode_entry, decode_part
from trail.evidence.registry import REGISTRY_TYPES, Registry
from trail.evidence.scope import Shown
from trail.evidence.verdict import Report, Verdict
from trail.evidence.withheld import Withheld
from trail.store import extract_items, items
from trail.testing import histories
from trail.testing.history import History, HistoryTrail
from trail.testing.stored import EvidenceCopy
from trail.verify import verify

UNITS = ("uni", "jia", "yi")
DATES = ("2025-07-01", "2026-01-01", "2026-03-01", "2026-06-30", "2027-01-01")
SCOPES = st.one_of(
    st.just(Scope()),
    st.just(Scope(nothing=True)),
    st.builds(Scope, unit=st.sampled_from(UNITS)),
    st.builds(Scope, person=st.sampled_from([f"p-{n:03d}" for n in range(1, 15)])),
    st.builds(lambda a, b: Scope(start=min(a, b), end=max(a, b)), st.sampled_from(DATES), st.sampled_from(DATES)),
    st.builds(lambda u, a: Scope(unit=u, start=a), st.sampled_from(UNITS), st.sampled_from(DATES)),
    st.builds(lambda u, b: Scope(unit=u, end=b), st.sampled_from(UNITS), st.sampled_from(DATES)),
    st.builds(lambda n, b: Scope(person=f"p-{n:03d}", end=b), st.integers(1, 14), st.sampled_from(DATES)),
)


def told(history: History) -> HistoryTrail:
    return history.tell()


def named(log: HistoryTrail) -> tuple[int, int]:
    """How many body parts and attachments the entries name, by their bytes alone."""
    size = log.reader.checkpoint().size  # type: ignore[union-attr]
    statements = [record.statement for record in log.records(1, size)]
    return sum(len(s.parts) for s in statements), sum(len(s.attachments) for s in statements)


def counted(report: Report) -> tuple[int, int]:
    return tuple(sum((c.shown, c.withheld, c.erased, c.missing)) for c in (report.parts, report.attachments))  # type: ignore[return-value]


@settings(max_examples=scaled(15), phases=[Phase.generate])
@given(histories(), st.lists(SCOPES, min_size=3, max_size=6))
def test_whatever_the_scope_each_body_is_counted_once_and_the_file_is_intact(
    history: History, scopes: list[Scope]
) -> None:
    with told(history) as log:
        whole = verify(log.evidence(), history.policy, now=NOW)
        for scope in scopes:
            report = verify(log.evidence(scope), history.policy, now=NOW)
            assert report.verdict is Verdict.INTACT, report.findings
            assert report.scope == scope.header()
            assert counted(report) == named(log)
            assert report.parts.missing == report.attachments.missing == 0
            assert report.parts.erased == whole.parts.erased, "what was erased is erased in every scope"
            assert (report.root, report.anchored) == (whole.root, whole.anchored), "every entry, whatever the scope"


def shown_of(log: HistoryTrail, scope: Scope) -> Iterator[tuple[Record, list[PartItem | AttachmentItem]]]:
    """Each entry with what is shown beside it."""
    position, record, beside = 0, None, []
    for item in log.items(scope):
        if isinstance(item, EntryItem):
            if record is not None:
                yield record, beside
            position, beside = position + 1, []
            record = decode_entry(item.entry, position)
        elif isinstance(item, PartItem | AttachmentItem) and item.data is not None:
            beside.append(item)
    if record is not None:
        yield record, beside


def units_of(record: Record, registry: Registry, beside: list[PartItem | AttachmentItem]) -> set[str]:
    """Every unit that an entry has to do with: its own, its performers', and those of whomever its parts are about."""
    s = record.statement
    if s.unit is not None:
        return {s.unit}
    people = {p.who for p in s.performers if p.kind == "person"}
    people |= {str(s.fields["person"])} if "person" in s.fields else set()
    for item in beside:
        if isinstance(item, PartItem) and item.data is not None:
            people |= set(decode_part(item.data).subjects)
    posts = {p.post for p in s.performers if p.post}
    posts |= {post for post, rows in registry.assignments.items() for row in rows if row.person in people}
    return {registry.posts[post].unit for post in posts} | {p.who for p in s.performers if p.kind == "body"}


@settings(max_examples=scaled(15), phases=[Phase.generate])
@given(histories(), st.sampled_from(["jia", "yi"]), st.sampled_from([None, "2026-03-01"]))
def test_the_scope_of_a_unit_shows_nothing_that_is_another_s_alone(
    history: History, unit: str, start: str | None
) -> None:
    with told(history) as log:
        registry = log.reader.registry()
        for record, beside in shown_of(log, Scope(unit=unit, start=start)):
            if beside:
                units = units_of(record, registry, beside)
                assert any(registry.within(one, unit) for one in units), (record.position, units)
                assert start is None or record.statement.happened.date() >= start


def test_the_law_about_units_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a scope that shows everything is noticed."""
    monkeypatch.setattr(Shown, "_is_of", lambda *_: True)
    found = 0
    for seed in range(3):
        with History.random(seed).tell() as log:
            registry = log.reader.registry()
            for record, beside in shown_of(log, Scope(unit="yi")):
                units = units_of(record, registry, beside) if beside else {"yi"}
                found += not any(registry.within(one, "yi") for one in units)
    assert found


# --- what is withheld although it lies in the scope ------------------------------------------------------------------


def told_of(record: Record, scope: Scope, registry: Registry) -> bool:
    """Whether the statement and the registry alone put an act into *scope*: the page's rule, written once more."""
    s = record.statement
    day = s.happened.date()
    if scope.nothing or not (scope.start or day) <= day <= (scope.end or day):
        return False
    if scope.person is not None:
        return scope.person in {s.fields.get("person"), *(p.who for p in s.performers if p.kind == "person")}
    if scope.unit is None:
        return True
    below = {unit for unit in registry.units if registry.within(unit, scope.unit)}
    if s.unit is not None:
        return s.unit in below
    units = {p.who if p.kind == "body" else p.post and registry.posts[p.post].unit for p in s.performers}
    posts = {post for post, known in registry.posts.items() if known.unit in below}
    people = {row.person for post in posts for row in registry.assignments.get(post, [])}
    return bool(units & below) or s.fields.get("person") in people


def opened(log: HistoryTrail, scope: Scope) -> EvidenceCopy:
    return EvidenceCopy(log.evidence(scope))


def shown_at(copy: EvidenceCopy) -> list[int]:
    """The positions of which a body part is shown."""
    return [at for at, row in enumerate(copy.rows, 1) if any(one.data is not None for one in row.parts)]


def where(report: Report) -> list[int | None]:
    return [one.position for one in report.findings if one.code == "SCOPE_CONTRADICTED"]


@settings(max_examples=scaled(15), phases=[Phase.generate])
@given(histories(), st.lists(SCOPES, min_size=2, max_size=4), st.integers(0, 1 << 30))
def test_hiding_an_act_of_the_scope_contradicts_it_wherever_that_can_be_told(
    history: History, scopes: list[Scope], seed: int
) -> None:
    drawn = random.Random(seed)
    with told(history) as log:
        registry = log.reader.registry()
        for scope in scopes:
            candidates = shown_at(opened(log, scope))
            for at in drawn.sample(candidates, min(3, len(candidates))):
                copy = opened(log, scope)
                for one in copy.rows[at - 1].parts:
                    one.data = None
                report = verify(copy.save(), history.policy, now=NOW)
                if scope.everything:
                    assert set(report.counts) >= {"SCOPE_CONTRADICTED"}
                elif told_of(copy.rows[at - 1].record(at), scope, registry):
                    assert report.verdict is Verdict.INCONCLUSIVE
                    assert where(report) == [at]
                else:  # only its content says that it belongs there
                    assert report.verdict is Verdict.INTACT


@settings(max_examples=scaled(10), phases=[Phase.generate])
@given(histories(), SCOPES)
def test_no_honest_file_contradicts_its_scope_wherever_it_ends(history: History, scope: Scope) -> None:
    """By the registry at its own end: not at today's."""
    with told(history) as log:
        for issued in log.reader.checkpoints():
            if scope.unit is not None and scope.unit not in log.reader.registry(issued.size).units:
                continue  # nobody exports that
            older = verify(items(log.reader, scope, size=issued.size), history.policy, now=NOW)
            assert older.size == issued.size
            assert "SCOPE_CONTRADICTED" not in older.counts


@settings(max_examples=scaled(15), phases=[Phase.generate])
@given(histories(), SCOPES, SCOPES)
def test_a_file_under_the_name_of_another_scope_lacks_what_that_one_shows(
    history: History, made: Scope, said: Scope
) -> None:
    with told(history) as log:
        registry = log.reader.registry()
        if said.unit is not None and said.unit not in registry.units:
            return
        copy = opened(log, made)
        copy.header = copy.header._replace(scope=said.header())
        report = verify(copy.save(), history.policy, now=NOW)
        shown = set(shown_at(copy))
        lacking = [at for at, row in enumerate(copy.rows, 1)
                   if row.parts and at not in shown and told_of(row.record(at), said, registry)]  # fmt: skip
        if said.named:
            assert where(report) == lacking[:100], "and what is shown beyond it is harmless"
            assert report.counts.get("SCOPE_CONTRADICTED", 0) == len(lacking)
        elif said.everything:
            assert bool(where(report)) is bool(lacking)


def test_the_laws_about_what_is_withheld_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a verifier that does not compare finds every such file intact."""
    scope, found = Scope(unit="jia"), []
    with History.random(5, size=30).tell() as log:
        policy = log.campus.policy
        registry = log.reader.registry()
        copy = opened(log, scope)
        at = next(at for at in shown_at(copy) if told_of(copy.rows[at - 1].record(at), scope, registry))
        for one in copy.rows[at - 1].parts:
            one.data = None
        found.append(verify(copy.save(), policy, now=NOW).verdict)
        monkeypatch.setattr(Withheld, "judge", lambda *_: None)
        found.append(verify(copy.save(), policy, now=NOW).verdict)
    assert found == [Verdict.INCONCLUSIVE, Verdict.INTACT]


# --- extracts ------------------------------------------------------------------------------------------------------


def extracted(log: HistoryTrail, choice: Choice) -> bytes:
    stream = io.BytesIO()
    write_extract(stream, extract_items(log.reader, choice))
    return stream.getvalue()


@settings(max_examples=scaled(15), phases=[Phase.generate])
@given(histories(), st.integers(0, 1 << 30), st.booleans())
def test_any_extract_of_an_honest_log_leaves_nothing_open_but_what_it_does_not_show(
    history: History, seed: int, contents: bool
) -> None:
    drawn = random.Random(seed)
    with told(history) as log:
        size = log.reader.checkpoint().size  # type: ignore[union-attr]
        for count in (1, 3, 20):
            chosen = tuple(drawn.sample(range(1, size + 1), min(count, size)))
            report = verify(extracted(log, Choice(positions=chosen, contents=contents)), history.policy, now=NOW)
            remarks = {one.code for one in report.remarks}
            assert set(report.counts) - remarks == {"EXTRACT"}, report.findings
            assert report.verdict is Verdict.INCONCLUSIVE
            assert report.extract is not None
            assert report.extract.entries == report.extract.proven
            rows = {row.position: row for row in report.extract.listed}
            assert all(rows[at].signed for at in chosen if at in rows)
            assert contents or (report.parts.shown, report.attachments.shown) == (0, 0)


@settings(max_examples=scaled(10), phases=[Phase.generate])
@given(histories(), st.sampled_from(["jia", "yi", "uni"]))
def test_an_extract_of_a_scope_holds_every_entry_of_the_scope(history: History, unit: str) -> None:
    with told(history) as log:
        scope = Scope(unit=unit)
        registry = log.reader.registry()
        whole = {record.position for record, beside in shown_of(log, scope) if beside}
        data = extracted(log, Choice(scope=scope))
        report = verify(data, history.policy, now=NOW)
        assert set(report.counts) - {one.code for one in report.remarks} == {"EXTRACT"}
        assert report.scope == {"unit": unit}
        places = [item.position for item in read_extract(io.BytesIO(data)) if isinstance(item, PlaceItem)]
        assert whole <= set(places), "whatever the evidence file shows of it"
        acts = {r.position: r for r in log.records(1, report.size) if r.statement.type not in REGISTRY_TYPES}
        of_it = {n for n, r in acts.items() if r.statement.unit and registry.within(r.statement.unit, unit)}
        assert of_it <= set(places)
        assert not {n for n, r in acts.items() if r.statement.unit and n not in of_it} & set(places) - _erasures(log)


def _erasures(log: HistoryTrail) -> set[int]:
    return {record.position for record in log.records() if record.statement.type == "PartErased@1"}


def test_an_extract_is_written_whole_and_replaces_only_an_older_export() -> None:
    with History.random(5).tell() as log, tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "x.extract")
        done = log.extract(target, Choice(positions=(1,)))
        assert done.size == target.stat().st_size
        log.extract(target, Choice(positions=(2,)))
        log.export(target)
        assert [path.name for path in Path(folder).iterdir()] == ["x.extract"]
