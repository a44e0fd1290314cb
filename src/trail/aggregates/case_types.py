"""
The declared types of an accountability case; what each field means is said by its class in `trail.aggregates.cases`.
"""

from __future__ import annotations

from typing import Final

from trail.aggregates.attending import ATTENDEE, ATTENDEES, CONTENT
from trail.aggregates.base import declare
from trail.aggregates.norms import CADRE_FORMS, GRADES, NORM_VERSIONS, ORGANISATION_FORMS, SITUATIONS
from trail.aggregates.receipts import RECEIVED
from trail.evidence.types import Field

LEAD_SOURCES: Final = ("tour", "discipline_review", "petition", "supervision", "audit", "other")  # 三（五）
OPINIONS: Final = ("agree", "disagree", "refused")
CRITICISM_FORMS: Final = ("written", "meeting")  # 书面检讨, 会上检查
APPEAL_OUTCOMES: Final = ("upheld", "changed", "revoked")
CORRECTIONS: Final = ("changed", "revoked")
CASE_SCOPES: Final = ("unit", "university", "public")

_CASE_NUMBERS: Final = Field("int", min=SITUATIONS.start, max=SITUATIONS.stop - 1)
_REFERENCE: Final = Field("reference")
_CONCERNED: Final = {
    "persons": Field("list", optional=True, of=Field("person", role="counterpart"), max=100),
    "units": Field("list", optional=True, of=Field("unit"), max=100),
}


def _forms(values: tuple[str, ...], optional: bool) -> Field:
    return Field("list", optional=optional, of=Field("enum", values=values), max=len(values))


def _subjects(*, decided: bool) -> dict[str, Field]:
    grade = Field("enum", optional=True, values=GRADES)
    cadre = {
        "forms": _forms(CADRE_FORMS, not decided),
        "grade": grade,
        "person": Field("person", role="counterpart"),
        "post": Field("post", optional=True),
    }
    organisation = {"forms": _forms(ORGANISATION_FORMS, not decided), "grade": grade, "unit": Field("unit")}
    return {
        "cadres": Field("list", optional=True, of=Field("record", members=cadre), max=100),
        "organisations": Field("list", optional=True, of=Field("record", members=organisation), max=100),
    }


def _step(*, decided: bool, situations: bool = True) -> dict[str, Field]:
    return {
        **_subjects(decided=decided),
        "norm": Field("enum", values=NORM_VERSIONS),
        "situations": Field("list", optional=not situations, of=_CASE_NUMBERS, max=len(SITUATIONS)),
        "versions": Field("list", optional=True, of=_REFERENCE, max=200),
    }


LEAD_RECEIVED: Final = declare(
    "LeadReceived",
    fields={
        "lead": Field("id", optional=True),
        "source": Field("enum", values=LEAD_SOURCES),
        "units": Field("list", optional=True, of=Field("unit"), max=100),
    },
    parts=CONTENT,
)
ACCOUNTABILITY_PROPOSED: Final = declare(
    "AccountabilityProposed",
    fields={**_step(decided=False), "recipients": Field("list", optional=True, of=Field("unit"), max=20)},
    parts=CONTENT,
)
ACCOUNTABILITY_INITIATED: Final = declare(
    "AccountabilityInitiated",
    fields={
        **_step(decided=False),
        "approver": Field("record", optional=True, members=ATTENDEE.members),
        "under_review": Field("bool", optional=True),
    },
    parts=CONTENT,
)
INQUIRY_OPENED: Final = declare("InquiryOpened", fields={"head": ATTENDEE, "members": ATTENDEES}, parts=CONTENT)
FACTS_PRESENTED: Final = declare("FactsPresented", fields=_CONCERNED, parts=CONTENT)
DEFENCE_HEARD: Final = declare("DefenceHeard", fields=_CONCERNED, parts=CONTENT)
OPINION_SIGNED: Final = declare(
    "OpinionSigned", fields={**_CONCERNED, "opinion": Field("enum", values=OPINIONS)}, parts=CONTENT
)
INQUIRY_REPORT_ADOPTED: Final = declare(
    "InquiryReportAdopted",
    fields={**_step(decided=False, situations=False), "head": ATTENDEE, "members": ATTENDEES},
    parts=CONTENT,
)
ACCOUNTABILITY_DECIDED: Final = declare(
    "AccountabilityDecided", fields=_step(decided=True), parts=CONTENT, hands=("own",), exclusive=True
)
DECISION_SERVED: Final = declare(
    "DecisionServed",
    fields={
        **_CONCERNED,
        "decision": _REFERENCE,
        "notified": Field("list", optional=True, of=Field("unit"), max=20),
        **RECEIVED,
    },
    parts=CONTENT,
)
ADJUSTMENT_COMPLETED: Final = declare(
    "AdjustmentCompleted", fields={**_CONCERNED, "decision": _REFERENCE}, parts=CONTENT
)
SELF_CRITICISM_MADE: Final = declare(
    "SelfCriticismMade",
    fields={**_CONCERNED, "forms": _forms(CRITICISM_FORMS, False)},
    parts=CONTENT,
)
APPEAL_LODGED: Final = declare("AppealLodged", fields={**_CONCERNED, "decision": _REFERENCE}, parts=CONTENT)
APPEAL_DECIDED: Final = declare(
    "AppealDecided",
    fields={"appeal": _REFERENCE, "outcome": Field("enum", values=APPEAL_OUTCOMES)},
    parts=CONTENT,
    hands=("own",),
    exclusive=True,
)
ACCOUNTABILITY_CORRECTED: Final = declare(
    "AccountabilityCorrected",
    fields={**_subjects(decided=True), "decision": _REFERENCE, "outcome": Field("enum", values=CORRECTIONS)},
    parts=CONTENT,
    hands=("own",),
    exclusive=True,
)
CASE_CIRCULATED: Final = declare(
    "CaseCirculated",
    fields={
        "decision": Field("reference", optional=True),
        "recipients": Field("list", optional=True, of=Field("unit"), max=500),
        "scope": Field("enum", values=CASE_SCOPES),
    },
    parts=CONTENT,
)

CASE_TYPES: Final = (
    LEAD_RECEIVED, ACCOUNTABILITY_PROPOSED, ACCOUNTABILITY_INITIATED, INQUIRY_OPENED, FACTS_PRESENTED, DEFENCE_HEARD,
    OPINION_SIGNED, INQUIRY_REPORT_ADOPTED, ACCOUNTABILITY_DECIDED, DECISION_SERVED, ADJUSTMENT_COMPLETED,
    SELF_CRITICISM_MADE, APPEAL_LODGED, APPEAL_DECIDED, ACCOUNTABILITY_CORRECTED, CASE_CIRCULATED,
)  # fmt: skip
