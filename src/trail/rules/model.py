"""
The regulation as data: a rule set, its levels, bodies and duties, as frozen values.

A rule set is one TOML document.  `trail.rules.load` reads it; what it may say is exactly what these classes hold.  Its
digest is SHA-256 of the canonical encoding of the parsed document (`trail.encoding`), so comments and spacing are
free, and a `RuleSetAdopted` event that names the digest fixes every word that decides anything.

Nothing here is an expression language.  Which act discharges a duty is said by a type and a few *named conditions*
(`Satisfier`), each of which is a function in Python (`trail.projections.claims`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

CLASSES: Final = ("MD", "MC", "MI", "E", "N", "O", "D", "Q")
"""Classes of duty: calendar deadline, stated cadence, implied number, event, count, once, derived, qualitative."""
COUNTED: Final = frozenset(("MD", "MC", "MI"))
"""The classes that make obligations; all others are never counted, dated or coloured."""
OBLIGED: Final = ("team", "leader", "member", "head")
"""Who is obliged: the body, its principal leader, the other members of the team, the heads in their portfolios."""
GROUPS: Final = ("team", "leader", "members", "heads", "below")
"""For each of whom: the team as such, posts of the team, heads in the portfolio, leaders of the level below."""
CADENCES: Final = {"year": 1, "half_year": 2}
SOURCES: Final = ("text", "inferred", "local_default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    How the open questions of the text are read; every value here is a local default that a site may change.

    ``mid_month``: 中旬 in a due date ``04-mid`` means the 10th (``start``), 15th (``fifteenth``) or 20th (``end``).
    ``due_day``: whether the named day is included.  ``roll``: what a holiday does to a due date (``none``,
    ``next_workday``, ``previous_workday``).  ``amber_days``: due soon so many days before, where a duty names no day.
    ``combined_talk``: whether one sitting of several kinds among ``one_sitting`` counts for each, if each has its own
    content.  ``recipients``: a report must reach ``each`` recipient or ``any`` one.  ``contemporaneous_workdays`` and
    ``late_days``: the lags of the recording labels.  ``holidays`` and ``workdays``: dates that differ from the week.
    """

    mid_month: str = "end"
    due_day: str = "inclusive"
    roll: str = "none"
    amber_days: int = 10
    combined_talk: bool = False
    one_sitting: tuple[str, ...] = ("duty", "integrity")
    recipients: str = "each"
    contemporaneous_workdays: int = 3
    late_days: int = 30
    holidays: tuple[str, ...] = ()
    workdays: tuple[str, ...] = ()


CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "mid_month": ("start", "fifteenth", "end"),
        "due_day": ("inclusive", "exclusive"),
        "roll": ("none", "next_workday", "previous_workday"),
        "recipients": ("each", "any"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """
    A level of the organisation: the kinds of unit that form it, and which kinds of post play which part there.

    A unit belongs to it while it is of one of the kinds ``units`` and has a post of a kind in ``leader``.
    """

    name: str
    units: tuple[str, ...]
    leader: tuple[str, ...]
    members: tuple[str, ...]
    heads: tuple[str, ...]
    below: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A body by unit id, or by the kind of unit; exactly one of the two."""

    unit: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Satisfier:
    """
    What discharges a duty: an event type under named conditions; all that are given must hold.

    ========== ===================== =================================================================================
    condition  values                holds for
    ========== ===================== =================================================================================
    performer  obligor, unit         acts done in the obligor's post or by the body; or in any post of the unit
    subject    any text              acts whose field ``subject`` says so
    kind       any text              acts whose field ``kinds`` has it (two kinds in one sitting: `Settings`)
    owner      obligor, each         lists that belong to the obligor, or to each of the duty's counterparts
    versions   named, current        acts that name a version of such a list; ``current``: none was drafted since
    counterpart named                counts for each post whose holder the field ``counterparts`` names
    recipient  named                 counts for each unit that the fields ``recipients`` or ``recipient`` name
    sides      both                  pledges signed by both sides over one text
    period     named, happened       the period that the act names; else (``happened``) the one in which it happened
    sent       true                  the time that counts is the field ``sent``
    receipts   event types           whether each recipient signed for it, shown as a label
    ========== ===================== =================================================================================
    """

    type: str
    performer: str = ""
    subject: str = ""
    kind: str = ""
    owner: str = ""
    versions: str = ""
    counterpart: str = ""
    recipient: str = ""
    sides: str = ""
    period: str = "happened"
    sent: bool = False
    receipts: tuple[str, ...] = ()


CONDITIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "performer": ("obligor", "unit"),
        "subject": (),
        "kind": (),
        "owner": ("obligor", "each"),
        "versions": ("named", "current"),
        "counterpart": ("named",),
        "recipient": ("named",),
        "sides": ("both",),
        "period": ("named", "happened"),
    }
)
"""The named conditions that take a text, with the texts they take (empty: any)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """
    A duty: who is obliged, how often, until when, how many, for each of whom, by what.

    ``due`` and ``amber`` hold, by name of a level, one template for each period of a year: ``MM-DD``, ``MM-mid``,
    ``next MM-DD`` (of the following year), or ``as ID`` (the day of another duty, whatever sets it).
    What must be covered is the product of ``counterparts``, ``recipients`` and ``lists``, each ``minimum`` times.
    ``held_days``: a counterpart counts whose post was held at least so many days of the period; 0: on the due day.
    ``satisfies``: duties that the same act discharges as well.
    """

    id: str
    article: str
    text: str
    klass: str
    source: str
    due_source: str = "text"
    note: str = ""
    ambiguities: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    obliged: tuple[str, ...] = ()
    bound: str = "post"
    cadence: str = "year"
    due: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    amber: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    minimum: int = 1
    counterparts: tuple[str, ...] = ()
    held_days: int = 0
    recipients: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    satisfied_by: tuple[Satisfier, ...] = ()
    satisfies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """
    A regulation in one version.

    ``instrument`` names the regulation: of its versions one is in force at a time; several instruments may be in
    force together.  ``document`` is the parsed TOML, of which ``digest`` is SHA-256.
    """

    instrument: str
    version: int
    title: str
    issued: str
    first_period: str
    settings: Settings
    levels: Mapping[str, Level]
    bodies: Mapping[str, tuple[Selector, ...]]
    lists: Mapping[str, str]
    duties: Mapping[str, Duty]
    digest: bytes
    document: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """``instrument@version``, for people; the digest is what binds."""
        return f"{self.instrument}@{self.version}"

    def satisfiers(self, duty: Duty) -> tuple[Satisfier, ...]:
        """What discharges *duty*: its own, and that of every duty which satisfies it."""
        others = (d for d in self.duties.values() if duty.id in d.satisfies and d.id != duty.id)
        return duty.satisfied_by + tuple(s for d in others for s in d.satisfied_by)

    def types(self) -> frozenset[str]:
        """The event types that this rule set looks at, lists and receipts included."""
        found = {s.type for d in self.duties.values() for s in d.satisfied_by}
        found.update(r for d in self.duties.values() for s in d.satisfied_by for r in s.receipts)
        return frozenset(found | set(self.lists.values()))
