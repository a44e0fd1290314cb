"""Lookback: who was responsible on a date, what had been done by then, and what was written in afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from campus_records import HOLDERS, Log, later, noon
from hypothesis import given
from hypothesis import strategies as st
from test_laws import DAYS, UNITS, histories

from trail.errors import CallerError
from trail.evidence.record import Record
from trail.projections.citing import Basis, Bounds, Dated
from trail.projections.lookback import lookback
from trail.projections.lookback_values import Answer, Lookback
from trail.projections.status import bound_of, size_at


def answers(found: Lookback, duty: str, **wanted: Any) -> list[Answer]:
    rows = (*found.obligations, *found.triggered, *found.counts, *found.standing)
    return [a for a in rows if a.one.duty == duty and all(getattr(a.one, k) == v for k, v in wanted.items())]


def answer(found: Lookback, duty: str, **wanted: Any) -> Answer:
    (one,) = answers(found, duty, **wanted)
    return one


def positions(lines: Any) -> list[int]:
    return [line.position for line in lines]


class TestWorkedCases:
    def test_a_secretary_relieved_in_october_records_junes_talk_in_november(self):
        """The talk counts for the post; on 30 October nothing of it was known; its label says who signed, and when."""
        log = Log()
        log.relieve("jia/secretary", "p-10", "2026-10-12")
        log.assign("jia/secretary", "p-20", "2026-10-12")
        talk = log.talk("jia/secretary", ["p-11", "p-12", "p-13"], "2026-06-18", recorded="2026-11-05")

        found = lookback(log.at("2026-10-30"), unit="jia", about=["S2a"])
        one = answer(found, "S2a", period="2026")
        (line,) = one.cited.later

        assert (one.state, one.then) == ("in_time", "not_yet_due")
        assert one.cited.records == ()
        assert (line.position, line.label, line.posts) == (
            talk.position, "backfilled", (("jia/secretary", "no_longer_held"),),
        )  # fmt: skip
        assert [(row.line.position, row.why) for row in found.recorded_later] == [(talk.position, ("after_date",))]
        (post,) = (h for h in found.posts if h.post == "jia/secretary" and h.on_the_day)
        assert (post.person, post.begin) == ("p-20", "2026-10-12")

    def test_what_was_known_on_the_day_itself(self):
        log = Log()
        log.talk("jia/secretary", ["p-11"], "2026-06-18", recorded="2026-11-05")

        found = lookback(log.at("2026-10-30", "2026-10-30"), unit="jia")

        assert found.basis.positions == found.basis.then == len(log.records) - 1
        assert found.recorded_later == ()
        assert answer(found, "S2a", period="2026").then == answer(found, "S2a", period="2026").state

    def test_a_talk_count_when_a_head_leaves_on_4_october(self):
        """The post is a counterpart for the days it was held; who held it when is in the lookback of its unit."""
        log = Log()
        talk = log.talk("jia/member", [("p-14", "lab/head")], "2026-05-06", ("duty",))
        log.relieve("lab/head", "p-14", "2026-10-04")
        before = lookback(log.at("2026-10-03"), unit="lab")
        on = lookback(log.at("2026-10-04"), unit="lab")
        talked = answer(lookback(log.at("2026-12-31"), unit="jia", about=["S2c"]), "S2c", post="jia/member")

        assert [(h.person, h.until, h.on_the_day) for h in before.posts] == [("p-14", None, True)]
        assert [(h.person, h.until, h.on_the_day) for h in on.posts] == [
            ("p-14", "2026-10-04", False), (None, None, True),
        ]  # fmt: skip
        assert talked.state == "in_time"
        assert positions(talked.cited.all) == [talk.position]

    def test_an_endorsement_voided_by_an_edit_on_the_day_of_filing(self):
        log = Log()
        draft = log.draft("task", "jia/member", "2026-04-01")
        endorsed = log.endorse("jia/secretary", [draft], "2026-04-02")
        edit = log.correct(draft, "2026-04-20", fields={"tasks": [{"number": "2"}]})
        filed = log.file([draft], "dic", "2026-04-20")

        (day_before,) = lookback(log.at("2026-04-19"), unit="jia").lists
        (that_day,) = lookback(log.at("2026-04-20"), unit="jia").lists

        assert (day_before.state, positions(day_before.version.all)) == ("endorsed", [draft.position])
        assert positions(day_before.stands.all) == [endorsed.position]
        assert (that_day.state, positions(that_day.version.all)) == ("void", [edit.position])
        assert (that_day.stands.all, that_day.filed.all) == ((), ())
        assert set(positions(that_day.voided.all)) == {endorsed.position, filed.position}
        assert "C2" in [g.gap.code for g in lookback(log.at("2026-04-20"), unit="jia").gaps]

    def test_endorsed_again(self):
        log = Log()
        draft = log.draft("task", "jia/member", "2026-04-01")
        log.endorse("jia/secretary", [draft], "2026-04-02")
        edit = log.correct(draft, "2026-04-20", fields={"tasks": [{"number": "2"}]})
        again = log.endorse("jia/secretary", [edit], "2026-04-25")
        filed = log.file([edit], "dic", "2026-04-26")
        (held,) = lookback(log.at("2026-05-01"), unit="jia").lists

        assert (held.state, positions(held.stands.all), positions(held.filed.all)) == (
            "endorsed", [again.position], [filed.position],
        )  # fmt: skip

    def test_last_years_lists_stand_until_there_are_new_ones(self):
        log = Log()
        draft = log.draft("responsibility", "jia", "2026-03-02")
        log.on("CommitmentSigned", [draft], "2026-03-05", body="jia")
        (held,) = lookback(log.at("2027-02-01"), unit="jia").lists
        log.draft("responsibility", "jia", "2027-03-02", year=2027)
        (new,) = lookback(log.at("2027-03-31"), unit="jia").lists

        assert (held.year, held.state) == ("2026", "committed")
        assert (new.year, new.state) == ("2027", "none")


class TestBackfilling:
    def backfilled(self) -> Log:
        """A secretary who writes the spring's talks in, the day before an inspection is announced and the day after."""
        log = Log()
        for day, person in (("2026-03-05", "p-11"), ("2026-04-07", "p-12"), ("2026-05-12", "p-13")):
            log.talk("jia/secretary", [person], day, recorded="2026-10-19")
        for kind in ("integrity", "heart_to_heart"):
            log.talk("jia/secretary", ["p-11"], "2026-06-10", (kind,), recorded="2026-10-19")
        log.talk("jia/secretary", ["p-12"], "2026-06-11", ("integrity",), recorded="2026-10-21")
        log.talk("jia/secretary", ["p-13"], "2026-10-20", ("integrity",), recorded="2026-10-21")
        return log

    def test_before_and_after_the_notice(self):
        log = self.backfilled()
        found = lookback(log.at("2026-10-31"), unit="jia", notice="2026-10-20")
        why = {row.line.position: row.why for row in found.recorded_later}
        first = len(Log().records) + 1

        assert why == {**dict.fromkeys(range(first, first + 5), ("burst",)), first + 5: ("after_notice",)}

    def test_all_of_it_came_after_the_summer(self):
        log = self.backfilled()
        found = lookback(log.at("2026-07-31"), unit="jia", notice="2026-10-20")
        one = answer(found, "S2a", period="2026")

        assert (one.state, one.then) == ("in_time", "not_yet_due")
        assert one.cited.records == ()
        assert len(found.recorded_later) == 6
        assert all("after_date" in row.why for row in found.recorded_later)

    def test_a_notice_that_is_an_event(self):
        log = self.backfilled()
        log.add("TourNoticeIssued@1", {}, "2026-10-20", unit="uni")
        found = lookback(log.at("2026-10-31"), unit="jia")

        assert [(n.day, n.position) for n in found.notices] == [("2026-10-20", len(log.records))]
        assert [r.line.position for r in found.recorded_later if "after_notice" in r.why] == [len(Log().records) + 6]

    def test_not_a_date(self):
        with pytest.raises(CallerError, match="not a date"):
            lookback(Log().at("2026-10-31"), unit="jia", notice="soon")


