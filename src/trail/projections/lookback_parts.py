"""
The parts of a lookback that no status has: posts with the record of each appointment, list versions in force, who was
told, and the gaps of every stream that concerns the unit or the person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from trail.aggregates import (
    AssessmentAggregate,
    CaseAggregate,
    EvidenceAggregate,
    FactAggregate,
    InstrumentAggregate,
    ListAggregate,
    MeetingAggregate,
    RectificationAggregate,
    ReportAggregate,
    TalkAggregate,
)
from trail.aggregates.list_versions import ListId, ListVersion
from trail.aggregates.state import Gap, Settled, StreamState, settle
from trail.evidence.record import Record
from trail.evidence.registry import EDIT_TYPES
from trail.projections.citing import Cited, Citer
from trail.projections.index import Bound, attendees
from trail.projections.lookback_values import Held, ListHeld, Told
from trail.projections.tenures import Post, Tenure
from trail.projections.values import Undone
from trail.rules.calendar import FOREVER, date_text, day_at, day_of, start_of

if TYPE_CHECKING:
    from trail.projections.status import Snapshot

_UNITS: Final = frozenset(f"Unit{what}@1" for what in ("Established", "Renamed", "Moved", "Merged"))
_LISTS: Final = "lists/"
_ENDORSED, _COMMITTED, _FILED = "ListEndorsed@1", "CommitmentSigned@1", "ListFiledForRecord@1"
TOLD: Final[Mapping[str, str]] = {
    "TalkHeld@1": "talk", "TalkInquiryConducted@1": "talk",
    "CircularIssued@1": "circular", "CaseCirculated@1": "circular", "CommendationCirculated@1": "circular",
    "AssessmentResultPublished@1": "circular", "DocumentConveyed@1": "circular",
    "DirectiveReceived@1": "directive", "RectificationOrdered@1": "directive", "TalkInquiryRequired@1": "directive",
    "FilingReceived@1": "receipt", "ReportReceived@1": "receipt", "PaperReceiptRecorded@1": "receipt",
    "DecisionServed@1": "receipt",
}  # fmt: skip
"""The types by which somebody was told something, and how they are shown."""
_WORDS: Final = frozenset(("TalkConfirmed@1", "TalkDisputed@1"))
_RECEIPTS: Final = ("FilingReceived@1", "ReportReceived@1", "PaperReceiptRecorded@1")
_STREAMS: Final[tuple[type[StreamState], ...]] = (
    TalkAggregate, ReportAggregate, MeetingAggregate, InstrumentAggregate, EvidenceAggregate, AssessmentAggregate,
    FactAggregate,
)  # fmt: skip


# -- posts


def history_of(snapshot: Snapshot, citer: Citer, unit: str) -> Cited:
    """What became of a unit: established, renamed, moved, merged, and the posts that spoke for it."""
    types = _UNITS | {"BodyRepresented@1"}
    return citer.records(r for r in snapshot.roster.positions.get(unit, ()) if r.statement.type in types)


def posts_of(snapshot: Snapshot, citer: Citer, unit: str, day: int) -> Iterator[Held]:
    """The posts of *unit* that existed by *day*, each with everybody who had held it by then."""
    for post in snapshot.roster.posts(unit):
        if post.begin > day:
            continue
        tenures = [t for t in snapshot.roster.tenures(post.id) if t.begin <= day]
        yield from (_held(snapshot, citer, post, tenure, day) for tenure in tenures)
        if day < post.end and not any(day < t.end for t in tenures):
            empty = Cited()
            yield Held(
                post.id, post.unit, post.kind, post.title, None, None, None, False, True, (), empty, empty, empty
            )


def posts_of_person(
    snapshot: Snapshot, citer: Citer, person: str, day: int, undone: Mapping[tuple[str, str], tuple[Undone, ...]]
) -> Iterator[Held]:
    """The posts that *person* had held by *day*; *undone* is by post and first day."""
    for tenure in snapshot.roster.of_person(person):
        if tenure.begin <= day:
            post = snapshot.roster.post(tenure.post) or Post(tenure.post, "", "", "", tenure.begin, FOREVER, 0)
            held = _held(snapshot, citer, post, tenure, day)
            yield held._replace(undone=undone.get((tenure.post, date_text(tenure.begin)), ()))


def _held(snapshot: Snapshot, citer: Citer, post: Post, tenure: Tenure, day: int) -> Held:
    rows = snapshot.roster.positions.get(post.id, ())
    last = min(day, tenure.end - 1)
    begin, units = next(((a, u) for a, b, u in snapshot.roster.portfolio(post.id) if a <= last < b), (None, ()))
    appointed = [r for r in rows if r.position == tenure.position]
    ended = [r for r in rows if r.statement.type == "PostRelieved@1" and _ends(r, tenure)]
    charged = [r for r in rows if r.statement.type == "PortfolioChanged@1" and _day(r, "from") == begin]
    return Held(
        post=post.id, unit=post.unit, kind=post.kind, title=post.title, person=tenure.person,
        begin=date_text(tenure.begin), until=None if tenure.end == FOREVER else date_text(tenure.end),
        acting=tenure.acting, on_the_day=day < tenure.end, units=units, appointed=citer.records(appointed),
        ended=citer.records(ended), portfolio=citer.records(charged),
    )  # fmt: skip


def _ends(record: Record, tenure: Tenure) -> bool:
    return record.statement.fields["person"] == tenure.person and _day(record, "until") == tenure.end


def _day(record: Record, name: str) -> int:
    return day_of(str(record.statement.fields[name]))


# -- lists


def lists_of(snapshot: Snapshot, citer: Citer, owners: Mapping[str, int]) -> Iterator[ListHeld]:
    """
    For each of *owners* (a post or a body), with the day that is asked about: the versions of its lists in force.

    In force are those of the last year, up to that day's, for which the owner has any.
    """
    streams: dict[str, list[Record]] = {}
    for record in snapshot.records:
        if record.statement.stream.startswith(_LISTS):
            streams.setdefault(record.statement.stream, []).append(record)
    rows: dict[tuple[str, ListId], ListHeld] = {}
    for stream, records in sorted(streams.items()):  # by year: a later one replaces an earlier one
        if not any(_owner(record) in owners for record in records):
            continue
        unit, _, year = stream[len(_LISTS) :].rpartition("/")
        aggregate = ListAggregate(tuple(records))
        happened = {record.position: record.statement.happened for record in records}
        versions: dict[ListId, list[ListVersion]] = {}
        for version in aggregate.versions():
            day = owners.get(version.list_id[2])
            if day is None or year > date_text(day)[:4]:
                continue
            if Bound(start_of(day + 1)).admits(happened[version.position]):
                versions.setdefault(version.list_id, []).append(version)
        for list_id, found in versions.items():
            day = owners[list_id[2]]
            held = _list_held(citer, aggregate, found, Bound(start_of(day + 1)))
            rows[list_id[2], list_id] = held._replace(unit=unit, year=year, day=date_text(day))
    yield from (rows[key] for key in sorted(rows))


def _owner(record: Record) -> str:
    """Whose list a draft brings, or (after a correction of that) whose it was said to be; else nobody's."""
    fields: Any = record.statement.fields
    changed = fields.get("fields") or fields
    return str(changed.get("owner") or changed.get("owner_body") or "")


