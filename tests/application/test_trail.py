"""The façade: making and opening a log, receipts, scopes of an export."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from tests.application.campus import NOW, ORIGIN, Campus, Visited, key_of

from trail.aggregates import LIBRARY_TYPES, PartErased, TypeDeclared, declare
from trail.application import Attachment, FoundingRegistrar, Scope, Trail
from trail.clock import FixedClock
from trail.errors import ActRefused, CallerError, NoteError, StoreFailed, TrailError
from trail.evidence.file import AttachmentItem, CheckpointItem, EntryItem, Header, PartItem, read_evidence
from trail.evidence.record import decode_part
from trail.evidence.types import Field
from trail.evidence.verdict import Verdict
from trail.merkle import check_inclusion, leaf_hash, parse_checkpoint
from trail.merkle.proofs import parse_proof
from trail.signing import LOG_ED25519, NoteKey, open_note, parse_note
from trail.verify import verify

TWO = [("r-1", key_of("r-1")), ("r-2", key_of("r-2"))]


def create(folder: Path, **changes: Any) -> Trail:
    options: dict[str, Any] = {
        "origin": ORIGIN, "registrars": TWO, "log_key": key_of("log"), "state": folder / "log.state",
        "clock": FixedClock(NOW),
    }  # fmt: skip
    return Trail.create(folder / "trail.db", **(options | changes))


# --- create, open ----------------------------------------------------------------------------------------------------


def test_a_new_log_declares_the_library_s_types_and_has_a_checkpoint(tmp_path: Path) -> None:
    with create(tmp_path) as trail:
        assert trail.reader.head().size == 1 + len(LIBRARY_TYPES)
        assert {spec.key for spec in LIBRARY_TYPES} <= trail.registry().types.keys()
        issued = trail.reader.checkpoint()
        assert issued is not None
        assert issued.size == trail.reader.head().size
        assert trail.registry().registrars == {"r-1", "r-2"}


def test_the_custody_of_founding_keys_is_recorded(tmp_path: Path) -> None:
    founders = [FoundingRegistrar("r-1", key_of("r-1"), "token"), FoundingRegistrar("r-2", key_of("r-2"))]
    with create(tmp_path, registrars=founders) as trail:
        keys = trail.registry().keys
        assert [keys[key_of(r).public.id].custody for r in ("r-1", "r-2")] == ["token", "self"]


@pytest.mark.parametrize(
    "registrars",
    [
        [],
        TWO[:1],
        [("r-1", key_of("r-1")), ("r-1", key_of("r-2"))],
        [("r-1", key_of("r-1")), ("r-2", key_of("r-1"))],
        [*TWO, ("r-2", key_of("r-3"))],
        [*TWO, ("r-3", key_of("r-2"))],
    ],
)
def test_who_can_not_found_a_log(tmp_path: Path, registrars: Any) -> None:
    with pytest.raises(CallerError, match="founded"):
        create(tmp_path, registrars=registrars)
    create(tmp_path).close()


def test_a_log_key_is_nobody_s_own(tmp_path: Path) -> None:
    with pytest.raises(CallerError, match="one purpose"):
        create(tmp_path, log_key=key_of("r-2"))
    create(tmp_path).close()


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "trail/statement/v1"])
def test_an_origin_that_can_not_name_a_log(tmp_path: Path, origin: str) -> None:
    with pytest.raises((NoteError, CallerError)):
        create(tmp_path, origin=origin)


def test_a_log_is_made_once(tmp_path: Path) -> None:
    create(tmp_path).close()
    with pytest.raises(CallerError, match="exists"):
        create(tmp_path, state=tmp_path / "other.state")


def test_a_state_that_exists_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "log.state").write_bytes(b"mine")
    with pytest.raises(StoreFailed):
        create(tmp_path)
    assert (tmp_path / "log.state").read_bytes() == b"mine"
    create(tmp_path, state=tmp_path / "other.state").close()


def test_a_database_without_a_log_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(TrailError):
        Trail.open(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "empty.db").touch()
    with pytest.raises(TrailError):
        Trail.open(tmp_path / "empty.db")


def test_without_the_log_key_one_records_but_signs_no_checkpoint(campus: Campus) -> None:
    with Trail.open(f"sqlite:///{campus.path}", clock=campus.clock) as trail:
        ack = trail.acting("p-001", "jia/secretary", key_of("p-001")).record(Visited())
        assert ack.position == campus.size
        with pytest.raises(CallerError, match="log key"):
            trail.checkpoint()


def test_a_trail_opened_for_reading_records_nothing(campus: Campus) -> None:
    size = campus.size
    with Trail.open(campus.path, read_only=True, clock=campus.clock) as trail:
        assert len(list(trail.records())) == size
        with pytest.raises(TrailError):
            trail.acting("p-001", "jia/secretary", key_of("p-001")).record(Visited())
    assert campus.size == size


def test_the_genesis_is_the_digest_of_entry_1(campus: Campus) -> None:
    assert campus.trail.genesis().hex() in campus.policy()
    assert [r.statement.type for r in campus.trail.records(1, 1)] == ["LogFounded@1"]


def test_a_host_declares_its_own_types(campus: Campus) -> None:
    spec = declare("Inspected", fields={"lab": Field("id")})
    acks = campus.trail.declare(campus.registrars, spec)
    assert len(acks) == 1
    assert "Inspected@1" in campus.trail.registry().types
    with pytest.raises(ActRefused) as caught:
        campus.registrars.record(TypeDeclared(schema=spec))
    assert caught.value.code == "REGISTRY_CONFLICT"


# --- checkpoints, receipts -------------------------------------------------------------------------------------------


def test_what_a_signer_saw_is_the_last_checkpoint_with_its_anchors(campus: Campus) -> None:
    campus.cosigned()
    campus.acting().record(Visited())
    *_, last = campus.trail.records()
    assert last.statement.seen == campus.trail.seen
    assert last.statement.seen is not None
    assert (last.statement.seen.size, len(last.statement.seen.anchors)) == (campus.size - 1, 1)


def test_the_same_checkpoint_again_where_nothing_was_added(campus: Campus) -> None:
    assert campus.trail.checkpoint() == campus.trail.checkpoint()


@pytest.mark.parametrize("more", [0, 1, 5])
def test_a_receipt_is_verified_without_us(campus: Campus, more: int) -> None:
    ack = campus.acting().record(Visited())
    for _ in range(more):
        campus.acting().record(Visited())
    campus.trail.checkpoint()
    receipt = campus.trail.receipt(ack.id)
    proof = parse_proof(receipt.proof)
    note = parse_note(proof.note)
    open_note(note, [NoteKey(ORIGIN, LOG_ED25519, key_of("log").public.raw)])
    checkpoint = parse_checkpoint(note.text)
    leaf = leaf_hash(receipt.entry)
    assert (leaf, receipt.position) == (ack.leaf, ack.position)
    check_inclusion(
        proof.hashes, index=receipt.position - 1, size=checkpoint.size, leaf=leaf, root=checkpoint.root
    )  # fmt: skip
    assert checkpoint.origin == ORIGIN
    assert campus.trail.leaf(ack.position) == ack.leaf


def test_there_is_no_leaf_beyond_the_head(campus: Campus) -> None:
    with pytest.raises(CallerError):
        campus.trail.leaf(campus.size + 1)


def test_no_receipt_before_a_checkpoint_covers_it(campus: Campus) -> None:
    ack = campus.acting().record(Visited())
    with pytest.raises(CallerError, match="checkpoint"):
        campus.trail.receipt(ack.id)
    with pytest.raises(CallerError, match="no such event"):
        campus.trail.receipt(bytes(16))


# --- evidence --------------------------------------------------------------------------------------------------------


def test_the_evidence_file_is_intact(campus: Campus) -> None:
    campus.acting().record(Visited(note="情况"))
    campus.cosigned()
    path = campus.folder / "evidence.trail"
    size = campus.trail.export(path).size
    assert path.stat().st_size == size
    assert path.read_bytes() == campus.trail.evidence()
    report = verify(path, campus.policy(witnessed=True))
    assert (report.verdict, report.counts) == (Verdict.INTACT, {})
    assert (report.anchored, report.parts.withheld, report.exposed) == (campus.size, 0, 0)


def test_an_export_issues_the_checkpoint_that_it_needs(campus: Campus) -> None:
    campus.acting().record(Visited())
    items = list(campus.trail.items())
    assert isinstance(items[0], Header)
    assert items[0].entries == campus.size
    with Trail.open(campus.path, clock=campus.clock) as keyless:
        campus.acting().record(Visited())
        assert sum(isinstance(item, EntryItem) for item in keyless.items()) == campus.size - 1


def test_an_export_is_all_or_nothing(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    path = campus.folder / "evidence.trail"
    path.write_bytes(campus.trail.evidence())
    older = path.read_bytes()
    with pytest.raises(CallerError):
        campus.trail.export(campus.folder / "nowhere" / "evidence.trail")

    def failing(scope: object = None, **_: object) -> Any:
        yield Header(ORIGIN, 1, {})
        raise StoreFailed("the disk is gone")

    monkeypatch.setattr(campus.trail, "items", failing)
    with pytest.raises(StoreFailed):
        campus.trail.export(path)
    assert path.read_bytes() == older
    assert not list(campus.folder.glob("*.part"))


@pytest.fixture
def busy(campus: Campus) -> Campus:
    """Acts of two units and of several days."""
    for person, day in (("p-001", "2026-02-01"), ("p-001", "2026-02-05"), ("p-003", "2026-02-09")):
        campus.acting(person).record(Visited(happened=day, note=f"{person} {day}"))
    campus.acting().record(Visited(happened="2026-02-05", unit="yi", with_="p-004", note="yi"))
    return campus


def shown(campus: Campus, scope: Scope) -> list[str]:
    """The notes that an evidence file of this scope shows."""
    report = verify(campus.trail.evidence(scope), campus.policy())
    assert (report.verdict, report.counts) == (Verdict.INTACT, {})
    parts = [item for item in campus.trail.items(scope) if isinstance(item, PartItem)]
    assert report.parts.shown == sum(item.data is not None for item in parts)
    assert report.parts.withheld == sum(item.data is None for item in parts)
    contents = [decode_part(item.data) for item in parts if item.data is not None]
    return sorted(str(part.data["note"]) for part in contents if part.name == "note")


@pytest.mark.parametrize(
    ("scope", "notes"),
    [
        (Scope(), ["p-001 2026-02-01", "p-001 2026-02-05", "p-003 2026-02-09", "yi"]),
        (Scope(unit="uni"), ["p-001 2026-02-01", "p-001 2026-02-05", "p-003 2026-02-09", "yi"]),
        (Scope(unit="jia"), ["p-001 2026-02-01", "p-001 2026-02-05", "p-003 2026-02-09"]),
        (Scope(unit="yi"), ["yi"]),
        (Scope(person="p-003"), ["p-003 2026-02-09"]),
        (Scope(person="p-004"), ["yi"]),
        (Scope(start="2026-02-05", end="2026-02-05"), ["p-001 2026-02-05", "yi"]),
        (Scope(start="2026-02-06"), ["p-003 2026-02-09"]),
        (Scope(end="2026-02-04"), ["p-001 2026-02-01"]),
    ],
)
def test_scopes(busy: Campus, scope: Scope, notes: list[str]) -> None:
    assert shown(busy, scope) == notes


def test_a_scope_is_declared_and_carries_every_entry(busy: Campus) -> None:
    report = verify(busy.trail.evidence(Scope(unit="yi")), busy.policy())
    assert dict(report.scope) == {"unit": "yi"}
    assert report.size == busy.size
    required = verify(busy.trail.evidence(Scope(unit="yi")), busy.policy(require=["bodies"]))
    assert (required.exit_code, list(required.counts)) == (3, ["PART_WITHHELD_REQUIRED"])


def test_a_scope_is_one_thing(busy: Campus) -> None:
    for both in ({"unit": "jia", "person": "p-001"}, {"unit": "jia", "nothing": True}):
        with pytest.raises(CallerError):
            Scope(**both)
    with pytest.raises(CallerError, match="no such unit"):
        busy.trail.evidence(Scope(unit="bing"))


def test_an_erased_part_is_in_no_file_and_all_is_intact(campus: Campus) -> None:
    ack = campus.acting().record(Visited(note="情况"))
    campus.acting("p-003").record(PartErased(target=ack, part="note", authority="决定"))
    data = campus.trail.evidence()
    assert "情况".encode() not in data
    report = verify(data, campus.policy(require=["bodies"]))
    assert (report.verdict, report.parts.erased, report.parts.missing) == (Verdict.INTACT, 1, 0)
    assert campus.audit().verdict is Verdict.INTACT


# --- attachments -----------------------------------------------------------------------------------------------------

PDF = Attachment(b"%PDF scanned sheet", "application/pdf")


def test_an_attachment_that_the_host_keeps_is_withheld(campus: Campus) -> None:
    campus.acting().record(Visited(), attachments=[PDF])
    report = verify(campus.trail.evidence(), campus.policy())
    assert (report.verdict, report.attachments.withheld) == (Verdict.INTACT, 1)
    assert campus.audit().verdict is Verdict.INTACT


def test_an_attachment_that_the_log_keeps_is_shown_in_scope(campus: Campus) -> None:
    kept = Attachment(PDF.data, PDF.media, keep=True)
    campus.acting().record(Visited(), attachments=[kept])
    report = verify(campus.trail.evidence(), campus.policy(require=["attachments"]))
    assert (report.verdict, report.attachments.shown) == (Verdict.INTACT, 1)
    assert AttachmentItem(PDF.data) in list(campus.trail.items())
    report = verify(campus.trail.evidence(Scope(unit="yi")), campus.policy())
    assert (report.verdict, report.attachments.withheld) == (Verdict.INTACT, 1)


def test_two_acts_may_name_the_same_file(campus: Campus) -> None:
    kept = Attachment(PDF.data, PDF.media, keep=True)
    for files in ([kept], [kept, kept], [PDF]):
        campus.acting().record(Visited(), attachments=files)
    report = verify(campus.trail.evidence(), campus.policy())
    assert (report.verdict, report.attachments.shown) == (Verdict.INTACT, 3)
    assert campus.audit().verdict is Verdict.INTACT


def test_attachments_are_read_from_files(campus: Campus) -> None:
    path = campus.folder / "sheet.pdf"
    path.write_bytes(PDF.data)
    assert Attachment.read(path, PDF.media) == PDF
    with pytest.raises(CallerError):
        Attachment.read(campus.folder / "none.pdf", PDF.media)
    with pytest.raises(CallerError, match="media"):
        campus.acting().record(Visited(), attachments=[Attachment(b"x", "pdf")])


def test_checkpoints_in_a_file_are_few(campus: Campus) -> None:
    for _ in range(3):
        campus.acting().record(Visited())
        campus.trail.checkpoint()
    with Trail.open(campus.path, clock=campus.clock) as keyless:
        sizes = [item for item in keyless.items() if isinstance(item, CheckpointItem)]
    assert 1 <= len(sizes) <= 4
    data = campus.trail.evidence()
    assert verify(data, campus.policy()).verdict is Verdict.INTACT
    assert list(read_evidence(io.BytesIO(data)))
