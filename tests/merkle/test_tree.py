"""The tree, its frontier and its stored hashes, against the recursive definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.merkle.naive import Log, root

from trail.errors import CallerError, EvidenceError, ProofError
from trail.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash, root_at, stored_at

LOG = Log(300)


def test_hashes_known_from_certificate_transparency() -> None:
    """The empty tree and the empty leaf, as RFC 6962 implementations publish them."""
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


def test_every_size_has_the_root_of_the_definition() -> None:
    frontier = Frontier()
    for size, entry in enumerate(LOG.entries):
        assert frontier.root() == root(LOG.entries[:size])
        assert len(frontier.peaks) == size.bit_count()
        row = frontier.append(leaf_hash(entry))
        new = size + 1
        assert len(row) == 32 * (1 + (new & -new).bit_length() - 1)
    assert frontier.size == 300
    assert frontier.root() == root(LOG.entries)


def test_stored_hashes_are_those_of_complete_subtrees() -> None:
    for level in range(9):
        for index in range(300 >> level):
            position, offset = stored_at(level, index)
            stored = LOG.rows[position - 1][offset : offset + 32]
            assert stored == root(LOG.entries[index << level : (index + 1) << level])


@given(st.integers(1, 300))
def test_root_at_reads_once(size: int) -> None:
    """The root of any earlier size, from one call that asks for one hash for each bit of the size."""
    log = Log(0)
    log.rows = LOG.rows

    assert root_at(size, log.read) == root(LOG.entries[:size])
    assert len(log.asked) == 1
    assert len(log.asked[0]) == size.bit_count()


def test_root_at_of_no_leaves_reads_nothing() -> None:
    log = Log(0)

    assert root_at(0, log.read) == EMPTY_ROOT
    assert log.asked == []
    with pytest.raises(CallerError):
        root_at(-1, log.read)


@given(st.integers(0, 300), st.integers(0, 20))
def test_a_frontier_goes_on_from_its_bytes(size: int, more: int) -> None:
    frontier = Frontier()
    for entry in LOG.entries[:size]:
        frontier.append(leaf_hash(entry))

    again = Frontier.from_bytes(size, frontier.to_bytes())

    assert again == frontier
    assert [again.append(bytes(32)) for _ in range(more)] == [frontier.append(bytes(32)) for _ in range(more)]
    assert again.root() == frontier.root()


def test_a_copy_grows_on_its_own() -> None:
    frontier = LOG.frontier.copy()
    frontier.append(bytes(32))

    assert (frontier.size, LOG.frontier.size) == (301, 300)
    assert frontier.peaks != LOG.frontier.peaks


@pytest.mark.parametrize(
    ("size", "data"), [(1, b""), (0, bytes(32)), (3, bytes(63)), (3, bytes(32)), (-1, b""), (2**63, b"")]
)
def test_a_frontier_of_the_wrong_length_is_refused(size: int, data: bytes) -> None:
    with pytest.raises(EvidenceError):
        Frontier.from_bytes(size, data)


def test_only_hashes_are_appended() -> None:
    frontier = Frontier()
    with pytest.raises(CallerError):
        frontier.append(b"entry")

    assert frontier == Frontier()


@pytest.mark.parametrize("answer", [[], [bytes(32)] * 3, [bytes(32), bytes(31)], [bytes(32), b""]])
def test_a_reader_that_answers_wrongly_is_noticed(answer: list[bytes]) -> None:
    with pytest.raises(ProofError):
        root_at(3, lambda _: answer)


def test_an_odd_leaf_is_not_doubled() -> None:
    """The fault of CVE-2012-2459: a tree of 3 leaves is not that of 4 with the last one twice."""
    three, four = Frontier(), Frontier()
    for entry in (b"a", b"b", b"c"):
        three.append(leaf_hash(entry))
        four.append(leaf_hash(entry))
    four.append(leaf_hash(b"c"))

    assert three.root() != four.root()


def test_a_node_is_no_leaf() -> None:
    """A second preimage: an entry made of two hashes does not hash to their node."""
    left, right = leaf_hash(b"a"), leaf_hash(b"b")

    assert leaf_hash(left + right) != node_hash(left, right)
    assert leaf_hash(b"\x01" + left + right) != node_hash(left, right)
