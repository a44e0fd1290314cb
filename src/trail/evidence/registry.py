"""
The registry: who is who, which key is whose, which post belongs where, which types exist; a pure fold.

Its event types are built in (the verifier knows them without a declaration), everything else is declared.  What
authority rests on — keys, registrars, grants, types — is judged by position: an event counts from its own position
on, whatever date it names.  Who held a post on a day is judged by what is known, and only labelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from trail.encoding import Value
from trail.evidence import lineage
from trail.evidence.lineage import LogKey, Predecessor, Retirement
from trail.evidence.record import Record
from trail.evidence.schema import CompiledType
from trail.evidence.types import Field, PartSpec, TypeSpec, spec_from_value
from trail.signing.keys import PublicKey

CUSTODIES: Final = ("self", "token", "server")
MAX_DEPTH: Final = 64
"""Most units above a unit, those counted that one was merged into."""
GRANT_ACTIONS: Final = ("correct", "erase", "import", "sign")
REVOCATION_REASONS: Final = ("compromised", "left", "lost", "other")

_TEXT, _ID, _DATE, _PERSON, _POST, _UNIT = map(Field, ("text", "id", "date", "person", "post", "unit"))
_KEY: Final = Field("bytes", min=32, max=4096)
_SIGNATURE: Final = Field("bytes", min=64, max=4096)
_CUSTODY: Final = Field("enum", values=CUSTODIES)
_REASON: Final = {"reason": PartSpec({"reason": Field("text", max=10_000)})}
_REFERENCE: Final = Field("reference")
_FOUNDER: Final = Field(
    "record",
    members={"custody": _CUSTODY, "key": _KEY, "person": _ID, "possession": _SIGNATURE, "suite": _ID},
)
_ENROLMENT: Final = {"custody": _CUSTODY, "key": _KEY, "person": _PERSON, "possession": _SIGNATURE, "suite": _ID}


def _opt(spec: Field) -> Field:
    return Field(spec.kind, True, spec.of, spec.values, spec.members, spec.min, spec.max, spec.role)


def _own(name: str, fields: dict[str, Field], parts: dict[str, PartSpec] | None = None) -> TypeSpec:
    return TypeSpec(name, 1, fields, parts or {}, ("*",), ("own",))


_FOUNDING = (_own("LogFounded", {"predecessor": lineage.PREDECESSOR, "registrars": Field("list", of=_FOUNDER, min=2)}),)
_BY_TWO = (
    _own("RegistrarAppointed", {"person": _PERSON}),
    _own("RegistrarEnded", {"person": _PERSON}),
    _own("KeyEnrolled", _ENROLMENT),
    _own("KeyRotated", {**_ENROLMENT, "old": Field("digest")}),
    _own(
        "GrantGiven",
        {
            "action": Field("enum", values=GRANT_ACTIONS),
            "grant": _ID,
            "post": _POST,
            "types": Field("list", of=_ID, min=1),
            "unit": _UNIT,
        },
    ),
    _own("GrantEnded", {"grant": _ID}),
    # What widens a grant, or says who signs for a body, is as good as a grant.
    _own("UnitMoved", {"parent": _UNIT, "unit": _UNIT}),
    _own("UnitMerged", {"into": _UNIT, "unit": _UNIT}),
    _own("BodyRepresented", {"post": _POST, "unit": _UNIT}),
    _own("TypeDeclared", {"schema": Field("changes")}),
    _own("LogKeyRotated", lineage.ROTATION_FIELDS),
    _own("LogRetired", lineage.RETIREMENT_FIELDS),
)
_BY_OWNER_OR_ONE = (
    _own(
        "KeyRevoked",
        {
            "compromised_since": _opt(Field("instant")),
            "key": Field("digest"),
            "reason": Field("enum", values=REVOCATION_REASONS),
        },
    ),
)
_ROSTER = (
    _own("PersonRegistered", {"person": _ID}, {"name": PartSpec({"name": Field("text", max=200)})}),
    _own("UnitEstablished", {"kind": _ID, "name": _TEXT, "parent": _opt(_UNIT), "unit": _ID}),
    _own("UnitRenamed", {"name": _TEXT, "unit": _UNIT}),
    _own("PostCreated", {"kind": _ID, "post": _ID, "title": _TEXT, "unit": _UNIT}),
    _own("PostAbolished", {"post": _POST}),
    _own(
        "PostAssigned",
        {"acting": Field("bool"), "from": _DATE, "person": _PERSON, "post": _POST, "until": _opt(_DATE)},
    ),
    _own("PostRelieved", {"person": _PERSON, "post": _POST, "until": _DATE}),
    _own("PortfolioChanged", {"from": _DATE, "post": _POST, "units": Field("list", of=_UNIT, min=0)}),
)
_EDITS = (
    _own(
        "RecordCorrected",
        {
            "fields": Field("changes", optional=True),
            "happened": Field("happened", optional=True),
            "period": Field("period", optional=True),
            "target": _REFERENCE,
        },
        _REASON,
    ),
    _own("RecordVoided", {"target": _REFERENCE}, _REASON),
    _own("RecordDisputed", {"target": _REFERENCE}, _REASON),
    _own("PartErased", {"authority": _TEXT, "part": _ID, "target": _REFERENCE}),
)

GENESIS: Final = "LogFounded@1"
CORRECTED, VOIDED, DISPUTED, ERASED = (spec.key for spec in _EDITS)
EDIT_TYPES: Final = frozenset((CORRECTED, VOIDED, DISPUTED, ERASED))
TWO_REGISTRARS: Final = frozenset(spec.key for spec in _BY_TWO)
ROSTER_TYPES: Final = frozenset(spec.key for spec in _ROSTER)
REVOKED: Final = _BY_OWNER_OR_ONE[0].key
LOG_KEY_ROTATED: Final = "LogKeyRotated@1"
LOG_RETIRED: Final = "LogRetired@1"
REGISTRY_TYPES: Final = frozenset((GENESIS, REVOKED)) | TWO_REGISTRARS | ROSTER_TYPES
BUILT_IN: Final[dict[str, CompiledType]] = {
    spec.key: CompiledType(spec) for spec in (*_FOUNDING, *_BY_TWO, *_BY_OWNER_OR_ONE, *_ROSTER, *_EDITS)
}


class Unit(NamedTuple):
    """A unit or body: its kind, name, parent unit, the post it acts through, and what it was merged into."""

    kind: str
    name: str
    parent: str | None
    through: str | None = None
    merged: str | None = None


class Post(NamedTuple):
    """A post: its unit, kind and title; ``abolished`` is the position that ended it."""

    unit: str
    kind: str
    title: str
    abolished: int | None = None


class Assignment(NamedTuple):
    """A person in a post from a date (inclusive) until a date (exclusive); ``position`` says since when it is known."""

    person: str
    begin: str
    end: str | None
    acting: bool
    position: int


class Grant(NamedTuple):
    """A grant to a post: an action on types, within a unit and all below it."""

    post: str
    action: str
    types: frozenset[str]
    unit: str


@dataclass(slots=True)
class KeyState:
    """A member's key: whose, since which position, until which, in whose custody, enrolled by whom."""

    person: str
    public: PublicKey
    position: int
    custody: str
    by: tuple[str, ...]
    ended: int | None = None
    compromised_since: int | None = None


