"""The readings of what the text leaves open (AMB1 to AMB26): each default beside its alternative."""

from __future__ import annotations

from typing import Any

import pytest
from campus_records import Log
from hypothesis import given
from hypothesis import strategies as st
from own_rules import HEAD

from trail.projections import Obligation
from trail.rules import RuleSet, load
from trail.rules.calendar import date_text, day_of, start_of

MEETING = """
[[duty]]
id = "C1"
article = "1"
text = "每年主持召开不少于两次专题会议"
class = "MC"
source = "text"
levels = ["unit"]
obliged = ["leader"]
cadence = "year"
due = "12-31"
minimum = 2
satisfied_by = [{ type = "StudyHeld@1", performer = "chair" }]
satisfies = ["C2"]

[[duty]]
id = "C2"
article = "2"
text = "每半年研究一次"
class = "MC"
source = "text"
levels = ["unit"]
obliged = ["team"]
cadence = "half_year"
due = ["06-30", "12-31"]
satisfied_by = [{ type = "StudyHeld@1", performer = "unit" }]

[[duty]]
id = "C3"
article = "3"
text = "与班子成员每年谈话一次"
class = "MC"
source = "text"
levels = ["unit"]
obliged = ["leader"]
cadence = "year"
due = "12-31"
counterparts = ["members"]
held_days = 90
satisfied_by = [{ type = "TalkHeld@1", performer = "obligor", kind = "duty", counterpart = "named" }]

[[duty]]
id = "C4"
article = "4"
text = "定期报告"
class = "MI"
source = "text"
levels = ["unit"]
obliged = ["team"]
cadence = "half_year"
due = ["07-10", "next 01-10"]
soft = true
recipients = ["discipline_commission"]
satisfied_by = [{ type = "ReportSent@1", performer = "unit", recipient = "named", period = "named" }]
"""


def rules(**settings: Any) -> RuleSet:
    rows = "".join(f"{key} = {value}\n" for key, value in settings.items())
    return load(HEAD.replace("[settings]\n", f"[settings]\n{rows}") + MEETING)


def study(log: Log, day: str, chair: str = "p-10") -> None:
    log.add("StudyHeld@1", {"chair": {"person": chair}}, day, by="jia/deputy", unit="jia")


def of(own: RuleSet, log: Log, duty: str, as_of: str = "2027-12-31") -> dict[str, Obligation]:
    rows = log.at(as_of, None, own).unit("jia").obligations
    return {o.period: o for o in rows if o.duty == duty}


def log_with(own: RuleSet, *days: str) -> Log:
    log = Log(rules=own)
    for day in days:
        study(log, day)
    return log


