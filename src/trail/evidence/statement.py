"""
The statement: what a person signs, as one canonical map (`trail.encoding`).

It names everything that matters, including the digests of what lies beside it; the keys, their shapes and the rules
between them are listed in ``docs/spec/record.md``.  A later, incompatible statement has another ``format``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final, NamedTuple

from trail.encoding import Value, check_identifier, decode, encode
from trail.errors import EncodingError, RecordError
from trail.evidence.moment import Happened, check_period, parse_happened

FORMAT: Final = 1
MAX_ENTRY: Final = 65_535  # the length prefix of an entry bundle is 16 bits wide: C2SP tlog-tiles
MAX_PART: Final = 1 << 20
MAX_SIGNERS: Final = 16
MAX_FILE: Final = (1 << 53) - 1  # of a file that the host keeps; larger numbers are shown wrongly by some programs
HANDS: Final = ("own", "recorded", "imported")
CLASSIFICATIONS: Final = ("public", "internal", "work_secret")
_new: Final = tuple.__new__  # a NamedTuple's own constructor is a Python function: too slow to run five times an act


class Performer(NamedTuple):
    """Who did it: ``kind`` is ``"person"`` or ``"body"``, ``who`` the person or unit, ``post`` the post acted in."""

    kind: str
    who: str
    post: str


class SignerRef(NamedTuple):
    """Who vouches for it: a person, the post in which they sign (empty for a registrar), and the id of their key."""

    person: str
    post: str
    key: bytes


class PartRef(NamedTuple):
    """A body part by name, digest (SHA-256 of its clear bytes) and size in bytes."""

    name: str
    digest: bytes
    size: int


class AttachmentRef(NamedTuple):
    """A file by digest (SHA-256), size in bytes and media type; it stays in the host's document store."""

    digest: bytes
    size: int
    media: str


class Seen(NamedTuple):
    """The issued checkpoint that the signer held, with the digests of the dated anchors they held on it."""

    size: int
    root: bytes
    anchors: tuple[bytes, ...]


class Statement(NamedTuple):
    """What is signed, decoded; the fields are in the order of the canonical map's keys."""

    after: int
    attachments: tuple[AttachmentRef, ...]
    causes: tuple[bytes, ...]
    classification: str
    fields: dict[str, Value]
    format: int
    hand: str
    happened: Happened
    id: bytes
    log: str
    parts: tuple[PartRef, ...]
    performers: tuple[Performer, ...]
    period: str | None
    seen: Seen | None
    signers: tuple[SignerRef, ...]
    stream: str
    type: str
    unit: str | None


def _fail(message: str, where: str) -> RecordError:
    return RecordError(message, where=where)


def _rows(value: object, where: str) -> list[Any]:
    """A list with at least one element: what is empty is left out, so that every statement has one spelling."""
    if type(value) is not list or not value:
        raise _fail("expected a list with at least one element", where)
    return value


def _digest(value: object, where: str) -> bytes:
    if type(value) is not bytes or len(value) != 32:
        raise _fail("expected 32 bytes", where)
    return value


def check_type_key(text: object, where: str) -> tuple[str, int]:
    """Split ``Name@1`` into name and version; raises `RecordError`."""
    if type(text) is str:
        name, at, version = text.rpartition("@")
        number = version.isascii() and version.isdigit() and version[0] != "0" and len(version) < 6
        if at and "@" not in name and number:
            try:
                check_identifier(name, where)
            except EncodingError as error:
                raise _fail(error.message.removeprefix(f"{where}: "), where) from None
            return name, int(version)
    raise _fail("expected a type name and version, Name@1", where)


def _performers(value: object) -> tuple[Performer, ...]:
    out = []
    for row in _rows(value, "performers"):
        if type(row) is not list or len(row) != 3 or row[0] not in ("person", "body"):
            raise _fail("expected [person or body, who, post]", "performers")
        _, who, post = row
        if type(who) is not str or type(post) is not str or not who:
            raise _fail("expected names", "performers")
        out.append(_new(Performer, row))
    if len(out) > 1 and any(a >= b for a, b in pairwise(out)):
        raise _fail("expected ascending order without repeats", "performers")
    return tuple(out)


def _signers(value: object) -> tuple[SignerRef, ...]:
    rows = _rows(value, "signers")
    if len(rows) > MAX_SIGNERS:
        raise _fail(f"more than {MAX_SIGNERS} signers", "signers")
    out = []
    last = b""
    for row in rows:
        if type(row) is not list or len(row) != 3:
            raise _fail("expected [person, post, key]", "signers")
        person, post, key = row
        if type(person) is not str or type(post) is not str or not person:
            raise _fail("expected names", "signers")
        if type(key) is not bytes or len(key) != 32 or key <= last:
            raise _fail("expected distinct keys of 32 bytes in ascending order", "signers")
        last = key
        out.append(_new(SignerRef, row))
    return tuple(out)


def _parts(value: object) -> tuple[PartRef, ...]:
    out = []
    last = ""
    for row in _rows(value, "parts"):
        if type(row) is not list or len(row) != 3:
            raise _fail("expected [name, digest, size]", "parts")
        name, digest, size = row
        if type(name) is not str or name <= last or type(size) is not int or not 0 < size <= MAX_PART:
            raise _fail("expected distinct names in ascending order and sizes up to 1 MiB", "parts")
        last = name
        _digest(digest, "parts")
        out.append(_new(PartRef, row))
    if len(out) > 1 and len({part.digest for part in out}) != len(out):
        raise _fail("expected distinct digests: each part has a salt of its own", "parts")
    return tuple(out)


