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
from typing import Any, Final, TypeAlias

CLASSES: Final = ("MD", "MC", "MI", "E", "N", "O", "D", "Q")
"""Classes of duty: calendar deadline, stated cadence, implied number, event, count, once, derived, qualitative."""
COUNTED: Final = frozenset(("MD", "MC", "MI"))
"""The classes that make obligations; all others are never counted against a number, dated or coloured."""
BODIES: Final = frozenset(("team", "commission"))
"""Whoever of `OBLIGED` is a body; all others are holders of posts."""
OBLIGED: Final = ("team", "leader", "member", "deputy", "head", "commission", "principal", "cadre", "recorder")
"""
Who is obliged: the body, its principal leader, the other members of the team (``deputy``: those of them that are no
principal), the heads in their portfolios, the discipline commission below as a body, the principals of Party and
administration (the leader included), other cadres, and who keeps the record.
"""
GROUPS: Final = (
    "team", "leader", "members", "heads", "all_heads", "below", "sections", "staff", "committees",
)  # fmt: skip
"""
For each of whom: the team as such, posts of the team, heads in the obligor's or (``all_heads``) in any portfolio of the
team, leaders of the level below, the units in the portfolio or (``staff``) the posts in them, the committees below.
"""
CADENCES: Final = {"year": 1, "half_year": 2}
SOURCES: Final = ("text", "inferred", "local_default")
FACT: Final = "FactRecorded@1"
ORDER: Final = "RectificationOrdered@1"
"""The type of a general fact (记实), whose field ``duties`` names the duties that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    How the open questions of the text are read; every value here is a local default that a site may change.

    ``mid_month``: 中旬 in a due date ``04-mid`` means the 10th (``start``), 15th (``fifteenth``) or 20th (``end``).
    ``due_day``: whether the named day is included, or only until ``closing_time`` (``HH:MM`` there).  ``roll``: what a
    holiday does to a due date (``none``, ``next_workday``, ``previous_workday``).  ``amber_days``: due soon so many
    days before, where a duty names no day.
    ``half_years``: ``calendar``, ``semesters`` (which begin on the days ``semesters``), or ``rolling``: every month
    asks about the six months that end with it.  ``year_begins``: the first day (``MM-DD``) of the year that a label
    names.  ``january_report``: the report of January is about the ``half`` year before, or the whole ``year``.
    ``spacing_days`` and ``spread_months``: acts of one duty count only so many days apart, or in different months.
    ``unshared``: duties whose acts discharge no other duty, as far as their own number needs them.
    ``talks``: a talk with each counterpart, or with any of the group (``group``).  ``counterparts``: those whose post
    was ``held`` long enough, or on the ``last_day`` of the period.
    ``combined_talk``: whether one sitting of several kinds among ``one_sitting`` counts for each, if each has its own
    content.  ``recipients``: a report must reach ``each`` recipient or ``any`` one.  ``contemporaneous_workdays`` and
    ``late_days``: the lags of the recording labels.  ``holidays`` and ``workdays``: dates that differ from the week.
    """

    mid_month: str = "end"
    due_day: str = "inclusive"
    closing_time: str = "17:00"
    roll: str = "none"
    amber_days: int = 10
    half_years: str = "calendar"
    semesters: tuple[str, ...] = ("02-01", "08-01")
    year_begins: str = "01-01"
    january_report: str = "half"
    spacing_days: int = 0
    spread_months: bool = False
    unshared: tuple[str, ...] = ()
    talks: str = "each"
    counterparts: str = "held"
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
        "due_day": ("inclusive", "exclusive", "closing"),
        "roll": ("none", "next_workday", "previous_workday"),
        "half_years": ("calendar", "semesters", "rolling"),
        "january_report": ("half", "year"),
        "talks": ("each", "group"),
        "counterparts": ("held", "last_day"),
        "recipients": ("each", "any"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """
    A level of the organisation: the kinds of unit that form it, and which kinds of post play which part there.

    A unit belongs to it while it is of one of the kinds ``units`` and has a post of a kind in ``leader``.
    ``principals``: kinds beside the leader's that are principals (党政主要负责人); ``cadres`` and ``recorders``: kinds
    of post; ``commissions``: kinds of the unit below it that is its discipline commission.
    """

    name: str
    units: tuple[str, ...]
    leader: tuple[str, ...]
    members: tuple[str, ...]
    heads: tuple[str, ...]
    below: tuple[str, ...]
    principals: tuple[str, ...] = ()
    cadres: tuple[str, ...] = ()
    recorders: tuple[str, ...] = ()
    commissions: tuple[str, ...] = ("commission",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A body by unit id, by the kind of unit, or the obligor's own unit; exactly one of the three."""

    unit: str = ""
    kind: str = ""
    own: bool = False


Where: TypeAlias = "tuple[tuple[str, tuple[str | bool, ...]], ...]"
"""Fields by name, each with the values of which it must equal, or hold, one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Satisfier:
    """
    What discharges a duty: an event type under named conditions; all that are given must hold.

    =========== ===================== ================================================================================
    condition   values                holds for
    =========== ===================== ================================================================================
    performer   obligor               acts done in the obligor's post, or by the obliged body
    performer   unit, either          acts done in any post of the unit; or there or by its commission, for both
    performer   chair, attended       acts that the obligor chaired or led; or took part in
    performer   recorder              acts that were signed in the obligor's post
    where       fields with values    acts whose fields equal one of the values, or as a list hold one
    kind        any text              acts whose field ``kinds`` has it (two kinds in one sitting: `Settings`)
    owner       obligor, each         lists that belong to the obligor, or to each of the duty's counterparts
    versions    named, current        acts that name a version of such a list; ``current``: none was drafted since
    counterpart named                 counts for each post whose holder the field ``counterparts`` names
    counterpart unit                  counts for each unit that ``units`` names, or in which such a person has a post
    recipient   named                 counts for each unit that the fields ``recipients`` or ``recipient`` name
    sides       both                  pledges signed by both sides over one text
    period      named, happened       the period that the act names; else (``happened``) the one in which it happened
    period      closing               the period that the act names, if that is the duty's own or the last half of it
    not_by      ordered               acts of nobody in the units or posts that the order in field ``order`` names
    cause       trigger               acts that name the trigger among their causes, or joined its stream
    duty        named                 acts whose field ``duties`` names the duty
    sent        true                  the time that counts is the field ``sent``
    receipts    event types           whether each recipient signed for it, shown as a label
    =========== ===================== ================================================================================
    """

    type: str
    performer: str = ""
    where: Where = ()
    kind: str = ""
    owner: str = ""
    versions: str = ""
    counterpart: str = ""
    recipient: str = ""
    sides: str = ""
    period: str = "happened"
    not_by: str = ""
    cause: str = ""
    duty: str = ""
    sent: bool = False
    receipts: tuple[str, ...] = ()


CONDITIONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "performer": ("obligor", "unit", "either", "chair", "attended", "recorder"),
        "kind": (),
        "owner": ("obligor", "each"),
        "versions": ("named", "current"),
        "counterpart": ("named", "unit"),
        "recipient": ("named",),
        "sides": ("both",),
        "period": ("named", "happened", "closing"),
        "not_by": ("ordered",),
        "cause": ("trigger",),
        "duty": ("named",),
    }
)
"""The named conditions that take a text, with the texts they take (empty: any)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """
    What makes a duty of class E due: an event type, with fields as in `Satisfier`.

    It falls on the unit that it names (its unit, its field ``units``, or the units of its ``posts``), or else on the
    nearest above that belongs to a level.  ``falls`` = ``above``: on the nearest at or above it that belongs to one of
    the duty's levels.  ``performer`` = ``obligor``: on who performed it.
    """

    type: str
    performer: str = ""
    where: Where = ()
    kind: str = ""
    falls: str = "named"


FALLS: Final = ("named", "above")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """
    A duty: who is obliged, how often, until when, how many, for each of whom, by what.

    ``due`` and ``amber`` hold, by name of a level, one template for each period of a year: ``MM-DD``, ``MM-mid``,
    ``next MM-DD`` (of the following year), or ``as ID`` (the day of another duty, whatever sets it).
    What must be covered is the product of ``counterparts``, ``recipients`` and ``lists``, each ``minimum`` times.
    ``held_days``: a counterpart counts whose post was held at least so many days of the period; 0: on the due day.
    ``satisfies``: duties that the same act may discharge as well: under conditions of their own, or where they name
    none (``satisfied_by = []``) under those of this one.
    ``soft``: never overdue, since the text gives no number (AMB8).
    ``trigger`` and ``within_workdays`` (none: no limit) are for class E, ``derived_from`` for class D; ``ended_by``,
    for class O: types that end what an act of the same stream put in place.
    ``who`` and ``evidence`` are words for people: whom the text names, and what belongs to a record of it.
    """

    id: str
    article: str
    text: str
    klass: str
    source: str
    due_source: str = "text"
    number_source: str = "text"
    obliged_source: str = "text"
    who: str = ""
    evidence: tuple[str, ...] = ()
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
    soft: bool = False
    satisfied_by: tuple[Satisfier, ...] = ()
    satisfies: tuple[str, ...] = ()
    trigger: tuple[Trigger, ...] = ()
    within_workdays: int | None = None
    derived_from: tuple[str, ...] = ()
    ended_by: tuple[str, ...] = ()


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
    _discharges: Mapping[str, tuple[Satisfier, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = {duty.id: list(duty.satisfied_by) for duty in self.duties.values()}
        for duty in self.duties.values():
            for other in duty.satisfies:
                if other in found and not self.duties[other].satisfied_by:
                    found[other] += [s for s in duty.satisfied_by if s not in found[other]]
        discharges = MappingProxyType({name: tuple(rows) for name, rows in found.items()})
        object.__setattr__(self, "_discharges", discharges)

    @property
    def name(self) -> str:
        """``instrument@version``, for people; the digest is what binds."""
        return f"{self.instrument}@{self.version}"

    def satisfiers(self, duty: Duty) -> tuple[Satisfier, ...]:
        """What discharges *duty*: what it says itself, or else what discharges the duties that satisfy it."""
        return self._discharges[duty.id]

    def types(self) -> frozenset[str]:
        """The event types that this rule set looks at: lists, receipts, triggers and general facts included."""
        found = {FACT, *self.lists.values()}
        for duty in self.duties.values():
            found.update(duty.ended_by, (t.type for t in duty.trigger))
            for satisfier in duty.satisfied_by:
                found.update((satisfier.type, *satisfier.receipts))
        return frozenset(found)