class TestCounting:
    def test_two_meetings_on_two_days_satisfy_the_text(self):
        own = rules()
        log = log_with(own, "2026-12-30", "2026-12-31")

        assert of(own, log, "C1")["2026"].state == "in_time"

    @pytest.mark.parametrize(
        ("settings", "days", "done"),
        [
            ({"spacing_days": 30}, ("2026-12-01", "2026-12-30"), 1),
            ({"spacing_days": 30}, ("2026-12-01", "2026-12-31"), 2),
            ({"spread_months": "true"}, ("2026-12-01", "2026-12-31"), 1),
            ({"spread_months": "true"}, ("2026-11-30", "2026-12-01"), 2),
        ],
    )
    def test_apart(self, settings: dict[str, Any], days: tuple[str, ...], done: int):
        """AMB7: no spacing by default; a site may ask for days between, or different months."""
        own = rules(**settings)

        assert of(own, log_with(own, *days), "C1")["2026"].done == done

    @given(st.lists(st.integers(0, 364), max_size=8), st.integers(0, 364), st.integers(0, 90), st.booleans())
    def test_one_more_act_never_counts_less(self, days: list[int], more: int, spacing: int, spread: bool):
        own = rules(spacing_days=spacing, spread_months=str(spread).lower())
        begin = day_of("2026-01-01")
        few, many = (log_with(own, *(date_text(begin + d) for d in rows)) for rows in (days, [*days, more]))
        before, after = of(own, few, "C1")["2026"], of(own, many, "C1")["2026"]
        assert after.done >= before.done
        assert before.completed is None or (after.completed or 0) <= before.completed

    def test_shared_meetings(self):
        """AMB13: the secretary's meetings count for the team as well; or (``unshared``) only what is beyond the two."""
        for settings, states in (({}, ["in_time", "in_time"]), ({"unshared": '["C1"]'}, ["overdue", "in_time"])):
            own = rules(**settings)
            log = log_with(own, "2026-02-01", "2026-03-01", "2026-09-01")
            rows = of(own, log, "C2", "2027-01-31")
            assert [rows[label].state for label in ("2026-H1", "2026-H2")] == states
            assert of(own, log, "C1")["2026"].done == 2

    def test_talks_with_a_group(self):
        """AMB9: each member, or any of them."""
        for settings, state, required in (({}, "overdue", 2), ({"talks": '"group"'}, "in_time", 1)):
            own = rules(**settings)
            log = Log(rules=own)
            log.talk("jia/secretary", ["p-11"], "2026-03-05")
            one = of(own, log, "C3")["2026"]
            assert (one.state, one.required) == (state, required)

    def test_who_counts_as_counterpart(self):
        """AMB10: posts held for ninety days; or those held on the last day."""
        for settings, posts in (({}, 2), ({"counterparts": '"last_day"'}, 1)):
            own = rules(**settings)
            log = Log(rules=own)
            log.relieve("jia/member", "p-12", "2026-09-01")
            assert of(own, log, "C3")["2026"].required == posts

    def test_soft(self):
        """AMB8: where the text says 定期 a missing act is missing, and never red."""
        own = rules()
        log = Log(rules=own)
        one = of(own, log, "C4")["2026-H1"]
        assert (one.state, one.required - one.done, one.missing[0].recipient) == ("due_soon", 1, "dic")
        log.add("ReportSent@1", {"recipients": ["dic"]}, "2027-05-05", by="jia/deputy", period="2026-H1")
        assert of(own, log, "C4")["2026-H1"].state == "in_time"


