"""A witness that changed its key: what its old key still proves, and what a thief of it can do."""

from __future__ import annotations

import pytest
from tests.evidence.kit import Log, key_of, log_note_key, sha256

from trail.signing import COSIGNATURE_ED25519, NoteKey, cosign, format_note, format_policy, parse_note
from trail.verify import Report, verify

OLD, NEW, SISTER = "dic", "dic's second key", "sister"
NAMES = {OLD: "dic.example", NEW: "dic.example", SISTER: "sister.example"}
FIRST, SECOND = 1_772_700_000, 1_772_900_000


def note_key(key: str) -> NoteKey:
    return NoteKey(NAMES[key], COSIGNATURE_ED25519, key_of(key).public.raw)


def cosigned(note: str, **times: int) -> str:
    """*note* with the cosignatures of these keys: ``old``, ``new``, ``sister``."""
    parsed = parse_note(note)
    keys = {"old": OLD, "new": NEW, "sister": SISTER}
    lines = [cosign(parsed.text, NAMES[keys[who]], key_of(keys[who]), time) for who, time in times.items()]
    return format_note(parsed.text, [*parsed.lines, *lines])


def policy(log: Log, *keys: str, group: str = "any") -> str:
    """A policy whose quorum is the witness, by these of its keys, and the sister."""
    members = tuple(f"w{number}" for number in range(len(keys)))
    named = {**{name: note_key(key) for name, key in zip(members, keys, strict=True)}, "sister": note_key(SISTER)}
    threshold = 1 if group == "any" else len(keys)
    groups = {"dic": (threshold, members), "both": (2, ("dic", "sister"))}
    pinned = [sha256(log.entries[0])]
    return format_policy(logs=[log_note_key()], witnesses=named, groups=groups, quorum="both", genesis=pinned)


@pytest.fixture
def log() -> Log:
    return Log()


def report(log: Log, rules: str, *notes: str) -> Report:
    return verify(log.items(notes), rules)


def two(log: Log) -> tuple[int, list[str]]:
    """A checkpoint that the old key cosigned, and a later one that the new key did."""
    early = cosigned(log.checkpoint(), old=FIRST, sister=FIRST)
    size = len(log.entries)
    log.add(log.talk())
    return size, [early, cosigned(log.checkpoint(), new=SECOND, sister=SECOND)]


def test_an_old_cosignature_still_proves_its_time_beside_the_new_key(log: Log) -> None:
    size, notes = two(log)
    one = report(log, policy(log, OLD, NEW), *notes)
    assert (one.verdict.value, one.anchored) == ("intact", size + 1)
    assert (one.times.upper.at(size), one.times.upper.at(size + 1)) == (FIRST, SECOND)


def test_without_its_old_line_the_new_key_dates_everything_later(log: Log) -> None:
    size, notes = two(log)
    one = report(log, policy(log, NEW), *notes)
    assert (one.verdict.value, one.anchored) == ("intact", size + 1)
    assert one.times.upper.at(size) == SECOND


def test_D13_both_keys_of_the_witness_are_no_quorum_without_the_sister(log: Log) -> None:
    rules = policy(log, OLD, NEW)
    assert report(log, rules, cosigned(log.checkpoint(), old=FIRST, new=SECOND)).anchored == 0
    for who in ("old", "new"):
        assert report(log, rules, cosigned(log.checkpoint(), **{who: FIRST, "sister": FIRST})).anchored > 0


def test_D15_a_stolen_old_key_can_date_back_and_taking_its_line_out_ends_that(log: Log) -> None:
    """
    Who has the log's key and the witness's stolen old one writes any time; a date until which it counted is no help,
    since the thief writes the date.  A second witness in the quorum, or the line taken out, is.
    """
    false = log.checkpoint()
    alone = format_policy(logs=[log_note_key()], witnesses={"dic": note_key(OLD)}, quorum="dic",
                          genesis=[sha256(log.entries[0])])  # fmt: skip
    believed = report(log, alone, cosigned(false, old=1_700_000_000))
    assert (believed.verdict.value, believed.anchored_at) == ("intact", 1_700_000_000)  # not shown, said plainly

    assert report(log, policy(log, OLD, NEW), cosigned(false, old=1_700_000_000)).anchored == 0
    out = report(log, policy(log, NEW), cosigned(false, old=1_700_000_000, sister=FIRST))
    assert (out.verdict.value, out.anchored) == ("inconclusive", 0)
