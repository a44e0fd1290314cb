"""``trail verify --state`` and ``trail state``: the inspector's memory on the command line."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from tests.cli.kit import SRC, TALK, Site, found, witnessed

from trail.report.inspecting import AGAIN
from trail.signing import KeyFile
from trail.testing.stored import EvidenceCopy, record_of
from trail.testing.tamper import edit_entry, reseal


def export(site: Site, name: str, *more: object) -> Path:
    """An evidence file of the log, anchored to its end."""
    file = site.path / name
    found("export", site.db, "--out", file, *more, at=site)
    return file


def record(site: Site, since: int) -> None:
    """One more talk, and a witnessed checkpoint over it."""
    done = site.record(TALK)
    assert done.code == 0, done
    assert witnessed(site, since).code == 0


@pytest.fixture
def memory(site: Site) -> Path:
    return site.path / "memory"


def test_the_memory_is_made_says_so_and_remembers(site: Site, memory: Path) -> None:
    first = site.run("verify", site.evidence, "--policy", site.policy, "--state", memory)
    again = site.run("verify", site.evidence, "--policy", site.policy, "--state", memory)

    assert (first.code, again.code) == (0, 0)
    assert "is new: it remembered nothing" in first.out
    assert "is new" not in again.out
    assert "nothing of this log" not in again.out
    shown = found("state", "show", memory, at=site).out
    assert "trail.example/jia" in shown
    assert "INTACT, with the policy's quorum" in shown
    assert "记住" in site.run("verify", site.evidence, "--policy", site.policy, "--state", memory, "--lang", "zh").out
    zh = found("state", "show", memory, "--lang", "zh", at=site).out
    assert "满足策略" in zh


def test_only_what_is_new_is_judged_and_the_headline_says_so(site: Site, memory: Path) -> None:
    ask = ("--policy", site.policy, "--state", memory, "--new-only")
    first = json.loads(site.run("verify", site.evidence, *ask, "--json").out)
    size = first["memory"]["kept"]
    assert size == first["size"]
    record(site, size)
    whole, rest = export(site, "whole.trail"), export(site, "rest.trail", "--since", size)

    copy = shutil.copy(memory, site.path / "copy")
    done = site.run("verify", whole, *ask)
    assert done.code == 0, done
    assert f"1 to {size} were judged at" in done.out.splitlines()[0]
    assert "Not checked again" in done.out
    part = site.run("verify", rest, "--policy", site.policy, "--state", copy)
    assert part.code == 0, part
    assert "are not in this file" in part.out
    zh = site.run("verify", whole, *ask, "--lang", "zh").out
    assert "本次未再核验" in zh.splitlines()[0]
    assert "全部重新核验，因为" not in zh

    alone = site.run("verify", rest, "--policy", site.policy)
    assert alone.code == 3
    assert "PAST_UNKNOWN" in alone.out
    fresh = site.run("verify", rest, "--policy", site.policy, "--state", site.path / "fresh")
    assert fresh.code == 3


def test_options_that_do_not_go_together_are_usage_errors(site: Site, memory: Path) -> None:
    assert site.run("verify", site.evidence, "--policy", site.policy, "--new-only").code == 2
    assert site.run("verify", site.db, "--policy", site.policy, "--new-only", "--state", memory).code == 2
    assert not memory.exists()
    assert site.run("export", site.db, "--out", site.path / "x", "--since", 10**9).code == 2
    assert site.run("export", site.db, "--out", site.path / "x", "--since", -1).code == 2


def test_a_database_is_compared_and_remembered(site: Site, memory: Path) -> None:
    done = site.run("verify", site.db, "--policy", site.policy, "--state", memory)

    assert done.code == 0, done
    assert "remembered: positions 1 to" in done.out
    assert site.run("verify", site.evidence, "--policy", site.policy, "--state", memory).code == 0


STRANGE = {"empty": b"", "text": b"not a memory", "zero": b"SQLite format 3\x00" + bytes(4080)}


@pytest.mark.parametrize("content", STRANGE.values(), ids=STRANGE)
def test_a_file_that_is_no_memory_is_refused_and_left_alone(site: Site, memory: Path, content: bytes) -> None:
    memory.write_bytes(content)
    done = site.run("verify", site.evidence, "--policy", site.policy, "--state", memory)

    assert done.code == 3
    assert "STATE_DAMAGED" in done.out
    assert memory.read_bytes() == content
    assert site.run("state", "show", memory).code == 2


def test_another_database_is_refused(site: Site) -> None:
    before = site.db.read_bytes()
    assert site.run("verify", site.evidence, "--policy", site.policy, "--state", site.db).code == 3
    assert site.db.read_bytes() == before


# --- a log that tells two inspectors two things ----------------------------------------------------------------------


@pytest.fixture
def forked(site: Site) -> Path:
    """Evidence of the same log rewritten at its end, signed again with its own key and its witness's."""
    log_key, witness_key = (KeyFile(site.path / name, lambda: "secret") for name in ("log/log/key.pem", "witness.pem"))
    copy = EvidenceCopy(site.evidence.read_bytes())
    edit_entry(copy, len(copy.rows), recorded=record_of(copy, len(copy.rows)).recorded + 1)
    reseal(copy, log_key, {"dic.example": witness_key})
    file = site.path / "forked.trail"
    file.write_bytes(copy.save())
    return file


