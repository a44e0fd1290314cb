"""Names and ids that two readers see alike, and text made safe to show.  Cases E14 and E15."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail.encoding import check_identifier, printable
from trail.errors import EncodingError


class Word(str):
    pass


@pytest.mark.parametrize(
    "text",
    ["", " a", "a ", "a  b", "a\tb", "a\nb", "a\u3000b", "a\u00a0b", "a\u2028b", "a\u202eb", "a\u2066b", "a\u200bb",
     "a\u200db", "a\ufeffb", "a\U000e0041", "a\u00adb", "a\ue000", "a\U000f0000", "e\u0301", "\ud800", "\uffff",
     "x" * 256, "a\u3164b", "a\ufe0f", "a\U000e0100", "\u115f", "a\x7f", "a\u0085b", "a\u034fb"],
)  # fmt: skip
def test_e15_identifiers_refused(text: str) -> None:
    with pytest.raises(EncodingError) as caught:
        check_identifier(text, "unit")
    assert caught.value.where == "unit"


@pytest.mark.parametrize("text", ["jia", "甲学院", "p-001", "talk/2026/0412", "Zhang San", "𠀀", "é", "x" * 255])
def test_e15_identifiers_taken(text: str) -> None:
    check_identifier(text, "unit")


@pytest.mark.parametrize("value", [None, 1, b"a", ["a"], Word("a")])
def test_e14_identifiers_are_text(value: object) -> None:
    with pytest.raises(EncodingError, match="unit: text is needed"):
        check_identifier(value, "unit")


@given(st.text())
def test_e15_printable_shows_everything(text: str) -> None:
    """Nothing that moves the cursor, reorders, or hides is left, and plain text is left alone."""
    shown = printable(text)

    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in shown)
    assert shown == printable(shown)
    assert printable("甲学院 (a)") == "甲学院 (a)"
