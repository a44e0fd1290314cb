"""Filing as witnessing: what is filed upward takes a checkpoint with it, and six times a year anchors the log."""

from __future__ import annotations

import datetime as dt
import socket
import threading
import warnings
from pathlib import Path

import pytest
from tests.witness.scripted import scripted, served

from trail.aggregates import ReportFiled, TalkHeld
from trail.application import Trail
from trail.application.filing import FILED_UPWARD, after_filing, along
from trail.errors import CallerError
from trail.evidence.times import ActTimes
from trail.evidence.verdict import Verdict
from trail.merkle import check_inclusion, leaf_hash, parse_checkpoint
from trail.merkle.proofs import parse_proof
from trail.rules import load_default
from trail.signing import format_policy, parse_note, parse_policy
from trail.testing import Campus
from trail.testing.campus import CST, key_of, seconds
from trail.testing.university import University
from trail.testing.university.plan import ANCHOR
from trail.testing.university.play import Player
from trail.verify import verify
from trail.witness import Witness, Witnesses

DATES = ("2026-04-20", "2026-04-30", "2026-07-10", "2026-07-31", "2027-01-10", "2027-01-31")
"""The regulation's six dates: lists in April, reports in July and January; of the units first, then the university."""


def talk(campus: Campus) -> int:
    act = TalkHeld(kind="duty", counterparts=["p-006"], happened=campus.now, place="301", content="谈话")
    return campus.acting("jia/secretary").record(act).position


def filed(campus: Campus, period: str = "2026-H1") -> int:
    act = ReportFiled(subject="principal", period=period, recipients=["uni", "dic"], sent=campus.now)
    return campus.acting("jia/secretary").record(act).position


def policy_of(campus: Campus, witnesses: dict[str, Witness], urls: dict[str, str] | None = None) -> str:
    """The inspector's policy: any of the recipients."""
    keys = {name: witness.key for name, witness in witnesses.items()}
    given = {keys[name].vkey: url for name, url in (urls or {}).items()}
    return format_policy(
        logs=[campus.log_key], witnesses=keys, groups={"recipients": (1, tuple(keys))}, quorum="recipients",
        genesis=[campus.trail.genesis()], urls=given,
    )  # fmt: skip


# --- a checkpoint by itself ------------------------------------------------------------------------------------------


def test_what_is_filed_takes_a_checkpoint_with_it() -> None:
    with Campus.found() as campus:
        campus.set_time("2026-07-08 09:00")
        before = campus.trail.reader.checkpoint()
        talk(campus)
        assert campus.trail.reader.checkpoint() == before, "a talk is filed with nobody"
        position = filed(campus)
        issued = campus.trail.reader.checkpoint()
        assert issued is not None
        assert (issued.size, issued.cosignatures) == (position, ())
        acting = campus.acting("jia/secretary")
        acts = [
            ReportFiled(subject="principal", period=p, recipients=["dic"], sent=campus.now)
            for p in ("2025-H1", "2025-H2")
        ]
        acks = acting.record_many(acts)
        last = campus.trail.reader.checkpoint()
        assert last is not None
        assert (last.size, last.number) == (acks[-1].position, issued.number + 1), "once for the whole batch"


def test_without_the_log_key_it_is_recorded_and_nothing_more(tmp_path: Path) -> None:
    with Campus.found(tmp_path / "c") as campus:
        before = campus.trail.reader.checkpoint()
        with Trail.open(tmp_path / "c/trail.db", clock=campus.clock) as keyless:
            act = ReportFiled(subject="principal", period="2026-H1", recipients=["dic"], sent=campus.now)
            assert keyless.acting("p-001", "jia/secretary", key_of("p-001")).record(act).position
            assert keyless.reader.checkpoint() == before