def _attachments(value: object) -> tuple[AttachmentRef, ...]:
    out = []
    last = b""
    for row in _rows(value, "attachments"):
        if type(row) is not list or len(row) != 3:
            raise _fail("expected [digest, size, media type]", "attachments")
        digest, size, media = row
        if _digest(digest, "attachments") <= last or type(size) is not int or not 0 <= size <= MAX_FILE:
            raise _fail("expected distinct digests in ascending order and sizes", "attachments")
        last = digest
        plain = type(media) is str and media.isascii() and media.isprintable() and " " not in media
        if not plain or media.count("/") != 1 or not 3 <= len(media) <= 127:
            raise _fail("expected a media type such as application/pdf", "attachments")
        out.append(AttachmentRef(digest, size, media))
    return tuple(out)


def _causes(value: object) -> tuple[bytes, ...]:
    last = b""
    for cause in _rows(value, "causes"):
        if type(cause) is not bytes or len(cause) != 16 or cause <= last:
            raise _fail("expected distinct event ids of 16 bytes in ascending order", "causes")
        last = cause
    return tuple(_rows(value, "causes"))


def _seen(value: object) -> Seen:
    if type(value) is not list or len(value) != 3 or type(value[0]) is not int or value[0] < 1:
        raise _fail("expected [size, root, anchors]", "seen")
    size, root, anchors = value
    if type(anchors) is not list or len(anchors) > 100:
        raise _fail("expected at most 100 anchors", "seen")
    digests = tuple(_digest(a, "seen") for a in anchors)
    if any(a >= b for a, b in pairwise(digests)):
        raise _fail("expected distinct anchors in ascending order", "seen")
    return Seen(size, _digest(root, "seen"), digests)


def statement_to_value(s: Statement) -> dict[str, Value]:
    """The canonical map of a statement; optional keys without content are left out."""
    value: dict[str, Any] = {"after": s.after}
    if s.attachments:
        value["attachments"] = [list(a) for a in s.attachments]
    if s.causes:
        value["causes"] = list(s.causes)
    value |= {"classification": s.classification, "fields": s.fields, "format": s.format, "hand": s.hand}
    value |= {"happened": s.happened.to_value(), "id": s.id, "log": s.log}
    if s.parts:
        value["parts"] = [list(p) for p in s.parts]
    value["performers"] = [list(p) for p in s.performers]
    if s.period is not None:
        value["period"] = s.period
    if s.seen is not None:
        value["seen"] = [s.seen.size, s.seen.root, list(s.seen.anchors)]
    value |= {"signers": [list(r) for r in s.signers], "stream": s.stream, "type": s.type}
    if s.unit is not None:
        value["unit"] = s.unit
    return value


def encode_statement(statement: Statement) -> bytes:
    """The bytes to be signed; raises `EncodingError` or `RecordError` for what `decode_statement` would refuse."""
    value = statement_to_value(statement)
    _statement(value)
    return encode(value, max_bytes=MAX_ENTRY)


def decode_statement(data: bytes) -> Statement:
    """Read a statement from its exact bytes; raises `EncodingError` or `RecordError` with the place."""
    return _statement(decode(data, max_bytes=MAX_ENTRY))


def _statement(m: Any) -> Statement:
    if type(m) is not dict:
        raise _fail("expected a map", "statement")
    get = m.get
    form = get("format")
    if form != FORMAT or type(form) is not int:
        raise RecordError("unknown statement format", where="format", code="UNKNOWN_FORMAT", found=form)
    try:
        after, classification, fields, hand = m["after"], m["classification"], m["fields"], m["hand"]
        event, log, stream, type_ = m["id"], m["log"], m["stream"], m["type"]
        happened, performers, signers = m["happened"], m["performers"], m["signers"]
    except KeyError as missing:
        raise _fail("missing", str(missing.args[0])) from None
    attachments, causes, parts = get("attachments"), get("causes"), get("parts")
    period, seen, unit = get("period"), get("seen"), get("unit")
    optional = (attachments, causes, parts, period, seen, unit)
    if len(m) != 18 - optional.count(None):
        raise _fail(f"unknown or empty keys among {sorted(m)}", "statement")
    if type(after) is not int or after < 0:
        raise _fail("expected a stream version", "after")
    if classification not in CLASSIFICATIONS:
        raise _fail("expected public, internal or work_secret; state secrets do not belong here", "classification")
    if hand not in HANDS:
        raise _fail("expected own, recorded or imported", "hand")
    if type(event) is not bytes or len(event) != 16:
        raise _fail("expected 16 bytes", "id")
    if type(fields) is not dict:
        raise _fail("expected a map", "fields")
    if type(type_) is not str or "@" not in type_:
        raise _fail("expected a type name and version, Name@1", "type")
    if period is not None:
        check_period(period, "period")
    if unit is not None and (type(unit) is not str or not unit):
        raise _fail("expected a unit", "unit")
    if type(log) is not str:
        raise _fail("expected the log's origin", "log")
    check_identifier(stream, "stream")
    return _new(Statement, (
        after,
        _attachments(attachments) if attachments is not None else (),
        _causes(causes) if causes is not None else (),
        classification,
        fields,
        form,
        hand,
        parse_happened(happened),
        event,
        log,
        _parts(parts) if parts is not None else (),
        _performers(performers),
        period,
        _seen(seen) if seen is not None else None,
        _signers(signers),
        stream,
        type_,
        unit,
    ))  # fmt: skip
