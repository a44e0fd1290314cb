"""
What both persistence modules for `eventsourcing` share: errors in its terms, and subscriptions.

SQLite tells nobody that another process has committed, so a subscription asks for the head: at once when this process
has written through the same `Database`, and every `POLL` seconds otherwise.  Positions are dense and assigned under
the head's lock, so whatever is at or below the head is there and nothing comes in between later: a reader that goes on
from its last position misses nothing.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from eventsourcing.persistence import (
    ApplicationRecorder,
    DataError,
    IntegrityError,
    Notification,
    OperationalError,
    ProgrammingError,
    Subscription,
)

from trail.errors import CallerError, EvidenceError, StoreBusy, StoreFailed, TrailError
from trail.store.engine import Database

POLL: Final = 0.05
"""Seconds after which a subscription asks again whether another process has written."""

SECTION: Final = 500
"""Most notifications that a subscription reads at a time."""

MOST: Final = (1 << 63) - 1
"""The largest int that a column of the database holds."""

LEAST: Final = -(1 << 63)

RECORDED: Final = "EVENT_RECORDED"
TRACKED: Final = "TRACKED_ALREADY"
UNFIT: Final = "EVENT_UNFIT"
_CONFLICTS: Final = (RECORDED, TRACKED)


@contextmanager
def translated() -> Iterator[None]:
    """
    Raise this library's errors as those of `eventsourcing`.

    Busy, broken or closed is an `OperationalError`, what is there already an `IntegrityError`, what can't be stored a
    `DataError`, a slip of the caller a `ProgrammingError`; the original is the cause.
    """
    try:
        yield
    except StoreBusy as error:
        raise OperationalError(f"{error.message}. {error.advice()}") from error
    except StoreFailed as error:
        found = str(error.facts.get("found", ""))
        if found.startswith("SQLITE_CONSTRAINT"):
            kind = DataError if found.endswith("NOTNULL") else IntegrityError
            raise kind(error.message) from error
        raise OperationalError(f"{error.message}. {error.advice()}") from error
    except CallerError as error:
        if error.code in _CONFLICTS:
            raise IntegrityError(error.message) from error
        if error.code == UNFIT:
            raise DataError(error.message) from error
        raise ProgrammingError(error.message) from error
    except EvidenceError as error:
        raise DataError(error.message) from error
    except TrailError as error:
        raise OperationalError(error.message) from error
    except (OverflowError, UnicodeEncodeError) as error:  # of the driver: a number or text that no column holds
        raise DataError(str(error)) from error


class FollowingSubscription(Subscription[ApplicationRecorder]):
    """
    Follows a log: gives every notification after *gt* (default: from the start) in order, then waits for more.

    Read it from one thread; `stop` may be called from any.
    """

    def __init__(
        self, recorder: ApplicationRecorder, database: Database, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._read_to = gt or 0
        self._waiting: deque[Notification] = deque()
        self._changed = threading.Event()
        database.listen(self._changed)

    def stop(self) -> None:
        """End the iteration, also one that waits."""
        super().stop()
        self._changed.set()

    def __next__(self) -> Notification:
        """The next notification; waits for it.  Raises StopIteration once stopped."""
        while not self._has_been_stopped:
            if self._waiting:
                return self._waiting.popleft()
            self._changed.clear()
            try:
                if not self._read():
                    self._changed.wait(POLL)
            except OperationalError:
                if not self._has_been_stopped:  # a database that was closed after `stop` is no fault
                    raise
        raise StopIteration

    def _read(self) -> bool:
        """Read one section further; says whether the end was not reached yet."""
        head = self._recorder.max_notification_id() or 0
        if head <= self._read_to:
            return False
        found = self._recorder.select_notifications(
            self._read_to, SECTION, head, self._topics, inclusive_of_start=False
        )  # fmt: skip
        self._waiting.extend(found)
        # Where fewer were found than asked for, none up to the head is of these topics.
        self._read_to = found[-1].id if len(found) == SECTION else head
        return True
