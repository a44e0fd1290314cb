r"""
Canonical MessagePack: one value, one spelling.

Everything that is hashed or signed is written in this subset of `MessagePack <https://msgpack.org>`_:

========  ==============================================================================================
value     bytes
========  ==============================================================================================
null      ``c0``
bool      ``c2`` false, ``c3`` true
int       -2^63 .. 2^64-1, in the shortest of fixint, ``cc``-``cf`` (from 0 up), ``d0``-``d3`` (below 0)
text      UTF-8 after the shortest of ``a0+n``, ``d9``, ``da``, ``db``; NFC; of the C0 controls only line
          feed and tab; no DEL, C1 controls, surrogates or noncharacters
bytes     the shortest of ``c4``, ``c5``, ``c6``
list      the shortest of ``90+n``, ``dc``; at most 16,384 items
map       the shortest of ``80+n``, ``de``; at most 16,384 keys; keys are ASCII identifiers of at most 64
          characters, strictly ascending
========  ==============================================================================================

No floats, no extension types (so no timestamps), nothing after the value, at most 16 containers inside one
another, at most 1 MiB.  `decode` accepts exactly the image of `encode`: ``encode(decode(data)) == data`` or it
raises.  There is no extension rule: whatever is not in the table is refused, and a format that needs more says
so in a version field of its own.

>>> encode({"b": [1, True, None], "a": "中"}).hex(" ")
'82 a1 61 a3 e4 b8 ad a1 62 93 01 c3 c0'
>>> decode(bytes.fromhex("82 a1 61 a3 e4 b8 ad a1 62 93 01 c3 c0"))
{'a': '中', 'b': [1, True, None]}
>>> decode(bytes.fromhex("81 a1 61 93 01 02 cc 03"))
Traceback (most recent call last):
    ...
trail.errors.EncodingError: a[2]: the int 3 is not in its shortest form (byte 6)

How `decode` stays fast without trusting a parser: the C unpacker reads, one loop checks what re-encoding can't
show (types, keys, text, depth), and the C packer's bytes must equal the input.  Only when one of these fails does
the slow scanner read the bytes again, to say where.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NoReturn, TypeAlias

import msgpack  # type: ignore[import-untyped, unused-ignore]

from trail.errors import EncodingError

Value: TypeAlias = "bool | int | str | bytes | list[Value] | dict[str, Value] | None"

MAX_BYTES = 1 << 20
"""Largest encoding, in bytes: a body part; an entry has a smaller limit of its own."""
MAX_ITEMS = 16_384
"""Most items of one list, or keys of one map."""
MAX_DEPTH = 16
"""Most containers inside one another, the outermost included."""
MAX_KEY = 64
"""Longest map key, in characters."""
MAX_IDENTIFIER = 255
"""Longest identifier, in characters."""

_unpack, _Packer = msgpack.unpackb, msgpack.Packer
_FOREIGN = (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException)
_INT_MIN, _INT_MAX = -(1 << 63), (1 << 64) - 1
_SCALARS = frozenset({type(None), bool, int, str, bytes})

# Noncharacters are never assigned, so that these classes are the same under every Unicode version.
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(f"{chr(p + 0xFFFE)}{chr(p + 0xFFFF)}" for p in range(0, 0x110000, 0x10000))
_FORBIDDEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_NONCHARACTERS}]")
# Most Chinese text: characters that stand alone and are their own normal form, under every Unicode version.
_PLAIN = re.compile("[\t\n -~\u2010-\u2027\u3000-\u3029\u3400-\u4dbf\u4e00-\u9fa5\uff01-\uff5e]*")
# Invisible though not all of category Cf: Unicode's Default_Ignorable_Code_Point (DerivedCoreProperties.txt).
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Controls, formats, surrogates, private use, line and paragraph separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})

# Histories repeat a few map shapes: remembering those seen saves sorting. Bounded, and only ever holds sound shapes.
_SHAPES: set[tuple[str, ...]] = set()
_MAX_SHAPES, _MAX_SHAPE_KEYS = 1024, 32


def encode(value: object, *, max_bytes: int = MAX_BYTES) -> bytes:
    """
    The one spelling of *value*; the keys of maps may come in any order.

    Only the exact types of `Value` are taken: no tuples, no subclasses such as ``IntEnum``.

    Raises:
        EncodingError: *value* holds something outside the table above, or needs more than *max_bytes*.
    """
    data = None
    if _sound(value):
        data = _pack(value)
    if data is None or len(data) > MAX_ITEMS:  # below that, no container can hold too many items
        data = _pack(_ordered(value, "", 1))
        if data is None:
            raise EncodingError("the value can't be encoded")
    if len(data) > max_bytes:
        raise EncodingError(f"{len(data)} bytes, of at most {max_bytes}", expected=max_bytes, found=len(data))
    return data


def decode(data: bytes, *, max_bytes: int = MAX_BYTES) -> Value:
    """
    The value that `encode` spells as *data*.

    Raises:
        EncodingError: `encode` would not have produced *data*; ``where`` is the place, such as ``fields.kind[2]``.
    """
    if type(data) is not bytes:
        raise EncodingError(f"bytes are needed, not {type(data).__name__}")
    if len(data) > max_bytes:
        raise EncodingError(f"{len(data)} bytes, of at most {max_bytes}", expected=max_bytes, found=len(data))
    try:
        # A fresh parse each time: an Unpacker used again after an error has crashed interpreters (CVE-2026-57585).
        value: Value = _unpack(data, max_array_len=MAX_ITEMS, max_map_len=MAX_ITEMS, max_ext_len=0)
        if _sound(value) and _Packer(strict_types=True, buf_size=1024).pack(value) == data:
            return value
    except _FOREIGN:
        pass
    _refuse(data)


def is_plain(text: str) -> bool:
    """
    Whether *text* holds only characters that need no second look: printable ASCII, line feeds, common ideographs.

    Such text is NFC and carried as it is; of other text nothing is said.
    """
    return (text.isascii() and text.isprintable()) or _PLAIN.fullmatch(text) is not None


def check_identifier(text: object, where: str) -> None:
    """
    Check that *text* can serve as a name or id that two readers will see, and compare, alike.

    1 to 255 characters, in NFC; spaces only single and inside, no other white space; nothing invisible: no
    control, format (bidi, zero width, tag), default-ignorable, private-use or surrogate character.

    Raises:
        EncodingError: with *where*.
    """
    if type(text) is not str:
        raise EncodingError(f"text is needed, not {type(text).__name__}", where=where)
    if not 0 < len(text) <= MAX_IDENTIFIER:
        raise EncodingError(f"{len(text)} characters, of 1 to {MAX_IDENTIFIER}", where=where)
    if not (text.isascii() and text.isprintable()):
        _check_text(text, where)
        for char in text:
            if char != " " and (_hidden(char) or unicodedata.category(char) == "Zs"):
                raise EncodingError(f"U+{ord(char):04X} has no place in an identifier", where=where)
    if " " in text and (text[0] == " " or text[-1] == " " or "  " in text):
        raise EncodingError("a space at an end, or two together", where=where)


def printable(text: str) -> str:
    r"""
    *text* for a terminal or a report: what would be invisible or reorder its surroundings shown as an escape.

    >>> print(printable("ab\u202ec\n"))
    ab\u{202e}c\u{a}
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"\\u{{{ord(char):x}}}" if _hidden(char) else char for char in text)