class TestWhoHasLeft:
    def test_a_person_who_left_still_has_a_complete_answer(self):
        log = Log()
        talk = log.talk("jia/secretary", ["p-11"], "2026-03-05")
        draft = log.draft("responsibility", "jia/secretary", "2026-03-10")
        log.on("CommitmentSigned", [draft], "2026-03-12", body="jia")
        relieved = log.relieve("jia/secretary", "p-10", "2026-06-01")
        log.assign("jia/secretary", "p-20", "2026-06-01")
        found = lookback(log.at("2027-05-01"), person="p-10")
        (held,) = found.posts

        assert (held.post, held.begin, held.until, held.on_the_day) == (
            "jia/secretary", "2025-01-01", "2026-06-01", False,
        )  # fmt: skip
        assert positions(held.ended.all) == [relieved.position]
        assert len(held.appointed.all) == 1
        assert {u.duty for u in held.undone} >= {"S2a", "L2b"}
        assert talk.position in positions(found.acts.all)
        assert [(one.owner, one.day) for one in found.lists] == [("jia/secretary", "2026-05-31")]

    def test_who_appointed_and_who_signed_it(self):
        log = Log()
        log.relieve("jia/secretary", "p-10", "2026-06-01")
        assigned = log.assign("jia/secretary", "p-20", "2026-06-01", recorded="2026-08-20")
        found = lookback(log.at("2026-07-01"), unit="jia")
        (held,) = (h for h in found.posts if h.person == "p-20")

        assert held.appointed.records == ()
        assert positions(held.appointed.later) == [assigned.position]
        assert held.appointed.later[0].signers == (("p-99", ""),)

    def test_a_unit_that_was_merged(self):
        log = Log()
        talk = log.talk("jia/secretary", ["p-11"], "2026-03-05")
        merged = log.add("UnitMerged@1", {"unit": "jia", "into": "uni"}, "2026-09-01", stream="registry/units/jia")
        found = lookback(log.at("2027-03-01"), unit="jia")

        assert found.name == "jia"
        assert merged.position in positions(found.history.all)
        assert talk.position in positions(found.acts.all)
        assert answers(found, "L3b")

    def test_nobody_is_known(self):
        with pytest.raises(CallerError):
            lookback(Log().at("2026-06-01"), person="p-77")
        with pytest.raises(CallerError, match="no such unit"):
            lookback(Log().at("2026-06-01"), unit="bing")
        with pytest.raises(CallerError, match="of a unit or of a person"):
            lookback(Log().at("2026-06-01"))