@dataclass(slots=True)
class Registry:
    """
    The state after some position.

    `apply` takes admitted records in order and ignores the types that are not its own.
    """

    persons: set[str] = field(default_factory=set)
    units: dict[str, Unit] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    keys: dict[bytes, KeyState] = field(default_factory=dict)
    registrars: set[str] = field(default_factory=set)
    grants: dict[str, Grant] = field(default_factory=dict)
    ended_grants: set[str] = field(default_factory=set)
    types: dict[str, CompiledType] = field(default_factory=lambda: dict(BUILT_IN))
    assignments: dict[str, list[Assignment]] = field(default_factory=dict)
    portfolios: dict[str, list[tuple[str, tuple[str, ...], int]]] = field(default_factory=dict)
    granted_posts: dict[str, dict[str, Grant]] = field(default_factory=dict)
    through_posts: set[str] = field(default_factory=set)
    log_keys: list[LogKey] = field(default_factory=list)
    predecessor: Predecessor | None = None
    retired: Retirement | None = None
    position: int = 0

    def apply(self, record: Record) -> None:
        """Take one admitted record."""
        self.position = record.position
        change = _CHANGES.get(record.statement.type)
        if change is not None:
            change(self, record, record.statement.fields)

    def within(self, unit: str, ancestor: str) -> bool:
        """Whether *unit* is *ancestor* or lies below it."""
        return ancestor in self.line(unit)

    def line(self, unit: str) -> Iterator[str]:
        """
        *unit* and the units above it, at most `MAX_DEPTH`.

        So that nobody's file can make it long: a unit that a move takes deeper is out of reach of the topmost ones.
        """
        at: str | None = unit
        for _ in range(MAX_DEPTH + 1):
            if at is None:
                return
            yield at
            known = self.units.get(at)
            at = None if known is None else known.merged or known.parent

    def holders(self, post: str, date: str) -> list[tuple[str, bool]]:
        """The persons known to hold *post* on *date*, each with whether they were acting."""
        return [
            (a.person, a.acting)
            for a in self.assignments.get(post, ())
            if a.begin <= date and (a.end is None or date < a.end)
        ]

    def holds(self, person: str, post: str, date: str) -> bool:
        """Whether *person* is known to hold *post* on *date*."""
        for who, begin, end, _, _ in self.assignments.get(post, ()):
            if who == person and begin <= date and (end is None or date < end):
                return True
        return False

    def granted(self, post: str, action: str, type_key: str, unit: str | None) -> bool:
        """
        Whether *post* holds a grant of *action* on *type_key* for *unit*.

        What belongs to no unit is reached by a grant for a topmost unit alone.
        """
        name = type_key.rpartition("@")[0]
        return any(
            g.action == action
            and ("*" in g.types or type_key in g.types or name in g.types)
            and (self.units[g.unit].parent is None if unit is None else self.within(unit, g.unit))
            for g in self.granted_posts.get(post, {}).values()
        )

    def is_builtin(self, type_key: str) -> bool:
        """Whether the verifier knows the type without a declaration."""
        return type_key in BUILT_IN


