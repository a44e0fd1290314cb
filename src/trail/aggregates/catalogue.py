"""
The closed table of the library's types: those that a new log declares, and the class of each.

A type of a host system is not in it: it has its own class, or is a `GenericAct`.
"""

from __future__ import annotations

from typing import Final

from trail.aggregates import (
    assessment,
    cases,
    conveying,
    facts,
    instruments,
    integrity,
    lists,
    meetings,
    petitions,
    reports,
    rules_events,
    supervision,
    talks,
)
from trail.aggregates.base import ActBase
from trail.aggregates.edits import EDIT_ACTS
from trail.aggregates.generic import GenericAct
from trail.aggregates.receipts import PaperReceiptRecorded
from trail.aggregates.registry import AUTHORITY_ACTS
from trail.aggregates.roster import ROSTER_ACTS
from trail.evidence.types import TypeSpec

LIBRARY_ACTS: Final[tuple[type[ActBase], ...]] = (
    lists.ResponsibilityListDrafted, lists.TaskListDrafted, lists.ListReviewed, lists.ListReturned, lists.ListEndorsed,
    lists.CommitmentSigned, lists.PledgeSigned, lists.ListFiledForRecord, lists.FilingReceived, PaperReceiptRecorded,
    talks.TalkHeld, talks.TalkConfirmed, talks.TalkDisputed,
    reports.ReportFiled, reports.ReportReceived,
    *instruments.INSTRUMENT_ACTS, *meetings.MEETING_ACTS, *conveying.CONVEYING_ACTS, *facts.FACT_ACTS,
    *supervision.SUPERVISION_ACTS, *petitions.PETITION_ACTS, *integrity.INTEGRITY_ACTS, *assessment.ASSESSMENT_ACTS,
    *cases.CASE_ACTS,
    rules_events.RuleSetAdopted, rules_events.RuleSetRepealed, rules_events.DeadlineSet, rules_events.HolidaysSet,
)  # fmt: skip
LIBRARY_TYPES: Final[tuple[TypeSpec, ...]] = tuple(act.TYPE for act in LIBRARY_ACTS)
BUILT_IN_ACTS: Final[tuple[type[ActBase], ...]] = (*AUTHORITY_ACTS, *ROSTER_ACTS, *EDIT_ACTS)

_CLASSES: Final[dict[str, type[ActBase]]] = {act.TYPE.key: act for act in (*LIBRARY_ACTS, *BUILT_IN_ACTS)}


def act_class(type_key: str) -> type[ActBase]:
    """The class of a type of the library, declared or built in; `GenericAct` for any other."""
    return _CLASSES.get(type_key, GenericAct)
