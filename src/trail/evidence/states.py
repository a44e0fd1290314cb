"""
The states of an opaque log beside their entries: shown, withheld or missing (check 13).
"""

from __future__ import annotations

from trail.evidence.file import StateItem
from trail.evidence.judge import digest_of
from trail.evidence.opaque import OpaqueEntry
from trail.evidence.refusals import refuse
from trail.evidence.verdict import Shown


class States:
    """The states of one run; `expect` an entry, `take` what follows it, then `settle`."""

    def __init__(self) -> None:
        self._event: OpaqueEntry | None = None
        self._shown = 0
        self._withheld = 0
        self._missing = 0

    @property
    def counts(self) -> Shown:
        """Counts of states; nothing in an opaque log is ever erased by an event."""
        return Shown(self._shown, self._withheld, 0, self._missing)

    def expect(self, event: OpaqueEntry) -> None:
        """Take the entry whose state follows."""
        self._event = event

    def take(self, item: StateItem) -> None:
        """Take one state, shown or withheld; raises `Refusal` (check 13)."""
        event, data = self._event, item.data
        digest = digest_of(item)
        if event is None or (data is None and digest != event.digest):
            raise refuse("STATE_STRAY", "a state that no entry names", found=digest)
        self._event = None
        if data is None:
            self._withheld += 1
        elif digest != event.digest:
            raise refuse("STATE_ALTERED", "the state is not what was recorded", event.digest, digest)
        elif len(data) != event.size:
            raise refuse("STATE_ALTERED", "the state has not the length that was recorded", event.size, len(data))
        else:
            self._shown += 1

    def settle(self) -> OpaqueEntry | None:
        """The entry whose state nobody brought, if that is so."""
        event, self._event = self._event, None
        self._missing += event is not None
        return event
