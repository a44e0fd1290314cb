"""
What a verification says: verdict, findings, remarks, checks, counts; plain values with one spelling as JSON.

Exit codes: 0 only for *intact*, 1 for *altered*, 3 for *inconclusive* (2 is a usage error of the command line).
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from trail.errors import EvidenceError
from trail.evidence.intervals import NOTHING_PROVEN, Proven

MAX_LISTED: Final = 100
"""How many findings of one code are listed; the others are counted."""


class Verdict(enum.Enum):
    """The three verdicts; there is no fourth, and no bool."""

    INTACT = "intact"
    ALTERED = "altered"
    INCONCLUSIVE = "inconclusive"


EXIT_CODES: Final[Mapping[Verdict, int]] = {Verdict.INTACT: 0, Verdict.ALTERED: 1, Verdict.INCONCLUSIVE: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """
    One observation: the numbered check, its stable code, the position (None: of the whole), both sides.

    ``attached`` holds what a third party needs to check it again without us.
    """

    check: int
    code: str
    position: int | None
    message: str
    expected: object = None
    found: object = None
    attached: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A map of plain values; bytes become hex."""
        out: dict[str, Any] = {"check": self.check, "code": self.code, "position": self.position}
        out |= {"message": self.message, "expected": _plain(self.expected), "found": _plain(self.found)}
        if self.attached:
            out["attached"] = {name: _plain(self.attached[name]) for name in sorted(self.attached)}
        return out


@dataclass(frozen=True, slots=True)
class Check:
    """One numbered check: ``state`` is ``passed``, ``failed`` or ``not done``; ``count`` says how often it was made."""

    number: int
    name: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Shown:
    """How many bodies were shown, withheld by declaration, erased by an event, missing."""

    shown: int = 0
    withheld: int = 0
    erased: int = 0
    missing: int = 0


class Enrolled(NamedTuple):
    """A member's key (``key``: its id): whose, in whose custody, enrolled by whom, in force from and until where."""

    person: str
    key: bytes
    custody: str
    by: tuple[str, ...]
    position: int
    ended: int | None


class LogKeyRow(NamedTuple):
    """
    A key of the log as a policy names it, in force for checkpoints of size ``since`` and beyond.

    ``by``: the registrars who brought it; ``reason``: why; ``vouched``: the key before it signed for it; ``named``: the
    policy names it.
    """

    vkey: str
    since: int
    by: tuple[str, ...]
    reason: str
    vouched: bool
    named: bool


class Lineage(NamedTuple):
    """
    Where a log comes from and where it goes, as its own entries say.

    ``keys``: its keys over time, empty where it never rotated one; ``predecessor``: origin, size and root of the log
    that the genesis names, ``compared`` whether that was compared with what the inspector holds; ``retired``: the
    position of the last act, ``successor`` the log that it names, by the SHA-256 of its first entry too if it is there.
    """

    keys: tuple[LogKeyRow, ...] = ()
    predecessor: tuple[str, int, bytes] | None = None
    compared: bool = False
    retired: int | None = None
    successor: str | None = None
    successor_genesis: bytes | None = None

    def to_json(self) -> dict[str, Any]:
        """A map of plain values."""
        return {
            "keys": [{**row._asdict(), "by": list(row.by)} for row in self.keys],
            "predecessor": None if self.predecessor is None else _plain(
                dict(zip(("origin", "size", "root"), self.predecessor, strict=True))
            ),
            "compared": self.compared,
            "retired": self.retired,
            "successor": self.successor,
            "successor_genesis": _plain(self.successor_genesis),
        }  # fmt: skip


class Vouched(NamedTuple):
    """A signer in an extract: the person, the key's id, and the shown position that enrolled it (None: not shown)."""

    person: str
    key: bytes
    enrolled: int | None


class ShownEntry(NamedTuple):
    """
    An entry of an extract that stands in the log: its position, type or topic, the log's clock reading, its signers.

    ``signed``: every signature was made by a key whose enrolment is shown, and which no shown entry ended.
    """

    position: int
    event: str
    recorded: int
    signers: tuple[Vouched, ...]
    signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """
    What an extract shows: ``entries`` of the ``of`` that its checkpoint covers, ``proven`` of them to stand there.

    ``registry`` of them are of the registry, most brought along to vouch for keys; ``listed`` are those proven, in
    order of position, at most `MAX_LISTED` of the registry and as many others.
    """

    entries: int
    proven: int
    registry: int
    of: int
    listed: tuple[ShownEntry, ...]

    def to_json(self) -> dict[str, Any]:
        """A map of plain values."""
        rows = [
            {**row._asdict(), "signers": [{**who._asdict(), "key": who.key.hex()} for who in row.signers]}
            for row in self.listed
        ]
        return {"entries": self.entries, "proven": self.proven, "registry": self.registry, "of": self.of,
                "listed": rows}  # fmt: skip


class Compared(NamedTuple):
    """
    A checkpoint that the evidence carries and a log key of the policy signed: ``held`` says that the entries gave its
    root, ``satisfied`` that the policy's quorum stands on it.
    """

    size: int
    root: bytes
    note: bytes
    held: bool
    satisfied: bool


