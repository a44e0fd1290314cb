"""
Every threat of groups B, C and D, carried out on a year of the university, at each tier that changes the outcome.

The rows stand in ``attacks_b.py`` to ``attacks_d.py``; a row says which finding the report must hold, in Chinese what
it must read, or honestly that nothing shows the attack.  The page ``docs/threats.md`` is made of the same rows.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.threats.cases import ZH, Row, carried_out, inspected
from tests.threats.table import ROWS
from tests.threats.world import TAIL, TIERS, World, size_of

from trail.application import audit
from trail.evidence.findings import Findings
from trail.evidence.refusals import CODES, FORGED, OPEN
from trail.report.messages import MESSAGES
from trail.report.text import report_lines
from trail.verify import Report, Verdict, verify


def sizes(world: World) -> dict[str, int]:
    """What the rows call the world's sizes."""
    older = size_of(world.older)
    return {
        "anchored": world.anchored, "seen": world.seen, "older": older, "less": world.anchored - 1,
        "more": world.anchored + 1, "cut": world.seen + 6, "continued": older + 21,
    }  # fmt: skip


def text(report: Report, lang: str) -> str:
    """The report as a person reads it."""
    return "\n".join(report_lines(report, lang))


# --- the baseline ----------------------------------------------------------------------------------------------------


def test_untouched_the_database_is_intact_and_says_what_is_exposed(world: World, tmp_path: Path) -> None:
    for policy in (world.honest_policy, world.fresh_policy):
        for known in (None, world.known, world.older):
            path = world.database().path
            report = audit(path, policy, known=known, now=world.now)
            assert (report.verdict, report.findings) == (Verdict.INTACT, ())
            assert (report.anchored, report.exposed) == (world.anchored, TAIL)
            assert set(report.counts) <= {"POST_NOT_HELD"}
            assert f"第 1 至 {world.anchored} 条" in text(report, "zh")
            assert "4 条（其丢失或替换无法发现）" in text(report, "zh")


def test_untouched_the_file_is_intact(world: World) -> None:
    for policy in (world.honest_policy, world.fresh_policy):
        for known in (None, world.known, world.older):
            report = verify(world.evidence, policy, known=known, now=world.now)
            assert (report.verdict, report.findings) == (Verdict.INTACT, ())
            assert (report.anchored, report.exposed) == (world.anchored, 0)
            assert report.anchored_by == ("archive", "dic", "peer")


def test_written_again_and_sealed_with_every_stolen_key_it_stays_as_it_was(world: World) -> None:
    """The harness itself changes nothing that an inspector could see: what a row finds, its attack has done."""
    still = Row(case="-", tier="T3", how="still", does="", change=lambda *_: None)
    copy = carried_out(still, world)
    report = inspected(still, world, copy)

    assert (report.verdict, report.findings) == (Verdict.INTACT, ())
    assert (report.anchored, report.size) == (world.anchored, world.anchored + TAIL)


# --- the table -------------------------------------------------------------------------------------------------------


def check(row: Row, report: Report, world: World) -> None:
    """What the row says, the report says: verdict, code, check, and both languages."""
    assert report.verdict.value == row.expected, dict(report.counts)
    zh, en = text(report, "zh"), text(report, "en")
    for code in row.codes:
        found = [one for one in (*report.findings, *report.remarks) if one.code == code]
        assert found, dict(report.counts)
        assert {one.check for one in found} == {CODES[code][0]}
        line = next(line for line in zh.splitlines() if f"] {code} x" in line)
        assert ZH[code] in line
        assert MESSAGES[code].en in en
    if not row.code:
        assert report.findings == ()
        assert row.shows.format(**sizes(world)) in zh
        assert "未锚定" in zh
        assert "exposed" in en


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_threat(row: Row, world: World) -> None:
    copy = carried_out(row, world)
    entries = [stored.entry for stored in copy.rows]
    report = inspected(row, world, copy)
    check(row, report, world)
    if report.verdict is Verdict.INTACT and len(TIERS[row.tier].witnesses) < 2:
        # Whatever is not shown: up to the size that the verdict speaks for, these are the honest log's very bytes.
        assert entries[: report.anchored] == world.entries[: report.anchored]


