r"""
Event logs in XES (IEEE 1849): read as a stream, an event at a time, and brought into a shape that a record can carry.

`read` keeps one event in memory.  A DOCTYPE is refused, and with it every entity but XML's own five.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import unicodedata
import zlib
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from trail import EncodingError, Field, Happened, RecordError
from trail.encoding import check_identifier, encode, printable

NAME, TIME, LIFECYCLE = "concept:name", "time:timestamp", "lifecycle:transition"
ACTORS = ("org:resource", "org:role", "org:group")

MAX_NAME = 200  # an identifier has at most 255 characters, and stands behind a prefix in the names of streams
MAX_KEY, MAX_VALUE = 200, 10_000  # characters; what is longer is cut and says how long it was
MAX_TEXT, MAX_RECORDS = 100_000, 1_000  # of one list of attributes: a body part holds at most 1 MiB

ATTRIBUTE = Field(
    "record",
    members={
        "depth": Field("int", optional=True, min=1),  # how many attributes this one lies in; absent: none
        "key": Field("text", min=0, max=MAX_KEY),
        "length": Field("int", optional=True, min=1),  # characters of a value that was cut
        "sha256": Field("digest", optional=True),  # of the whole value's UTF-8, where it was cut
        "type": Field("text", max=MAX_KEY),
        "value": Field("text", min=0, max=MAX_VALUE),
    },
)


class Refused(Exception):
    """What the user can put right: an unusable file or folder."""


class Attribute(NamedTuple):
    """One attribute; those that lie in it follow, one deeper."""

    key: str
    type: str
    value: str
    depth: int


class Event(NamedTuple):
    """An event of trace *case* (from 1; 0: of none), and the trace's attributes that were read since the last one."""

    case: int
    attributes: list[Attribute]
    trace: list[Attribute]


class Xes:
    """
    Reads one XES file, whatever namespace it uses: feed ``parser``, take events from ``ready``.

    One event is held back, for attributes of its trace that follow it.  ``log`` holds what is said of the whole log:
    attributes, extensions, globals, classifiers.
    """

    def __init__(self) -> None:
        self.ready: list[Event] = []
        self.log: list[Attribute] = []
        self.traces = 0
        self._trace: list[Attribute] = []
        self._case = 0
        self._held: Event | None = None
        self._target = self.log
        self._open: list[str] = []
        self._depth = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = _doctype

    def _role(self) -> str:
        """What the innermost open element is: a log, trace or event in its place, or an attribute."""
        path = self._open
        tag, level = path[-1], len(path)
        if level == 1 or tag == "values":  # the values of a list are in it, whatever holds them
            return tag
        if (level == 2 and tag in ("trace", "event")) or (level == 3 and tag == "event" and path[1] == "trace"):
            return tag
        return "attribute"

    def _start(self, name: str, given: dict[str, str]) -> None:
        self._open.append(name.rpartition(" ")[2])
        role = self._role()
        if role == "attribute":
            key = given.get("key", given.get("name", given.get("scope", "")))
            value = given.get("value", given.get("uri", given.get("keys", "")))
            self._target.append(Attribute(key, self._open[-1], value, self._depth))
            self._depth += 1
        elif role == "event":
            self._flush()
            self._held = Event(self._case, [], [])
            self._target = self._held.attributes
        elif role == "trace":
            self._flush()
            self.traces += 1
            self._case, self._trace = self.traces, []
            self._target = self._trace
        elif len(self._open) == 1 and role != "log":
            raise Refused(f"this is no XES file: it begins with <{printable(role)}>, not with <log>")

    def _end(self, name: str) -> None:
        role = self._role()
        self._open.pop()
        if role == "attribute":
            self._depth -= 1
        elif role == "event":
            self._target = self._trace if self._case else self.log
        elif role == "trace":
            self._flush()
            self._case, self._trace, self._target = 0, [], self.log
        elif role == "log":
            self._flush()

    def _flush(self) -> None:
        if self._held is not None:
            self._held.trace.extend(self._trace)
            self._trace.clear()
            self.ready.append(self._held)
            self._held = None


