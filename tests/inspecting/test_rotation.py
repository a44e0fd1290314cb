"""A log whose key changes between two visits: what is remembered stays what it is, and the rest is judged as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from trail.aggregates import TalkHeld
from trail.application import Trail
from trail.application.rotating import rotate_log_key
from trail.inspecting import State, inspect
from trail.signing import LOG_ED25519, NoteKey, format_policy
from trail.testing.campus import Campus, key_of
from trail.testing.roster import REGISTRARS
from trail.verify import Verdict, verify

NOW = 2_000_000_000
NEW = "log's second key"


def talk(campus: Campus) -> None:
    act = TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)
    campus.acting("jia/secretary").record(act)


def policy(campus: Campus, *names: str) -> str:
    keys = [NoteKey(campus.trail.origin, LOG_ED25519, key_of(name).public.raw) for name in names]
    return format_policy(logs=keys, quorum="none", genesis=[campus.trail.genesis()])


@pytest.mark.parametrize("after", [False, True], ids=["before the split", "after the split"])
def test_a_rotation_on_either_side_of_the_split_is_judged_as_ever(after: bool, tmp_path: Path) -> None:
    with Campus.found(tmp_path / "campus") as campus:
        campus.set_time("2026-03-05 09:00")
        talk(campus)
        campus.trail.checkpoint()
        rules = policy(campus, "log", NEW)
        path = tmp_path / "memory"
        database = campus.state.parent.parent / "trail.db"

        def rotate() -> None:
            rotate_log_key(
                database, old=key_of("log"), new=key_of(NEW), state=campus.state, clock=campus.clock,
                registrars=[(name, key_of(name)) for name in REGISTRARS],
            )  # fmt: skip

        if not after:
            rotate()
        key = "log" if after else NEW
        with Trail.open(database, log_key=key_of(key), state=campus.state, clock=campus.clock) as trail:
            first = trail.evidence()
            size = trail.reader.head().size
        with State(path, create=True) as state:
            assert inspect(first, rules, state, now=NOW, new_only=True).kept == size
        if after:
            rotate()
        talk(campus)
        with Trail.open(database, log_key=key_of(NEW), state=campus.state, clock=campus.clock) as trail:
            whole, rest = trail.evidence(), trail.evidence(since=size)

        for rule in (rules, policy(campus, NEW), policy(campus, "log")):
            full = verify(whole, rule, now=NOW)
            for number, evidence in enumerate((whole, rest)):
                copy = tmp_path / f"{number}"
                copy.write_bytes(path.read_bytes())
                with State(copy) as state:
                    found = inspect(evidence, rule, state, now=NOW, new_only=True).report
                if rule == rules:
                    assert full.verdict is found.verdict is Verdict.INTACT
                    assert found.resumed is not None
                    assert found.lineage == full.lineage
                elif evidence is whole:  # another policy: everything is judged again, and compared with what is held
                    assert found.resumed is None
                    assert set(found.counts) == set(full.counts)
                    assert found.verdict is full.verdict
