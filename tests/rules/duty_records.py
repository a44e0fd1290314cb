"""
A small invented university as records, without signatures; acts of duty are made with the library's own classes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

from trail.aggregates import ActBase
from trail.evidence.record import Happened, Performer, Record, SignerRef, Statement
from trail.projections import Snapshot
from trail.projections.ruling import RULE_TYPES
from trail.rules import load_default
from trail.rules.calendar import day_of, start_of

RULES = load_default()
DAY = "2026-03-05"
END = "2028-12-31"
UNITS = {
    "uni": ("university", None), "dic": ("commission", "uni"), "stationed-group": ("external", None),
    "education-work-committee": ("external", None), "duty-integrity-office": ("external", None),
    "organisation-department": ("organisation_department", "uni"), "personnel": ("division", "uni"),
    "jia": ("college", "uni"), "lab": ("section", "jia"), "branch": ("branch", "jia"),
}  # fmt: skip
POSTS = {
    "uni/secretary": ("secretary", "p-00"), "uni/principal": ("principal", "p-01"),
    "uni/deputy": ("deputy_secretary", "p-02"), "uni/recorder": ("recorder", "p-03"),
    "dic/secretary": ("commission_secretary", "p-04"),
    "jia/secretary": ("secretary", "p-10"), "jia/deputy": ("deputy_secretary", "p-11"),
    "jia/member": ("member", "p-12"), "jia/principal": ("principal", "p-13"), "jia/recorder": ("recorder", "p-14"),
    "lab/head": ("head", "p-15"), "lab/staff": ("staff", "p-16"), "branch/secretary": ("branch_secretary", "p-17"),
    "personnel/head": ("head", "p-20"), "personnel/deputy": ("deputy_head", "p-21"),
}  # fmt: skip
PORTFOLIOS = {"uni/deputy": ["jia"], "jia/member": ["lab"]}

Given: TypeAlias = "ActBase | Callable[[list[Record]], ActBase]"
Spoil: TypeAlias = "Callable[[dict[str, Any]], dict[str, Any]]"


class Do(NamedTuple):
    """An act, or what makes one of the acts before it: done in the post ``by``, signed in it or in ``signer``."""

    by: str
    act: Given
    signer: str = ""


class Log:
    """Records in the making."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.done: list[Record] = []
        self._versions: dict[str, int] = {}
        begin = "2025-01-01"
        for unit, (kind, parent) in UNITS.items():
            fields = {"unit": unit, "kind": kind, "name": unit} | ({"parent": parent} if parent else {})
            self._fact("UnitEstablished@1", fields, f"registry/units/{unit}")
        for post, (kind, person) in POSTS.items():
            stream, unit = f"registry/posts/{post}", post.partition("/")[0]
            self._fact("PostCreated@1", {"post": post, "unit": unit, "kind": kind, "title": post}, stream)
            self._fact("PostAssigned@1", {"post": post, "person": person, "from": begin, "acting": False}, stream)
        for post, units in PORTFOLIOS.items():
            self._fact("PortfolioChanged@1", {"post": post, "units": units, "from": begin}, f"registry/posts/{post}")
        adopted = {"digest": RULES.digest, "first_period": "2026", "name": RULES.instrument}
        self._fact("RuleSetAdopted@1", adopted, f"rules/{RULES.instrument}")

    def _fact(self, type_: str, fields: dict[str, Any], stream: str) -> None:
        given: dict[str, Any] = {}
        if type_ in RULE_TYPES:  # rules come from above
            given["performers"] = (Performer("body", "uni", ""),)
            given["signers"] = (SignerRef(POSTS["uni/secretary"][1], "uni/secretary", b"k" * 32),)
        self._append(type=type_, fields=fields, stream=stream, happened=Happened.on("2025-01-01"), **given)

    def do(self, done: Iterable[Do], spoil: Spoil = dict) -> Log:
        """Record acts, one after the other; *spoil* changes the statement that each becomes."""
        for by, given, signer in done:
            event = (given(self.done) if callable(given) else given).event()
            joined = next((r.statement.stream for r in self.records if r.statement.id == event.join), None)
            person = POSTS[by][1]
            signed = signer or by
            said = {
                "type": event.type_key, "fields": event.fields, "happened": event.happened or Happened.on(DAY),
                "stream": event.stream or joined or f"{event.stream_prefix}{len(self.records):032x}",
                "performers": event.performers or (Performer("person", person, by),),
                "signers": (SignerRef(POSTS[signed][1], signed, b"k" * 32),), "hand": "recorded" if signer else "own",
                "unit": event.unit or by.partition("/")[0], "period": event.period, "causes": event.causes,
            }  # fmt: skip
            record = self._append(**spoil(said))
            self.done.append(record)
        return self

    def _append(self, **given: Any) -> Record:
        position = len(self.records) + 1
        event = position.to_bytes(16, "big")
        values: dict[str, Any] = {
            "after": 0, "attachments": (), "causes": (), "classification": "internal", "format": 1, "hand": "own",
            "log": "trail.example/1", "parts": (), "performers": (Performer("person", "p-99", ""),), "period": None,
            "seen": None, "signers": (SignerRef("p-99", "", b"k" * 32),), "unit": None,
        }  # fmt: skip
        statement = Statement(id=event, **(values | given))
        version = self._versions[statement.stream] = self._versions.get(statement.stream, 0) + 1
        digest = hashlib.sha256(event).digest()
        recorded = start_of(day_of(statement.happened.date())) + 12 * 3600
        record = Record(position, statement, b"", digest, (b"",), version, recorded)
        self.records.append(record)
        return record

    def at(self, as_of: str = END) -> Snapshot:
        return Snapshot(self.records, [RULES], as_of=as_of, now=start_of(day_of("2029-06-01")))
