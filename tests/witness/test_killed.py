"""
A witness that is killed at any write of its state never signs two views, and remembers what it answered.

A C library of some lines is preloaded into the witness's process (``killer.c``); it counts the calls that change the
state's files and kills the process with SIGKILL at the n-th, before the call or half way through a write.  Each kill
is followed by a restart on what is left, a conflicting view and the honest continuation.  Over everything that ever
left the process, no two signatures may disagree.

What a killed process wrote is kept by the kernel, so this says nothing of a power cut: there the promise rests on
SQLite's journal and on the syncs, whose places the kills pass through as well.

The controls are witnesses with a fault put in, and must be caught: one that answers before it persists, one that
persists nothing.
"""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.store.world import key_of
from tests.witness.serving import SRC, post, prepare, spawned
from tests.witness.views import LOG, View

from trail.signing import COSIGNATURE_ED25519, NoteKey, check_cosignature
from trail.witness import Witness, parse_request

HERE = Path(__file__).parent
NAME = "witness.example"
NOW = 1_772_668_800
SIGKILL = 9
KEY = NoteKey(NAME, COSIGNATURE_ED25519, key_of("witness").public.raw)
SHARED, NEXT = 5, 8
HONEST, OTHER = View("honest", SHARED), View("other", SHARED)


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The preloaded library."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("killing at a system call needs Linux and a C compiler")
    library = tmp_path_factory.mktemp("killer") / "killer.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(HERE / "killer.c"), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return library


class Left(NamedTuple):
    """What left the process in one life: cosignature lines, refusals, how it ended, how many writes it made."""

    lines: list[str]
    refused: list[str]
    end: int
    writes: int


class Zygote:
    """The process that forks a witness for each order."""

    def __init__(self, killer: Path, folder: Path) -> None:
        self.folder = folder
        environment = os.environ | {
            "LD_PRELOAD": str(killer), "KILLER_PATH": f"{folder}/", "PYTHONPATH": f"{SRC}{os.pathsep}{HERE.parents[1]}"
        }  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "killed.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment,
        )  # fmt: skip

    def live(
        self, state: Path, *bodies: bytes, at: int = 0, torn: bool = False, broken: str = "", now: int = NOW
    ) -> Left:  # fmt: skip
        """One life of a witness: it gets *bodies*, and is killed at its write *at*."""
        order: dict[str, Any] = {
            "state": str(state), "bodies": [base64.b64encode(body).decode() for body in bodies], "at": at, "torn": torn,
            "broken": broken, "now": now, "logs": [LOG.vkey],
        }  # fmt: skip
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("no pipe")
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        left = Left([], [], 0, 0)
        for said in self._process.stdout:
            kind, _, rest = said.rstrip("\n").partition(" ")
            if kind == "line":
                left.lines.append(base64.b64decode(rest).decode())
            elif kind == "writes":
                left = left._replace(writes=int(rest))
            elif kind == "end":
                return left._replace(end=int(rest))
            elif kind == "refused":
                left.refused.append(rest)
            else:
                raise AssertionError(said)
        raise AssertionError("the process that forks is gone")

    def close(self) -> None:
        self._process.communicate(timeout=60)


@pytest.fixture
def zygote(killer: Path, tmp_path: Path) -> Iterator[Zygote]:
    made = Zygote(killer, tmp_path)
    yield made
    made.close()


def views_signed(lines: list[str]) -> dict[int, set[str]]:
    """By size, the views whose checkpoints *lines* cosign; every line is a good signature over one of them."""
    found: dict[int, set[str]] = {}
    sizes = (0, 3, SHARED, NEXT, NEXT + 3, NEXT + 4)
    for line in lines:
        for size, view in itertools.product(sizes, (HONEST, OTHER)):
            try:
                check_cosignature(view.text(size), line, KEY)
            except Exception:  # not this one
                continue
            found.setdefault(size, set()).add("all" if size <= SHARED else view.name)
            break
        else:
            raise AssertionError("a signature over something else")
    return found


class TwoViews(AssertionError):
    """Two signatures left a witness that disagree."""


class Forgotten(AssertionError):
    """A witness answered and does not remember it."""


def check_one_view(lines: list[str]) -> None:
    """No two signatures that left the process disagree."""
    names = set().union(*views_signed(lines).values()) - {"all"} if lines else set()
    if len(names) > 1:
        raise TwoViews(names)


def base_state(path: Path, cosigned: int) -> list[str]:
    """A state that has cosigned so much, made by a witness that nobody killed; its signatures."""
    with Witness(path, key_of("witness"), NAME, [LOG], new=True) as witness:
        if cosigned:
            return [witness.sign(HONEST.request(0, cosigned), NOW)]
        return []


def kill_everywhere(
    zygote: Zygote, *, cosigned: int, bodies: list[bytes], broken: str = "", torn: bool = False, both: bool = False
) -> int:
    """
    Kill a witness at each of its writes while it works on *bodies*, and look at what its next lives sign.

    The next life is offered the honest view first or the other, in turns; *both* for each write.  Gives the number of
    writes.  Raises `TwoViews` or `Forgotten`.
    """
    base = zygote.folder / "base.db"
    base.unlink(missing_ok=True)
    before = base_state(base, cosigned)
    for at in itertools.count(1):
        for honest_first in (False, True) if both else (at % 2 == 0,):
            state = zygote.folder / f"{at}.db"
            shutil.copy(base, state)
            first = zygote.live(state, *bodies, at=at, torn=torn, broken=broken)
            after = zygote.live(state, *offers(cosigned, honest_first), broken=broken, now=NOW + 60)
            assert after.end == 0
            check_one_view([*before, *first.lines, *after.lines])
            check_remembered(state, [*before, *first.lines, *after.lines])
            if both:
                last = zygote.live(state, *offers(cosigned, not honest_first), broken=broken, now=NOW + 120)
                check_one_view([*before, *first.lines, *after.lines, *last.lines])
            assert views_signed([*first.lines, *after.lines]), "a witness that is alive cosigns one of them"
            for file in zygote.folder.glob(f"{at}.db*"):
                file.unlink()
        if first.end == 0:
            return first.writes
        assert first.end == SIGKILL
    raise AssertionError


