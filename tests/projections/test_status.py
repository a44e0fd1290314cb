"""What a unit owes and how it stands: each of the duties, late and in time, people who move."""

from __future__ import annotations

import json

import pytest
from campus_records import HOLDERS, Log, noon

from trail.errors import CallerError
from trail.evidence.record import Happened

MEMBERS = ["jia/deputy", "jia/member"]


def talk_with_all(log: Log, day: str = "2026-03-05") -> None:
    log.talk("jia/secretary", ["p-11", "p-12", "p-13"], day)


class TestStates:
    @pytest.mark.parametrize(
        ("as_of", "state"),
        [
            ("2026-06-30", "not_yet_due"),
            ("2026-07-01", "due_soon"),  # amber from 07-01
            ("2026-07-10", "due_soon"),  # the named day included, until 24:00 (AMB2)
            ("2026-07-11", "overdue"),
        ],
    )
    def test_before_anything_is_done(self, as_of: str, state: str):
        assert state == Log().one("R5", as_of, period="2026-H1").state

    @pytest.mark.parametrize(("sent", "state"), [("2026-07-10", "in_time"), ("2026-07-11", "late")])
    def test_the_due_day_is_included(self, sent: str, state: str):
        log = Log()
        log.report("principal", "jia/secretary", "2026-H1", sent, ["uni", "dic"])

        assert state == log.one("R5", "2026-12-31", period="2026-H1").state

    def test_void_where_there_is_nobody(self):
        """Who is in charge of nothing has nobody to talk to, which is neither done nor undone."""
        one = Log().one("S2c", "2026-12-31", post="jia/deputy")

        assert (one.state, one.required) == ("void", 0)

    def test_nothing_before_the_first_period(self):
        """AMB20: adopted for 2026, the report on the second half of 2025 is not asked for."""
        periods = {o.period for o in Log().at("2026-01-20").unit("jia").obligations}

        assert {"2026", "2026-H1"} == periods

    def test_an_earlier_first_period(self):
        log = Log(first_period="2025-H2")

        assert log.one("R5", "2026-01-11", period="2025-H2").state == "overdue"

    def test_second_half_is_due_next_year(self):
        assert Log().one("R4", "2026-12-31", period="2026-H2").due == "2027-01-10"


class TestTalks:
    def test_covered_per_counterpart(self):
        """AMB9: one talk with several counts for each; who is left is named with the person in post."""
        log = Log()
        log.talk("jia/secretary", ["p-11", ("p-12", "jia/member")], "2026-03-05")
        one = log.one("S2a", "2026-06-30")

        assert (one.done, one.required) == (2, 3)
        assert [(m.counterpart, m.persons) for m in one.missing] == [("jia/branch", ("p-13",))]

    def test_kinds_are_told_apart(self):
        log = Log()
        talk_with_all(log)

        assert log.one("S2a", "2026-06-30").state == "in_time"
        assert log.one("S2b", "2026-06-30").state == "not_yet_due"

    @pytest.mark.parametrize(("combined", "separate", "done"), [(False, True, 0), (True, False, 0), (True, True, 3)])
    def test_two_kinds_in_one_sitting(self, combined: bool, separate: bool, done: int, rules_with):
        """AMB12: it counts as two only if the setting is on and each kind has its own content."""
        rules = rules_with(("combined_talk = false", f"combined_talk = {str(combined).lower()}"))
        log = Log(rules=rules)
        to = ["p-11", "p-12", "p-13"]
        log.talk("jia/secretary", to, "2026-03-05", ("duty", "integrity"), separate=separate)

        assert log.one("S2a", "2026-06-30", rules=(rules,)).done == 3
        assert done == log.one("S2b", "2026-06-30", rules=(rules,)).done

    def test_never_ones_own_counterpart(self):
        """AMB24: who holds both posts owes no talk to themselves, and can't hold one."""
        log = Log()
        log.relieve("jia/member", "p-12", "2026-01-01")
        log.assign("jia/member", "p-10", "2026-01-01")
        one = log.one("S2a", "2026-06-30")

        assert [m.counterpart for m in one.missing] == ["jia/deputy", "jia/branch"]

    def test_nobody_talks_to_themselves(self):
        """AMB24: not even in the other of two posts."""
        log = Log()
        log.assign("jia/member", "p-10", "2026-01-01", acting=True)
        log.relieve("jia/member", "p-10", "2026-04-01")
        log.talk("jia/secretary", ["p-10", ("p-10", "jia/member")], "2026-03-05")

        assert log.one("S2a", "2026-06-30").done == 0

    def test_the_earliest_counts(self):
        """One more talk after the due date takes nothing away."""
        log = Log()
        talk_with_all(log, "2026-12-30")
        late = log.talk("jia/secretary", ["p-11"], "2027-01-10")
        log.correct(late, "2027-01-11", period="2026")
        one = log.one("S2a", "2027-01-31", period="2026")

        assert ("in_time", noon("2026-12-30") - 12 * 3600) == (one.state, one.completed)

    def test_a_person_who_does_not_hold_the_post(self):
        log = Log()
        talk = log.talk("jia/secretary", [("p-77", "jia/member")], "2026-03-05")
        one = log.one("S2a", "2026-06-30")

        assert one.done == 0
        assert [("COUNTERPART_NOT_IN_POST", (talk.position,))] == [(g.code, g.positions) for g in one.gaps]

    def test_the_year_it_names(self):
        """AMB5: a talk held in January for the year before counts for the year that it names."""
        log = Log()
        talk = log.talk("jia/secretary", ["p-11", "p-12", "p-13"], "2027-01-05")
        log.correct(talk, "2027-01-06", period="2026")

        assert log.one("S2a", "2027-02-01", period="2026").state == "late"
        assert log.one("S2a", "2027-02-01", period="2027").done == 0