class TestRows:
    """Where another reading is another value in a duty's row."""

    def changed(self, old: str, new: str) -> RuleSet:
        assert old in MEETING
        return load(HEAD + MEETING.replace(old, new))

    def test_a_predecessors_talks(self):
        """AMB11: they count for the post; or, bound to the person, nobody's talks count for another."""
        for own, rows in (
            (rules(), [("p-20", "in_time", 2)]),
            (self.changed("held_days = 90", 'held_days = 90\nbound = "person"'),
             [("p-10", "in_time", 2), ("p-20", "overdue", 0)]),
        ):  # fmt: skip
            log = Log(rules=own)
            log.talk("jia/secretary", ["p-11", "p-12"], "2026-03-05")
            log.relieve("jia/secretary", "p-10", "2026-07-01")
            log.assign("jia/secretary", "p-20", "2026-07-01")
            found = [o for o in log.at("2027-01-31", None, own).unit("jia").obligations if o.duty == "C3"]
            assert [(o.holder, o.state, o.done) for o in found if o.period == "2026"] == rows

    def test_each_section_or_each_person(self):
        """AMB9: with somebody of each section in charge; or with everybody in it."""
        for group, how, done, missing in (
            ("sections", "unit", 1, []), ("staff", "named", 1, ["lab/clerk"]),
        ):  # fmt: skip
            text = MEETING.replace('obliged = ["leader"]\ncadence = "year"\ndue = "12-31"\ncounterparts = ["members"]',
                f'obliged = ["member"]\ncadence = "year"\ndue = "12-31"\ncounterparts = ["{group}"]').replace(
                'kind = "duty", counterpart = "named"', f'kind = "duty", counterpart = "{how}"')  # fmt: skip
            own = load(HEAD + text)
            log = Log(rules=own)
            log.post("lab/clerk", "lab", "staff")
            log.assign("lab/clerk", "p-30", "2026-01-01")
            log.talk("jia/member", ["p-14"], "2026-03-05")
            (one,) = [o for o in log.at("2026-12-31", None, own).unit("jia").obligations if o.post == "jia/member"]
            assert (one.done, [m.counterpart for m in one.missing]) == (done, missing)

    def test_a_sample_or_each_committee(self):
        """AMB25: an inspection of some unit; or of each unit that has a committee."""
        row = """
[[duty]]
id = "C5"
article = "5"
text = "对基层党委专项督查"
class = "MC"
source = "text"
levels = ["university"]
obliged = ["commission"]
cadence = "year"
due = "12-31"
satisfied_by = [{ type = "Supervised@1", performer = "unit" }]
"""
        each = row.replace("satisfied_by", 'counterparts = ["committees"]\nsatisfied_by').replace(
            '"unit" }', '"unit", counterpart = "unit" }'
        )
        for text, missing in ((row, []), (each, ["jia"])):
            own = load(HEAD + text)
            log = Log(rules=own)
            log.add("UnitEstablished@1", {"unit": "yi", "kind": "college", "name": "yi", "parent": "uni"}, "2026-01-01",
                    stream="registry/units/yi")  # fmt: skip
            log.post("yi/secretary", "yi", "secretary")
            log.add("Supervised@1", {"units": ["yi", "lab"]}, "2026-05-06", by="dic/secretary")
            (one,) = log.at("2026-12-31", None, own).unit("dic").obligations
            assert (one.post, [m.counterpart for m in one.missing]) == (None, missing)


class TestDays:
    def test_until_the_office_closes(self):
        """AMB2: until 24:00, or until closing time, or not the named day at all."""
        closing = {"due_day": '"closing"', "closing_time": '"17:30"'}
        cases: list[tuple[dict[str, Any], float]] = [({}, 24), (closing, 17.5), ({"due_day": '"exclusive"'}, 0)]
        for settings, hour in cases:
            own = rules(**settings)
            one = of(own, Log(rules=own), "C1")["2026"]
            assert one.due_until == start_of(day_of("2026-12-31")) + hour * 3600

    def test_semesters(self):
        """AMB4: February to July and August to January, instead of the calendar's halves."""
        own = rules(half_years='"semesters"')
        log = log_with(own, "2027-01-15", "2027-02-15")
        rows = of(own, log, "C2")
        assert [label for label, o in rows.items() if o.done] == ["2026-H2", "2027-H1"]
        calendar = rules()
        rows = of(calendar, log_with(calendar, "2027-01-15", "2027-02-15"), "C2")
        assert [label for label, o in rows.items() if o.done] == ["2027-H1"]

    def test_rolling_half_years(self):
        """AMB4: every month asks about the six months that end with it; reports keep their own halves."""
        own = rules(half_years='"rolling"')
        log = log_with(own, "2026-06-15", "2026-12-15")
        rows = of(own, log, "C2", "2027-05-31")
        assert {label: o.state for label, o in rows.items()} == dict.fromkeys(
            [f"2026-{month:02}" for month in range(6, 13)] + [f"2027-{month:02}" for month in range(1, 5)], "in_time"
        ) | {"2027-05": "in_time"}
        assert rows["2026-06"].due == "2026-06-30"
        assert of(own, log, "C2", "2027-07-31")["2027-06"].state == "overdue"
        assert list(of(own, log, "C4", "2027-05-31")) == ["2026-H1", "2026-H2", "2027-H1"]

    def test_academic_year(self):
        """AMB5: the year that a label names may begin in September; what happened then counts for it."""
        own = load((HEAD + MEETING).replace("[settings]\n", '[settings]\nyear_begins = "09-01"\n').replace(
            'due = "12-31"', 'due = "next 08-31"'))  # fmt: skip
        log = log_with(own, "2026-10-01", "2027-03-01")
        rows = of(own, log, "C1")
        assert (rows["2026"].state, rows["2026"].due, rows["2027"].done) == ("in_time", "2027-08-31", 0)

    def test_the_report_of_january(self):
        """AMB6: about the half-year before; or about the whole year."""
        for settings, done in (({}, ["2026-H2"]), ({"january_report": '"year"'}, ["2026"])):
            own = rules(**settings)
            for label in ("2026-H2", "2026"):
                log = Log(rules=own)
                log.add("ReportSent@1", {"recipients": ["dic"]}, "2027-01-05", by="jia/deputy", period=label)
                assert of(own, log, "C4")["2026-H2"].done == (label in done)
                assert of(own, log, "C4")["2026-H1"].done == 0


