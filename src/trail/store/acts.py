"""
Acts through `eventsourcing`: a read-only persistence module.

With ``PERSISTENCE_MODULE=trail.store.acts`` and ``TRAIL_URL=sqlite:///trail.db`` (and ``TRAIL_ORIGIN`` where a database
holds several logs), its repository, notification log and projections read a log of acts::

    originator_id       the stream's name (text)
    originator_version  the stream version, dense from 1
    topic               the type, ``Name@1``; never the name of a Python module
    state               the entry's bytes
    notification id     the position

An application that follows them keeps what it makes of them, and how far it came, elsewhere: its view's persistence
module is set by variables with the view's name before them (``NAME_PERSISTENCE_MODULE=trail.store``).

Every act is read as a `RecordedAct`, or as the class that `ActMapper.classes` (a closed table of the host's) gives for
its type: no topic is ever imported.  Acts are written by the façade alone; whoever writes here gets an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NoReturn, TypeVar
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    InfrastructureFactoryError,
    Mapper,
    MapperDeserialisationError,
    Notification,
    ProcessRecorder,
    ProgrammingError,
    StoredEvent,
    Subscription,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType
from sqlalchemy import BigInteger, Select, bindparam, select

from trail.errors import EncodingError, RecordError, TrailError
from trail.evidence.record import Record, decode_entry
from trail.store import queries
from trail.store.adapter import MOST, FollowingSubscription, translated
from trail.store.engine import Database
from trail.store.read import Reader
from trail.store.schema import ACTS, ENTRY
from trail.store.statements import Query

_NOT_CODED: Final = (
    "{0} is set, but acts are neither encrypted nor compressed here: an entry is stored as the bytes that were signed, "
    "so that everybody can verify them; what must not be read lies in body parts.  Set {0} to nothing under this "
    "application's own prefix if it is meant for another one"
)
_READ_ONLY: Final = "acts are recorded through the façade alone; this persistence module only reads"

Aggregate = TypeVar("Aggregate")


@dataclass(frozen=True)
class RecordedAct:
    """
    An act as an event of `eventsourcing`: its stream, the stream version, and the whole record.

    ``position`` is the place in the log.  The record's signatures are not verified here.
    """

    originator_id: str
    originator_version: int
    record: Record

    @property
    def type(self) -> str:
        """The type, ``Name@1``."""
        return self.record.statement.type

    @property
    def position(self) -> int:
        """The place in the log, from 1."""
        return self.record.position


class ActMapper(Mapper[str]):
    """
    Makes domain events of stored acts by a closed table.

    ``classes`` gives, for a type such as ``TalkHeld@1``, a callable that takes a `RecordedAct` and gives the host's
    own event; types that are not in it stay `RecordedAct`.  Subclass to fill it, and name the subclass in
    ``MAPPER_TOPIC``.
    """

    classes: ClassVar[Mapping[str, Callable[[RecordedAct], DomainEventProtocol[str]]]] = {}

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """Refused: acts are recorded through the façade."""
        raise ProgrammingError(_READ_ONLY)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """The event of a stored act; raises `MapperDeserialisationError` where columns and bytes disagree."""
        position = stored_event.id if isinstance(stored_event, Notification) else 0
        try:
            record = decode_entry(stored_event.state, position)
        except (EncodingError, RecordError) as error:
            raise MapperDeserialisationError(f"the entry can't be read: {error.message}") from error
        statement = record.statement
        found = (statement.stream, record.version, statement.type)
        if found != (stored_event.originator_id, stored_event.originator_version, stored_event.topic):
            raise MapperDeserialisationError(f"the columns name another act than the entry: {found}")
        act = RecordedAct(statement.stream, record.version, record)
        make = self.classes.get(statement.type)
        return act if make is None else make(act)


def _stream(*, descending: bool) -> Query:
    c = ENTRY.c
    chosen: Select[Any] = select(c.position, c.stream, c.version, c.type, c.entry).where(
        c.log == bindparam("n", type_=BigInteger), c.stream == bindparam("s"), c.version > bindparam("gt"),
        c.version <= bindparam("lte"),
    )  # fmt: skip
    order = c.version.desc() if descending else c.version
    return Query(chosen.order_by(order).limit(bindparam("rows", type_=BigInteger)), "n", "s", "gt", "lte", "rows")


_FORWARDS, _BACKWARDS = _stream(descending=False), _stream(descending=True)


class ActRecorder(ApplicationRecorder):
    """Reads the acts of one log as stored events and notifications."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> NoReturn:
        """Refused: acts are recorded through the façade."""
        raise ProgrammingError(_READ_ONLY)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The acts of one stream, by stream version."""
        rows = self._fetch(
            _BACKWARDS if desc else _FORWARDS, str(originator_id), 0 if gt is None else gt,
            MOST if lte is None else lte, MOST if limit is None else limit,
        )  # fmt: skip
        return [_stored(row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The acts of the log by position; *topics* are types."""
        begin = 1 if start is None else start if inclusive_of_start else start + 1
        query = queries.notifications(ACTS, len(topics))
        return [_stored(row) for row in self._fetch(query, begin, MOST if stop is None else stop, *topics, limit)]

    def max_notification_id(self) -> int | None:
        """The position of the last act, or None."""
        with translated():
            return self._reader.head().size or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Follow the log after position *gt*; *topics* are types.  See `trail.store.adapter`."""
        return FollowingSubscription(self, self._reader.database, gt, topics)

    def _fetch(self, query: Query, *values: Any) -> list[tuple[Any, ...]]:
        with translated():
            return self._reader.source.fetch(query, self._reader.log, *values)


def _stored(row: tuple[Any, ...]) -> Notification:
    position, stream, version, kind, entry = row
    return Notification(originator_id=stream, originator_version=version, topic=kind, state=bytes(entry), id=position)


class ActFactory(InfrastructureFactory[TrackingRecorder]):
    """The infrastructure factory; see the module's comment for its environment."""

    TRAIL_URL: Final = "TRAIL_URL"
    TRAIL_ORIGIN: Final = "TRAIL_ORIGIN"

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        url = self.env.get(self.TRAIL_URL)
        if not url:
            raise InfrastructureFactoryError(f"set {self.TRAIL_URL} to the database of the log: sqlite:///trail.db")
        for variable in (self.CIPHER_TOPIC, "CIPHER_KEY", self.COMPRESSOR_TOPIC):
            if self.env.get(variable):
                raise InfrastructureFactoryError(_NOT_CODED.format(variable))
        try:
            self._database = Database(url, mode="read")
            self._reader = Reader(self._database, origin=self.env.get(self.TRAIL_ORIGIN), kind=ACTS)
        except TrailError as error:
            raise InfrastructureFactoryError(error.message) from error

    def mapper(self, transcoder: Any = None, mapper_class: Any = None) -> Any:
        """An `ActMapper`, or the subclass that ``MAPPER_TOPIC`` names."""
        chosen = mapper_class or (None if self.env.get(self.MAPPER_TOPIC) else ActMapper)
        made = super().mapper(transcoder, chosen)
        if not isinstance(made, ActMapper):
            raise InfrastructureFactoryError("a mapper of acts is a subclass of trail.store.acts.ActMapper")
        return made

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """The recorder; snapshots are not kept with acts."""
        if purpose != "events":
            raise InfrastructureFactoryError("acts keep no snapshots")
        return ActRecorder(self._reader)

    def application_recorder(self) -> ApplicationRecorder:
        """The recorder."""
        return ActRecorder(self._reader)

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> NoReturn:
        """Not offered: keep tracking records with the projection."""
        raise InfrastructureFactoryError("keep tracking records with the projection, not with the acts")

    def process_recorder(self) -> ProcessRecorder:
        """Not offered: acts are recorded through the façade."""
        raise InfrastructureFactoryError(_READ_ONLY)

    def close(self) -> None:
        """Close the database."""
        self._database.close()