def test_every_row_has_a_name_of_its_own_and_says_why_where_nothing_is_shown() -> None:
    assert [name for name, count in Counter(row.id for row in ROWS).items() if count > 1] == []
    for row in ROWS:
        assert row.does
        assert bool(row.why) == bool(row.shows) == (not row.code), row.id


# --- the control -----------------------------------------------------------------------------------------------------

RELIED_ON = sorted({code for row in ROWS for code in row.codes})
SECOND = {
    "CLOCK_STEP", "COSIGNATURE_BAD", "HAPPENED_AFTER_RECORDED", "POST_NOT_HELD", "RECORDED_OUTSIDE_INTERVAL",
    "SIGNED_IN_DISPUTE",
}  # fmt: skip
"""Remarks: without them no verdict changes."""
COVERED = {
    "LOG_NOT_IN_POLICY",  # a checkpoint of a log that the policy does not name satisfies nothing: NO_ANCHOR
    "NO_ANCHOR",  # signers name anchored checkpoints, which are then not in the evidence: SEEN_UNSHOWN
    "POSITION_GAP",  # the head counts the rows, and every row's position is compared: HEAD_MISMATCH, COLUMN_MISMATCH
}
"""Codes beside which another always stands, so that the verdict stays what it is without them."""


@pytest.mark.parametrize("code", RELIED_ON)
def test_a_verifier_without_that_check_makes_a_test_of_the_table_fail(
    code: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One check is disabled, and with it gone the report of some attack is milder than the table says."""
    rows = sorted((row for row in ROWS if code in row.codes), key=lambda row: (row.brings == "policy", len(row.codes)))
    honest = Findings.find

    def forgetful(self: Findings, name: str, /, *rest: Any, **more: Any) -> None:
        if name != code:
            honest(self, name, *rest, **more)

    milder = []
    for row in rows:
        copy = carried_out(row, world)
        with monkeypatch.context() as patch:
            patch.setattr(Findings, "find", forgetful)
            report = inspected(row, world, copy)
        with pytest.raises((AssertionError, StopIteration)):
            check(row, report, world)
        if report.verdict.value != row.expected:
            milder.append(row.id)
            break
    assert bool(milder) is (code not in SECOND | COVERED), [row.id for row in rows]


ELSEWHERE = {code for code, (check, _) in CODES.items() if check in (1, 13, 14, 18, 21)}
"""Framing, bodies, attachments, read models, the verifier itself: groups A, F, G and H, with tests of their own."""
NOT_RELIED_ON = {
    # What is malformed rather than forged by anybody with a plan: tests/laws/bad.py has a case of each.
    "AFTER_AHEAD", "CHECKPOINT_MALFORMED", "EMPTY", "ENTRY_UNKNOWN_FORMAT", "FIELDS_MISMATCH", "NAME_UNKNOWN",
    "STREAM_RESERVED", "TYPE_UNDECLARED",
    # Logs of applications: tests/evidence/test_opaque_log.py.
    "EVENT_TWICE", "KIND_MIXED",
    # What the inspector's own policy lacks, or the disk: tests/laws/test_bad_entries.py, tests/application.
    "FILE_DAMAGED", "GENESIS_NOT_PINNED",
    # Extracts and proofs: test_files.py, tests/evidence, tests/application/test_extracts.py.
    "AUTHORITY_UNSHOWN", "EXTRACT", "KEY_UNSHOWN", "PROOF_MISMATCH", "PROOF_UNCHECKED",
    # Memories and continuations: tests/inspecting.
    "ALARM_OPEN", "CONSISTENCY_BAD", "PAST_UNKNOWN",
    # Keys that give way, logs that succeed others: tests/application/test_rotating.py, tests/evidence.
    "CHECKPOINT_BY_FORMER_KEY", "LOG_KEY_ENDED", "LOG_KEY_NEW", "LOG_RETIRED", "PREDECESSOR_CONTRADICTED",
    "PREDECESSOR_OTHER",
}  # fmt: skip
"""Codes that no test of this table would miss."""


def test_the_codes_that_no_test_of_the_table_would_miss_are_these() -> None:
    assert set(CODES) - set(RELIED_ON) - ELSEWHERE == NOT_RELIED_ON
    assert {CODES[code][1] for code in RELIED_ON} >= {FORGED, OPEN}
    assert set(ZH) == set(RELIED_ON)
