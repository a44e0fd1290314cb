"""
Threats whose surface is not a report: policies, keys, proofs, the checkpoint signer, witnesses, two memories.

`SURFACES` says of each what is done and what notices; the page ``docs/threats.md`` lists them with the tests' names.
"""

from __future__ import annotations

import inspect as introspection
from pathlib import Path

import pytest
from tests.threats.attacks_d import second_view
from tests.threats.cases import Row, carried_out
from tests.threats.surfaces import SURFACES, surface
from tests.threats.world import KEYS, LABELS, NAMES, TIERS, World, checkpoint_note, size_of, witness_key

from trail.application import Trail
from trail.errors import CallerError, EnvironmentFailed, PolicyError, ProofError, StoreFailed
from trail.inspecting import State, inspect
from trail.inspecting.comparing import FORK, compare
from trail.merkle import check_consistency, check_inclusion, leaf_hash, parse_proof
from trail.report.text import report_lines
from trail.signing import (
    COSIGNATURE_ED25519,
    NoteKey,
    PrivateKey,
    cosign,
    format_note,
    parse_note,
    parse_policy,
    possession_message,
    sign_note,
    statement_message,
)
from trail.signing.cosignature import cosignature_message
from trail.signing.keys import RESERVED_FIRST_LINES
from trail.store import Database, Reader
from trail.testing.campus import key_of
from trail.testing.copies import copy_file
from trail.verify import Verdict, verify, verify_proof
from trail.witness import Witness, WitnessRefused, format_request, request

HERE = Path(__file__).parents[1]


# --- C: keys ---------------------------------------------------------------------------------------------------------


@surface("C4", "a signer is made to sign for a public key of the attacker's choice, which betrays the secret",
         "no function that signs takes a public key")  # fmt: skip
def test_c4_nobody_tells_a_signer_which_public_key_to_sign_for() -> None:
    for sign in (PrivateKey.sign, sign_note, cosign):
        names = set(introspection.signature(sign).parameters)
        assert names <= {"self", "message", "text", "body_text", "name", "signer", "time"}


@surface("C14", "a policy asks for no witness of a group, for fewer than none, or for more than there are",
         "the policy is refused with its line")  # fmt: skip
@pytest.mark.parametrize("threshold", ["0", "-1", "4", "01", "+2", "2.0", ""])
def test_c14_a_policy_with_a_threshold_that_says_nothing_is_refused(threshold: str, world: World) -> None:
    good = world.honest_policy
    assert "group two-of-three 2 " in good
    assert parse_policy(good).quorum == "two-of-three"
    with pytest.raises(PolicyError):
        parse_policy(good.replace("group two-of-three 2 ", f"group two-of-three {threshold} "))


@surface("C15", "a policy names a key of another algorithm, to have its signatures checked by a weaker rule",
         "the policy is refused: the type stands in the key, and is one of a closed list")  # fmt: skip
def test_c15_a_key_of_another_type_is_refused_in_a_policy(world: World) -> None:
    good = world.honest_policy
    for old, new in ((LABELS[NAMES[0]] + " ", LABELS[NAMES[0]] + " x"), ("+B", "+A"), ("+A", "+B")):
        with pytest.raises(PolicyError):
            parse_policy(good.replace(old, new, 1))


@surface("C16", "a signature for one purpose is passed off as one for another",
         "each purpose has a context that no other purpose's message can begin with")  # fmt: skip
def test_c16_messages_of_two_purposes_never_begin_alike() -> None:
    public, text = key_of("p").public, "trail.example/log\n1\nAAAA\n"
    messages = [
        statement_message("trail.example/log", b"x"), possession_message("trail.example/log", "p", public),
        cosignature_message(text, 1), text.encode(),
    ]  # fmt: skip
    first = [message.split(b"\n", 1)[0] for message in messages]
    assert len(set(first)) == len(first)
    assert {line.decode() for line in first[:3]} <= set(RESERVED_FIRST_LINES)


