"""
The witnesses of one log, asked side by side, politely: each in a thread of its own, all within a bound.

Whoever does not answer is left alone for a while, longer each time (5 seconds, 10, 20, … to a quarter of an hour, each
drawn between half of it and all of it, so that many logs do not come back at once), and for as long as it asks for
with ``Retry-After``.  One that still hangs on an earlier question is not asked another.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from trail.errors import TrailError
from trail.signing import Policy, parse_policy
from trail.witness.answers import COSIGNED, FORK, STALE, Answer
from trail.witness.client import LIMIT, WitnessClient

FIRST_WAIT: Final = 5.0
MOST_WAIT: Final = 900.0
_REQUESTS: Final = 3  # most that one question makes: an offer, the same from another size, a look at what is shown
_LOOK: Final = 0.05  # seconds between two looks whether a question was given up

T = TypeVar("T")


@dataclass
class _Patience:
    """How one witness is faring: failures in a row, when it may be asked again, since when it does not answer."""

    failures: int = 0
    until: float = 0.0
    since: int | None = None
    hanging: threading.Thread | None = None


class _Asking(threading.Thread, Generic[T]):
    """One question to one witness."""

    def __init__(self, client: WitnessClient, question: Callable[[WitnessClient], T]) -> None:
        super().__init__(name=f"trail-witness-{client.name}", daemon=True)
        self._client, self._question = client, question
        self.answer: T | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        """Ask."""
        try:
            self.answer = self._question(self._client)
        except Exception as error:  # told to whoever waits for the answer
            self.error = error


class Witnesses:
    """
    The witnesses that a *policy* names (its text, or read), those with a url to be asked; threads may share it.

    *limit*, *ca* and *allow_http* are those of `WitnessClient`; *steady* is a clock that never steps (seconds),
    *chance* draws the waits.

    Raises:
        PolicyError: The policy can't be read.
        CallerError: ``WITNESS_URL``: a url can't be used.
    """

    def __init__(
        self,
        policy: Policy | str | bytes,
        *,
        limit: float = LIMIT,
        ca: str | None = None,
        allow_http: bool = False,
        steady: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.policy = policy if isinstance(policy, Policy) else parse_policy(policy)
        self.clients: Mapping[str, WitnessClient] = {
            name: WitnessClient(
                name, key, self.policy.urls[key.vkey], limit=limit, ca=ca, allow_http=allow_http
            )
            for name, key in self.policy.witnesses.items()
            if key.vkey in self.policy.urls
        }  # fmt: skip
        self.limit = limit
        self.cosigned: dict[tuple[str, str], tuple[int, int]] = {}
        """By origin and name: the size that a witness cosigned last, and when by our own clock."""
        self._steady, self._chance = steady, chance
        self._patience = {name: _Patience() for name in self.clients}
        self._round = threading.Lock()
        self._process = os.getpid()

    @contextmanager
    def round(self) -> Iterator[None]:
        """One round at a time; a fork of this process has locks of its own, whoever held one when it was made."""
        if self._process != os.getpid():
            self._process, self._round = os.getpid(), threading.Lock()
        with self._round:
            yield

    def ready(self) -> tuple[str, ...]:
        """Those that may be asked now."""
        return tuple(name for name in self.clients if self.wait(name) == 0)

    def wait(self, name: str) -> float:
        """Seconds until a witness may be asked (again)."""
        one = self._patience.get(name)
        if one is None:
            return 0.0
        if one.hanging is not None and one.hanging.is_alive():
            return max(1.0, one.until - self._steady())
        return max(0.0, one.until - self._steady())

    def since(self, name: str) -> int | None:
        """Since when a witness does not answer as it should (POSIX seconds); None if it did the last time."""
        one = self._patience.get(name)
        return None if one is None else one.since

    def took(self, name: str, answer: Answer, now: int) -> None:
        """Remember how a witness answered, at *now*: when it may be asked again follows."""
        one = self._patience[name]
        if answer.kind in (COSIGNED, STALE):
            one.failures, one.until, one.since = 0, 0.0, None
            return
        one.failures += 1
        # A witness that raises an alarm does answer; it is asked again now and then, in case somebody sets it right.
        one.since = None if answer.kind == FORK else now if one.since is None else one.since
        most = min(MOST_WAIT, FIRST_WAIT * 2.0 ** min(one.failures - 1, 16))
        drawn = most * (0.5 + self._chance() / 2)
        one.until = self._steady() + max(drawn, float(answer.wait or 0))

    def ask(
        self, questions: Mapping[str, Callable[[WitnessClient], T]], stopped: threading.Event | None = None
    ) -> dict[str, T | None]:
        """
        Ask each witness by name its question, side by side; None for whoever has no answer when the time is over, or
        once *stopped* is set.

        Raises:
            TrailError: A question failed on our own side (the database, a missing extra), once all have ended.
        """
        if stopped is not None and stopped.is_set():
            return dict.fromkeys(questions)
        asking = {name: _Asking(self.clients[name], question) for name, question in questions.items()}
        for one in asking.values():
            one.start()
        end = time.monotonic() + _REQUESTS * self.limit + 1.0
        found: dict[str, T | None] = {}
        for name, thread in asking.items():
            while thread.is_alive() and (left := end - time.monotonic()) > 0:
                if stopped is not None and stopped.is_set():
                    break
                thread.join(min(left, _LOOK))
            self._patience[name].hanging = thread if thread.is_alive() else None
            found[name] = None if thread.is_alive() else thread.answer
        for thread in asking.values():
            if isinstance(thread.error, TrailError):
                raise thread.error
        return found

    def abort(self) -> None:
        """End whatever is being asked; those who wait get an answer at once."""
        for client in self.clients.values():
            client.abort()
