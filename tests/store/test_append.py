"""Append: dense positions, what is refused, asking twice, the host's transaction."""

import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tests.profile import scaled
from tests.store.world import NOTE, ORIGIN, PERSONS, World, key_of

from trail.errors import ActRefused, CallerError, EncodingError, IdReused, Refusal, StreamMoved
from trail.evidence.record import AttachmentRef, Seen, decode_entry, encode_statement, reference
from trail.evidence.types import spec_to_value
from trail.merkle import Frontier, leaf_hash
from trail.signing import statement_message
from trail.store.append import EntryStore
from trail.store.export import entry_rows, part_rows
from trail.store.logs import create_log
from trail.store.submission import Submission, submission_from_bytes


def check_tree(world: World) -> None:
    """Head, hashes and columns are those of the stored bytes."""
    frontier = Frontier()
    registry = 0
    versions: dict[str, int] = {}
    for number, row in enumerate(entry_rows(world.reader), 1):
        record = decode_entry(row.entry, number)
        s = record.statement
        assert row.hashes == frontier.append(leaf_hash(row.entry))
        assert row.version == versions.get(s.stream, 0) + 1
        versions[s.stream] = row.version
        assert (row.position, row.stream, row.event, row.type, row.unit) == (number, s.stream, s.id, s.type, s.unit)
        assert (row.version, row.recorded) == (record.version, record.recorded)
        registry = number if row.registry else registry
    head = world.reader.head()
    assert (head.size, head.peaks, head.registry) == (frontier.size, frontier.to_bytes(), registry)
    assert world.reader.root() == frontier.root()


def test_an_acknowledgement_names_what_is_stored(world: World) -> None:
    submission = world.note("谈话")
    ack = world.record(submission)
    record = world.reader.find(ack.id)
    assert record is not None
    assert (record.position, record.version, record.recorded) == (ack.position, ack.version, ack.recorded)
    assert record.statement_bytes == submission.statement_bytes
    [(_, entry)] = list(world.reader.entries(ack.position, ack.position))
    assert leaf_hash(entry) == ack.leaf
    assert world.reader.part(submission.statement.parts[0].digest) == submission.parts[0].data
    check_tree(world)


def test_a_batch_is_all_or_nothing(world: World) -> None:
    before = world.reader.head()
    bad = world.build("NoteTaken@1", {"kind": "c"})
    with pytest.raises(ActRefused):
        world.store.append_many([world.note(), world.registry("PersonRegistered@1", {"person": "p-7"}, append=False,
                                 parts={"name": (("p-7",), {"name": "李四"})}), bad])  # fmt: skip
    assert world.reader.head() == before
    # The registration was rolled back with the batch, so the person is still unknown.
    with pytest.raises(ActRefused) as refused:
        world.record(world.build("NoteTaken@1", {"kind": "a", "about": "p-7"}))
    assert refused.value.code == "NAME_UNKNOWN"
    check_tree(world)


def test_an_error_names_the_place_in_the_batch(world: World) -> None:
    good = [world.note(event=b"i" * 16), world.note()]
    world.record(good[0])
    late = world.decision(1)
    world.record(world.decision(2))
    for bad in (world.build("NoteTaken@1", {"kind": "z"}), good[1]._replace(parts=world.note("x").parts), late,
                world.note(stream="notes/yi", event=b"i" * 16)):  # fmt: skip
        with pytest.raises(CallerError) as refused:
            world.store.append_many([*good, bad])
        assert refused.value.facts["index"] == 2


def test_later_acts_of_a_batch_stand_on_earlier_ones(world: World) -> None:
    first = world.registry(
        "PersonRegistered@1", {"person": "p-7"}, append=False, parts={"name": (("p-7",), {"name": "李四"})}
    )
    about = world.build("NoteTaken@1", {"kind": "a", "about": "p-7"}, causes=(first.statement.id,))
    acks = world.store.append_many([first, about, world.note(after=1)])
    assert [ack.position for ack in acks] == [17, 18, 19]
    check_tree(world)


