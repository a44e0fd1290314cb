"""
An opaque log in memory: the events of an invented application, with its checkpoints and its policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.evidence.kit import NOW, Log, log_note_key, sha256

from trail.evidence.file import CheckpointItem, EntryItem, Header, Item, StateItem
from trail.evidence.opaque import TEXT_ID, encode_opaque
from trail.signing import format_policy

TOPIC = b"stock:Shelf.Filled"


class OpaqueLog(Log):
    """``entries`` and ``states`` are in order of position; nobody signs, and nothing is founded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(founded=False, **options)
        self.states: list[bytes] = []

    def event(
        self,
        originator: str | bytes = "shelf-1",
        version: int | None = None,
        *,
        state: bytes | None = None,
        recorded: int | None = None,
        **changes: Any,
    ) -> bytes:
        """Add an event; *changes* are arguments of `encode_opaque` that shall not be right."""
        name = originator.encode() if isinstance(originator, str) else originator
        position = len(self.entries) + 1
        content = b"state %d" % position if state is None else state
        values: dict[str, Any] = {
            "id_kind": TEXT_ID, "originator": name, "version": position if version is None else version,
            "topic": TOPIC, "digest": sha256(content), "size": len(content),
            "recorded": NOW + position if recorded is None else recorded,
        }  # fmt: skip
        entry = encode_opaque(**(values | changes))
        self.entries.append(entry)
        self.states.append(content)
        return entry

    def items(
        self,
        checkpoints: Iterable[str | bytes] | None = None,
        *,
        header: Header | None = None,
        entries: Sequence[bytes] | None = None,
        parts: Mapping[int, Sequence[Item]] | None = None,
    ) -> list[Item]:
        """The evidence; *parts* replaces what follows the entry at a position."""
        notes = [self.checkpoint()] if checkpoints is None else checkpoints
        rows = self.entries if entries is None else entries
        beside: dict[bytes, Item] = {
            entry: StateItem(state) for entry, state in zip(self.entries, self.states, strict=True)
        }
        out: list[Item] = [header or Header(self.origin, len(rows), {"all": True})]
        out += [CheckpointItem(note.encode() if isinstance(note, str) else note) for note in notes]
        for position, entry in enumerate(rows, 1):
            out.append(EntryItem(entry))
            if parts is not None and position in parts:
                out.extend(parts[position])
            elif entry in beside:
                out.append(beside[entry])
        return out

    def withheld(self) -> list[Item]:
        """The evidence of the scope that shows no contents."""
        header = Header(self.origin, len(self.entries), {"none": True})
        parts = {at: [StateItem(None, sha256(state))] for at, state in enumerate(self.states, 1)}
        return self.items(header=header, parts=parts)

    def policy(self, **options: Any) -> str:
        """The inspector's policy: this log, no first entry, no quorum; *options* are those of `format_policy`."""
        named: dict[str, Any] = {"logs": [log_note_key(self.origin)]}
        return format_policy(**(named | options))


def filled(count: int = 5, **options: Any) -> OpaqueLog:
    """A log of *count* events of one aggregate, and one more of another that has a UUID."""
    log = OpaqueLog(**options)
    for _ in range(count):
        log.event()
    log.event(bytes(range(16)), 0, id_kind="uuid")
    return log
