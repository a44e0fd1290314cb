"""Witnesses over HTTP for a small university, each with its own key and state; and the files that a backup keeps."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from tests.application.campus import ORIGIN, Campus, key_of
from tests.witness.scripted import Served, served

from trail.application import Trail
from trail.clock import FixedClock
from trail.signing import LOG_ED25519, NoteKey, format_policy
from trail.witness import Witness
from trail.witness.asking import Witnesses


class Outside:
    """Witnesses by name; ``policy`` is the file that names them, with their urls."""

    def __init__(self, folder: Path, names: tuple[str, ...], now: Callable[[], int]) -> None:
        self.folder = folder
        self.names = names
        self.servers: dict[str, Served] = {}
        self.now = now

    def open(self, stack: ExitStack) -> None:
        """Make the witnesses and let them listen."""
        for name in self.names:
            made = Witness(self.folder / f"{name}.db", key_of(name), f"{name}.example", [log_note_key()], new=True)
            server = stack.enter_context(served(stack.enter_context(made), self.now))
            server.logs, server.signer = (ORIGIN,), key_of(name)
            self.servers[name] = server

    def __getitem__(self, name: str) -> Served:
        return self.servers[name]

    def policy(self, *, urls: dict[str, str] | None = None, quorum: str | None = None, **options: Any) -> str:
        """The policy file of the log's keeper: one group of all witnesses, unless a quorum is named."""
        keys = {name: server.witness.key for name, server in self.servers.items()}
        given = {keys[name].vkey: server.url for name, server in self.servers.items()}
        given.update({keys[name].vkey: url for name, url in (urls or {}).items()})
        groups = {"outside": (len(keys), tuple(keys))} if quorum is None else None
        return format_policy(
            logs=[log_note_key()], witnesses=keys, groups=groups, quorum=quorum or "outside", urls=given, **options
        )

    def witnesses(self, **options: Any) -> Witnesses:
        """Them as they are asked; requests end soon."""
        urls = options.pop("urls", None)
        return Witnesses(self.policy(urls=urls, quorum=options.pop("quorum", None)), **{"limit": 5.0, **options})


@contextmanager
def outside(folder: Path, *names: str, now: Callable[[], int]) -> Iterator[Outside]:
    """Witnesses called *names*, listening."""
    made = Outside(folder, names, now)
    with ExitStack() as stack:
        made.open(stack)
        yield made


def log_note_key() -> NoteKey:
    """The log's key as policies name it."""
    return NoteKey(ORIGIN, LOG_ED25519, key_of("log").public.raw)


def backup(campus: Campus, into: Path, *, state: bool = True) -> Path:
    """Copy the database, and with *state* the signer's state, as a backup does."""
    into.mkdir()
    with closing(sqlite3.connect(campus.path)) as source, closing(sqlite3.connect(into / "trail.db")) as target:
        source.backup(target)
    if state:
        shutil.copy(campus.folder / "log.state", into / "log.state")
    return into


def opened(folder: Path, clock: FixedClock, **options: Any) -> Trail:
    """The log of a copy, with its key and its state."""
    return Trail.open(folder / "trail.db", log_key=key_of("log"), state=folder / "log.state", clock=clock, **options)