@surface("C17", "one key is a log's and a witness's, or two witnesses'", "the policy is refused")
@pytest.mark.parametrize("label", list(LABELS.values()))
def test_c17_one_key_in_two_roles_is_refused_by_the_policy(label: str, world: World) -> None:
    keys = {LABELS[name]: witness_key(name) for name in NAMES}
    for key in (world.campus.log_key.public.raw, next(k for n, k in keys.items() if n != label).public.raw):
        changed = {**keys, label: NoteKey(f"{label}.example", 4, key)}
        with pytest.raises(PolicyError):
            world.policy(witnesses=changed)


class Faulty:
    """A signer whose hardware flips a bit now and then."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self.public = key.public

    def sign(self, message: bytes) -> bytes:
        """A signature with one bit wrong."""
        made = bytearray(self._key.sign(message))
        made[40] ^= 1
        return bytes(made)


@surface("C19", "a fault in signing: a wrong signature under a right nonce betrays the key",
         "checkpoints and cosignatures are verified before they are given out, and the acts of a token or a service "
         "before they are recorded; not those of a key in this process, whose signature is trusted")  # fmt: skip
def test_c19_what_a_faulty_signer_makes_is_not_given_out(world: World) -> None:
    text = parse_note(world.known).text
    for make in (lambda: sign_note(text, "trail.example/log", Faulty(key_of("log"))),
                 lambda: cosign(text, NAMES[0], Faulty(KEYS[NAMES[0]]), 1)):  # fmt: skip
        with pytest.raises(EnvironmentFailed) as caught:
            make()
        assert caught.value.code == "SIGNING_FAULT"


# --- D: the log's own side -------------------------------------------------------------------------------------------


def _restored(world: World, tmp_path: Path, *, signer: bool) -> Path:
    """The database of August, with the signer's state of today."""
    path = copy_file(world.folder / "backup.db", tmp_path / "restored.db")
    if signer:
        (tmp_path / "state").write_bytes((world.folder / "uni" / "log" / "state").read_bytes())
    return path


@surface("D1", "the backup of August is put back in the log's own house, by mistake",
         "the checkpoint signer, whose state lies elsewhere, signs nothing: `LOG_SHORTER`")  # fmt: skip
def test_d1_the_log_s_own_signer_refuses_an_older_database(world: World, tmp_path: Path) -> None:
    path = _restored(world, tmp_path, signer=True)
    trail = Trail.open(path, log_key=key_of("log"), state=tmp_path / "state")
    with trail, pytest.raises(StoreFailed) as caught:
        trail.checkpoint()
    assert caught.value.code == "LOG_SHORTER"


@surface(
    "D1",
    "the same, with the signer's state of August: the log's key would sign",
    "a witness refuses: it has recorded a larger tree (409), or the new one does not extend it (422); it keeps both "
    "notes",
)
def test_d1_a_witness_refuses_a_log_that_was_put_back(world: World, tmp_path: Path) -> None:
    name, witness = next(iter(world.witnesses.items()))
    with Database(_restored(world, tmp_path, signer=False), mode="read") as database:
        reader = Reader(database)
        last = reader.checkpoint()
        assert last is not None
        with pytest.raises(WitnessRefused) as caught:
            witness.sign(request(reader, last.size), world.now)
        assert (caught.value.status, caught.value.body) == (409, f"{world.anchored}\n")

    longer = checkpoint_note(world.campus.trail.origin, world.anchored + 50, bytes(range(32)), TIERS["T1"], {})
    with pytest.raises(WitnessRefused) as caught:
        witness.sign(format_request(world.anchored, [bytes(32)] * 3, longer), world.now)
    assert caught.value.status == 422
    assert any(parse_note(fork.offered).text == parse_note(longer).text for fork in witness.forks())
    assert name in KEYS


@surface("D2", "two inspectors are shown two logs, each with a quorum of its own",
         "their memories are compared (`trail state compare`): a fork, with both notes")  # fmt: skip
