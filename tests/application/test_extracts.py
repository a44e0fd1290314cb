"""Extracts of a real log: what comes along to vouch for a key, what was erased, what can't be chosen; proofs."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.application.foreign import Shed

from trail.aggregates import GrantGiven, KeyRotated, PartErased, PersonRegistered, RegistrarAppointed, TalkHeld
from trail.application import Attachment, Choice, Log, Scope
from trail.errors import CallerError
from trail.evidence.verdict import Report, Verdict
from trail.signing import possession_message
from trail.testing.campus import Campus, key_of
from trail.verify import verify, verify_proof


@pytest.fixture
def campus() -> Iterator[Campus]:
    with Campus.found() as made:
        made.set_time("2026-03-05 09:00")
        yield made


def talk(campus: Campus, content: str = "谈话", **options: Any) -> Any:
    act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content=content, happened=campus.now)
    return campus.acting("jia/secretary", **options).record(act)


def extract(campus: Campus, folder: Path, **choice: Any) -> Report:
    campus.anchor()
    path = folder / "x.extract"
    campus.trail.extract(path, Choice(**choice))
    return verify(path, campus.policy)


def positions(report: Report) -> list[int]:
    assert report.extract is not None
    return [row.position for row in report.extract.listed]


def test_the_chain_of_keys_comes_along_up_to_the_genesis(campus: Campus, tmp_path: Path) -> None:
    """A new registrar with a founder renews a secretary's key; a talk is signed with the new one."""
    third, new = key_of("the third registrar"), key_of("a second key")
    campus.register(PersonRegistered(person="r-3", name="王五"), campus.enrolment("r-3", third))
    campus.register(RegistrarAppointed(person="r-3"))
    person = campus.holder("jia/secretary")
    rotation = KeyRotated(
        person=person, old=key_of(person).public.id, key=new.public.raw,
        possession=new.sign(possession_message(campus.trail.origin, person, new.public)),
    )  # fmt: skip
    done = campus.trail.registering([("r-1", key_of("r-1")), ("r-3", third)]).record(rotation)
    ack = talk(campus, key=new)
    report = extract(campus, tmp_path, events=(ack.id,))

    assert set(report.counts) == {"EXTRACT"}
    enrolled = {row.person: row.position for row in report.enrolled}
    assert enrolled[person] == done.position
    assert {row.key: row.ended for row in report.enrolled}[key_of(person).public.id] == done.position
    assert 1 in positions(report)
    assert all(row.signed for row in report.extract.listed)  # type: ignore[union-attr]


def test_an_erased_part_is_erased_in_the_extract_too(campus: Campus, tmp_path: Path) -> None:
    ack = talk(campus)
    other = talk(campus, "又一次")
    campus.register(GrantGiven(grant="g-1", post="uni/secretary", action="erase", types=["*"], unit="uni"))
    campus.acting("uni/secretary").record(PartErased(target=ack, part="record", authority="决定"))
    report = extract(campus, tmp_path, positions=(ack.position,))

    assert set(report.counts) == {"EXTRACT"}
    assert (report.parts.erased, report.parts.missing) == (1, 0)
    assert set(extract(campus, tmp_path, positions=(other.position,)).counts) == {"EXTRACT"}


def test_a_part_that_was_lost_is_missing(campus: Campus, tmp_path: Path) -> None:
    ack = talk(campus)
    with campus.trail.reader.database.writing() as tx:
        tx.cursor.execute("DELETE FROM part WHERE position = ?", (ack.position,))
    report = extract(campus, tmp_path, positions=(ack.position,))

    assert set(report.counts) == {"EXTRACT", "PART_MISSING"}
    assert report.parts.missing == 1


@pytest.mark.parametrize("column", ["entry", "hashes"])
def test_an_extract_of_an_altered_database_is_altered(column: str, tmp_path: Path) -> None:
    """The exporter proves what the database holds; what does not lead to the signed root is told by the verifier."""
    with Campus.found(tmp_path / "site") as campus:
        campus.set_time("2026-03-05 09:00")
        ack = talk(campus)
        talk(campus)
        campus.anchor()
        policy = campus.policy
    with sqlite3.connect(tmp_path / "site" / "trail.db") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        (entry,) = database.execute("SELECT entry FROM entry WHERE position = ?", (ack.position,)).fetchone()
        if column == "entry":
            changed = entry.replace(b"duty", b"dutx")
            database.execute("UPDATE entry SET entry = ? WHERE position = ?", (changed, ack.position))
        else:
            database.execute("UPDATE entry SET hashes = zeroblob(length(hashes)) WHERE position > ?", (ack.position,))
    with Log.open(tmp_path / "site" / "trail.db") as log:
        log.extract(tmp_path / "x.extract", Choice(positions=(ack.position,)))
    report = verify(tmp_path / "x.extract", policy)

    assert report.verdict is Verdict.ALTERED
    assert "PROOF_MISMATCH" in report.counts


