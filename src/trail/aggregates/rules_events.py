"""
The rules themselves are events (C9): a rule set adopted, amended by adopting its next version, repealed; a deadline
set for one period.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from trail.aggregates.base import Act, Place, declare
from trail.aggregates.values import refused, text_of
from trail.errors import RecordError
from trail.evidence.moment import check_period
from trail.evidence.types import Field, TypeSpec

RULE_SET_ADOPTED: Final = declare(
    "RuleSetAdopted",
    fields={
        "digest": Field("digest"),
        "document": Field("text", optional=True, max=500),
        "first_period": Field("text", min=4, max=10),
        "name": Field("id"),
    },
    hands=("own", "recorded"),
)
RULE_SET_REPEALED: Final = declare(
    "RuleSetRepealed",
    fields={
        "document": Field("text", optional=True, max=500),
        "first_period": Field("text", min=4, max=10),
        "name": Field("id"),
    },
    hands=("own", "recorded"),
)
DEADLINE_SET: Final = declare(
    "DeadlineSet",
    fields={
        "document": Field("text", max=500),
        "due": Field("date"),
        "duty": Field("id"),
        "units": Field("list", optional=True, of=Field("unit"), max=1_000),
    },
    hands=("own", "recorded"),
)
HOLIDAYS_SET: Final = declare(
    "HolidaysSet",
    fields={
        "document": Field("text", max=500),
        "holidays": Field("list", optional=True, of=Field("date"), max=400),
        "workdays": Field("list", optional=True, of=Field("date"), max=400),
    },
    hands=("own", "recorded"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetAdopted(Act):
    """
    A rule set, named and fixed by its digest, holds from ``first_period`` on (a year, half-year, month or date).

    An obligation is bound to the version in force on the first day of its period.
    """

    TYPE: ClassVar[TypeSpec] = RULE_SET_ADOPTED

    name: str
    digest: bytes
    first_period: str
    document: str | None = None

    def _check(self) -> None:
        _check_first(self.first_period)

    def _place(self) -> Place:
        return Place("rules/" + text_of(self.name, "name"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSetRepealed(Act):
    """
    No version of the rule set ``name`` holds for periods that begin in ``first_period`` or later, until one is adopted.

    What began before stays as it is: an obligation is bound to the version in force on the first day of its period.
    """

    TYPE: ClassVar[TypeSpec] = RULE_SET_REPEALED

    name: str
    first_period: str
    document: str | None = None

    def _check(self) -> None:
        _check_first(self.first_period)

    def _place(self) -> Place:
        return Place("rules/" + text_of(self.name, "name"))


def _check_first(first_period: str) -> None:
    try:
        check_period(first_period, "first_period")
    except RecordError as error:
        raise refused(error.message.removeprefix("first_period: "), "first_period") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineSet(Act):
    """
    For one period a duty falls due on another day (AMB1), as the cited document says; ``units``: only for these.

    The last one by position holds for a duty, period and unit.
    """

    TYPE: ClassVar[TypeSpec] = DEADLINE_SET

    duty: str
    period: str | None = field()
    due: str | dt.date
    document: str
    units: Sequence[str] = ()

    def _check(self) -> None:
        if self.period is None:
            raise refused("name the period whose deadline this is, such as 2026", "period")

    def _public(self) -> Mapping[str, Any]:
        units = sorted(set(self.units)) or None
        return {"document": self.document, "due": self.due, "duty": self.duty, "units": units}

    def _place(self) -> Place:
        return Place("rules/deadlines")


RULE_TYPES: Final = (RULE_SET_ADOPTED, RULE_SET_REPEALED, DEADLINE_SET)


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidaysSet(Act):
    """
    Days that differ from the week, as the cited document says: weekdays off, and weekend days that are worked.

    They decide reminders and the label 当期 (AMB3, AMB15), never whether something is overdue.
    """

    TYPE: ClassVar[TypeSpec] = HOLIDAYS_SET

    document: str
    holidays: Sequence[str | dt.date] = ()
    workdays: Sequence[str | dt.date] = ()

    def _public(self) -> Mapping[str, Any]:
        days = {"holidays": self.holidays, "workdays": self.workdays}
        named = {name: sorted({str(day) for day in given}) or None for name, given in days.items()}
        return {"document": self.document} | named

    def _place(self) -> Place:
        return Place("rules/holidays")