class Resumed(NamedTuple):
    """
    What was not judged again: positions 1 to ``size`` were, at ``made`` (UTC seconds), under the same policy.

    Now they were only hashed; those up to ``after`` are not in the evidence at all, but the inspector's memory has the
    hashes from which it goes on.
    """

    size: int
    made: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    The result of a verification, for positions 1 to ``anchored``.

    ``anchored`` is 0 where nothing anchors; ``anchored_at`` is the time (UTC seconds) by which a quorum had seen the
    anchoring checkpoint; ``anchored_held`` says that no checkpoint of the evidence anchors so far by itself, only one
    that the inspector holds; ``exposed`` counts the entries after it, whose loss could not be seen.  ``counts`` holds
    the number of findings and remarks by code, also of those not listed.  ``kind`` is ``"file"``, ``"database"`` or
    ``"extract"``; of an extract ``size`` and ``root`` are those of its checkpoint, and ``extract`` says what is shown.
    ``log_kind`` is ``"acts"``, ``"opaque"``, or empty where no entry could be read.  ``parts`` counts body parts, of an
    opaque log the states of its events.  ``times`` sums up what is proven of when acts were signed and recorded;
    ``lineage`` says which keys the log had, what came before it and what after; ``quorum_bears`` how many dishonest
    witnesses the policy's quorum bears (`Policy.bears`).
    """

    verdict: Verdict
    origin: str
    anchored: int
    anchored_at: int | None
    anchored_by: tuple[str, ...]
    size: int
    exposed: int
    root: bytes
    findings: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    counts: Mapping[str, int]
    checks: tuple[Check, ...]
    parts: Shown
    attachments: Shown
    scope: Mapping[str, object]
    enrolled: tuple[Enrolled, ...]
    facts: Mapping[str, str]
    kind: str
    log_kind: str
    policy_digest: bytes
    versions: Mapping[str, str]
    made: int | None
    times: Proven = NOTHING_PROVEN
    resumed: Resumed | None = None
    checkpoints: tuple[Compared, ...] = ()
    lineage: Lineage = field(default_factory=Lineage)
    quorum_bears: int | None = None
    extract: Extracted | None = None
    anchored_held: bool = False

    def covering(self, position: int) -> list[Compared]:
        """The checkpoints of the evidence over *position* that the log signed and the entries bore out, by size."""
        return [one for one in self.checkpoints if one.held and one.size >= position]

    @property
    def keys(self) -> dict[str, int]:
        """How many members' keys are in whose custody."""
        custodies = [row.custody for row in self.enrolled]
        return {custody: custodies.count(custody) for custody in sorted(set(custodies))}

    @property
    def exit_code(self) -> int:
        """What the command line ends with."""
        return EXIT_CODES[self.verdict]

    def raise_if_altered(self) -> None:
        """Raise `EvidenceError` with the first finding, if the verdict is *altered*."""
        if self.verdict is Verdict.ALTERED:
            first = self.findings[0]
            raise EvidenceError(first.message, code=first.code, position=first.position, check=first.check)

    def to_json(self) -> dict[str, Any]:
        """A map of plain values in a fixed order; the same evidence and policy give the same but for ``made``."""
        return {
            "verdict": self.verdict.value,
            "origin": self.origin,
            "kind": self.kind,
            "log_kind": self.log_kind,
            "anchored": self.anchored,
            "anchored_at": self.anchored_at,
            "anchored_by": list(self.anchored_by),
            "anchored_held": self.anchored_held,
            "size": self.size,
            "exposed": self.exposed,
            "root": self.root.hex(),
            "findings": [finding.to_json() for finding in self.findings],
            "remarks": [remark.to_json() for remark in self.remarks],
            "counts": {code: self.counts[code] for code in sorted(self.counts)},
            "checks": [{"check": c.number, "name": c.name, "state": c.state, "count": c.count} for c in self.checks],
            "parts": _shown(self.parts),
            "attachments": _shown(self.attachments),
            "scope": {name: _plain(self.scope[name]) for name in sorted(self.scope)},
            "times": self.times.to_json(),
            "resumed": None if self.resumed is None else self.resumed._asdict(),
            "lineage": self.lineage.to_json(),
            "quorum_bears": self.quorum_bears,
            "enrolled": [{name: _plain(value) for name, value in row._asdict().items()} for row in self.enrolled],
            "facts": {name: self.facts[name] for name in sorted(self.facts)},
            "policy": self.policy_digest.hex(),
            "versions": {name: self.versions[name] for name in sorted(self.versions)},
            "made": self.made,
            **({} if self.extract is None else {"extract": self.extract.to_json()}),
        }


def _shown(counts: Shown) -> dict[str, int]:
    return {"shown": counts.shown, "withheld": counts.withheld, "erased": counts.erased, "missing": counts.missing}


def _plain(value: object) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [_plain(item) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    return value if value is None or isinstance(value, bool | int | str) else str(value)
