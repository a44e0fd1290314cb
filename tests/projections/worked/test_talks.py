"""
Worked cases: counting talks when a head leaves on 4 October (3); June's talk, recorded in November (4).
"""

from __future__ import annotations

from typing import Any

import pytest
from told_by_day import Tell, Told, label, lacks

from trail.aggregates import PostAssigned, PostCreated, PostRelieved
from trail.rules import default_text, load

YEAR_END = ("2026-12-30", "2026-12-31", "2027-01-01")
LEAVING = "2026-10-04"
SUCCESSOR = "p-014"


def leaves(told: Told, post: str, person: str, day: str = LEAVING, *, successor: bool = True) -> None:
    acts: list[Any] = [PostRelieved(post=post, person=person, until=day)]
    acts += [PostAssigned(post=post, person=SUCCESSOR, from_=day)] if successor else []
    told.register(*acts, on=day)


class TestAHeadLeaves:
    """
    Case 3: the head of the laboratory (p-008) leaves on 4 October; the dean is in charge of it.

    S2c counts the head for the dean, P3b for the secretary.  S2a and S2b do not ask for heads of sections.
    """

    def test_one_talk_with_either_is_enough(self, tell: Tell):
        """A talk of June with the predecessor covers the post for the year; both persons stand beside it."""
        told = tell()
        talk = told.talk("jia/principal", ["p-008"], "2026-06-10")
        leaves(told, "jia/lab", "p-008")

        assert told.states("S2c", "2026-06-09", "2026-06-10", "2026-10-04", period="2026", post="jia/principal") == [
            "not_yet_due", "in_time", "in_time",
        ]  # fmt: skip
        duties = told.at("2026-12-31").coverage("jia", 2026).duties
        (row,) = [d for d in duties if (d.duty, d.post) == ("S2c", "jia/principal")]
        (lab,) = row.counterparts
        assert [(p.person, p.begin, p.until, p.named) for p in lab.persons] == [
            ("p-008", "2026-01-01", LEAVING, (talk.position,)), (SUCCESSOR, LEAVING, None, ()),
        ]  # fmt: skip

    def test_a_talk_with_the_successor_covers_it_as_well(self, tell: Tell):
        told = tell()
        leaves(told, "jia/lab", "p-008")
        told.talk("jia/principal", [SUCCESSOR], "2026-12-31")

        assert told.states("S2c", *YEAR_END, period="2026", post="jia/principal") == ["due_soon", "in_time", "in_time"]

    @pytest.mark.parametrize("successor", [True, False])
    def test_leaving_does_not_erase_the_miss(self, tell: Tell, successor: bool):
        """The post was held for 276 days: nobody talked to it, whoever holds it now, or nobody (AMB10)."""
        told = tell()
        leaves(told, "jia/lab", "p-008", successor=successor)
        rows = [told.one("S2c", day, period="2026", post="jia/principal") for day in YEAR_END]

        assert [row.state for row in rows] == ["due_soon", "due_soon", "overdue"]
        assert [(m.counterpart, m.persons) for m in rows[-1].missing] == [
            ("jia/lab", (SUCCESSOR,) if successor else ()),
        ]  # fmt: skip

    def test_the_day_before_nobody_knew(self, tell: Tell):
        """As of the end of the year, by what was known on 3 and on 4 October: who is named beside the post."""
        told = tell()
        leaves(told, "jia/lab", "p-008")
        rows = [
            told.one("S2c", "2026-12-31", period="2026", post="jia/principal", known=known)
            for known in ("2026-10-03", "2026-10-04", "2026-10-05")
        ]

        assert [[m.persons for m in row.missing] for row in rows] == [[("p-008",)], [(SUCCESSOR,)], [(SUCCESSOR,)]]
        assert {(row.state, row.required) for row in rows} == {("due_soon", 1)}

    def test_the_secretarys_three_duties(self, tell: Tell):
        """S2a and S2b: two members and the branch; P3b: these and the head, where the theme is declared."""
        told = tell()
        leaves(told, "jia/lab", "p-008")
        told.talk("jia/secretary", ["p-006", "p-007", "p-009"], "2026-11-02", topic="self_governance")
        told.talk("jia/secretary", ["p-006", "p-007", "p-009"], "2026-11-03", kind="integrity")
        before, after = (
            {duty: told.one(duty, day, period="2026") for duty in ("S2a", "S2b", "P3b")}
            for day in ("2026-11-01", "2026-11-03")
        )

        assert {duty: (row.done, row.required) for duty, row in before.items()} == {
            "S2a": (0, 3), "S2b": (0, 3), "P3b": (0, 4),
        }  # fmt: skip
        assert {duty: (row.state, lacks(row)) for duty, row in after.items()} == {
            "S2a": ("in_time", []), "S2b": ("in_time", []), "P3b": ("not_yet_due", ["jia/lab"]),
        }  # fmt: skip

        told.talk("jia/secretary", [SUCCESSOR], "2026-11-04", kind="heart_to_heart", topic="integrity")
        assert told.states("P3b", "2026-11-03", "2026-11-04", period="2026") == ["not_yet_due", "in_time"]

    @pytest.mark.parametrize(("since", "required"), [("2026-10-03", 1), ("2026-10-04", 0), ("2026-10-05", 0)])
    def test_ninety_days_to_the_end_of_the_year(self, tell: Tell, since: str, required: int):
        """Who begins on 3 October holds the post for 90 days of the year, who begins on the 4th for 89."""
        told = tell()
        told.register(PostRelieved(post="jia/lab", person="p-008", until="2026-01-01"), on="2026-01-02")
        told.register(PostAssigned(post="jia/lab", person=SUCCESSOR, from_=since), on=since)
        one = told.one("S2c", "2027-01-01", period="2026", post="jia/principal")

        assert (one.required, one.state) == (required, "overdue" if required else "void")

    @pytest.mark.parametrize(("since", "required"), [("2026-07-06", 1), ("2026-07-07", 0)])
    def test_a_new_post_that_falls_vacant_on_the_fourth(self, tell: Tell, since: str, required: int):
        """Ninety days up to 4 October, which is not held any more, begin on 6 July."""
        told = tell()
        told.register(PostRelieved(post="jia/lab", person="p-008", until="2026-01-01"), on="2026-01-02")
        told.register(PostAssigned(post="jia/lab", person=SUCCESSOR, from_=since), on=since)
        told.register(PostRelieved(post="jia/lab", person=SUCCESSOR, until=LEAVING), on=LEAVING)

        assert told.one("S2c", "2027-01-01", period="2026", post="jia/principal").required == required

    def test_near_miss_with_whom_had_left(self, tell: Tell):
        """On 3 October the predecessor still holds the post, on the 4th no more: then it is no talk with the post."""
        told = tell()
        leaves(told, "jia/lab", "p-008")
        gone = told.talk("jia/principal", [("p-008", "jia/lab")], LEAVING)
        one = told.one("S2c", "2026-12-31", period="2026", post="jia/principal")
        assert (one.done, [(gap.code, gap.positions) for gap in one.gaps]) == (
            0, [("COUNTERPART_NOT_IN_POST", (gone.position,))],
        )  # fmt: skip

        told.talk("jia/principal", [("p-008", "jia/lab")], "2026-10-03", on="2026-10-05")
        assert told.states("S2c", "2026-10-02", "2026-10-03", "2026-10-04", period="2026", post="jia/principal") == [
            "not_yet_due", "in_time", "in_time",
        ]  # fmt: skip

    def test_near_miss_a_site_that_counts_on_the_last_day(self, tell: Tell):
        """The other reading of AMB10: a post that is vacant on 31 December is nobody's to talk to."""
        told = tell(rules=load(default_text().replace('counterparts = "held"', 'counterparts = "last_day"')))
        leaves(told, "jia/lab", "p-008", successor=False)

        assert told.states("S2c", *YEAR_END, period="2026", post="jia/principal") == ["void"] * 3

    def test_the_dean_leaves(self, tell: Tell):
        """A member of the team who is also head for the university's deputy in charge: S2a, S2b, P3b, and S2c above."""
        told = tell()
        told.talk("jia/secretary", ["p-007"], "2026-05-06", topic="self_governance")
        told.talk("jia/secretary", ["p-007"], "2026-05-07", kind="integrity")
        leaves(told, "jia/principal", "p-007")
        missing = {duty: lacks(told.one(duty, "2027-01-01", period="2026")) for duty in ("S2a", "S2b", "P3b")}

        assert missing == {
            "S2a": ["jia/deputy", "jia/branch"], "S2b": ["jia/deputy", "jia/branch"],
            "P3b": ["jia/deputy", "jia/lab", "jia/branch"],
        }  # fmt: skip
        above = told.one("S2c", "2027-01-01", period="2026", post="uni/deputy", unit="uni")
        assert [(m.counterpart, m.persons) for m in above.missing] == [("jia/principal", (SUCCESSOR,))]
        assert told.one("S2c", "2027-01-01", period="2026", post="jia/principal").holder == SUCCESSOR


