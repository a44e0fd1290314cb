"""
What the tests of the domain share: one act of each class, and a log that turns acts into records.

The log is no store: it assigns positions and versions and makes canonical bytes, nothing is signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

import pytest
from tests.aggregates.deeds import deeds
from tests.aggregates.measures import measures

from trail import aggregates as a
from trail.evidence.record import (
    Happened,
    Part,
    PartRef,
    Performer,
    Record,
    SignerRef,
    Statement,
    decode_entry,
    decode_part,
    encode_entry,
    encode_part,
    encode_statement,
)
from trail.evidence.types import Field, PartSpec, TypeSpec

CST = timezone(timedelta(hours=8))
REFERENCE = [bytes(16), bytes(32)]
HOST_TYPE = TypeSpec("LabInspected", 1, {"lab": Field("id")}, {"note": PartSpec({"note": Field("text")}, True)})
Examples = dict[type[a.ActBase], a.ActBase]


class Log:
    """Records in order of position, from acts; keeps the parts by digest."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.parts: dict[bytes, Part] = {}

    def add(self, act: a.ActBase, person: str = "p-001", post: str = "jia/secretary") -> Record:
        event = act.event()
        position = len(self.records) + 1
        event_id = position.to_bytes(16, "big")
        joined = next((r.statement.stream for r in self.records if r.statement.id == event.join), None)
        stream = event.stream or joined or event.stream_prefix + event_id.hex()
        after = sum(r.statement.stream == stream for r in self.records)
        parts = []
        for name in sorted(event.parts):
            subjects, data = event.parts[name]
            encoded = encode_part(Part(name, subjects, bytes(16), data))
            ref = PartRef(name, sha256(encoded), len(encoded))
            self.parts[ref.digest] = decode_part(encoded)
            parts.append(ref)
        given = event.performers or (Performer("person", person, post),)
        statement = Statement(
            after=after,
            attachments=(),
            causes=event.causes,
            classification="internal",
            fields=event.fields,
            format=1,
            hand="own",
            happened=event.happened or Happened.on("2026-04-01"),
            id=event_id,
            log="example.org/甲",
            parts=tuple(parts),
            performers=tuple(p if p.post else p._replace(post=post) for p in given),
            period=event.period,
            seen=None,
            signers=(SignerRef(person, post, sha256(person.encode())),),
            stream=stream,
            type=event.type_key,
            unit=event.unit,
        )
        entry = encode_entry(encode_statement(statement), [bytes(64)], after + 1, 1_775_000_000 + position)
        record = decode_entry(entry, position)
        self.records.append(record)
        return record


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture(scope="session")
def new_log() -> Callable[[], Log]:
    return Log


@pytest.fixture(scope="session")
def examples() -> Examples:
    """One act of every class of the library, all optional fields given."""
    day, at = date(2026, 4, 10), datetime(2026, 4, 10, 9, 30, tzinfo=CST)
    versions = [REFERENCE]
    key = {"person": "p-001", "key": bytes(32), "possession": bytes(64)}
    acts: list[a.ActBase] = [
        a.ResponsibilityListDrafted(unit="jia", year=2026, owner="jia/member", items={"1": "一"}, title="责任"),
        a.TaskListDrafted(
            unit="jia", year=2026, owner_body="jia", items=[a.TaskItem("1", "一", ["1"])], responsibility=REFERENCE
        ),
        a.ListReviewed(versions=versions, level=1, opinion="同意"),
        a.ListReturned(versions=versions, reason="太笼统"),
        a.ListEndorsed(versions=versions),
        a.CommitmentSigned(versions=versions, body="jia"),
        a.PledgeSigned(
            unit="jia", year=2026, side="committee", party="jia/member", text="责任书", nonce=bytes(16), body="jia"
        ),
        a.ListFiledForRecord(versions=versions, recipient="dic", sent=at, channel="OA"),
        a.FilingReceived(filing=REFERENCE, recipient="dic", received=at),
        a.PaperReceiptRecorded(of=REFERENCE, recipient="dic", received=day, paper=bytes(32), number="津纪收 12"),
        a.TalkHeld(
            kind=["integrity", "duty"],
            counterparts=["p-017", ("p-018", "jia/member")],
            happened=at,
            place="甲学院 301",
            content={"duty": "履职", "integrity": "廉政"},
            topic="annual",
            performers=[("person", "p-001", "jia/secretary")],
        ),
        a.TalkConfirmed(talk=REFERENCE, remark="属实"),
        a.TalkDisputed(talk=REFERENCE, reason="未谈此事"),
        a.ReportFiled(
            subject="team", period="2026-H1", recipients=["pc", "dic"], sent=at, title="报告", summary="……", body="jia"
        ),
        a.ReportReceived(report=REFERENCE, recipient="dic", received=day),
        a.RuleSetAdopted(name="regulation-2017", digest=bytes(32), first_period="2026", document="校党发 1 号"),
        a.RuleSetRepealed(name="regulation-2017", first_period="2027", document="校党发 9 号"),
        a.HolidaysSet(document="校办 1 号", holidays=["2026-10-01", "2026-10-02"], workdays=["2026-10-10"]),
        a.DeadlineSet(duty="L3b", period="2026", due=day, document="校纪 3 号", units=["jia"]),
        a.LogFounded(registrars=[a.Founder(p, bytes(32), bytes(64)) for p in ("p-101", "p-102")]),
        a.RegistrarAppointed(person="p-103"),
        a.RegistrarEnded(person="p-103"),
        a.KeyEnrolled(**key, custody="token"),
        a.KeyRotated(**key, old=bytes(32)),
        a.KeyRevoked(person="p-001", key=bytes(32), reason="lost", compromised_since=at),
        a.GrantGiven(grant="g-1", post="jia/recorder", action="import", types=["*"], unit="jia"),
        a.GrantEnded(grant="g-1"),
        a.TypeDeclared(schema=HOST_TYPE),
        a.LogKeyRotated(
            old=bytes(32), key=bytes([1]) * 32, possession=bytes(64), reason="compromised", compromised_since=at
        ),
        a.LogRetired(successor="trail.example/2036"),
        a.PersonRegistered(person="p-001", name="张一"),
        a.UnitEstablished(unit="jia", kind="college", name="甲学院", parent="pc"),
        a.UnitRenamed(unit="jia", name="甲一学院"),
        a.UnitMoved(unit="jia", parent="pc"),
        a.UnitMerged(unit="jia", into="yi"),
        a.PostCreated(post="jia/secretary", unit="jia", kind="secretary", title="书记"),
        a.PostAbolished(post="jia/secretary"),
        a.BodyRepresented(unit="jia", post="jia/secretary"),
        a.PostAssigned(post="jia/secretary", person="p-001", from_=day, until="2027-01-01", acting=True),
        a.PostRelieved(post="jia/secretary", person="p-001", until=day),
        a.PortfolioChanged(post="jia/member", units=["jia-1"], from_=day),
        a.RecordCorrected(
            target=REFERENCE,
            reason="日期有误",
            corrected_happened=day,
            corrected_period="2026",
            fields={"kinds": ["duty"]},
            parts={"record": (["p-017"], {"place": "甲学院 302"})},
        ),
        a.RecordVoided(target=REFERENCE, reason="重复登记"),
        a.RecordDisputed(target=REFERENCE, reason="不属实"),
        a.PartErased(target=REFERENCE, part="record", authority="校档 5 号"),
    ]
    acts += [*deeds(), *measures()]
    return {type(act): act for act in acts}
