"""Body parts and attachments beside their entries: shown, withheld, erased, missing, stray, altered."""

from __future__ import annotations

from typing import Any

import pytest
from tests.evidence.kit import Built, Log, sha256

from trail.errors import Refusal
from trail.evidence.bodies import Bodies
from trail.evidence.file import AttachmentItem, PartItem
from trail.evidence.record import AttachmentRef, Part, PartRef, Record, encode_part, reference
from trail.evidence.verdict import Shown

WORDS = {"photo": (("p-004",), {"words": "照片"}), "record": (("p-004",), {"content": "谈话"})}
FILES = (b"file one", b"file two")


def files(*contents: bytes) -> tuple[AttachmentRef, ...]:
    return tuple(sorted(AttachmentRef(sha256(c), len(c), "application/pdf") for c in contents))


class Setting:
    """A talk with two parts and two attachments, expected by `Bodies`."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.built: Built = log.talk(parts=WORDS, attachments=files(*FILES))
        self.record: Record = log.add(self.built)
        self.bodies = Bodies(log.registry)
        self.bodies.expect(self.record)

    @property
    def parts(self) -> list[PartItem]:
        return [PartItem(data) for data in self.built.parts]

    def refused(self, item: PartItem | AttachmentItem) -> str:
        take: Any = self.bodies.take_part if isinstance(item, PartItem) else self.bodies.take_attachment
        with pytest.raises(Refusal) as caught:
            take(item)
        return caught.value.code

    def close(self) -> tuple[Shown, Shown, list[tuple[str, int, str]]]:
        self.bodies.settle()
        return self.bodies.parts, self.bodies.attachments, self.bodies.missing()


@pytest.fixture
def setting(log: Log) -> Setting:
    return Setting(log)


def test_all_shown(setting: Setting) -> None:
    for part in setting.parts:
        setting.bodies.take_part(part)
    for data in FILES:
        setting.bodies.take_attachment(AttachmentItem(data))
    assert setting.close() == (Shown(2), Shown(2), [])


def test_all_withheld(setting: Setting) -> None:
    for part in setting.record.statement.parts:
        setting.bodies.take_part(PartItem(None, part.digest))
    for one in setting.record.statement.attachments:
        setting.bodies.take_attachment(AttachmentItem(None, one.digest))
    assert setting.close() == (Shown(0, 2), Shown(0, 2), [])
    both = frozenset(("bodies", "attachments"))
    assert setting.bodies.withheld_but(both) == [("PART_WITHHELD_REQUIRED", 2), ("ATTACHMENT_WITHHELD_REQUIRED", 2)]
    assert setting.bodies.withheld_but(frozenset()) == []


def test_what_is_shown_is_not_withheld(setting: Setting) -> None:
    for part in setting.parts:
        setting.bodies.take_part(part)
    assert setting.bodies.withheld_but(frozenset(("bodies", "attachments"))) == []


def test_all_missing(setting: Setting) -> None:
    parts, attachments, missing = setting.close()
    assert (parts, attachments) == (Shown(0, 0, 0, 2), Shown(0, 0, 0, 2))
    position = setting.record.position
    assert missing[:2] == [("PART_MISSING", position, "photo"), ("PART_MISSING", position, "record")]
    assert [row[:2] for row in missing[2:]] == [("ATTACHMENT_MISSING", position)] * 2


def test_one_shown_one_missing(setting: Setting) -> None:
    setting.bodies.take_part(setting.parts[1])
    parts, _, missing = setting.close()
    assert parts == Shown(1, 0, 0, 1)
    assert missing[0] == ("PART_MISSING", setting.record.position, "photo")


def erasure(setting: Setting) -> Record:
    """The part ``record`` is erased."""
    log = setting.log
    log.appoint("p-003", "jia/staff")
    log.registrars(
        "GrantGiven", {"grant": "g-1", "post": "jia/staff", "action": "erase", "types": ["*"], "unit": "jia"}
    )
    fields = {"target": reference(setting.record), "part": "record", "authority": "决定"}
    return log.add(log.build("PartErased", fields, (("p-003", "jia/staff"),)))


def test_an_erasure_explains_what_is_missing(setting: Setting) -> None:
    erased = erasure(setting)
    setting.bodies.take_part(setting.parts[0])
    setting.bodies.settle()
    setting.bodies.erase(erased)
    setting.bodies.erase(erased)
    parts, _, missing = setting.close()
    assert parts == Shown(1, 0, 1, 0)
    assert not [row for row in missing if row[0] == "PART_MISSING"]


def test_an_erasure_counts_nothing_that_is_shown_all_the_same(setting: Setting) -> None:
    erased = erasure(setting)
    for part in setting.parts:
        setting.bodies.take_part(part)
    setting.bodies.settle()
    setting.bodies.erase(erased)
    assert setting.close()[0] == Shown(2)


def test_an_altered_part(setting: Setting) -> None:
    altered = encode_part(Part("photo", ("p-004",), bytes(16), {"words": "换了"}))
    assert setting.refused(PartItem(altered)) == "PART_ALTERED"


def test_an_altered_attachment(setting: Setting) -> None:
    assert setting.refused(AttachmentItem(b"file three")) == "ATTACHMENT_ALTERED"


def test_a_stray_part(setting: Setting) -> None:
    for part in setting.parts:
        setting.bodies.take_part(part)
    assert setting.refused(setting.parts[0]) == "PART_STRAY"
    assert setting.refused(PartItem(None, bytes(32))) == "PART_STRAY"
    assert setting.refused(PartItem(None)) == "PART_STRAY"


def test_a_stray_withheld_digest_accuses_nobody(setting: Setting) -> None:
    assert setting.refused(PartItem(None, bytes(32))) == "PART_STRAY"
    assert setting.refused(AttachmentItem(None, bytes(32))) == "ATTACHMENT_STRAY"
    assert setting.close()[0] == Shown(0, 0, 0, 2)


def test_a_stray_attachment(setting: Setting) -> None:
    for data in FILES:
        setting.bodies.take_attachment(AttachmentItem(data))
    assert setting.refused(AttachmentItem(FILES[0])) == "ATTACHMENT_STRAY"
    assert setting.refused(AttachmentItem(None)) == "ATTACHMENT_STRAY"


def test_bodies_belong_to_the_entry_before_them(setting: Setting) -> None:
    other = setting.log.add(setting.log.talk())
    setting.bodies.settle()
    setting.bodies.expect(other)
    for item in (setting.parts[0], AttachmentItem(FILES[0])):
        assert setting.refused(item) in ("PART_STRAY", "ATTACHMENT_STRAY")


def test_a_body_before_any_entry_is_stray(log: Log) -> None:
    bodies = Bodies(log.registry)
    with pytest.raises(Refusal) as caught:
        bodies.take_part(PartItem(b"part"))
    assert caught.value.code == "PART_STRAY"


@pytest.mark.parametrize(
    ("content", "size", "code"),
    [
        (Part("record", ("p-004",), bytes(16), {"content": "谈话"}), 0, ""),
        (Part("record", ("p-004",), bytes(16), {"content": "谈话"}), 1, "PART_MALFORMED"),
        (Part("photo", ("p-004",), bytes(16), {"content": "谈话"}), 0, "PART_MALFORMED"),
        (Part("record", ("p-004",), bytes(16), {"words": "谈话"}), 0, "PART_MALFORMED"),
        (Part("record", ("p-004",), bytes(16), {}), 0, "PART_MALFORMED"),
        (Part("record", ("p-999",), bytes(16), {"content": "谈话"}), 0, "NAME_UNKNOWN"),
        (b"not a part", 0, "PART_MALFORMED"),
        (b"\x80", 0, "PART_MALFORMED"),
    ],
)
def test_the_content_is_judged(log: Log, content: Part | bytes, size: int, code: str) -> None:
    data = content if isinstance(content, bytes) else encode_part(content)
    record = log.record(log.talk(parts={}))
    named = record.statement._replace(parts=(PartRef("record", sha256(data), len(data) + size),))
    bodies = Bodies(log.registry)
    bodies.expect(record._replace(statement=named))
    if not code:
        bodies.take_part(PartItem(data))
        return
    with pytest.raises(Refusal) as caught:
        bodies.take_part(PartItem(data))
    assert caught.value.code == code


def test_a_correction_may_show_parts_of_what_it_corrects(setting: Setting) -> None:
    log = setting.log
    parts = {"reason": ((), {"reason": "错"}), "record": (("p-004",), {"content": "更正"})}
    built = log.build("RecordCorrected", {"target": reference(setting.record)}, parts=parts)
    record = log.add(built)
    bodies = Bodies(log.registry)
    bodies.expect(record, log.registry.types["TalkHeld@1"])
    for data in built.parts:
        bodies.take_part(PartItem(data))
    assert bodies.parts == Shown(2)


def test_a_correction_shows_parts_that_fit_what_it_corrects(setting: Setting) -> None:
    log = setting.log
    parts = {"reason": ((), {"reason": "错"}), "record": (("p-004",), {"words": "更正"})}
    built = log.build("RecordCorrected", {"target": reference(setting.record)}, parts=parts)
    bodies = Bodies(log.registry)
    bodies.expect(log.add(built), log.registry.types["TalkHeld@1"])
    reason, record = built.parts
    bodies.take_part(PartItem(reason))
    with pytest.raises(Refusal) as caught:
        bodies.take_part(PartItem(record))
    assert caught.value.code == "PART_MALFORMED"


def test_an_attachment_of_another_size_than_was_signed(log: Log) -> None:
    record = log.record(log.talk(attachments=(AttachmentRef(sha256(b"file"), 5, "a/b"),)))
    bodies = Bodies(log.registry)
    bodies.expect(record)
    with pytest.raises(Refusal) as caught:
        bodies.take_attachment(AttachmentItem(b"file"))
    assert (caught.value.code, caught.value.forged) == ("ATTACHMENT_SIZE", False)
