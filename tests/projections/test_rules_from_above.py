"""Rules bind others: only what comes from above sets them; anything else is kept, changes nothing, and is shown."""

import pytest
from tests.projections.campus_records import RULES, Log

from trail.evidence.record import Record


def owed(log: Log, as_of: str = "2027-05-31") -> set[tuple[str, str]]:
    return {(o.duty, o.due) for o in log.at(as_of).unit("jia").obligations}


def repeal(log: Log, **by: object) -> Record:
    fields = {"name": RULES.instrument, "first_period": "2026"}
    return log.add("RuleSetRepealed@1", fields, "2026-01-02", stream=f"rules/{RULES.instrument}", **by)  # type: ignore[arg-type]


def test_the_university_repeals():
    log = Log()
    assert owed(log)
    repeal(log)
    assert not owed(log)
    assert log.at("2027-05-31").unit("jia").gaps == ()


@pytest.mark.parametrize(
    "by",
    [
        {"by": "jia/secretary"},
        {"by": "jia/secretary", "body": "jia"},
        {"by": "dic/secretary"},
        {"by": ("p-10", "uni/secretary")},  # a post that the signer is not known to hold
        {"by": ("p-10", "uni/secretary"), "body": "uni"},
        {"by": ("p-99", ""), "body": "nowhere"},
    ],
)
def test_nobody_below_does(by: dict[str, object]):
    log = Log()
    before = owed(log)
    record = repeal(log, **by)
    assert owed(log) == before
    gaps = log.at("2027-05-31").unit("jia").gaps
    assert [(gap.code, gap.positions) for gap in gaps] == [("RULES_ASTRAY", (record.position,))]


def test_a_deadline_comes_from_above_the_units_that_it_names():
    def due(by: str, units: list[str]) -> str:
        log = Log()
        unit = units[0] if units else "jia"
        [one] = [o for o in log.at("2026-12-31").unit(unit).obligations if (o.duty, o.period) == ("L3b", "2026")][:1]
        fields = {"duty": "L3b", "due": "2026-02-02", "document": "校党〔2026〕1号"}
        fields |= {"units": units} if units else {}
        log.add("DeadlineSet@1", fields, "2026-01-02", period="2026", stream="rules/deadlines", by=by)
        [now] = [o for o in log.at("2026-12-31").unit(unit).obligations if (o.duty, o.period) == ("L3b", "2026")][:1]
        return "moved" if now.due != one.due else "kept"

    assert due("uni/secretary", []) == due("uni/secretary", ["jia"]) == "moved"
    assert due("dic/secretary", []) == due("dic/secretary", ["jia"]) == "moved"
    assert due("jia/secretary", []) == due("jia/secretary", ["jia"]) == due("lab/head", ["jia"]) == "kept"
