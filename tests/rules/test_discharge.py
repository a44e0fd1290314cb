"""
Each duty is discharged by its act, and not by a near miss: another chair, kind, topic, recipient, post, day, no cause.

The cases are rows of `duty_cases`; what "discharged" means is said by the class of the duty alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from duty_cases import CASES, MAKES_DUE, MORE, OTHERWISE, SHARED, Case, Shared
from duty_records import POSTS, RULES, Do, Log, Spoil

from trail.aggregates import FactRecorded, InstrumentRepealed
from trail.evidence.record import Happened, Performer, SignerRef
from trail.rules.model import COUNTED, Duty

BY_DUTY = {case.duty: case for case in CASES}
PAIRS = [pytest.param(case, id=case.duty) for case in CASES]
PAIRS += [pytest.param(case, id=f"{case.duty}-also-{number}") for number, case in enumerate(MORE)]

# Duties with more than one trigger in a case of several: each is closed.
SEVERAL = {"S2e": ["closed", "closed"]}


def rows(log: Log, case: Case, name: str) -> list[Any]:
    """What the status says of the duty, for who owes it: of a unit's body, or of a post in its unit."""
    unit, _, rest = case.owes.partition("/")
    post = case.owes if rest else None
    found = getattr(log.at().unit(unit), name)
    return [row for row in found if row.duty == case.duty and row.post == post]


def standing(case: Case, given: Iterable[Do], act: Iterable[Do] = (), spoil: Spoil = dict) -> Any:
    """How the duty stands after *given* and *act*, in the words of its class: see `done` and `undone`."""
    log = Log().do(given).do(act, spoil)
    duty = RULES.duties[case.duty]
    if duty.klass in COUNTED:
        (one,) = [row for row in rows(log, case, "obligations") if row.period == case.period]
        return one.done == one.required > 0, one.state == "in_time"
    if duty.klass == "E":
        return sorted(row.state for row in rows(log, case, "triggered"))
    if duty.klass == "N":
        (count,) = [row for row in rows(log, case, "counts") if row.period == case.period]
        return count.number
    (one,) = rows(log, case, "standing")
    return one.in_place


def done(case: Case) -> Any:
    klass = RULES.duties[case.duty].klass
    return (True, True) if klass in COUNTED else ["closed"] if klass == "E" else 1 if klass == "N" else True


def undone(case: Case) -> Any:
    duty = RULES.duties[case.duty]
    if duty.klass in COUNTED:
        return (False, False)
    if duty.klass == "E":
        return ["open"] if duty.trigger else []
    return 0 if duty.klass == "N" else False


@pytest.mark.parametrize("case", PAIRS)
def test_it_is_discharged(case: Case) -> None:
    """Before the act the duty is open; after it, it is discharged."""
    assert standing(case, case.given) == undone(case)
    assert standing(case, case.given, case.act) == done(case)


@pytest.mark.parametrize("case", PAIRS)
def test_a_near_miss_does_not_count(case: Case) -> None:
    assert standing(case, case.given, case.miss) == undone(case), case.wrong


def test_repealed_it_is_no_longer_in_place() -> None:
    """What was set up holds until something in its own stream ends it; another instrument does not."""
    case = BY_DUTY["S1a"]
    other, same = (
        (*case.act, Do("jia/secretary", InstrumentRepealed(unit="jia", instrument=name, kind="recording_system")))
        for name in ("i-9", "i-1")
    )

    assert standing(case, other) is True
    assert standing(case, same) is False


@pytest.mark.parametrize("duty", [d for d in RULES.duties.values() if d.klass in "QD"], ids=lambda duty: duty.id)
def test_what_nobody_counts_has_no_state(duty: Duty) -> None:
    """A fact that names it is shown as a fact, and is all that is ever said of it (D5)."""
    unit = "jia" if "unit" in duty.levels else "uni"
    by = "dic/secretary" if duty.obliged == ("commission",) else f"{unit}/secretary"
    at = Log().do([Do(by, FactRecorded(duties=[duty.id], content="……", unit=unit))]).at()
    status = at.unit(unit)
    said = (*status.obligations, *status.triggered, *status.counts, *status.standing)

    assert duty.id not in {row.duty for row in said}
    assert [fact.type for fact in status.facts(duty.id)] == ["FactRecorded@1"]


def test_there_is_a_case_for_each_duty() -> None:
    """All but those that nobody records (D) and those that have no state (Q)."""
    assert len(CASES) == len(BY_DUTY)
    assert set(BY_DUTY) == {d.id for d in RULES.duties.values() if d.klass not in "QD"}


OUTSIDER = "branch/secretary"
BY_ANYBODY = {"P4f", "M5d", "K6", "A1", "B1d", "L1a", "L1b", "L1c", "L2a", "L3a", "L3b"}
"""What others do counts here: who evaluates, applies or initiates; and lists count by whose they are."""
SENT_TO = {
    "B1i", "B4d", "P3d", "P4d", "P4e", "P6b", "M4e", "M5b", "M5c", "L3a", "L3b", "R1", "R2", "R3", "R4", "R5", "R6",
    "R7a", "R7b", "R7c", "R7d",
}  # fmt: skip


