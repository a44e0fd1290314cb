"""The log as evidence: every entry, the bodies of a scope, the checkpoints that matter, and every column."""

import hashlib
import io

import pytest
from tests.store.world import World, key_of

from trail.errors import CallerError
from trail.evidence.file import (
    AttachmentItem,
    Broken,
    CheckpointItem,
    EntryItem,
    Header,
    PartItem,
    read_evidence,
    write_evidence,
)
from trail.evidence.record import AttachmentRef, Happened, Seen, decode_part
from trail.evidence.scope import Scope
from trail.signing import cosign, parse_note
from trail.store.checkpoints import add_cosignatures
from trail.store.engine import Database
from trail.store.export import EntryRow, attachment_rows, extent, items
from trail.store.read import Reader


def shown(world: World, scope: Scope | None = None) -> list[str]:
    """What the evidence shows of body parts, by name; "-" for withheld."""
    found = [item for item in items(world.reader, scope) if isinstance(item, PartItem)]
    return ["-" if item.data is None else str(decode_part(item.data).data.get("text", "name")) for item in found]


def test_all_of_it_up_to_the_last_checkpoint(world: World) -> None:
    world.record(world.note("一"))
    issued = world.signer.issue(world.reader)
    world.notes(2)
    made = list(items(world.reader))
    assert made[0] == Header(world.reader.origin, 17, {"all": True})
    assert made[1] == CheckpointItem(issued.note.encode())
    entries = [item.entry for item in made if isinstance(item, EntryItem)]
    assert entries == [entry for _, entry in world.reader.entries(1, 17)]
    assert shown(world) == ["name"] * 3 + ["一"]
    stream = io.BytesIO()
    write_evidence(stream, made)
    stream.seek(0)
    read = list(read_evidence(stream))
    assert not any(isinstance(item, Broken) for item in read)
    assert [type(item) for item in read] == [type(item) for item in made]


def test_an_audit_reads_to_the_head_and_sees_every_column(world: World) -> None:
    world.signer.issue(world.reader)
    world.notes(2)
    rows: list[EntryRow] = []
    made = list(items(world.reader, size=world.reader.head().size, watch=rows.append))
    entries = [item.entry for item in made if isinstance(item, EntryItem)]
    assert [row.entry for row in rows] == entries
    assert [row.position for row in rows] == list(range(1, 19))
    assert extent(world.reader) == (18, 1, 18)


def test_an_audit_is_given_every_checkpoint(world: World) -> None:
    issued = []
    for _ in range(3):
        world.notes(1)
        issued.append(world.signer.issue(world.reader).note.encode())
    with world.database.writing() as tx:
        tx.cursor.execute("DELETE FROM entry WHERE position > 17")
        tx.cursor.execute("UPDATE checkpoint SET note=CAST(x'ff' AS TEXT) WHERE size=18")
    with Database(world.database.path, mode="read") as database:
        made = list(items(Reader(database), size=17, watch=lambda _: None))
    assert [item.note for item in made if isinstance(item, CheckpointItem)] == [issued[0], b"\xff", issued[2]]


def test_a_file_of_another_size_than_a_signer_gave_is_withheld(world: World) -> None:
    data = b"a scanned paper"
    true = AttachmentRef(hashlib.sha256(data).digest(), len(data), "text/plain")
    world.record(world.note(attachments=(true._replace(size=1),)))
    world.record(world.note(attachments=(true,))._replace(attachments={true.digest: data}))
    made = [item for item in items(world.reader) if isinstance(item, AttachmentItem)]
    assert made == [AttachmentItem(None, true.digest), AttachmentItem(data)]