def _list_held(citer: Citer, aggregate: ListAggregate, versions: Sequence[ListVersion], bound: Bound) -> ListHeld:
    """How the last of *versions* stood before the bound; unit, year and day are filled in by the caller."""
    last = versions[-1]

    def acts(*types: str, of: Iterable[ListVersion]) -> list[Settled]:
        keys = [version.key for version in of]
        found = [act for t in types for key in keys for act in aggregate.named(t).get(key, ())]
        return [act for act in found if bound.admits(act.happened)]

    endorsed, committed = (acts(t, of=(last,)) for t in (_ENDORSED, _COMMITTED))
    voided = acts(_ENDORSED, _COMMITTED, of=versions[:-1])
    older = acts(_FILED, of=versions[:-1])
    filings = acts(_FILED, of=(last,))
    ids = {act.id for act in filings}
    receipts = [r for r in settle(aggregate.records) if r.record.statement.type in _RECEIPTS and _of(r) in ids]
    filed = [*filings, *(r for r in receipts if bound.admits(r.happened))]
    state = "endorsed" if endorsed else "committed" if committed else "void" if voided else "none"
    version = [r for r in aggregate.records if r.position == last.position]
    return ListHeld(
        unit="", year="", kind=last.list_id[0], owner=last.list_id[2], day="", state=state,
        version=citer.alone(version), stands=_cite(citer, [*endorsed, *committed]),
        voided=_cite(citer, [*voided, *older]), filed=_cite(citer, filed),
    )  # fmt: skip


