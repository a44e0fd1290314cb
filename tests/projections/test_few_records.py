"""
Every case of a duty, asked of few records: what a read model chooses says exactly what all records say.

The acts of `duty_cases` use every condition of the shipped rules, so a link that the choice does not follow shows here.
"""

from __future__ import annotations

import pytest
from duty_cases import CASES, DIC, MORE, UNI, Case, issue, one, verified
from duty_records import END, POSTS, RULES, UNITS, Log
from test_concerns import differences

from trail.aggregates import RectificationOrdered
from trail.rules.calendar import day_of, start_of

NOW = start_of(day_of("2029-06-01"))
SUBJECTS = [*(("unit", unit) for unit in UNITS), *(("person", person) for _, person in POSTS.values())]
LOGS = [pytest.param(case, id=f"{case.duty}-{number}") for number, case in enumerate((*CASES, *MORE))]


@pytest.mark.parametrize("case", LOGS)
def test_the_act_and_what_it_answers(case: Case) -> None:
    log = Log().do(case.given).do(case.act)

    assert list(differences(log.records, [RULES], NOW, SUBJECTS, [(END, None)])) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.duty)
def test_the_near_miss(case: Case) -> None:
    log = Log().do(case.given).do(case.miss)

    assert list(differences(log.records, [RULES], NOW, SUBJECTS, [(END, None)])) == []


def test_who_was_ordered_is_chosen_with_the_verification() -> None:
    """Whether a verification counts hangs on whom its order was given to, though nothing else leads to that order."""
    given = issue(by=DIC) + one("personnel/head", RectificationOrdered(units=["uni"])) + verified(UNI)
    log = Log().do(given)

    assert list(differences(log.records, [RULES], NOW, [("unit", "dic")], [(END, None)])) == []
