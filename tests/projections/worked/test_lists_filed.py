"""
Worked cases: filing by 20 and by 30 April, and by a day that a document sets (2); an edit on the day of filing (6).
"""

from __future__ import annotations

import pytest
from told_by_day import Tell, Told, lacks

from trail.aggregates import CommitmentSigned, DeadlineSet, FilingReceived, ListEndorsed, ListFiledForRecord
from trail.store import Ack

AROUND_20 = ("2026-04-19", "2026-04-20", "2026-04-21")
AROUND_30 = ("2026-04-29", "2026-04-30", "2026-05-01")


def file(told: Told, versions: list[Ack], recipient: str, sent: str, *, unit: str = "jia", on: str = "") -> Ack:
    act = ListFiledForRecord(versions=versions, recipient=recipient, sent=sent, body=unit)
    return told.do(f"{unit}/secretary", act, on or sent)


class TestFiling:
    """Case 2."""

    @pytest.mark.parametrize(
        ("sent", "states"),
        [
            ("2026-04-19", ["in_time", "in_time", "in_time"]),
            ("2026-04-20", ["due_soon", "in_time", "in_time"]),
            ("2026-04-21", ["due_soon", "due_soon", "late"]),
        ],
    )
    def test_a_unit_by_the_twentieth(self, tell: Tell, sent: str, states: list[str]):
        """4月中旬前: until the end of the 20th (AMB1)."""
        told = tell()
        lists = told.drafts("jia", "2026-03-02")
        assert told.states("L3b", "2026-04-10", "2026-04-11", *AROUND_20, period="2026") == [
            "not_yet_due", "due_soon", "due_soon", "due_soon", "overdue",
        ]  # fmt: skip

        filing = file(told, lists, "dic", sent)
        assert told.states("L3b", *AROUND_20, period="2026") == states
        assert told.one("L3b", "2026-05-31", period="2026").unreceived == ("dic",)

        told.do("dic/secretary", FilingReceived(filing=filing, recipient="dic", received="2026-05-06"), "2026-05-06")
        assert told.one("L3b", "2026-05-31", period="2026").unreceived == ()

    @pytest.mark.parametrize(
        ("sent", "states"),
        [
            ("2026-04-30", ["due_soon", "in_time", "in_time"]),
            ("2026-05-01", ["due_soon", "due_soon", "late"]),
        ],
    )
    def test_the_university_by_the_thirtieth(self, tell: Tell, sent: str, states: list[str]):
        told = tell()
        lists = told.drafts("uni", "2026-03-02", unit="uni")
        assert told.states("L3a", *AROUND_30, period="2026", unit="uni") == ["due_soon", "due_soon", "overdue"]

        file(told, lists, "stationed-group", sent, unit="uni")
        assert told.states("L3a", *AROUND_30, period="2026", unit="uni") == states

    def test_a_document_sets_another_day_for_one_year(self, tell: Tell):
        """Known from 2 March 2026: due by 10 April, also for what goes with the filing; the next year is as before."""
        told = tell()
        document = "校纪〔2026〕3号"
        act = DeadlineSet(duty="L3b", period="2026", due="2026-04-10", document=document)
        told.do("dic/secretary", act, "2026-03-02")
        days = ("2026-04-09", "2026-04-10", "2026-04-11")
        assert told.states("L3b", *days, period="2026") == ["due_soon", "due_soon", "overdue"]
        assert told.states("L2e", *days, period="2026") == ["due_soon", "due_soon", "overdue"]
        assert told.one("L3b", "2026-04-11", period="2026", known="2026-03-01").state == "due_soon"

        filing = file(told, told.drafts("jia", "2026-03-09"), "dic", "2026-04-15")
        one = told.one("L3b", "2026-04-15", period="2026")
        assert (one.state, one.due) == ("late", "2026-04-10")
        assert {"DeadlineSet@1", "ListFiledForRecord@1"} == {because.type for because in one.because}
        assert told.one("L3b", "2026-04-15", period="2026", known=filing.position).due == "2026-04-10"
        assert told.one("L3b", "2027-01-01", period="2027").due == "2027-04-20"
        assert told.one("L3a", "2026-04-15", period="2026", unit="uni").due == "2026-04-30"

    def test_near_misses(self, tell: Tell):
        """To the university committee; one list of two; another year's; a document for another unit."""
        told = tell()
        lists, old = told.drafts("jia", "2026-03-02"), told.drafts("jia", "2026-03-02", year=2025)
        file(told, lists, "uni", "2026-04-15")
        file(told, lists[:1], "dic", "2026-04-15")
        file(told, old, "dic", "2026-04-15")
        act = DeadlineSet(duty="L3b", period="2026", due="2026-05-15", document="校纪〔2026〕4号", units=["yi"])
        told.do("dic/secretary", act, "2026-04-16")

        one = told.one("L3b", "2026-04-21", period="2026")
        assert (one.state, one.done, lacks(one)) == ("overdue", 1, ["task · dic"])
        assert told.one("L3b", "2026-04-21", period="2026", unit="yi").due == "2026-05-15"


