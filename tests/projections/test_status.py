"""What a unit owes and how it stands: each of the duties, late and in time, people who move."""

from __future__ import annotations

import json

import pytest
from campus_records import HOLDERS, Log, later, noon

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

        assert ("void", 0) == (one.state, one.required)

    def test_nothing_before_the_first_period(self):
        """AMB20: adopted for 2026, the report on the second half of 2025 is not asked for."""
        periods = {o.period for o in Log().at("2026-01-20").unit("jia").obligations}

        assert {"2026", "2026-H1"} == periods

    def test_an_earlier_first_period(self):
        log = Log(first_period="2025-H2")

        assert "overdue" == log.one("R5", "2026-01-11", period="2025-H2").state

    def test_second_half_is_due_next_year(self):
        assert "2027-01-10" == Log().one("R4", "2026-12-31", period="2026-H2").due


class TestTalks:
    def test_covered_per_counterpart(self):
        """AMB9: one talk with several counts for each; who is left is named with the person in post."""
        log = Log()
        log.talk("jia/secretary", ["p-11", ("p-12", "jia/member")], "2026-03-05")
        one = log.one("S2a", "2026-06-30")

        assert (2, 3) == (one.done, one.required)
        assert [("jia/branch", ("p-13",))] == [(m.counterpart, m.persons) for m in one.missing]

    def test_kinds_are_told_apart(self):
        log = Log()
        talk_with_all(log)

        assert "in_time" == log.one("S2a", "2026-06-30").state
        assert "not_yet_due" == log.one("S2b", "2026-06-30").state

    @pytest.mark.parametrize(("combined", "separate", "done"), [(False, True, 0), (True, False, 0), (True, True, 3)])
    def test_two_kinds_in_one_sitting(self, combined: bool, separate: bool, done: int, rules_with):
        """AMB12: it counts as two only if the setting is on and each kind has its own content."""
        rules = rules_with(("combined_talk = false", f"combined_talk = {str(combined).lower()}"))
        log = Log(rules=rules)
        to = ["p-11", "p-12", "p-13"]
        log.talk("jia/secretary", to, "2026-03-05", ("duty", "integrity"), separate=separate)

        assert 3 == log.one("S2a", "2026-06-30", rules=(rules,)).done
        assert done == log.one("S2b", "2026-06-30", rules=(rules,)).done

    def test_never_ones_own_counterpart(self):
        """AMB24: who holds both posts owes no talk to themselves, and can't hold one."""
        log = Log()
        log.relieve("jia/member", "p-12", "2026-01-01")
        log.assign("jia/member", "p-10", "2026-01-01")
        one = log.one("S2a", "2026-06-30")

        assert ["jia/deputy", "jia/branch"] == [m.counterpart for m in one.missing]

    def test_nobody_talks_to_themselves(self):
        """AMB24: not even in the other of two posts."""
        log = Log()
        log.assign("jia/member", "p-10", "2026-01-01", acting=True)
        log.relieve("jia/member", "p-10", "2026-04-01")
        log.talk("jia/secretary", ["p-10", ("p-10", "jia/member")], "2026-03-05")

        assert 0 == log.one("S2a", "2026-06-30").done

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

        assert 0 == one.done
        assert [("COUNTERPART_NOT_IN_POST", (talk.position,))] == [(g.code, g.positions) for g in one.gaps]

    def test_the_year_it_names(self):
        """AMB5: a talk held in January for the year before counts for the year that it names."""
        log = Log()
        talk = log.talk("jia/secretary", ["p-11", "p-12", "p-13"], "2027-01-05")
        log.correct(talk, "2027-01-06", period="2026")

        assert "late" == log.one("S2a", "2027-02-01", period="2026").state
        assert 0 == log.one("S2a", "2027-02-01", period="2027").done


class TestReports:
    def test_each_recipient(self):
        """AMB18: in time only if sent to each by the due date."""
        log = Log()
        log.report("principal", "jia/secretary", "2026-H1", "2026-07-08", ["uni"])
        assert ["dic"] == [m.recipient for m in log.one("R5", "2026-07-09", period="2026-H1").missing]

        log.report("principal", "jia/secretary", "2026-H1", "2026-07-12", ["dic"])
        assert "late" == log.one("R5", "2026-07-31", period="2026-H1").state

    def test_any_recipient(self, rules_with):
        rules = rules_with(('recipients = "each"', 'recipients = "any"'))
        log = Log(rules=rules)
        log.report("principal", "jia/secretary", "2026-H1", "2026-07-08", ["uni"])

        assert "in_time" == log.one("R5", "2026-07-31", period="2026-H1", rules=(rules,)).state

    def test_unreceived_is_a_label(self):
        """AMB18: that a recipient has not signed for it is no lateness of the sender."""
        log = Log()
        report = log.report("principal", "jia/secretary", "2026-H1", "2026-07-08", ["dic", "uni"])
        log.received(report, "uni", "2026-07-09")
        one = log.one("R5", "2026-07-31", period="2026-H1")

        assert ("in_time", ("dic",)) == (one.state, one.unreceived)

    def test_the_teams_report(self):
        """R4 is the body's: filed by the body, or from any post of the unit."""
        for body, by in ((None, "jia/deputy"), ("jia", None)):
            log = Log()
            log.report("team", by, "2026-H1", "2026-07-08", ["dic", "uni"], body=body)
            one = log.one("R4", "2026-07-31", period="2026-H1")

            assert ("in_time", None, None) == (one.state, one.post, one.holder)

    def test_another_units_report_does_not_count(self):
        log = Log()
        log.report("team", "uni/secretary", "2026-H1", "2026-07-08", ["dic", "uni"])

        assert "overdue" == log.one("R4", "2026-07-31", period="2026-H1").state