@pytest.mark.parametrize("tier", ["T3+T2", "T4+T2"])
def test_d2_two_memories_disagree(tier: str, world: World, tmp_path: Path) -> None:
    row = Row(case="D2", tier=tier, how="two", does="", change=second_view, file=True)
    other = carried_out(row, world).save()
    assert isinstance(other, bytes)
    with State(tmp_path / "second", create=True) as second, world.memory() as first:
        assert inspect(other, world.honest_policy, second, now=world.now).report.verdict is Verdict.INTACT
        [found] = compare(first, second)
    # A memory keeps what the entries gave, cosigned or not: the log's own signature on two roots is enough.
    assert found.result == FORK
    assert {size_of(found.first.decode()), size_of(found.second.decode())} == {world.anchored}


@surface("D8", "a consistency proof from nothing, backwards, to itself, cut short or with something added",
         "refused; published vectors besides (`tests/merkle/test_vectors.py`)")  # fmt: skip
def test_d8_proofs_that_prove_nothing_are_refused(world: World) -> None:
    first, second = world.seen, world.anchored
    reader = world.campus.trail.reader
    proof, roots = reader.consistency(first, second), (reader.root(first), reader.root(second))
    check_consistency(proof, first=first, second=second, first_root=roots[0], second_root=roots[1])
    bad: list[tuple[list[bytes], int, int]] = [
        (proof[:-1], first, second), ([*proof, bytes(32)], first, second), ([], first, second), (proof, second, first),
        ([], 0, second), (proof, first, first), (proof[::-1], first, second),
    ]  # fmt: skip
    for hashes, one, other in bad:
        with pytest.raises((ProofError, CallerError)):
            check_consistency(hashes, first=one, second=other, first_root=roots[0], second_root=roots[1])


@surface("D11", "a proof of one entry is shown beside another entry", "the leaf is computed from the entry's bytes: "
         "`PROOF_MISMATCH`")  # fmt: skip
def test_d11_a_proof_of_another_entry_is_refused(world: World) -> None:
    given = world.campus.trail.proof(world.late)
    proof = parse_proof(given.proof)
    size = size_of(proof.note)
    root = world.campus.trail.reader.root(size)
    check_inclusion(proof.hashes, index=proof.index, size=size, leaf=leaf_hash(given.entry), root=root)
    for position in (world.early, world.late + 1):
        other = world.campus.trail.proof(position).entry
        with pytest.raises(ProofError):
            check_inclusion(proof.hashes, index=proof.index, size=size, leaf=leaf_hash(other), root=root)
        report = verify_proof(given.proof, other, world.honest_policy, now=world.now)
        assert report.verdict is Verdict.ALTERED
        assert "PROOF_MISMATCH" in report.counts


@surface("D14", "two of three witnesses are run by one party",
         "the policy groups the witnesses by operator: one group, one vote, however many members sign")  # fmt: skip
def test_d14_an_operator_has_one_vote_where_the_policy_groups_them(world: World) -> None:
    labels = list(LABELS.values())
    groups = {"one-party": (1, labels[1:]), "all": (2, [labels[0], "one-party"])}
    grouped = parse_policy(world.policy(groups=groups, quorum="all"))
    assert parse_policy(world.honest_policy).satisfied(labels[1:])
    assert not grouped.satisfied(labels[1:])
    assert grouped.satisfied(labels[:2])


@surface("D14", "one party has two keys, under one name, and both are counted",
         "keys under one name are one operator: a policy that leans on both is refused")  # fmt: skip
def test_d14_two_keys_under_one_name_are_one_operator(world: World) -> None:
    keys = {LABELS[name]: witness_key(name) for name in NAMES}
    twice = {**keys, LABELS[NAMES[1]]: NoteKey(NAMES[0], COSIGNATURE_ED25519, KEYS[NAMES[1]].public.raw)}
    assert parse_policy(world.policy(witnesses=keys)).quorum
    with pytest.raises(PolicyError):
        world.policy(witnesses=twice)


@surface("D14", "a quorum bears no dishonest witness at all, and nobody notices",
         "the report says how many the quorum bears (2*k* > *n* + *f*)")  # fmt: skip