def test_contents_come_or_stay_as_asked_and_only_those_of_the_chosen(campus: Campus, tmp_path: Path) -> None:
    file = Attachment(b"%PDF", "application/pdf", keep=True)
    act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="谈话", happened=campus.now)
    ack = campus.acting("jia/secretary").record(act, attachments=[file])
    shown = extract(campus, tmp_path, positions=(ack.position,))
    hidden = extract(campus, tmp_path, positions=(ack.position,), contents=False)

    assert (shown.parts.shown, shown.attachments.shown) == (1, 1)
    assert (hidden.parts.withheld, hidden.attachments.withheld) == (1, 1)
    assert (hidden.parts.shown, hidden.attachments.shown) == (0, 0)
    assert set(shown.counts) == set(hidden.counts) == {"EXTRACT"}


def test_what_can_t_be_chosen_is_explained(campus: Campus, tmp_path: Path) -> None:
    campus.anchor()
    covered = campus.trail.reader.head().size
    talk(campus)
    target = tmp_path / "x"
    keyless = Log(campus.trail.reader.database)
    for choice, code in (
        (Choice(positions=(covered + 1,)), "NOT_COVERED"),
        (Choice(positions=(0,)), "NOT_COVERED"),
        (Choice(positions=(1 << 62,)), "NOT_COVERED"),
        (Choice(events=(bytes(16),)), "NAME_UNKNOWN"),
        (Choice(scope=Scope(unit="nowhere")), "NAME_UNKNOWN"),
        (Choice(scope=Scope(end="1999-12-31")), "SCOPE"),
    ):
        with pytest.raises(CallerError) as caught:
            keyless.extract(target, choice)
        assert caught.value.code == code
        assert not list(tmp_path.iterdir()), "and nothing is left behind"
    campus.trail.extract(target, Choice(positions=(covered + 1,)))


def test_without_any_checkpoint_nothing_is_proven(tmp_path: Path) -> None:
    with Campus.found() as campus:
        with campus.trail.reader.database.writing() as tx:
            tx.cursor.execute("DELETE FROM checkpoint")
        keyless = Log(campus.trail.reader.database)
        with pytest.raises(CallerError) as caught:
            keyless.extract(tmp_path / "x", Choice(positions=(1,)))
    assert caught.value.code == "NOT_COVERED"


def test_extracts_of_an_application_s_log(tmp_path: Path) -> None:
    shed = Shed(tmp_path)
    with shed.adopt() as log:
        log.extract(tmp_path / "x.extract", Choice(positions=(2, 5)))
        log.extract(tmp_path / "y.extract", Choice(positions=(2, 5), contents=False))
        with pytest.raises(CallerError):
            log.extract(tmp_path / "z.extract", Choice(scope=Scope(unit="jia")))
        receipt = log.proof(3)
    shown, hidden = (verify(tmp_path / name, shed.policy()) for name in ("x.extract", "y.extract"))

    assert set(shown.counts) == set(hidden.counts) == {"EXTRACT"}
    assert (shown.parts.shown, hidden.parts.withheld) == (2, 2)
    assert shown.log_kind == "opaque"
    proof = verify_proof(receipt.proof, receipt.entry, shed.policy())
    assert set(proof.counts) == {"EXTRACT", "STATE_MISSING"}


# --- F: where exports go -------------------------------------------------------------------------------------------


def test_an_export_goes_through_no_link_and_waits_for_no_pipe(campus: Campus, tmp_path: Path) -> None:
    campus.anchor()
    precious = tmp_path / "key.pem"
    precious.write_bytes(b"secret")
    for name in ("e.trail.part", "x.extract.part"):
        (tmp_path / name).symlink_to(precious)
    campus.trail.export(tmp_path / "e.trail")
    campus.trail.extract(tmp_path / "x.extract", Choice(positions=(1,)))
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(precious)
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "link", "folder", "key.pem"):
        with pytest.raises(CallerError) as caught:
            campus.trail.export(tmp_path / name)
        assert caught.value.code in ("FILE_EXISTS", "FILE_UNWRITABLE")
        with pytest.raises(CallerError):
            campus.trail.extract(tmp_path / name, Choice(positions=(1,)))

    assert precious.read_bytes() == b"secret"
    assert verify(tmp_path / "e.trail", campus.policy).verdict is Verdict.INTACT
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part") and not path.is_symlink()]
