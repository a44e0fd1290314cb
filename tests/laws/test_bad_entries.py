"""
Append refuses exactly what the verifier rejects.

For every code of the checks that concern entries (3 to 14): a bad entry, properly signed by real keys, is put past
append by raw SQL with everything else recomputed; the audit names check, code and position, and the same submission
through append is refused with the same code.  For the registry's built-in types, the library's declared ones, and a
host's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.laws import bad_beside
from tests.laws.bad import FAMILIES, LAB, OLD_KEYS, TABLE, VETO, Bad, Maker
from tests.laws.kit import found

from trail.aggregates import KeyRevoked, TalkHeld
from trail.application import Attachment, Scope, audit
from trail.encoding import encode
from trail.errors import ActRefused
from trail.evidence.refusals import CHECKS, CODES
from trail.signing import COSIGNATURE_ED25519, LOG_ED25519, NoteKey, format_policy
from trail.store import EntryStore, submission_from_bytes
from trail.testing.campus import Campus, key_of
from trail.testing.stored import Beside, DatabaseCopy, EvidenceCopy, Stored
from trail.testing.tamper import put
from trail.verify import Verdict, verify


@pytest.fixture
def campus() -> Iterator[Campus]:
    with Campus.found(types=[LAB, VETO]) as made:
        for name in OLD_KEYS:  # revoked by their owners
            old = key_of(f"old key of {name}")
            made.register(made.enrolment(name, old))
            act = KeyRevoked(person=name, key=old.public.id, reason="lost")
            draft = made.registering().prepare(act, keys=[(name, old.public.id)])
            made.trail.submit(draft, [old.sign(draft.message)])
        made.set_time("2026-03-05 09:00")
        made.anchor()
        yield made


assert bad_beside.FILE, "imported for what it adds to the table"
CASES = [
    pytest.param(code, family, make, id=f"{code}-{make.__name__}-{family}")
    for code, families, make in TABLE
    for family in families
]


@pytest.mark.parametrize(("code", "family", "make"), CASES)
def test_what_append_refuses_the_audit_rejects_with_the_same_code(
    code: str, family: str, make: Maker, campus: Campus, tmp_path: Path
) -> None:
    case = make(FAMILIES[family](campus))
    campus.anchor()
    size, now, policy = campus.trail.reader.head().size, campus.clock.now(), campus.policy
    copy: DatabaseCopy | EvidenceCopy = DatabaseCopy(campus.copy_database(tmp_path / "log.db"))
    if case.in_file:
        copy = EvidenceCopy(campus.trail.evidence())

    _refused(campus, case, code)
    assert (campus.trail.reader.head().size == size) is (case.refused is not None)

    position = _put(copy, case, now)
    report = audit(copy.save(), policy, now=now) if isinstance(copy, DatabaseCopy) else verify(copy.save(), policy)

    named = [one for one in report.findings if (one.code, one.position) == (code, position)]
    assert named, sorted(found(report), key=str)
    assert named[0].check == CODES[code][0]
    assert report.verdict is (Verdict.ALTERED if CODES[code][1] == "forged" else Verdict.INCONCLUSIVE)


def _put(copy: DatabaseCopy | EvidenceCopy, case: Bad, now: int) -> int:
    if case.raw is None:
        position = put(copy, case.submission, recorded=now, version=case.version)
        for digest, data in case.submission.attachments.items():
            if digest not in {ref.digest for ref in case.submission.statement.attachments}:
                copy.rows[-1].files.append(Beside("", data, digest, "text/plain", len(data)))
        if case.in_file:  # what is missing from a file has no frame
            copy.rows[-1].files = [one for one in copy.rows[-1].files if one.data is not None]
        return position
    data, signatures = case.raw
    copy.rows.append(Stored(encode(["act", data, list(signatures), 1, now])))
    return len(copy.rows)


def _refused(campus: Campus, case: Bad, code: str) -> None:
    store = EntryStore(campus.trail.reader.database, clock=campus.clock)
    if case.refused is None:
        store.append(case.submission)
        return
    if case.raw is not None:
        with pytest.raises(case.refused):
            submission_from_bytes(*case.raw, [one.data for one in case.submission.parts])
        return
    with pytest.raises(case.refused) as caught:
        store.append(case.submission)
    if case.refused is ActRefused:
        assert caught.value.code == (case.appended or code)  # type: ignore[attr-defined]
        assert caught.value.facts["check"] == CODES[code][0]  # type: ignore[attr-defined]


# What an entry alone can't be guilty of: it takes a policy that says so, a key of the policy, or a file's header.
ELSEWHERE = {
    "SCOPE_CONTRADICTED", "LOG_NOT_IN_POLICY", "GENESIS_NOT_PINNED", "GENESIS_OTHER", "PART_WITHHELD_REQUIRED",
    "ATTACHMENT_WITHHELD_REQUIRED",
}  # fmt: skip
# What takes a second log: tests/evidence/test_log_keys.py makes each of them.
SECOND = {"PREDECESSOR_CONTRADICTED", "PREDECESSOR_OTHER"}
# What an extract alone can lack: tests/evidence/test_extract.py makes each of them.
EXTRACTS = {"KEY_UNSHOWN", "AUTHORITY_UNSHOWN"}
# What takes the log of an application, or its events among acts: tests/evidence/test_opaque_log.py makes each of them.
OPAQUE = {"KIND_MIXED", "EVENT_TWICE", "STATE_ALTERED", "STATE_MISSING", "STATE_STRAY"}


def test_every_code_of_the_checks_on_entries_has_a_case() -> None:
    wanted = {code for code, (check, effect) in CODES.items() if 3 <= check <= 14 and effect != "remark"}

    assert {code for code, _, _ in TABLE} | ELSEWHERE | OPAQUE | EXTRACTS | SECOND == wanted
    assert {CODES[code][0] for code, _, _ in TABLE} == set(range(3, 15)) <= set(CHECKS)


def test_a_members_key_that_is_a_witness_s_of_the_policy_is_named(campus: Campus, tmp_path: Path) -> None:
    """A witness that has not cosigned anything yet is known to the policy alone."""
    campus.register(campus.enrolment("p-013", key_of("another witness")))
    position = campus.trail.reader.head().size
    late = NoteKey("late.example", COSIGNATURE_ED25519, key_of("another witness").public.raw)
    policy = format_policy(
        logs=[campus.log_key], witnesses={"dic": campus.witness_key, "late": late}, quorum="dic",
        genesis=[campus.trail.genesis()],
    )  # fmt: skip
    report = audit(campus.copy_database(tmp_path / "log.db"), policy, now=campus.clock.now())

    assert ("KEY_DOUBLE_USE", position) in found(report)
    assert report.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("code", "policy"),
    [
        ("LOG_NOT_IN_POLICY", {"logs": [NoteKey("trail.example/other", LOG_ED25519, key_of("log").public.raw)]}),
        ("GENESIS_NOT_PINNED", {"genesis": []}),
        ("GENESIS_OTHER", {"genesis": [bytes(32)]}),
    ],
)
def test_what_takes_a_policy_to_be_found(code: str, policy: dict[str, Any], campus: Campus, tmp_path: Path) -> None:
    whole: dict[str, Any] = {
        "logs": [campus.log_key], "witnesses": {"dic": campus.witness_key}, "quorum": "dic",
        "genesis": [campus.trail.genesis()],
    }  # fmt: skip
    report = audit(campus.copy_database(tmp_path / "log.db"), format_policy(**{**whole, **policy}), now=0)

    assert code in {one.code for one in report.findings}
    assert report.verdict is not Verdict.INTACT


def test_a_file_that_announces_everything_and_withholds_is_named(campus: Campus) -> None:
    copy = EvidenceCopy(campus.trail.evidence())
    row = next(row for row in copy.rows if row.parts)
    row.parts[0].data = None
    report = verify(copy.save(), campus.policy)

    assert "SCOPE_CONTRADICTED" in {one.code for one in report.findings}
    assert report.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(("what", "code"), [("bodies", "PART"), ("attachments", "ATTACHMENT")])
def test_what_the_policy_requires_is_not_withheld(what: str, code: str, campus: Campus) -> None:
    file = Attachment(b"%PDF-1.7", "application/pdf")  # which the host keeps
    act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
    campus.acting("jia/secretary").record(act, attachments=[file])
    campus.anchor()
    evidence = campus.trail.evidence(Scope(unit="yi"))
    policy = format_policy(
        logs=[campus.log_key], witnesses={"dic": campus.witness_key}, quorum="dic", genesis=[campus.trail.genesis()],
        require=[what],
    )  # fmt: skip

    assert verify(evidence, campus.policy).verdict is Verdict.INTACT
    report = verify(evidence, policy)
    assert {one.code for one in report.findings} == {f"{code}_WITHHELD_REQUIRED"}
    assert report.verdict is Verdict.INCONCLUSIVE