class TestPeopleMove:
    def test_post_bound_acts_count_for_the_post(self):
        """AMB11: the predecessor's talks count for the post; overdue stands on the holder at the due date."""
        log = Log()
        log.talk("jia/secretary", ["p-11", "p-12"], "2026-03-05")
        log.relieve("jia/secretary", "p-10", "2026-06-01")
        log.assign("jia/secretary", "p-20", "2026-06-01")
        one = log.one("S2a", "2027-01-01", period="2026")

        assert ("overdue", "p-20", 2) == (one.state, one.holder, one.done)
        assert [] == [o for o in log.at("2027-01-01").person("p-10").overdue() if o.duty == "S2a"]
        assert [one.key] == [o.key for o in log.at("2027-01-01").person("p-20").overdue() if o.duty == "S2a"]

    def test_vacant_stands_on_the_unit(self):
        log = Log()
        log.relieve("jia/secretary", "p-10", "2026-06-01")
        one = log.one("R5", "2026-07-31", period="2026-H1")

        assert ("overdue", None) == (one.state, one.holder)

    def test_acting_counts_as_holder(self):
        log = Log()
        log.relieve("jia/secretary", "p-10", "2026-06-01")
        log.assign("jia/secretary", "p-11", "2026-06-01", acting=True)

        assert "p-11" == log.one("R5", "2026-07-31", period="2026-H1").holder

    @pytest.mark.parametrize(("days", "required"), [(89, 2), (90, 3)])
    def test_ninety_days(self, days: int, required: int):
        """AMB10: a counterpart post counts if it was held at least ninety days in the year, by whomever."""
        log = Log()
        first = later("2026-01-01", 40)
        log.relieve("jia/member", "p-12", first)
        log.assign("jia/member", "p-30", later(first, 10))
        log.relieve("jia/member", "p-30", later(first, 10 + days - 40))

        assert required == log.one("S2a", "2026-12-31").required

    def test_a_late_change_does_not_erase_the_miss(self):
        log = Log()
        log.relieve("jia/member", "p-12", "2026-12-01")

        assert "jia/member" in [m.counterpart for m in log.one("S2a", "2027-01-01", period="2026").missing]

    def test_portfolio_counts_while_it_lasts(self):
        """A section that was in charge of two members for ninety days each is a counterpart of both."""
        log = Log()
        log.portfolio("jia/member", [], "2026-05-01")
        log.portfolio("jia/deputy", ["lab"], "2026-05-01")
        for post in MEMBERS:
            assert 1 == log.one("S2c", "2026-12-31", post=post).required

        log = Log()
        log.portfolio("jia/member", [], "2026-03-01")
        assert "void" == log.one("S2c", "2026-12-31", post="jia/member").state

    def test_person_bound_never_passes_on(self):
        """R6: who held the post for most of the half-year owes the report wherever they are now; so does the holder."""
        log = Log()
        log.relieve("jia/member", "p-12", "2026-05-15")
        log.assign("jia/member", "p-31", "2026-05-15")
        log.report("member", ("p-31", "jia/member"), "2026-H1", "2026-07-05", ["dic"])
        rows = {
            o.holder: o.state
            for o in log.at("2026-07-31").unit("jia").obligations
            if (o.duty, o.post, o.period) == ("R6", "jia/member", "2026-H1")
        }

        assert {"p-12": "overdue", "p-31": "in_time"} == rows

    def test_hand_over(self):
        """A person's status tells what the post had not done when it was handed over, as a fact."""
        log = Log()
        log.talk("jia/secretary", ["p-11"], "2026-03-05")
        log.relieve("jia/secretary", "p-10", "2026-06-01")
        (held,) = log.at("2026-12-31").person("p-10").posts
        undone = {u.duty: (u.state, [str(m) for m in u.missing]) for u in held.undone}

        assert ("2025-01-01", "2026-06-01") == (held.begin, held.until)
        assert ("not_yet_due", ["jia/member", "jia/branch"]) == undone["S2a"]
        assert "overdue" == undone["L2b"][0]

    def test_own_acts_are_facts(self):
        log = Log()
        talk = log.talk("jia/secretary", ["p-11"], "2026-03-05")

        assert [talk.position] == [a.position for a in log.at("2026-12-31").person("p-10").acts]
        assert () == log.at("2026-12-31").person("p-11").acts

    def test_a_unit_that_is_gone(self):
        """What fell due before a merger stands; what would fall due after it is owed by nobody there."""
        log = Log()
        log.add("UnitMerged@1", {"unit": "jia", "into": "uni"}, "2026-09-01", stream="registry/units/jia")
        duties = {o.duty for o in log.at("2026-12-31").unit("jia").obligations}

        assert "L3b" in duties
        assert "S2a" not in duties


