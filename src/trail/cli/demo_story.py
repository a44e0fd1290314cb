"""
The year of the demonstration: what the invented university's people did in 2026, act by act.

Everything goes through the façade, signed by whoever did it, at the time that the clock shows.  What went wrong went
wrong on purpose: a late filing, a late entry, a correction, a change of secretary, a unit that did nothing.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from trail.aggregates import (
    AccountabilityDecided,
    AccountabilityInitiated,
    AccountabilityProposed,
    ActBase,
    Cadre,
    CommitmentSigned,
    FilingReceived,
    LeadReceived,
    ListEndorsed,
    ListFiledForRecord,
    ListReturned,
    ListReviewed,
    Organisation,
    PaperReceiptRecorded,
    PledgeSigned,
    PostAssigned,
    PostRelieved,
    RecordCorrected,
    ReportFiled,
    ReportReceived,
    ResponsibilityListDrafted,
    TalkConfirmed,
    TalkHeld,
    TaskItem,
    TaskListDrafted,
)
from trail.application import Ack
from trail.testing.campus import Campus
from trail.testing.roster import SUCCESSOR

YEAR: Final = 2026
LATE_ENTRY: Final = "2026-11-02"
_ITEMS: Final = {"1": "落实全面从严治党主体责任", "2": "抓好班子和队伍建设"}
_TASKS: Final = (TaskItem("1", "每半年专题研究一次全面从严治党工作", ["1"]), TaskItem("2", "与班子成员谈话", ["2"]))
_NONCE: Final = b"trail demo pledge nonce"


class Story:
    """
    Records the year into *campus*; ``kept`` holds the acts that the demonstration comes back to, by name.

    *backup* is where an administrator's backup of the database is left in August.
    """

    def __init__(self, campus: Campus, backup: Path) -> None:
        self.campus = campus
        self.kept: dict[str, Ack] = {}
        self._backup = backup

    def tell(self) -> None:
        """The whole year, up to the middle of January of the next."""
        self._lists()
        self._filings()
        self._spring_talks()
        self.campus.anchor()
        self._reports_of_summer()
        self._at("2026-08-03 10:00")
        self.campus.anchor()
        self.campus.copy_database(self._backup)
        self._change_of_secretary()
        self._late_entry_and_correction()
        self._case()
        self._winter()

    def _at(self, time: str) -> None:
        self.campus.set_time(time)

    def _by(self, post: str, act: ActBase) -> Ack:
        self.campus.clock.tick(60)
        return self.campus.acting(post).record(act)

    # --- the two lists -----------------------------------------------------------------------------------------------

    def _lists(self) -> None:
        self._at("2026-03-02 09:00")
        jia = {post: self._drafts("jia", post) for post in ("jia/secretary", "jia/deputy", "jia/principal", "jia/lab")}
        jia["team"] = self._drafts("jia", None)
        self._at("2026-03-10 15:00")
        self._by("jia/secretary", ListReturned(versions=jia["jia/deputy"][1:], reason="第2项没有写明次数和时间"))
        self._at("2026-03-12 09:00")
        jia["jia/deputy"] = self._drafts("jia", "jia/deputy")
        self._at("2026-03-16 09:00")
        for post in ("jia/deputy", "jia/principal"):
            self._by("jia/secretary", ListReviewed(versions=jia[post], opinion="同意"))
            self._by("jia/secretary", ListEndorsed(versions=jia[post]))
        self._by("jia/principal", ListEndorsed(versions=jia["jia/lab"]))
        self._by("jia/secretary", CommitmentSigned(versions=jia["team"], body="jia"))
        for party in ("jia/deputy", "jia/principal", "jia/branch"):
            self._pledge("jia", party)
        self.kept["jia team lists"] = jia["team"][0]
        self._jia = [ack for post in ("team", "jia/secretary") for ack in jia[post]]
        self._at("2026-03-20 09:00")
        self._yi = [ack for post in (None, "yi/secretary") for ack in self._drafts("yi", post)]
        deputy = self._drafts("yi", "yi/deputy")
        self._by("yi/secretary", ListEndorsed(versions=deputy))
        self._at("2026-03-25 09:00")
        self._uni = [ack for post in (None, "uni/secretary", "uni/deputy") for ack in self._drafts("uni", post)]
        self._by("uni/secretary", ListEndorsed(versions=self._uni[4:]))
        self._by("uni/secretary", CommitmentSigned(versions=self._uni[:2], body="uni"))

    def _drafts(self, unit: str, post: str | None) -> list[Ack]:
        """Both lists of a post, or of the unit's team."""
        by = post or f"{unit}/secretary"
        whose: dict[str, Any] = {"owner": post} if post is not None else {"owner_body": unit, "body": unit}
        title = f"{YEAR}年责任清单"
        first = self._by(by, ResponsibilityListDrafted(unit=unit, year=YEAR, items=_ITEMS, title=title, **whose))
        tasks = TaskListDrafted(unit=unit, year=YEAR, items=_TASKS, responsibility=first, **whose)
        return [first, self._by(by, tasks)]

    def _pledge(self, unit: str, party: str) -> None:
        text = f"{YEAR}年全面从严治党工作任务责任书"
        common: dict[str, Any] = {"unit": unit, "year": YEAR, "party": party, "text": text, "nonce": _NONCE}
        self._by(f"{unit}/secretary", PledgeSigned(side="committee", body=unit, **common))
        self._by(party, PledgeSigned(side="responsible", **common))

    def _filings(self) -> None:
        self._at("2026-04-09 10:00")
        filing = self._by("jia/secretary", self._filed(self._jia, "dic", "jia"))
        self._at("2026-04-10 10:00")
        self._by("dic/secretary", FilingReceived(filing=filing, recipient="dic", received=self.campus.now))
        self._at("2026-04-24 17:00")  # four days late
        self._by("yi/secretary", self._filed(self._yi, "dic", "yi"))
        self._at("2026-04-28 10:00")
        sent = self._by("uni/secretary", self._filed(self._uni, "stationed-group", "uni"))
        self._at("2026-04-30 16:00")
        paper = PaperReceiptRecorded(
            of=sent, recipient="stationed-group", received="2026-04-30", paper=bytes(range(32)), number="收字12号"
        )
        self._by("uni/secretary", paper)

    def _filed(self, versions: list[Ack], recipient: str, body: str) -> ActBase:
        now = self.campus.now
        return ListFiledForRecord(versions=versions, recipient=recipient, sent=now, channel="OA", body=body)

    # --- talks -------------------------------------------------------------------------------------------------------

    def _talk(self, post: str, other: str, kind: str, happened: str | None = None) -> Ack:
        campus = self.campus
        when = campus.now if happened is None else campus.moment(happened)
        words = {"duty": "了解履职情况，提出改进要求。", "integrity": "提醒廉洁自律，签阅有关通报。"}
        person = campus.holder(other)
        act = TalkHeld(kind=kind, counterparts=[(person, other)], happened=when, place="办公室", content=words[kind])
        return self._by(post, act)

    def _spring_talks(self) -> None:
        self._at("2026-05-08 09:00")
        for other in ("jia/deputy", "jia/principal"):
            self.kept[f"talk {other}"] = self._talk("jia/secretary", other, "duty")
        self._by("jia/principal", TalkConfirmed(talk=self.kept["talk jia/principal"]))
        self._at("2026-05-12 09:00")
        for other in ("jia/deputy", "jia/branch"):
            self._talk("jia/secretary", other, "integrity")
        self._at("2026-05-20 09:00")
        for other in ("uni/deputy", "jia/secretary", "yi/secretary"):
            for kind in ("duty", "integrity"):
                self._talk("uni/secretary", other, kind)
        self._talk("yi/secretary", "yi/deputy", "duty")

    # --- reports -----------------------------------------------------------------------------------------------------

    def _report(
        self, post: str, subject: str, period: str, *, body: str | None = None, sent: datetime | None = None
    ) -> Ack:
        recipients = ["dic"] if subject == "member" else ["uni", "dic"]
        act = ReportFiled(
            subject=subject, period=period, recipients=recipients, sent=sent or self.campus.now, body=body,
            title=f"{period} 落实全面从严治党主体责任情况报告", summary="略",
        )  # fmt: skip
        return self._by(post, act)

    def _reports_of_summer(self) -> None:
        self._at("2026-07-06 09:00")
        team = self._report("jia/secretary", "team", "2026-H1", body="jia")
        own = self._report("jia/secretary", "principal", "2026-H1")
        self._report("jia/deputy", "member", "2026-H1")
        self._at("2026-07-08 09:00")
        for report in (team, own):
            for recipient in ("uni", "dic"):
                received = ReportReceived(report=report, recipient=recipient, received=self.campus.now)
                self._by(f"{recipient}/secretary", received)
        self._at("2026-07-09 16:00")
        self._report("yi/secretary", "team", "2026-H1", body="yi")
        self._at("2026-07-20 09:00")  # ten days late, and nobody signed for it
        self.kept["late report"] = self._report("yi/secretary", "principal", "2026-H1")

    # --- the second half ---------------------------------------------------------------------------------------------

    def _change_of_secretary(self) -> None:
        self._at("2026-08-28 09:00")
        self.campus.register(
            PostRelieved(post="yi/secretary", person="p-011", until="2026-09-01"),
            PostAssigned(post="yi/secretary", person=SUCCESSOR, from_="2026-09-01"),
        )
        self._at("2026-09-22 09:00")
        self._talk("yi/secretary", "yi/deputy", "integrity")
        self._at("2026-09-30 17:00")
        self.campus.anchor()

    def _late_entry_and_correction(self) -> None:
        self._at(f"{LATE_ENTRY} 14:00")
        self._talk("jia/secretary", "jia/principal", "integrity", "2026-06-18 09:00")
        sent = self.campus.moment("2026-07-09 11:00")  # on paper, and entered four months later
        self.kept["late entry"] = self._report("jia/principal", "member", "2026-H1", sent=sent)
        correction = RecordCorrected(
            target=self.kept["talk jia/deputy"],
            corrected_happened=self.campus.moment("2026-05-07 15:00"),
            reason="实际谈话时间为5月7日下午，登记有误",
        )
        self.kept["correction"] = self._by("jia/secretary", correction)

    def _case(self) -> None:
        self._at("2026-11-09 09:00")
        lead = LeadReceived(
            source="audit", lead="A-2026-07", units=["yi"], content="审计移交：乙学院报告迟报、清单迟备。"
        )
        case = self._by("dic/secretary", lead)
        cadres = [Cadre("p-011", ["admonition"], "principal_leadership", "yi/secretary")]
        organisations = [Organisation("yi", ["written_examination"], "overall_leadership")]
        about: dict[str, Any] = {
            "situations": [1],
            "cadres": cadres,
            "organisations": organisations,
            "versions": self._yi[:2],
        }
        self._at("2026-11-16 09:00")
        self._by("dic/secretary", AccountabilityProposed(case=case, body="dic", **about))
        self._at("2026-11-23 09:00")
        self._by("uni/secretary", AccountabilityInitiated(case=case, body="uni", **about))
        self._at("2026-12-14 09:00")
        self.kept["decision"] = self._by(
            "uni/secretary",
            AccountabilityDecided(case=case, body="uni", **about),
        )

    def _winter(self) -> None:
        self._at("2026-12-18 09:00")
        for kind in ("duty", "integrity"):
            self._talk("jia/principal", "jia/lab", kind)
        self._talk("jia/secretary", "jia/branch", "duty")
        self._at("2027-01-08 09:00")
        self._report("jia/secretary", "team", "2026-H2", body="jia")
        self._report("jia/secretary", "principal", "2026-H2")
        self._report("jia/deputy", "member", "2026-H2")
        self._at("2027-01-15 09:00")
        self.campus.anchor()
