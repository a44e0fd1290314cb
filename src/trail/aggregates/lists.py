"""
The two lists (三（一）): drafted, reviewed, returned, endorsed, committed to, pledged, filed for record, received.

All lists of a unit for a year lie in one stream, ``lists/<unit>/<year>``, so that what endorses, commits to or files
several of them at once is judged against all of them.  A version of a list is the exact event that brought it,
``[event id, statement digest]``; the next draft of the same kind for the same owner is its next version.  Whoever
endorses signs such a reference, so an endorsement can't slide to a later text: any later edit voids it (computed).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple, TypeAlias

from trail.aggregates import list_types as types
from trail.aggregates.base import Act, Place, joining
from trail.aggregates.receipts import Receipt, dated
from trail.aggregates.values import Reference, When, moment_of, refused, text_of
from trail.evidence.record import Happened
from trail.evidence.schema import Mentions
from trail.evidence.types import TypeSpec


class TaskItem(NamedTuple):
    """A task: its number, its text, and the numbers of the responsibility items that it carries out."""

    number: str
    text: str
    refs: Sequence[str] = ()


Items: TypeAlias = "Mapping[str, str] | Sequence[tuple[str, str]]"


def lists_stream(unit: str, year: int) -> str:
    """The stream of all lists of *unit* for *year*."""
    return f"lists/{text_of(unit, 'unit')}/{year}"


def pledge_digest(text: str, nonce: bytes) -> bytes:
    """
    What both sides of a pledge sign: SHA-256 of ``trail/pledge/v1``, the nonce and the text.

    The nonce (16 to 64 random bytes, drawn once, shared by both sides) keeps the public digest from confirming a
    guess at the text after it was erased.
    """
    data = text_of(text, "text").encode()
    return hashlib.sha256(b"trail/pledge/v1\n" + len(nonce).to_bytes(2, "big") + nonce + data).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _ListDrafted(Act):
    """What both lists have: the unit and year, whose list it is (a post, or a body such as the team), a title."""

    unit: str | None = field()
    year: int
    owner: str | None = None
    owner_body: str | None = None
    title: str | None = None

    def _rows(self) -> list[tuple[str, str]]:
        raise NotImplementedError

    def _check(self) -> None:
        if (self.owner is None) == (self.owner_body is None):
            raise refused("name whose list it is: either a post (owner) or a body (owner_body)", "owner")
        numbers = [row[0] for row in self._rows()]
        if len(set(numbers)) != len(numbers):
            raise refused("each item number once", "items")

    def _content(self) -> Mapping[str, Mapping[str, Any]]:
        texts = [{"number": number, "text": text} for number, text in self._rows()]
        return {"content": {"texts": texts, "title": self.title}}

    def _place(self) -> Place:
        if self.unit is None:
            raise refused("name the unit whose lists these are", "unit")
        return Place(lists_stream(self.unit, self.year))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibilityListDrafted(_ListDrafted):
    """A responsibility list (责任清单), or its next version: ``items`` gives each item's number and text."""

    TYPE: ClassVar[TypeSpec] = types.RESPONSIBILITY_LIST_DRAFTED

    items: Items

    def _rows(self) -> list[tuple[str, str]]:
        rows = self.items.items() if isinstance(self.items, Mapping) else self.items
        return [_pair(row, 2, "items") for row in rows]

    def _public(self) -> Mapping[str, Any]:
        numbers = [number for number, _ in self._rows()]
        return {"items": numbers, "owner": self.owner, "owner_body": self.owner_body, "year": self.year}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskListDrafted(_ListDrafted):
    """
    A task list (任务清单), or its next version.

    ``responsibility`` is the exact version of the responsibility list that it carries out, ``refs`` of each
    `TaskItem` the numbers of that list's items.  What is missing is recorded and shown as a gap (C1).
    """

    TYPE: ClassVar[TypeSpec] = types.TASK_LIST_DRAFTED

    items: Sequence[TaskItem | tuple[str, str, Sequence[str]]]
    responsibility: Reference | None = None

    def _rows(self) -> list[tuple[str, str]]:
        return [_pair(row, 3, "items") for row in self.items]

    def _public(self) -> Mapping[str, Any]:
        tasks = [{"number": row[0], "refs": list(row[2]) or None} for row in self.items]
        return {
            "owner": self.owner,
            "owner_body": self.owner_body,
            "responsibility": self.responsibility,
            "tasks": tasks,
            "year": self.year,
        }


