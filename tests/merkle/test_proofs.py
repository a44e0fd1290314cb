"""Inclusion and consistency proofs: against the recursive definition, and changed in every small way."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.merkle.naive import Log, path, root, subproof

from trail.errors import CallerError, ProofError
from trail.merkle import (
    EMPTY_ROOT,
    Hash,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
)

LOG = Log(300)
ROOTS = [root(LOG.entries[:size]) for size in range(301)]
LEAVES = [leaf_hash(entry) for entry in LOG.entries]
SMALL = 24


def read_once() -> Log:
    log = Log(0)
    log.rows = LOG.rows
    return log


def test_all_inclusion_proofs_of_small_trees() -> None:
    """Proofs are those of the definition; every other leaf, index and size is refused."""
    for size in range(1, SMALL):
        for index in range(size):
            proof = prove_inclusion(index, size, LOG.read)
            assert proof == path(index, LOG.entries[:size])
            for other in range(size):
                if other == index:
                    check_inclusion(proof, index=other, size=size, leaf=LEAVES[index], root=ROOTS[size])
                    continue
                with pytest.raises(ProofError):
                    check_inclusion(proof, index=other, size=size, leaf=LEAVES[index], root=ROOTS[size])
                with pytest.raises(ProofError):
                    check_inclusion(proof, index=index, size=size, leaf=LEAVES[other], root=ROOTS[size])


def test_all_consistency_proofs_of_small_trees() -> None:
    for second in range(1, SMALL * 2):
        for first in range(1, second + 1):
            proof = prove_consistency(first, second, LOG.read)
            assert proof == subproof(first, LOG.entries[:second])
            check_consistency(proof, first=first, second=second, first_root=ROOTS[first], second_root=ROOTS[second])


@given(st.data(), st.integers(1, 300))
def test_inclusion_in_larger_trees(data: st.DataObject, size: int) -> None:
    """One call of the reader for at most two hashes a level."""
    index, log = data.draw(st.integers(0, size - 1)), read_once()

    proof = prove_inclusion(index, size, log.read)

    assert proof == path(index, LOG.entries[:size])
    check_inclusion(proof, index=index, size=size, leaf=LEAVES[index], root=ROOTS[size])
    assert len(log.asked) == (size > 1)
    assert sum(map(len, log.asked)) <= 2 * size.bit_length()


@given(st.data(), st.integers(1, 300))
def test_consistency_of_larger_trees(data: st.DataObject, second: int) -> None:
    first, log = data.draw(st.integers(1, second)), read_once()

    proof = prove_consistency(first, second, log.read)

    assert proof == subproof(first, LOG.entries[:second])
    check_consistency(proof, first=first, second=second, first_root=ROOTS[first], second_root=ROOTS[second])
    assert len(log.asked) == (first != second)
    assert sum(map(len, log.asked)) <= 2 * second.bit_length()


def test_proofs_need_no_more_than_what_is_named() -> None:
    """A tree of 2^40 leaves: some tens of hashes, named without going through the leaves."""
    asked: list[int] = []

    def read(nodes: object) -> list[Hash]:
        assert isinstance(nodes, list)
        asked.append(len(nodes))
        return [bytes(32)] * len(nodes)

    assert len(prove_inclusion(2**39 + 12_345, 2**40 + 54_321, read)) == 41
    assert prove_consistency(2**39 + 12_345, 2**40 + 54_321, read)
    assert max(asked) < 82


def changed(proof: list[Hash]) -> Iterator[list[Hash]]:
    """Every small change of *proof*."""
    other = leaf_hash(b"other")
    yield proof[:-1] if proof else [other]
    yield proof[1:] if proof else [EMPTY_ROOT]
    for extra in (other, EMPTY_ROOT, bytes(32), b"", *proof[:1], *proof[-1:]):
        yield [*proof, extra]
        yield [extra, *proof]
    for at, node in enumerate(proof):
        yield [*proof[:at], *proof[at + 1 :]]
        yield [*proof[:at], node, *proof[at:]]
        yield [*proof[:at], node[:-1], *proof[at + 1 :]]
        yield [*proof[:at], node + b"\x00", *proof[at + 1 :]]
        yield [*proof[:at], node[:16], node[16:], *proof[at + 1 :]]
        for bit in (0, 4, 100, 255):
            flipped = (int.from_bytes(node, "big") ^ 1 << bit).to_bytes(32, "big")
            yield [*proof[:at], flipped, *proof[at + 1 :]]
        if at and proof[at - 1] != node:
            yield [*proof[: at - 1], node, proof[at - 1], *proof[at + 1 :]]


PAIRS = [
    (0, 1),
    (0, 2),
    (1, 2),
    (0, 7),
    (6, 7),
    (3, 8),
    (7, 8),
    (5, 9),
    (8, 9),
    (37, 100),
    (99, 100),
    (255, 256),
    (256, 257),
]


@pytest.mark.parametrize(("index", "size"), PAIRS)
def test_changed_inclusion_proofs_are_refused(index: int, size: int) -> None:
    proof = prove_inclusion(index, size, LOG.read)
    check_inclusion(proof, index=index, size=size, leaf=LEAVES[index], root=ROOTS[size])

    for bad in changed(proof):
        with pytest.raises(ProofError):
            check_inclusion(bad, index=index, size=size, leaf=LEAVES[index], root=ROOTS[size])
    for i, n in [
        (index, index),
        (index, 0),
        (-1, size),
        (index, -1),
        (size, size),
        (index + 2**64, size),
        (index, 2**64),
    ]:
        with pytest.raises(ProofError):
            check_inclusion(proof, index=i, size=n, leaf=LEAVES[index], root=ROOTS[size])
    for leaf, top in [
        (ROOTS[size], ROOTS[size]),
        (LEAVES[index], EMPTY_ROOT),
        (b"", ROOTS[size]),
        (LEAVES[index], b""),
    ]:
        if leaf != LEAVES[index] or top != ROOTS[size]:
            with pytest.raises(ProofError):
                check_inclusion([*proof], index=index, size=size, leaf=leaf, root=top)


CONSISTENT = [
    (1, 2),
    (1, 8),
    (2, 5),
    (3, 7),
    (4, 8),
    (6, 8),
    (5, 9),
    (7, 8),
    (64, 100),
    (99, 100),
    (128, 256),
    (255, 257),
]


@pytest.mark.parametrize(("first", "second"), CONSISTENT)
def test_changed_consistency_proofs_are_refused(first: int, second: int) -> None:
    proof = prove_consistency(first, second, LOG.read)
    good = {"first": first, "second": second, "first_root": ROOTS[first], "second_root": ROOTS[second]}
    check_consistency(proof, **good)  # type: ignore[arg-type]

    for bad in changed(proof):
        with pytest.raises(ProofError):
            check_consistency(bad, **good)  # type: ignore[arg-type]
    worse: list[dict[str, object]] = [
        {"first": 0}, {"first": -1}, {"first": second}, {"second": first}, {"first": second, "second": first},
        {"first": second + 1}, {"second": 0}, {"second": 2**64}, {"first": first + 2**64},
        {"first_root": ROOTS[second]}, {"second_root": ROOTS[first]}, {"first_root": EMPTY_ROOT}, {"first_root": b""},
        {"second_root": ROOTS[second] + b"\x00"}, {"first_root": ROOTS[second], "second_root": ROOTS[first]},
    ]  # fmt: skip
    for change in worse:
        with pytest.raises(ProofError):
            check_consistency(proof, **(good | change))  # type: ignore[arg-type]


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    for size in (1, 2, 5):
        same = {"first": size, "second": size, "first_root": ROOTS[size]}
        check_consistency([], **same, second_root=ROOTS[size])  # type: ignore[arg-type]
        with pytest.raises(ProofError, match="two roots"):
            check_consistency([], **same, second_root=ROOTS[6])  # type: ignore[arg-type]
        with pytest.raises(ProofError):
            check_consistency([ROOTS[size]], **same, second_root=ROOTS[size])  # type: ignore[arg-type]


def test_nothing_is_proven_from_an_empty_tree() -> None:
    for second in (0, 1, 5):
        with pytest.raises(ProofError):
            check_consistency([], first=0, second=second, first_root=EMPTY_ROOT, second_root=ROOTS[second])


def test_a_node_does_not_pass_for_a_leaf() -> None:
    """A second preimage: an inner node shown as leaf of a smaller tree fails at the size of the checkpoint."""
    inner = node_hash(LEAVES[0], LEAVES[1])
    rest = prove_inclusion(0, 4, LOG.read)[1:]
    check_inclusion(rest, index=0, size=2, leaf=inner, root=ROOTS[4])  # why a size is never taken from the proof

    for index in range(4):
        with pytest.raises(ProofError):
            check_inclusion(rest, index=index, size=4, leaf=inner, root=ROOTS[4])
    with pytest.raises(ProofError):
        check_inclusion(rest, index=0, size=2, leaf=leaf_hash(LEAVES[0] + LEAVES[1]), root=ROOTS[4])


def test_errors_hold_both_sides() -> None:
    proof = prove_inclusion(3, 7, LOG.read)

    with pytest.raises(ProofError) as caught:
        check_inclusion(proof, index=3, size=7, leaf=LEAVES[3], root=ROOTS[6])
    assert (caught.value.facts["expected"], caught.value.facts["found"]) == (ROOTS[6].hex(), ROOTS[7].hex())
    with pytest.raises(ProofError) as caught:
        check_inclusion(proof[1:], index=3, size=7, leaf=LEAVES[3], root=ROOTS[7])
    assert (caught.value.facts["expected"], caught.value.facts["found"]) == (3, 2)
    proof = prove_consistency(3, 7, LOG.read)
    with pytest.raises(ProofError) as caught:
        check_consistency(proof, first=3, second=7, first_root=ROOTS[2], second_root=ROOTS[7])
    assert (caught.value.facts["expected"], caught.value.facts["found"]) == (ROOTS[2].hex(), ROOTS[3].hex())


def test_callers_are_told_about_sizes() -> None:
    for index, size in [(-1, 3), (3, 3), (0, 0), (5, 4)]:
        with pytest.raises(CallerError):
            prove_inclusion(index, size, LOG.read)
    for first, second in [(0, 3), (-1, 3), (4, 3), (0, 0)]:
        with pytest.raises(CallerError):
            prove_consistency(first, second, LOG.read)


@pytest.mark.parametrize("answer", [[], [bytes(32)], [bytes(31)] * 3])
def test_a_reader_that_answers_wrongly_is_noticed(answer: list[bytes]) -> None:
    with pytest.raises(ProofError):
        prove_inclusion(0, 8, lambda _: answer)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=8), st.integers(-2, 20), st.integers(-2, 20))
def test_noise_is_refused_as_a_proof(proof: list[Hash], first: int, second: int) -> None:
    with pytest.raises(ProofError):
        check_inclusion(proof, index=first, size=second, leaf=LEAVES[0], root=ROOTS[300])
    with pytest.raises(ProofError):
        check_consistency(proof, first=first, second=second, first_root=ROOTS[200], second_root=ROOTS[300])
