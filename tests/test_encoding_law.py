"""The law of `trail.encoding`: `decode` accepts exactly the image of `encode`.  Case E18: two readers agree."""

import struct
import unicodedata

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import trail.encoding
from trail.encoding import decode, encode
from trail.errors import EncodingError


class Reader:
    """
    A second reader of the same format, written from the table in `docs/spec/encoding.md` alone: slow and plain.

    Every header is read by its own line; shortest forms are checked by asking how the value would be written.
    """

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        self.at += count
        if self.at > len(self.data):
            raise ValueError("short")
        return self.data[self.at - count : self.at]

    def number(self, form: str) -> int:
        return int(struct.unpack(">" + form, self.take(struct.calcsize(form)))[0])

    def text(self, count: int) -> str:
        text = self.take(count).decode("utf-8", "strict")
        if unicodedata.normalize("NFC", text) != text:
            raise ValueError("NFC")
        for char in text:
            code = ord(char)
            if (code < 32 and char not in "\n\t") or 0x7F <= code < 0xA0:
                raise ValueError("control")
            if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
                raise ValueError("noncharacter")
        return text

    def value(self, depth: int = 0) -> object:
        code = self.take(1)[0]
        if code == 0xC0:
            return None
        if code in (0xC2, 0xC3):
            return code == 0xC3
        if code < 0x80:
            return code
        if code >= 0xE0:
            return code - 256
        if 0xCC <= code <= 0xD3:
            number = self.number("BHIQbhiq"[code - 0xCC])
            bounds = {0xCC: 0x7F, 0xCD: 0xFF, 0xCE: 0xFFFF, 0xCF: 0xFFFFFFFF}
            below = {0xD0: -32, 0xD1: -(2**7), 0xD2: -(2**15), 0xD3: -(2**31)}
            if number <= bounds[code] if code in bounds else number >= below[code]:
                raise ValueError("long")
            return number
        if 0xA0 <= code <= 0xBF or 0xD9 <= code <= 0xDB:
            count = code - 0xA0 if code < 0xC0 else self.number("BHI"[code - 0xD9])
            if code >= 0xD9 and count <= (31, 0xFF, 0xFFFF)[code - 0xD9]:
                raise ValueError("long")
            return self.text(count)
        if 0xC4 <= code <= 0xC6:
            count = self.number("BHI"[code - 0xC4])
            if count <= (-1, 0xFF, 0xFFFF)[code - 0xC4]:
                raise ValueError("long")
            return self.take(count)
        if 0x80 <= code <= 0x9F or 0xDC <= code <= 0xDF:
            count = code & 15 if code < 0xA0 else self.number("HIHI"[code - 0xDC])
            if (code >= 0xDC and count <= (15, 0xFFFF)[(code - 0xDC) % 2]) or count > 16_384 or depth == 16:
                raise ValueError("count or depth")
            if 0x90 <= code <= 0x9F or code in (0xDC, 0xDD):
                return [self.value(depth + 1) for _ in range(count)]
            return self.pairs(count, depth + 1)
        raise ValueError("code")

    def pairs(self, count: int, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        last = ""
        for _ in range(count):
            key = self.value(depth)
            if type(key) is not str or not key.isascii() or not key.isidentifier() or len(key) > 64 or key <= last:
                raise ValueError("key")
            found[key] = self.value(depth)
            last = key
        return found


def read_plainly(data: bytes) -> object:
    reader = Reader(data)
    value = reader.value()
    if reader.at != len(data):
        raise ValueError("trailing")
    return value


def refused(data: bytes) -> EncodingError:
    """The error of `decode`, which is never the one that stands for no place found."""
    with pytest.raises(EncodingError) as caught:
        decode(data)
    assert "not what encoding" not in caught.value.message
    return caught.value


def same(left: object, right: object) -> bool:
    """Equal with the same exact types, all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def canonical(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(c for c in text if not trail.encoding._FORBIDDEN.match(c)))


texts = st.one_of(
    st.text("中文学院abc 。，《》\n\t", max_size=40),
    st.text(max_size=12).map(canonical),
    st.sampled_from(["é", "한", "\u2028"]),
)
keys = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
ints = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.sampled_from([2**b + d for b in (5, 7, 8, 15, 16, 31, 32, 63) for d in (-1, 0, 1)]),
    st.sampled_from([-(2**b) + d for b in (5, 7, 15, 31, 63) for d in (0, 1, -1)][:-1]),
)
scalars = st.one_of(st.none(), st.booleans(), ints, texts, st.binary(max_size=300))
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=20) | st.dictionaries(keys, inner, max_size=20), max_leaves=30
)


def in_order(value: object) -> object:
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(item) for item in value] if isinstance(value, list) else value


@given(values)
def test_e18_every_value_comes_back(value: object) -> None:
    """encode, then decode: the same value with its keys in order; a second reader agrees."""
    data = encode(value)

    assert same(decode(data), in_order(value))
    assert same(read_plainly(data), in_order(value))
    assert encode(decode(data)) == data


def check_law(data: bytes) -> None:
    """Either both readers refuse, or both read the same and encoding it gives *data*."""
    try:
        expected = read_plainly(data)
    except ValueError:
        refused(data)
        return
    assert same(decode(data), expected)
    assert encode(expected) == data


@given(st.binary(max_size=64))
@example(b"")
@example(b"\xc7\x00\x05")
@example(b"\x81\xc4\x01a\x02")
def test_e18_arbitrary_bytes_obey_the_law(data: bytes) -> None:
    """Two readers of any bytes agree."""
    check_law(data)


@given(st.data(), values)
def test_e18_mutated_bytes_obey_the_law(data: st.DataObject, value: object) -> None:
    """Two readers of an encoding that was changed a little agree."""
    changed = bytearray(encode(value))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed)))
        match data.draw(st.sampled_from("xidc")):
            case "x" if at < len(changed):
                changed[at] = data.draw(st.integers(0, 255))
            case "i":
                changed[at:at] = data.draw(st.binary(max_size=4))
            case "d":
                del changed[at : at + data.draw(st.integers(1, 4))]
            case _:
                other = data.draw(st.integers(0, len(changed)))
                changed[at:at] = changed[min(at, other) : max(at, other)]
    check_law(bytes(changed))


@given(
    st.recursive(
        scalars | st.floats() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(max_size=3) | st.integers() | st.binary(max_size=2), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_e18_whatever_another_packer_writes_obeys_the_law(value: object) -> None:
    """Bytes of values that are no `Value`, too."""
    try:
        data = msgpack.packb(value)
    except (ValueError, OverflowError):
        return
    check_law(data)
