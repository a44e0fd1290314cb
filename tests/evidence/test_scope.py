"""What lies in a scope, as the page says it, and what a verifier can tell of what is withheld."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import pytest
from tests.evidence.kit import Built, Log, sha256

from trail.errors import CallerError
from trail.evidence import withheld
from trail.evidence.file import AttachmentItem, Broken, Header, Item, PartItem, is_scope
from trail.evidence.record import AttachmentRef, Happened, Performer
from trail.evidence.scope import Scope, Shown, check_known, scope_from_header
from trail.evidence.verdict import Report, Verdict
from trail.verify import verify

SCOPES = [
    Scope(), Scope(nothing=True), Scope(unit="jia"), Scope(person="p-001"), Scope(start="2026-03-01"),
    Scope(end="2026-03-01"), Scope(start="2026-03-01", end="2026-03-31"), Scope(unit="jia", end="2026-03-05"),
    Scope(person="p-001", start="2026-03-05"),
]  # fmt: skip


def scoped(log: Log, scope: Scope, hidden: set[int], *, torn: Set[int] = frozenset()) -> list[Item]:
    """The evidence under a header; the parts at the *hidden* positions are withheld, the first alone at the *torn*."""
    parts: dict[int, list[Item]] = {}
    for at in hidden | torn:
        refs = log.records[at - 1].statement.parts
        parts[at] = [PartItem(None, ref.digest) for ref in refs]
        if at in torn:
            parts[at][1:] = [PartItem(data) for data in log.parts[at - 1][1:]]
    return log.items(header=Header(log.origin, len(log.entries), scope.header()), parts=parts)


def judged(log: Log, scope: Scope, hidden: set[int], **how: Any) -> Report:
    return verify(scoped(log, scope, hidden, **how), log.policy())


def contradicted(report: Report) -> list[int | None]:
    """Where the scope is contradicted; nothing else may be found."""
    assert set(report.counts) <= {"SCOPE_CONTRADICTED", "POST_NOT_HELD"}, report.findings
    return [one.position for one in report.findings]


def talk(log: Log, *, about: str = "p-004", **changes: Any) -> int:
    """A talk with one part, taken without judging what the test is not about; gives its position."""
    built = log.build("TalkHeld", {"kind": "duty"}, parts={"record": ((about,), {"content": "……"})}, **changes)
    return log.add(built).position


@pytest.mark.parametrize("scope", SCOPES)
def test_a_header_says_the_scope_and_is_read_back(scope: Scope) -> None:
    assert is_scope(scope.header())
    assert scope_from_header(scope.header()) == scope
    assert scope.named is (scope not in SCOPES[:2])


def test_only_a_unit_that_is_one_is_exported(log: Log) -> None:
    check_known(Scope(unit="jia"), log.registry)
    check_known(Scope(person="nobody"), log.registry)
    with pytest.raises(CallerError) as refused:
        check_known(Scope(unit="bing"), log.registry)
    assert refused.value.code == "NAME_UNKNOWN"


BY_TEAM = (Performer("body", "team", "uni/office"),)
CASES: list[tuple[str, Scope, dict[str, Any], str]] = [
    # what, scope, the talk, what the statement tells: in, out, or open (only its content tells)
    ("it names the unit", Scope(unit="jia"), {"unit": "jia"}, "in"),
    ("it names a unit below", Scope(unit="jia"), {"unit": "jia-1"}, "in"),
    ("it names the unit above", Scope(unit="jia"), {"unit": "uni"}, "out"),
    ("it names another", Scope(unit="yi"), {"unit": "jia"}, "out"),
    ("another, though by a post of the unit", Scope(unit="jia"), {"unit": "yi"}, "out"),
    ("none, by a post of the unit", Scope(unit="jia"), {"unit": None}, "in"),
    ("none, by a post of another", Scope(unit="yi"), {"unit": None}, "open"),
    ("none, by a body below", Scope(unit="jia"), {"unit": None, "performers": BY_TEAM}, "in"),
    ("none, by a body of another", Scope(unit="yi"), {"unit": None, "performers": BY_TEAM}, "open"),
    ("by the person", Scope(person="p-001"), {}, "in"),
    ("by a body, not a person", Scope(person="team"), {"performers": BY_TEAM}, "open"),
    ("by another", Scope(person="p-003"), {}, "open"),
    ("then", Scope(start="2026-03-05", end="2026-03-05"), {}, "in"),
    ("before", Scope(start="2026-03-06"), {}, "out"),
    ("after", Scope(end="2026-03-04"), {}, "out"),
    ("the unit's, then", Scope(unit="jia", start="2026-03-05"), {}, "in"),
    ("the unit's, before", Scope(unit="jia", start="2026-03-06"), {}, "out"),
    ("the person's, after", Scope(person="p-001", end="2026-03-04"), {}, "out"),
    ("everything", Scope(), {}, "in"),
]


@pytest.mark.parametrize(("what", "scope", "changes", "told"), CASES, ids=[row[0] for row in CASES])
def test_what_the_statement_tells(what: str, scope: Scope, changes: dict[str, Any], told: str, log: Log) -> None:
    built = log.build("TalkHeld", {"kind": "duty"}, parts={"record": (("p-004",), {"content": "甲"})}, **changes)
    at = log.force(built).position
    statement = log.records[-1].statement
    shown = Shown(scope, log.registry)
    assert shown(statement, lambda: set()) is (told == "in")
    if told == "open" and scope.person is not None:
        assert shown(statement, lambda: {scope.person or ""})
    items = scoped(log, scope, {at} | _outside(log, scope))
    codes = [one for one in verify(items, log.policy()).findings if one.code == "SCOPE_CONTRADICTED"]
    assert [one.position for one in codes] == ([] if told != "in" else [None] if scope.everything else [at])


def _outside(log: Log, scope: Scope) -> set[int]:
    """Where an honest exporter withholds, of the names of persons."""
    shown = Shown(scope, log.registry)
    rows = [r for r in log.records if r.statement.type == "PersonRegistered@1"]
    return {r.position for r in rows if not shown(r.statement, lambda r=r: {r.statement.fields["person"]})}  # type: ignore[misc]


def test_the_members_of_a_unit_are_those_who_ever_held_a_post_there(log: Log) -> None:
    name = next(r.position for r in log.records if r.statement.fields.get("person") == "p-004")
    others = _outside(log, Scope(unit="yi"))
    assert name in others
    assert contradicted(judged(log, Scope(unit="yi"), others)) == []
    log.appoint("p-004", "yi/recorder")
    assert contradicted(judged(log, Scope(unit="yi"), others)) == [name]


def test_an_act_is_about_the_person_whom_its_field_names(log: Log) -> None:
    name = next(r.position for r in log.records if r.statement.fields.get("person") == "p-004")
    others = _outside(log, Scope(person="p-004"))
    assert name not in others
    assert contradicted(judged(log, Scope(person="p-004"), others)) == []
    assert contradicted(judged(log, Scope(person="p-004"), others | {name})) == [name]


def test_the_registry_at_the_end_decides_and_a_file_of_an_older_end_by_its_own(log: Log) -> None:
    at, scope = talk(log, unit="jia-1"), Scope(unit="yi")
    hidden = _outside(log, scope) | {at}
    assert contradicted(judged(log, scope, hidden)) == []
    older = log.items(header=Header(log.origin, at, scope.header()), entries=log.entries[:at],
                      checkpoints=[log.checkpoint(at)], parts=_parts(log, hidden))  # fmt: skip
    log.registrars("UnitMoved", {"unit": "jia-1", "parent": "yi"})
    assert contradicted(judged(log, scope, hidden)) == [at]
    assert contradicted(judged(log, Scope(unit="jia"), _outside(log, Scope(unit="jia")) | {at})) == []
    assert contradicted(verify(older, log.policy())) == []


def _parts(log: Log, hidden: set[int]) -> dict[int, list[Item]]:
    return {at: [PartItem(None, ref.digest) for ref in log.records[at - 1].statement.parts] for at in hidden}


def two_parts(log: Log, **changes: Any) -> int:
    """A correction of a talk's record, which brings two parts: a reason, and the record anew."""
    talked = log.records[talk(log, **changes) - 1]
    fields = {"target": [talked.statement.id, sha256(talked.statement_bytes)]}
    parts = {"reason": ((), {"reason": "误"}), "record": (("p-004",), {"content": "乙"})}
    built: Built = log.build("RecordCorrected", fields, parts=parts, **changes)
    return log.force(built).position


