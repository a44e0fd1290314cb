"""
Negative controls: a verifier that is broken on purpose must make the laws fail.

A harness that can't tell a broken verifier from a sound one proves nothing.  Each way to break it lets some tampering
through that the laws of `test_tampering` and `test_bad_entries` would then report.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.laws.bad import FAMILIES, TABLE
from tests.laws.kit import scene
from tests.laws.test_bad_entries import campus  # noqa: F401 - a fixture
from tests.laws.test_tampering import CASES, check

from trail.application import audit, auditing
from trail.evidence.bodies import Bodies
from trail.evidence.findings import Findings
from trail.evidence.schema import Mentions
from trail.testing.campus import Campus
from trail.testing.history import History
from trail.testing.stored import DatabaseCopy
from trail.testing.tamper import put
from trail.verify import Verdict, Verification

Break = Callable[[pytest.MonkeyPatch], None]


def signatures_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("trail.evidence.judge_acts.check_signatures", lambda *_, **__: None)


def keys_and_origin_unchecked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("trail.evidence.judge_acts.check_keys", lambda *_: ())
    patch.setattr("trail.evidence.judge_acts.check_signatures", lambda *_, **__: None)


def admission_left_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("trail.evidence.judge_acts.admit", lambda *_: Mentions())


def roots_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Verification, "_compare_root", lambda *_: None)


def parts_not_hashed(patch: pytest.MonkeyPatch) -> None:
    def take(self: Bodies, item: object) -> None:
        if self._parts:
            del self._parts[next(iter(self._parts))]

    patch.setattr(Bodies, "take_part", take)


def columns_not_compared(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(auditing._Audit, "_compare", lambda *_: None)


def findings_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Findings, "verdict", lambda *_, **__: Verdict.INTACT)


BROKEN: list[tuple[Break, set[str]]] = [
    (signatures_unchecked, {"edited_time resealed", "edited_words resealed", "stripped resealed"}),
    (keys_and_origin_unchecked, {"signed_with_a_new_key resealed", "moved_to_another_log resealed"}),
    (admission_left_out, {"duplicated resealed", "wrong_version resealed"}),
    (roots_not_compared, {"rewritten_by_its_signer", "backdated", "clock_rewritten"}),
    (parts_not_hashed, {"swapped_words"}),
    (columns_not_compared, {"column_stream", "column_recorded", "column_hashes"}),
    (findings_forgotten, {repr(case) for case in CASES[::5]}),
]


@pytest.mark.parametrize(("damage", "missed"), BROKEN, ids=lambda one: getattr(one, "__name__", ""))
def test_a_broken_verifier_makes_the_law_of_tampering_fail(
    damage: Break, missed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    unnoticed = set()
    with scene(History.random(11, size=12)) as s:
        damage(monkeypatch)
        for case in CASES:
            if repr(case) in missed:
                try:
                    check(case, s, 3)
                except AssertionError:
                    unnoticed.add(repr(case))

    assert unnoticed == missed, "the law did not fail: it would not notice this damage"


def test_a_sound_verifier_makes_none_of_them_fail() -> None:
    wanted = set().union(*(missed for damage, missed in BROKEN if damage is not findings_forgotten))
    with scene(History.random(11, size=12)) as s:
        for case in CASES:
            if repr(case) in wanted:
                check(case, s, 3)


@pytest.mark.parametrize(
    ("damage", "codes"),
    [
        (admission_left_out, {"TYPE_UNDECLARED", "FIELDS_MISMATCH", "NAME_UNKNOWN", "CAUSE_UNKNOWN", "AFTER_AHEAD"}),
        (keys_and_origin_unchecked, {"KEY_UNKNOWN", "KEY_OF_ANOTHER", "KEY_ENDED", "ORIGIN_MISMATCH"}),
        (signatures_unchecked, {"SIGNATURE_BAD"}),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_broken_verifier_lets_bad_entries_through(
    damage: Break,
    codes: set[str],
    campus: Campus,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    damage(monkeypatch)
    passed = set()
    for number, (code, _, make) in enumerate(TABLE):
        case = make(FAMILIES["library"](campus)) if code in codes else None
        if case is None or case.raw is not None:
            continue
        campus.anchor()
        copy = DatabaseCopy(campus.copy_database(tmp_path / f"{number}.db"))
        put(copy, case.submission, recorded=campus.clock.now())
        report = audit(copy.save(), campus.policy, now=campus.clock.now())
        if code not in {one.code for one in report.findings}:
            passed.add(code)

    assert passed == codes