class TestWhatIsCited:
    def test_who_was_told(self):
        log = Log()
        talk = log.talk("jia/secretary", ["p-11"], "2026-03-05")
        reference = [talk.statement.id, talk.digest]
        confirmed = log.add("TalkConfirmed@1", {"talk": reference}, "2026-03-06", by="jia/deputy",
                            stream=talk.statement.stream)  # fmt: skip
        circular = log.add("CircularIssued@1", {"kind": "situation", "units": ["jia"]}, "2026-05-01", body="dic",
                           unit="dic")  # fmt: skip
        report = log.report("principal", "jia/secretary", "2026-H1", "2026-07-08", ["dic", "uni"])
        receipt = log.received(report, "dic", "2026-07-09")
        rows = {t.kind: t for t in lookback(log.at("2026-07-31"), unit="jia").told}

        assert (rows["talk"].by, rows["talk"].to, rows["talk"].what) == (("p-10",), ("p-11",), ("duty",))
        assert positions(rows["talk"].words.all) == [confirmed.position]
        assert (rows["circular"].to, positions(rows["circular"].cited.all)) == (("jia",), [circular.position])
        assert (rows["receipt"].by, positions(rows["receipt"].cited.all)) == (("dic",), [receipt.position])

    def test_one_recipient_is_silent(self):
        """The January and July reports of a unit, one recipient silent: sent in time, and who did not sign for it."""
        log = Log()
        report = log.report("principal", "jia/secretary", "2026-H1", "2026-07-08", ["dic", "uni"])
        log.received(report, "dic", "2026-07-09")
        one = answer(lookback(log.at("2026-07-31"), unit="jia", about=["R5"]), "R5", period="2026-H1")

        assert (one.state, one.one.unreceived) == ("in_time", ("uni",))  # type: ignore[union-attr]

    def test_what_is_missing(self):
        found = lookback(Log().at("2026-07-31"), unit="jia")
        missing = {(a.one.duty, a.state) for a in found.missing}

        assert ("R5", "overdue") in missing
        assert ("S2a", "not_yet_due") in missing

    def test_a_correction_that_came_later_is_cited_as_later(self):
        log = Log()
        talk = log.talk("jia/secretary", ["p-11", "p-12", "p-13"], "2027-01-05", recorded="2027-01-05")
        edit = log.correct(talk, "2027-03-01", happened=["date", "2026-12-20", "day", False])
        one = answer(lookback(log.at("2027-02-01"), unit="jia", about=["S2a"]), "S2a", period="2026")

        assert (one.then, one.state) == ("overdue", "in_time")
        assert positions(one.cited.records) == [talk.position]
        assert positions(one.cited.later) == [edit.position]

    def test_only_the_duties_asked_about(self):
        log = Log()
        talk = log.talk("jia/secretary", ["p-11"], "2026-03-05")
        log.report("principal", "jia/secretary", "2026-H1", "2026-07-08", ["dic"])
        found = lookback(log.at("2026-07-31"), unit="jia", about=["S2a"])

        assert {a.one.duty for a in found.obligations} == {"S2a"}
        assert positions(found.acts.all) == [talk.position]
        with pytest.raises(CallerError, match="no such duty: S99"):
            lookback(log.at("2026-07-31"), unit="jia", about=["S99"])

    def test_gaps_of_other_streams(self):
        log = Log()
        talk = log.talk("jia/secretary", ["p-11"], "2026-03-05", ("formal_admonition",))
        gaps = {g.gap.code: positions(g.cited.all) for g in lookback(log.at("2026-07-31"), unit="jia").gaps}

        assert gaps["N11b"] == [talk.position]