@pytest.mark.parametrize(("threshold", "bears"), [(2, 0), (3, 2)])
def test_d14_the_report_says_how_many_dishonest_witnesses_the_quorum_bears(
    threshold: int, bears: int, world: World
) -> None:
    policy = world.policy(groups={"some": (threshold, tuple(LABELS.values()))}, quorum="some")
    report = verify(world.evidence, policy, now=world.now)
    assert report.quorum_bears == bears
    line = next(line for line in report_lines(report, "zh") if "法定数" in line)
    assert "诚实" in line


@surface(
    "D15",
    "a witness lost its memory, and would cosign anything",
    "without its state it signs nothing; only a new witness makes a new state, and takes the first tree on trust",
)
def test_d15_a_witness_without_its_state_signs_nothing(world: World, tmp_path: Path) -> None:
    with pytest.raises(StoreFailed) as caught:
        Witness(tmp_path / "lost.db", KEYS[NAMES[0]], NAMES[0], [world.campus.log_key])
    assert caught.value.code == "STATE_MISSING"


@surface("D7", "nothing happens for months, and an honest log looks like a frozen one",
         "a witness cosigns the same tree again with a new time: the policy's `fresh` is met")  # fmt: skip
def test_d7_an_idle_log_is_cosigned_again(world: World, tmp_path: Path) -> None:
    later, note = world.now + 300 * 86_400, parse_note(world.known)
    copy = world.file()
    stale = verify(copy.save(), world.fresh_policy, now=later)
    assert set(stale.counts) - {"POST_NOT_HELD"} == {"ANCHOR_STALE"}
    lines = []
    for name in NAMES[:2]:
        with Witness(tmp_path / f"{name}.db", KEYS[name], name, [world.campus.log_key], new=True) as witness:
            witness.sign(format_request(0, [], format_note(note.text, note.lines)), world.now)
            lines.append(witness.sign(format_request(world.anchored, [], format_note(note.text, note.lines)), later))
    copy.notes[-1] = format_note(note.text, [*note.lines, *lines])
    assert verify(copy.save(), world.fresh_policy, now=later).verdict is Verdict.INTACT


@surface(
    "D24",
    "the end of an idle period is not sealed, so that the log could be cut off there",
    "the same: a checkpoint is cosigned again while nothing happens, and older than `fresh` is no anchor",
)
def test_d24_the_signer_gives_its_last_checkpoint_again_for_a_log_at_rest(world: World, tmp_path: Path) -> None:
    path = copy_file(world.folder / "log.db", tmp_path / "log.db")
    (tmp_path / "state").write_bytes((world.folder / "uni" / "log" / "state").read_bytes())
    with Trail.open(path, log_key=key_of("log"), state=tmp_path / "state") as trail:
        first = trail.checkpoint()
        assert trail.checkpoint().note == first.note


# --- B: receipts -----------------------------------------------------------------------------------------------------


@surface(
    "B14",
    "an act was acknowledged, and its signer asks for a receipt before any checkpoint covers it, or after it "
    "was dropped",
    "no receipt is given: the signer knows that there is nothing to rely on yet",
)
def test_b14_there_is_no_receipt_without_a_checkpoint(world: World, tmp_path: Path) -> None:
    ack = world.acks[0]
    event = world.at(ack.position).statement.id
    with Trail.open(world.folder / "log.db", read_only=True) as trail, pytest.raises(CallerError):
        trail.receipt(event)
    dropped = world.database()
    del dropped.rows[ack.position - 1 :]
    with Trail.open(dropped.save(), read_only=True) as trail, pytest.raises(CallerError):
        trail.receipt(event)


def test_every_surface_is_tested_once_under_its_own_id() -> None:
    for case, rows in SURFACES.items():
        for row in rows:
            where, _, name = row.test.partition("::")
            assert f"def {name}(" in (HERE / where.removeprefix("tests/")).read_text(encoding="utf-8")
            if "/threats/" in where:
                assert name.startswith(f"test_{case.lower()}_")