@pytest.mark.parametrize(
    ("scope", "unit", "found"),
    [
        (Scope(unit="yi"), None, True),
        (Scope(unit="yi"), "jia", False),
        (Scope(person="p-003"), "jia", True),
        (Scope(person="p-003", end="2026-03-01"), "jia", False),
        (Scope(end="2026-03-01"), "jia", False),
    ],
)
def test_an_act_is_shown_whole_or_not_unless_it_surely_lies_outside(
    scope: Scope, unit: str | None, found: bool, log: Log
) -> None:
    at = two_parts(log, unit=unit)
    hidden = {r.position for r in log.records if r.statement.parts} - {at}
    hidden -= {r.position for r in log.records if Shown(scope, log.registry)(r.statement, set)}

    def where(**how: Any) -> list[int | None]:
        found = judged(log, scope, hidden | how.pop("more", set()), **how).findings
        return [one.position for one in found if one.code == "SCOPE_CONTRADICTED"]

    assert where(more={at}) == []
    assert where() == [], "showing more than was announced hides nothing"
    assert where(torn={at}) == ([at] if found else [])


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (Scope(), False),  # there the count of what is withheld says it
        (Scope(unit="jia"), True),
        (Scope(person="p-001", start="2026-03-05"), True),
        (Scope(end="2026-03-05"), True),
        (Scope(unit="yi"), False),
        (Scope(person="p-003"), False),
        (Scope(start="2026-03-06"), False),
    ],
)
def test_an_attachment_of_the_scope_is_remarked_on_for_its_host_may_keep_it(scope: Scope, said: bool, log: Log) -> None:
    file = AttachmentRef(sha256(b"%PDF"), 4, "application/pdf")
    at = log.add(log.build("TalkHeld", {"kind": "duty"}, attachments=(file,))).position
    hidden = set() if scope.everything else _outside(log, scope)
    parts = {**_parts(log, hidden), at: [AttachmentItem(None, file.digest)]}
    items = log.items(header=Header(log.origin, len(log.entries), scope.header()), parts=parts)
    report = verify(items, log.policy())

    assert report.verdict is Verdict.INTACT
    assert report.attachments.withheld == 1
    remarked = [one.position for one in report.remarks if one.code == "ATTACHMENT_WITHHELD_IN_SCOPE"]
    assert remarked == ([at] if said else [])
    assert "ATTACHMENT_WITHHELD_REQUIRED" in verify(items, log.policy(require=["attachments"])).counts