def test_checkpoints_that_nobody_holds_are_left_out(world: World) -> None:
    issued = []
    for _ in range(5):
        world.notes(1)
        issued.append(world.signer.issue(world.reader))
    cosigned, named = issued[1], issued[3]
    line = cosign(parse_note(cosigned.note).text, "w", key_of("w"), 5)
    add_cosignatures(world.reader, line, size=cosigned.size)
    world.record(world.note(seen=Seen(named.size, world.reader.root(named.size), ())))
    last = world.signer.issue(world.reader)
    carried = [item.note.decode() for item in items(world.reader) if isinstance(item, CheckpointItem)]
    assert carried == [cosigned.note + line, named.note, last.note]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(), ["name", "name", "name", "甲", "校", "旧"]),
        (Scope(unit="jia"), ["name", "-", "-", "甲", "-", "旧"]),
        (Scope(unit="uni"), ["name", "-", "name", "甲", "校", "旧"]),
        (Scope(person="p-002"), ["-", "name", "-", "甲", "校", "旧"]),
        (Scope(person="p-001"), ["name", "-", "-", "甲", "校", "旧"]),
        (Scope(person="p-003"), ["-", "-", "name", "-", "-", "-"]),
        (Scope(start="2026-03-01", end="2026-03-05"), ["name", "name", "name", "甲", "校", "-"]),
        (Scope(end="2025-12-31"), ["-", "-", "-", "-", "-", "旧"]),
        (Scope(unit="jia", start="2026-03-01"), ["name", "-", "-", "甲", "-", "-"]),
        (Scope(unit="uni", end="2025-12-31"), ["-", "-", "-", "-", "-", "旧"]),
        (Scope(person="p-001", end="2025-12-31"), ["-", "-", "-", "-", "-", "旧"]),
        (Scope(person="p-003", start="2026-01-01", end="2026-12-31"), ["-", "-", "name", "-", "-", "-"]),
    ],
)
def test_a_scope_withholds_the_rest(world: World, scope: Scope, expected: list[str]) -> None:
    world.record(world.note("甲"))
    world.record(world.note("校", unit="uni"))
    world.record(world.note("旧", happened=Happened.on("2025-06-01")))
    assert shown(world, scope) == expected


def test_erased_and_missing_give_nothing(world: World) -> None:
    first = world.record(world.note("一"))
    second = world.note("二")
    world.record(second)
    world.record(world.erasure(first.id))
    with world.database.writing() as tx:
        tx.cursor.execute("DELETE FROM part WHERE digest=?", (second.statement.parts[0].digest,))
    assert shown(world) == ["name"] * 3
    assert shown(world, Scope(person="p-003")) == ["-", "-", "name"]


def test_attachments_of_log_and_host(world: World) -> None:
    files = sorted((b"kept here", b"kept by the host", b"lost"), key=lambda data: hashlib.sha256(data).digest())
    digests = {data: hashlib.sha256(data).digest() for data in files}
    refs = tuple(AttachmentRef(digests[data], len(data), "text/plain") for data in files)
    here = {digests[b"kept here"]: b"kept here"}
    world.record(world.note(attachments=refs)._replace(attachments=here))
    by_host = {digests[b"kept by the host"]: b"kept by the host"}
    made = [item for item in items(world.reader, fetch=by_host.get) if isinstance(item, AttachmentItem)]
    # What the host does not bring is said to be withheld.
    assert [item.data for item in made] == [None if data == b"lost" else data for data in files]
    hidden = [item for item in items(world.reader, Scope(person="p-003")) if isinstance(item, AttachmentItem)]
    assert hidden == [AttachmentItem(None, digests[data]) for data in files]
    assert len(attachment_rows(world.reader)) == 3
    with world.database.writing() as tx:
        tx.cursor.execute("DELETE FROM attachment WHERE digest=?", (digests[b"lost"],))
    assert len([item for item in items(world.reader) if isinstance(item, AttachmentItem)]) == 2


def test_altered_entries_are_given_as_they_are(world: World) -> None:
    world.record(world.note("一"))
    with world.database.writing() as tx:
        tx.cursor.execute("UPDATE entry SET entry=x'00' WHERE position=17")
    made = list(items(world.reader, Scope(unit="jia")))
    assert EntryItem(b"\x00") in made
    assert made[-1] == PartItem(None, made[-1].digest)  # type: ignore[union-attr]


def test_a_scope_is_one_kind_and_perhaps_a_period() -> None:
    for wrong in (
        {"unit": "jia", "person": "p-001"}, {"unit": "jia", "nothing": True}, {"start": "2026-01-01", "nothing": True},
        {"unit": ""}, {"start": "2026"}, {"unit": "jia", "start": "2026-02-01", "end": "2026-01-31"},
    ):  # fmt: skip
        with pytest.raises(CallerError):
            Scope(**wrong)  # type: ignore[arg-type]
    both = Scope(unit="jia", start="2026-01-01", end="2026-06-30")
    assert both.header() == {"from": "2026-01-01", "to": "2026-06-30", "unit": "jia"}
    assert Scope(person="p-001", end="2026-06-30").header() == {"person": "p-001", "to": "2026-06-30"}
    assert Scope(start="2026-01-01").header() == {"from": "2026-01-01"}
    assert Scope(unit="jia").header() == {"unit": "jia"}


def test_an_unknown_unit_is_no_scope(world: World) -> None:
    with pytest.raises(CallerError):
        list(items(world.reader, Scope(unit="nowhere")))
