"""
``docs/spec/acts.md`` says what the code does: it is written from the code, and its example is run.

To write it anew: ``PYTHONPATH=src python tests/aggregates/test_acts_page.py``.
"""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from trail import aggregates as a
from trail.aggregates import (
    assessment,
    base,
    cases,
    conveying,
    facts,
    instruments,
    integrity,
    meetings,
    petitions,
    rules_events,
    supervision,
)
from trail.evidence.registry import EDIT_TYPES, REVOKED, TWO_REGISTRARS
from trail.evidence.types import MAX_PART_TEXT, MAX_TEXT, Field, PartSpec

PAGE = Path(__file__).parents[2] / "docs" / "spec" / "acts.md"

INTRO = """\
# Acts

Every type of event that the library brings: its public fields, its body parts, who may perform and sign it, and the
stream it lies in. A log declares the types of sections 3 to DECLARED (`TypeDeclared`, signed by two registrars) when it
is made; those of sections REGISTRY and EDITS are built into the verifier. A host system declares its own in the same
way, see section 2. This page is written from the code, and a test compares the two.

## 1. How to read it

* **Fields** are public: they are in the statement, are hashed and signed, and stay when content is erased. Status is
  reckoned from them alone. They hold ids, enumerations, dates and numbers; words about people belong in parts.
* **Parts** lie beside the statement, which holds their digest. Each has its subjects (the persons whom it is about) and
  a salt; it can be erased whole, and every proof still holds.
* **Hands**: `own`, the signer is a performer (or signs for a body, as the holder of the post that the registry names
  for it); `recorded` (经办人登记), a recorder signs what another did; `imported`, the signer holds a grant to import.
* **Posts**: the kinds of post that may perform it; `*` means any.
* **Exclusive**: it must be the next version of its stream after the one that the signer had seen.
* **Stream**: *new* means `prefix` + event id in hexadecimal; *joins* means the stream of the event that a field names.
* A `reference` is `[event id, statement digest]`: the exact version of an event. A `?` marks what may be left out; a
  list holds at least one element unless it says otherwise; `text to 500` is 1 to 500 characters. Dates are
  `YYYY-MM-DD` in Asia/Shanghai, instants UTC seconds. `happened`, `performers`, `unit`, `period`, `causes` and
  attachments belong to every statement (`record.md`).

## 2. A worked example

What a host system gives, and the event it becomes:

```python
>>> from datetime import datetime, timedelta, timezone
>>> from trail.aggregates import TalkHeld
>>> cst = timezone(timedelta(hours=8))
>>> event = TalkHeld(kind="integrity", counterparts=["p-017"], happened=datetime(2026, 3, 5, 9, tzinfo=cst),
...                  place="甲学院 301", content="……").event()
>>> event.type_key
'TalkHeld@1'
>>> event.fields
{'counterparts': [{'person': 'p-017'}], 'format': 'individual', 'kinds': ['integrity']}
>>> event.parts
{'record': (('p-017',), {'content': '……', 'place': '甲学院 301'})}
>>> event.happened.date(), event.stream_prefix
('2026-03-05', 'talk/')

```

A type of one's own is a declaration and a class of a few lines:

```python
>>> from dataclasses import dataclass
>>> from trail.aggregates import Act, declare
>>> from trail.evidence.types import Field, PartSpec
>>> @dataclass(frozen=True, slots=True, kw_only=True)
... class LabInspected(Act):
...     TYPE = declare("LabInspected", fields={"lab": Field("id"), "passed": Field("bool")},
...                    parts={"note": PartSpec({"note": Field("text", max=10_000)}, optional=True)})
...     lab: str
...     passed: bool
...     note: str | None = None
>>> LabInspected(lab="L-12", passed=True).event().fields
{'lab': 'L-12', 'passed': True}

```

### Gaps

The order constraints of the domain are never a reason to refuse a record. What is broken is recorded, and shown as a
gap: code, positions, and plain words in Chinese and English.

GAPS

C8 holds by construction; the rule sets of C9 are section RULES.
"""

