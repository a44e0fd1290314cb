"""Inclusion proofs as text (``tlog-proof``)."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail.errors import NoteError
from trail.merkle import ProofText, format_proof, parse_proof

NOTE = (
    "audit.example.edu.cn/trail\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— audit.example.edu.cn/trail AAAA\n"
)
HASH = base64.b64encode(bytes(32)).decode()
GOOD = f"c2sp.org/tlog-proof@v1\nextra AQID\nindex 2\n{HASH}\n{HASH}\n\n{NOTE}"


@given(
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63),
    st.none() | st.binary(min_size=1, max_size=100),
)
def test_a_proof_comes_back(index: int, hashes: list[bytes], extra: bytes | None) -> None:
    text = format_proof(index, hashes, NOTE, extra)

    assert parse_proof(text) == ProofText(index, tuple(hashes), NOTE, extra)
    assert format_proof(index, hashes, NOTE, extra) == text


def test_the_form_is_the_published_one() -> None:
    assert format_proof(2, [bytes(32)] * 2, NOTE, b"\x01\x02\x03") == GOOD
    assert parse_proof(GOOD).note == NOTE


BAD = {
    "empty": "",
    "another first line": GOOD.replace("@v1", "@v2"),
    "text before": " " + GOOD,
    "CRLF": GOOD.replace("\n", "\r\n"),
    "CRLF in the head": GOOD.replace("2\n", "2\r\n", 1),
    "no index": GOOD.replace("index 2\n", ""),
    "index twice": GOOD.replace("index 2\n", "index 2\nindex 2\n"),
    "index before extra": GOOD.replace("extra AQID\nindex 2\n", "index 2\nextra AQID\n"),
    "extra twice": GOOD.replace("extra AQID\n", "extra AQID\nextra AQID\n"),
    "extra without data": GOOD.replace("extra AQID", "extra "),
    "extra unpadded": GOOD.replace("AQID", "AQI"),
    "extra not canonical": GOOD.replace("AQID", "AR=="),
    "leading zero": GOOD.replace("index 2", "index 02"),
    "plus": GOOD.replace("index 2", "index +2"),
    "minus": GOOD.replace("index 2", "index -2"),
    "space": GOOD.replace("index 2", "index  2"),
    "space after": GOOD.replace("index 2", "index 2 "),
    "other digits": GOOD.replace("index 2", "index ２"),
    "underscore": GOOD.replace("index 2", "index 2_0"),
    "too large": GOOD.replace("index 2", f"index {2**63}"),
    "very large": GOOD.replace("index 2", "index " + "9" * 5000),
    "short hash": GOOD.replace(HASH, base64.b64encode(bytes(31)).decode(), 1),
    "long hash": GOOD.replace(HASH, base64.b64encode(bytes(33)).decode(), 1),
    "hash unpadded": GOOD.replace(HASH, HASH[:-1], 1),
    "hash not canonical": GOOD.replace(HASH, HASH[:-2] + "B=", 1),
    "hash with url alphabet": GOOD.replace(HASH, "_" + HASH[1:], 1),
    "hash with space": GOOD.replace(HASH, HASH + " ", 1),
    "hash split": GOOD.replace(HASH, HASH[:20] + "\u2028" + HASH[20:], 1),
    "64 hashes": GOOD.replace(f"{HASH}\n{HASH}\n", f"{HASH}\n" * 64),
    "no empty line": GOOD.replace("\n\n", "\n"),
    "no checkpoint": GOOD.partition("\n\n")[0] + "\n\n",
    "no newline": GOOD.partition("\n\n")[0],
    "word without base64": GOOD.replace("extra AQID", "extra"),
    "base64 that is not ASCII": GOOD.replace("AQID", "ＡQID"),
}


@pytest.mark.parametrize("name", BAD)
def test_other_spellings_are_refused(name: str) -> None:
    with pytest.raises(NoteError):
        parse_proof(BAD[name])


@pytest.mark.parametrize(
    ("index", "hashes", "note", "extra"),
    [(-1, [], NOTE, None), (2**63, [], NOTE, None), (0, [b""], NOTE, None), (0, [bytes(32)] * 64, NOTE, None),
     (0, [], "", None), (0, [], NOTE, b""), (0, [], NOTE, bytes(70_000))],
)  # fmt: skip
def test_what_would_not_be_read_back_is_not_written(
    index: int, hashes: list[bytes], note: str, extra: bytes | None
) -> None:
    with pytest.raises(NoteError):
        format_proof(index, hashes, note, extra)
