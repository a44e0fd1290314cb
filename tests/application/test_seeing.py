"""What statements say that their signer had seen: taken automatically, whichever way an act is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from trail import CallerError, Happened, PersonRegistered, TalkHeld, Trail
from trail.application import seeing
from trail.application.seeing import seen_of
from trail.errors import ActRefused
from trail.evidence.record import Record, Seen
from trail.signing import COSIGNATURE_ED25519, NoteKey, cosign, dated_anchor_digest, format_policy, parse_note
from trail.store import IssuedCheckpoint
from trail.testing import Campus
from trail.testing.campus import key_of


@pytest.fixture
def campus(tmp_path: Path) -> Iterator[Campus]:
    with Campus.found(tmp_path / "uni") as made:
        yield made


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for every act: how often is another matter."""
    monkeypatch.setattr(seeing, "EVERY", 0.0)


def talk(day: str = "2026-03-05") -> TalkHeld:
    return TalkHeld(kind="duty", counterparts=["p-006"], place="甲", content="……", happened=Happened.on(day))


def expected(issued: IssuedCheckpoint, *lines: str) -> Seen:
    """That checkpoint with these cosignature lines."""
    note = parse_note(issued.note)
    root = seen_of(issued.note).root
    return Seen(int(note.text.split("\n")[1]), root, tuple(sorted(dated_anchor_digest(line) for line in lines)))


def last(campus: Campus, back: int = 0) -> Record:
    return list(campus.trail.records())[-1 - back]


def opened(campus: Campus) -> Trail:
    return Trail.open(campus.state.parent.parent / "trail.db", clock=campus.clock)


# --- every way to record ---------------------------------------------------------------------------------------------


def test_record_record_many_and_drafts_name_what_the_log_holds(campus: Campus) -> None:
    issued = campus.anchor()
    held = expected(issued, *issued.cosignatures)
    secretary = campus.acting("jia/secretary")
    assert len(held.anchors) == 1

    secretary.record(talk())
    assert last(campus).statement.seen == held
    secretary.record_many([talk(), talk()])
    assert [last(campus, back).statement.seen for back in (0, 1)] == [held, held]
    draft = secretary.prepare(talk())
    campus.trail.submit(draft, [key_of("p-005").sign(draft.message)])
    assert last(campus).statement.seen == held
    campus.register(PersonRegistered(person="p-900", name="赵九"))
    assert last(campus).statement.seen == held


def test_the_first_acts_have_seen_nothing_and_the_next_the_first_checkpoint(campus: Campus) -> None:
    first, *_ = campus.trail.records()
    assert first.statement.seen is None
    assert all(r.statement.seen is not None for r in campus.trail.records(2) if r.position > first_checkpoint(campus))


def first_checkpoint(campus: Campus) -> int:
    return campus.trail.reader.checkpoints()[0].size


def test_what_another_process_has_brought_is_named_by_the_next_act(campus: Campus) -> None:
    """The witness's answer is brought by a job of its own; who records keeps the log open all day."""
    with opened(campus) as other:
        campus.anchor()
        secretary = other.acting("p-005", "jia/secretary", key_of("p-005"))
        secretary.record(talk())
        assert last(campus).statement.seen == campus.trail.seen
        campus.set_time("2026-03-06 09:00")
        again = campus.anchor()
        secretary.record_many([talk()])
        assert last(campus).statement.seen == expected(again, *again.cosignatures)


def test_a_second_witness_s_line_is_named_too(campus: Campus) -> None:
    issued = campus.anchor()
    text = parse_note(issued.note).text
    line = cosign(text, "lib.example", key_of("another witness"), campus.clock.now())
    with opened(campus) as other:
        other.add_cosignatures(line, size=issued.size)
    campus.acting("jia/secretary").record(talk())
    assert last(campus).statement.seen == expected(issued, *issued.cosignatures, line)


# --- a cosignature that comes late -----------------------------------------------------------------------------------


def late(campus: Campus) -> tuple[IssuedCheckpoint, IssuedCheckpoint]:
    """A checkpoint whose cosignature was brought on a stick, when a newer one was out already; and that newer one."""
    campus.acting("jia/secretary").record(talk())
    older = campus.trail.checkpoint()
    campus.acting("jia/secretary").record(talk())
    newer = campus.trail.checkpoint()
    line = cosign(parse_note(older.note).text, "dic.example", key_of("witness"), campus.clock.now())
    return campus.trail.add_cosignatures(line, size=older.size), newer