class TestReports:
    def test_each_recipient(self):
        """AMB18: in time only if sent to each by the due date."""
        log = Log()
        log.report("principal", "jia/secretary", "2026-H1", "2026-07-08", ["uni"])
        assert [m.recipient for m in log.one("R5", "2026-07-09", period="2026-H1").missing] == ["dic"]

        log.report("principal", "jia/secretary", "2026-H1", "2026-07-12", ["dic"])
        assert log.one("R5", "2026-07-31", period="2026-H1").state == "late"

    def test_any_recipient(self, rules_with):
        rules = rules_with(('recipients = "each"', 'recipients = "any"'))
        log = Log(rules=rules)
        log.report("principal", "jia/secretary", "2026-H1", "2026-07-08", ["uni"])

        assert log.one("R5", "2026-07-31", period="2026-H1", rules=(rules,)).state == "in_time"

    def test_unreceived_is_a_label(self):
        """AMB18: that a recipient has not signed for it is no lateness of the sender."""
        log = Log()
        report = log.report("principal", "jia/secretary", "2026-H1", "2026-07-08", ["dic", "uni"])
        log.received(report, "uni", "2026-07-09")
        one = log.one("R5", "2026-07-31", period="2026-H1")

        assert (one.state, one.unreceived) == ("in_time", ("dic",))

    def test_the_teams_report(self):
        """R4 is the body's: filed by the body, or from any post of the unit."""
        for body, by in ((None, "jia/deputy"), ("jia", None)):
            log = Log()
            log.report("team", by, "2026-H1", "2026-07-08", ["dic", "uni"], body=body)
            one = log.one("R4", "2026-07-31", period="2026-H1")

            assert (one.state, one.post, one.holder) == ("in_time", None, None)

    def test_another_units_report_does_not_count(self):
        log = Log()
        log.report("team", "uni/secretary", "2026-H1", "2026-07-08", ["dic", "uni"])

        assert log.one("R4", "2026-07-31", period="2026-H1").state == "overdue"


