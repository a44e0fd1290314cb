"""
Endorsements, commitments and filings: acts on exact versions of a list.

A version is a draft, or a correction that changes a draft's content.  Of acts that must stand on the *current*
version, one on an older version is void as soon as a newer one exists: computed, not an event (AMB17).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from trail.evidence.record import Record
from trail.projections.conditions import performed, time_of
from trail.projections.edits import Edits
from trail.projections.index import Acts
from trail.rules.model import Satisfier
from trail.rules.obligations import Demand


class _Version(NamedTuple):
    when: int
    event: bytes
    digest: bytes


class _On(NamedTuple):
    """An act on a version: when it counts, on which version (by number), the act."""

    when: int
    number: int
    act: Record


def version_claims(
    drafts: Iterable[Record], demand: Demand, satisfier: Satisfier, acts: Acts, edits: Edits, bodies: Sequence[str]
) -> Iterator[tuple[int, Record]]:
    """When, and by which act, the list that *drafts* bring was endorsed, committed to or filed as the rules ask."""
    versions = _versions(drafts, edits)
    on = list(_acts_on(versions, demand, satisfier, acts, bodies))
    if satisfier.versions == "named":
        yield from ((row.when, row.act) for row in on)
        return
    now = [row for row in on if row.number == len(versions) - 1]
    if not now:
        return  # the last version has none: whatever stood on an older one is void
    at_due = max((n for n, v in enumerate(versions) if v.when < demand.due_until), default=0)
    in_time = [row for row in on if row.number == at_due and row.when < demand.due_until]
    after = [r for r in on if r.when >= demand.due_until and (r.number == _current(versions, r.when) or r in now)]
    best = min(in_time or after or now, key=lambda row: (row.when, row.act.statement.id))
    yield best.when, best.act


def _versions(drafts: Iterable[Record], edits: Edits) -> list[_Version]:
    rows: list[tuple[int, _Version]] = []
    for draft in drafts:
        rows.append((draft.version, _Version(draft.statement.happened.start(), draft.statement.id, draft.digest)))
        for edit in edits.of(draft.statement.id).content:
            at = edit.statement.happened.start()
            rows.append((edit.version, _Version(at, edit.statement.id, edit.digest)))
    rows.sort(key=lambda row: row[0])
    return [version for _, version in rows]


def _current(versions: list[_Version], when: int) -> int:
    return max((n for n, v in enumerate(versions) if v.when <= when), default=0)


def _acts_on(
    versions: list[_Version], demand: Demand, satisfier: Satisfier, acts: Acts, bodies: Sequence[str]
) -> Iterator[_On]:
    for number, version in enumerate(versions):
        for act in acts.on_version.get(version.event, ()):
            fields: Any = act.statement.fields
            if act.statement.type != satisfier.type or [version.event, version.digest] not in fields["versions"]:
                continue
            if satisfier.performer == "obligor" and not performed(demand, act, bodies):
                continue
            yield _On(time_of(act, satisfier), number, act)