def _hidden(char: str) -> bool:
    """Whether *char* is to be escaped; unassigned ones are not: a new ideograph may be in somebody's name."""
    if _INVISIBLE.match(char) or _FORBIDDEN.match(char):
        return True
    return unicodedata.category(char) in _UNSEEN


def _pack(value: object) -> bytes | None:
    """The packer's bytes, if it takes *value*; a packer of its own each time, so nothing is shared."""
    try:
        data: bytes = _Packer(strict_types=True, buf_size=1024).pack(value)
    except _FOREIGN:
        return None
    return data


def _sound(value: object) -> bool:
    """
    Whether types, keys, text and depth of *value* are canonical: all that comparing bytes would not show.

    One loop by depth, with the checks written out, because it runs for every act that is verified.
    """
    if type(value) is not dict and type(value) is not list:
        return type(value) in _SCALARS and (type(value) is not str or _sound_texts([value]))
    level: list[list[object] | dict[object, object]] = [value]
    odd: list[str] = []
    for _ in range(MAX_DEPTH):
        deeper: list[list[object] | dict[object, object]] = []
        for container in level:
            if type(container) is dict:
                if tuple(container) not in _SHAPES and not _sound_keys(container):
                    return False
                items = container.values()
            else:
                items = container  # type: ignore[assignment]
            for item in items:
                kind = type(item)
                if kind is str:
                    if not (item.isascii() and item.isprintable()):  # type: ignore[attr-defined]
                        odd.append(item)  # type: ignore[arg-type]
                elif kind is list or kind is dict:
                    deeper.append(item)  # type: ignore[arg-type]
                elif kind is not bytes and kind is not int and kind is not bool and item is not None:
                    return False
        if not deeper:
            return not odd or _sound_texts(odd)
        level = deeper
    return False


