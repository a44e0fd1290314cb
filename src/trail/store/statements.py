"""
Statements of SQLAlchemy Core, compiled once for a dialect, and run on the driver's own cursor.

SQLAlchemy's own execution costs some 130 microseconds a statement; compiled text on the driver's cursor costs none of
them, and stays right for the dialect, its parameter style included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from sqlalchemy import Engine
from sqlalchemy.sql import ClauseElement

Row = tuple[Any, ...]
Arguments = Sequence[Any] | dict[str, Any]


class Cursor(Protocol):
    """The part of a driver's cursor that is used here."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...
    def executemany(self, sql: str, parameters: Any, /) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Prepared:
    """A statement compiled once for a dialect; ``bind`` brings values, in the order they were named, into its style."""

    __slots__ = ("bind", "sql")

    def __init__(self, statement: ClauseElement, names: tuple[str, ...], engine: Engine) -> None:
        compiled = statement.compile(dialect=engine.dialect)
        self.sql = str(compiled)
        order = getattr(compiled, "positiontup", None)
        held = {name: value for name, value in compiled.params.items() if name not in names}  # such as LIMIT 1
        self.bind: Callable[[Sequence[Any]], Arguments]
        if order is None:
            self.bind = lambda values: {**held, **dict(zip(names, values, strict=True))}
        elif tuple(order) == names:
            self.bind = lambda values: values
        else:
            every = (*names, *held)
            fixed = tuple(held.values())
            places = tuple(every.index(name) for name in order)

            def bind(values: Sequence[Any]) -> Arguments:
                row = (*values, *fixed)
                return tuple(row[place] for place in places)

            self.bind = bind


class Query:
    """A statement of SQLAlchemy Core with its parameters in order; compiled for a dialect when first used."""

    __slots__ = ("names", "statement")

    def __init__(self, statement: ClauseElement, *names: str) -> None:
        self.statement = statement
        self.names = names


class Source(Protocol):
    """Whatever answers queries: a `Database` (each query by itself) or a `Snapshot` (all as of one moment)."""

    def fetch(self, query: Query, *values: Any) -> list[Row]: ...


class Transaction:
    """A transaction in progress, on the driver's cursor; ``conflict`` is the driver's error for a row that is there."""

    __slots__ = ("_prepare", "conflict", "cursor")

    def __init__(
        self, cursor: Cursor, prepare: Callable[[Query], Prepared], conflict: type[Exception] = LookupError
    ) -> None:
        self.cursor = cursor
        self.conflict = conflict
        self._prepare = prepare

    def fetch(self, query: Query, *values: Any) -> list[Row]:
        """All rows of *query*."""
        prepared = self._prepare(query)
        self.cursor.execute(prepared.sql, prepared.bind(values))
        return self.cursor.fetchall()

    def first(self, query: Query, *values: Any) -> Any:
        """The first row of *query*, or None."""
        prepared = self._prepare(query)
        self.cursor.execute(prepared.sql, prepared.bind(values))
        return self.cursor.fetchone()

    def run(self, query: Query, *values: Any) -> None:
        """Run a statement that returns nothing."""
        prepared = self._prepare(query)
        self.cursor.execute(prepared.sql, prepared.bind(values))

    def run_many(self, query: Query, rows: Sequence[Row]) -> None:
        """Run a statement once for each row."""
        prepared = self._prepare(query)
        self.cursor.executemany(prepared.sql, [prepared.bind(row) for row in rows])