def test_an_announced_unit_that_there_is_not_is_named(log: Log) -> None:
    talk(log)
    hidden = {r.position for r in log.records if r.statement.parts}
    report = judged(log, Scope(unit="jìa"), hidden)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert [(one.code, one.position, one.found) for one in report.findings] == [("SCOPE_CONTRADICTED", None, "jìa")]


def test_every_withheld_act_is_counted_and_the_first_hundred_are_named(log: Log) -> None:
    hidden = {talk(log, happened=Happened.on("2026-03-05")) for _ in range(130)}
    report = judged(log, Scope(unit="jia"), hidden | _outside(log, Scope(unit="jia")))
    assert report.counts["SCOPE_CONTRADICTED"] == 130
    assert contradicted(report) == sorted(hidden)[:100]


def test_of_a_file_that_breaks_off_nobody_knows_the_registry_at_the_end(log: Log) -> None:
    at = talk(log, unit="jia-1")
    scope = Scope(unit="jia")
    hidden = _outside(log, scope) | {at}
    assert contradicted(judged(log, scope, hidden)) == [at]
    broken = [*scoped(log, scope, hidden), Broken("FRAME_BROKEN", "cut")]
    assert set(verify(broken, log.policy()).counts) - {"POST_NOT_HELD"} == {"FRAME_BROKEN"}


def test_a_scope_that_shows_everything_or_nothing_gathers_nothing() -> None:
    """A file of a million acts under such a scope costs no more than it did."""
    assert withheld.withheld_under({"all": True}) is None
    assert withheld.withheld_under({"none": True}) is None
    assert withheld.withheld_under({"unit": ""}) is None
    assert withheld.withheld_under({"unit": "jia"}) is not None
