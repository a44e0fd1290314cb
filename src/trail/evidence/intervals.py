"""
Proven intervals: between which times an act was signed and recorded, whatever anybody's clock or statement says.

Two things prove time.  A witness's cosignature carries the time at which the witness made it.  So

* what a checkpoint covers, and a quorum cosigned, existed **not after** that time: over the sets of witnesses that
  satisfy the policy, the smallest of the latest times in each, and of all checkpoints that cover a position the
  earliest such time (`UpperBounds`);
* a statement that names the digests of cosignatures was signed after they were made, for nobody can name a signature
  that does not exist.  But a witness may date ahead, and then a punctual act would be proven late.  So it was **signed
  not before** a quorum of those that it names: over the sets of named witnesses that satisfy the policy, the largest of
  the earliest times in each (`latest_named`).  The same follows for whatever the statement's signer had seen: the root
  of a tree commits to every entry in it, so a statement that names this root was signed after each of them
  (`LowerBounds`; ``docs/adr/0011``);
* an act was **recorded not before** the latest of these times of its own statement, which existed before it was
  recorded, and of every earlier position.

The bounds only narrow: one more anchor can raise a lower bound or lower an upper one, never the reverse.  With the
position they never fall.  Where two quorums contradict each other they cross; then the clocks of one of them are all
wrong, and both bounds are told.  Nothing here reads a clock, and no bound depends on the day of the verification.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from trail.evidence.statement import Seen
from trail.signing.policy import Policy

TOLERANCE: Final = 300
"""Seconds by which two honest clocks may differ."""

END: Final = 1 << 63
"""Beyond every position."""


class Ordered(Protocol):
    """What can be compared: UTC seconds, or tuples that begin with them."""

    def __lt__(self, other: Any, /) -> bool:
        """Whether it is earlier."""


T = TypeVar("T", bound=Ordered)


class Interval(NamedTuple):
    """
    What is proven of an act's times, each in UTC seconds; None: not proven.

    It was signed from ``signed_not_before`` on, recorded from ``recorded_not_before`` on, both by ``not_after``.
    """

    signed_not_before: int | None = None
    recorded_not_before: int | None = None
    not_after: int | None = None

    def admits(self, recorded: int) -> bool:
        """Whether a clock reading lies within, as far as two honest clocks agree."""
        first, last = self.recorded_not_before, self.not_after
        return (first is None or recorded >= first - TOLERANCE) and (last is None or recorded <= last + TOLERANCE)

    @property
    def crossed(self) -> bool:
        """Whether the bounds contradict each other by more than honest clocks differ: a whole quorum's are wrong."""
        first, last = self.recorded_not_before, self.not_after
        return first is not None and last is not None and first > last + TOLERANCE

    def to_json(self) -> dict[str, int | None]:
        """As a map in stable order."""
        return self._asdict()


class UpperBounds(Generic[T]):
    """Not after: from (size, time) of each checkpoint that a quorum had seen."""

    def __init__(self, seen: Iterable[tuple[int, T]] = ()) -> None:
        self._sizes: list[int] = []
        self._times: list[T] = []
        for size, time in sorted(seen, key=itemgetter(0), reverse=True):
            if not self._times or time < self._times[-1]:
                self._sizes.append(size)
                self._times.append(time)
        self._sizes.reverse()
        self._times.reverse()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, UpperBounds):
            return NotImplemented
        return (self._sizes, self._times) == (other._sizes, other._times)

    def __hash__(self) -> int:
        return hash((tuple(self._sizes), tuple(self._times)))

    def at(self, position: int) -> T | None:
        """The earliest time by which a quorum had seen *position*."""
        return self.piece(position)[1]

    def piece(self, position: int) -> tuple[int, T | None]:
        """The bound of *position*, and the last position of which it is the bound as well."""
        at = bisect_left(self._sizes, position)
        return (self._sizes[at], self._times[at]) if at < len(self._sizes) else (END, None)

    def before(self, time: T) -> int:
        """The last position that a quorum had seen before *time*, 0 if none."""
        at = bisect_left(self._times, time)  # later sizes were never seen earlier, so the times ascend as well
        return self._sizes[at - 1] if at else 0

    def ends(self) -> Sequence[int]:
        """The last position of each piece, ascending."""
        return self._sizes


