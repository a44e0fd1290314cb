"""The checkpoint signer: dense, durable before release, and never a rewriting."""

import itertools
import sqlite3
from pathlib import Path

import pytest
from tests.store.world import ORIGIN, World, key_of

from trail.errors import CallerError, NoteError, StoreFailed
from trail.evidence.record import decode_entry, encode_entry
from trail.merkle import Frontier, check_consistency, leaf_hash, parse_checkpoint
from trail.signing import COSIGNATURE_ED25519, NoteKey, check_cosignature, cosign, open_note, parse_note
from trail.store import checkpoints
from trail.store.checkpoints import MAX_EACH, CheckpointSigner, add_cosignatures
from trail.store.read import Reader


def forge(world: World, position: int) -> bytes:
    """As an administrator: another clock reading in an old entry, then leaves, nodes and head consistently."""
    raw = sqlite3.connect(world.database.path)
    rows = raw.execute("SELECT position, entry FROM entry ORDER BY position").fetchall()
    frontier = Frontier()
    for at, entry in rows:
        if at == position:
            r = decode_entry(entry, at)
            entry = encode_entry(r.statement_bytes, r.signatures, r.version, r.recorded - 1000)
        hashes = frontier.append(leaf_hash(entry))
        raw.execute("UPDATE entry SET entry=?, hashes=?, recorded=? WHERE position=?",
                    (entry, hashes, decode_entry(entry, at).recorded, at))  # fmt: skip
    raw.execute("UPDATE head SET peaks=?", (frontier.to_bytes(),))
    raw.commit()
    raw.close()
    return frontier.root()


def test_checkpoints_are_signed_dense_and_consistent(world: World) -> None:
    issued = []
    for _ in range(3):
        world.notes(2)
        issued.append(world.signer.issue(world.reader))
    assert [(c.number, c.size) for c in issued] == [(1, 18), (2, 20), (3, 22)]
    assert world.reader.checkpoints() == issued
    parsed = [parse_checkpoint(parse_note(c.note).text) for c in issued]
    for one in issued:
        assert len(open_note(parse_note(one.note), [world.note_key])) == 1
    for first, second in itertools.pairwise(parsed):
        proof = world.reader.consistency(first.size, second.size)
        check_consistency(
            proof, first=first.size, second=second.size, first_root=first.root, second_root=second.root
        )  # fmt: skip


def test_nothing_new_gives_the_last_checkpoint_again(world: World) -> None:
    first = world.signer.issue(world.reader)
    assert world.signer.issue(world.reader) == first
    assert world.signer.state().number == 1


def test_the_next_checkpoint_does_not_carry_a_rewritten_root(world: World) -> None:
    world.notes(5)
    before = world.signer.issue(world.reader)
    rewritten = forge(world, 19)
    with pytest.raises(StoreFailed) as refused:
        world.signer.issue(world.reader)
    assert refused.value.code == "LOG_REWRITTEN"
    world.notes(3)  # append itself goes on: it has nothing to compare with
    with pytest.raises(StoreFailed) as refused:
        world.signer.issue(world.reader)
    assert refused.value.code == "LOG_REWRITTEN"
    assert refused.value.facts["signed"] == before.note
    assert world.reader.root(before.size) == rewritten
    assert world.reader.checkpoints() == [before]
    assert world.signer.state().number == 1


def test_a_rewriting_with_the_honest_head_is_not_carried_either(world: World) -> None:
    world.notes(3)
    before = world.signer.issue(world.reader)
    honest = world.reader.head().peaks
    forge(world, 18)
    with world.database.writing() as tx:
        tx.cursor.execute("UPDATE head SET peaks=?", (honest,))
    world.notes(1)
    after = world.signer.issue(world.reader)
    frontier = Frontier.from_bytes(before.size, honest)
    [(_, entry)] = list(world.reader.entries(before.size + 1))
    frontier.append(leaf_hash(entry))
    assert parse_checkpoint(parse_note(after.note).text).root == frontier.root()