def test_it_is_named_once_and_then_the_newest_checkpoint_again(campus: Campus) -> None:
    older, newer = late(campus)
    named = expected(older, *older.cosignatures)
    secretary = campus.acting("jia/secretary")

    draft = secretary.prepare(talk())  # nobody submits it
    assert draft.statement.seen == named
    secretary.record(talk())
    assert last(campus).statement.seen == named
    secretary.record(talk())
    assert last(campus).statement.seen == expected(newer)
    with opened(campus) as other:  # which looks through the last records
        assert other.seen == expected(newer)
    anchors = campus.trail.at().bounds(campus.policy)
    assert anchors.at(last(campus).position).recorded_not_before == anchors.at(last(campus, 1).position)[0]


def test_an_act_named_it_long_ago_and_a_new_process_names_it_once_more(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement more that names it proves nothing new, and harms nothing."""
    older, newer = late(campus)
    named = expected(older, *older.cosignatures)
    monkeypatch.setattr(seeing, "MAX_BACK", 1)
    campus.acting("jia/secretary").record(talk())
    campus.acting("jia/secretary").record(talk())
    with opened(campus) as other:
        assert other.seen == named
        other.acting("p-005", "jia/secretary", key_of("p-005")).record(talk())
        assert other.seen == expected(newer)


def test_this_process_remembers_that_it_named_it(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    older, _ = late(campus)
    monkeypatch.setattr(seeing, "MAX_BACK", 0)  # it has to remember, for it finds nothing
    campus.acting("jia/secretary").record(talk())
    assert last(campus).statement.seen == expected(older, *older.cosignatures)
    newest = campus.trail.checkpoint()
    assert campus.trail.seen == expected(newest)


def test_in_the_host_s_transaction_it_is_named_once_and_again_if_that_was_undone(campus: Campus) -> None:
    older, newer = late(campus)
    named = expected(older, *older.cosignatures)
    secretary = campus.acting("jia/secretary")
    engine = create_engine(f"sqlite:///{campus.state.parent.parent / 'trail.db'}")
    with engine.connect() as connection:
        assert campus.trail.seen == named
        secretary.record(talk(), connection=connection)
        assert campus.trail.seen == expected(newer)
        connection.rollback()
    engine.dispose()
    last_one = campus.trail.checkpoint()
    assert last_one.size == newer.size, "nothing was recorded"
    campus.acting("jia/secretary").record(talk())
    campus.trail.checkpoint()
    assert campus.trail.seen == named


# --- a quorum must be nameable ---------------------------------------------------------------------------------------


def cosigned(campus: Campus, issued: IssuedCheckpoint, *names: str) -> IssuedCheckpoint:
    text = parse_note(issued.note).text
    lines = [cosign(text, name, key_of(f"witness {name}"), campus.clock.now()) for name in names]
    return campus.trail.add_cosignatures("".join(lines), size=issued.size) if lines else issued


def checkpoints(campus: Campus, *cosigners: tuple[str, ...]) -> list[IssuedCheckpoint]:
    """Checkpoints with an act between them; their cosignatures come when the last one is out."""
    secretary = campus.acting("jia/secretary")
    issued = []
    for _ in cosigners:
        secretary.record(talk())
        issued.append(campus.trail.checkpoint())
    return [cosigned(campus, one, *names) for one, names in zip(issued, cosigners, strict=True)]


def named_next(campus: Campus, count: int) -> list[Seen | None]:
    """What the next acts name."""
    for _ in range(count):
        campus.acting("jia/secretary").record(talk())
    return [last(campus, back).statement.seen for back in reversed(range(count))]


def test_a_slow_witness_s_checkpoint_is_named_though_a_fast_one_has_a_newer(campus: Campus) -> None:
    """Or a quorum of both would never be named: the fast one's line alone stands on the newest."""
    _, slow, newest = checkpoints(campus, ("a",), ("a", "b"), ("a",))
    both, one = expected(slow, *slow.cosignatures), expected(newest, *newest.cosignatures)
    assert (len(both.anchors), len(one.anchors)) == (2, 1)
    assert named_next(campus, 3) == [both, one, one]
    keys = {name: NoteKey(name, COSIGNATURE_ED25519, key_of(f"witness {name}").public.raw) for name in ("a", "b")}
    policy = format_policy(logs=[campus.log_key], witnesses=keys, groups={"both": (2, tuple(keys))}, quorum="both",
                           genesis=[campus.trail.genesis()])  # fmt: skip
    ground = campus.trail.at().bounds(policy)
    proven = [ground.at(last(campus, back).position).interval for back in (2, 1, 0)]
    now = campus.clock.now()
    assert [row.signed_not_before for row in proven] == [now, None, None]
    assert [row.recorded_not_before for row in proven] == [now, now, now]
    with opened(campus) as other:
        assert other.seen == one


def test_each_that_no_newer_one_stands_for_is_named_once(campus: Campus) -> None:
    """Of the older ones the first has a witness that no other has, the second none that the third lacks."""
    first, _, third, newest = checkpoints(campus, ("a", "b", "c"), ("b",), ("a", "b"), ("a",))
    wanted = [expected(one, *one.cosignatures) for one in (third, first, newest, newest)]
    assert named_next(campus, 4) == wanted


def test_one_that_gets_another_line_is_named_again(campus: Campus) -> None:
    older, newest = checkpoints(campus, ("a", "b"), ())
    bare = expected(newest)
    assert named_next(campus, 2) == [expected(older, *older.cosignatures), bare]
    older = cosigned(campus, older, "c")
    assert named_next(campus, 2) == [expected(older, *older.cosignatures), bare]


def test_only_so_many_checkpoints_are_looked_at_and_so_many_named(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = checkpoints(campus, ("a",), ("b",), ("c",), ())
    a, b, c, bare = (expected(one, *one.cosignatures) for one in rows)
    with monkeypatch.context() as patch:
        patch.setattr(seeing, "MAX_LATE", 2)
        with opened(campus) as other:
            assert other._seeing._read(campus.trail.reader.anchored(9)).late == (c, b)
    monkeypatch.setattr(seeing, "CHECKPOINTS", 2)
    assert named_next(campus, 3) == [c, b, bare]
    assert a not in {record.statement.seen for record in campus.trail.records()}


def test_as_many_cosignatures_as_a_checkpoint_carries_can_be_named(campus: Campus) -> None:
    """99 beside the log's own signature; a statement names up to 100."""
    names = [f"w{number}" for number in range(99)]
    campus.acting("jia/secretary").record(talk())
    issued = campus.trail.checkpoint()
    for first in range(0, 99, 33):  # one answer brings 33 at most
        issued = cosigned(campus, issued, *names[first : first + 33])
    with pytest.raises(CallerError, match="at most 99"):
        cosigned(campus, issued, "w99")
    (seen,) = named_next(campus, 1)
    assert seen == expected(issued, *issued.cosignatures)
    assert seen is not None
    assert len(seen.anchors) == 99


# --- a signer on another machine -------------------------------------------------------------------------------------


def test_a_signer_elsewhere_brings_what_they_hold(campus: Campus) -> None:
    issued = campus.anchor()
    theirs = seen_of(issued.cosigned)
    campus.acting("jia/secretary").record(talk())
    campus.trail.checkpoint()  # the host's machine holds a newer one without a witness
    draft = campus.trail.acting("p-005", "jia/secretary").prepare(talk(), key=key_of("p-005").public.id, seen=theirs)
    campus.trail.submit(draft, [key_of("p-005").sign(draft.message)])

    assert last(campus).statement.seen == theirs == expected(issued, *issued.cosignatures)
    assert campus.trail.at().bounds(campus.policy).at(last(campus).position).signed_not_before is not None


def test_what_the_log_does_not_keep_is_refused(campus: Campus) -> None:
    issued = campus.anchor()
    line = cosign(parse_note(issued.note).text, "lib.example", key_of("another"), campus.clock.now())
    theirs = seen_of(issued.cosigned + line)
    draft = campus.acting("jia/secretary").prepare(talk(), seen=theirs)
    with pytest.raises(ActRefused) as caught:
        campus.trail.submit(draft, [key_of("p-005").sign(draft.message)])
    assert caught.value.code == "SEEN_UNSHOWN"


def test_a_note_without_the_log_s_own_signature_is_no_checkpoint_of_it(campus: Campus) -> None:
    issued = campus.anchor()
    text, _, _ = issued.cosigned.partition("\n\n")
    with pytest.raises(CallerError, match="has not signed"):
        seen_of(f"{text}\n\n{''.join(issued.cosignatures)}")


# --- how much is asked -----------------------------------------------------------------------------------------------


def test_an_answer_serves_for_a_while_unless_this_process_has_news(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeing, "EVERY", 3_600.0)
    with opened(campus) as other:
        secretary = other.acting("p-005", "jia/secretary", key_of("p-005"))
        secretary.record(talk())
        before = other.seen
        issued = campus.anchor()
        assert other.seen == before
        other.add_cosignatures("".join(issued.cosignatures), size=issued.size)
        assert other.seen == expected(issued, *issued.cosignatures)


def test_a_batch_asks_once(campus: Campus, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    look = seeing.Seeing.look

    def counted(self: seeing.Seeing) -> Seen | None:
        asked.append(1)
        return look(self)

    monkeypatch.setattr(seeing.Seeing, "look", counted)
    campus.acting("jia/secretary").record_many([talk() for _ in range(20)])
    assert len(asked) == 1
