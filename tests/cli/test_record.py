"""``trail record``: strict JSON lines, one transaction for a file, references between lines."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.kit import AS, TALK, Site, found

from trail.aggregates import act_class, declare
from trail.cli.acts import ActReader
from trail.cli.jsonlines import parse, read_lines
from trail.errors import CallerError, TrailError
from trail.evidence.types import Field, PartSpec, spec_to_value

MEMBER = {"person": "p-017", "post": "jia/member"}


def size(site: Site) -> int:
    with sqlite3.connect(site.db) as connection:
        return int(connection.execute("SELECT size FROM head").fetchone()[0])


def positions(out: str) -> list[int]:
    return [int(line.split()[0]) for line in out.splitlines()[:-1]]


def test_positions_ids_and_types_are_printed(site: Site) -> None:
    before = size(site)

    done = site.record(TALK, TALK)

    assert done.code == 0
    assert positions(done.out) == [before + 1, before + 2]
    assert all(line.endswith("TalkHeld@1") for line in done.out.splitlines()[:-1])
    assert done.out.splitlines()[-1] == "recorded 2"


SURROGATE = json.dumps(TALK).replace("301", "\\ud800")
REFUSED: dict[str, tuple[Any, str]] = {
    "a key twice": ('{"act": "TalkHeld", "act": "TalkHeld"}', "'act' stands twice"),
    "NaN": ('{"act": NaN}', "NaN is not JSON"),
    "a fraction": ('{"act": 1.5}', "no fractions"),
    "an exponent": ('{"act": 1e5}', "no fractions"),
    "a number without end": ('{"act": ' + "9" * 5000 + "}", "too many digits"),
    "nested without end": ('{"a":' * 100_000, "line 2"),
    "a list": ("[1]", "expected an object"),
    "half a line": ('{"act": ', "not JSON"),
    "an unknown act": ({"act": "Fly"}, "unknown act 'Fly'"),
    "an act that is none": ({"act": ["TalkHeld"]}, "unknown act"),
    "neither act nor type": ({"kind": "duty"}, "either"),
    "an unknown key": (TALK | {"mood": "good"}, "TalkHeld has no 'mood'"),
    "a missing key": ({k: v for k, v in TALK.items() if k != "content"}, "TalkHeld needs content"),
    "a time without zone": (TALK | {"happened": "2026-03-05T09:00"}, "a time with a zone"),
    "a date that is none": (TALK | {"happened": "2026-02-30"}, "line 2"),
    "a talk of another kind": (TALK | {"kind": "gossip"}, "line 2: kinds"),
    "nobody who acts": ({k: v for k, v in TALK.items() if k != "as"}, "say who acts"),
    "a post of another": (TALK | {"as": {"person": "p-001", "post": "nowhere"}}, "the log knows no post"),
    "a person without a key": (TALK | {"as": {"person": "p-999", "post": "jia/secretary"}}, "no key file"),
    "a person who is a path": (TALK | {"as": {"person": "../p-001", "post": "jia/secretary"}}, "can't name a key file"),
    "no such record": ({"act": "TalkConfirmed", "as": MEMBER, "talk": 9999}, "there is no record 9999"),
    "no such label": ({"act": "TalkConfirmed", "as": MEMBER, "talk": "@x"}, "there is no record '@x'"),
    "a reference that is none": ({"act": "TalkConfirmed", "as": MEMBER, "talk": True}, "expected a position"),
    "an id that is none": (TALK | {"id": "x"}, "an id is a UUID"),
    "a lone surrogate": (SURROGATE, "U+D800"),
    "an unknown type": ({"type": "LabInspected@1", "as": AS}, "not declared"),
    "state secrets": (TALK | {"classification": "secret"}, "classification"),
    "an attachment that is not there": (TALK | {"attachments": [{"file": "no.pdf", "media": "a/b"}]}, "can't be read"),
    "a founding": ({"act": "LogFounded", "registrars": []}, "line 2"),
}


@pytest.mark.parametrize(("row", "says"), REFUSED.values(), ids=REFUSED)
def test_a_bad_line_is_refused_with_its_number_and_nothing_is_recorded(built: Site, row: Any, says: str) -> None:
    before = size(built)

    done = built.record(TALK, row)

    assert done.code in (2, 3)
    assert says in done.err
    assert "line 2" in done.err or "key file" in done.err
    assert (size(built), done.out) == (before, "")
    assert "Traceback" not in done.err


def test_a_refused_act_leaves_the_whole_file_out_unless_each(site: Site) -> None:
    before = size(site)
    unknown = TALK | {"counterparts": ["p-404"]}

    refused = site.record(TALK, unknown, TALK)
    assert (refused.code, size(site)) == (2, before)
    assert "line 2: " in refused.err
    assert 'found "p-404"' in refused.err

    done = site.record(TALK, unknown, TALK, each=True)
    assert done.code == 2
    assert "NAME_UNKNOWN" in done.err
    assert "line 2" in done.err
    assert size(site) == before + 1


def test_later_lines_refer_to_earlier_ones_by_label_position_and_id(site: Site) -> None:
    before = size(site)
    list_1 = {
        "act": "ResponsibilityListDrafted",
        "as": AS,
        "unit": "jia",
        "year": 2026,
        "owner": "jia/member",
        "items": {"1": "抓党建"},
        "label": "r",
    }
    list_2 = {
        "act": "TaskListDrafted",
        "as": AS,
        "unit": "jia",
        "year": 2026,
        "owner": "jia/member",
        "responsibility": "@r",
        "items": [["1.1", "每月一次", ["1"]], {"number": "1.2", "text": "谈话"}],
        "label": "t",
    }
    endorsed = {"act": "ListEndorsed", "as": AS, "versions": ["@r", "@t"]}
    talk = TALK | {"id": "00000000-0000-4000-8000-000000000001", "label": "talk"}
    confirmed = {"act": "TalkConfirmed", "as": MEMBER, "talk": "@talk"}

    done = site.record(list_1, list_2, endorsed, talk, confirmed)

    assert done.code == 0, done.err
    later = [
        {"act": "TalkDisputed", "as": MEMBER, "talk": before + 4, "reason": "时间不对"},
        {"act": "RecordVoided", "as": AS, "target": "00000000000040008000000000000001", "reason": "误记"},
    ]
    assert site.record(*later).code == 0
    assert found("verify", site.db, "--policy", site.policy, at=site).code == 0


def test_the_same_id_and_content_again_is_the_same_record(site: Site) -> None:
    talk = TALK | {"id": "00000000000040008000000000000002"}
    first = site.record(talk)

    again = site.record(talk)
    other = site.record(talk | {"content": "别的"})

    assert (again.code, again.out) == (0, first.out)
    assert other.code == 2
    assert "ID_REUSED" in other.err


def test_host_types_are_declared_and_used(site: Site) -> None:
    spec = declare(
        "LabInspected",
        fields={"lab": Field("id"), "paper": Field("digest"), "seen": Field("instant"), "talk": Field("reference")},
        parts={"note": PartSpec({"note": Field("text")}, optional=True)},
    )
    (site.path / "scan.pdf").write_bytes(b"%PDF")
    act = {
        "type": "LabInspected@1",
        "as": AS,
        "happened": "2026-04-01",
        "parts": {"note": {"note": "整洁"}},
        "fields": {"lab": "L-1", "paper": {"file": "scan.pdf"}, "seen": "2026-04-01T10:00+08:00", "talk": "@t"},
        "attachments": [{"file": "scan.pdf", "media": "application/pdf"}],
    }

    assert site.record({"act": "TypeDeclared", "schema": spec_to_value(spec)}).code == 0
    done = site.record(TALK | {"label": "t"}, act)

    assert done.code == 0, done.err
    with sqlite3.connect(site.db) as connection:
        entry = connection.execute("SELECT entry FROM entry ORDER BY position DESC").fetchone()[0]
    assert hashlib.sha256(b"%PDF").digest() in entry
    assert found("verify", site.db, "--policy", site.policy, at=site).code == 0
    unknown = act | {"fields": {"lab": "L-1", "colour": "blue"}}
    assert "LabInspected has no field colour" in site.record(TALK | {"label": "t"}, unknown).err


def test_acts_of_the_registry_need_their_registrars(site: Site) -> None:
    grant = {
        "act": "GrantGiven",
        "grant": "g",
        "post": "jia/member",
        "action": "correct",
        "types": ["*"],
        "unit": "jia",
    }

    assert "needs the signatures of 2 registrars" in site.record(grant | {"by": ["r-1"]}).err
    assert site.record(grant | {"by": ["p-001", "p-017"]}).code == 2
    assert site.record(grant | {"by": ["r-2", "r-1"]}).code == 0
    (site.keys / "r-1.pem").unlink()
    (site.keys / "r-2.pem").unlink()
    assert "NO_REGISTRAR" in site.record(grant).err


def test_acts_come_from_the_standard_input_too(site: Site) -> None:
    data = (json.dumps(TALK) + "\r\n\n").encode()
    done = site.process("record", "-", "--db", site.db, "--keys", site.keys)
    assert (done.returncode, done.stdout.split()) == (0, [b"recorded", b"0"])

    assert [row for _, row in read_lines(data)] == [TALK]


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_arbitrary_lines_are_read_or_refused(line: bytes) -> None:
    try:
        code = "ACTS_FORMAT" if isinstance(parse(line), dict) else "none"
    except TrailError as error:
        code = error.code

    assert code == "ACTS_FORMAT"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ACTS = [
    "TalkHeld",
    "ListFiledForRecord",
    "AccountabilityDecided",
    "RecordCorrected",
    "KeyEnrolled",
    "PledgeSigned",
    "TaskListDrafted",
    "ReportFiled",
    "PortfolioChanged",
    "TypeDeclared",
    "RuleSetAdopted",
    "KeyRevoked",
]


@given(st.sampled_from(ACTS), st.data())
def test_arbitrary_values_become_acts_or_errors_of_this_library(name: str, data: st.DataObject) -> None:
    fields = [f.name.rstrip("_") for f in dataclasses.fields(act_class(f"{name}@1"))]
    given_ = {field: data.draw(VALUES, label=field) for field in fields}
    reader = ActReader({}, mock.Mock(side_effect=CallerError("no such record")), Path())
    with contextlib.suppress(TrailError):
        reader.read({"act": name, **given_}, 1).event()