LISTED, CASED, MET = "ListAggregate", "CaseAggregate", "MeetingAggregate"
GAPS: Mapping[str, tuple[str, str]] = {
    "C1": (
        LISTED,
        (
            "a task list names no responsibility list, or one that is not of this unit and year; a task names no item, "
            "or one that the list does not have"
        ),
    ),
    "C2": (
        LISTED,
        (
            "an endorsement is void because the list was edited after it, or names an older version; it is from the "
            "owner's own post, or not from the direct superior"
        ),
    ),
    "C3": (LISTED, "a pledge with one side only, two texts, or one person on both sides"),
    "C4": (
        LISTED,
        "a version was filed that nobody had endorsed or, where no endorser is named, committed to; or only afterwards",
    ),
    "C5": (
        f"{CASED}`, `AssessmentAggregate",
        "a decision on accountability, or an assessment, cites no version of a list",
    ),
    "C6": (
        "RectificationAggregate",
        "a rectification was verified by the rectifying party itself, or on a day before it was ordered",
    ),
    "C7": (
        CASED,
        (
            "a decision lacks its initiation approval or the record of a hearing (`DefenceHeard`), came before it, or "
            "one of its subjects was not heard"
        ),
    ),
    "B5a": (
        MET,
        "a decision was made public without all three elements, before it was made, or though it was not to be public",
    ),
    "C9": (
        "InstrumentAggregate",
        "an instrument was amended or repealed while no adoption that stands is on record",
    ),
    "N1": (
        CASED,
        (
            "a step that the norm presupposes is missing, came after what rests on it, or left out one of the "
            "subjects; an inquiry by fewer than two; a report that not all of them signed"
        ),
    ),
    "N2": (
        CASED,
        (
            "a norm that was not in force on the day, or another than the case was opened under; a situation, form or "
            "grade that it does not have"
        ),
    ),
    "N3": (CASED, "a term of the norm was exceeded: formalities, appeal, answer"),
    "N5": (
        MET,
        (
            "a member's position on a decision is recorded though they did not attend, or twice (dissent itself is no "
            "gap: `dissent()` gives it)"
        ),
    ),
    "N6": (CASED, "an opinion that the subject did not give, other than a refusal"),
    "N11": ("FactAggregate", "a file is attached to an act of which only the fact may be kept"),
    "N45": (
        MET,
        ("a meeting has no result, a chair who is not among those who attended, or somebody both attending and absent"),
    ),
    "P4a": (MET, "a collective decision that one person attended"),
    "P4c": (MET, "attendance at a meeting whose list lacks the person, or that is not on record"),
    "S1d": ("EvidenceAggregate", "evidence without an attachment"),
    "N11b": (
        "TalkAggregate",
        (
            "a talk was confirmed or disputed by somebody who was no counterpart; a formal admonition was held by one "
            "person alone"
        ),
    ),
    "N13": ("ReportAggregate", "a report was signed for by a unit it was not sent to, or on a day before it was sent"),
}
FAMILIES: tuple[tuple[str, Sequence[type[a.ActBase]]], ...] = (
    ("Lists", a.LIBRARY_ACTS[:10]),
    ("Talks and reports", a.LIBRARY_ACTS[10:15]),
    ("Instruments and plans", instruments.INSTRUMENT_ACTS),
    ("Meetings", meetings.MEETING_ACTS),
    ("Directives, conveying, publication", conveying.CONVEYING_ACTS),
    ("Facts and evidence", facts.FACT_ACTS),
    ("Supervision and rectification", supervision.SUPERVISION_ACTS),
    ("Petitions and talk inquiries", petitions.PETITION_ACTS),
    ("Duty, integrity, personal matters", integrity.INTEGRITY_ACTS),
    ("Assessment", assessment.ASSESSMENT_ACTS),
    ("Accountability", cases.CASE_ACTS),
    ("Rules", [cls for cls in a.LIBRARY_ACTS if cls.__module__ == rules_events.__name__]),
    ("The registry (built in)", a.BUILT_IN_ACTS[:-4]),
    ("What is said of earlier records (built in)", a.BUILT_IN_ACTS[-4:]),
)
SECTIONS = tuple((f"{number}. {title}", classes) for number, (title, classes) in enumerate(FAMILIES, 3))
LISTS = "`lists/<unit>/<year>`"
STREAMS: Mapping[type[a.ActBase], str] = {
    a.ResponsibilityListDrafted: LISTS,
    a.TaskListDrafted: LISTS,
    a.PledgeSigned: LISTS,
    a.RuleSetAdopted: "`rules/<name>`",
    a.RuleSetRepealed: "`rules/<name>`",
    a.DeadlineSet: "`rules/deadlines`",
    a.HolidaysSet: "`rules/holidays`",
    **dict.fromkeys((a.ListReviewed, a.ListReturned, a.ListEndorsed), "joins the first of `versions`"),
    **dict.fromkeys((a.CommitmentSigned, a.ListFiledForRecord), "joins the first of `versions`"),
    a.FilingReceived: "joins `filing`",
    a.PaperReceiptRecorded: "joins `of`",
    a.TalkHeld: "new: `talk/`",
    **dict.fromkeys((a.TalkConfirmed, a.TalkDisputed), "joins `talk`"),
    a.ReportFiled: "new: `report/`",
    a.ReportReceived: "joins `report`",
    a.LeadReceived: "new: `case/`",
    **dict.fromkeys(
        (a.AccountabilityProposed, a.AccountabilityInitiated, a.InquiryReportAdopted, a.AccountabilityDecided),
        "joins the case that is given, otherwise new: `case/`",
    ),
    **dict.fromkeys(
        (
            a.InquiryOpened,
            a.FactsPresented,
            a.DefenceHeard,
            a.OpinionSigned,
            a.SelfCriticismMade,
            a.CaseCirculated,
        ),
        "joins the case that is given",
    ),
    **dict.fromkeys(
        (a.DecisionServed, a.AdjustmentCompleted, a.AppealLodged, a.AccountabilityCorrected), "joins `decision`"
    ),
    a.AppealDecided: "joins `appeal`",
    a.IssueCorrected: "joins `issue`",
    **dict.fromkeys(
        (a.IssueEscalated, a.RectificationOrdered), "joins `issue` where it is given, otherwise new: `issue/`"
    ),
    **dict.fromkeys((a.RectificationReported, a.RectificationVerified, a.RectificationReopened), "joins `order`"),
    a.PetitionHandled: "joins `petition`",
    a.TalkInquiryConducted: "joins `inquiry` where it is given, otherwise new: `talk_inquiry/`",
    a.ReportEvaluated: "joins `report`",
    **dict.fromkeys((a.AssessmentResultPublished, a.AssessmentResultApplied), "joins `assessment`"),
    a.CommendationCirculated: "joins `assessment` where it is given, otherwise new: `commendation_circulated/`",
    **dict.fromkeys(instruments.INSTRUMENT_ACTS[:3], "`instruments/<unit>/<instrument>`"),
    a.OrgLifeAttended: "joins `meeting` where it is given, otherwise new: `meeting/`",
    a.DecisionPublished: "joins `decision`",
    a.EvidenceAttached: "joins `of`; for a record of the registry new: `evidence/`",
    **dict.fromkeys((a.RecordCorrected, a.RecordVoided, a.RecordDisputed, a.PartErased), "joins `target`"),
}
SIGNERS: Mapping[type[a.ActBase], str] = {
    a.ListEndorsed: "the direct superior, in person",
    a.CommitmentSigned: "for the committee (a body): the holder of the post that the registry names",
    a.PledgeSigned: "one side; the other side signs its own event",
    a.FilingReceived: "for the recipient (a body): the holder of the post that the registry names",
    a.ReportReceived: "for the recipient (a body): the holder of the post that the registry names",
    a.TalkConfirmed: "a counterpart",
    a.TalkDisputed: "a counterpart",
    a.ReportFiled: "the leader whose report it is; for the team, the holder of the post that the registry names",
    a.DutyIntegrityReported: "the person whose report it is",
    a.PersonalMattersReported: "the person whose matters they are",
    a.AccountabilityDecided: "for the competent organisation",
    a.AppealDecided: "for the competent organisation",
    a.AccountabilityCorrected: "for the competent organisation",
    a.LogFounded: "each founding registrar; entry 1 only",
    a.KeyRevoked: "a registrar, or the owner of the key",
    a.RecordCorrected: "an original signer, a performer, a `correct` grant; for the roster any registrar",
    a.RecordVoided: "an original signer, a performer, a `correct` grant; for the roster any registrar",
    a.RecordDisputed: "a performer or counterpart of the target",
    a.PartErased: "somebody who did not sign the target, under an `erase` grant",
}


