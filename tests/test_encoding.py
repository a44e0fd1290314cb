"""Canonical MessagePack: the attacks E1 to E18 on an encoding, each by its name."""

import enum
import json
import subprocess
import sys
from pathlib import Path
from threading import Thread

import msgpack
import pytest

import trail.encoding
from trail.encoding import MAX_BYTES, MAX_DEPTH, MAX_ITEMS, MAX_KEY, decode, encode
from trail.errors import EncodingError


def refused(data: bytes) -> EncodingError:
    """The error of `decode`, which is never the one that stands for no place found."""
    with pytest.raises(EncodingError) as caught:
        decode(data)
    if len(data) <= MAX_BYTES:
        assert "byte" in caught.value.message, caught.value.message
        assert "not what encoding" not in caught.value.message
    return caught.value


def test_e1_duplicate_keys() -> None:
    error = refused(bytes.fromhex("81 a1 78 82 a1 61 01 a1 61 02"))

    assert error.where == "x"
    assert "twice" in error.message


@pytest.mark.parametrize(
    "data",
    [
        "cc 7f", "cd 00 ff", "ce 00 00 ff ff", "cf 00 00 00 00 ff ff ff ff", "d0 e0", "d0 00", "d1 ff 80", "d1 00 01",
        "d2 ff ff 80 00", "d3 ff ff ff ff 80 00 00 00", "d9 01 61", "da 00 01 61", "db 00 00 00 01 61", "c5 00 01 61",
        "c6 00 00 00 01 61", "dc 00 01 c0", "dd 00 00 00 01 c0", "de 00 00", "df 00 00 00 00",
    ],
)  # fmt: skip
def test_e2_overlong_headers(data: str) -> None:
    assert "shortest form" in refused(bytes.fromhex(data)).message
    assert refused(bytes.fromhex("81 a1 61 92 c0" + data)).where == "a[1]"


def test_e3_unsorted_keys() -> None:
    """Refused when read; when written the keys are put in order."""
    assert "after 'b'" in refused(bytes.fromhex("82 a1 62 01 a1 61 02")).message
    assert encode({"b": 1, "a": 2}) == bytes.fromhex("82 a1 61 02 a1 62 01")
    assert encode([{"b": {"d": 1, "c": 2}}]) == encode([{"b": {"c": 2, "d": 1}}])


def test_e4_text_and_bytes_as_keys() -> None:
    data = bytes.fromhex("82 a1 61 01 c4 01 61 02")
    assert msgpack.packb(msgpack.unpackb(data)) == data  # comparing bytes alone would not notice

    assert "not text" in refused(data).message
    with pytest.raises(EncodingError, match="key of type bytes"):
        encode({b"a": 1})


@pytest.mark.parametrize("value", [1.0, -0.0, float("nan"), float("inf"), 1e300])
def test_e5_floats(value: float) -> None:
    for single in (False, True):
        if single and value == 1e300:
            continue
        error = refused(msgpack.packb({"a": [value]}, use_single_float=single))
        assert error.where == "a[0]"
    with pytest.raises(EncodingError, match=r"a\[0\]: a value of type float"):
        encode({"a": [value]})


@pytest.mark.parametrize("key", ["c0", "c2", "c3", "01", "ff", "cb 3f f0 00 00 00 00 00 00", "90", "80"])
def test_e6_keys_of_other_types(key: str) -> None:
    assert refused(bytes.fromhex("81 a1 61 81" + key + "01")).where == "a"


@pytest.mark.parametrize(
    "data",
    ["d4 05 00", "d6 ff 00 00 00 00", "d7 ff" + "00" * 8, "c7 0c ff" + "00" * 12, "c7 00 05", "c7 00 ff", "c8 00 00 05",
     "c9 00 00 00 00 05", "d5 01 00 00", "d8 01" + "00" * 16, "c1"],
)  # fmt: skip
def test_e7_extension_types(data: str) -> None:
    assert refused(b"\x91" + bytes.fromhex(data)).where == "[0]"


@pytest.mark.parametrize("value", [None, {}, [], {"a": "中"}])
def test_e8_trailing_and_missing_bytes(value: object) -> None:
    data = encode(value)

    assert "1 bytes after the value" in refused(data + b"\xc0").message
    refused(data + data)
    for count in range(len(data)):
        refused(data[:count])