def latest_of_each(named: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Each witness's latest time, from (witness, time): who names two lines of one witness signed after both."""
    times: dict[str, int] = {}
    for name, time in named:
        times[name] = max(time, times.get(name, time))
    return times


def latest_named(policy: Policy, named: Iterable[tuple[str, int]]) -> int | None:
    """
    The time before which nobody could name these cosignatures of one checkpoint, each with its witness, by *policy*.

    *named* are the witnesses' names in the policy.  None: they don't make its quorum, or it has none.
    """
    return policy.latest_quorum(latest_of_each(named))


class LowerBounds(Generic[T]):
    """
    Not before: `take` the statements in order of position; those that name nothing may be left out.

    *named* gives the times that the dated anchors which a ``seen`` names prove (`latest_named`): none if they prove
    nothing, None if it is no checkpoint of this tree.  *steps* are those of a run that was broken off, to go on from.
    """

    def __init__(self, named: Callable[[Seen], Iterable[T] | None], steps: Iterable[tuple[int, T]] = ()) -> None:
        self._named = named
        self._positions: list[int] = []
        self._times: list[T] = []
        for position, time in steps:
            self._positions.append(position)
            self._times.append(time)

    def take(self, position: int, seen: Seen) -> T | None:
        """Take what the statement at *position* names; gives the time before which it was not signed."""
        time = self.signed(seen)
        if time is not None and (not self._times or self._times[-1] < time):
            self._positions.append(position)
            self._times.append(time)
        return time

    def signed(self, seen: Seen | None) -> T | None:
        """The time before which nobody could sign a statement that names *seen*."""
        times = None if seen is None else self._named(seen)
        if seen is None or times is None:
            return None
        inside = self.recorded(seen.size)
        return max([*times] if inside is None else [*times, inside], default=None)

    def recorded(self, position: int) -> T | None:
        """The time before which *position* was not recorded, by what was taken up to there."""
        at = bisect_right(self._positions, position)
        return self._times[at - 1] if at else None

    def steps(self) -> list[tuple[int, T]]:
        """The positions from which a later time holds, each with it; both ascend."""
        return list(zip(self._positions, self._times, strict=True))


class Proven(NamedTuple):
    """
    How much is proven about the times of the first ``positions`` entries.

    ``signed``, ``recorded`` and ``until`` count those that have a lower bound on signing, one on recording, an upper
    bound; ``both`` those with one on recording and an upper one; ``crossed`` those whose bounds contradict each other.
    ``widest`` is the longest time between both, in seconds, first at the position ``widest_at``, of those that don't
    contradict each other.  ``upper`` gives the upper bound of each position.
    """

    positions: int = 0
    signed: int = 0
    recorded: int = 0
    until: int = 0
    both: int = 0
    crossed: int = 0
    widest: int | None = None
    widest_at: int | None = None
    upper: UpperBounds[int] = UpperBounds()

    def to_json(self) -> dict[str, int | None]:
        """As a map in stable order."""
        return {name: value for name, value in self._asdict().items() if name != "upper"}


NOTHING_PROVEN: Final = Proven()


def proven(positions: int, signed: int, lower: LowerBounds[int], upper: UpperBounds[int]) -> Proven:
    """Sum up the bounds of the first *positions* entries, of which *signed* have a lower bound on signing."""
    steps = lower.steps()
    begins = sorted({1, *(at for at, _ in steps), *(end + 1 for end in upper.ends())})
    begins = [at for at in begins if at <= positions]
    recorded = until = both = crossed = 0
    widest: tuple[int, int] | None = None
    for begin, following in pairwise([*begins, positions + 1]):
        one = Interval(None, lower.recorded(begin), upper.at(begin))
        count = following - begin
        first, last = one.recorded_not_before, one.not_after
        recorded += count * (first is not None)
        until += count * (last is not None)
        crossed += count * one.crossed
        if first is not None and last is not None:
            both += count
            length = max(last - first, 0)
            if not one.crossed and (widest is None or length > widest[0]):
                widest = (length, begin)
    seconds, at = (None, None) if widest is None else widest
    return Proven(positions, signed, recorded, until, both, crossed, seconds, at, upper)
