"""Properly signed bad entries, one or more for each code of the checks on entries; `TABLE` holds them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.laws.kit import THIEF

from trail.aggregates import (
    Act,
    ListEndorsed,
    PersonRegistered,
    ResponsibilityListDrafted,
    TalkHeld,
    UnitRenamed,
    declare,
)
from trail.aggregates.base import Place
from trail.errors import ActRefused, EncodingError, IdReused, RecordError, StreamMoved
from trail.evidence.record import Performer, SignerRef, encode_part
from trail.evidence.types import Field, PartSpec
from trail.signing import PrivateKey
from trail.store import PartContent, Submission
from trail.testing.campus import Campus, key_of
from trail.testing.tamper import remapped, resigned, signed

LAB = declare(
    "LabInspected",
    fields={"lab": Field("id"), "passed": Field("bool")},
    parts={"note": PartSpec({"note": Field("text", max=100)})},
    posts=("secretary", "head"),
    hands=("own", "recorded", "imported"),
)
VETO = declare("LabClosed", fields={"lab": Field("id")}, posts=("secretary",), hands=("own",), exclusive=True)


@dataclass(frozen=True, kw_only=True)
class LabInspected(Act):
    TYPE = LAB
    lab: str = "lab-1"
    passed: bool = True
    note: str = "已检查"


@dataclass(frozen=True, kw_only=True)
class LabClosed(Act):
    TYPE = VETO
    lab: str = "lab-1"

    def _place(self) -> Any:
        return Place("labs/lab-1")


@dataclass(frozen=True)
class Base:
    """A good submission of some family, and the real keys that sign it."""

    campus: Campus
    submission: Submission
    keys: list[PrivateKey]

    def but(self, **changes: Any) -> Submission:
        """The submission with its statement changed and signed again by the same keys."""
        return resigned(self.submission, self.keys, **changes)


def talk(campus: Campus) -> Base:
    act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
    return by(campus, "jia/secretary", act)


def lab(campus: Campus) -> Base:
    return by(campus, "jia/secretary", LabInspected(happened=campus.now))


def renaming(campus: Campus) -> Base:
    return registered(campus, UnitRenamed(unit="yi", name="乙一学院"))


def person(campus: Campus) -> Base:
    return registered(campus, PersonRegistered(person="p-099", name="某人"))


def by(campus: Campus, post: str, act: Act, who: str | None = None, **how: Any) -> Base:
    acting = campus.acting(post, who)
    key = key_of(acting.person)
    return Base(campus, signed(acting.prepare(act, **how), key), [key])


def registered(campus: Campus, act: Any, names: tuple[str, ...] = ("r-1",)) -> Base:
    keys = [key_of(name) for name in names]
    draft = campus.registering().prepare(act, keys=[(n, k.public.id) for n, k in zip(names, keys, strict=True)])
    return Base(campus, signed(draft, *keys), keys)


FAMILIES: dict[str, Callable[[Campus], Base]] = {"library": talk, "host": lab, "registry": renaming, "part": person}
ACTS = ("library", "host")
ALL = ("library", "host", "registry")
WITH_PART = ("library", "host", "part")


@dataclass(frozen=True)
class Bad:
    """
    A bad submission.

    ``version`` if append would not choose it, ``refused`` as what append refuses it (None: it has nothing to refuse),
    ``raw`` the statement and signatures where no statement can be made of them, ``in_file`` if only an evidence file
    can show it, ``appended`` the code that append gives where it differs.
    """

    submission: Submission
    version: int | None = None
    refused: type[Exception] | None = ActRefused
    raw: tuple[bytes, tuple[bytes, ...]] | None = None
    in_file: bool = False
    appended: str | None = None


Maker = Callable[[Base], Bad]
TABLE: list[tuple[str, tuple[str, ...], Maker]] = []


def bad(code: str, *families: str) -> Callable[[Maker], Maker]:
    def keep(make: Maker) -> Maker:
        TABLE.append((code, families, make))
        return make

    return keep


def with_part(base: Base, *, subjects: tuple[str, ...] | None = None, data: dict[str, Any] | None = None) -> Submission:
    """The submission with other content in its part, properly named and signed."""
    content = base.submission.parts[0]
    part = content.part
    changed = part._replace(
        subjects=part.subjects if subjects is None else subjects, data=part.data if data is None else data
    )
    encoded = encode_part(changed)
    ref = base.submission.statement.parts[0]._replace(digest=hashlib.sha256(encoded).digest(), size=len(encoded))
    return base.but(parts=(ref,))._replace(parts=(PartContent(changed, encoded),))


# --- 3 and 4 ---------------------------------------------------------------------------------------------------------


@bad("ENTRY_MALFORMED", *ALL)
def unknown_key(base: Base) -> Bad:
    return Bad(base.submission, refused=RecordError, raw=remapped(base.submission, base.keys, zzz=1))


@bad("ENTRY_MALFORMED", *ALL)
def not_canonical(base: Base) -> Bad:
    data, _ = remapped(base.submission, base.keys)
    longer = data + b"\xc0"
    signature = base.keys[0].sign(b"trail/statement/v1\n" + base.campus.trail.origin.encode() + b"\n" + longer)
    return Bad(base.submission, refused=EncodingError, raw=(longer, (signature,)))


@bad("ENTRY_UNKNOWN_FORMAT", *ALL)
def later_format(base: Base) -> Bad:
    return Bad(base.submission, refused=RecordError, raw=remapped(base.submission, base.keys, format=2))


@bad("ORIGIN_MISMATCH", *ALL)
def of_another_log(base: Base) -> Bad:
    return Bad(base.but(log="trail.example/elsewhere"))


# --- 5 to 7 ----------------------------------------------------------------------------------------------------------


@bad("TYPE_UNDECLARED", *ALL)
def undeclared(base: Base) -> Bad:
    return Bad(base.but(type="NobodyDeclaredThis@1"))


@bad("TYPE_UNDECLARED", *ALL)
def later_version_of_a_type(base: Base) -> Bad:
    return Bad(base.but(type=base.submission.statement.type.replace("@1", "@2")))


@bad("FIELDS_MISMATCH", *ALL)
def field_too_many(base: Base) -> Bad:
    return Bad(base.but(fields={**base.submission.statement.fields, "zzz": True}))


@bad("FIELDS_MISMATCH", *ALL)
def field_missing(base: Base) -> Bad:
    return Bad(base.but(fields={}))


@bad("FIELDS_MISMATCH", *ALL)
def field_of_another_kind(base: Base) -> Bad:
    fields = dict(base.submission.statement.fields)
    last = sorted(fields)[-1]
    return Bad(base.but(fields={**fields, last: b"bytes"}))


@bad("FIELDS_MISMATCH", *WITH_PART)
def part_that_the_schema_requires_is_not_named(base: Base) -> Bad:
    return Bad(base.but(parts=())._replace(parts=()))


@bad("NAME_UNKNOWN", *ACTS)
def unknown_unit(base: Base) -> Bad:
    return Bad(base.but(unit="nowhere"))


@bad("NAME_UNKNOWN", *ACTS)
def unknown_performer(base: Base) -> Bad:
    mine = base.submission.statement.performers
    return Bad(base.but(performers=tuple(sorted([*mine, Performer("person", "p-777", mine[0].post)]))))


@bad("NAME_UNKNOWN", *ACTS)
def unknown_post(base: Base) -> Bad:
    mine = base.submission.statement.signers[0]
    performer = Performer("person", mine.person, "jia/nothing")
    return Bad(base.but(performers=(performer,), signers=(SignerRef(mine.person, "jia/nothing", mine.key),)))


@bad("NAME_UNKNOWN", "registry")
def unknown_unit_in_a_field(base: Base) -> Bad:
    return Bad(base.but(fields={"name": "丙学院", "unit": "bing"}))


@bad("NAME_UNKNOWN", *WITH_PART)
def part_about_somebody_unknown(base: Base) -> Bad:
    return Bad(with_part(base, subjects=("p-777",)))


@bad("CAUSE_UNKNOWN", *ALL)
def unknown_cause(base: Base) -> Bad:
    return Bad(base.but(causes=(bytes(16),)))


@bad("ID_REUSED", *ALL)
def reused_id(base: Base) -> Bad:
    first = next(base.campus.trail.records(2, 2)).statement.id
    return Bad(base.but(id=first), refused=IdReused)


@bad("VERSION_GAP", *ALL)
def gap_in_the_stream(base: Base) -> Bad:
    last = base.submission.statement.after
    return Bad(base.submission, version=last + 5, refused=None)


@bad("AFTER_AHEAD", *ALL)
def seen_a_version_that_does_not_exist(base: Base) -> Bad:
    return Bad(base.but(after=base.submission.statement.after + 1))


@bad("STREAM_RESERVED", *ACTS)
def act_in_a_stream_of_the_registry(base: Base) -> Bad:
    return Bad(base.but(stream="registry/units/yi", after=0))


@bad("STREAM_RESERVED", "registry")
def registry_event_in_a_stream_of_acts(base: Base) -> Bad:
    return Bad(base.but(stream="talk/of-the-registry", after=0))


@bad("EXCLUSIVE_MOVED", *ACTS)
def signed_over_an_older_version(base: Base) -> Bad:
    campus = base.campus
    if base.submission.statement.type == LAB.key:
        campus.acting("jia/secretary").record(LabClosed(happened=campus.now))
        act: Act = LabClosed(happened=campus.now)
    else:
        items = {"1": "责任"}
        draft = ResponsibilityListDrafted(unit="jia", year=2026, owner="jia/deputy", items=items, happened=campus.now)
        acks = [campus.acting("jia/deputy").record(draft) for _ in range(2)]
        act = ListEndorsed(versions=acks[:1], happened=campus.now)
    return Bad(by(campus, "jia/secretary", act, after=0).submission, refused=StreamMoved)


# --- 8 and 9 ---------------------------------------------------------------------------------------------------------


def _signed_as(base: Base, key: PrivateKey) -> Submission:
    rows = [s._replace(key=key.public.id) for s in base.submission.statement.signers[:1]]
    return resigned(base.submission, [key], signers=tuple(rows))


@bad("KEY_UNKNOWN", *ALL)
def key_that_was_never_enrolled(base: Base) -> Bad:
    return Bad(_signed_as(base, THIEF))


@bad("KEY_OF_ANOTHER", *ALL)
def key_of_somebody_else(base: Base) -> Bad:
    return Bad(_signed_as(base, key_of("p-013")))


@bad("KEY_ENDED", *ALL)
def revoked_key(base: Base) -> Bad:
    who = base.submission.statement.signers[0].person
    return Bad(_signed_as(base, key_of(f"old key of {who}")))


OLD_KEYS = ("p-005", "r-1")


@bad("SIGNATURE_BAD", *ALL)
def signed_by_another_key(base: Base) -> Bad:
    other = signed_by(base, key_of("p-013"))
    return Bad(base.submission._replace(signatures=other))


def signed_by(base: Base, key: PrivateKey) -> tuple[bytes, ...]:
    return resigned(base.submission, [key]).signatures


@bad("SIGNATURE_BAD", *ALL)
def signature_for_another_purpose(base: Base) -> Bad:
    """A good signature of the same key over the bare statement: without its context it means nothing."""
    return Bad(base.submission._replace(signatures=(base.keys[0].sign(base.submission.statement_bytes),)))


@bad("SIGNATURE_BAD", *ALL)
def no_signature(base: Base) -> Bad:
    return Bad(base.submission._replace(signatures=(b"",)))