@pytest.mark.parametrize(
    "data", [b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xe0\x80\x80", b"\xf4\x90\x80\x80", b"\xe4\xb8", b"\xed\xb0\x80"]
)
def test_e9_text_that_is_not_utf8(data: bytes) -> None:
    assert "UTF-8" in refused(bytes([0xA0 + len(data)]) + data).message
    assert refused(b"\x81\xa1k" + bytes([0xA0 + len(data)]) + data).where == "k"
    assert "UTF-8" in refused(b"\x81" + bytes([0xA0 + len(data)]) + data + b"\xc0").message


def test_e9_surrogates_are_not_written() -> None:
    with pytest.raises(EncodingError, match=r"a: U\+D800"):
        encode({"a": "\ud800"})


@pytest.mark.parametrize("pair", [(b"\x91", b"\x90"), (b"\x81\xa1a", b"\x80")])
def test_e10_deep_nesting(pair: tuple[bytes, bytes]) -> None:
    outer, inner = pair

    assert encode(decode(outer * (MAX_DEPTH - 1) + inner)) == outer * (MAX_DEPTH - 1) + inner
    assert "inside one another" in refused(outer * MAX_DEPTH + inner).message
    for depth in (500, 600, 5000, 100_000):
        assert "inside one another" in refused(outer * depth + inner).message


def test_e10_deep_values() -> None:
    value: list[object] = []
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    assert encode(value)

    with pytest.raises(EncodingError, match="inside one another"):
        encode([value])
    value[0] = value
    with pytest.raises(EncodingError, match="inside one another"):
        encode(value)


@pytest.mark.parametrize("code", [0xC6, 0xDB, 0xDD, 0xDF, 0xC9])
def test_e11_declared_length_of_4_gib(code: int) -> None:
    refused(bytes([code]) + b"\xff\xff\xff\xff" + b"\xc0" * 100)


def test_e11_limits_come_before_work() -> None:
    assert decode(encode([None] * MAX_ITEMS)) == [None] * MAX_ITEMS
    for value in ([None] * (MAX_ITEMS + 1), {f"k{n:05}": None for n in range(MAX_ITEMS + 1)}):
        with pytest.raises(EncodingError, match="16385 items"):
            encode({"a": value})
        assert refused(msgpack.packb({"a": value})).where == "a"
    with pytest.raises(EncodingError, match="of at most"):
        encode("x" * MAX_BYTES)
    with pytest.raises(EncodingError, match="of at most") as caught:
        decode(b"\xc1" * (MAX_BYTES + 1))
    assert caught.value.facts["expected"] == MAX_BYTES
    assert decode(encode([1, 2], max_bytes=3), max_bytes=3) == [1, 2]
    with pytest.raises(EncodingError):
        encode([1, 2], max_bytes=2)
    with pytest.raises(EncodingError):
        decode(b"\x92\x01\x02", max_bytes=2)


def test_e12_no_unpacker_is_kept() -> None:
    """Errors leave nothing behind, in this thread or another; no `Unpacker` object and no hooks are in use."""
    source = Path(trail.encoding.__file__).read_text(encoding="utf-8")
    good, bad = encode({"a": [1, "中"]}), encode({"a": [1, "中"]})[:-1]

    def work() -> None:
        for _ in range(300):
            refused(bad)
            results.append(decode(good) == {"a": [1, "中"]} and encode({"a": [1, "中"]}) == good)

    results: list[bool] = []
    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [True] * 1200
    assert "msgpack.Unpacker" not in source
    assert "hook" not in source


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**400])
def test_e13_ints_out_of_range(number: int) -> None:
    for edge in (2**64 - 1, -(2**63), 2**53 + 1):
        assert decode(encode(edge)) == edge
    with pytest.raises(EncodingError, match=r"a\[1\]: an int outside"):
        encode({"a": [0, number]})


class Colour(enum.IntEnum):
    RED = 1


class Word(str):
    pass


class Words(dict[str, int]):
    pass