def test_a_shorter_database_is_refused(world: World) -> None:
    world.notes(3)
    world.signer.issue(world.reader)
    frontier = Frontier()
    for _, entry in world.reader.entries(1, 17):
        frontier.append(leaf_hash(entry))
    with world.database.writing() as tx:
        tx.cursor.execute("DELETE FROM entry WHERE position > 17")
        tx.cursor.execute("DELETE FROM checkpoint")
        tx.cursor.execute("UPDATE head SET size=17, peaks=?", (frontier.to_bytes(),))
    with pytest.raises(StoreFailed) as refused:
        world.signer.issue(world.reader)
    assert refused.value.code == "LOG_SHORTER"
    world.notes(9)
    with pytest.raises(StoreFailed) as refused:
        world.signer.issue(world.reader)
    assert refused.value.code == "LOG_REWRITTEN"


def test_a_missing_entry_and_a_wrong_head_are_refused(world: World) -> None:
    world.notes(4)
    with world.database.writing() as tx:
        tx.cursor.execute("DELETE FROM entry WHERE position = 18")
    with pytest.raises(StoreFailed, match="position 18 is missing"):
        world.signer.issue(world.reader)


def test_an_old_copy_of_the_state_signs_nothing(world: World) -> None:
    world.signer.issue(world.reader)
    old = world.signer.path.read_bytes()
    world.notes(1)
    world.signer.issue(world.reader)
    world.signer.path.write_bytes(old)
    with pytest.raises(StoreFailed) as refused:
        world.signer.issue(world.reader)
    assert refused.value.code == "STATE_BEHIND"


@pytest.mark.parametrize("content", [None, b"", b"\x80", b"damaged"])
def test_without_its_state_the_signer_signs_nothing(world: World, content: bytes | None) -> None:
    world.signer.issue(world.reader)
    if content is None:
        world.signer.path.unlink()
    else:
        world.signer.path.write_bytes(content)
    with pytest.raises(StoreFailed) as refused:
        world.signer.issue(world.reader)
    assert refused.value.code in ("STATE_FILE", "STATE_DAMAGED")


def test_a_state_whose_root_was_changed_is_damaged(world: World) -> None:
    state = world.signer.state()._replace(root=bytes(32))
    with pytest.raises(StoreFailed) as refused:
        checkpoints.decode_state(state.encode())
    assert refused.value.code == "STATE_DAMAGED"


def test_key_state_and_log_belong_together(world: World, tmp_path: Path) -> None:
    with pytest.raises(CallerError):
        CheckpointSigner(world.signer.path, key_of("another")).issue(world.reader)
    other = CheckpointSigner.create(tmp_path / "other.state", world.log_key, "other.example/log")
    with pytest.raises(CallerError):
        other.issue(world.reader)
    with pytest.raises(StoreFailed) as exists:
        CheckpointSigner.create(world.signer.path, world.log_key, ORIGIN)
    assert exists.value.code == "STATE_EXISTS"


