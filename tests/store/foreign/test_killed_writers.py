"""A writer that is killed at any moment loses nothing that it acknowledged, and leaves no half batch behind."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest
from eventsourcing.persistence import Notification, Tracking
from tests.store.foreign.children import batch_of
from tests.store.foreign.inspector import CHILDREN, Inspector, child_environment, factory_of


def start(path: Path, name: str) -> tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]:
    """A child, with what it hears and what it says."""
    process = subprocess.Popen(
        [sys.executable, str(CHILDREN), "write", str(path), name],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=child_environment(),
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    return process, process.stdin, process.stdout


@pytest.mark.harness
def test_killed_writers_lose_nothing_that_they_acknowledged(tmp_path: Path) -> None:
    # Several databases, since all of one is looked at after every cycle.
    for number in range(10):
        (folder := tmp_path / str(number)).mkdir()
        kill_loop(folder, cycles=6, together=1, seed=number)
        kill_loop(folder, cycles=2, together=3, seed=number)


def test_a_few_killed_writers(tmp_path: Path) -> None:
    kill_loop(tmp_path, cycles=2, together=1)
    kill_loop(tmp_path, cycles=1, together=2)


def kill_loop(folder: Path, cycles: int, together: int, seed: int = 0) -> None:
    """Kill *together* writers at random moments, *cycles* times; look at everything after each time."""
    path, signer = folder / f"{together}.db", folder / f"signer {together}"
    signer.mkdir()
    inspector = Inspector(signer, "Bills")
    chance = random.Random(seed)
    acknowledged: dict[tuple[str, int], range] = {}
    for cycle in range(cycles):
        names = [f"{cycle}.{number}" for number in range(together)]
        children = [start(path, name) for name in names]
        for _, _, said in children:
            assert said.readline() == b"ready\n"
        for _, go, _ in children:
            go.write(b"go\n")
            go.flush()
        first = [said.readline() for _, _, said in children]
        time.sleep(chance.uniform(0.005, 0.1))
        for process, _, _ in children:
            process.send_signal(signal.SIGKILL)
        for name, (process, go, said), line in zip(names, children, first, strict=True):
            for answer in (line + said.read()).decode().split("\n")[:-1]:
                number, begin, count = map(int, answer.split())
                acknowledged[name, number] = range(begin, begin + count)
            assert process.wait() == -signal.SIGKILL
            go.close()
            said.close()
        look(path, acknowledged, names, inspector)
    assert len(acknowledged) >= cycles * together


def look(path: Path, acknowledged: dict[tuple[str, int], range], names: list[str], inspector: Inspector) -> None:
    """Everything acknowledged is there, whole, at its ids; nothing else but at most one more batch of each child."""
    factory = factory_of(path, "Bills")
    assert factory.database.integrity() == ()
    recorder = factory.process_recorder()
    size = recorder.max_notification_id() or 0
    found: list[Notification] = list(recorder.select_notifications(None, size + 1))
    assert [n.id for n in found] == list(range(1, size + 1))
    for (name, number), ids in acknowledged.items():
        stored = found[ids.start - 1 : ids.stop - 1]
        assert [(n.originator_id, n.originator_version, n.topic, n.state) for n in stored] == [
            (e.originator_id, e.originator_version, e.topic, e.state) for e in batch_of(name, number)
        ]
    whole = {f"writer {name}/{number}": len(batch_of(name, number)) for name, number in acknowledged}
    beyond = {str(n.originator_id) for n in found} - whole.keys()
    for originator in beyond:
        name, number = originator.removeprefix("writer ").split("/")
        assert len(recorder.select_events(originator)) == len(batch_of(name, int(number)))
        ids = [n.id for n in found if n.originator_id == originator]
        acknowledged[name, int(number)] = range(ids[0], ids[-1] + 1)
    assert len(beyond) <= len(names)
    for name in names:
        last = max(number for known, number in acknowledged if known == name)
        assert recorder.max_tracking_id(f"upstream {name}") == last
        again = recorder.insert_events(batch_of(name, last), idempotency_key=f"{name}/{last}")
        assert again == list(acknowledged[name, last])
    assert inspector.check(factory.database) == size
    factory.close()


def test_the_look_finds_a_lost_batch(tmp_path: Path) -> None:
    """The control: an acknowledgement that was never stored, and a batch that was stored in part."""
    factory = factory_of(tmp_path / "events.db", "Bills")
    recorder = factory.process_recorder()
    ids = recorder.insert_events(batch_of("0.0", 1), tracking=Tracking("upstream 0.0", 1), idempotency_key="0.0/1")
    assert ids is not None
    known = {("0.0", 1): range(ids[0], ids[-1] + 1)}
    inspector = Inspector(tmp_path, "Bills")
    look(tmp_path / "events.db", dict(known), ["0.0"], inspector)
    with pytest.raises(AssertionError):
        look(tmp_path / "events.db", {**known, ("0.0", 2): range(ids[-1] + 1, ids[-1] + 2)}, ["0.0"], inspector)
    number = next(number for number in range(2, 99) if len(batch_of("0.0", number)) > 1)
    recorder.insert_events(batch_of("0.0", number)[:1])
    with pytest.raises(AssertionError):
        look(tmp_path / "events.db", dict(known), ["0.0"], inspector)
    factory.close()
