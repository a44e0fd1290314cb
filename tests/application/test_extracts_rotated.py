"""Extracts of a log that rotated its key: the inspector who names the old one is told which line to add."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from trail.aggregates import TalkHeld
from trail.application import Choice, Trail
from trail.application.rotating import rotate_log_key
from trail.evidence.extract import CheckpointItem, ExtractHeader, ExtractItem, PlaceItem, read_extract
from trail.evidence.file import EntryItem
from trail.evidence.record import decode_entry
from trail.evidence.registry import LOG_KEY_ROTATED
from trail.evidence.verdict import Report, Verdict
from trail.signing import LOG_ED25519, NoteKey, format_note, format_policy, parse_note, parse_policy, sign_note
from trail.testing.campus import Campus, key_of
from trail.testing.roster import REGISTRARS
from trail.verify import Verification, verify

OLD, NEW = "log", "log's second key"


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    with Campus.found(tmp_path_factory.mktemp("rotated") / "campus") as made:
        made.set_time("2026-03-05 09:00")
        talk(made)
        made.anchor()
        rotate_log_key(
            database(made), old=key_of(OLD), new=key_of(NEW), state=made.state, clock=made.clock,
            registrars=[(name, key_of(name)) for name in REGISTRARS],
        )  # fmt: skip
        yield made


def talk(campus: Campus) -> None:
    act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
    campus.acting("jia/secretary").record(act)


def database(campus: Campus) -> Path:
    return campus.state.parent.parent / "trail.db"


@pytest.fixture(scope="module")
def items(campus: Campus, tmp_path_factory: pytest.TempPathFactory) -> list[ExtractItem]:
    """An extract of one talk, under the newest checkpoint."""
    at = next(r.position for r in campus.trail.records() if r.statement.type == "TalkHeld@1")
    path = tmp_path_factory.mktemp("extract") / "x.extract"
    with Trail.open(database(campus), log_key=key_of(NEW), state=campus.state, clock=campus.clock) as trail:
        trail.extract(path, Choice(positions=(at,)))
    return list(read_extract(io.BytesIO(path.read_bytes())))


def line(campus: Campus, name: str) -> NoteKey:
    return NoteKey(campus.trail.origin, LOG_ED25519, key_of(name).public.raw)


def judged(items: list[ExtractItem], campus: Campus, *names: str, genesis: bytes | None = None) -> Report:
    pinned = [campus.trail.genesis() if genesis is None else genesis]
    policy = format_policy(logs=[line(campus, name) for name in names], genesis=pinned)
    return Verification(parse_policy(policy)).extract().run(items)


def of_type(items: list[ExtractItem], position: int) -> str:
    """The type of the entry at a position of the extract."""
    place = next(number for number, item in enumerate(items) if item[:1] == (position,))
    entry = items[place + 1]
    assert isinstance(entry, EntryItem)
    return decode_entry(entry.entry, position).statement.type


def without(items: list[ExtractItem], dropped: str) -> list[ExtractItem]:
    """The extract without the entries of a type."""
    out: list[ExtractItem] = []
    keep, left = True, 0
    for item in items:
        if isinstance(item, PlaceItem):
            keep = of_type(items, item.position) != dropped
            left += keep
        if keep:
            out.append(item)
    assert isinstance(out[0], ExtractHeader)
    return [out[0]._replace(entries=left), *out[1:]]


def test_the_rotation_comes_along_and_the_new_key_is_good(campus: Campus, items: list[ExtractItem]) -> None:
    report = judged(items, campus, OLD, NEW)
    assert set(report.counts) == {"EXTRACT"}
    assert LOG_KEY_ROTATED in [row.event for row in report.extract.listed]  # type: ignore[union-attr]
    assert set(judged(items, campus, NEW).counts) == {"EXTRACT"}


def test_who_names_the_old_key_alone_is_told_the_line_to_add(campus: Campus, items: list[ExtractItem]) -> None:
    report = judged(items, campus, OLD)
    assert report.verdict is Verdict.INCONCLUSIVE
    assert set(report.counts) == {"EXTRACT", "LOG_KEY_NEW", "PROOF_UNCHECKED", "NO_ANCHOR"}
    told = next(one for one in report.findings if one.code == "LOG_KEY_NEW")
    assert told.attached["line"] == f"log {line(campus, NEW).vkey}"
    assert told.attached["vouched"] is True
    assert report.extract is not None
    assert (report.extract.proven, report.anchored, report.enrolled) == (0, 0, ()), "nothing rests on it"


@pytest.mark.parametrize("dropped", [LOG_KEY_ROTATED, "LogFounded@1"])
def test_without_what_vouches_for_it_the_checkpoint_is_anybodys(
    dropped: str, campus: Campus, items: list[ExtractItem]
) -> None:
    report = judged(without(items, dropped), campus, OLD)
    assert set(report.counts) == {"EXTRACT", "CHECKPOINT_FOREIGN", "PROOF_UNCHECKED", "NO_ANCHOR"}


def test_nor_does_another_genesis_than_the_pinned_one_vouch(campus: Campus, items: list[ExtractItem]) -> None:
    codes = judged(items, campus, OLD, genesis=bytes(32)).counts
    assert "LOG_KEY_NEW" not in codes
    assert "CHECKPOINT_FOREIGN" in codes


def test_a_rotation_that_the_tree_does_not_hold_explains_nothing(campus: Campus, items: list[ExtractItem]) -> None:
    changed = [
        item._replace(proof=tuple(bytes(32) for _ in item.proof)) if isinstance(item, PlaceItem) else item
        for item in items
    ]
    assert "CHECKPOINT_FOREIGN" in judged(changed, campus, OLD).counts


def test_a_key_of_neither_is_foreign(campus: Campus, items: list[ExtractItem]) -> None:
    assert "CHECKPOINT_FOREIGN" in judged(_signed(items, campus, "a thief's"), campus, OLD).counts


def test_the_old_key_alone_anchors_no_extract_that_shows_its_end(campus: Campus, items: list[ExtractItem]) -> None:
    report = judged(_signed(items, campus, OLD), campus, OLD)
    assert {"LOG_KEY_ENDED", "NO_ANCHOR"} <= set(report.counts)
    assert report.anchored == 0
    assert "LOG_KEY_ENDED" not in judged(without(_signed(items, campus, OLD), LOG_KEY_ROTATED), campus, OLD).counts


def _signed(items: list[ExtractItem], campus: Campus, name: str) -> list[ExtractItem]:
    """The extract under the same checkpoint, signed by another key."""
    assert isinstance(items[1], CheckpointItem)
    text = parse_note(items[1].note.decode()).text
    note = format_note(text, [sign_note(text, campus.trail.origin, key_of(name))])
    return [items[0], CheckpointItem(note.encode()), *items[2:]]


def test_an_evidence_file_says_the_same(campus: Campus) -> None:
    with Trail.open(database(campus), log_key=key_of(NEW), state=campus.state, clock=campus.clock) as trail:
        trail.checkpoint()
        policy = format_policy(logs=[line(campus, OLD)], genesis=[trail.genesis()])
        assert "LOG_KEY_NEW" in verify(trail.evidence(), policy).counts
