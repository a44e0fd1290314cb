"""
Versions of lists, and the acts that name them.

A version is the exact event that brought it: a draft, or a correction of one that changes its content.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from trail.aggregates.state import Settled, key_of
from trail.evidence.record import Record

Key: TypeAlias = tuple[bytes, bytes]
ListId: TypeAlias = tuple[str, str, str]
KINDS: Final = {"ResponsibilityListDrafted@1": "responsibility", "TaskListDrafted@1": "task"}


class ListVersion(NamedTuple):
    """
    One version of one list.

    ``list_id`` is (responsibility or task, post or body, whose); ``key`` is its exact reference; ``tasks`` maps a
    task's number to the responsibility items it names, ``items`` are the numbers of a responsibility list.
    """

    list_id: ListId
    key: Key
    position: int
    items: frozenset[str]
    tasks: Mapping[str, tuple[str, ...]]
    responsibility: Key | None

    @property
    def owner_post(self) -> str | None:
        """The post whose list it is; None for a body's list."""
        return self.list_id[2] if self.list_id[1] == "post" else None


def versions_of(settled: Iterable[Settled]) -> tuple[ListVersion, ...]:
    """The versions that *settled* records bring, in order of position."""
    out: list[ListVersion] = []
    for act in settled:
        kind = KINDS.get(act.record.statement.type)
        if kind is not None:
            out.extend(_stages(act, kind))
    return tuple(sorted(out, key=lambda version: version.position))


def _stages(act: Settled, kind: str) -> Iterable[ListVersion]:
    """The draft and each correction of its content; whose list it is goes by the last word."""
    owner = act.fields.get("owner")
    whose = ("body", str(act.fields.get("owner_body", ""))) if owner is None else ("post", str(owner))
    list_id = (kind, *whose)
    fields: dict[str, Any] = act.record.statement.fields
    yield _version(list_id, act.record, fields)
    for edit in act.edits:
        changes: Any = edit.statement.fields.get("fields")
        if changes or any(part.name != "reason" for part in edit.statement.parts):
            fields = {**fields, **(changes or {})}
            yield _version(list_id, edit, fields)


def _version(list_id: ListId, record: Record, fields: Mapping[str, Any]) -> ListVersion:
    responsibility = fields.get("responsibility")
    return ListVersion(
        list_id,
        (record.statement.id, record.digest),
        record.position,
        frozenset(fields.get("items", ())),
        {task["number"]: tuple(task.get("refs", ())) for task in fields.get("tasks", ())},
        None if responsibility is None else key_of(responsibility),
    )


def named_in(settled: Iterable[Settled], type_key: str) -> dict[Key, tuple[Settled, ...]]:
    """For each version, the acts of *type_key* that name it."""
    out: dict[Key, tuple[Settled, ...]] = {}
    for act in settled:
        if act.record.statement.type == type_key:
            for reference in act.fields.get("versions", ()):
                key = key_of(reference)
                out[key] = (*out.get(key, ()), act)
    return out