@pytest.mark.parametrize("strict", [False, True])
def test_a_checkpoint_that_fails_does_not_fail_the_filing(tmp_path: Path, strict: bool) -> None:
    """Not even where the host makes errors of warnings."""
    with Campus.found(tmp_path / "c") as campus:
        campus.state.unlink()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("error" if strict else "always")
            position = filed(campus)
        assert campus.trail.reader.head().size == position
        assert [str(one.message)[:20] for one in said] == ([] if strict else ["a filing was recorde"])
        exposure = campus.trail.exposure(parse_policy(campus.policy))
        assert exposure.exposed == exposure.head


def test_filing_waits_for_no_witness(tmp_path: Path) -> None:
    """One that says nothing until the filing was acknowledged, and would wait for that for half a minute."""
    recorded = threading.Event()
    acknowledged: list[bool] = []

    def waiting(connection: socket.socket) -> None:
        acknowledged.append(recorded.wait(30))

    with Campus.found(tmp_path / "c") as campus, scripted(waiting) as mute:
        witnesses = Witnesses(policy_of(campus, {"dic": campus.witness}, {"dic": mute.url}), limit=60)
        with Trail.open(
            tmp_path / "c/trail.db", clock=campus.clock, log_key=key_of("log"), state=campus.state, witnesses=witnesses
        ) as trail:
            acting = trail.acting("p-001", "jia/secretary", key_of("p-001"))
            act = ReportFiled(subject="principal", period="2026-H1", recipients=["dic"], sent=campus.now)
            position = acting.record(act).position
            assert acting.record(act).position == position + 1
            recorded.set()
            assert trail.anchoring().settled(90)
    assert acknowledged
    assert all(acknowledged)


def test_a_filing_that_races_with_close_leaves_no_thread_behind(tmp_path: Path) -> None:
    """It was committed; before its round could be asked for, another thread closed the trail."""
    with Campus.found(tmp_path / "c") as campus:
        policy = policy_of(campus, {"dic": campus.witness})
        trail = Trail.open(
            tmp_path / "c/trail.db", clock=campus.clock, log_key=key_of("log"), state=campus.state, witnesses=policy
        )
        trail.close()
        before = set(threading.enumerate())
        with pytest.warns(UserWarning, match="the log is closed"):
            after_filing(trail)
        assert set(threading.enumerate()) <= before


def test_the_types_that_are_filed_upward_name_recipients() -> None:
    """Each is a type that discharges a duty with recipients above; a slip of the pen would anchor nothing."""
    rules = load_default()
    upward = {
        alternative.type for duty in rules.duties.values() for alternative in duty.satisfied_by if duty.recipients
    }  # fmt: skip
    assert upward >= FILED_UPWARD
    assert upward - FILED_UPWARD == {"PersonalMattersReported@1"}, "the form itself goes its own way"


# --- what goes along -------------------------------------------------------------------------------------------------


def test_what_goes_along_is_proven_without_us(tmp_path: Path) -> None:
    with Campus.found(tmp_path / "c") as campus:
        campus.anchor()
        size = campus.trail.reader.head().size
        talk(campus)
        position = filed(campus)
        policy = parse_policy(campus.policy)
        packet = along(campus.trail, position, policy=policy, to="dic")
        assert packet.since == size
        proof = parse_proof(packet.proof)
        checkpoint = parse_checkpoint(parse_note(proof.note).text)
        check_inclusion(
            proof.hashes, index=position - 1, size=checkpoint.size, leaf=leaf_hash(packet.entry), root=checkpoint.root
        )
        assert packet.request is not None
        kept = campus.trail.add_cosignatures(campus.witness.sign(packet.request, campus.clock.now()))
        assert kept.size == position
        # What was recorded since: a checkpoint is issued where none covers the act.
        later = talk(campus)
        assert along(campus.trail, later).issued.size == later
        with pytest.raises(CallerError) as caught:
            along(campus.trail, position, policy=policy, to="nobody")
        assert caught.value.code == "WITNESS_UNKNOWN"
        with pytest.raises(CallerError):
            along(campus.trail, 10_000)


# --- a year ----------------------------------------------------------------------------------------------------------