@settings(max_examples=scaled(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3), st.integers(1, 4), st.booleans()), max_size=12))
def test_any_interleaving_of_writers_gives_one_dense_order(steps: list[tuple[int, int, int, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder, World(Path(folder)) as world:
        stores = [world.store, EntryStore(world.database, clock=world.clock)]
        for writer, stream, count, declares in steps:
            before = world.reader.head().size
            batch = [world.note(stream=f"notes/{stream}") for _ in range(count)]
            if declares:
                spec = NOTE.__class__("Other", before, NOTE.fields)
                batch.append(world.registry("TypeDeclared@1", {"schema": spec_to_value(spec)}, append=False))
            acks = stores[writer].append_many(batch)
            assert [ack.position for ack in acks] == list(range(before + 1, before + 1 + len(batch)))
        check_tree(world)


REFUSED = {
    "TYPE_UNDECLARED": {"type_": "Unknown@1", "fields": {}},
    "FIELDS_MISMATCH": {"type_": "NoteTaken@1", "fields": {"kind": "z"}},
    "NAME_UNKNOWN": {"type_": "NoteTaken@1", "fields": {"about": "p-999", "kind": "a"}},
    "CAUSE_UNKNOWN": {"type_": "NoteTaken@1", "fields": {"kind": "a"}, "causes": (b"x" * 16,)},
    "AFTER_AHEAD": {"type_": "NoteTaken@1", "fields": {"kind": "a"}, "after": 1},
    "KEY_UNKNOWN": {"type_": "NoteTaken@1", "fields": {"kind": "a"}, "signers": [("p-404", "jia/secretary")]},
    "POST_KIND": {"type_": "NoteTaken@1", "fields": {"kind": "a"}, "signers": [("p-001", "uni/eraser")]},
    "HAND_NOT_ADMITTED": {"type_": "NoteTaken@1", "fields": {"kind": "a"}, "hand": "recorded"},
    "REGISTRAR_MISSING": {
        "type_": "UnitRenamed@1",
        "fields": {"name": "乙学院", "unit": "jia"},
        "signers": [("p-001", "")],
        "stream": "registry/units/jia",
        "unit": None,
    },
    "ORIGIN_MISMATCH": {"type_": "NoteTaken@1", "fields": {"kind": "a"}, "log": "another.example/log"},
    "SEEN_UNSHOWN": {"type_": "NoteTaken@1", "fields": {"kind": "a"}, "seen": Seen(3, bytes(32), ())},
    "SEEN_AHEAD": {"type_": "NoteTaken@1", "fields": {"kind": "a"}, "seen": Seen(300, bytes(32), ())},
}


@pytest.mark.parametrize("code", REFUSED)
def test_refuses_what_a_verifier_would_reject(world: World, code: str) -> None:
    before = world.reader.head()
    with pytest.raises(ActRefused) as refused:
        world.record(world.build(**REFUSED[code]))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert isinstance(refused.value.facts["check"], int)
    assert world.reader.head() == before


def test_a_signature_is_checked_in_full_unless_its_key_is_trusted(world: World) -> None:
    good = world.note()
    forged = good._replace(signatures=(bytes(31) + b"\1" + bytes(32),))
    with pytest.raises(ActRefused) as refused:
        world.record(forged)
    assert refused.value.code == "SIGNATURE_BAD"
    with pytest.raises(ActRefused):
        world.store.append(good._replace(signatures=(b"short",)), trusted=frozenset((key_of("p-001").public.id,)))
    with pytest.raises(ActRefused):
        world.record(good._replace(signatures=good.signatures * 2))
    assert world.store.append(good, trusted=frozenset((key_of("p-001").public.id,))).position == 17


def test_a_seen_checkpoint_must_be_one_that_was_issued(world: World) -> None:
    issued = world.signer.issue(world.reader)
    root = world.reader.root(issued.size)
    assert world.record(world.note(seen=Seen(issued.size, root, ()))).position == 17
    for seen, code in ((Seen(issued.size, bytes(32), ()), "SEEN_CONTRADICTED"),
                       (Seen(issued.size, root, (bytes(32),)), "SEEN_UNSHOWN")):  # fmt: skip
        with pytest.raises(ActRefused) as refused:
            world.record(world.note(seen=seen))
        assert refused.value.code == code


def test_body_parts_must_be_those_of_the_statement(world: World) -> None:
    good, other = world.note("一"), world.note("二二")
    cases = [
        (good._replace(parts=()), "PART_MISSING"),
        (good._replace(parts=other.parts), "PART_ALTERED"),
        (world.note()._replace(parts=good.parts), "PART_STRAY"),
        (world.build("NoteTaken@1", {"kind": "a"}, parts={"text": ((), {"other": "x"})}), "PART_MALFORMED"),
        (world.build("NoteTaken@1", {"kind": "a"}, parts={"text": (("p-999",), {"text": "x"})}), "NAME_UNKNOWN"),
    ]
    for submission, code in cases:
        with pytest.raises(ActRefused) as refused:
            world.record(submission)
        assert refused.value.code == code
    world.record(good)
    # The content of an earlier entry under its old salt: the digest would betray it.
    statement = world.note().statement._replace(parts=good.statement.parts)
    data = encode_statement(statement)
    signatures = (key_of("p-001").sign(statement_message(ORIGIN, data)),)
    with pytest.raises(ActRefused) as refused:
        world.record(Submission(statement, data, signatures, good.parts))
    assert refused.value.code == "PART_STRAY"
    check_tree(world)


def test_asking_twice_gives_the_first_acknowledgement(world: World) -> None:
    first = world.note("谈话", event=b"i" * 16)
    ack = world.record(first)
    world.notes(3)
    # A new salt, another expected version, a checkpoint seen: the same act.
    issued = world.signer.issue(world.reader)
    again = world.note("谈话", event=b"i" * 16, seen=Seen(issued.size, world.reader.root(issued.size), ()))
    assert again.statement.parts != first.statement.parts
    size = world.reader.head().size
    assert world.record(again) == ack
    assert world.store.append_many([again, again]) == [ack, ack]
    assert world.reader.head().size == size


def test_the_same_id_in_one_batch_counts_once(world: World) -> None:
    note = world.note("谈话")
    assert len({ack.position for ack in world.store.append_many([note, note])}) == 1


@pytest.mark.parametrize("other", [{"text": "别的"}, {"stream": "notes/yi"}, {"unit": "uni"}])
def test_another_act_under_the_same_id_is_refused(world: World, other: dict[str, str]) -> None:
    ack = world.record(world.note("谈话", event=b"i" * 16))
    with pytest.raises(IdReused) as reused:
        world.record(world.note(**{"text": "谈话", **other}, event=b"i" * 16))
    assert reused.value.first.position == ack.position  # type: ignore[attr-defined]


def test_an_exclusive_act_on_a_moved_stream_comes_back_with_what_intervened(world: World) -> None:
    world.record(world.decision(1))
    late = world.decision(2, after=0)
    second = world.record(world.decision(3))
    with pytest.raises(StreamMoved) as moved:
        world.record(late)
    assert [record.position for record in moved.value.intervened] == [17, second.position]  # type: ignore[attr-defined]
    assert moved.value.draft == late
    with pytest.raises(StreamMoved) as moved:
        world.store.append_many([world.decision(4), late])
    assert len(moved.value.intervened) == 3
    # A type that is not exclusive is appended all the same.
    world.notes(2)
    assert world.record(world.note(after=0)).version == 3


def test_foreign_bytes_are_decoded_strictly(world: World) -> None:
    made = world.note("谈话")
    read = submission_from_bytes(made.statement_bytes, made.signatures, [content.data for content in made.parts])
    assert read == made
    assert world.record(read).position == 17
    with pytest.raises(EncodingError):
        submission_from_bytes(made.statement_bytes + b"\xc0", made.signatures)
    with pytest.raises(Refusal):
        submission_from_bytes(made.statement_bytes, made.signatures, [b"\x80"])


def test_an_erasure_deletes_the_part_with_its_entry(world: World) -> None:
    note = world.note("要删除的内容" * 20)
    ack = world.record(note)
    kept = world.record(world.note("保留"))
    assert len(part_rows(world.reader)) == 5
    world.record(world.erasure(ack.id))
    digest = note.statement.parts[0].digest
    assert world.reader.part(digest) is None
    assert {row.position for row in part_rows(world.reader)} >= {kept.position}
    assert len(part_rows(world.reader)) == 4
    # The act can still be asked for again, though its content is gone.
    assert world.record(note) == ack
    own = world.reader.find(kept.id)
    assert own is not None
    fields = {"authority": "x", "part": "text", "target": reference(own)}
    with pytest.raises(ActRefused) as refused:
        world.record(world.build("PartErased@1", fields))
    assert refused.value.code == "EDIT_NOT_ALLOWED"
    check_tree(world)


def test_erased_content_is_overwritten_in_the_file(world: World) -> None:
    secret = "绝不能留下的文字" * 12
    ack = world.record(world.note(secret))
    world.record(world.erasure(ack.id))
    world.database._writing_connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert secret.encode()[:40] not in Path(world.database.path).read_bytes()


def test_attachments_are_kept_or_left_to_the_host(world: World) -> None:
    files = [b"scan one", b"scan two"]
    digests = sorted(hashlib.sha256(data).digest() for data in files)
    content = {hashlib.sha256(data).digest(): data for data in files}
    refs = tuple(AttachmentRef(digest, 8, "application/pdf") for digest in digests)
    note = world.note(attachments=refs)._replace(attachments={digests[0]: content[digests[0]]})
    world.record(note)
    assert world.reader.attachment(digests[0]) == content[digests[0]]
    assert world.reader.attachment(digests[1]) is None
    world.record(world.note(attachments=refs[:1]))
    # Whoever brings the file later has it kept; nobody can give a kept file another size.
    world.record(world.note(attachments=refs)._replace(attachments=content))
    assert world.reader.attachment(digests[1]) == content[digests[1]]
    with pytest.raises(ActRefused) as refused:
        world.record(world.note(attachments=(refs[0]._replace(size=999),)))
    assert refused.value.code == "ATTACHMENT_ALTERED"
    for wrong in ({digests[1]: b"another"}, {bytes(32): b"x"}):
        with pytest.raises(ActRefused):
            world.record(world.note(attachments=refs)._replace(attachments=wrong))


def test_the_host_brings_its_own_transaction(world: World) -> None:
    engine = world.database.engine
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE grades (person TEXT)"))
    note = world.note("谈话")
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO grades VALUES ('p-001')"))
        assert world.store.append(note, connection=connection).position == 17
        connection.rollback()
    assert world.reader.head().size == 16
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO grades VALUES ('p-001')"))
        ack = world.store.append(note, connection=connection)
    assert world.record(note) == ack
    check_tree(world)


def test_a_registry_act_that_the_host_took_back_is_forgotten(world: World) -> None:
    about = {"person": "p-7"}
    parts = {"name": (("p-7",), {"name": "李四"})}
    with world.database.engine.connect() as connection:
        person = world.registry("PersonRegistered@1", about, append=False, parts=parts)
        world.store.append(person, connection=connection)
        note = world.build("NoteTaken@1", {"kind": "a", "about": "p-7"})
        assert world.store.append(note, connection=connection).position == 18
        connection.rollback()
    with pytest.raises(ActRefused) as refused:
        world.record(world.build("NoteTaken@1", {"kind": "a", "about": "p-7"}))
    assert refused.value.code == "NAME_UNKNOWN"
    check_tree(world)


def test_a_clock_that_steps_back_is_recorded_as_it_reads(world: World) -> None:
    first = world.record(world.note())
    world.clock.set(5)
    assert world.record(world.note()).recorded == 5 < first.recorded


def test_another_process_registry_is_caught_up(world: World) -> None:
    other = EntryStore(world.database, clock=world.clock)
    other.append(world.note())
    parts = {"name": (("p-7",), {"name": "李四"})}
    world.registry("PersonRegistered@1", {"person": "p-7"}, parts=parts)
    assert other.append(world.build("NoteTaken@1", {"kind": "a", "about": "p-7"})).position == 19
    assert set(PERSONS) < other.registry().persons


def test_a_log_in_memory(tmp_path: Path) -> None:
    with World(tmp_path, memory=True) as world:
        world.notes(3)
        with world.database.engine.connect() as connection:
            world.store.append(world.note(), connection=connection)
            connection.rollback()
        assert world.reader.head().size == 19
        assert list(world.reader.records(18)) == list(world.reader.records())[17:]
        check_tree(world)
        world.signer.issue(world.reader)


def test_several_logs_in_one_database(world: World) -> None:
    number = create_log(world.database, "log.example.edu/second", created=1)
    assert create_log(world.database, "log.example.edu/second", created=1) == number
    with pytest.raises(CallerError):
        EntryStore(world.database)
    with pytest.raises(CallerError):
        create_log(world.database, world.store.origin, created=1)
    second = EntryStore(world.database, origin="log.example.edu/second")
    with pytest.raises(ActRefused) as refused:
        second.append(world.note())
    assert refused.value.code == "ORIGIN_MISMATCH"
    assert world.record(world.note()).position == 17


def test_a_host_that_goes_on_after_a_refusal_commits_nothing_of_ours(world: World) -> None:
    # The batch is refused at its last act, when the file of its first was put beside it already.
    content = b"a file"
    ref = AttachmentRef(hashlib.sha256(content).digest(), len(content), "text/plain")
    good = world.note(attachments=(ref,))._replace(attachments={ref.digest: content})
    bad = world.note()._replace(signatures=(bytes(64),))
    size = world.reader.head().size
    with world.database.engine.begin() as connection:
        with pytest.raises(ActRefused):
            world.store.append_many([good, bad], connection=connection)
        connection.exec_driver_sql("CREATE TABLE host (x)")
    assert world.reader.head().size == size
    assert world.reader.attachment(ref.digest) is None
    check_tree(world)
