"""What is exposed, since when, and who has seen how much: measured from what the database keeps, under any policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.application.campus import Campus, Visited, key_of
from tests.application.foreign import Shed

from trail.application import Exposure
from trail.errors import CallerError
from trail.evidence.verdict import Verdict
from trail.signing import COSIGNATURE_ED25519, LOG_ED25519, NoteKey, cosign, format_policy, parse_note, parse_policy
from trail.verify import verify


def visit(campus: Campus) -> int:
    return campus.acting().record(Visited()).position


def cosigned(campus: Campus, *names: str, time: int = 0) -> int:
    """A checkpoint with the cosignatures of these witnesses; its size."""
    issued = campus.trail.checkpoint()
    for name in names:
        line = cosign(parse_note(issued.note).text, f"{name}.example", key_of(name), time or campus.clock.now())
        campus.trail.add_cosignatures(line)
    return issued.size


def policy(campus: Campus, quorum: str = "all", *names: str, log: str | None = "log") -> str:
    keys = {n: NoteKey(f"{n}.example", COSIGNATURE_ED25519, key_of(n).public.raw) for n in names or ("dic", "city")}
    logs = [] if log is None else [NoteKey(campus.trail.origin, LOG_ED25519, key_of(log).public.raw)]
    if quorum == "none":
        return format_policy(logs=logs, witnesses=keys)
    count = len(keys) if quorum == "all" else 1
    return format_policy(logs=logs, witnesses=keys, groups={"g": (count, tuple(keys))}, quorum="g")


def seen(exposure: Exposure) -> dict[str, int]:
    return {one.name: one.size for one in exposure.witnesses}


def test_what_lies_beyond_the_newest_checkpoint_that_a_quorum_saw(campus: Campus) -> None:
    both = cosigned(campus, "dic", "city", time=1_772_700_000)
    visit(campus)
    one = cosigned(campus, "dic", time=1_772_700_500)
    oldest = next(iter(campus.trail.records(both + 1, both + 1))).recorded
    visit(campus)
    head = campus.size
    found = campus.trail.exposure(policy(campus), now=oldest + 100)
    assert (found.head, found.covered, found.signed, found.exposed) == (head, both, one, head - both)
    assert (found.since, found.age, found.time) == (oldest, 100, 1_772_700_000)
    assert seen(found) == {"dic": one, "city": both}
    assert [row.time for row in found.witnesses] == [1_772_700_500, 1_772_700_000]
    # Another policy, another answer.
    found = campus.trail.exposure(policy(campus, "any"))
    assert (found.covered, found.exposed) == (one, head - one)
    assert campus.trail.exposure(policy(campus, "none")).covered == one, "the log's own word alone"


def test_the_verifier_measures_the_same(campus: Campus) -> None:
    """The keeper's measure and the inspector's, over the same evidence."""
    size = cosigned(campus, "dic")
    for _ in range(3):
        visit(campus)
    text = policy(campus, "all", "dic") + f"genesis {campus.trail.genesis().hex()}\n"
    report = verify(campus.trail.evidence(), text)
    found = campus.trail.exposure(text)
    assert (report.anchored, report.exposed, report.anchored_at) == (found.covered, found.exposed, found.time)
    assert report.verdict is Verdict.INTACT
    assert found.exposed == 3
    assert found.covered == size


def test_nothing_seen_and_nothing_exposed(campus: Campus) -> None:
    found = campus.trail.exposure(policy(campus))
    assert (found.covered, found.time, seen(found)) == (0, None, {"dic": 0, "city": 0})
    assert (found.exposed, found.since is None) == (campus.size, False)
    cosigned(campus, "dic", "city")
    found = campus.trail.exposure(policy(campus))
    assert (found.exposed, found.since, found.age) == (0, None, None)


def test_only_what_verifies_counts(campus: Campus) -> None:
    """A line of the right name over another checkpoint, and one by another key, are nobody's word."""
    early = campus.trail.checkpoint()
    visit(campus)
    late = campus.trail.checkpoint()
    wrong = cosign(parse_note(early.note).text, "dic.example", key_of("dic"), 5)
    other = cosign(parse_note(late.note).text, "city.example", key_of("somebody"), 5)
    campus.trail.add_cosignatures(wrong + other)
    found = campus.trail.exposure(policy(campus, "any"))
    assert (found.covered, seen(found)) == (0, {"dic": 0, "city": 0})


def test_a_policy_for_another_log_or_key(campus: Campus) -> None:
    cosigned(campus, "dic", "city")
    assert campus.trail.exposure(policy(campus, log=None)).exposed == 0, "a keeper's list may name no log at all"
    other = campus.trail.exposure(policy(campus, log="another key"))
    assert other.covered == 0, "an inspector who trusts another key is not served by these checkpoints"
    text = policy(campus).replace("log trail.example/campus", "log elsewhere.example")
    with pytest.raises(Exception, match=r"line 1"):
        parse_policy(text)
    foreign = NoteKey("elsewhere.example", LOG_ED25519, key_of("log").public.raw)
    with pytest.raises(CallerError) as caught:
        campus.trail.exposure(format_policy(logs=[foreign]))
    assert caught.value.code == "POLICY_OTHER_LOG"
    with pytest.raises(CallerError) as caught:
        campus.trail.exposure()
    assert caught.value.code == "NO_WITNESSES"


def test_an_application_s_log_is_measured_too(tmp_path: Path) -> None:
    shed = Shed(tmp_path)
    with shed.adopt() as log:
        found = log.exposure("quorum none\n", now=0)
        assert (found.exposed, found.since is None, found.age) == (6, False, 0)
        log.checkpoint()
        assert log.exposure("quorum none\n").exposed == 0


def test_altered_bytes_are_exposed_none_the_less(campus: Campus) -> None:
    size = cosigned(campus, "dic", "city")
    visit(campus)
    campus.sql("UPDATE entry SET entry = x'00' WHERE position = ?", size + 1)
    found = campus.trail.exposure(policy(campus))
    assert (found.exposed, found.since) == (1, None)
