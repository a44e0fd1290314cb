"""`check` finds more than the first problem of a rule set file, each with its line; `load` stops at the first."""

from __future__ import annotations

import re

import pytest

from trail.errors import CallerError
from trail.rules import check, default_text, load

TEXT = default_text()
WHO = 'levels = ["unit"]\nobliged = ["team"]\n'
SMALL = """
[[duty]]
id = "X1"
article = "1"
text = "及时"
source = "text"
"""


def line_of(text: str, row: str) -> int:
    return text.splitlines().index(row) + 1


def messages(more: str) -> list[str]:
    """What is wrong with one more duty."""
    return [str(p) for p in check(TEXT + SMALL + more)]


def test_nothing_is_wrong_with_the_file_that_ships():
    assert check(TEXT) == []


def test_every_problem_with_its_line():
    """Four mistakes in four places, by line: a setting, a level, and two keys of one duty."""
    text = TEXT.replace('roll = "none" ', 'roll = "maybe" ').replace('units = ["university"]', 'unit = ["university"]')
    text += SMALL + 'class = "MC"\nlevels = ["unit"]\nobliged = ["teem"]\ncadence = "year"\ndeu = "12-31"\n'
    found = check(text)

    assert [p.line for p in found] == sorted(p.line for p in found)
    by_key = {p.key: p for p in found if p.key}
    assert by_key["obliged"].line == line_of(text, 'obliged = ["teem"]')
    assert by_key["deu"].line == line_of(text, 'deu = "12-31"')
    assert "'teem'" in by_key["obliged"].message
    assert by_key["obliged"].where == "duty X1"
    assert text.splitlines()[by_key["roll"].line - 1].startswith('roll = "maybe"')
    assert text.splitlines()[by_key["unit"].line - 1] == 'unit = ["university"]'
    assert {p.where for p in found} >= {"settings", "level university", "duty X1"}
    with pytest.raises(CallerError):
        load(text)


def test_problems_of_several_duties():
    """A mistake in one duty hides none in another, nor what refers to neither."""
    text = TEXT.replace('recipients = ["stationed_group"]', 'recipients = ["nobody"]', 1)
    text += SMALL + 'class = "Q"\nminimum = 1\n' + SMALL.replace("X1", "X2") + 'class = "Z"\n'

    assert [p.where for p in check(text)][-2:] == ["duty X1", "duty X2"]
    assert any(p.key == "recipients" and "nobody" in p.message for p in check(text))


def test_a_duty_that_refers_to_a_broken_one():
    """``satisfies`` may name a duty that is there but has a mistake of its own: one problem, not two."""
    text = TEXT + SMALL + 'class = "Q"\nminimum = 1\n' + SMALL.replace("X1", "X2") + 'class = "Q"\nsatisfies = ["X1"]\n'

    assert [p.where for p in check(text)] == ["duty X1"]


def test_not_toml_and_not_utf8():
    (problem,) = check("format = 1\n[settings\n")
    assert problem.line == 2
    assert "not TOML" in problem.message
    assert "UTF-8" in str(check(TEXT.encode("gbk"))[0])
    assert check("")
    assert any("unknown key" in p.message for p in check("x = 1"))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('class = "E"\n', ["missing key 'levels'", "missing key 'obliged'", "missing key 'satisfied_by'"]),
        ('class = "D"\n', ["missing key 'derived_from'"]),
        ('class = "D"\nderived_from = ["nothing"]\n', ["'nothing' is neither a duty"]),
        ('class = "Q"\ntrigger = [{ type = "A@1" }]\n', ["is recorded, never counted"]),
        (
            'class = "N"\n' + WHO + 'satisfied_by = []\ndue = "12-31"\n',
            ["shown as a number"],
        ),
        (
            'class = "E"\n' + WHO + 'trigger = [{ type = "A@1" }]\nsatisfied_by = [{ type = "B@1" }]\n',
            ['needs cause = "trigger"'],
        ),
        (
            'class = "E"\n' + WHO + 'satisfied_by = [{ type = "B@1", cause = "trigger" }]\n',
            ["has no trigger"],
        ),
        (
            'class = "E"\n' + WHO + "within_workdays = 5\nsatisfied_by = []\n",
            ["name a trigger"],
        ),
        (
            'class = "E"\n' + WHO + 'trigger = [{ type = "A", fall = "above" }]\nsatisfied_by = []\n',
            ["unknown key"],
        ),
        (
            'class = "Q"\n' + WHO + 'satisfied_by = [{ type = "B@1", where = { kind = 1 } }]\n',
            ["expected a text, a list of texts, true or false"],
        ),
        ('class = "O"\nlevels = ["moon"]\nobliged = ["team"]\nsatisfied_by = []\n', ["'moon' is not declared"]),
        ('class = "Q"\nbound = "chair"\nwho = 3\n', ["'chair'", "expected a text"]),
    ],
)
def test_what_a_class_needs_and_refuses(more: str, words: list[str]):
    found = messages(more)

    assert len(found) == len(words), found
    for word, message in zip(words, found, strict=True):
        assert word in message
        assert "duty X1" in message


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ('unshared = ["P9z"]', "no duty"),
        ('semesters = ["09-01", "02-01"]', "first days"),
        ('year_begins = "09-31"', "MM-DD"),
        ('closing_time = "25:00"', "17:00"),
        ("spread_months = 1", "true or false"),
        ("spacing_days = -1", "from 0 to 366"),
        ('half_years = "quarters"', "semesters"),
    ],
)
def test_settings(row: str, word: str):
    key = row.partition(" ")[0]
    text = re.sub(rf"(?m)^{key} = .*$", row, TEXT, count=1)
    (problem,) = check(text)

    assert word in problem.message
    assert problem.line == line_of(text, row)