class TestSeveralRuleSets:
    def second(self) -> RuleSet:
        text = (HEAD + MEETING).replace('instrument = "own-rules"', 'instrument = "lab-rules"')
        return load(text.replace("minimum = 2", "minimum = 1"))

    def test_one_act_serves_both(self):
        """Two regulations in force together: one meeting counts under each, and each says so."""
        own, lab = rules(), self.second()
        log = log_with(own, "2026-03-05")
        log.adopt(lab, "2026")
        rows = [o for o in log.at("2026-12-31", None, own, lab).unit("jia").obligations if o.duty == "C1"]

        assert {o.rules: (o.done, o.state) for o in rows} == {
            "own-rules@1": (1, "due_soon"), "lab-rules@1": (1, "in_time"),
        }  # fmt: skip
        assert len({o.key for o in rows}) == 2

    def test_repealed(self):
        """From its first period on nothing is owed under it; what began before stays; and it can be adopted again."""
        own, lab = rules(), self.second()
        log = log_with(own)
        log.adopt(lab, "2026")
        fields = {"name": lab.instrument, "first_period": "2027"}
        log.add("RuleSetRepealed@1", fields, "2026-11-05", stream=f"rules/{lab.instrument}")

        def owed(as_of: str) -> set[tuple[str, str]]:
            status = log.at(as_of, None, own, lab).unit("jia")
            assert status.gaps == ()
            return {(o.rules, o.period) for o in status.obligations if o.duty == "C1"}

        assert owed("2026-11-04") == {("own-rules@1", "2026"), ("lab-rules@1", "2026")}
        assert owed("2027-05-31") == {("own-rules@1", "2026"), ("lab-rules@1", "2026"), ("own-rules@1", "2027")}
        log.adopt(lab, "2027", "2027-01-05")
        assert ("lab-rules@1", "2027") in owed("2027-05-31")

    def test_a_repeal_that_is_voided(self):
        own = rules()
        log = log_with(own)
        fields = {"name": own.instrument, "first_period": "2027"}
        repeal = log.add("RuleSetRepealed@1", fields, "2026-11-05", stream=f"rules/{own.instrument}")
        assert "2027" not in of(own, log, "C1")
        log.void(repeal, "2027-02-01")
        assert "2027" in of(own, log, "C1")


def test_what_is_coming():
    """The obligations of periods that have not begun, as far as the roster and the rules of today tell."""
    own = rules()
    log = log_with(own)
    rows = log.at("2026-12-15", None, own).coming("jia", day_of("2027-07-01"))

    assert [(o.duty, o.period, o.due) for o in rows] == [
        ("C2", "2027-H1", "2027-06-30"), ("C4", "2027-H1", "2027-07-10"), ("C1", "2027", "2027-12-31"),
        ("C2", "2027-H2", "2027-12-31"), ("C3", "2027", "2027-12-31"), ("C4", "2027-H2", "2028-01-10"),
    ]  # fmt: skip
    assert {o.state for o in rows} == {"not_yet_due"}
