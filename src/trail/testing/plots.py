"""
What can happen in a history: each step of a plan becomes one or more events of the invented university.

A `Step` is a kind and a few small numbers, so that a failing history shrinks to a short one.  What the numbers choose
among is whatever the history holds so far; a step that has nothing to choose from becomes a plain act.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from trail import aggregates as acts
from trail.aggregates import ActBase
from trail.application import Ack
from trail.testing.campus import CST, Campus, key_of
from trail.testing.hosts import HostType
from trail.testing.roster import HOLDERS

if TYPE_CHECKING:
    from trail.signing import PrivateKey

KINDS: Final = (
    "act", "late", "follow", "correct", "void", "conflict", "holder", "revoke", "clock", "dispute", "erase", "anchor",
    "registry",
)  # fmt: skip
"""The kinds of step, the plainest first: examples shrink towards it."""

_DAY: Final = dt.timedelta(days=1)
_SECRETARIES: Final = ("jia/secretary", "yi/secretary")
_TALKS: Final = (
    ("jia/secretary", "jia/deputy"), ("jia/secretary", "jia/branch"), ("jia/principal", "jia/lab"),
    ("yi/secretary", "yi/deputy"), ("uni/secretary", "jia/secretary"),
)  # fmt: skip
_SUBJECTS: Final = (
    ("jia/secretary", "team"), ("jia/secretary", "principal"), ("jia/deputy", "member"), ("yi/deputy", "member"),
)  # fmt: skip


class Step(NamedTuple):
    """One step: its kind (see `KINDS`), the days that pass before it, and two numbers that choose."""

    kind: str
    days: int = 1
    a: int = 0
    b: int = 0


class Told(NamedTuple):
    """An act that was recorded: the acknowledgement, who signed it in which post, and the act itself."""

    ack: Ack
    person: str
    post: str
    act: ActBase


Maker = Callable[[Step, dt.datetime], "tuple[str, ActBase] | None"]


class Teller:
    """Tells a plan into *campus*, which nobody else writes to; *hosts* are the types of the host's own."""

    def __init__(self, campus: Campus, library: frozenset[type[ActBase]] | None, hosts: Sequence[HostType]) -> None:
        self._campus = campus
        self._hosts = hosts
        self._told: list[Told] = []
        self._keys: dict[str, PrivateKey] = {}
        self._number = 0
        self._holders = dict(HOLDERS)
        families: list[tuple[type[ActBase], Maker]] = [
            (acts.TalkHeld, self._talk), (acts.ReportFiled, self._report), (acts.ResponsibilityListDrafted, self._list),
            (acts.LeadReceived, self._lead),
        ]  # fmt: skip
        self._library = library
        self._makers = [make for act, make in families if self._has(act)] + ([self._host] if hosts else [])
        if not self._makers:
            self._makers = [self._talk]

    def _has(self, act: type[ActBase]) -> bool:
        return self._library is None or act in self._library

    def tell(self, step: Step) -> Iterator[Ack]:
        """Let the days of *step* pass and record what it stands for; one acknowledgement for each event."""
        self._campus.clock.tick(step.days * 86_400 + 60)
        happens: Callable[[Step], Iterator[Ack]] = getattr(self, f"_{step.kind}")
        recorded = False
        for ack in happens(step):
            recorded = True
            yield ack
        if not recorded and step.kind != "anchor":
            yield from self._act(step)

    # --- signing and recording ---------------------------------------------------------------------------------------

    def _id(self) -> bytes:
        self._number += 1
        return hashlib.sha256(b"trail/testing/event\n%d" % self._number).digest()[:16]

    def _by(self, post: str, act: ActBase, person: str | None = None) -> Ack:
        who = person or self._holders[post]
        key = self._keys.get(who) or key_of(who)
        ack = self._campus.acting(post, who, key).record(act, id=self._id())
        self._told.append(Told(ack, who, post, act))
        return ack

    def _register(self, act: ActBase) -> Ack:
        return self._campus.registering().record(act, id=self._id())

    @property
    def _now(self) -> dt.datetime:
        return self._campus.now

    def _chosen(self, step: Step, *types: type[ActBase]) -> Told | None:
        """One of the acts so far, of these types (none given: of any but edits)."""
        edits = (acts.RecordCorrected, acts.RecordVoided, acts.RecordDisputed, acts.PartErased)
        found = [one for one in self._told if (isinstance(one.act, types) if types else not isinstance(one.act, edits))]
        return found[step.a % len(found)] if found else None

    # --- plain acts --------------------------------------------------------------------------------------------------

    def _act(self, step: Step) -> Iterator[Ack]:
        yield self._made(step, self._now - dt.timedelta(hours=step.b % 24))

    def _late(self, step: Step) -> Iterator[Ack]:
        """An act of 40 to 103 days ago, recorded today."""
        yield self._made(step, self._now - dt.timedelta(days=40 + step.b))

    def _clock(self, step: Step) -> Iterator[Ack]:
        """The log's clock steps back by an hour to two days, and an act is recorded."""
        self._campus.clock.tick(-3600 * (1 + step.b % 48) - step.days * 86_400 - 60)
        yield self._made(step, self._now)

    def _made(self, step: Step, when: dt.datetime) -> Ack:
        made = self._makers[step.a % len(self._makers)](step, when) or self._talk(step, when)
        return self._by(*made)

    def _talk(self, step: Step, when: dt.datetime) -> tuple[str, ActBase]:
        post, other = _TALKS[step.b % len(_TALKS)]
        kind = ("duty", "integrity", "heart_to_heart")[step.b % 3]
        act = acts.TalkHeld(
            kind=kind, counterparts=[(self._holders[other], other)], happened=when, place="办公室", content="谈话内容"
        )
        if step.b % 7 == 6 and post == "jia/secretary":  # the recorder's hand
            performers = [("person", self._holders[post], post)]
            return "jia/recorder", dataclasses.replace(act, performers=performers)
        return post, act

    def _report(self, step: Step, when: dt.datetime) -> tuple[str, ActBase]:
        post, subject = _SUBJECTS[step.b % len(_SUBJECTS)]
        unit = post.partition("/")[0]
        recipients = ["dic"] if subject == "member" else ["uni", "dic"]
        period = f"{when.year}-H{1 if when.month < 7 else 2}"
        body = unit if subject == "team" else None
        return post, acts.ReportFiled(subject=subject, period=period, recipients=recipients, sent=when, body=body)

    def _list(self, step: Step, when: dt.datetime) -> tuple[str, ActBase]:
        post = ("jia/deputy", "jia/principal", "yi/deputy")[step.b % 3]
        items = {str(n): "责任" for n in range(1, 2 + step.b % 3)}
        unit = post.partition("/")[0]
        return post, acts.ResponsibilityListDrafted(unit=unit, year=2026, owner=post, items=items, happened=when)

    def _lead(self, step: Step, when: dt.datetime) -> tuple[str, ActBase]:
        return "dic/secretary", acts.LeadReceived(source="audit", units=["jia"], content="线索", happened=when)

    def _host(self, step: Step, when: dt.datetime) -> tuple[str, ActBase]:
        host = self._hosts[(step.a // len(self._makers)) % len(self._hosts)]
        return host.post(step.b, self._holders), host.act(step.b, when)

    # --- what follows from earlier acts ------------------------------------------------------------------------------

    def _follow(self, step: Step) -> Iterator[Ack]:
        """The next step of something: a receipt, an endorsement, a filing, a confirmation, a decision."""
        one = self._chosen(step, acts.ReportFiled, acts.ResponsibilityListDrafted, acts.TalkHeld, acts.LeadReceived)
        if one is None:
            return
        made = self._next(step, one)
        if made is not None and self._has(type(made[1])):
            yield self._by(*made)

    def _next(self, step: Step, one: Told) -> tuple[str, ActBase] | None:
        act, now = one.act, self._now
        if isinstance(act, acts.ReportFiled):
            return "dic/secretary", acts.ReportReceived(report=one.ack, recipient="dic", received=now)
        if isinstance(act, acts.TalkHeld):
            person, post = _counterpart(act)
            return (post, acts.TalkConfirmed(talk=one.ack)) if self._holders.get(post) == person else None
        if isinstance(act, acts.LeadReceived):
            return self._case(step, one)
        unit = str(act.unit) if isinstance(act, acts.ResponsibilityListDrafted) else "jia"
        secretary = f"{unit}/secretary"
        choices: tuple[ActBase, ...] = (
            acts.ListEndorsed(versions=[one.ack]),
            acts.ListFiledForRecord(versions=[one.ack], recipient="dic", sent=now, body=unit),
            acts.TaskListDrafted(
                unit=unit, year=2026, owner=one.post, items=[acts.TaskItem("1", "任务", ["1"])], responsibility=one.ack
            ),
            acts.ListReturned(versions=[one.ack], reason="太笼统"),
        )
        return secretary, choices[step.b % len(choices)]

    def _case(self, step: Step, one: Told) -> tuple[str, ActBase]:
        about: dict[str, Any] = {
            "case": one.ack, "situations": [1], "organisations": [acts.Organisation("jia", ["circular"])],
        }  # fmt: skip
        choices = (
            ("dic/secretary", acts.AccountabilityProposed(body="dic", **about)),
            ("uni/secretary", acts.AccountabilityInitiated(body="uni", **about)),
            ("uni/secretary", acts.AccountabilityDecided(body="uni", **about)),
        )
        return choices[step.b % len(choices)]

    # --- what is said of earlier acts --------------------------------------------------------------------------------

    def _corrected(self, one: Told, days: int) -> ActBase:
        before = one.act.happened if isinstance(one.act.happened, dt.datetime) else self._now
        when = (before - days * _DAY).astimezone(CST)
        return acts.RecordCorrected(target=one.ack, corrected_happened=when, reason="登记日期有误")

    def _correct(self, step: Step) -> Iterator[Ack]:
        """A correction that moves an act back in time."""
        one = self._chosen(step)
        if one is not None:
            yield self._by(one.post, self._corrected(one, 1 + step.b), one.person)

    def _conflict(self, step: Step) -> Iterator[Ack]:
        """Two corrections of one record that say different things."""
        one = self._chosen(step)
        if one is not None:
            for days in (1, 2 + step.b):
                yield self._by(one.post, self._corrected(one, days), one.person)

    def _void(self, step: Step) -> Iterator[Ack]:
        """An act is voided; now and then a correction or a voiding is."""
        types = (acts.RecordCorrected, acts.RecordVoided) if step.b % 4 == 3 else ()
        one = self._chosen(step, *types) or self._chosen(step)
        if one is not None:
            yield self._by(one.post, acts.RecordVoided(target=one.ack, reason="重复登记"), one.person)

    def _dispute(self, step: Step) -> Iterator[Ack]:
        one = self._chosen(step, acts.TalkHeld)
        if one is not None and isinstance(one.act, acts.TalkHeld):
            person, post = _counterpart(one.act)
            yield self._by(post, acts.RecordDisputed(target=one.ack, reason="未谈此事"), person)

    def _erase(self, step: Step) -> Iterator[Ack]:
        one = self._chosen(step, acts.TalkHeld)
        if one is not None and one.person != self._holders["dic/secretary"]:
            yield self._by("dic/secretary", acts.PartErased(target=one.ack, part="record", authority="校档5号"))

    # --- the registry ------------------------------------------------------------------------------------------------

    def _holder(self, step: Step) -> Iterator[Ack]:
        """A secretary gives way to another person in the middle of a period."""
        post = _SECRETARIES[step.a % 2]
        free = [person for person in ("p-014", "p-013", "p-009", "p-012") if person != self._holders[post]]
        before, after = self._holders[post], free[step.b % len(free)]
        day = self._now.date()
        yield self._register(acts.PostRelieved(post=post, person=before, until=day))
        yield self._register(acts.PostAssigned(post=post, person=after, from_=day))
        self._holders[post] = after

    def _revoke(self, step: Step) -> Iterator[Ack]:
        """A person's key is revoked, and another enrolled; what the old one had signed stands."""
        people = sorted(set(self._holders.values()))
        person = people[step.a % len(people)]
        old = self._keys.get(person) or key_of(person)
        since = self._now - step.b * _DAY if step.b % 2 else None
        reason = "compromised" if since is not None else "lost"
        yield self._register(acts.KeyRevoked(person=person, key=old.public.id, reason=reason, compromised_since=since))
        new = key_of(f"{person} {self._number}")
        yield self._register(self._campus.enrolment(person, new))
        self._keys[person] = new

    def _registry(self, step: Step) -> Iterator[Ack]:
        """The roster changes in a way that concerns nobody yet."""
        number = self._number
        choices: tuple[ActBase, ...] = (
            acts.PersonRegistered(person=f"p-1{number:02d}", name="某人"),
            acts.UnitRenamed(unit="yi", name=f"乙学院（{number}）"),
            acts.UnitEstablished(unit=f"jia-{number}", kind="section", name="新科室", parent="jia"),
            acts.PortfolioChanged(post="jia/deputy", units=["jia-branch", "jia-lab"], from_=self._now.date()),
        )
        yield self._register(choices[step.b % len(choices)])

    def _anchor(self, step: Step) -> Iterator[Ack]:
        self._campus.anchor()
        yield from ()


def _counterpart(act: acts.TalkHeld) -> tuple[str, str]:
    """The first counterpart of a talk that a history made: a person, and their post."""
    first = act.counterparts[0]
    return (str(first[0]), str(first[1])) if isinstance(first, tuple) else (str(first), "")