def _sound_keys(container: dict[object, object]) -> bool:
    """
    Whether the keys are ASCII identifiers, not too long, ascending.

    An empty map has no wrong key.  In ascending order no key starts below the first, and digits sort before
    letters: so if the keys written together are an identifier and the first is not empty, each of them is one.
    """
    keys = list(container)
    if not keys:
        return True
    if set(map(type, keys)) != {str}:
        return False
    texts: list[str] = keys  # type: ignore[assignment]
    joined = "".join(texts)
    sound = texts[0] != "" and joined.isascii() and joined.isidentifier() and texts == sorted(texts)
    if not sound or (len(joined) > MAX_KEY and max(map(len, texts)) > MAX_KEY):
        return False
    if len(texts) <= _MAX_SHAPE_KEYS and len(_SHAPES) < _MAX_SHAPES:
        _SHAPES.add(tuple(texts))
    return True


def _sound_texts(texts: list[str]) -> bool:
    """Whether all are canonical text: a quick look at all of them together, else one by one."""
    return bool(_PLAIN.fullmatch("".join(texts))) or all(_text_fault(text) is None for text in texts)


def _text_fault(text: str) -> str | None:
    if found := _FORBIDDEN.search(text):
        return f"U+{ord(found[0]):04X} has no place in text"
    if not unicodedata.is_normalized("NFC", text):
        return "the text is not in Unicode normal form C"
    return None


def _key_fault(key: str, previous: str | None) -> str | None:
    if len(key) > MAX_KEY:
        return f"a key of {len(key)} characters, of at most {MAX_KEY}"
    if not (key.isascii() and key.isidentifier()):
        return f"the key {printable(key)!r} is not an ASCII identifier"
    if previous is not None and key <= previous:
        return f"the key {key!r} comes {'twice' if key == previous else f'after {previous!r}'}"
    return None


def _check_text(text: str, where: str) -> None:
    if fault := _text_fault(text):
        raise EncodingError(fault, where=where)


def _ordered(value: object, where: str, depth: int) -> object:
    """*value* with the keys of its maps in order; the slow twin of `_sound`, which says what is wrong and where."""
    kind = type(value)
    if kind is str:
        _check_text(value, where)  # type: ignore[arg-type]
    elif kind is int and not _INT_MIN <= value <= _INT_MAX:  # type: ignore[operator]
        raise EncodingError("an int outside -2^63 .. 2^64-1", where=where)
    elif kind is not list and kind is not dict and kind not in _SCALARS:
        raise EncodingError(f"a value of type {kind.__name__}", where=where)
    if not (isinstance(value, list | dict)):
        return value
    if depth > MAX_DEPTH:
        raise EncodingError(f"more than {MAX_DEPTH} containers inside one another", where=where)
    if len(value) > MAX_ITEMS:
        raise EncodingError(f"{len(value)} items, of at most {MAX_ITEMS}", where=where)
    if isinstance(value, list):
        return [_ordered(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value)]
    for key in value:
        fault = f"a key of type {type(key).__name__}" if type(key) is not str else _key_fault(key, None)
        if fault:
            raise EncodingError(fault, where=where)
    return {key: _ordered(value[key], _member(where, key), depth + 1) for key in sorted(value)}


