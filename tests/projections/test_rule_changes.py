"""A university's own rules: a copied file changed, and the status follows with no code changed."""

from __future__ import annotations

import pytest
from campus_records import Log

from trail.rules import default_text, load

RECIPIENTS = 'recipients = ["discipline_commission"]\n\n[[duty.satisfied_by]]\ntype = "ReportFiled@1"'


def test_a_due_date(rules_with):
    """中旬前 read as the 10th: what was in time on the 15th is late."""
    own = rules_with(('due = "04-mid"', 'due = "04-10"'))
    states = {}
    for rules in (own, load(default_text())):
        log = Log(rules=rules)
        log.file([log.draft(k, "jia", "2026-03-01") for k in ("responsibility", "task")], "dic", "2026-04-15")
        states[rules.digest] = log.one("L3b", "2026-05-01", rules=(rules,)).state
        assert log.one("L2e", "2026-05-01", rules=(rules,)).due == log.one("L3b", "2026-05-01", rules=(rules,)).due

    assert list(states.values()) == ["late", "in_time"]


def test_a_setting(rules_with):
    own = rules_with(('mid_month = "end"', 'mid_month = "start"'), ('roll = "none"', 'roll = "next_workday"'))

    assert Log(rules=own).one("L3b", "2026-05-01", rules=(own,)).due == "2026-04-10"
    assert Log(rules=own).one("R4", "2026-12-31", period="2026-H2", rules=(own,)).due == "2027-01-11"


def test_a_minimum():
    """Two duty talks a year with each: one leaves the duty open."""
    text = default_text()
    start = text.index('id = "S2a"')
    own = load(text[:start] + text[start:].replace("minimum = 1", "minimum = 2", 1))
    log = Log(rules=own)
    to = ["p-11", "p-12", "p-13"]
    log.talk("jia/secretary", to, "2026-03-05")
    one = log.one("S2a", "2027-01-01", period="2026", rules=(own,))
    assert ("overdue", 3, 6, {1}) == (one.state, one.done, one.required, {m.times for m in one.missing})

    log.talk("jia/secretary", to, "2026-09-05")
    assert log.one("S2a", "2027-01-01", period="2026", rules=(own,)).state == "in_time"


def test_a_recipient(rules_with):
    """Members report to the committee as well: sent to the commission alone is not enough."""
    own = rules_with((RECIPIENTS, RECIPIENTS.replace('["', '["university_committee", "', 1)))
    log = Log(rules=own)
    log.report("member", "jia/member", "2026-H1", "2026-07-05", ["dic"])
    one = log.one("R6", "2026-07-31", post="jia/member", period="2026-H1", rules=(own,))

    assert (one.state, [m.recipient for m in one.missing]) == ("overdue", ["uni"])


def test_a_days_threshold(rules_with):
    own = rules_with(("held_days = 90", "held_days = 300"))
    log = Log(rules=own)
    log.relieve("jia/member", "p-12", "2026-09-01")

    assert log.one("S2a", "2026-12-31", rules=(own,)).required == 2


OWN = """
[[duty]]
id = "X1"
article = "本校 3"
text = "每半年检查一次实验室"
class = "MC"
source = "text"
levels = ["unit"]
obliged = ["team"]
cadence = "half_year"
due = ["06-30", "12-31"]
minimum = 2
satisfied_by = [{ type = "LabInspected@1" }]
satisfies = ["X2"]

[[duty]]
id = "X2"
article = "本校 4"
text = "每半年下实验室一次"
class = "MC"
source = "text"
levels = ["unit"]
obliged = ["team"]
cadence = "half_year"
due = ["06-30", "12-31"]
satisfied_by = []
"""


def test_a_duty_of_ones_own():
    """A host's own event type discharges a host's own duties; one act serves two of them (D2)."""
    own = load(default_text() + OWN)
    log = Log(rules=own)
    log.add("LabInspected@1", {"lab": "1", "passed": True}, "2026-03-05", unit="jia")
    assert tuple(
        getattr(log.one("X1", "2026-07-01", period="2026-H1", rules=(own,)), n) for n in ("state", "done", "required")
    ) == ("overdue", 1, 2)
    assert log.one("X2", "2026-07-01", period="2026-H1", rules=(own,)).state == "in_time"

    log.add("LabInspected@1", {"lab": "2", "passed": True}, "2026-06-30", unit="jia")
    assert log.one("X1", "2026-07-01", period="2026-H1", rules=(own,)).state == "in_time"


def test_one_act_counts_once_however_it_is_found():
    """Two conditions that the same act meets do not make two acts of it."""
    twice = 'satisfied_by = [{ type = "LabInspected@1" }, { type = "LabInspected@1", period = "happened" }]'
    own = load(default_text() + OWN.replace('satisfied_by = [{ type = "LabInspected@1" }]', twice))
    log = Log(rules=own)
    log.add("LabInspected@1", {"lab": "1", "passed": True}, "2026-03-05", unit="jia")

    assert log.one("X1", "2026-07-01", period="2026-H1", rules=(own,)).done == 1


WHO = 'levels = ["unit"]\nobliged = ["team"]\nsatisfied_by = [{ type = "LabInspected@1", performer = "unit" }]\n'


@pytest.mark.parametrize(
    ("klass", "more"), [("Q", ""), ("Q", WHO), ("N", WHO), ("E", WHO), ("D", 'derived_from = ["ledger"]\n'), ("O", WHO)]
)
def test_what_is_not_counted(klass: str, more: str):
    """Duties of these classes make no obligation: nothing about them is ever due, overdue or coloured."""
    row = f'[[duty]]\nid = "X9"\narticle = "四（一）"\ntext = "一级带好一级"\nclass = "{klass}"\nsource = "text"\n'
    own = load(default_text() + row + more)
    log = Log(rules=own)
    log.add("LabInspected@1", {}, "2026-03-05", by="jia/deputy")

    assert "X9" not in {o.duty for o in log.at("2027-12-31", None, own).unit("jia").obligations}