class TestTwoAxes:
    def test_as_of_keeps_what_happened_before(self):
        """A date D means before D+1 00:00 Asia/Shanghai."""
        log = Log()
        talk_with_all(log, "2026-03-05")

        assert 0 == log.one("S2a", "2026-03-04").done
        assert 3 == log.one("S2a", "2026-03-05").done

    def test_known_at_replays_what_the_screen_showed(self):
        """A talk entered in August does not change what was shown in June, and is known today about June."""
        log = Log()
        shown_size = len(log.records)
        talk = log.talk("jia/secretary", ["p-11", "p-12", "p-13"], "2026-06-20", recorded="2026-08-01")
        shown = log.at("2026-06-30", shown_size).unit("jia")
        known = log.at("2026-06-30").unit("jia")

        assert log.at("2026-06-30", "2026-06-30").unit("jia").to_json() == shown.to_json()
        (change,) = known.diff(shown)
        assert ("S2a", "not_yet_due", "in_time") == (change.duty, change.before, change.after)
        assert [(talk.position, "backfilled")] == [(b.position, b.label) for b in change.because]

    def test_diff_names_the_appointment(self):
        """Where no act tells two views apart, the roster and the rules do."""
        log = Log()
        size = len(log.records)
        assigned = log.assign("jia/secretary", "p-20", "2026-02-01", recorded="2026-09-01")
        before, after = (log.at("2026-07-31", k).unit("jia") for k in (size, None))

        (change,) = [c for c in after.diff(before) if (c.duty, c.period) == ("R5", "2026-H1")]
        assert [assigned.position] == [b.position for b in change.because]
        assert "p-20" == change.holder

    def test_rules_go_the_same_way(self, rules_with):
        """An obligation is bound to the version in force on the first day of its period."""
        stricter = rules_with(('due = ["07-10", "next 01-10"]', 'due = ["07-05", "next 01-05"]'))
        log = Log()
        log.adopt(stricter, "2026-H2", "2026-06-01")
        rules = (stricter, log.at().rule_sets[next(iter(log.at().rule_sets))])

        assert "2026-07-10" == log.one("R4", "2026-12-31", period="2026-H1", rules=rules).due
        assert "2027-01-05" == log.one("R4", "2026-12-31", period="2026-H2", rules=rules).due

    def test_a_rule_set_that_is_not_at_hand(self):
        """It is shown, not passed over."""
        log = Log()
        snapshot = log.at("2026-06-30", None, *[])
        snapshot = type(snapshot)(log.records, [], as_of="2026-06-30", now=0)

        assert ["RULES_UNKNOWN"] == [g.code for g in snapshot.unit("jia").gaps]
        assert () == snapshot.unit("jia").obligations

    def test_deadline_set(self):
        """AMB1: a deadline set for a period holds from when it is known, for the units that it names."""
        log = Log()
        size = len(log.records)
        event = log.deadline("L3b", "2026", "2026-05-15", "2026-03-01", ["jia"])

        assert ("2026-05-15", "not_yet_due") == (log.one("L3b", "2026-04-21").due, log.one("L3b", "2026-04-21").state)
        assert "overdue" == log.one("L3b", "2026-04-21", known_at=size).state
        assert event.position in [b.position for b in log.one("L3b", "2026-04-21").because]
        assert "2026-05-15" == log.one("L2e", "2026-04-21").due  # 备案倒推: the same day
        log.deadline("L3b", "2026", "2026-06-01", "2026-03-02", ["yi"])
        assert "2026-05-15" == log.one("L3b", "2026-04-21").due
        log.deadline("L3b", "2026", "2026-05-10", "2026-02-01")
        assert "2026-05-10" == log.one("L3b", "2026-04-21").due  # the last by position holds

    def test_instants(self):
        """The façade's instants are exclusive bounds in UTC seconds."""
        log = Log()
        at = Happened("instant", 1_772_674_800, 480, "minute", False)
        log.talk("jia/secretary", ["p-11"], at)

        def done(bound: int) -> int:
            snapshot = type(log.at())(log.records, log.at().rule_sets, as_of=bound, now=0)
            return next(o.done for o in snapshot.unit("jia").obligations if o.duty == "S2a")

        assert (0, 1) == (done(1_772_674_800), done(1_772_674_801))


def test_json_is_stable():
    """The same question gives the same bytes."""
    log = Log()
    talk_with_all(log)
    texts = {json.dumps(log.at("2026-12-31").unit("jia").to_json(), ensure_ascii=False) for _ in range(2)}

    assert 1 == len(texts)
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
