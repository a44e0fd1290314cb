"""The roster over time: by date, whatever the order in which it became known."""

from __future__ import annotations

from campus_records import Log
from hypothesis import given
from hypothesis import strategies as st

from trail.projections import Roster
from trail.rules.calendar import date_text, day_of
from trail.rules.people import held_days

FEB, JUNE = day_of("2026-02-15"), day_of("2026-06-15")


def roster(log: Log) -> Roster:
    return Roster(log.records)


def move(log: Log, parent: str, day: str) -> None:
    log.add("UnitMoved@1", {"unit": "lab", "parent": parent}, day, stream="registry/units/lab")


def test_a_back_dated_move():
    """What became known last may have happened first."""
    log = Log()
    move(log, "dic", "2026-06-01")
    move(log, "uni", "2026-02-01")
    found = roster(log)

    assert [found.parent("lab", day_of(d)) for d in ("2026-01-15", "2026-02-15", "2026-06-15")] == ["jia", "uni", "dic"]
    assert found.children("uni", JUNE) == ["dic", "jia"]
    assert found.children("dic", JUNE) == ["lab"]


def test_renamed():
    log = Log()
    log.add("UnitRenamed@1", {"unit": "jia", "name": "乙学院"}, "2026-03-01", stream="registry/units/jia")

    assert (roster(log).name("jia", FEB), roster(log).name("jia", JUNE)) == ("jia", "乙学院")


def test_registries_begin_after_what_they_describe():
    """A unit and a post registered today existed when somebody held the post."""
    found = roster(Log())

    assert found.kind("jia", day_of("2025-06-01")) == "college"
    assert found.kind("uni", day_of("2025-06-01")) == "university"
    assert found.kind("jia", day_of("2024-12-31")) == ""


def test_who_holds_of_several():
    """Of overlapping tenures the one that began last holds: an acting holder during a leave."""
    log = Log()
    log.assign("jia/secretary", "p-11", "2026-05-01", acting=True)
    log.relieve("jia/secretary", "p-11", "2026-07-01")
    found = roster(log)
    days = [day_of(d) for d in ("2026-04-30", "2026-05-01", "2026-06-30", "2026-07-01")]

    assert [found.holder("jia/secretary", d) for d in days] == ["p-10", "p-11", "p-11", "p-10"]


def test_relieved_before_taking_office():
    log = Log()
    log.assign("jia/branch", "p-40", "2026-05-01")
    log.relieve("jia/branch", "p-40", "2026-05-01")

    assert roster(log).holder("jia/branch", JUNE) == "p-13"
    assert tuple(roster(log).of_person("p-40")) == ()


def test_abolished():
    log = Log()
    log.add("PostAbolished@1", {"post": "jia/member"}, "2026-03-01", stream="registry/posts/jia/member")

    assert [o.post for o in log.at("2026-12-31").unit("jia").obligations if (o.duty, o.period) == ("S2c", "2026")] == [
        "jia/deputy"
    ]


def test_an_endless_chain_of_units_ends():
    """Units that were moved below each other are a mistake, not a hang."""
    log = Log()
    log.add("UnitMoved@1", {"unit": "uni", "parent": "jia"}, "2026-02-01", stream="registry/units/uni")

    assert roster(log).ancestors("jia", JUNE) == ["uni", "jia"]
    log.at("2026-12-31").unit("jia")
    log.at("2026-12-31").unit("uni")


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.integers(1, 40)), max_size=5),
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.integers(1, 40)), max_size=3),
)
def test_held_days_against_counting(held: list[tuple[str, int, int]], own: list[tuple[str, int, int]]):
    """Days on which somebody else held the post: the same as asking each day."""
    log = Log(rules=None)
    first = day_of("2027-03-01")
    for post, rows in (("jia/x", held), ("jia/y", own)):
        log.post(post, "jia", "member")
        for person, begin, length in rows:
            fields = {"post": post, "person": person, "acting": False}
            fields |= {"from": date_text(first + begin), "until": date_text(first + begin + length)}
            log.add("PostAssigned@1", fields, "2026-01-01", stream=f"registry/posts/{post}")
    found = roster(log)
    windows = [(first, first + 30), (first + 20, first + 50)]

    def counts(day: int) -> bool:
        mine = {t.person for t in found.tenures("jia/y") if t.begin <= day < t.end}
        return bool({t.person for t in found.tenures("jia/x") if t.begin <= day < t.end} - mine)

    assert sum(counts(d) for d in range(first, first + 50)) == held_days(found, "jia/x", windows, "jia/y")
