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


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    The result of a verification, for positions 1 to ``anchored``.

    ``anchored`` is 0 where nothing anchors; ``anchored_at`` is the time (UTC seconds) by which a quorum had seen the
    anchoring checkpoint; ``exposed`` counts the entries after it, whose loss could not be seen.  ``counts`` holds the
    number of findings and remarks by code, also of those not listed.  ``kind`` is ``"file"`` or ``"database"``;
    ``log_kind`` is ``"acts"``, ``"opaque"``, or empty where no entry could be read.  ``parts`` counts body parts, of an
    opaque log the states of its events.
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
            "enrolled": [{name: _plain(value) for name, value in row._asdict().items()} for row in self.enrolled],
            "facts": {name: self.facts[name] for name in sorted(self.facts)},
            "policy": self.policy_digest.hex(),
            "versions": {name: self.versions[name] for name in sorted(self.versions)},
            "made": self.made,
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