def _of(receipt: Settled) -> bytes:
    reference: Any = receipt.fields.get("filing") or receipt.fields.get("of") or (b"",)
    return bytes(reference[0])


def _cite(citer: Citer, acts: Iterable[Settled]) -> Cited:
    return citer.records(act.record for act in acts)


# -- who was told


def told_of(citer: Citer, records: Iterable[Record], settled: Callable[[Record], Record | None]) -> Iterator[Told]:
    """Talks, circulars, directives and receipts among *records*; *settled*: each as it stands, None: not at all."""
    said: dict[str, list[Record]] = {}
    rows = []
    for record in records:
        if record.statement.type in _WORDS:
            said.setdefault(record.statement.stream, []).append(record)
        elif record.statement.type in TOLD:
            rows.append(record)
    for record in rows:
        stands = settled(record)
        if stands is None:
            continue
        statement = stands.statement
        fields: Any = statement.fields
        about = fields.get("kinds") or fields.get("kind") or fields.get("audience") or fields.get("form") or ()
        words = said.get(statement.stream, ()) if statement.type == "TalkHeld@1" else ()
        yield Told(
            kind=TOLD[statement.type], happened=statement.happened.date(),
            by=tuple(p.who for p in statement.performers), to=_told(fields),
            what=(about,) if isinstance(about, str) else tuple(map(str, about)),
            cited=citer.records([record]), words=citer.records(r for r in words if settled(r) is not None),
        )  # fmt: skip


def _told(fields: Any) -> tuple[str, ...]:
    """Persons that were talked to, and the units and recipients that were told."""
    names: dict[str, None] = dict.fromkeys(person for person, _ in attendees(fields, ("counterparts",)))
    for name in ("persons", "recipients", "units"):
        names.update(dict.fromkeys(map(str, fields.get(name, ()))))
    if fields.get("recipient"):
        names[str(fields["recipient"])] = None
    return tuple(names)


# -- gaps


def _units_of_posts(snapshot: Snapshot, records: Iterable[Record]) -> dict[str, str]:
    posts = {p.post for r in records for p in r.statement.performers}
    return {post: known.unit for post in posts if (known := snapshot.roster.post(post)) is not None}


def gaps_of(snapshot: Snapshot, streams: Iterable[str], bound: Bound) -> tuple[Gap, ...]:
    """The order constraints that are broken in *streams*, those of lists aside: these the status of a unit has."""
    wanted = {name for name in streams if not name.startswith((_LISTS, "registry/", "rules/"))}
    rows: dict[str, list[Record]] = {}
    for record in snapshot.records:
        statement = record.statement
        if statement.stream in wanted and (statement.type in EDIT_TYPES or bound.admits(statement.happened)):
            rows.setdefault(statement.stream, []).append(record)
    gaps: dict[Gap, None] = {}
    for _, records in sorted(rows.items()):
        types = {record.statement.type for record in records}
        for kind in _STREAMS:
            if types & kind.TYPES:
                gaps.update(dict.fromkeys(kind.of(records).gaps()))
        if types & CaseAggregate.TYPES:
            gaps.update(dict.fromkeys(CaseAggregate.of(records).gaps(as_of=date_text(day_at(bound.seconds - 1)))))
        if types & RectificationAggregate.TYPES:
            gaps.update(dict.fromkeys(RectificationAggregate.of(records).gaps(_units_of_posts(snapshot, records))))
    return tuple(sorted(gaps, key=lambda gap: (gap.positions, gap.code, gap.en)))