def by(post: str, unit: str) -> Spoil:
    """Done, chaired, led, attended and signed by the holder of another post, for that unit."""
    person = POSTS[post][1]
    row = {"person": person, "post": post}
    people = {"chair": row, "lead": row, "attended": [row]}

    def spoil(said: dict[str, Any]) -> dict[str, Any]:
        return said | {
            "fields": said["fields"] | {name: value for name, value in people.items() if name in said["fields"]},
            "performers": (Performer("person", person, post),),
            "signers": (SignerRef(person, post, b"k" * 32),),
            "unit": unit,
        }

    return spoil


def by_a_colleague(owes: str) -> Spoil:
    """By somebody else of the same unit."""
    unit = owes.partition("/")[0]
    return by([post for post in POSTS if post != owes and post.startswith(f"{unit}/")][-1], unit)


def otherwise(**fields: Any) -> Spoil:
    """With another value in a field."""
    return lambda said: said | {"fields": said["fields"] | fields}


def without_cause(said: dict[str, Any]) -> dict[str, Any]:
    return said | {"causes": (), "stream": f"elsewhere/{said['type']}"}


def a_year_before(said: dict[str, Any]) -> dict[str, Any]:
    """Of the year before: when it happened and was sent, and what it is about."""

    def back(text: str) -> str:
        return f"{int(text[:4]) - 1}{text[4:]}"

    fields = dict(said["fields"])
    if "sent" in fields:
        fields["sent"] = back(fields["sent"])
    if "year" in fields:
        fields["year"] -= 1
    period = said["period"] and back(said["period"])
    return said | {"fields": fields, "happened": Happened.on(back(said["happened"].date())), "period": period}


def sent_elsewhere(said: dict[str, Any]) -> dict[str, Any]:
    to: dict[str, Any] = {"recipients": ["personnel"], "recipient": "personnel"}
    return said | {"fields": said["fields"] | {name: value for name, value in to.items() if name in said["fields"]}}


def spoilt() -> Iterator[Any]:
    for case in CASES:
        duty = RULES.duties[case.duty]
        if case.duty not in BY_ANYBODY:
            yield pytest.param(case, by(OUTSIDER, "branch"), id=f"{case.duty}-by an outsider")
            if "/" in case.owes:
                yield pytest.param(case, by_a_colleague(case.owes), id=f"{case.duty}-by a colleague")
        if duty.trigger:
            yield pytest.param(case, without_cause, id=f"{case.duty}-without cause")
        if duty.klass in COUNTED | {"N"}:
            yield pytest.param(case, a_year_before, id=f"{case.duty}-a year before")
        if case.duty in SENT_TO:
            yield pytest.param(case, sent_elsewhere, id=f"{case.duty}-sent elsewhere")
        for number, fields in enumerate(OTHERWISE.get(case.duty, ())):
            yield pytest.param(case, otherwise(**fields), id=f"{case.duty}-otherwise-{number}")


@pytest.mark.parametrize(("case", "spoil"), list(spoilt()))
def test_spoilt_it_does_not_count(case: Case, spoil: Spoil) -> None:
    """What holds for many duties alike: whose act it is, what caused it, its year, its recipients, its sort."""
    if spoil is a_year_before:  # lists are of the year that their drafts name
        assert standing(case, (), case.given + case.act, spoil) == undone(case)
    else:
        assert standing(case, case.given, case.act, spoil) == undone(case)


NAMED = [f"{number}-{duties or 'nothing'}" for number, (_, duties) in enumerate(MAKES_DUE)]


@pytest.mark.parametrize(("act", "duties"), MAKES_DUE, ids=NAMED)
def test_what_an_event_makes_due(act: tuple[Do, ...], duties: str) -> None:
    """Of each kind of event exactly these duties follow, wherever they fall; none of them is ever overdue."""
    at = Log().do(act).at()
    found = {row.duty: row.state for unit in at.units() for row in at.unit(unit).triggered}

    assert found == dict.fromkeys(duties.split(), "open")


class TestOneActServesSeveral:
    """The overlaps that the rules declare: recorded once, it counts for each of the duties, under their conditions."""

    @pytest.mark.parametrize("shared", SHARED, ids=lambda shared: "-".join(shared.duties))
    def test_recorded_once(self, shared: Shared) -> None:
        for duty, owes in shared.duties.items():
            period = shared.periods.get(duty, "2026")
            case = Case(duty, owes, shared.act, "", (), shared.given, period)
            assert standing(case, case.given, case.act) in (done(case), SEVERAL.get(duty)), duty

    def test_every_overlap_is_shown(self) -> None:
        declared = {(d.id, other) for d in RULES.duties.values() for other in d.satisfies}
        seen = {(one, other) for shared in SHARED for one in shared.duties for other in shared.duties}

        assert declared <= seen
