"""People move: what counts for the post, on whom it stands, what is owed by whom after a change."""

from __future__ import annotations

import pytest
from campus_records import Log, later

MEMBERS = ["jia/deputy", "jia/member"]


class TestPeopleMove:
    def test_post_bound_acts_count_for_the_post(self):
        """AMB11: the predecessor's talks count for the post; overdue stands on the holder at the due date."""
        log = Log()
        log.talk("jia/secretary", ["p-11", "p-12"], "2026-03-05")
        log.relieve("jia/secretary", "p-10", "2026-06-01")
        log.assign("jia/secretary", "p-20", "2026-06-01")
        one = log.one("S2a", "2027-01-01", period="2026")

        assert (one.state, one.holder, one.done) == ("overdue", "p-20", 2)
        assert [o for o in log.at("2027-01-01").person("p-10").overdue() if o.duty == "S2a"] == []
        assert [one.key] == [o.key for o in log.at("2027-01-01").person("p-20").overdue() if o.duty == "S2a"]

    def test_vacant_stands_on_the_unit(self):
        log = Log()
        log.relieve("jia/secretary", "p-10", "2026-06-01")
        one = log.one("R5", "2026-07-31", period="2026-H1")

        assert (one.state, one.holder) == ("overdue", None)

    def test_acting_counts_as_holder(self):
        log = Log()
        log.relieve("jia/secretary", "p-10", "2026-06-01")
        log.assign("jia/secretary", "p-11", "2026-06-01", acting=True)

        assert log.one("R5", "2026-07-31", period="2026-H1").holder == "p-11"

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
            assert log.one("S2c", "2026-12-31", post=post).required == 1

        log = Log()
        log.portfolio("jia/member", [], "2026-03-01")
        assert log.one("S2c", "2026-12-31", post="jia/member").state == "void"

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

        assert rows == {"p-12": "overdue", "p-31": "in_time"}

    def test_hand_over(self):
        """A person's status tells what the post had not done when it was handed over, as a fact."""
        log = Log()
        log.talk("jia/secretary", ["p-11"], "2026-03-05")
        log.relieve("jia/secretary", "p-10", "2026-06-01")
        (held,) = log.at("2026-12-31").person("p-10").posts
        undone = {u.duty: (u.state, [str(m) for m in u.missing]) for u in held.undone}

        assert (held.begin, held.until) == ("2025-01-01", "2026-06-01")
        assert undone["S2a"] == ("not_yet_due", ["jia/member", "jia/branch"])
        assert undone["L2b"][0] == "overdue"

    def test_own_acts_are_facts(self):
        log = Log()
        talk = log.talk("jia/secretary", ["p-11"], "2026-03-05")

        assert [talk.position] == [a.position for a in log.at("2026-12-31").person("p-10").acts]
        assert log.at("2026-12-31").person("p-11").acts == ()

    def test_a_unit_that_is_gone(self):
        """What fell due before a merger stands; what would fall due after it is owed by nobody there."""
        log = Log()
        log.add("UnitMerged@1", {"unit": "jia", "into": "uni"}, "2026-09-01", stream="registry/units/jia")
        duties = {o.duty for o in log.at("2026-12-31").unit("jia").obligations}

        assert "L3b" in duties
        assert "S2a" not in duties