class Grounded:
    """A ground that says of a position what it is told."""

    def __init__(self, not_before: dict[int, int]) -> None:
        self.not_before = not_before

    def bounds(self, record: Record) -> Bounds:
        rows = [t for p, t in self.not_before.items() if p <= record.position]
        return Bounds(recorded_not_before=Dated(max(rows), 1, ("w",)) if rows else None)

    def before(self, time: int, size: int) -> int:
        return min([size, *(p - 1 for p, t in self.not_before.items() if t >= time)])

    def basis(self, size: int, then: int) -> Basis:
        return Basis(size, then)


def test_a_clock_that_was_turned_back_makes_nothing_older():
    """The database's clock says June; the statement names a cosignature of November (D8)."""
    log = Log()
    talk = log.talk("jia/secretary", ["p-11"], "2026-06-18", recorded="2026-06-18")
    ground = Grounded({talk.position: noon("2026-11-05")})
    trusting = lookback(log.at("2026-10-30"), unit="jia")
    found = lookback(log.at("2026-10-30"), unit="jia", ground=ground)

    assert trusting.recorded_later == ()
    assert found.basis.then == talk.position - 1
    assert [(r.line.position, r.why) for r in found.recorded_later] == [(talk.position, ("after_date",))]


# -- laws


def mentioned(value: Any, later_too: bool) -> Iterator[int]:
    """Every position that a lookback's JSON names, outside what is marked as later unless that is wanted too."""
    if isinstance(value, dict):
        if value.get("recorded_later") is True and not later_too:
            return
        for name, one in value.items():
            if name == "position" and one is not None:
                yield one
            if name not in ("later", "recorded_later") or later_too:
                yield from mentioned(one, later_too)
    elif isinstance(value, list):
        for one in value:
            yield from mentioned(one, later_too)


