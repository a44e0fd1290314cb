"""
Talks: held, confirmed, disputed (三（二）2, 二（二）3, 二（三）4).

Six kinds that are regularly confused in practice: duty 履职谈话, integrity 廉政谈话, heart_to_heart 谈心谈话, reminder
提醒谈话, admonishing 警示约谈, formal_admonition 诫勉谈话.  What was said lies in a body part that can be erased;
kinds, counterparts and time are public, because status is reckoned from them.
Confirmation by a counterpart is optional: without one a talk is "unconfirmed", which is not a fault.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias

from trail.aggregates.base import Act, Place, declare, joining
from trail.aggregates.values import Reference, When, refused
from trail.evidence.schema import Mentions
from trail.evidence.types import Field, PartSpec, TypeSpec

TALK_KINDS: Final = ("duty", "integrity", "heart_to_heart", "reminder", "admonishing", "formal_admonition")
TALK_FORMATS: Final = ("individual", "group")
FOUR_ELEMENTS: Final = frozenset(("duty", "integrity"))  # 三（二）2: time, place, counterpart and content in writing

TALK_HELD: Final = declare(
    "TalkHeld",
    fields={
        "counterparts": Field(
            "list",
            of=Field(
                "record",
                members={"person": Field("person", role="counterpart"), "post": Field("post", optional=True)},
            ),
            min=1,
            max=500,
        ),
        "format": Field("enum", values=TALK_FORMATS),
        "kinds": Field("list", of=Field("enum", values=TALK_KINDS), min=1, max=len(TALK_KINDS)),
        "separate": Field("bool", optional=True),
        "topic": Field("id", optional=True),
    },
    parts={
        "record": PartSpec(
            {
                "content": Field("text", optional=True, max=100_000),
                "contents": Field(
                    "list",
                    optional=True,
                    of=Field(
                        "record",
                        members={"kind": Field("enum", values=TALK_KINDS), "content": Field("text", max=100_000)},
                    ),
                    max=len(TALK_KINDS),
                ),
                "place": Field("text", optional=True, max=500),
            }
        )
    },
)
TALK_CONFIRMED: Final = declare(
    "TalkConfirmed",
    fields={"talk": Field("reference")},
    parts={"remark": PartSpec({"remark": Field("text", max=10_000)}, optional=True)},
    hands=("own",),
)
TALK_DISPUTED: Final = declare(
    "TalkDisputed",
    fields={"talk": Field("reference")},
    parts={"reason": PartSpec({"reason": Field("text", max=10_000)})},
    hands=("own",),
)


class Counterpart(NamedTuple):
    """Whom a talk was held with: a person and, where it is known, the post in which they were talked to."""

    person: str
    post: str | None = None


CounterpartLike: TypeAlias = "str | Counterpart | tuple[str, str | None] | Mapping[str, str]"


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkHeld(Act):
    """
    A talk was held.

    ``kind`` is one of `TALK_KINDS`, or several where several were declared; ``counterparts`` are person ids, or
    persons with the post in which they were talked to.  ``content`` is one text, or a text for each kind: only then
    may one sitting count as two talks.  Duty and integrity talks need a place.  ``format`` is ``group`` where
    several were talked to together (集体约谈); by default it follows from the number of counterparts.
    """

    TYPE: ClassVar[TypeSpec] = TALK_HELD
    PREFIX: ClassVar[str] = "talk/"

    kind: str | Sequence[str]
    counterparts: Sequence[CounterpartLike]
    happened: When = field()
    content: str | Mapping[str, str]
    place: str | None = None
    format: str | None = None
    topic: str | None = None

    def _kinds(self) -> list[str]:
        """The kinds, once each, in the order of `TALK_KINDS`, unknown ones last: the schema refuses them."""
        kinds = {str(k) for k in ([self.kind] if isinstance(self.kind, str) else self.kind)}
        return [k for k in TALK_KINDS if k in kinds] + sorted(kinds.difference(TALK_KINDS))

    def _check(self) -> None:
        kinds = self._kinds()
        if FOUR_ELEMENTS.intersection(kinds) and not self.place:
            advice = "Name the place; if it is no longer known, say so in words (三（二）2 asks for it)."
            raise refused("a duty or integrity talk needs a place", "place", advice=advice)
        if isinstance(self.content, Mapping) and {str(k) for k in self.content} != set(kinds):
            raise refused(f"give one text for each of {', '.join(kinds)}, or one text for all", "content")
        if isinstance(self.counterparts, str):
            raise refused("give a list of persons", "counterparts")

    def _public(self) -> Mapping[str, Any]:
        rows = sorted({_counterpart(row) for row in self.counterparts}, key=lambda row: (row.person, row.post or ""))
        return {
            "counterparts": [row._asdict() for row in rows],
            "format": self.format or ("group" if len(rows) > 1 else "individual"),
            "kinds": self._kinds(),
            "separate": True if isinstance(self.content, Mapping) and len(self.content) > 1 else None,
            "topic": self.topic,
        }

    def _content(self) -> Mapping[str, Mapping[str, Any]]:
        if not isinstance(self.content, Mapping):
            return {"record": {"content": self.content, "place": self.place}}
        by_kind = {str(kind): text for kind, text in self.content.items()}
        contents = [{"kind": kind, "content": by_kind[kind]} for kind in self._kinds()]
        return {"record": {"contents": contents, "place": self.place}}


def _counterpart(given: CounterpartLike) -> Counterpart:
    if isinstance(given, str):
        return Counterpart(given)
    try:
        return Counterpart(**given) if isinstance(given, Mapping) else Counterpart(*given)
    except TypeError:
        raise refused("expected a person, or a person and a post", "counterparts") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _AboutTalk(Act):
    """What a counterpart says of a talk, in their own hand; *talk* is its record or exact reference."""

    talk: Reference

    def _place(self) -> Place:
        return joining(self.talk, "talk")

    def _subjects(self, mentions: Mentions, inside: Mentions) -> tuple[str, ...]:
        """Nobody by name: the words are the signer's own, and the statement names the signer."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkConfirmed(_AboutTalk):
    """A counterpart confirms the talk as recorded; own hand."""

    TYPE: ClassVar[TypeSpec] = TALK_CONFIRMED

    remark: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkDisputed(_AboutTalk):
    """A counterpart disputes the talk as recorded, with a reason; own hand."""

    TYPE: ClassVar[TypeSpec] = TALK_DISPUTED

    reason: str


TALK_TYPES: Final = (TALK_HELD, TALK_CONFIRMED, TALK_DISPUTED)
