"""The evidence file: strict framing, every truncation and every changed byte noticed, limits before reading."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.strategies import DIGESTS, MAPS, TEXTS

from trail.encoding import encode
from trail.errors import FrameError
from trail.evidence.file import (
    MAGIC,
    MAX_ATTACHMENT,
    MAX_NOTE,
    AttachmentItem,
    Broken,
    CheckpointItem,
    EntryItem,
    Header,
    Item,
    PartItem,
    StateItem,
    header_bytes,
    is_scope,
    read_evidence,
    write_evidence,
)

HEADER = Header("trail.example/jia", 2, {"all": True})
SMALL: list[Item] = [
    HEADER, CheckpointItem(b"note\n"), EntryItem(b"entry 1"), PartItem(b"part"), PartItem(None, bytes(32)),
    AttachmentItem(b""), AttachmentItem(None, bytes([1]) * 32), EntryItem(b"entry 2"), StateItem(b"state"),
    StateItem(None, bytes([2]) * 32),
]  # fmt: skip


def written(items: list[Item]) -> bytes:
    stream = io.BytesIO()
    assert write_evidence(stream, items) == len(stream.getvalue())
    return stream.getvalue()


def read(data: bytes) -> list[Item]:
    return list(read_evidence(io.BytesIO(data)))


def frame(kind: bytes, payload: bytes, length: int | None = None) -> bytes:
    return kind + (len(payload) if length is None else length).to_bytes(4, "big") + payload


def closed(*frames: bytes) -> bytes:
    """A file of *frames* with a right closing digest."""
    data = MAGIC + b"".join(frames)
    return data + frame(b"Z", hashlib.sha256(data).digest())


H, K, E = frame(b"H", header_bytes(HEADER._replace(entries=3))), frame(b"K", b"note"), frame(b"E", b"entry")
P, W = frame(b"P", b"part"), frame(b"W", bytes(32))
A, V = frame(b"A", b"file"), frame(b"V", bytes(32))
S, T = frame(b"S", b"state"), frame(b"T", bytes(32))
FILE = written(SMALL)


def fault(data: bytes) -> Broken:
    """The one `Broken` that ends it."""
    items = read(data)
    assert isinstance(items[-1], Broken)
    assert not any(isinstance(item, Broken) for item in items[:-1])
    return items[-1]


BESIDE = st.one_of(
    st.builds(PartItem, st.binary(max_size=50), st.none()), st.builds(PartItem, st.none(), DIGESTS),
    st.builds(AttachmentItem, st.binary(max_size=50), st.none()), st.builds(AttachmentItem, st.none(), DIGESTS),
    st.builds(StateItem, st.binary(max_size=50), st.none()), st.builds(StateItem, st.none(), DIGESTS),
)  # fmt: skip
ROWS = st.lists(st.tuples(st.builds(EntryItem, st.binary(max_size=50)), st.lists(BESIDE, max_size=3)), max_size=4)


@given(
    TEXTS,
    st.integers(0, (1 << 64) - 1),
    MAPS,
    st.lists(st.builds(CheckpointItem, st.binary(max_size=50)), max_size=3),
    ROWS,
)
def test_what_is_written_is_read_again(origin: str, entries: int, scope: Any, notes: list[Item], rows: Any) -> None:
    header = Header(origin, max(entries, len(rows), len(notes)), scope)
    items = [header, *notes, *(item for entry, beside in rows for item in (entry, *beside))]
    assert read(written(items)) == items


def test_every_truncation_is_broken() -> None:
    whole = read(FILE)
    for end in range(len(FILE)):
        items = read(FILE[:end])
        assert isinstance(items[-1], Broken), end
        assert items[:-1] == whole[: len(items) - 1], end


def test_every_single_byte_change_is_noticed() -> None:
    for at in range(len(FILE)):
        for bit in (1, 32, 128):
            changed = FILE[:at] + bytes([FILE[at] ^ bit]) + FILE[at + 1 :]
            assert isinstance(read(changed)[-1], Broken), at


def test_every_dropped_or_doubled_frame_is_noticed() -> None:
    frames = [H, K, E, P, W, A, V, E, S, E, T]
    assert not any(isinstance(item, Broken) for item in read(closed(*frames)))
    data = closed(*frames)
    end = data[-37:]
    for at, one in enumerate(frames):
        for changed in (frames[:at] + frames[at + 1 :], [*frames[:at], one, *frames[at:]]):
            assert fault(MAGIC + b"".join(changed) + end).code in ("CLOSING_DIGEST", "FRAME_BROKEN")


def test_a_changed_payload_is_told_apart_from_a_broken_frame() -> None:
    assert fault(FILE.replace(b"entry 1", b"entry 3")).code == "CLOSING_DIGEST"
    assert fault(FILE[:-1]).code == "FRAME_BROKEN"


@pytest.mark.parametrize(
    "first", [b"", b"trail evidence 2\n", b"trail evidence 1\r\n", b"Trail evidence 1\n", b"{}", b"\x1f\x8b"]
)
def test_another_first_line_is_another_format(first: bytes) -> None:
    assert "first line" in fault(first + FILE[len(MAGIC) :]).reason


@pytest.mark.parametrize(
    "frames",
    [
        (K,), (E,), (P,), (A,), (K, H), (E, H), (H, H), (H, K, H), (H, E, H), (H, E, K), (H, K, E, K), (H, P), (H, W),
        (H, A), (H, V), (H, K, P), (H, K, V), (S,), (H, S), (H, T), (H, K, S),
    ],
)  # fmt: skip
def test_frames_out_of_order_are_broken(frames: tuple[bytes, ...]) -> None:
    assert fault(closed(*frames)).code == "FRAME_BROKEN"


@pytest.mark.parametrize(
    "frames", [(H,), (H, K), (H, K, K), (H, E), (H, E, P, W, A, V, E), (H, E, A, P), (H, E, S, E, T)]
)
def test_frames_in_order(frames: tuple[bytes, ...]) -> None:
    items = read(closed(*frames))
    assert len(items) == len(frames)
    assert not any(isinstance(item, Broken) for item in items)


def test_a_stream_that_never_ends_is_refused_and_not_waited_for() -> None:
    """F9: what the header announced is the most that is read; nothing is gathered meanwhile."""

    class Endless(io.RawIOBase):
        """A header of one entry, then one frame for ever; it counts how often that was read."""

        def __init__(self, *begin: bytes, then: bytes) -> None:
            self.ahead, self.then, self.given = MAGIC + b"".join(begin), then, 0

        def read(self, size: int = -1) -> bytes:
            while len(self.ahead) < size:
                self.ahead, self.given = self.ahead + self.then, self.given + 1
                assert self.given < 10_000, "it was read on and on"
            out, self.ahead = self.ahead[:size], self.ahead[size:]
            return out

    header = frame(b"H", header_bytes(HEADER._replace(entries=1)))
    for stream, why in (
        (Endless(header, then=E), "more entries than the header announced"),
        (Endless(header, then=K), "more checkpoints than there are sizes"),
        (Endless(header, E, then=P), "more beside an entry than it can name"),
        (Endless(header, E, then=V), "more beside an entry than it can name"),
        (Endless(header, then=header), "a second header"),
    ):
        assert list(read_evidence(stream))[-1] == Broken("FRAME_BROKEN", why)  # type: ignore[arg-type]


def test_bytes_after_the_end_are_broken() -> None:
    for more in (b"\x00", b"\n", FILE, frame(b"E", b"entry")):
        assert fault(FILE + more).code == "FRAME_BROKEN"


@pytest.mark.parametrize("kind", [b"X", b"e", b"\x00", b"\xff", b"h"])
def test_an_unknown_kind_is_broken(kind: bytes) -> None:
    assert fault(closed(H, frame(kind, b""))).code == "FRAME_BROKEN"


@pytest.mark.parametrize("kind", [b"W", b"V", b"T"])
@pytest.mark.parametrize("length", [0, 31])
def test_what_is_withheld_is_named_by_a_whole_digest(kind: bytes, length: int) -> None:
    assert fault(closed(H, E, frame(kind, bytes(length)))).code == "FRAME_BROKEN"


def test_a_closing_frame_holds_a_digest() -> None:
    for length in (0, 31):
        assert fault(MAGIC + H + frame(b"Z", bytes(length))).code == "CLOSING_DIGEST"


class Counting(io.BytesIO):
    """Notes how much was asked for."""

    asked = 0

    def read(self, size: int | None = -1) -> bytes:
        self.asked = max(self.asked, size or 0)
        return super().read(size)


@pytest.mark.parametrize(
    ("kind", "limit"),
    [(b"H", 1 << 20), (b"K", MAX_NOTE), (b"E", 65_535), (b"P", 1 << 20), (b"W", 32), (b"A", MAX_ATTACHMENT), (b"V", 32),
     (b"S", MAX_ATTACHMENT), (b"T", 32), (b"Z", 32)],
)  # fmt: skip
def test_lengths_are_checked_before_anything_is_read(kind: bytes, limit: int) -> None:
    before = {b"H": b"", b"K": H, b"E": H}.get(kind, H + E)
    for length in (limit + 1, (1 << 32) - 1):
        stream = Counting(MAGIC + before + frame(kind, b"", length))
        assert "length" in next(item.reason for item in read_evidence(stream) if isinstance(item, Broken))
        assert stream.asked <= 100


def test_a_frame_of_the_full_length_is_read() -> None:
    for item in (EntryItem(bytes(65_535)), CheckpointItem(bytes(MAX_NOTE))):
        assert read(written([HEADER, item])) == [HEADER, item]


def test_what_would_not_be_read_is_not_written() -> None:
    for item in (
        EntryItem(bytes(65_536)), CheckpointItem(bytes(MAX_NOTE + 1)), PartItem(bytes((1 << 20) + 1)),
        PartItem(None, bytes(33)), PartItem(None), AttachmentItem(None), StateItem(None), StateItem(None, bytes(33)),
        Broken("FRAME_BROKEN", "x"), "item",
    ):  # fmt: skip
        with pytest.raises(FrameError):
            write_evidence(io.BytesIO(), [HEADER, item])  # type: ignore[list-item]


GOOD_HEADER = {"entries": 1, "format": 1, "origin": "trail.example/jia", "scope": {}}


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xc0", encode([]), encode({}), encode(GOOD_HEADER | {"format": 2}), encode(GOOD_HEADER | {"format": True}),
     encode(GOOD_HEADER | {"format": "1"}), encode(GOOD_HEADER | {"entries": -1}),
     encode(GOOD_HEADER | {"entries": True}), encode(GOOD_HEADER | {"entries": "1"}),
     encode(GOOD_HEADER | {"origin": 1}), encode(GOOD_HEADER | {"scope": []}),
     encode(GOOD_HEADER | {"more": 1}), encode({k: v for k, v in GOOD_HEADER.items() if k != "scope"}),
     encode(GOOD_HEADER) + b"\xc0"],
)  # fmt: skip
def test_a_shape_of_header_that_is_broken(payload: bytes) -> None:
    assert read(closed(frame(b"H", encode(GOOD_HEADER)))) == [Header("trail.example/jia", 1, {})]
    assert fault(closed(frame(b"H", payload))).code == "FRAME_BROKEN"


SCOPES: list[dict[str, Any]] = [
    {"all": True}, {"none": True}, {"unit": "jia"}, {"person": "p-001"}, {"from": "2026-01-01"}, {"to": "2026-01-01"},
    {"from": "2026-01-01", "to": "2026-01-01"}, {"from": "2026-01-01", "unit": "jia"},
    {"from": "2026-01-01", "to": "2026-06-30", "unit": "jia"}, {"person": "p-001", "to": "2026-06-30"},
]  # fmt: skip
NO_SCOPES: list[dict[str, Any]] = [
    {}, {"all": 1}, {"all": False}, {"none": 1}, {"all": True, "none": True}, {"unit": ""}, {"unit": 1}, {"unit": None},
    {"all": True, "unit": "jia"}, {"person": "p-001", "unit": "jia"}, {"from": "2026-02-30"}, {"from": "2026"},
    {"from": ""}, {"from": 20260101}, {"to": "2026-1-1"}, {"from": "2026-02-01", "to": "2026-01-31"},
    {"none": True, "unit": "jia"}, {"units": "jia"}, {"unit": ["jia"]}, {"since": "2026-01-01", "unit": "jia"},
]  # fmt: skip


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_a_scope_that_is_known(scope: dict[str, Any]) -> None:
    assert is_scope(scope)


@pytest.mark.parametrize("scope", NO_SCOPES, ids=str)
def test_a_scope_that_nobody_reads(scope: dict[str, Any]) -> None:
    assert not is_scope(scope)


def test_a_failing_disk_is_a_broken_file() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 30:
                raise OSError(5, "Input/output error")
            return super().read(size)

    items = list(read_evidence(Failing(FILE)))
    assert items[-1] == Broken("FRAME_BROKEN", "reading failed: Input/output error")


def test_a_file_of_a_stream_that_gives_less_than_asked_is_read_whole() -> None:
    class Slow(io.RawIOBase):
        def __init__(self) -> None:
            self._inner = io.BytesIO(FILE)

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return self._inner.read(min(size, 3) if size > 0 else size)

    assert list(read_evidence(Slow())) == SMALL  # type: ignore[arg-type]
