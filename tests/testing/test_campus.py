"""The campus: an invented university with clock, keys, witness and policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from trail import ActRefused, Field, KeyRevoked, PostAssigned, PostRelieved, TalkHeld, TypeSpec
from trail.aggregates import GenericAct
from trail.application import Trail, audit
from trail.rules import load_default
from trail.testing import Campus
from trail.testing.campus import key_of, seconds
from trail.testing.dump import describe
from trail.testing.roster import HOLDERS, PEOPLE, POSTS, UNITS
from trail.verify import Verdict, verify


def talk(campus: Campus) -> TalkHeld:
    return TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=campus.now)


def test_a_campus_in_memory_records_anchors_and_verifies() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-03-05 09:00")
        ack = campus.acting("jia/secretary").record(talk(campus))
        issued = campus.anchor()
        report = verify(campus.trail.evidence(), campus.policy)

    assert ack.recorded == seconds("2026-03-05 09:00") == 1_772_672_400
    assert issued.size == ack.position == report.anchored
    assert report.verdict is Verdict.INTACT
    assert report.anchored_at == ack.recorded


def test_a_campus_on_disk_lies_where_a_log_lies(tmp_path: Path) -> None:
    with Campus.found(tmp_path / "uni") as campus:
        campus.anchor()
        policy, origin = campus.policy, campus.trail.origin

    assert {path.name for path in (tmp_path / "uni").iterdir()} == {"trail.db", "log", "witness"}
    assert audit(tmp_path / "uni" / "trail.db", policy).verdict is Verdict.INTACT
    with Trail.open(tmp_path / "uni" / "trail.db") as trail:
        assert trail.origin == origin


def test_everybody_holds_the_post_that_the_roster_says_and_the_rules_are_adopted() -> None:
    with Campus.found() as campus:
        registry = campus.trail.registry()
        adopted = list(campus.trail.records())[-1]

    assert registry.persons >= set(PEOPLE)
    assert set(registry.units) == {row.unit for row in UNITS}
    assert set(registry.posts) == {row.post for row in POSTS}
    assert {post: registry.holders(post, "2026-06-01")[0][0] for post in HOLDERS} == HOLDERS
    assert adopted.statement.fields["digest"] == load_default().digest


def test_keys_follow_from_names() -> None:
    assert key_of("p-001").public == key_of("p-001").public
    assert key_of("p-001").public != key_of("p-002").public


def test_the_holder_changes_with_the_clock() -> None:
    with Campus.found() as campus:
        campus.register(
            PostRelieved(post="yi/secretary", person="p-011", until="2026-09-01"),
            PostAssigned(post="yi/secretary", person="p-014", from_="2026-09-01"),
        )
        campus.set_time("2026-08-31 23:59")
        assert campus.holder("yi/secretary") == "p-011"
        campus.set_time("2026-09-01")
        assert campus.acting("yi/secretary").person == "p-014"


def test_a_key_of_ones_own_and_a_revoked_one() -> None:
    with Campus.found() as campus:
        token = key_of("a token")
        campus.register(campus.enrolment("p-005", token))
        campus.acting("jia/secretary", key=token).record(talk(campus))
        campus.register(KeyRevoked(person="p-005", key=token.public.id, reason="lost"))

        with pytest.raises(ActRefused) as caught:
            campus.acting("jia/secretary", key=token).record(talk(campus))

    assert caught.value.code == "KEY_ENDED"


def test_a_hosts_own_type() -> None:
    spec = TypeSpec("LabInspected", 1, {"lab": Field("id")})
    with Campus.found(types=[spec]) as campus:
        assert spec.key in campus.trail.registry().types


def test_the_dump_says_every_record_in_a_line() -> None:
    with Campus.found() as campus:
        campus.acting("jia/secretary").record(talk(campus))
        lines, size = list(describe(campus.trail)), campus.trail.reader.head().size

    assert len(lines) == size
    assert "LogFounded@1" in lines[0]
    assert "TalkHeld@1" in lines[-1]
    assert "p-005 jia/secretary" in lines[-1]
    assert "谈话" not in "".join(lines), "bodies are not dumped"


def test_the_dump_hides_what_a_record_could_do_to_a_terminal(tmp_path: Path) -> None:
    spec = TypeSpec("LabInspected", 1, {"lab": Field("text")})

    with Campus.found(types=[spec]) as campus:
        act = GenericAct(key=spec.key, spec=spec, fields={"lab": "x\ny\u202e"}, happened=campus.now)
        campus.acting("jia/secretary").record(act)
        last = list(describe(campus.trail))[-1]

    assert "\n" not in last
    assert "\u202e" not in last
