"""
A thread that holds rounds for a host: every so often, after a filing, and again for whoever did not answer.

It never raises into the host and never makes anybody wait: what went wrong is kept (``error``), told to the host's own
function if it gave one, and said once as a warning.  Witnesses that do not answer are asked again by their own patience
(`trail.witness.asking`), without another checkpoint being waited for.
"""

from __future__ import annotations

import os
import random
import threading
import time
import warnings
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from trail.application.anchoring import Round, hold
from trail.errors import CallerError, TrailError
from trail.witness.asking import FIRST_WAIT, MOST_WAIT, Witnesses

if TYPE_CHECKING:
    from trail.application.log import Log

LEAST: Final = 0.05  # seconds between two rounds, whatever is asked for
FINISH: Final = 15.0
"""Seconds that `Anchoring.stop` takes at most; most of them for a round that was asked for, before it is cut off."""
_CUT: Final = 2.0  # of these, seconds for a round to end that was cut off

Told = Callable[[Round | Exception], None]


class Anchoring:
    """
    Rounds in the background, of *log* with *witnesses*; a context manager that starts and stops it.

    *every* is the time between two rounds in seconds (None: only when asked); *told* gets each round, or the error
    that it ended with, in the background thread.  ``last`` is the last round that succeeded, ``error`` how the last
    one failed, None if it did not.
    """

    def __init__(self, log: Log, witnesses: Witnesses, *, every: float | None = None, told: Told | None = None) -> None:
        _check(every)
        self._log = log
        self._witnesses = witnesses
        self._told = told
        self.every = every
        self.last: Round | None = None
        self.error: Exception | None = None
        self._changed = threading.Condition()
        self._wanted = self._done = 0
        self._stopping = threading.Event()
        self._failures = 0
        self._due: float | None = None
        self._thread: threading.Thread | None = None
        self._process = os.getpid()

    @property
    def ended(self) -> bool:
        """Whether it was stopped, or its thread stayed behind in the process that this one was forked from."""
        return self._stopping.is_set() or self._process != os.getpid()

    def start(self) -> Self:
        """Start the thread; a second call changes nothing."""
        with self._changed:
            if self._thread is None and not self._stopping.is_set():
                self._due = None if self.every is None else time.monotonic()
                self._thread = threading.Thread(target=self._run, name="trail-anchoring", daemon=True)
                self._thread.start()
        return self

    def change(self, *, every: float | None = None, told: Told | None = None) -> None:
        """Another time between two rounds, which begins with one; another function to tell; None changes nothing."""
        _check(every)
        with self._changed:
            self._told = self._told if told is None else told
            if every is not None and every != self.every:
                self.every, self._due = every, time.monotonic()
                self._changed.notify_all()

    def ask(self) -> None:
        """Hold a round as soon as possible; returns at once."""
        with self._changed:
            self._wanted += 1
            self._changed.notify_all()

    def settled(self, timeout: float | None = None) -> bool:
        """Wait until every round that was asked for has been held, at most *timeout* seconds; whether it has."""
        with self._changed:
            wanted = self._wanted
            return self._changed.wait_for(lambda: self._done >= wanted or self._stopping.is_set(), timeout)

    def stop(self, timeout: float = FINISH) -> None:
        """
        Let a round that was asked for end; cut off what is under way, and stop: all in at most *timeout* seconds.

        From the cut on nobody is told anything.  A fork of the process that started it forgets it, and no more.
        """
        if self._process != os.getpid():
            return  # thread, locks and connections are the other process's
        end = time.monotonic() + timeout
        running = None if self._thread is threading.current_thread() else self._thread
        if running is not None:
            self.settled(timeout - min(_CUT, timeout / 4))
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
        self._witnesses.abort()
        if running is not None:
            running.join(max(0.0, end - time.monotonic()))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

    # --- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopping.is_set() and self._wanted == self._done:
                    left = None if self._due is None else self._due - time.monotonic()
                    if left is not None and left <= 0:
                        break
                    self._changed.wait(left)
                if self._stopping.is_set():
                    return
                wanted = self._wanted
            self._hold()
            with self._changed:
                pause = self._pause()
                self._due = None if pause is None else time.monotonic() + max(LEAST, pause)
                self._done = wanted
                self._changed.notify_all()

    def _hold(self) -> None:
        """One round; whatever it raises ends here."""
        outcome: Round | Exception
        try:
            outcome = self.last = hold(self._log, self._witnesses, self._stopping)
            self.error, self._failures = None, 0
        except Exception as error:
            before, outcome = self.error, error
            self.error = error
            self._failures += 1
            if not self._stopping.is_set() and _code(before) != _code(error):
                warn(f"the log could not be anchored: {error}")
        told = self._told
        if told is not None and not self._stopping.is_set():
            try:
                told(outcome)
            except Exception as error:
                warn(f"what anchoring tells the host's function failed there: {error!r}")

    def _pause(self) -> float | None:
        """Seconds until the next round without being asked; None: not before somebody asks."""
        if self.error is not None:
            most = min(MOST_WAIT, FIRST_WAIT * 2.0 ** min(self._failures - 1, 16))
            again = most * (0.5 + random.random() / 2)
            return again if self.every is None else min(again, max(self.every, FIRST_WAIT))
        waits = [] if self.last is None else [one.wait for one in self.last.asked if one.owes]
        if self.every is not None:
            waits.append(self.every * (0.9 + random.random() / 5))
        return min(waits, default=None)


def _check(every: float | None) -> None:
    if every is not None and not every > 0:
        raise CallerError("the time between two rounds is a number of seconds above 0", found=every)


def _code(error: Exception | None) -> str:
    return "" if error is None else error.code if isinstance(error, TrailError) else type(error).__name__


def warn(message: str) -> None:
    """A warning that never becomes an error: what it is about must not fail for its sake."""
    try:
        warnings.warn(message, stacklevel=3)
    except Warning:
        return