class TestTwoAxes:
    def test_as_of_keeps_what_happened_before(self):
        """A date D means before D+1 00:00 Asia/Shanghai."""
        log = Log()
        talk_with_all(log, "2026-03-05")

        assert log.one("S2a", "2026-03-04").done == 0
        assert log.one("S2a", "2026-03-05").done == 3

    def test_known_at_replays_what_the_screen_showed(self):
        """A talk entered in August does not change what was shown in June, and is known today about June."""
        log = Log()
        shown_size = len(log.records)
        talk = log.talk("jia/secretary", ["p-11", "p-12", "p-13"], "2026-06-20", recorded="2026-08-01")
        shown = log.at("2026-06-30", shown_size).unit("jia")
        known = log.at("2026-06-30").unit("jia")

        assert log.at("2026-06-30", "2026-06-30").unit("jia").to_json() == shown.to_json()
        (change,) = known.diff(shown)
        assert (change.duty, change.before, change.after) == ("S2a", "not_yet_due", "in_time")
        assert [(talk.position, "backfilled")] == [(b.position, b.label) for b in change.because]

    def test_diff_names_the_appointment(self):
        """Where no act tells two views apart, the roster and the rules do."""
        log = Log()
        size = len(log.records)
        assigned = log.assign("jia/secretary", "p-20", "2026-02-01", recorded="2026-09-01")
        before, after = (log.at("2026-07-31", k).unit("jia") for k in (size, None))

        (change,) = [c for c in after.diff(before) if (c.duty, c.period) == ("R5", "2026-H1")]
        assert [assigned.position] == [b.position for b in change.because]
        assert change.holder == "p-20"

    def test_rules_go_the_same_way(self, rules_with):
        """An obligation is bound to the version in force on the first day of its period."""
        stricter = rules_with(('due = ["07-10", "next 01-10"]', 'due = ["07-05", "next 01-05"]'))
        log = Log()
        log.adopt(stricter, "2026-H2", "2026-06-01")
        rules = (stricter, log.at().rule_sets[next(iter(log.at().rule_sets))])

        assert log.one("R4", "2026-12-31", period="2026-H1", rules=rules).due == "2026-07-10"
        assert log.one("R4", "2026-12-31", period="2026-H2", rules=rules).due == "2027-01-05"

    def test_a_rule_set_that_is_not_at_hand(self):
        """It is shown, not passed over."""
        log = Log()
        snapshot = log.at("2026-06-30", None, *[])
        snapshot = type(snapshot)(log.records, [], as_of="2026-06-30", now=0)

        assert [g.code for g in snapshot.unit("jia").gaps] == ["RULES_UNKNOWN"]
        assert snapshot.unit("jia").obligations == ()

    def test_deadline_set(self):
        """AMB1: a deadline set for a period holds from when it is known, for the units that it names."""
        log = Log()
        size = len(log.records)
        event = log.deadline("L3b", "2026", "2026-05-15", "2026-03-01", ["jia"])

        assert (log.one("L3b", "2026-04-21").due, log.one("L3b", "2026-04-21").state) == ("2026-05-15", "not_yet_due")
        assert log.one("L3b", "2026-04-21", known_at=size).state == "overdue"
        assert event.position in [b.position for b in log.one("L3b", "2026-04-21").because]
        assert log.one("L2e", "2026-04-21").due == "2026-05-15"  # 备案倒推: the same day
        log.deadline("L3b", "2026", "2026-06-01", "2026-03-02", ["yi"])
        assert log.one("L3b", "2026-04-21").due == "2026-05-15"
        log.deadline("L3b", "2026", "2026-05-10", "2026-02-01")
        assert log.one("L3b", "2026-04-21").due == "2026-05-10"  # the last by position holds

    def test_instants(self):
        """The façade's instants are exclusive bounds in UTC seconds."""
        log = Log()
        at = Happened("instant", 1_772_674_800, 480, "minute", False)
        log.talk("jia/secretary", ["p-11"], at)

        def done(bound: int) -> int:
            snapshot = type(log.at())(log.records, log.at().rule_sets, as_of=bound, now=0)
            return next(o.done for o in snapshot.unit("jia").obligations if o.duty == "S2a")

        assert (done(1_772_674_800), done(1_772_674_801)) == (0, 1)


def test_json_is_stable():
    """The same question gives the same bytes."""
    log = Log()
    talk_with_all(log)
    texts = {json.dumps(log.at("2026-12-31").unit("jia").to_json(), ensure_ascii=False) for _ in range(2)}

    assert len(texts) == 1
    json.dumps(log.at("2026-12-31").person("p-10").to_json())


def test_unknown_names():
    with pytest.raises(CallerError, match="no such unit"):
        Log().at().unit("nowhere")
    with pytest.raises(CallerError, match="p-404"):
        Log().at().person("p-404")


def test_no_holder_is_left_out():
    """Everybody in a post of the unit is found again as the holder of what their post owes."""
    holders = {o.holder for o in Log().at("2026-06-30").unit("jia").obligations}

    assert {None, *(HOLDERS[p] for p in ("jia/secretary", *MEMBERS))} == holders


def test_far_away_times():
    """A time at the end of all calendars is a record like any other, and no crash."""
    log = Log()
    log.talk(
        "jia/secretary", ["p-11"], Happened("instant", 253_402_300_799, 1439, "second", False), recorded="2026-03-05"
    )
    log.talk("jia/secretary", ["p-11"], Happened("date", "0001-01-01", 480, "year", True), recorded="2026-03-05")
    snapshot = type(log.at())(log.records, log.at().rule_sets, as_of=253_402_400_000, now=0)
    labels = [e.because.label for e in snapshot.ledger[-2:]]

    assert labels == ["contemporaneous", "backfilled"]
    log.at("2026-12-31").unit("jia").to_json()
