"""
An invented university as records, without signatures: what the projections read is position, statement and recorded.
"""

from __future__ import annotations

import hashlib
from typing import Any

from trail.evidence.record import Happened, Performer, Record, SignerRef, Statement
from trail.projections import Snapshot
from trail.projections.ruling import RULE_TYPES
from trail.rules import RuleSet, load_default
from trail.rules.calendar import date_text, day_of, start_of

RULES = load_default()
NOW = start_of(day_of("2027-06-01"))
HOLDERS = {
    "uni/secretary": "p-00", "uni/deputy": "p-01", "dic/secretary": "p-02",
    "jia/secretary": "p-10", "jia/deputy": "p-11", "jia/member": "p-12", "jia/branch": "p-13", "lab/head": "p-14",
}  # fmt: skip
KINDS = {"secretary": "secretary", "deputy": "deputy_secretary", "member": "member", "branch": "branch_secretary",
         "head": "head"}  # fmt: skip


def noon(date: str) -> int:
    """12:00 Asia/Shanghai."""
    return start_of(day_of(date)) + 12 * 3600


def later(date: str, days: int) -> str:
    """*days* after *date*."""
    return date_text(day_of(date) + days)


class Log:
    """Records in the making; every method appends one and returns it."""

    def __init__(self, *, rules: RuleSet | None = RULES, first_period: str = "2026") -> None:
        self.records: list[Record] = []
        self._versions: dict[str, int] = {}
        self._found()
        if rules is not None:
            self.adopt(rules, first_period)

    def add(
        self,
        type_: str,
        fields: dict[str, Any],
        happened: str | Happened,
        *,
        recorded: str | None = None,
        by: tuple[str, str] | str | None = None,
        body: str | None = None,
        unit: str | None = None,
        period: str | None = None,
        stream: str | None = None,
        parts: tuple[Any, ...] = (),
    ) -> Record:
        position = len(self.records) + 1
        event = position.to_bytes(16, "big")
        if by is None and body is None and type_ in RULE_TYPES:
            by, body = "uni/secretary", "uni"  # rules come from above
        if isinstance(by, str):
            by = (HOLDERS[by], by)
        person, post = by or ("p-99", "")
        performer = Performer("body", body, "") if body else Performer("person", person, post)
        stream = stream or f"s/{event.hex()}"
        when = happened if isinstance(happened, Happened) else Happened.on(happened)
        statement = Statement(
            after=0, attachments=(), causes=(), classification="internal", fields=fields, format=1, hand="own",
            happened=when, id=event, log="trail.example/1", parts=parts, performers=(performer,), period=period,
            seen=None, signers=(SignerRef(person, post, b"k" * 32),), stream=stream, type=type_, unit=unit,
        )  # fmt: skip
        version = self._versions[stream] = self._versions.get(stream, 0) + 1
        record = Record(
            position, statement, b"", hashlib.sha256(event).digest(), (b"",), version, noon(recorded or when.date())
        )
        self.records.append(record)
        return record

    # -- registry

    def _found(self) -> None:
        day = "2026-01-01"
        for unit, kind, parent in (
            ("uni", "university", None), ("dic", "commission", "uni"), ("stationed-group", "external", None),
            ("jia", "college", "uni"), ("lab", "department", "jia"),
        ):  # fmt: skip
            fields = {"unit": unit, "kind": kind, "name": unit} | ({"parent": parent} if parent else {})
            self.add("UnitEstablished@1", fields, day, stream=f"registry/units/{unit}")
        for post, person in HOLDERS.items():
            unit, _, name = post.partition("/")
            kind = "commission_secretary" if unit == "dic" else KINDS[name]
            self.post(post, unit, kind)
            self.assign(post, person, "2025-01-01")
        self.portfolio("jia/member", ["lab"], "2025-01-01")

    def post(self, post: str, unit: str, kind: str, day: str = "2026-01-01") -> Record:
        fields = {"post": post, "unit": unit, "kind": kind, "title": post}
        return self.add("PostCreated@1", fields, day, stream=f"registry/posts/{post}")

    def assign(self, post: str, person: str, begin: str, *, acting: bool = False, recorded: str | None = None,
               happened: str | None = None) -> Record:  # fmt: skip
        fields = {"post": post, "person": person, "from": begin, "acting": acting}
        day = happened or begin
        return self.add("PostAssigned@1", fields, day, recorded=recorded, stream=f"registry/posts/{post}")

    def relieve(self, post: str, person: str, until: str, *, recorded: str | None = None) -> Record:
        fields = {"post": post, "person": person, "until": until}
        return self.add("PostRelieved@1", fields, until, recorded=recorded, stream=f"registry/posts/{post}")

    def portfolio(self, post: str, units: list[str], begin: str) -> Record:
        fields = {"post": post, "units": units, "from": begin}
        return self.add("PortfolioChanged@1", fields, begin, stream=f"registry/posts/{post}")

    def adopt(self, rules: RuleSet, first_period: str, day: str = "2026-01-01") -> Record:
        fields = {"digest": rules.digest, "first_period": first_period, "name": rules.instrument}
        return self.add("RuleSetAdopted@1", fields, day, stream=f"rules/{rules.instrument}")

    def deadline(self, duty: str, period: str, due: str, day: str, units: list[str] | None = None) -> Record:
        fields: dict[str, Any] = {"duty": duty, "due": due, "document": "校党〔2026〕1号"}
        fields |= {"units": units} if units else {}
        return self.add("DeadlineSet@1", fields, day, period=period, stream="rules/deadlines")

    # -- acts

    def talk(self, by: str | tuple[str, str], to: list[str | tuple[str, str]], day: str | Happened,
             kinds: tuple[str, ...] = ("duty",), *, recorded: str | None = None, separate: bool = False,
             stream: str | None = None) -> Record:  # fmt: skip
        rows = [{"person": t} if isinstance(t, str) else {"person": t[0], "post": t[1]} for t in to]
        fields: dict[str, Any] = {"counterparts": rows, "format": "individual", "kinds": list(kinds)}
        fields |= {"separate": True} if separate else {}
        return self.add("TalkHeld@1", fields, day, recorded=recorded, by=by, stream=stream)

    def report(self, subject: str, by: str | tuple[str, str], period: str, sent: str, recipients: list[str],
               *, body: str | None = None, recorded: str | None = None) -> Record:  # fmt: skip
        fields = {"recipients": recipients, "sent": sent, "subject": subject}
        return self.add("ReportFiled@1", fields, sent, by=by, body=body, period=period, recorded=recorded, unit="jia")

    def received(self, report: Record, recipient: str, day: str) -> Record:
        fields = {"recipient": recipient, "report": _ref(report), "received": day}
        return self.add("ReportReceived@1", fields, day, stream=report.statement.stream, body=recipient)

    def draft(self, kind: str, owner: str, day: str, *, unit: str = "jia", year: int = 2026) -> Record:
        type_ = "ResponsibilityListDrafted@1" if kind == "responsibility" else "TaskListDrafted@1"
        fields: dict[str, Any] = {"owner": owner} if "/" in owner else {"owner_body": owner}
        fields |= (
            {"year": year, "items": ["1"]} if kind == "responsibility" else {"year": year, "tasks": [{"number": "1"}]}
        )
        return self.add(type_, fields, day, by=f"{unit}/secretary", unit=unit, stream=f"lists/{unit}/{year}")

    def on(self, type_: str, versions: list[Record], day: str, *, by: str | None = None, body: str | None = None,
           **fields: Any) -> Record:  # fmt: skip
        stream = versions[0].statement.stream
        fields |= {"versions": [_ref(v) for v in versions]}
        return self.add(f"{type_}@1", fields, day, by=by, body=body, stream=stream)

    def endorse(self, by: str, versions: list[Record], day: str) -> Record:
        return self.on("ListEndorsed", versions, day, by=by)

    def file(self, versions: list[Record], recipient: str, sent: str) -> Record:
        return self.on("ListFiledForRecord", versions, sent, by="jia/secretary", recipient=recipient, sent=sent)

    def pledge(self, party: str, side: str, day: str, *, text: bytes = b"t" * 32, unit: str = "jia") -> Record:
        fields = {"party": party, "pledge": text, "side": side, "year": 2026}
        by = f"{unit}/secretary" if side == "committee" else party
        return self.add("PledgeSigned@1", fields, day, by=by, unit=unit, stream=f"lists/{unit}/2026")

    # -- edits

    def edit(self, type_: str, target: Record, day: str, *, recorded: str | None = None, **changes: Any) -> Record:
        fields = changes | {"target": _ref(target)}
        by = (target.statement.signers[0].person, target.statement.signers[0].post)
        stream = target.statement.stream
        return self.add(f"Record{type_}@1", fields, day, recorded=recorded, by=by, stream=stream)

    def correct(self, target: Record, day: str, *, recorded: str | None = None, **changes: Any) -> Record:
        return self.edit("Corrected", target, day, recorded=recorded, **changes)

    def void(self, target: Record, day: str) -> Record:
        return self.edit("Voided", target, day)

    # -- questions

    def at(self, as_of: str | None = None, known_at: int | str | None = None, *rules: RuleSet) -> Snapshot:
        return Snapshot(self.records, rules or [RULES], as_of=as_of, known_at=known_at, now=NOW)

    def one(self, duty: str, as_of: str, *, post: str | None = None, period: str | None = None, unit: str = "jia",
            known_at: int | str | None = None, rules: tuple[RuleSet, ...] = ()) -> Any:  # fmt: skip
        """The only obligation of that duty (and post, and period)."""
        rows = [
            o
            for o in self.at(as_of, known_at, *rules).unit(unit).obligations
            if o.duty == duty and (post is None or o.post == post) and (period is None or o.period == period)
        ]
        (found,) = rows
        return found


def _ref(record: Record) -> list[Any]:
    return [record.statement.id, record.digest]