class Crash(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("point", ["write_durably", "release"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_at_any_point_loses_and_forks_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, point: str, when: str
) -> None:
    first = world.signer.issue(world.reader)
    world.notes(2)
    real = getattr(checkpoints, point)

    def crash(*args: object, **kwargs: object) -> None:
        if when == "after":
            real(*args, **kwargs)
        raise Crash

    monkeypatch.setattr(checkpoints, point, crash)
    with pytest.raises(Crash):
        world.signer.issue(world.reader)
    monkeypatch.undo()
    state = world.signer.state()
    signed = not (point == "write_durably" and when == "before")
    assert state.number == (2 if signed else 1)
    world.notes(2)
    after = world.signer.issue(world.reader)
    numbers = [c.number for c in world.reader.checkpoints()]
    assert numbers == list(range(1, after.number + 1))
    if signed:
        # What was signed before the crash is released unchanged, then extended.
        assert state.note in [c.note for c in world.reader.checkpoints()]
    assert world.reader.checkpoints()[0] == first


def test_the_state_is_locked_from_reading_to_release(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from trail.errors import StoreBusy
    from trail.store.files import locked

    def release(*_: object) -> None:
        with locked(world.signer.path, timeout=0.05):
            raise AssertionError

    monkeypatch.setattr(checkpoints, "release", release)
    with pytest.raises(StoreBusy):
        world.signer.issue(world.reader)


def test_an_empty_log_has_no_checkpoint(tmp_path: Path) -> None:
    with World(tmp_path, founded=False) as world, pytest.raises(CallerError):
        world.signer.issue(world.reader)


def test_proofs_between_any_two_sizes_take_one_query(world: World) -> None:
    world.notes(17)
    head = world.reader.head().size
    roots = [world.reader.root(size) for size in range(head + 1)]
    counted = Counting(world.reader)
    for second in range(1, head + 1):
        for first in range(1, second + 1):
            counted.queries = 0
            proof = counted.reader.consistency(first, second)
            assert counted.queries <= 2  # the head, the hashes
            check_consistency(
                proof, first=first, second=second, first_root=roots[first], second_root=roots[second]
            )  # fmt: skip


class Counting:
    """A reader that counts its queries."""

    def __init__(self, reader: Reader) -> None:
        self.queries = 0
        self._inner = reader.database
        self.reader = Reader(reader.database, source=self)  # type: ignore[arg-type]

    def fetch(self, query: object, *values: object) -> object:
        self.queries += 1
        return self._inner.fetch(query, *values)  # type: ignore[arg-type]


def test_cosignatures_are_kept_beside_their_checkpoint(world: World) -> None:
    witness = key_of("witness")
    key = NoteKey("w.example", COSIGNATURE_ED25519, witness.public.raw)
    first = world.signer.issue(world.reader)
    text = parse_note(first.note).text
    line = cosign(text, "w.example", witness, 7)
    world.notes(1)
    second = world.signer.issue(world.reader)
    # A whole note finds its checkpoint; bare lines go where they are told, by default to the last.
    assert add_cosignatures(world.reader, first.note + line).size == first.size
    assert add_cosignatures(world.reader, line, size=first.size).cosignatures == (line,)
    kept = world.reader.checkpoint(first.size)
    assert kept is not None
    assert kept.cosignatures == (line,)
    assert check_cosignature(text, parse_note(kept.cosigned).lines[1], key) == 7
    later = cosign(parse_note(second.note).text, "w.example", witness, 8)
    assert add_cosignatures(world.reader, later.encode()).size == second.size
    for bad in ("nonsense\n", "— w.example x\n", ""):
        with pytest.raises(NoteError):
            add_cosignatures(world.reader, bad)
    with pytest.raises(CallerError):
        add_cosignatures(world.reader, line, size=5)
    with pytest.raises(CallerError):
        add_cosignatures(world.reader, first.note.replace("\n16\n", "\n15\n") + line)


def test_nobody_takes_the_places_of_the_other_witnesses(world: World) -> None:
    issued = world.signer.issue(world.reader)
    text = parse_note(issued.note).text

    def lines(name: str, first: int, last: int) -> str:
        return "".join(cosign(text, name, key_of(f"{name} {time % 2}"), time) for time in range(first, last + 1))

    for many in (lines("w.example", 1, MAX_EACH + 1), lines("w.example", 1, 20) + lines("v.example", 1, 20)):
        with pytest.raises(CallerError) as refused:
            add_cosignatures(world.reader, many)
        assert refused.value.code == "COSIGNATURE_SHARE"
    assert world.reader.checkpoints()[-1].cosignatures == ()
    add_cosignatures(world.reader, lines("w.example", 1, MAX_EACH))
    again = add_cosignatures(world.reader, lines("w.example", 1, 9))  # what is there already changes nothing
    assert len(again.cosignatures) == MAX_EACH
    with pytest.raises(CallerError) as refused:
        add_cosignatures(world.reader, lines("w.example", MAX_EACH + 1, MAX_EACH + 1))
    assert (refused.value.code, refused.value.facts["found"]) == ("COSIGNATURE_SHARE", "w.example")
    assert len(add_cosignatures(world.reader, lines("v.example", 1, 1)).cosignatures) == MAX_EACH + 1


def test_checkpoints_are_read_backwards_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        world.notes(1)
        issued = world.signer.issue(world.reader)
        text = parse_note(issued.note).text
        for name in ("a.example", "b.example")[: issued.number % 3]:
            add_cosignatures(world.reader, cosign(text, name, key_of(name), issued.number))
    every = world.reader.checkpoints()
    assert sum(len(one.cosignatures) for one in every) == 6
    for page in (1, 2, 5, 100):
        monkeypatch.setattr("trail.store.read._CHECKPOINTS", page)
        assert list(world.reader.checkpoints_back()) == every[::-1]
