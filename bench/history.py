"""
The history that is measured: a university of 50 colleges, 510 persons with keys, the four families of acts, one year.

Built once through the façade and kept in the system's folder for temporary files; everything in it is invented, its
keys follow from names.  Of 100,000 entries some 2,100 are the registry, 1,750 lists and what is done with them, 20,000
reports and receipts, 12,600 cases, the rest talks, their confirmations and corrections, in some 31,000 streams.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from trail import (
    AccountabilityDecided,
    AccountabilityInitiated,
    AccountabilityProposed,
    Ack,
    BodyRepresented,
    Cadre,
    CommitmentSigned,
    FilingReceived,
    FixedClock,
    KeyEnrolled,
    LeadReceived,
    ListEndorsed,
    ListFiledForRecord,
    ListReviewed,
    PersonRegistered,
    PostAssigned,
    PostCreated,
    PrivateKey,
    RecordCorrected,
    ReportFiled,
    ReportReceived,
    ResponsibilityListDrafted,
    RuleSetAdopted,
    TalkConfirmed,
    TalkHeld,
    TaskItem,
    TaskListDrafted,
    Trail,
    UnitEstablished,
    format_policy,
)
from trail.aggregates.base import ActBase
from trail.rules import load_default
from trail.signing import LOG_ED25519, NoteKey, possession_message
from trail.witness import Witness, request

CST = dt.timezone(dt.timedelta(hours=8))
START = dt.datetime(2026, 1, 1, 9, tzinfo=CST)
YEAR = 360 * 86_400
UNITS = tuple(f"c{number:02}" for number in range(1, 51))
KINDS = ("secretary", "deputy_secretary", "principal", "member", "member", "member", "head", "branch_secretary",
         "recorder", "staff")  # fmt: skip
RECEIVERS = ("dic", "uni")
TEXT = "这是一段虚构的谈话内容，用来衡量记录与核验的速度，不涉及任何真实的人和事。" * 9
CONTENT = TEXT[:300]
BATCH = 250
ORIGIN = "bench.example/acts"


class Step(NamedTuple):
    """One act to record: who, in which post; *after* is the version of its stream, where that must be exact."""

    person: str
    post: str
    act: ActBase
    after: int | None = None


@cache
def key_of(name: str) -> PrivateKey:
    """The key that follows from a name: no secret at all."""
    return PrivateKey.from_seed(hashlib.sha256(b"bench " + name.encode()).digest())


def holder(unit: str, number: int) -> tuple[str, str]:
    """The person and the post of a unit by number."""
    return f"p-{unit}-{number}", f"{unit}/{number}"


def build(folder: Path, entries: int) -> None:
    """Make ``trail.db``, ``evidence.trail``, ``policy`` and ``meta.json`` in *folder*."""
    scratch = folder.with_name(folder.name + ".part")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    clock = FixedClock(int(START.timestamp()))
    with Trail.create(
        scratch / "trail.db", origin=ORIGIN, registrars=[(name, key_of(name)) for name in ("r-1", "r-2")],
        log_key=key_of("log"), state=scratch / "state", clock=clock,
    ) as trail:  # fmt: skip
        history = _History(trail, clock, entries)
        history.found()
        state, key = scratch / "witness.db", key_of("witness")
        with Witness(state, key, "witness.example/bench", [history.note_key], new=True) as witness:
            since = 0
            for quarter in range(1, 5):
                history.fill(entries * quarter // 4)
                since, asked = trail.checkpoint().size, request(trail.reader, since)
                trail.add_cosignatures(witness.sign(asked, history.clock.now()))
            policy = format_policy(
                logs=[history.note_key], witnesses={"w": witness.key}, quorum="w", genesis=[trail.genesis()]
            )
        trail.export(scratch / "evidence.trail")
        streams = {record.statement.stream for record in trail.records()}
        signers = {signer.person for record in trail.records() for signer in record.statement.signers}
        meta = {"entries": trail.reader.head().size, "streams": len(streams), "signers": len(signers)}
    (scratch / "policy").write_text(policy, encoding="utf-8")
    (scratch / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    scratch.rename(folder)


class _History:
    def __init__(self, trail: Trail, clock: FixedClock, entries: int) -> None:
        self.trail = trail
        self.clock = clock
        self.entries = entries
        self.note_key = NoteKey(ORIGIN, LOG_ED25519, key_of("log").public.raw)
        members = (holder(unit, number)[0] for unit in (*UNITS, *RECEIVERS) for number in range(len(KINDS)))
        self._trusted = frozenset(key_of(person).public.id for person in members)
        self._size = 0
        self._acts: Iterator[None] = iter(())

    def found(self) -> None:
        """The registry: units, bodies, persons, posts, keys; and the rules."""
        registering = self.trail.registering([(name, key_of(name)) for name in ("r-1", "r-2")])
        acts: Iterator[ActBase] = self._registry()
        while batch := list(islice(acts, BATCH)):
            registering.record_many(batch)
        rules = load_default()
        adopted = RuleSetAdopted(name=rules.instrument, digest=rules.digest, first_period="2026", body="uni")
        person, post = holder("uni", 0)
        self.trail.acting(person, post, key_of(person)).record(adopted)
        self._size = self.trail.reader.head().size
        self._acts = self._year()

    def _registry(self) -> Iterator[ActBase]:
        yield UnitEstablished(unit="uni", kind="university", name="某大学")
        yield UnitEstablished(unit="dic", kind="commission", name="校纪委", parent="uni")
        for unit in UNITS:
            yield UnitEstablished(unit=unit, kind="college", name=f"{unit} 学院", parent="uni")
        for unit in (*UNITS, *RECEIVERS):
            for number, kind in enumerate(KINDS if unit in UNITS else KINDS[:5]):
                person, post = holder(unit, number)
                public = key_of(person).public
                yield PersonRegistered(person=person, name="张一")
                yield PostCreated(post=post, unit=unit, kind=kind, title=kind)
                yield PostAssigned(post=post, person=person, from_="2025-01-01")
                possession = key_of(person).sign(possession_message(ORIGIN, person, public))
                yield KeyEnrolled(person=person, key=public.raw, possession=possession)
            yield BodyRepresented(unit=unit, post=holder(unit, 0)[1])

    def fill(self, size: int) -> None:
        """Record acts until the log has *size* entries."""
        while self._size < size:
            next(self._acts)

    def batch(self, steps: Iterable[Step]) -> list[Ack]:
        """Record acts of several people in transactions of `BATCH`, each signed with its own key."""
        acks: list[Ack] = []
        rows = iter(steps)
        while chunk := list(islice(rows, min(BATCH, self.entries - self._size))):
            drafts = []
            for step in chunk:
                signer = key_of(step.person)
                draft = self.trail.acting(step.person, step.post, signer).prepare(step.act, after=step.after)
                drafts.append((draft, [signer.sign(draft.message)]))
            acks += self.trail.submit_many(drafts, trusted=self._trusted)
            self._size += len(drafts)
            self.clock.set(int(START.timestamp()) + YEAR * self._size // self.entries)
        return acks

    def now(self) -> dt.datetime:
        """The log's time, as the host gives it to an act."""
        return dt.datetime.fromtimestamp(self.clock.now(), CST)

    def _year(self) -> Iterator[None]:
        """The acts of the year, some at a time, without end."""
        yield from self._lists(UNITS[: max(2, len(UNITS) * self.entries // 100_000)])
        turn = 0
        while True:
            yield from self._talks(turn, 60)
            if not turn % 4:
                yield from self._reports(turn, 60)
            if turn % 4 == 2:
                yield from self._cases(turn, 36)
            turn += 1

    def _lists(self, units: tuple[str, ...]) -> Iterator[None]:
        """For each leader of a unit: both lists, reviewed and endorsed; then committed to, filed and received."""
        items = [(str(number), CONTENT[:60]) for number in range(1, 6)]
        tasks = [TaskItem(str(number), CONTENT[:60], [str(number)]) for number in range(1, 6)]
        committed: dict[str, list[Ack]] = {unit: [] for unit in units}
        for number in range(7):
            owners = [(unit, *holder(unit, 8), holder(unit, number)[1]) for unit in units]
            first = self.batch(
                Step(person, post, ResponsibilityListDrafted(unit=unit, year=2026, owner=owner, items=items,
                                                             performers=[("person", *holder(unit, number))]))
                for unit, person, post, owner in owners
            )  # fmt: skip
            second = self.batch(
                Step(person, post, TaskListDrafted(unit=unit, year=2026, owner=owner, items=tasks, responsibility=list_,
                                                   performers=[("person", *holder(unit, number))]))
                for (unit, person, post, owner), list_ in zip(owners, first, strict=True)
            )  # fmt: skip
            pairs = list(zip(units, first, second, strict=True))
            self.batch(Step(*holder(unit, 1), ListReviewed(versions=[a, b], opinion="同意")) for unit, a, b in pairs)
            ends = [(*holder(unit, 0 if number else 1), a, b) for unit, a, b in pairs]
            self.batch(Step(person, post, ListEndorsed(versions=[a, b])) for person, post, a, b in ends)
            for unit, a, b in pairs:
                committed[unit] += [a, b]
            yield
        day = self.now().date()
        self.batch(Step(*holder(u, 0), CommitmentSigned(body=u, versions=rows)) for u, rows in committed.items())
        filed = self.batch(
            Step(*holder(unit, 0), ListFiledForRecord(versions=rows, recipient="dic", sent=day, body=unit))
            for unit, rows in committed.items()
        )
        self.batch(Step(*holder("dic", 0), FilingReceived(filing=one, recipient="dic", received=day)) for one in filed)
        yield

    def _talks(self, turn: int, count: int) -> Iterator[None]:
        """Talks with two counterparts each, confirmed by both; every fifth is corrected."""
        rows = []
        for number in range(turn * count, (turn + 1) * count):
            unit = UNITS[number % len(UNITS)]
            others = [holder(unit, 1 + number // len(UNITS) % 4), holder(unit, 5 + number // len(UNITS) % 5)]
            rows.append((holder(unit, 0), others))
        held = self.batch(
            Step(*who, TalkHeld(kind="integrity", counterparts=others, happened=self.now(), place="甲楼 301",
                                content=CONTENT))
            for who, others in rows
        )  # fmt: skip
        yield
        pairs = list(zip(held, rows, strict=False))
        for side in range(2):
            self.batch(Step(*others[side], TalkConfirmed(talk=talk)) for talk, (_, others) in pairs)
            yield
        self.batch(
            Step(*who, RecordCorrected(target=talk, reason="时间误记", corrected_happened=self.now()))
            for talk, (who, _) in pairs[::5]
        )
        yield

    def _reports(self, turn: int, count: int) -> Iterator[None]:
        """Half-yearly reports to two recipients, received by each."""
        rows = [holder(UNITS[n % len(UNITS)], n % 4) for n in range(turn * count, (turn + 1) * count)]
        day = self.now().date()
        sent = self.batch(
            Step(*who, ReportFiled(subject="member", period="2026-H1", recipients=RECEIVERS, sent=day, title="述责报告",
                                   summary=CONTENT))
            for who in rows
        )  # fmt: skip
        yield
        for unit in RECEIVERS:
            self.batch(Step(*holder(unit, 0), ReportReceived(report=one, recipient=unit, received=day)) for one in sent)
            yield

    def _cases(self, turn: int, count: int) -> Iterator[None]:
        """Cases, from the lead to the decision."""
        who = holder("dic", 0)
        leads = self.batch(Step(*who, LeadReceived(source="tour", content=CONTENT)) for _ in range(count))
        yield
        cadres = [
            [Cadre(person, ["admonition"], "important_leadership", post)]
            for person, post in (holder(UNITS[(turn + n) % len(UNITS)], n % 8) for n in range(len(leads)))
        ]
        for step in (AccountabilityProposed, AccountabilityInitiated, AccountabilityDecided):
            self.batch(
                Step(*who, step(case=lead, situations=[3], cadres=named, content=CONTENT, body="dic"))
                for lead, named in zip(leads, cadres, strict=True)
            )
            yield
