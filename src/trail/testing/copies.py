"""
Copies of a database, made by SQLite's own backup: a file that is open must never be read as a file.

To open and close a database file that this process has open would cancel the locks that SQLite holds on it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import cast

from trail.store import Database


def driver(database: Database) -> sqlite3.Connection:
    """The driver's connection of a database in memory, which has only one."""
    return cast(sqlite3.Connection, database.engine.raw_connection().dbapi_connection)


def copy_database(database: Database, path: Path) -> None:
    """Write what *database* holds now to the new file *path*."""
    with closing(sqlite3.connect(path)) as target:
        borrowed = database.engine.raw_connection()
        try:
            cast(sqlite3.Connection, borrowed.dbapi_connection).backup(target)
        finally:
            borrowed.close()
        target.execute("PRAGMA journal_mode=DELETE")


def copy_file(source: Path, target: Path) -> Path:
    """Copy a database that this process has not open, with whatever still lies in its write-ahead log."""
    with closing(sqlite3.connect(source)) as from_, closing(sqlite3.connect(target)) as to:
        from_.backup(to)
        to.execute("PRAGMA journal_mode=DELETE")
    return target