def test_a_fork_raises_the_alarm_in_the_headline_until_it_is_answered(site: Site, memory: Path, forked: Path) -> None:
    ask = ("--policy", site.policy, "--state", memory)
    assert site.run("verify", forked, "--policy", site.policy).code == 0, "nobody sees it without a memory"
    assert site.run("verify", site.evidence, *ask).code == 0
    done = site.run("verify", forked, *ask, "--save-findings", site.path / "findings")
    assert done.code == 1
    assert "ALARM: the log contradicts itself" in done.out.splitlines()[0]
    zh = site.run("verify", site.evidence, *ask, "--lang", "zh")
    assert zh.code == 1
    assert "警报：日志自相矛盾" in zh.out.splitlines()[0]
    assert "ALARM_OPEN" in zh.out

    shown = site.run("state", "show", memory, "--json")
    assert shown.code == 1
    numbers = [one["number"] for one in json.loads(shown.out)[0]["alarms"]]
    assert "警报 1" in site.run("state", "show", memory, "--lang", "zh").out
    assert site.run("state", "acknowledge", memory, numbers[0], "--reason", " ").code == 2
    for number in numbers:
        assert site.run("state", "acknowledge", memory, number, "--reason", "已上报").code == 0
    assert site.run("state", "show", memory).code == 0
    assert "已上报" in site.run("state", "show", memory, "--lang", "zh").out
    assert site.run("verify", site.evidence, *ask).code == 0

    checked = site.run("check-findings", site.path / "findings", "--policy", site.policy)
    assert checked.code == 1
    assert "PROVEN" in checked.out
    zh = site.run("check-findings", site.path / "findings", "--policy", site.policy, "--lang", "zh")
    assert "成立" in zh.out
    again = site.run("verify", forked, *ask, "--save-findings", site.path / "findings")
    assert again.code == 3, "a folder is never written over"


def test_two_memories_are_compared_in_one_command(site: Site, memory: Path, forked: Path) -> None:
    one, other = site.path / "one", site.path / "other"
    assert site.run("verify", site.evidence, "--policy", site.policy, "--state", one).code == 0
    same = shutil.copy(one, memory)
    assert site.run("state", "compare", one, same).code == 0
    assert site.run("verify", forked, "--policy", site.policy, "--state", other).code == 0
    done = site.run("state", "compare", one, other, "--save-findings", site.path / "findings")
    assert done.code == 1
    assert "FORK" in done.out
    assert "分叉" in site.run("state", "compare", one, other, "--lang", "zh").out
    assert json.loads(site.run("state", "compare", one, other, "--json").out)[0]["result"] == "fork"
    assert site.run("check-findings", site.path / "findings", "--policy", site.policy).code == 1

    record(site, json.loads(site.run("state", "show", one, "--json").out)[0]["checkpoints"][-1]["size"])
    later = export(site, "later.trail")
    third = site.path / "third"
    assert site.run("verify", later, "--policy", site.policy, "--state", third).code == 0
    told = site.run("state", "compare", one, third)
    assert told.code == 3
    assert "--evidence" in told.out
    assert "证据文件" in site.run("state", "compare", one, third, "--lang", "zh").out
    assert site.run("state", "compare", one, third, "--evidence", later).code == 0
    assert site.run("state", "compare", one, site.path / "nothing").code == 2


def test_an_extract_is_compared_and_moves_nothing_on(site: Site, memory: Path, forked: Path) -> None:
    found("export", site.db, "--extract", "--position", 3, "--out", site.path / "some.trail", at=site)
    ask = ("--policy", site.policy, "--state", memory)
    assert site.run("verify", site.path / "some.trail", *ask).code == 3
    assert json.loads(site.run("state", "show", memory, "--json").out) == []
    assert "it remembered nothing of this log" in site.run("verify", forked, *ask).out
    assert "此前不记得这个日志" not in site.run("verify", forked, *ask, "--lang", "zh").out
    done = site.run("verify", site.path / "some.trail", *ask)
    assert done.code == 1, "another root at the size that is remembered"
    assert "CHECKPOINT_FORK" in done.out


def test_why_everything_was_judged_again_is_said_in_both_languages(site: Site, memory: Path) -> None:
    ask = ("--policy", site.policy, "--state", memory, "--new-only")
    assert "nothing of this kind is remembered" in site.run("verify", site.evidence, *ask).out
    other = site.path / "other-policy"
    other.write_text(site.policy.read_text() + "# another\n")
    zh = site.run("verify", site.evidence, "--policy", other, "--state", memory, "--new-only", "--lang", "zh").out
    assert "策略与当时不同" in zh

    written = "".join(
        (SRC / "trail" / name).read_text() for name in ("evidence/resuming.py", "inspecting/inspection.py")
    )
    assert [sentence for sentence in AGAIN if f'"{sentence}"' not in written] == []
    given = re.findall(r'(?:self\.why =|return) "([^"]{20,})"', written)
    assert set(given) == set(AGAIN)
