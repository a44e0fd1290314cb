"""What hypothesis draws for the tests of the kernel: statements, canonical values, declared types and their values."""

from __future__ import annotations

import datetime as dt
import string
from typing import Any

from hypothesis import strategies as st

from trail.evidence.moment import MAX_INSTANT, Happened
from trail.evidence.record import AttachmentRef, PartRef, Performer, Seen, SignerRef, Statement
from trail.evidence.types import KINDS, MAX_INT, Field, PartSpec, TypeSpec

NAMES = st.text(string.ascii_lowercase + "甲乙-/", min_size=1, max_size=12)
KEYS = st.text(string.ascii_lowercase, min_size=1, max_size=8)
TEXTS = st.text("abc 甲学院谈话。\n", max_size=30)
DIGESTS = st.binary(min_size=32, max_size=32)
IDS = st.binary(min_size=16, max_size=16)
INTS = st.integers(-(1 << 63), (1 << 64) - 1)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | INTS | TEXTS | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
MAPS = st.dictionaries(KEYS, VALUES, max_size=4)


def ascending(rows: st.SearchStrategy[Any], key: Any, **bounds: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    """Distinct by *key* and in its order."""
    return st.lists(rows, unique_by=key, **bounds).map(lambda found: tuple(sorted(found, key=key)))


HAPPENED = st.one_of(
    st.dates(dt.date(1, 1, 1), dt.date(9998, 12, 31)).map(Happened.on),
    st.builds(
        Happened, st.just("instant"), st.integers(0, MAX_INSTANT), st.integers(-1439, 1439),
        st.sampled_from(("minute", "second")), st.booleans(),
    ),
)  # fmt: skip
STATEMENTS = st.builds(
    Statement,
    after=st.integers(0, (1 << 64) - 1),
    attachments=ascending(
        st.builds(AttachmentRef, DIGESTS, st.integers(0, 1 << 40), st.sampled_from(("a/b", "application/pdf"))),
        lambda row: row.digest, max_size=3,
    ),
    causes=ascending(IDS, bytes, max_size=3),
    classification=st.sampled_from(("public", "internal", "work_secret")),
    fields=MAPS,
    format=st.just(1),
    hand=st.sampled_from(("own", "recorded", "imported")),
    happened=HAPPENED,
    id=IDS,
    log=NAMES,
    parts=ascending(
        st.builds(PartRef, KEYS, DIGESTS, st.integers(1, 1 << 20)), lambda row: row.name, max_size=3
    ).filter(lambda rows: len({row.digest for row in rows}) == len(rows)),
    performers=ascending(
        st.builds(Performer, st.sampled_from(("person", "body")), NAMES, NAMES | st.just("")), tuple,
        min_size=1, max_size=3,
    ),
    period=st.none() | st.sampled_from(("2026", "2026-H1", "2026-01", "2026-03-05")),
    seen=st.none() | st.builds(Seen, st.integers(1, 1 << 40), DIGESTS, ascending(DIGESTS, bytes, max_size=2)),
    signers=ascending(
        st.builds(SignerRef, NAMES, NAMES | st.just(""), DIGESTS.filter(any)), lambda row: row.key,
        min_size=1, max_size=3,
    ),
    stream=NAMES,
    type=st.builds("{}@{}".format, KEYS, st.integers(1, 99_999)),
    unit=st.none() | NAMES,
)  # fmt: skip


@st.composite
def fields(draw: st.DrawFn, nesting: int = 0) -> Field:
    """A field that may be declared."""
    kind = draw(st.sampled_from([k for k in KINDS if nesting < 4 or k not in ("list", "record")]))
    bound = st.none() | st.integers(-MAX_INT, MAX_INT)
    return Field(
        kind,
        optional=draw(st.booleans()),
        of=draw(fields(nesting + 1)) if kind == "list" else None,
        values=tuple(draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))) if kind == "enum" else (),
        members=draw(st.dictionaries(KEYS, fields(nesting + 1), min_size=1, max_size=2)) if kind == "record" else {},
        min=draw(bound),
        max=draw(bound),
        role=draw(st.sampled_from(("", "counterpart"))) if kind == "person" else "",
    )


SPECS = st.builds(
    TypeSpec,
    name=st.text(string.ascii_letters, min_size=1, max_size=12),
    version=st.integers(1, 99_999),
    fields=st.dictionaries(KEYS, fields(), max_size=3),
    parts=st.dictionaries(
        KEYS, st.builds(PartSpec, st.dictionaries(KEYS, fields(), max_size=2), st.booleans()), max_size=2
    ),
    posts=st.lists(NAMES, min_size=1, max_size=3).map(tuple),
    hands=st.lists(st.sampled_from(("own", "recorded", "imported")), min_size=1, unique=True).map(tuple),
    exclusive=st.booleans(),
)
