"""Who was talked to: per duty and counterpart post, by which record, with the persons beside; and who was not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from campus_records import Log
from hypothesis import given, settings
from hypothesis import strategies as st
from test_laws import DAYS, UNITS, histories
from tests.profile import scaled

from trail.errors import CallerError
from trail.projections import Snapshot
from trail.projections.coverage import Coverage, Covering, coverage
from trail.rules import RuleSet

END = "2026-12-31"


def one(found: Coverage, duty: str, post: str | None) -> Covering:
    (row,) = [d for d in found.duties if (d.duty, d.post) == (duty, post)]
    return row


def of(log: Log, day: str = END, unit: str = "jia") -> Coverage:
    return coverage(log.at(day), unit, "2026")


def test_each_post_is_covered_by_the_talk_that_names_its_holder() -> None:
    log = Log()
    talk = log.talk("jia/secretary", ["p-11"], "2026-03-01")

    row = one(of(log), "S2a", "jia/secretary")

    assert [(c.id, c.covered, c.times, [b.position for b in c.by]) for c in row.counterparts] == [
        ("jia/deputy", True, 1, [talk.position]),
        ("jia/member", False, 0, []),
        ("jia/branch", False, 0, []),
    ]
    assert [c.id for c in row.missing] == ["jia/member", "jia/branch"]
    assert row.counterparts[0].unit == "jia"
    assert row.counterparts[0].title == "jia/deputy"


def test_persons_stand_beside_the_post_with_what_names_them() -> None:
    log = Log()
    talk = log.talk("jia/secretary", ["p-11"], "2026-02-01")
    log.relieve("jia/deputy", "p-11", "2026-05-01")
    log.assign("jia/deputy", "p-20", "2026-05-01")

    (post,) = [c for c in one(of(log), "S2a", "jia/secretary").counterparts if c.id == "jia/deputy"]

    assert post.covered, "the post counts, whoever held it (AMB10)"
    assert [(p.person, p.begin, p.until, p.named) for p in post.persons] == [
        ("p-11", "2025-01-01", "2026-05-01", (talk.position,)),
        ("p-20", "2026-05-01", None, ()),
    ]


def test_whom_nobody_has_talked_to_yet() -> None:
    log = Log()
    log.talk("jia/secretary", ["p-11"], "2026-03-01", ("integrity",))
    found = of(log)

    names = {u.id: u for u in found.untouched}

    assert "jia/deputy" not in names, "one talk, for any duty, is a talk"
    assert names["jia/member"].persons == ("p-12",)
    assert {"S2a", "S2b"} <= set(names["jia/member"].duties)
    assert [u.id for u in found.untouched] == sorted(names)


def test_a_voided_talk_covers_nobody_any_more() -> None:
    log = Log()
    talk = log.talk("jia/secretary", ["p-11"], "2026-03-01")
    log.void(talk, "2026-03-09")

    found = of(log)

    assert not one(found, "S2a", "jia/secretary").counterparts[0].covered
    assert "jia/deputy" in {u.id for u in found.untouched}


def test_only_what_happened_by_then() -> None:
    log = Log()
    log.talk("jia/secretary", ["p-11"], "2026-03-01")

    before, after = (one(of(log, day), "S2a", "jia/secretary") for day in ("2026-02-28", "2026-03-01"))

    assert [c.covered for c in before.counterparts] == [False, False, False]
    assert [c.covered for c in after.counterparts] == [True, False, False]


def test_lists_and_pledges_are_no_talks() -> None:
    assert not {"L1a", "L2a", "L2b"} & {d.duty for d in of(Log()).duties}


def test_where_one_of_the_group_will_do(rules_with: Callable[..., RuleSet]) -> None:
    """AMB9 read the other way: who of the group was talked to, the record says."""
    rules = rules_with(('talks = "each"', 'talks = "group"'))
    log = Log(rules=rules)
    talk = log.talk("jia/secretary", ["p-12"], "2026-03-01")

    row = one(coverage(log.at(END, None, rules), "jia", "2026"), "S2a", "jia/secretary")

    assert [(c.id, c.title, c.covered, [b.position for b in c.by]) for c in row.counterparts] == [
        ("*", "jia/branch / jia/deputy / jia/member", True, [talk.position])
    ]


def test_unknown_unit_or_year() -> None:
    with pytest.raises(CallerError, match="nowhere"):
        coverage(Log().at(END), "nowhere", "2026")
    with pytest.raises(CallerError, match="not a period"):
        coverage(Log().at(END), "jia", "MMXXVI")


def test_as_a_map() -> None:
    log = Log()
    log.talk("jia/secretary", ["p-11"], "2026-03-01")

    said = of(log).to_json()

    assert list(said) == ["unit", "name", "year", "as_of", "known_at", "duties", "untouched"]
    (duty,) = [d for d in said["duties"] if d["duty"] == "S2a" and d["post"] == "jia/secretary"]
    assert [c["covered"] for c in duty["counterparts"]] == [True, False, False]
    assert duty["counterparts"][0]["persons"][0]["person"] == "p-11"


@settings(max_examples=scaled(25))
@given(histories(), DAYS, st.sampled_from(UNITS))
def test_coverage_agrees_with_what_the_obligation_misses(log: Log, day: str, unit: str) -> None:
    snapshot: Snapshot = log.at(day)
    obligations = {(o.duty, o.period, o.post, o.holder): o for o in snapshot.unit(unit).obligations}

    for row in coverage(snapshot, unit, "2026").duties:
        obligation = obligations[row.duty, row.period, row.post, row.holder]
        assert [c.id for c in row.missing] == list(dict.fromkeys(m.counterpart for m in obligation.missing))
        assert row.state == obligation.state
        assert sum(c.times for c in row.counterparts) == obligation.done
        assert sum(c.required for c in row.counterparts) == obligation.required
        assert all(bool(c.by) == (c.times > 0) for c in row.counterparts)