def stream(cls: type[a.ActBase]) -> str:
    if issubclass(cls, a.RegistryAct):
        return "`" + re.sub(r"\{self\.(?:schema\.)?(\w+)\}", r"<\1>", cls.STREAM) + "`"
    return STREAMS.get(cls) or f"new: `{cls.PREFIX or base._snake(cls.TYPE.name) + '/'}`"


def signer(cls: type[a.ActBase]) -> str:
    if cls in SIGNERS:
        return SIGNERS[cls]
    if issubclass(cls, a.RegistryAct):
        return "two registrars" if cls.TYPE.key in TWO_REGISTRARS else "a registrar"
    return "a performer, or somebody who records or imports it"


def shape(field: Field, longest: int = MAX_TEXT) -> str:
    if field.kind == "list":
        none = " (may be empty)" if field.min == 0 else ""
        return f"list of {shape(field.of or Field('text'), longest)}{none}"
    if field.kind == "record":
        return "{" + ", ".join(named(name, field.members[name], longest) for name in sorted(field.members)) + "}"
    if field.kind == "enum":
        return " \\| ".join(f"`{value}`" for value in field.values)
    if field.kind == "int" and field.min is not None and field.max is not None:
        return f"int {field.min} to {field.max}"
    if field.kind == "text":
        return f"text to {field.max or longest}"
    if field.kind == "bytes":
        return f"bytes, {field.min or 1} to {field.max or 4096}"
    return field.kind + (" (counterpart)" if field.role else "")


