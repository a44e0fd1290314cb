"""
The log's clock, as a value that is passed in.

Every instant in `trail` is a whole number of UTC seconds since 1970 (POSIX time: no leap seconds, no zone, no fold).
Only the façade and the command line hold a clock; the layers below are told the time.  A clock may step back: order
goes by position, and verification remarks the step.
"""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["Clock", "FixedClock", "SystemClock"]


class Clock(Protocol):
    """Anything that tells the time."""

    def now(self) -> int:
        """The current instant, UTC seconds."""
        ...


class SystemClock:
    """The clock of this machine, cut down to the whole second."""

    __slots__ = ()

    def now(self) -> int:
        """The current instant, UTC seconds."""
        return time.time_ns() // 1_000_000_000


class FixedClock:
    """
    A clock that stands still until it is moved, for tests, replays and simulations.

    >>> clock = FixedClock(1_772_668_800)
    >>> clock.tick(60)
    >>> clock.now()
    1772668860

    ``step`` seconds are added after each reading, so that a loop sees time pass.  It may be moved back: a log must
    live with that.
    """

    __slots__ = ("_now", "step")

    def __init__(self, now: int, *, step: int = 0) -> None:
        self._now = now
        self.step = step

    def now(self) -> int:
        """The instant it stands at, UTC seconds."""
        now = self._now
        self._now += self.step
        return now

    def set(self, now: int) -> None:
        """Move to the instant *now*, forwards or back."""
        self._now = now

    def tick(self, seconds: int = 1) -> None:
        """Move by *seconds*, which may be negative."""
        self._now += seconds