def offers(cosigned: int, honest_first: bool) -> list[bytes]:
    """Everything that a forked log, and the honest one, could offer next."""
    olds = (cosigned, NEXT, NEXT + 3)
    sizes = (NEXT, NEXT + 3, NEXT + 4)
    order = (HONEST, OTHER) if honest_first else (OTHER, HONEST)
    return [view.request(old, size) for view in order for size in sizes for old in olds if old <= size]


def check_remembered(state: Path, lines: list[str]) -> None:
    """What was answered is in the memory: the latest tree is no smaller, and of the same view."""
    with Witness(state, key_of("witness"), NAME, [LOG]) as witness:
        latest = witness.latest(LOG.name)
        assert not witness.memory.database.integrity()
    found = views_signed(lines)
    if not found:
        return
    if latest is None or latest[0] < max(found):
        raise Forgotten(max(found))
    size, root, _ = latest
    names = set().union(*found.values()) - {"all"}
    if root not in {view.root(size) for view in (HONEST, OTHER) if view.name in names or size <= SHARED}:
        raise Forgotten(size)


def test_a_witness_killed_at_any_write_signs_one_view(zygote: Zygote) -> None:
    writes = kill_everywhere(zygote, cosigned=SHARED, bodies=[HONEST.request(SHARED, NEXT)])
    assert writes > 8, "a transaction has a journal, pages, syncs and a truncation"


@pytest.mark.harness
def test_a_new_witness_killed_at_any_write(zygote: Zygote) -> None:
    assert kill_everywhere(zygote, cosigned=0, bodies=[HONEST.request(0, NEXT)], both=True) > 8


@pytest.mark.harness
@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize(
    "bodies",
    [
        [HONEST.request(SHARED, NEXT)],
        [HONEST.request(SHARED, NEXT), HONEST.request(NEXT, NEXT), HONEST.request(NEXT, NEXT + 3)],
        [HONEST.request(SHARED, NEXT), OTHER.request(NEXT, NEXT), HONEST.request(NEXT, NEXT + 3)],
        [OTHER.request(0, 3), HONEST.request(SHARED, SHARED), OTHER.request(SHARED, NEXT)],
    ],
    ids=["one", "several", "with a fork kept", "the other view"],
)
def test_killed_at_any_write_of_longer_lives(zygote: Zygote, bodies: list[bytes], torn: bool) -> None:
    kill_everywhere(zygote, cosigned=SHARED, bodies=bodies, torn=torn, both=True)


@pytest.mark.parametrize(("fault", "found"), [("early", TwoViews), ("forgetful", (TwoViews, Forgotten))])
def test_the_harness_finds_a_broken_witness(zygote: Zygote, fault: str, found: Any) -> None:
    """The controls: a witness that answers before it persists, and one that persists nothing."""
    with pytest.raises(found):
        kill_everywhere(zygote, cosigned=SHARED, bodies=[HONEST.request(SHARED, NEXT)], broken=fault)


# --- the whole server -------------------------------------------------------------------------------------------------


def kill_server(killer: Path, folder: Path, at: int) -> bool:
    """A server that is killed at its write *at*, and started again; whether it was killed at all."""
    state = prepare(folder, [LOG])
    preloaded = {"LD_PRELOAD": str(killer), "KILLER_PATH": f"{state}", "KILLER_AT": str(at)}
    lines: list[str] = []
    bodies = [HONEST.request(0, SHARED), HONEST.request(SHARED, NEXT)]
    with spawned(folder, environment=preloaded) as server:
        key, killed = server.key, False
        for body in bodies:
            try:
                answer = post(server.url, body)
            except (OSError, http.client.HTTPException):
                assert server.process.wait(60) == -SIGKILL
                killed = True
                break
            assert answer.status == 200
            lines.append(answer.text)
    with spawned(folder) as server:
        for body in offers(0, False) + offers(SHARED, False):
            answer = post(server.url, body)
            lines += [answer.text] if answer.status == 200 else []
            assert answer.status in (200, 400, 409, 422)
        assert server.stop()[0] == 0
    signed = set()
    for line in lines:
        for size, view in itertools.product((SHARED, NEXT, NEXT + 3, NEXT + 4), (HONEST, OTHER)):
            try:
                check_cosignature(view.text(size), line, key)
            except Exception:  # not this one
                continue
            signed |= {view.name} if size > SHARED else set()
            break
        else:
            raise AssertionError("a signature over something else")
    assert len(signed) == 1, signed
    return killed


@pytest.mark.harness
def test_a_server_killed_at_any_write_signs_one_view(killer: Path, tmp_path: Path) -> None:
    for at in itertools.count(1):
        folder = tmp_path / str(at)
        folder.mkdir()
        if not kill_server(killer, folder, at):
            break
        shutil.rmtree(folder)
    assert at > 16


def test_the_requests_are_what_the_library_makes_of_them() -> None:
    asked = parse_request(HONEST.request(SHARED, NEXT))
    assert (asked.old, asked.note.text) == (SHARED, HONEST.text(NEXT))
    assert HONEST.root(SHARED) == OTHER.root(SHARED)
    assert HONEST.root(NEXT) != OTHER.root(NEXT)