class TestAnEditOnTheDayOfFiling:
    """Case 6: the lists of the team and of its two other members, filed together on 20 April."""

    def prepared(self, tell: Tell) -> tuple[Told, list[Ack]]:
        """Drafted on 2 March, endorsed and committed to on the 10th: the committee's own two lists come first."""
        told = tell()
        lists = [ack for owner in ("jia", "jia/deputy", "jia/principal") for ack in told.drafts(owner, "2026-03-02")]
        told.do("jia/secretary", ListEndorsed(versions=lists[2:]), "2026-03-10")
        told.do("jia/secretary", CommitmentSigned(versions=lists[:2], body="jia"), "2026-03-10")
        return told, lists

    def gaps(self, told: Told, day: str) -> list[str]:
        return sorted(gap.code for gap in told.at(day).unit("jia").gaps)

    def test_nothing_was_edited(self, tell: Tell):
        """The control: endorsed, filed, no gap."""
        told, lists = self.prepared(tell)
        file(told, lists, "dic", "2026-04-20", on="2026-04-20 15:00")

        assert self.gaps(told, "2026-04-21") == []
        for duty in ("L2b", "L2e", "L3b"):
            assert told.states(duty, *AROUND_20, period="2026")[1:] == ["in_time", "in_time"]

    def test_edited_at_nine_and_filed_at_three(self, tell: Tell):
        """Nobody voids the endorsement: that it is void follows.  The filing counts, and rests on what nobody saw."""
        told, lists = self.prepared(tell)
        assert told.one("L2b", "2026-04-20", period="2026").state == "in_time"

        edited = told.draft("task", "jia/deputy", "2026-04-20 09:00")
        assert self.gaps(told, "2026-04-20") == ["C2"]
        filing = file(told, [*lists[:3], edited, *lists[4:]], "dic", "2026-04-20", on="2026-04-20 15:00")

        assert told.states("L3b", *AROUND_20, period="2026") == ["due_soon", "in_time", "in_time"]
        assert told.states("L2b", *AROUND_20, period="2026") == ["in_time", "due_soon", "overdue"]
        assert lacks(told.one("L2b", "2026-04-21", period="2026")) == ["jia/deputy · task"]
        assert self.gaps(told, "2026-04-19") == []
        assert self.gaps(told, "2026-04-21") == ["C2", "C4"]
        (c4,) = [gap for gap in told.at("2026-04-21").unit("jia").gaps if gap.code == "C4"]
        assert c4.positions == (edited.position, filing.position)

    def test_what_was_known_before_the_edit(self, tell: Tell):
        """Of the same day, the log of 10 March knows nothing of it: both axes are the inspector's to choose."""
        told, _ = self.prepared(tell)
        edited = told.draft("task", "jia/deputy", "2026-04-20 09:00")
        states = [
            told.one("L2b", "2026-04-21", period="2026", known=size).state
            for size in (edited.position - 1, edited.position)
        ]

        assert states == ["in_time", "overdue"]

    def test_endorsed_again_two_days_later(self, tell: Tell):
        told, lists = self.prepared(tell)
        edited = told.draft("task", "jia/deputy", "2026-04-20 09:00")
        file(told, [*lists[:3], edited, *lists[4:]], "dic", "2026-04-20", on="2026-04-20 15:00")
        told.do("jia/secretary", ListEndorsed(versions=[edited]), "2026-04-22")

        assert told.states("L2b", "2026-04-21", "2026-04-22", period="2026") == ["overdue", "late"]
        assert self.gaps(told, "2026-04-22") == ["C4"]  # vouched for only after it was filed

    def test_the_committees_own_list(self, tell: Tell):
        """No endorser is named for it (AMB26): what the edit takes away is the committee's commitment."""
        told, lists = self.prepared(tell)
        edited = told.draft("task", "jia", "2026-04-20 09:00")
        filing = file(told, [lists[0], edited], "dic", "2026-04-20", on="2026-04-20 15:00")

        assert told.states("L3b", *AROUND_20, period="2026") == ["due_soon", "in_time", "in_time"]
        assert self.gaps(told, "2026-04-21") == ["C4"]
        (c4,) = [gap for gap in told.at("2026-04-21").unit("jia").gaps if gap.code == "C4"]
        assert c4.positions == (edited.position, filing.position)

    @pytest.mark.parametrize("kind", ["responsibility", "task"])
    def test_an_edit_voids_the_commitment(self, tell: Tell, kind: str):
        told, _ = self.prepared(tell)
        told.draft(kind, "jia", "2026-04-20 09:00")

        assert told.states("L2e", *AROUND_20, period="2026") == ["in_time", "due_soon", "overdue"]

    def test_near_miss_endorsed_again_before_it_was_filed(self, tell: Tell):
        told, lists = self.prepared(tell)
        edited = told.draft("task", "jia/deputy", "2026-04-20 09:00")
        told.do("jia/secretary", ListEndorsed(versions=[edited]), "2026-04-20 14:00")
        file(told, [*lists[:3], edited, *lists[4:]], "dic", "2026-04-20", on="2026-04-20 15:00")

        assert told.states("L2b", *AROUND_20, period="2026") == ["in_time", "in_time", "in_time"]
        assert self.gaps(told, "2026-04-21") == []

    def test_near_miss_edited_after_it_was_filed(self, tell: Tell):
        """What was filed had been endorsed; what stands now is not (C2 without C4)."""
        told, lists = self.prepared(tell)
        file(told, lists, "dic", "2026-04-20", on="2026-04-20 09:00")
        told.draft("task", "jia/deputy", "2026-04-20 15:00")

        assert told.states("L3b", *AROUND_20, period="2026") == ["due_soon", "in_time", "in_time"]
        assert told.states("L2b", *AROUND_20, period="2026") == ["in_time", "due_soon", "overdue"]
        assert self.gaps(told, "2026-04-21") == ["C2"]

    @pytest.mark.parametrize("hour", ["15:00", None], ids=["sent_at_three", "sent_on_the_day"])
    def test_near_miss_endorsed_two_hours_after_it_was_filed(self, tell: Tell, hour: str | None):
        """Where only the day of sending is known, the order of the records tells."""
        told, lists = self.prepared(tell)
        edited = told.draft("task", "jia/deputy", "2026-04-20 09:00")
        versions = [*lists[:3], edited, *lists[4:]]
        sent = told.campus.moment(f"2026-04-20 {hour}") if hour else "2026-04-20"
        act = ListFiledForRecord(versions=versions, recipient="dic", sent=sent, body="jia")
        told.do("jia/secretary", act, "2026-04-20 15:00")
        told.do("jia/secretary", ListEndorsed(versions=[edited]), "2026-04-20 17:00")

        assert told.states("L2b", *AROUND_20, period="2026") == ["in_time", "in_time", "in_time"]
        assert self.gaps(told, "2026-04-21") == ["C4"]

    def test_near_miss_endorsed_at_two_and_entered_at_five(self, tell: Tell):
        """Filed at three, endorsed at two on paper: the moments tell, and the order of the records does not count."""
        told, lists = self.prepared(tell)
        edited = told.draft("task", "jia/deputy", "2026-04-20 09:00")
        versions, sent = [*lists[:3], edited, *lists[4:]], told.campus.moment("2026-04-20 15:00")
        act = ListFiledForRecord(versions=versions, recipient="dic", sent=sent, body="jia")
        told.do("jia/secretary", act, "2026-04-20 15:00")
        assert self.gaps(told, "2026-04-20") == ["C2", "C4"]

        at_two = told.campus.moment("2026-04-20 14:00")
        told.do("jia/secretary", ListEndorsed(versions=[edited], happened=at_two), "2026-04-20 17:00")
        assert self.gaps(told, "2026-04-21") == []