def _member(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _refuse(data: bytes) -> NoReturn:
    """Read *data* again, slowly, to say where it first departs from what `encode` would have written."""
    end = _Scanner(data).scan(0, "", 1)
    if end != len(data):
        raise EncodingError(f"{len(data) - end} bytes after the value (byte {end})", offset=end)
    raise EncodingError("the bytes are not what encoding their value gives")


# code: kind, width of the length or number that follows, smallest (for negative ints: largest) value it may carry
_HEADERS: dict[int, tuple[str, int, int]] = {
    0xC4: ("bytes", 1, 0), 0xC5: ("bytes", 2, 1 << 8), 0xC6: ("bytes", 4, 1 << 16),
    0xCC: ("uint", 1, 1 << 7), 0xCD: ("uint", 2, 1 << 8), 0xCE: ("uint", 4, 1 << 16), 0xCF: ("uint", 8, 1 << 32),
    0xD0: ("int", 1, -33), 0xD1: ("int", 2, -129), 0xD2: ("int", 4, -32_769), 0xD3: ("int", 8, -(1 << 31) - 1),
    0xD9: ("text", 1, 32), 0xDA: ("text", 2, 1 << 8), 0xDB: ("text", 4, 1 << 16),
    0xDC: ("list", 2, 16), 0xDD: ("list", 4, 1 << 16), 0xDE: ("map", 2, 16), 0xDF: ("map", 4, 1 << 16),
}  # fmt: skip
_REFUSED = {0xC1: "the byte c1", 0xCA: "a float", 0xCB: "a float"} | dict.fromkeys(
    (0xC7, 0xC8, 0xC9, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8), "an extension type"
)


class _Scanner:
    """Reads MessagePack one value at a time and raises at the first that is not canonical."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def fail(self, message: str, at: int, where: str) -> NoReturn:
        raise EncodingError(f"{message} (byte {at})", where=where, offset=at)

    def take(self, at: int, count: int, where: str) -> bytes:
        if at + count > len(self.data):
            self.fail("the bytes end within a value", len(self.data), where)
        return self.data[at : at + count]

    def header(self, at: int, where: str) -> tuple[str, int, int]:
        """Kind, length or number, and the offset after the header at *at*."""
        code = self.take(at, 1, where)[0]
        if code in _REFUSED:
            self.fail(f"{_REFUSED[code]} has no place here", at, where)
        if code not in _HEADERS:
            for first, kind in ((0xE0, "int"), (0xC0, "constant"), (0xA0, "text"), (0x90, "list"), (0x80, "map")):
                if code >= first:
                    return kind, code - first, at + 1
            return "int", code, at + 1
        kind, width, least = _HEADERS[code]
        number = int.from_bytes(self.take(at + 1, width, where), "big", signed=kind == "int")
        if number > least if kind == "int" else number < least:
            kind = "int" if kind == "uint" else kind
            self.fail(f"the {kind if kind == 'int' else 'length of the ' + kind} {number} is not in its shortest form",
                      at, where)  # fmt: skip
        return kind, number, at + 1 + width

    def text(self, at: int, count: int, where: str) -> str:
        try:
            return self.take(at, count, where).decode()
        except UnicodeDecodeError as error:
            self.fail(f"text that is not UTF-8: {error.reason}", at + error.start, where)

    def scan(self, at: int, where: str, depth: int) -> int:
        """Check the value at *at*; the offset after it."""
        kind, count, after = self.header(at, where)
        if kind == "bytes":
            self.take(after, count, where)
            return after + count
        if kind == "text":
            if fault := _text_fault(self.text(after, count, where)):
                self.fail(fault, at, where)
            return after + count
        if kind not in ("list", "map"):
            return after
        if depth > MAX_DEPTH:
            self.fail(f"more than {MAX_DEPTH} containers inside one another", at, where)
        if count > MAX_ITEMS:
            self.fail(f"{count} items, of at most {MAX_ITEMS}", at, where)
        previous: str | None = None
        for index in range(count):
            if kind == "list":
                after = self.scan(after, f"{where}[{index}]", depth + 1)
                continue
            previous, after = self.key(after, previous, where)
            after = self.scan(after, _member(where, previous), depth + 1)
        return after

    def key(self, at: int, previous: str | None, where: str) -> tuple[str, int]:
        """The map key at *at*, and the offset after it."""
        kind, count, after = self.header(at, where)
        if kind != "text":
            self.fail("a key that is not text", at, where)
        key = self.text(after, count, where)
        if fault := _key_fault(key, previous):
            self.fail(fault, at, where)
        return key, after + count
