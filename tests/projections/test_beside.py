"""What stands beside obligations: what an event makes due, numbers without a floor, what is in place, facts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from campus_records import Log
from own_rules import OWN, answer, issue, log_with, rules

from trail.projections import Triggered
from trail.rules import RuleSet


def triggered(log: Log, as_of: str, duty: str, unit: str = "jia", own: RuleSet = OWN) -> dict[str | None, Triggered]:
    """What events made due under one duty, by post (None: the body)."""
    rows = [t for t in log.at(as_of, None, own).unit(unit).triggered if t.duty == duty]
    assert len({(t.post, t.event) for t in rows}) == len(rows)
    return {t.post: t for t in rows}


class TestOnWhomItFalls:
    def test_body_and_leader_of_the_unit(self):
        log = log_with()
        issue(log, "2026-03-02")

        assert list(triggered(log, "2026-03-31", "E1")) == [None, "jia/secretary"]
        assert triggered(log, "2026-03-31", "E1", "uni") == {}

    def test_who_is_in_charge(self):
        """A section has no committee: it falls on that of its college, and on the member in whose portfolio it lies."""
        log = log_with()
        issue(log, "2026-03-02", unit="lab")

        assert list(triggered(log, "2026-03-31", "E1")) == [None, "jia/member", "jia/secretary"]
        assert triggered(log, "2026-03-31", "E1", "lab") == {}

    def test_in_charge_of_a_college(self):
        """A vice-secretary of the university, for a college in the portfolio of that post."""
        log = log_with()
        log.portfolio("uni/deputy", ["jia"], "2026-02-01")
        issue(log, "2026-01-15")
        issue(log, "2026-03-02")

        rows = [t for t in log.at("2026-03-31", None, OWN).unit("uni").triggered if t.duty == "E1"]
        assert [(t.post, t.since) for t in rows] == [("uni/deputy", "2026-03-02")]

    def test_a_post_that_is_named(self):
        log = log_with()
        issue(log, "2026-03-02", unit=None, posts=["jia/deputy"])

        assert list(triggered(log, "2026-03-31", "E1")) == [None, "jia/deputy", "jia/secretary"]

    def test_units_that_are_named(self):
        log = log_with()
        issue(log, "2026-03-02", unit=None, units=["jia", "dic"])

        assert list(triggered(log, "2026-03-31", "E1")) == [None, "jia/secretary"]
        assert triggered(log, "2026-03-31", "E1", "uni") == {}, "what the commission did is not the committee's"

    def test_above(self):
        """A lead named for a college is the affair of the university, and of its commission; either may act on it."""
        log = log_with()
        lead = log.add("LeadSeen@1", {}, "2026-03-02", unit="jia", by="dic/secretary")

        assert [t.state for u in ("uni", "dic") for t in triggered(log, "2026-03-31", "E5", u).values()] == ["open"] * 2
        answer(log, lead, "2026-03-10", "Opened", by="dic/secretary")
        for unit in ("uni", "dic"):
            (one,) = triggered(log, "2026-03-31", "E5", unit).values()
            assert (one.post, one.state, one.holder) == (None, "closed", None)
        assert triggered(log, "2026-03-31", "E5") == {}

    def test_who_did_it(self):
        """A report calls for its own evaluation: of who reported, wherever they are by then."""
        log = log_with()
        report = log.add("SelfReported@1", {}, "2026-03-02", by="jia/deputy", unit="jia")
        log.relieve("jia/deputy", "p-11", "2026-04-01")
        log.assign("jia/deputy", "p-20", "2026-04-01")
        answer(log, report, "2026-05-06", "Evaluated", by="uni/deputy")

        (one,) = triggered(log, "2026-06-30", "E4").values()
        assert (one.post, one.holder, one.state) == ("jia/deputy", "p-11", "closed")
        assert [t.duty for t in log.at("2026-06-30", None, OWN).person("p-11").triggered] == ["E4"]
        assert log.at("2026-06-30", None, OWN).person("p-20").triggered == ()

    def test_other_kinds_of_issue(self):
        log = log_with()
        issue(log, "2026-03-02", "petitions")

        assert log.at("2026-03-31", None, OWN).unit("jia").triggered == ()

    def test_before_the_rules(self):
        log = log_with()
        issue(log, "2025-12-31")

        assert log.at("2026-03-31", None, OWN).unit("jia").triggered == ()


class TestOpenAndClosed:
    def test_open_until_it_is_answered(self):
        """The days that pass are working days, a number; without a limit of its own nothing is ever overdue."""
        log = log_with()
        found = issue(log, "2026-03-02")  # a Monday
        done = answer(log, found, "2026-03-12", recorded="2026-08-01")

        before = triggered(log, "2026-03-11", "E1")["jia/secretary"]
        assert (before.state, before.elapsed_workdays, before.closed) == ("open", 7, None)
        after = triggered(log, "2027-03-12", "E1")["jia/secretary"]
        assert (after.state, after.elapsed_workdays) == ("closed", 8)
        labels = [(found.position, "contemporaneous"), (done.position, "backfilled")]
        assert [(b.position, b.label) for b in after.because] == labels

    def test_open_for_a_year_is_still_only_open(self):
        log = log_with()
        issue(log, "2026-03-02")

        one = triggered(log, "2027-03-02", "E1")[None]
        assert (one.state, one.due, one.elapsed_workdays) == ("open", None, 261)

    def test_an_act_that_names_no_cause(self):
        log = log_with()
        found = issue(log, "2026-03-02")
        log.add("Reminded@1", {}, "2026-03-03", by="jia/secretary")
        other = issue(log, "2026-03-02")
        answer(log, other, "2026-03-04")

        states = {t.event: t.state for t in log.at("2026-03-31", None, OWN).unit("jia").triggered}
        assert states == {found.statement.id.hex(): "open", other.statement.id.hex(): "closed"}

    def test_an_act_that_joins_the_stream(self):
        log = log_with()
        log.add("Reminded@1", {}, "2026-03-01", by="jia/secretary", stream="issues/1")
        issue(log, "2026-03-02", stream="issues/1")

        assert triggered(log, "2026-03-31", "E1")[None].state == "open", "what came before it answers nothing"
        log.add("Reminded@1", {}, "2026-03-05", by="jia/deputy", stream="issues/1")
        assert triggered(log, "2026-03-31", "E1")[None].state == "closed"

    def test_somebody_elses_act(self):
        log = log_with()
        found = issue(log, "2026-03-02")
        answer(log, found, "2026-03-05", by="uni/deputy")

        assert triggered(log, "2026-03-31", "E1")[None].state == "open"

    @pytest.mark.parametrize(
        ("days", "states"),
        [
            ([], ["open", "overdue"]),
            (["2026-03-09"], ["closed", "closed"]),
            (["2026-03-10"], ["open", "late"]),
            (["2026-03-12", "2026-03-09"], ["closed", "closed"]),
        ],
    )
    def test_within_working_days(self, days: list[str], states: list[str]):
        """Five working days after Monday is the Monday after; the day is included, as of it nothing is overdue."""
        log = log_with()
        found = issue(log, "2026-03-02", "serious")
        for day in days:
            answer(log, found, day, "Escalated", recipients=["uni", "dic"])

        one = triggered(log, "2026-03-09", "E2")["jia/secretary"]
        assert one.due == "2026-03-09"
        assert [one.state, triggered(log, "2026-03-31", "E2")["jia/secretary"].state] == states

    def test_each_recipient(self):
        log = log_with()
        found = issue(log, "2026-03-02", "serious")
        answer(log, found, "2026-03-03", "Escalated", recipients=["uni"])

        one = triggered(log, "2026-03-05", "E2")["jia/secretary"]
        assert (one.state, one.missing) == ("open", ("dic",))
        answer(log, found, "2026-03-05", "Escalated", recipients=["dic"])
        one = triggered(log, "2026-03-05", "E2")["jia/secretary"]
        assert (one.state, one.missing, one.elapsed_workdays) == ("closed", (), 3)

    def test_an_act_without_trigger_stands_on_its_own(self):
        log = log_with()
        noted = log.add("Noted@1", {}, "2026-03-05", by="jia/secretary")
        log.add("Noted@1", {}, "2026-03-06", by="jia/deputy")

        (one,) = triggered(log, "2026-03-31", "E3").values()
        assert (one.trigger, one.event, one.state) == (None, noted.statement.id.hex(), "closed")
        assert triggered(log, "2026-03-04", "E3") == {}


class TestPeople:
    def test_open_stands_on_who_holds_the_post(self):
        """A successor takes over what is open; what was closed stays with who held the post on that day."""
        log = log_with()
        one, two = issue(log, "2026-03-02"), issue(log, "2026-03-03")
        answer(log, one, "2026-03-05")
        log.relieve("jia/secretary", "p-10", "2026-04-01")
        log.assign("jia/secretary", "p-20", "2026-05-01", acting=True)

        def holders(day: str) -> dict[str, str | None]:
            rows = log.at(day, None, OWN).unit("jia").triggered
            return {t.event: t.holder for t in rows if t.post == "jia/secretary"}

        first, second = one.statement.id.hex(), two.statement.id.hex()
        assert holders("2026-03-31") == {first: "p-10", second: "p-10"}
        assert holders("2026-04-30") == {first: "p-10", second: None}, "vacant: on the unit"
        assert holders("2026-05-31") == {first: "p-10", second: "p-20"}
        assert [t.event for t in log.at("2026-05-31", None, OWN).person("p-20").triggered] == [second]

    def test_overdue_stands_on_who_held_the_post_on_the_last_day(self):
        log = log_with()
        issue(log, "2026-03-02", "serious")
        log.relieve("jia/secretary", "p-10", "2026-04-01")
        log.assign("jia/secretary", "p-20", "2026-04-01")

        one = triggered(log, "2026-06-30", "E2")["jia/secretary"]
        assert (one.state, one.holder) == ("overdue", "p-10")


class TestTwoAxes:
    def test_known_at_and_as_of(self):
        log = log_with()
        found = issue(log, "2026-03-02")
        size = len(log.records)
        answer(log, found, "2026-03-05")

        def state(as_of: str, known_at: int | None) -> list[str]:
            return [t.state for t in log.at(as_of, known_at, OWN).unit("jia").triggered if t.post is None]

        assert state("2026-03-31", size) == ["open"]
        assert state("2026-03-31", None) == ["closed"]
        assert state("2026-03-04", None) == ["open"]
        assert state("2026-03-01", None) == []
        (one, two) = log.at("2026-03-31", None, OWN).unit("jia").diff(log.at("2026-03-31", size, OWN).unit("jia"))
        assert (one.duty, one.period, one.before, one.after) == ("E1", "2026-03-02", "open", "closed")
        assert [b.position for b in one.because] == [size + 1]
        assert two.post == "jia/secretary"

    def test_voiding_undoes(self):
        log = log_with()
        found = issue(log, "2026-03-02")
        done = answer(log, found, "2026-03-05")
        voided = log.void(done, "2026-06-01")

        one = triggered(log, "2026-06-30", "E1")[None]
        assert one.state == "open"
        assert [b.position for b in one.because] == [found.position, done.position, voided.position]
        log.void(found, "2026-06-02")
        assert triggered(log, "2026-06-30", "E1") == {}

    def test_a_correction_moves_it(self):
        log = log_with()
        found = issue(log, "2026-03-02")
        log.correct(found, "2026-06-01", happened=["date", "2026-03-20", "day", False])

        assert triggered(log, "2026-03-19", "E1") == {}
        assert triggered(log, "2026-03-20", "E1")[None].since == "2026-03-20"

    def test_the_rules_of_the_day_of_the_trigger(self):
        """A version with a limit binds what is found from its first period on, and nothing before."""
        new = rules(("version = 1", "version = 2"), ("within_workdays = 5", "within_workdays = 2"))
        log = log_with()
        log.adopt(new, "2027", "2026-12-01")
        issue(log, "2026-12-31", "serious")
        issue(log, "2027-01-04", "serious")

        rows = [t for t in log.at("2027-05-31", None, OWN, new).unit("jia").triggered if t.duty == "E2"]
        assert [(t.rules, t.due) for t in rows] == [("own-rules@1", "2027-01-07"), ("own-rules@2", "2027-01-06")]


class TestCounts:
    def counts(self, log: Log, as_of: str) -> dict[tuple[str, str | None], int]:
        return {(c.period, c.post): c.number for c in log.at(as_of, None, OWN).unit("jia").counts}

    def test_a_number_without_a_floor(self):
        """For the body what it did, and what anybody of its team attended."""
        log = log_with()
        log.add("Visited@1", {}, "2026-03-05", by="jia/deputy")
        log.add("Visited@1", {"attended": [{"person": "p-11"}, "p-12"]}, "2026-04-05", by="jia/secretary")
        log.add("Visited@1", {"attended": [{"person": "p-11", "post": "jia/deputy"}]}, "2027-02-05", body="jia")

        assert self.counts(log, "2026-12-31") == {
            ("2026", None): 1,
            ("2026", "jia/deputy"): 2,
            ("2026", "jia/member"): 1,
        }
        assert self.counts(log, "2027-03-31")[("2027", "jia/deputy")] == 1
        assert self.counts(log, "2027-03-31")[("2027", None)] == 1
        assert self.counts(log, "2026-03-31")[("2026", "jia/deputy")] == 1

    def test_one_act_counts_once(self):
        """It is found by who did it and by who attended; it is one visit."""
        log = log_with()
        visit = log.add("Visited@1", {"attended": ["p-11"], "chair": "p-11"}, "2026-03-05", by="jia/deputy")

        rows = [c for c in log.at("2026-12-31", None, OWN).unit("jia").counts if c.post == "jia/deputy"]
        assert [(c.number, [b.position for b in c.because]) for c in rows] == [(1, [visit.position])]

    def test_on_the_person(self):
        log = log_with()
        log.add("Visited@1", {}, "2026-03-05", by="jia/deputy")

        assert [(c.duty, c.number) for c in log.at("2026-12-31", None, OWN).person("p-11").counts] == [("N1", 1)]


class TestStanding:
    def one(self, log: Log, as_of: str) -> tuple[bool, str | None]:
        (found,) = log.at(as_of, None, OWN).unit("jia").standing
        return found.in_place, found.since

    def test_in_place_since_the_first_act(self):
        log = log_with()
        log.add("SystemAdopted@1", {"kind": "other"}, "2026-02-01", by="jia/secretary")
        log.add("SystemAdopted@1", {"kind": "recording"}, "2026-03-05", by="jia/secretary", stream="i/1")
        log.add("SystemAdopted@1", {"kind": "recording"}, "2026-09-05", by="jia/secretary", stream="i/2")

        assert self.one(log, "2026-03-04") == (False, None)
        assert self.one(log, "2028-03-05") == (True, "2026-03-05")

    def test_until_it_is_repealed(self):
        log = log_with()
        log.add("SystemAdopted@1", {"kind": "recording"}, "2026-03-05", by="jia/secretary", stream="i/1")
        log.add("SystemRepealed@1", {}, "2026-06-05", by="jia/secretary", stream="i/1")

        assert self.one(log, "2026-06-04") == (True, "2026-03-05")
        assert self.one(log, "2026-06-05") == (False, None)
        log.add("SystemAdopted@1", {"kind": "recording"}, "2026-09-05", by="jia/secretary", stream="i/1")
        assert self.one(log, "2026-12-31") == (True, "2026-09-05")
        (change,) = log.at("2026-12-31", None, OWN).unit("jia").diff(log.at("2026-07-31", None, OWN).unit("jia"))
        assert (change.duty, change.before, change.after) == ("O1", "not_in_place", "in_place")


class TestFacts:
    def test_general_facts_and_acts_that_fit(self):
        log = log_with()
        fact = log.add("FactRecorded@1", {"duties": ["Q1", "N1"]}, "2026-03-05", unit="jia", by="jia/deputy")
        study = log.add("Studied@1", {"chair": {"person": "p-10"}, "attended": ["p-11"]}, "2026-03-06", by="jia/deputy")
        log.add("Studied@1", {"chair": {"person": "p-00"}}, "2026-03-07", by="uni/deputy")
        log.add("FactRecorded@1", {"duties": ["Q1"]}, "2026-03-08", unit="uni", by="uni/deputy")

        status = log.at("2026-12-31", None, OWN).unit("jia")
        assert [b.position for b in status.facts("Q1")] == [fact.position, study.position]
        assert [b.position for b in status.facts("N1")] == [fact.position]
        assert status.facts("X") == () == status.facts("D1")
        assert [b.position for b in log.at("2026-12-31", None, OWN).person("p-11").facts("Q1")] == [
            fact.position,
            study.position,
        ]

    def test_no_state_for_what_is_qualitative_or_derived(self):
        log = log_with()
        for day in ("2026-03-05", "2026-04-05"):
            log.add("FactRecorded@1", {"duties": ["Q1", "D1"]}, day, unit="jia", by="jia/deputy")

        said: Any = log.at("2027-12-31", None, OWN).unit("jia").to_json()
        named = {row["duty"] for key in ("obligations", "triggered", "counts", "standing") for row in said[key]}
        assert not named & {"Q1", "D1"}
        assert list(said)[-5:] == ["obligations", "triggered", "counts", "standing", "gaps"]
        assert json.loads(json.dumps(said)) == said