def _doctype(*_: object) -> None:
    raise Refused("the file has a DOCTYPE, which an event log has no use for: it is not read")


def read(path: Path, xes: Xes) -> Iterator[Event]:
    """The events of a file, plain or gzip, in its order; raises `Refused`."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream: io.BufferedIOBase = gzip.GzipFile(fileobj=raw) if packed else raw
            more = True
            while more:
                chunk = stream.read(1 << 16)
                more = bool(chunk)
                xes.parser.Parse(chunk, not more)
                yield from xes.ready
                xes.ready.clear()
    except expat.ExpatError as error:
        raise Refused(f"{path} is not well-formed XML: {error}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise Refused(f"{path} can't be read: {error}") from None


def told(event: Event) -> dict[str, Attribute]:
    """What an event's own attributes say, by key; of several with one key the first counts, and an empty one not."""
    found: dict[str, Attribute] = {}
    for attribute in event.attributes:
        if not attribute.depth and attribute.value.strip():
            found.setdefault(attribute.key, attribute)
    return found


def actor_of(said: Mapping[str, Attribute]) -> tuple[str, str] | None:
    """Which attribute names who did it, and the name."""
    return next(((key, said[key].value) for key in ACTORS if key in said), None)


def moment(text: str) -> Happened | None:
    """When an event happened by its ``time:timestamp``; None if that is no time, or none that a record carries."""
    try:
        at = dt.datetime.fromisoformat(text.strip())
        zoned = at.tzinfo is not None
        return Happened.at(at if zoned else at.replace(tzinfo=dt.UTC), precision="second", uncertain=not zoned)
    except (ValueError, OverflowError, RecordError):
        return None


def clean(text: str) -> str:
    r"""*text* as a record carries it: in NFC, and what it can't carry (control characters) as ``\u{85}``."""
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text)
    if _carried(text):
        return text
    return "".join(char if _carried(char) else printable(char) for char in text)


def _carried(text: str) -> bool:
    try:
        encode(text)
    except EncodingError:
        return False
    return True


def identifier(text: str, taken: Container[str] = ()) -> str:
    """*text* itself where it can be an identifier, is short and not *taken*; else a stem and a piece of its SHA-256."""
    try:
        check_identifier(text, "")
        if len(text) <= MAX_NAME and "@" not in text and text not in taken:
            return text
    except EncodingError:
        pass
    shown = printable(unicodedata.normalize("NFC", text[:MAX_NAME])).replace("@", " ")
    stem = " ".join(shown.split())[:60].rstrip()
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    for length in range(16, 65):
        name = f"{stem} #{digest[:length]}".lstrip()
        if name not in taken:
            return name
    raise Refused(f"no identifier can be made of {printable(text[:60])!r}")


class Told(NamedTuple):
    """Attributes as a body part holds them; how many values were cut, how many attributes left out."""

    rows: list[dict[str, object]]
    cut: int
    left: int


def records(attributes: list[Attribute]) -> Told:
    """Bring attributes into the shape of `ATTRIBUTE`, within its bounds; a last row says what was left out."""
    rows: list[dict[str, object]] = []
    budget, cut = MAX_TEXT, 0
    for number, (key, type_, value, depth) in enumerate(attributes):
        if budget <= 0 or (number == MAX_RECORDS - 1 and len(attributes) > MAX_RECORDS):
            left = len(attributes) - number
            rows.append({"key": "", "type": "omitted", "value": f"{left} more attributes were left out"})
            return Told(rows, cut, left)
        limit = min(MAX_VALUE, budget)
        shown = clean(value[: limit + 1])
        row: dict[str, object] = {"key": clean(key[:MAX_KEY])[:MAX_KEY], "type": clean(type_)[:MAX_KEY],
                                  "value": shown[:limit]}  # fmt: skip
        if depth:
            row["depth"] = depth
        if len(value) > limit or len(shown) > limit:
            row |= {"length": len(value), "sha256": hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()}
            cut += 1
        budget -= len(key) + len(type_) + len(shown)
        rows.append(row)
    return Told(rows, cut, 0)