def test_six_filings_over_http_anchor_the_year(tmp_path: Path) -> None:
    """The recipients run witnesses; nobody does anything but file."""
    with Campus.found(tmp_path / "c") as campus:
        now = campus.clock.now
        stationed = Witness(tmp_path / "s.db", key_of("stationed"), "stationed.example", [campus.log_key], new=True)
        with stationed, served(campus.witness, now) as dic, served(stationed, now) as group:
            policy = policy_of(
                campus, {"dic": campus.witness, "stationed": stationed}, {"dic": dic.url, "stationed": group.url}
            )
            made: list[tuple[int, int, int]] = []
            with Trail.open(
                tmp_path / "c/trail.db", clock=campus.clock, log_key=key_of("log"), state=campus.state, witnesses=policy
            ) as trail:
                campus.trail.close()
                campus.trail = trail
                for day in DATES:
                    campus.set_time(f"{day} 09:00")
                    spoken = talk(campus)
                    campus.set_time(f"{day} 16:00")
                    report = filed(campus)
                    assert trail.anchoring().settled(60)
                    assert trail.anchoring().error is None
                    made.append((spoken, report, campus.clock.now()))
                assert trail.exposure().exposed == 0
                found: dict[int, ActTimes] = {}
                report_of = verify(trail.evidence(), policy, times=lambda one: found.update({one.position: one}))
        assert report_of.verdict is Verdict.INTACT, report_of
        assert report_of.anchored == made[-1][1]
        assert report_of.times is not None
        for spoken, report, time in made:
            for position in (spoken, report):
                assert found[position].interval(report_of.times.upper).not_after == time


def test_a_year_of_the_university_is_anchored_by_its_filings_alone(tmp_path: Path) -> None:
    """
    A whole university over a year, from which every anchor of the plan is taken out: on each of the six dates the
    newest filing is carried to its recipient, who signs; and the verifier finds the year anchored on these days.
    """
    university = University(seed=3, units=4, years=1)
    with university.found() as campus:
        stationed = Witness(tmp_path / "s.db", key_of("stationed"), "stationed.example", [campus.log_key], new=True)
        recipients = {"dic": campus.witness, "stationed-group": stationed}
        player = Player(campus, campus.trail, campus.clock, university.seed)  # type: ignore[arg-type]
        rows = [row for row in university.plan.rows if row.type != ANCHOR]
        made: list[tuple[int, int]] = []
        with stationed:
            done = 0
            for day in DATES:
                end = seconds(f"{day} 23:59")
                some = [row for row in rows[done:] if row.recorded <= end]
                done += len(some)
                player.play(iter(some))
                to, position = newest(campus, [row.key for row in some], player)
                policy = policy_of(campus, recipients)
                packet = along(campus.trail, position, policy=parse_policy(policy), to=to)
                assert packet.request is not None
                assert packet.issued.size >= position
                campus.trail.add_cosignatures(recipients[to].sign(packet.request, end))
                made.append((packet.issued.size, end))
            found: dict[int, ActTimes] = {}
            report = verify(campus.trail.evidence(), policy, times=lambda one: found.update({one.position: one}))
    assert report.verdict is Verdict.INTACT, report
    assert report.anchored == made[-1][0]
    assert report.times is not None
    first = 1
    for size, time in made:
        assert size > first
        for position in (first, (first + size) // 2, size):
            assert found[position].interval(report.times.upper).not_after == time
        assert dt.datetime.fromtimestamp(time, CST).strftime("%Y-%m-%d") in DATES
        first = size + 1


def newest(campus: Campus, keys: list[str], player: Player) -> tuple[str, int]:
    """The recipient and the position of the newest filing with one of the two recipients."""
    for key in reversed(keys):
        if key in player.acks:
            position = player.acks[key].position
            [record] = campus.trail.records(position, position)
            if record.statement.type in FILED_UPWARD:
                fields = record.statement.fields
                given = fields.get("recipients") or [fields.get("recipient")]
                for to in ("stationed-group", "dic"):
                    if to in given:  # type: ignore[operator]
                        return to, position
    raise AssertionError("nothing was filed")