Fields = dict[str, Any]


def _enrol(r: Registry, record: Record, person: str, fields: Fields) -> None:
    public = PublicKey(fields["suite"], fields["key"])
    by = tuple(s.person for s in record.statement.signers)
    r.keys[public.id] = KeyState(person, public, record.position, fields["custody"], by)


def _founded(r: Registry, record: Record, f: Fields) -> None:
    r.predecessor = lineage.predecessor(f)
    for founder in f["registrars"]:
        r.persons.add(founder["person"])
        r.registrars.add(founder["person"])
        _enrol(r, record, founder["person"], founder)


def _rotated(r: Registry, record: Record, f: Fields) -> None:
    r.keys[f["old"]].ended = record.position
    _enrol(r, record, f["person"], f)


def _revoked(r: Registry, record: Record, f: Fields) -> None:
    state = r.keys[f["key"]]
    if state.ended is None:
        state.ended = record.position
    since = f.get("compromised_since")
    if since is not None and (state.compromised_since is None or since < state.compromised_since):
        state.compromised_since = since


def _granted(r: Registry, record: Record, f: Fields) -> None:
    grant = r.grants[f["grant"]] = Grant(f["post"], f["action"], frozenset(f["types"]), f["unit"])
    r.granted_posts.setdefault(grant.post, {})[f["grant"]] = grant