def named(name: str, field: Field, longest: int) -> str:
    return f"{name}{'?' if field.optional else ''}: {shape(field, longest)}"


def rows(fields: Mapping[str, Field], what: str, longest: int) -> Iterator[str]:
    for name in sorted(fields):
        yield f"| `{name}`{'?' if fields[name].optional else ''} | {shape(fields[name], longest)} | {what} |"


def part(name: str, spec: PartSpec) -> str:
    return f"part `{name}`{'?' if spec.optional else ''}"


def section(cls: type[a.ActBase]) -> Iterator[str]:
    spec = cls.TYPE
    said = (cls.__doc__ or "").strip().split("\n\n")[0]
    yield f"\n### {spec.name}\n"
    yield " ".join(said.replace("``", "`").split()) + "\n"
    hands = ", ".join(f"`{hand}`" for hand in spec.hands)
    posts = ", ".join(f"`{kind}`" for kind in spec.posts)
    yield f"Hands {hands} · posts {posts}{' · **exclusive**' if spec.exclusive else ''} · stream {stream(cls)}  "
    yield f"Signed by: {signer(cls)}.\n"
    yield "| name | kind | where |\n| --- | --- | --- |"
    yield from rows(spec.fields, "field", MAX_TEXT)
    for name in sorted(spec.parts):
        yield from rows(spec.parts[name].fields, part(name, spec.parts[name]), MAX_PART_TEXT)


def page() -> str:
    gaps = "\n".join(f"| {code} | {shown} | `{by}` |" for code, (by, shown) in GAPS.items())
    intro = INTRO.replace("GAPS", f"| code | what is shown | by |\n| --- | --- | --- |\n{gaps}")
    for word, back in {"DECLARED": 3, "RULES": 3, "REGISTRY": 2, "EDITS": 1}.items():
        intro = intro.replace(word, SECTIONS[-back][0].partition(".")[0])
    lines = [intro]
    for title, classes in SECTIONS:
        lines.append(f"\n## {title}")
        for cls in classes:
            lines.extend(section(cls))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_example_of_the_page_runs() -> None:
    result = doctest.testfile(str(PAGE), module_relative=False, encoding="utf-8")

    assert result.attempted > 8
    assert result.failed == 0


def test_every_type_is_on_the_page_once() -> None:
    assert [cls for _, classes in SECTIONS for cls in classes] == [*a.LIBRARY_ACTS, *a.BUILT_IN_ACTS]
    assert {cls.TYPE.key for cls in a.BUILT_IN_ACTS} > EDIT_TYPES | TWO_REGISTRARS | {REVOKED}


def test_every_gap_code_is_on_the_page() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(str(a.__file__)).parent.glob("*.py"))
    codes = set(re.findall(r'gap\("(\w+)"', sources))

    assert codes == set(GAPS)


def test_the_streams_are_as_the_page_says(examples: Any) -> None:
    for cls, act in examples.items():
        event, said = act.event(), stream(cls)
        if event.stream is not None:
            assert re.fullmatch(re.sub(r"<\w+>", ".+", said.strip("`")), event.stream)
        elif event.join is not None:
            assert said.startswith("joins")
        if event.stream is None and event.join is None:
            assert said.endswith(f"new: `{event.stream_prefix}`")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
