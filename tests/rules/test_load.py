"""A rule set is read strictly, and its digest fixes every word that decides anything."""

from __future__ import annotations

import hashlib
import tomllib

import pytest

from trail.aggregates.catalogue import LIBRARY_TYPES
from trail.encoding import encode
from trail.errors import CallerError
from trail.evidence.record import sorted_fields
from trail.rules import default_text, load, load_default

TEXT = default_text()


def changed(old: str, new: str) -> str:
    assert old in TEXT

    return TEXT.replace(old, new, 1)


class TestDefault:
    def test_holds_every_duty_with_its_words(self):
        """Each has the regulation's own words and says what they rest on; `test_duties` looks at every row."""
        rules = load_default()

        assert len(rules.duties) == 138
        assert all(d.text and d.who and d.article[0] in "一二三四" for d in rules.duties.values())
        assert rules.duties["L3b"].due_source == "local_default"

    def test_looks_at_known_types(self):
        """Every event type that the file names is one that the library declares."""
        declared = {spec.key for spec in LIBRARY_TYPES}

        assert load_default().types() <= declared


class TestDigest:
    def test_is_of_the_canonical_encoding(self):
        document = tomllib.loads(TEXT)

        assert hashlib.sha256(encode(sorted_fields(document))).digest() == load(TEXT).digest

    def test_ignores_comments_and_spacing(self):
        assert load_default().digest == load("# another comment\n\n" + TEXT.replace(" = ", "  =  ")).digest

    def test_changes_with_every_value(self):
        assert load_default().digest != load(changed('due = "04-30"', 'due = "04-29"')).digest

    def test_bytes_and_text_are_the_same(self):
        assert load(TEXT) == load(TEXT.encode())


class TestRefusals:
    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ('due = "04-30"\namber', 'deu = "04-30"\namber', ("duty L3a", "deu", "unknown key")),
            ('due = "04-30"\namber', 'due = "04-31"\namber', ("duty L3a", "due")),
            ('due = "04-30"\namber', 'due = "30.4."\namber', ("duty L3a", "due", "MM-DD")),
            ('due = ["07-10", "next 01-10"]', 'due = "07-10"', ("duty R4", "due", "2 due day")),
            ('due = { university = "as L3a", unit = "as L3b" }', 'due = { university = "as L3a" }', ("L1a", "levels")),
            ('due = { university = "as L3a", unit = "as L3b" }', 'due = "as R4"', ("duty L1a", "due", "refers to no")),
            ('due = { university = "as L3a", unit = "as L3b" }', 'due = "as L1b"', ("duty L1a", "due")),
            ("minimum = 1", "minimum = 0", ("duty L1a", "minimum")),
            ("minimum = 1", "minimum = true", ("duty L1a", "minimum")),
            ('bound = "post"', 'bound = "chair"', ("duty L1a", "bound", "'chair'")),
            ('class = "MC"', 'class = "Q"', ("duty B1b", "class Q", "never counted")),
            ('recipients = ["stationed_group"]', 'recipients = ["nobody"]', ("duty L3a", "recipients", "[bodies]")),
            ('satisfies = ["B1d"]', 'satisfies = ["B9z"]', ("duty L1a", "satisfies")),
            ('performer = "obligor"', 'performer = "anybody"', ("duty P1", "performer")),
            ('owner = "each", period', 'sponsor = "each", period', ("duty L1a", "sponsor", "unknown key")),
            ('roll = "none"', 'roll = "maybe"', ("settings", "roll", "next_workday")),
            ("amber_days = 10", "amber_day = 10", ("settings", "amber_day", "unknown key")),
            ("amber_days = 10", "amber_days = 1.5", ("settings", "amber_days")),
            ('issued = "2017-10-16"', "issued = 2017-10-16", ("issued", "as text")),
            ('first_period = "2017-H2"', 'first_period = "2017-Q4"', ("first_period",)),
            ("format = 1", "format = 2", ("format 1",)),
            ("format = 1", "format = 1\nextra = 1", ("extra", "unknown key")),
            ('id = "L1b"', 'id = "L1a"', ("duty L1a", "twice")),
            ('below = ["branch_secretary"]\n', "", ("level unit", "below")),
            ("[settings]", "[settings", ("not TOML", "line")),
        ],
    )
    def test_names_the_place(self, old: str, new: str, words: tuple[str, ...]):
        """What can't be used is refused, with the duty and the key."""
        with pytest.raises(CallerError) as caught:
            load(changed(old, new))

        for word in words:
            assert word in str(caught.value)
        assert caught.value.advice()

    def test_names_the_line(self):
        text = changed('due = "04-30"\namber', 'deu = "04-30"\namber')
        line = text.splitlines().index('deu = "04-30"') + 1

        with pytest.raises(CallerError, match=rf"line {line}\b"):
            load(text)

    def test_qualitative_duties_hold_no_numbers(self):
        """A duty of class Q may be listed, with its text, and nothing that could be counted."""
        extra = '[[duty]]\nid = "X1"\narticle = "四（一）"\ntext = "一级带好一级"\nclass = "Q"\nsource = "text"\n'

        assert load(TEXT + extra).duties["X1"].klass == "Q"

    def test_not_utf8(self):
        with pytest.raises(CallerError, match="UTF-8"):
            load(TEXT.encode("gbk"))