class TestRelievedInOctober:
    """Case 4: the secretary (p-005) is relieved on 15 October, and on 10 November records a talk of 20 June."""

    OUT, RECORDED = "2026-10-15", "2026-11-10"

    def told(self, tell: Tell) -> Told:
        told = tell()
        leaves(told, "jia/secretary", "p-005", self.OUT)
        return told

    def test_it_is_recorded_and_counts_for_the_post(self, tell: Tell):
        told = self.told(tell)
        talk = told.talk("jia/secretary", ["p-006"], "2026-06-20", on=self.RECORDED, person="p-005")
        one = told.one("S2a", "2026-11-10", period="2026")

        assert (one.done, one.holder) == (1, SUCCESSOR)
        for day in ("2026-10-15", "2026-11-09", "2026-11-10", "2026-12-31"):
            because = told.one("S2a", day, period="2026").because
            assert label(because, talk) == ("backfilled", {"jia/secretary": "no_longer_held"})
        assert one.gaps == ()
        assert [told.one("S2a", day, period="2026").done for day in ("2026-06-19", "2026-06-20", "2026-06-21")] == [
            0, 1, 1,
        ]  # fmt: skip

    def test_the_day_before_it_was_recorded_nobody_knew(self, tell: Tell):
        told = self.told(tell)
        told.talk("jia/secretary", ["p-006"], "2026-06-20", on=self.RECORDED, person="p-005")
        known = ("2026-11-09", "2026-11-10", "2026-11-11")

        assert [told.one("S2a", "2026-06-30", period="2026", known=day).done for day in known] == [0, 1, 1]

    def test_the_two_persons(self, tell: Tell):
        """The act is the predecessor's, the obligation stands on the successor; what was undone is a fact."""
        told = self.told(tell)
        talk = told.talk("jia/secretary", ["p-006"], "2026-06-20", on=self.RECORDED, person="p-005")
        view = told.at("2027-01-01")
        old, new = view.person("p-005"), view.person(SUCCESSOR)
        (held,) = old.posts
        (undone,) = [u for u in held.undone if u.duty == "S2a"]

        assert talk.position in [act.position for act in old.acts]
        assert talk.position not in [act.position for act in new.acts]
        assert [o.duty for o in old.overdue() if o.duty == "S2a"] == []
        assert [lacks(o) for o in new.overdue() if o.duty == "S2a"] == [["jia/principal", "jia/branch"]]
        assert (held.until, [str(m) for m in undone.missing]) == (self.OUT, ["jia/principal", "jia/branch"])

    @pytest.mark.parametrize(
        ("happened", "recorded", "expected"),
        [
            ("2026-10-14", "2026-10-19", ("contemporaneous", "no_longer_held")),  # Wednesday to Monday: 3 working days
            ("2026-10-14", "2026-10-20", ("late", "no_longer_held")),
            ("2026-10-11", "2026-11-10", ("late", "no_longer_held")),  # 30 days
            ("2026-10-10", "2026-11-10", ("backfilled", "no_longer_held")),  # 31 days
            ("2026-10-14", "2026-10-14", ("contemporaneous", "held")),
        ],
    )
    def test_how_it_is_labelled(self, tell: Tell, happened: str, recorded: str, expected: tuple[str, str]):
        """AMB15: labels of the record, whoever makes it; none keeps it out."""
        told = tell() if recorded < self.OUT else self.told(tell)
        talk = told.talk("jia/secretary", ["p-006"], happened, on=recorded, person="p-005")
        one = told.one("S2a", "2026-12-31", period="2026")

        assert one.done == 1
        assert label(one.because, talk) == (expected[0], {"jia/secretary": expected[1]})

    @pytest.mark.parametrize("day", ["2026-06-20", "2026-10-14"])
    def test_the_label_is_the_same_as_of_an_earlier_day(self, tell: Tell, day: str):
        """Whether the post was still held when it was recorded does not depend on the day that is asked about."""
        told = self.told(tell)
        talk = told.talk("jia/secretary", ["p-006"], "2026-06-20", on=self.RECORDED, person="p-005")

        assert label(told.one("S2a", day, period="2026").because, talk)[1] == {"jia/secretary": "no_longer_held"}

    def test_a_lookback_lists_what_was_written_in_later(self, tell: Tell):
        """Asked about 30 September, with the notice of inspection of 4 November."""
        told = self.told(tell)
        talk = told.talk("jia/secretary", ["p-006"], "2026-06-20", on=self.RECORDED, person="p-005")
        found = told.at("2026-09-30").lookback(person="p-005", about=["S2a"], notice="2026-11-04")
        (late,) = [row for row in found.recorded_later if row.line.position == talk.position]

        assert (late.line.label, late.why) == ("backfilled", ("after_date", "after_notice"))

    def test_within_thirty_days_but_after_a_notice(self, tell: Tell):
        """The label goes by the lag alone; the log knows no notice, so what came after one is marked beside it."""
        told = self.told(tell)
        talk = told.talk("jia/secretary", ["p-006"], "2026-10-12", on=self.RECORDED, person="p-005")
        found = told.at("2026-10-14").lookback(person="p-005", about=["S2a"], notice="2026-11-04")
        (late,) = [row for row in found.recorded_later if row.line.position == talk.position]

        assert late.why == ("after_date", "after_notice")
        assert late.line.label == "late"

    def test_near_miss_after_leaving(self, tell: Tell):
        """A talk said to be of the 15th was held by somebody who was in office no more: shown, never refused."""
        told = self.told(tell)
        talk = told.talk("jia/secretary", ["p-006"], self.OUT, on=self.RECORDED, person="p-005")
        one = told.one("S2a", "2026-12-31", period="2026")

        assert label(told.at("2026-12-31").person("p-005").acts, talk)[1] == {"jia/secretary": "not_held"}
        assert [(gap.code, gap.positions) for gap in one.gaps] == [("NOT_HELD", (talk.position,))]
        assert told.one("S2a", "2026-10-14", period="2026").gaps == ()

    def test_near_miss_of_the_year_before(self, tell: Tell):
        told = self.told(tell)
        told.talk("jia/secretary", ["p-006"], "2025-12-20", on=self.RECORDED, person="p-005")

        assert told.one("S2a", "2026-12-31", period="2026").done == 0


def test_a_post_made_in_october_is_nobodys_counterpart_that_year(tell: Tell):
    """A second head's post, made and filled on 4 October: 89 days."""
    told = tell()
    created = PostCreated(post="jia/lab-2", unit="jia-lab", kind="head", title="甲学院第二实验中心主任")
    told.register(created, PostAssigned(post="jia/lab-2", person=SUCCESSOR, from_=LEAVING), on=LEAVING)
    told.talk("jia/principal", ["p-008"], "2026-06-10", on="2026-10-05")

    assert told.one("S2c", "2027-01-01", period="2026", post="jia/principal").required == 1
    assert told.one("S2c", "2027-01-01", period="2027", post="jia/principal").required == 2
