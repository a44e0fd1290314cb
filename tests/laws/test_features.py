"""The generator is judged too: 300 histories hold everything that is hard, or the laws above prove little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import Phase, given, settings

from trail.evidence.moment import parse_happened
from trail.evidence.record import Record
from trail.testing import histories
from trail.testing.history import History

HISTORIES = 300
AT_LEAST = 5
DAY = 86_400
BEGINNINGS = ("01-01", "07-01")
WANTED = {
    "a back-dated correction", "a voiding", "a voided edit", "a holder changed in mid-period", "a late entry",
    "a clock stepping back", "a revoked key", "a key revoked as compromised", "a new key after a revocation",
    "conflicting edits", "a dispute", "an erasure", "a checkpoint in between", "an act in another's hand",
    "TalkHeld", "ReportFiled", "ResponsibilityListDrafted", "LeadReceived",
    "ListEndorsed", "ReportReceived", "AccountabilityDecided", "TalkConfirmed",
}  # fmt: skip


def target_of(record: Record) -> bytes:
    reference: Any = record.statement.fields["target"]
    return bytes(reference[0])


def features(records: Sequence[Record]) -> Iterator[str]:
    """What the records of a history show, read from their bytes alone."""
    by_id = {r.statement.id: r for r in records}
    corrected: dict[bytes, set[object]] = {}
    revoked: set[object] = set()
    relieved: dict[object, object] = {}
    for before, record in zip([records[0], *records], records, strict=False):
        s = record.statement
        name = s.type.partition("@")[0]
        fields: Any = s.fields
        yield name
        if record.recorded < before.recorded:
            yield "a clock stepping back"
        if name not in ("RecordCorrected", "KeyRevoked") and record.recorded - s.happened.start() > 30 * DAY:
            yield "a late entry"
        if s.hand == "recorded":
            yield "an act in another's hand"
        if name == "RecordCorrected" and "happened" in fields:
            original = by_id[target_of(record)]
            if parse_happened(fields["happened"]).start() < original.statement.happened.start():
                yield "a back-dated correction"
            values = corrected.setdefault(target_of(record), set())
            values.add(str(fields["happened"]))
            if len(values) > 1:
                yield "conflicting edits"
        if name == "RecordVoided":
            yield "a voiding"
            if by_id[target_of(record)].statement.type in ("RecordCorrected@1", "RecordVoided@1"):
                yield "a voided edit"
        if name == "RecordDisputed":
            yield "a dispute"
        if name == "PartErased":
            yield "an erasure"
        if name == "PostRelieved":
            relieved[fields["post"]] = fields["until"]
        if name == "PostAssigned" and relieved.get(fields["post"]) == fields["from"]:
            yield "a holder changed in mid-period" if fields["from"][5:] not in BEGINNINGS else "a holder changed"
        if name == "KeyRevoked":
            yield "a revoked key"
            if "compromised_since" in fields:
                yield "a key revoked as compromised"
        if name == "KeyEnrolled" and fields["person"] in revoked:
            yield "a new key after a revocation"
        if name == "KeyRevoked":
            revoked.add(s.stream.rpartition("/")[2])


seen: Counter[str] = Counter()
told: list[int] = []


@settings(max_examples=HISTORIES, phases=[Phase.generate])
@given(histories())
def tell(history: History) -> None:
    with history.new_trail() as log:
        first = log.reader.head().size + 1
        acks = list(history.record_into(log))
        records = list(log.records(first))
        assert [a.position for a in acks] == [r.position for r in records], "one acknowledgement for each event"
        kinds = set(features(records))
        if any(one.size >= first and one.size < len(records) + first - 1 for one in log.reader.checkpoints()):
            kinds.add("a checkpoint in between")
    seen.update(kinds)
    told.append(len(records))


def test_300_histories_hold_every_feature() -> None:
    seen.clear()
    told.clear()
    tell()

    assert len(told) >= HISTORIES
    assert {name for name in WANTED if seen[name] < AT_LEAST} == set(), seen
    assert sum(told) / len(told) > 10, "histories of some length"