def _pair(given: Any, size: int, where: str) -> tuple[str, str]:
    row: tuple[Any, ...] = tuple(given)
    if len(row) != size or isinstance(row[-1], str) != (size == 2):
        raise refused("expected (number, text)" if size == 2 else "expected (number, text, [numbers])", where)
    return row[0], row[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnVersions(Act):
    """An act on exact versions of lists: records, or references; it joins the stream of the first."""

    versions: Sequence[Reference]

    def _place(self) -> Place:
        return joining(self.versions[0], "versions[0]")

    def _check(self) -> None:
        if isinstance(self.versions, str | bytes) or not self.versions:
            raise refused("give a list of exact versions, each a record or its reference", "versions")

    def _subjects(self, mentions: Mentions, inside: Mentions) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReviewed(_OnVersions):
    """Lists were reviewed (审核), at a level where there are several; endorsing implies it."""

    TYPE: ClassVar[TypeSpec] = types.LIST_REVIEWED

    level: int | None = None
    opinion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReturned(_OnVersions):
    """Lists were returned (退回) for amendment, with a reason."""

    TYPE: ClassVar[TypeSpec] = types.LIST_RETURNED

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEndorsed(_OnVersions):
    """The direct superior vouches for exact versions (签字背书); own hand, exclusive, any later edit voids it."""

    TYPE: ClassVar[TypeSpec] = types.LIST_ENDORSED


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentSigned(_OnVersions):
    """The committee vouches for exact versions of its own lists, as a body; own hand of whom the registry names."""

    TYPE: ClassVar[TypeSpec] = types.COMMITMENT_SIGNED

    body: str | None = field()

    def _check(self) -> None:
        _OnVersions._check(self)
        if self.body is None:
            raise refused("name the committee that commits itself", "body")


@dataclass(frozen=True, slots=True, kw_only=True)
class PledgeSigned(Act):
    """
    One side signs a pledge (责任书, 军令状); the other side signs its own event over the same text and nonce.

    ``party`` is the post that answers (责任对象); ``side`` says who signs here: the ``committee`` or the
    ``responsible`` one.  What binds the two is `pledge_digest`.
    """

    TYPE: ClassVar[TypeSpec] = types.PLEDGE_SIGNED

    unit: str | None = field()
    year: int
    side: str
    party: str
    text: str
    nonce: bytes

    def _check(self) -> None:
        if self.unit is None:
            raise refused("name the unit whose committee takes the pledge", "unit")
        if type(self.nonce) is not bytes or not 16 <= len(self.nonce) <= 64:
            raise refused("expected 16 to 64 random bytes, the same on both sides", "nonce")

    def _public(self) -> Mapping[str, Any]:
        pledge = pledge_digest(self.text, self.nonce)
        return {"party": self.party, "pledge": pledge, "side": self.side, "year": self.year}

    def _content(self) -> Mapping[str, Mapping[str, Any]]:
        return {"pledge": {"nonce": self.nonce, "text": self.text}}

    def _place(self) -> Place:
        return Place(lists_stream(self.unit or "", self.year))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFiledForRecord(_OnVersions):
    """Exact versions were filed for record (备案) with a recipient; ``sent`` is a date or an aware datetime."""

    TYPE: ClassVar[TypeSpec] = types.LIST_FILED_FOR_RECORD

    recipient: str
    sent: When
    channel: str | None = None

    def _public(self) -> Mapping[str, Any]:
        return {
            "channel": self.channel,
            "recipient": self.recipient,
            "versions": self.versions,
            **dated(self.sent, "sent"),
        }

    def _happened(self) -> Happened | None:
        return moment_of(self.sent if self.happened is None else self.happened, "sent")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingReceived(Receipt):
    """The recipient signs for a filing, acting as the body that it was sent to; own hand."""

    TYPE: ClassVar[TypeSpec] = types.FILING_RECEIVED

    filing: Reference

    def _public(self) -> Mapping[str, Any]:
        return {"filing": self.filing, "recipient": self.recipient, **dated(self.received, "received")}

    def _place(self) -> Place:
        return joining(self.filing, "filing")

    def _acting_body(self) -> str | None:
        return self.recipient if self.body is None else self.body
