"""
A small eventsourcing application that knows nothing of `trail`: tools that are lent and given back.

`Shed` runs it on a database through the variables alone, and keeps the log as its owner would.
"""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from trail.application import Log, audit
from trail.signing import LOG_ED25519, NoteKey, PrivateKey, format_policy
from trail.verify import Report


class Tool(Aggregate):
    """A tool."""

    @event("Bought")
    def __init__(self, name: str) -> None:
        self.name = name
        self.borrower = ""

    @event("Lent")
    def lend(self, to: str) -> None:
        self.borrower = to


class Tools(Application[UUID]):
    """The application."""

    snapshotting_intervals = {Tool: 3}  # noqa: RUF012 - as the library has it

    def buy(self, name: str) -> UUID:
        tool = Tool(name)
        self.save(tool)
        return tool.id

    def lend(self, tool_id: UUID, to: str) -> None:
        tool: Tool = self.repository.get(tool_id)
        tool.lend(to)
        self.save(tool)


def tools(url: str | Path, **env: str) -> Tools:
    """The application on a database."""
    return Tools(env={"PERSISTENCE_MODULE": "trail.store", "TRAIL_URL": str(url), **env})


def key_of(name: str) -> PrivateKey:
    """The key of that name; the same in every run."""
    return PrivateKey.from_seed(hashlib.sha256(b"shed" + name.encode()).digest())


class Shed:
    """A folder with the application's database, filled with six events; the log is adopted by `adopt`."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.path = folder / "events.db"
        self.key = key_of("log")
        self.fill(**env)

    def fill(self, rounds: int = 2, **env: str) -> None:
        """Record: a tool each round, lent twice."""
        app = tools(self.path, **env)
        for number in range(rounds):
            tool = app.buy(f"锤子 {number}")
            for borrower in ("张一", "李二"):
                app.lend(tool, borrower)
        app.close()

    @property
    def state(self) -> Path:
        return self.folder / "log.state"

    def adopt(self, **options: Any) -> Log:
        return Log.adopt(self.path, log_key=self.key, state=self.state, **options)

    def open(self, **options: Any) -> Log:
        return Log.open(self.path, log_key=self.key, state=self.state, **options)

    def policy(self, origin: str = "Tools", **options: Any) -> str:
        """The inspector's policy."""
        return format_policy(logs=[NoteKey(origin, LOG_ED25519, self.key.public.raw)], **options)

    def audit(self, **options: Any) -> Report:
        return audit(self.path, self.policy(), **options)

    def sql(self, statement: str, *values: object) -> int:
        """Change the database behind the library's back; the number of rows that were changed."""
        connection = sqlite3.connect(self.path)
        try:
            changed = connection.execute(statement, values).rowcount
            connection.commit()
        finally:
            connection.close()
        return changed