def subjects(ask: Callable[..., Lookback | None], data: st.DataObject) -> list[Lookback]:
    """Two units, and two persons as far as anything is known of them."""
    units = data.draw(st.permutations(UNITS))[:2]
    persons = data.draw(st.permutations([*HOLDERS.values(), "p-20"]))[:2]
    found = [*(ask(unit=unit) for unit in units), *(ask(person=person) for person in persons)]
    return [one for one in found if one is not None]


def asking(log: Log, day: str, size: int | None = None) -> Callable[..., Lookback | None]:
    snapshot = log.at(day, size)

    def ask(**who: str) -> Lookback | None:
        try:
            return lookback(snapshot, notice="2026-09-01", **who)  # type: ignore[arg-type]
        except CallerError:
            return None

    return ask


@given(histories(), DAYS, st.data())
def test_nothing_beyond_what_was_known_is_mentioned_but_as_later(log: Log, day: str, data: st.DataObject):
    """Known at k: no position beyond k at all; and none beyond the size of the day itself outside the later parts."""
    size = data.draw(st.integers(len(Log().records), len(log.records)))
    for found in subjects(asking(log, day, size), data):
        shown = found.to_json()
        then = size_at(log.records[:size], bound_of(day))

        assert max(mentioned(shown, True), default=0) <= size
        assert max(mentioned(shown, False), default=0) <= then == found.basis.then


@given(histories(), DAYS)
def test_obligations_are_those_of_the_status(log: Log, day: str):
    snapshot = log.at(day)
    for unit in UNITS:
        found, status = lookback(snapshot, unit=unit), snapshot.unit(unit)
        assert tuple(a.one for a in found.obligations) == status.obligations
        assert [positions(a.cited.all) for a in found.obligations] == [
            [b.position for b in o.because] for o in status.obligations
        ]
    known = [person for person in HOLDERS.values() if snapshot.roster.of_person(person)]
    for person in known[:3]:
        assert tuple(a.one for a in lookback(snapshot, person=person).obligations) == (
            snapshot.person(person).obligations
        )


@given(histories(), DAYS)
def test_what_was_known_then_is_the_status_known_then(log: Log, day: str):
    then = size_at(log.records, bound_of(day))
    for unit in UNITS:
        known = {o.key: o.state for o in log.at(day, then).unit(unit).obligations}
        found = lookback(log.at(day), unit=unit)
        assert [a.then for a in found.obligations] == [known.get(a.one.key) for a in found.obligations]  # type: ignore[union-attr]


@given(histories(), DAYS, st.data())
def test_every_record_that_came_later_is_listed(log: Log, day: str, data: st.DataObject):
    """Whatever an obligation rests on that was not known on the day stands in the list of what came later."""
    for found in subjects(asking(log, day), data):
        listed = {row.line.position for row in found.recorded_later if "after_date" in row.why}
        rested = {line.position for a in found.obligations for line in a.cited.later}
        concerned = {line.position for line in found.acts.later}

        assert concerned <= listed
        assert all(found.unit is None or p in listed for p in rested), later(day, 0)


def test_the_laws_have_something_to_say():
    """A control: the walk that the first law rests on does find later positions where there are some."""
    log = Log()
    talk = log.talk("jia/secretary", ["p-11"], "2026-06-18", recorded="2026-11-05")
    shown = lookback(log.at("2026-10-30"), unit="jia").to_json()

    assert talk.position in set(mentioned(shown, True))
    assert talk.position not in set(mentioned(shown, False))