def _grant_ended(r: Registry, record: Record, f: Fields) -> None:
    grant = r.grants.pop(f["grant"])
    r.granted_posts[grant.post].pop(f["grant"], None)
    r.ended_grants.add(f["grant"])


def _declared(r: Registry, record: Record, f: Fields) -> None:
    spec = spec_from_value(f["schema"])
    r.types[spec.key] = CompiledType(spec)


def _established(r: Registry, record: Record, f: Fields) -> None:
    r.units[f["unit"]] = Unit(f["kind"], f["name"], f.get("parent"))


def _renamed(r: Registry, record: Record, f: Fields) -> None:
    r.units[f["unit"]] = r.units[f["unit"]]._replace(name=f["name"])


def _moved(r: Registry, record: Record, f: Fields) -> None:
    r.units[f["unit"]] = r.units[f["unit"]]._replace(parent=f["parent"])


def _merged(r: Registry, record: Record, f: Fields) -> None:
    r.units[f["unit"]] = r.units[f["unit"]]._replace(merged=f["into"])


def _represented(r: Registry, record: Record, f: Fields) -> None:
    r.units[f["unit"]] = r.units[f["unit"]]._replace(through=f["post"])
    r.through_posts.add(f["post"])


def _created(r: Registry, record: Record, f: Fields) -> None:
    r.posts[f["post"]] = Post(f["unit"], f["kind"], f["title"])


def _abolished(r: Registry, record: Record, f: Fields) -> None:
    """An abolished post keeps its past, but neither its grants nor the bodies that acted through it."""
    r.posts[f["post"]] = r.posts[f["post"]]._replace(abolished=record.position)
    for name in r.granted_posts.pop(f["post"], {}):
        del r.grants[name]
        r.ended_grants.add(name)
    for unit, known in r.units.items():
        if known.through == f["post"]:
            r.units[unit] = known._replace(through=None)


def _assigned(r: Registry, record: Record, f: Fields) -> None:
    row = Assignment(f["person"], f["from"], f.get("until"), f["acting"], record.position)
    r.assignments.setdefault(f["post"], []).append(row)


def _relieved(r: Registry, record: Record, f: Fields) -> None:
    rows = r.assignments.get(f["post"], [])
    for number in range(len(rows) - 1, -1, -1):
        row = rows[number]
        if row.person == f["person"] and (row.end is None or row.end > f["until"]):
            rows[number] = row._replace(end=f["until"])
            return


def _log_retired(r: Registry, record: Record, f: Fields) -> None:
    r.retired = lineage.retired(record, f)


def _portfolio(r: Registry, record: Record, f: Fields) -> None:
    row = (f["from"], tuple(f["units"]), record.position)
    r.portfolios.setdefault(f["post"], []).append(row)


_CHANGES: Final[dict[str, Callable[[Registry, Record, dict[str, Value]], None]]] = {
    GENESIS: _founded,
    "RegistrarAppointed@1": lambda r, _, f: r.registrars.add(str(f["person"])),
    "RegistrarEnded@1": lambda r, _, f: r.registrars.discard(str(f["person"])),
    "KeyEnrolled@1": lambda r, record, f: _enrol(r, record, str(f["person"]), f),
    "KeyRotated@1": _rotated,
    REVOKED: _revoked,
    "GrantGiven@1": _granted,
    "GrantEnded@1": _grant_ended,
    "TypeDeclared@1": _declared,
    "PersonRegistered@1": lambda r, _, f: r.persons.add(str(f["person"])),
    "UnitEstablished@1": _established,
    "UnitRenamed@1": _renamed,
    "UnitMoved@1": _moved,
    "UnitMerged@1": _merged,
    "PostCreated@1": _created,
    "PostAbolished@1": _abolished,
    "BodyRepresented@1": _represented,
    "PostAssigned@1": _assigned,
    "PostRelieved@1": _relieved,
    "PortfolioChanged@1": _portfolio,
    LOG_KEY_ROTATED: lambda r, record, f: lineage.rotated(r.log_keys, record, f),
    LOG_RETIRED: _log_retired,
}
