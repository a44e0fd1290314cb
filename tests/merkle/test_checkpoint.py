"""The checkpoint's three lines: one spelling each."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail.errors import NoteError
from trail.merkle import EMPTY_ROOT, Checkpoint, format_checkpoint, parse_checkpoint

ROOT = bytes(range(32))
TEXT = f"audit.example.edu.cn/trail\n70000\n{base64.b64encode(ROOT).decode()}\n"


def test_the_form_is_the_published_one() -> None:
    assert format_checkpoint(Checkpoint("audit.example.edu.cn/trail", 70_000, ROOT)) == TEXT
    assert parse_checkpoint(TEXT) == Checkpoint("audit.example.edu.cn/trail", 70_000, ROOT)


@given(
    st.sampled_from(["a", "甲学院.example", "x" * 255]), st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32)
)
def test_a_checkpoint_comes_back(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)

    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@given(st.text("a0+/=\n\r 1\u2028", max_size=12).map(lambda junk: TEXT[:30] + junk + TEXT[30:]) | st.text())
def test_what_is_read_is_written_the_same(text: str) -> None:
    try:
        checkpoint = parse_checkpoint(text)
    except NoteError:
        return
    assert format_checkpoint(checkpoint) == text


BAD = {
    "empty": "",
    "only newlines": "\n\n\n",
    "no last newline": TEXT[:-1],
    "size with leading zeros": TEXT.replace("70000", "0070000"),
    "size with plus": TEXT.replace("70000", "+70000"),
    "size with minus": TEXT.replace("70000", "-70000"),
    "size with spaces": TEXT.replace("70000", " 70000 "),
    "size with CR": TEXT.replace("70000", "70000\r"),
    "size in other digits": TEXT.replace("70000", "７0000"),
    "size with underscore": TEXT.replace("70000", "70_000"),
    "size in hex": TEXT.replace("70000", "0x70"),
    "size too large": TEXT.replace("70000", str(2**63)),
    "size very large": TEXT.replace("70000", "9" * 5000),
    "size empty": TEXT.replace("70000", ""),
    "CRLF": TEXT.replace("\n", "\r\n"),
    "CR alone": TEXT.replace("\n", "\r"),
    "line separator": TEXT.replace("\n", "\u2028"),
    "next line": TEXT.replace("\n", "\u0085"),
    "extension line": TEXT + "extension\n",
    "empty line after": TEXT + "\n",
    "line missing": TEXT.partition("\n")[2],
    "origin empty": TEXT.replace("audit.example.edu.cn/trail", ""),
    "origin with space": TEXT.replace("/trail", "/ trail"),
    "origin with wide space": TEXT.replace("/trail", "/\u3000trail"),
    "origin with plus": TEXT.replace("/trail", "+trail"),
    "origin with bidi": TEXT.replace("/trail", "/\u202etrail"),
    "origin with zero width": TEXT.replace("/trail", "/\u200btrail"),
    "origin not in NFC": TEXT.replace("/trail", "/e\u0301"),
    "origin with line separator": TEXT.replace("/trail", "/\u2028"),
    "origin too long": TEXT.replace("/trail", "/" + "x" * 255),
    "origin too long in UTF-8": TEXT.replace("/trail", "/" + "学" * 100),
    "origin with a tab": TEXT.replace("/trail", "/\ttrail"),
    "origin with a surrogate": TEXT.replace("/trail", "/\ud800"),
    "root unpadded": TEXT[:-2] + "\n",
    "root not canonical": TEXT[:-3] + "9=\n",
    "root short": TEXT[:-45] + base64.b64encode(bytes(31)).decode() + "\n",
    "root long": TEXT[:-45] + base64.b64encode(bytes(33)).decode() + "\n",
    "root in url alphabet": TEXT[:-45] + base64.urlsafe_b64encode(b"\xff" * 32).decode() + "\n",
    "root with space": TEXT[:-1] + " \n",
    "root with junk": TEXT[:-1] + "====\n",
    "root empty": TEXT[:-45] + "\n",
    "empty log with a root": TEXT.replace("70000", "0"),
    "text before": " " + TEXT,
}


@pytest.mark.parametrize("name", BAD)
def test_other_spellings_are_refused(name: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(BAD[name])


def test_the_empty_log_has_the_empty_root() -> None:
    empty = Checkpoint("a", 0, EMPTY_ROOT)

    assert parse_checkpoint(format_checkpoint(empty)) == empty


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("a", -1, ROOT),
        ("a", 2**63, ROOT),
        ("a", True, ROOT),
        ("a", 1, ROOT[1:]),
        ("a", 1, bytearray(ROOT)),
        ("a\nb", 1, ROOT),
    ],
)
def test_no_checkpoint_is_made_of_other_members(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(NoteError):
        Checkpoint(origin, size, root)
