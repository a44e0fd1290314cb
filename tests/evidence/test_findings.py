"""Findings and verdict: one place says intact, and no finding but a remark leaves it so."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail.errors import EvidenceError
from trail.evidence.findings import Findings
from trail.evidence.refusals import CHECKS, CODES, FORGED, OPEN, REMARK, refuse
from trail.evidence.verdict import EXIT_CODES, MAX_LISTED, Enrolled, Finding, Report, Shown, Verdict

REMARKS = sorted(code for code, (_, effect) in CODES.items() if effect is REMARK)


def report(findings: Findings, *, complete: bool = True, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "verdict": findings.verdict(complete=complete), "origin": "trail.example/jia", "anchored": 1,
        "anchored_at": None, "anchored_by": (), "size": 1, "exposed": 0, "root": bytes(32),
        "findings": findings.findings, "remarks": tuple(findings.remarks), "counts": dict(findings.counts),
        "checks": findings.checks(), "parts": Shown(), "attachments": Shown(), "scope": {}, "enrolled": (),
        "facts": {}, "kind": "file", "log_kind": "acts", "policy_digest": bytes(32), "versions": {}, "made": None,
    }  # fmt: skip
    return Report(**(values | changes))


@given(st.lists(st.sampled_from(sorted(CODES)), max_size=5), st.booleans())
def test_the_verdict_follows_from_the_codes(codes: list[str], complete: bool) -> None:
    findings = Findings()
    for code in codes:
        findings.find(code, "…", 1)
    effects = {CODES[code][1] for code in codes}
    verdict = findings.verdict(complete=complete)
    if FORGED in effects:
        assert verdict is Verdict.ALTERED
    elif OPEN in effects or not complete:
        assert verdict is Verdict.INCONCLUSIVE
    else:
        assert verdict is Verdict.INTACT
    assert (verdict is Verdict.INTACT) == (complete and not findings.findings)


@pytest.mark.parametrize("code", sorted(CODES))
def test_no_finding_is_intact(code: str) -> None:
    findings = Findings()
    findings.find(code, "…")
    found = report(findings)
    assert (found.exit_code == 0) == (code in REMARKS)
    assert bool(found.remarks) == (code in REMARKS)
    assert bool(found.findings) == (code not in REMARKS)


def test_exit_codes() -> None:
    assert EXIT_CODES == {Verdict.INTACT: 0, Verdict.ALTERED: 1, Verdict.INCONCLUSIVE: 3}


def test_an_unknown_code_is_no_finding_but_a_fault() -> None:
    with pytest.raises(KeyError):
        Findings().find("NO_SUCH_CODE", "…")


def test_forged_comes_first_then_position() -> None:
    findings = Findings()
    for code, position in (
        ("NAME_UNKNOWN", 2), ("SIGNATURE_BAD", 9), ("NO_ANCHOR", None), ("KEY_ENDED", 3), ("ENTRY_MALFORMED", 3),
    ):  # fmt: skip
        findings.find(code, "…", position)
    assert [f.code for f in findings.findings] == [
        "ENTRY_MALFORMED", "KEY_ENDED", "SIGNATURE_BAD", "NO_ANCHOR", "NAME_UNKNOWN",
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["SIGNATURE_BAD", "CLOCK_STEP"])
def test_the_list_is_cut_and_the_count_is_not(code: str) -> None:
    findings = Findings()
    for position in range(1, 2 * MAX_LISTED + 1):
        findings.find(code, "…", position)
    listed = findings.remarks or findings.findings
    assert [f.position for f in listed] == list(range(1, MAX_LISTED + 1))
    assert findings.counts == {code: 2 * MAX_LISTED}


def test_a_cut_list_still_decides_the_verdict() -> None:
    findings = Findings()
    for _ in range(MAX_LISTED + 1):
        findings.find("CLOCK_STEP", "…")
    findings.find("SIGNATURE_BAD", "…")
    assert findings.verdict(complete=True) is Verdict.ALTERED


def test_checks_tell_what_was_done() -> None:
    findings = Findings()
    findings.count(3, 7)
    findings.count(20)
    findings.find("SIGNATURE_BAD", "…")
    findings.find("CLOCK_STEP", "…")
    checks = {check.number: check for check in findings.checks()}
    assert list(checks) == [number for number in CHECKS if number != 21]
    assert (checks[3].state, checks[3].count, checks[3].name) == ("passed", 7, "entries")
    assert checks[9].state == "failed"
    assert checks[20].state == "passed"
    assert checks[18].state == "not done"


def test_the_verifier_s_own_check_is_listed_only_where_it_failed() -> None:
    findings = Findings()
    findings.find("INTERNAL_ERROR", "…")
    assert findings.checks()[-1].number == 21


def test_a_refusal_becomes_a_finding_with_what_is_attached() -> None:
    findings = Findings()
    findings.refused(refuse("KEY_ENDED", "ended", 3, 5), 5, entry=b"\x01")
    assert findings.findings == (
        Finding(
            check=8, code="KEY_ENDED", position=5, message="ended", expected=3, found=5, attached={"entry": b"\x01"}
        ),
    )


def test_json_is_plain_and_in_one_order() -> None:
    findings = Findings()
    findings.find("KEY_UNKNOWN", "…", 2, {b"k", b"a"}, [b"\xff", {"b": 1, "a": (None, True)}], z=b"\x01", a=object)
    findings.find("CLOCK_STEP", "…", 3, 5, 4)
    one = report(findings, scope={"b": [b"\x00"], "a": 1}, facts={"y": "1", "x": "2"})
    value = one.to_json()
    text = json.dumps(value, ensure_ascii=False)
    assert json.loads(text) == value
    assert value["findings"][0]["expected"] == ["61", "6b"]
    assert value["findings"][0]["found"] == ["ff", {"b": 1, "a": [None, True]}]
    assert list(value["findings"][0]["attached"]) == ["a", "z"]
    assert [list(value[key]) for key in ("scope", "facts", "counts")] == [
        ["a", "b"],
        ["x", "y"],
        ["CLOCK_STEP", "KEY_UNKNOWN"],
    ]
    assert json.dumps(dataclasses.replace(one).to_json(), ensure_ascii=False) == text


def test_keys_are_counted_by_custody() -> None:
    rows = [Enrolled(f"p-{n}", bytes([n]) * 32, custody, ("r-1", "r-2"), n, None)
            for n, custody in enumerate(("token", "self", "token"))]  # fmt: skip
    found = report(Findings(), enrolled=tuple(rows))
    assert found.keys == {"self": 1, "token": 2}
    assert list(found.keys) == ["self", "token"]
    assert json.dumps(found.to_json())


def test_an_altered_report_can_be_raised() -> None:
    findings = Findings()
    report(findings).raise_if_altered()
    findings.find("NO_ANCHOR", "…")
    report(findings).raise_if_altered()
    findings.find("SIGNATURE_BAD", "bad", 4)
    with pytest.raises(EvidenceError) as caught:
        report(findings).raise_if_altered()
    assert (caught.value.code, caught.value.facts["position"]) == ("SIGNATURE_BAD", 4)


def test_there_is_no_truth_in_a_report() -> None:
    assert not hasattr(Report, "__bool__")
    assert {verdict.value for verdict in Verdict} == {"intact", "altered", "inconclusive"}