@pytest.mark.parametrize("value", [Colour.RED, (1,), Word("a"), Words(a=1), bytearray(b"a"), memoryview(b"a"), {1}, 1j])
def test_e14_exact_types(value: object) -> None:
    for holder in (value, [value], {"a": value}):
        with pytest.raises(EncodingError, match="a value of type"):
            encode(holder)


def test_e14_bool_is_not_int_and_text_is_not_bytes() -> None:
    assert encode(True) != encode(1)
    assert decode(encode(True)) is True
    assert type(decode(encode(1))) is int
    assert encode("a") != encode(b"a")
    assert encode({"a": 1})  # its shape is now known
    with pytest.raises(EncodingError, match="key of type Word"):
        encode({Word("a"): 1})
    with pytest.raises(EncodingError, match="bytes are needed"):
        decode(bytearray(b"\xc0"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text", ["e\u0301", "\u212b", "\uf900", "\x00", "\r", "\x1b[2J", "\x7f", "\x85", "\ufdd0", "\uffff", "\U0010fffe"]
)
def test_e15_text_that_has_a_twin_or_controls(text: str) -> None:
    assert refused(msgpack.packb({"a": [text]})).where == "a[0]"
    with pytest.raises(EncodingError, match=r"a\[0\]: "):
        encode({"a": [text]})


@pytest.mark.parametrize("text", ["行\n\t第二行", "\u202e", "ﬀ", "\u3000缩进", "\U000323b0", "\u0301", "\ue000", "한"])
def test_e15_text_that_is_carried(text: str) -> None:
    """Free text holds what people write; `printable` shows what does not meet the eye."""
    assert decode(encode({"a": [text, "中"]})) == {"a": [text, "中"]}


def test_e16_one_sentence_of_json_is_no_encoding() -> None:
    """JSON is only ever a view: its bytes are never taken for a value."""
    for text in ('{"a":1,"a":2}', "[NaN]", "1E400", "{}"):
        refused(json.dumps(text).encode())
        refused(text.encode())


@pytest.mark.parametrize("key", ["", "1a", "a-b", "a.b", "é", "中", "a b", "x" * (MAX_KEY + 1), "ａ"])
def test_e17_keys_are_short_identifiers(key: str) -> None:
    """Closed schemas name keys; a key that no schema can name is refused here already, alone or among others."""
    for value in ({key: 1}, {"B": 1, key: 1, "z": 1}):
        in_place = dict(sorted(value.items()))
        assert refused(msgpack.packb({"m": in_place})).where == "m"
        with pytest.raises(EncodingError, match="m: "):
            encode({"m": value})
    assert decode(encode({"x" * MAX_KEY: 1, "_": 2, "class": 3})) == {"_": 2, "class": 3, "x" * MAX_KEY: 1}


def test_e18_without_the_compiled_packer() -> None:
    """The pure-Python msgpack gives the same bytes, values and refusals."""
    value = {"a": [1, -1, 2**64 - 1, "中\n", b"\x00" * 300, None, True], "b": {"c": []}}
    code = (
        "import sys; from trail.encoding import decode, encode; from trail.errors import EncodingError\n"
        "import msgpack; assert msgpack.Packer.__module__ == 'msgpack.fallback'\n"
        "data = bytes.fromhex(sys.argv[1]); assert encode(decode(data)) == data\n"
        "for bad in sys.argv[2:]:\n"
        "    try: decode(bytes.fromhex(bad))\n"
        "    except EncodingError: continue\n"
        "    sys.exit('accepted ' + bad)\n"
    )
    bad = [
        "c1",
        "cc01",
        "91" * 600 + "c0",
        "a1ff",
        "d6ff00000000",
        "82a16101a16102",
        "8101c0",
        "ddffffffff",
        "c0c0",
        "",
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, encode(value).hex(), *bad],
        env={"MSGPACK_PUREPYTHON": "1", "PYTHONPATH": str(Path(trail.encoding.__file__).parents[1])},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")


def test_many_shapes_are_not_kept() -> None:
    """The memory of map shapes is bounded, and nothing depends on what is in it."""
    for n in range(3000):
        assert decode(encode({f"shape_{n}": n})) == {f"shape_{n}": n}

    assert len(trail.encoding._SHAPES) <= trail.encoding._MAX_SHAPES
