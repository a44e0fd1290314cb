"""
Which versions of which originator an opaque log holds, kept small enough for a log of any length.

Applications number the events of an aggregate without gaps, one after the other.  So each originator has one run,
``first`` to ``last``, that grows; after a gap it is laid by and a new one begins.  Only what comes out of order, below
the last run's end and in no run, is kept by itself.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right

from trail.evidence.opaque import UUID_ID


class Versions:
    """Pairs of originator and version, each taken once."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._first = array("q")
        self._last = array("q")
        self._laid_by: dict[int, array[int]] = {}  # first, last, first, last, …, ascending
        self._stragglers: set[tuple[int, int]] = set()

    def add(self, id_kind: str, originator: bytes, version: int) -> bool:
        """Take one pair; False if it was there.  A UUID and a text of the same bytes are two originators."""
        name = (b"u" if id_kind == UUID_ID else b"t") + originator
        number = self._numbers.get(name)
        if number is None:
            self._numbers[name] = len(self._numbers)
            self._first.append(version)
            self._last.append(version)
            return True
        last = self._last[number]
        if version == last + 1:
            self._last[number] = version
            return True
        if version > last:
            laid_by = self._laid_by.get(number)
            if laid_by is None:
                laid_by = self._laid_by[number] = array("q")
            laid_by.append(self._first[number])
            laid_by.append(last)
            self._first[number] = self._last[number] = version
            return True
        return self._straggled(number, version)

    def _straggled(self, number: int, version: int) -> bool:
        """Take a version that is not above the last one."""
        if version >= self._first[number]:
            return False
        laid_by = self._laid_by.get(number)
        if laid_by is not None:
            at = bisect_right(laid_by, version)
            if at % 2 or (at and laid_by[at - 1] == version):  # after a first and before its last, or the last itself
                return False
        pair = (number, version)
        if pair in self._stragglers:
            return False
        self._stragglers.add(pair)
        return True
