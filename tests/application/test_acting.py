"""Recording: ids, times, hands, performers, foreign signers, batches, what an error leaves behind."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from tests.application.campus import NOW, ORIGIN, Approved, Campus, Visited, key_of

from trail.aggregates import (
    GenericAct,
    GrantEnded,
    KeyRevoked,
    PersonalMattersReported,
    PersonRegistered,
    PostAssigned,
    RecordCorrected,
    RecordDisputed,
    RecordVoided,
    TalkHeld,
    UnitRenamed,
)
from trail.application import Attachment
from trail.errors import ActRefused, CallerError, IdReused, StreamMoved, TrailError
from trail.evidence.record import Happened, Performer, Record, decode_statement
from trail.evidence.verdict import Verdict
from trail.signing import PrivateKey, PublicKey, statement_message
from trail.verify import verify

ID = uuid.UUID(int=7)


def last(campus: Campus) -> Record:
    """The record at the head."""
    *_, record = campus.trail.records(campus.size)
    return record


def intact(campus: Campus) -> None:
    assert campus.audit().verdict is Verdict.INTACT
    assert verify(campus.trail.evidence(), campus.policy()).verdict is Verdict.INTACT


# --- the acknowledgement ---------------------------------------------------------------------------------------------


def test_an_acknowledgement_says_where_it_stands(campus: Campus) -> None:
    ack = campus.acting().record(Visited(note="情况"))
    record = last(campus)
    assert (ack.position, ack.id, ack.version, ack.recorded) == (
        campus.size, record.statement.id, record.version, record.recorded,
    )  # fmt: skip
    assert (ack.digest, ack.reference) == (record.digest, (record.statement.id, record.digest))
    assert campus.trail.leaf(ack.position) == ack.leaf
    intact(campus)


def test_what_is_stored_is_what_was_signed(campus: Campus) -> None:
    campus.acting().record(Visited())
    record = last(campus)
    assert record.statement_bytes in next(iter(campus.trail.reader.entries(campus.size)))[1]
    message = statement_message(ORIGIN, record.statement_bytes)
    key_of("p-001").public.verify(message, record.signatures[0])


# --- asking twice ----------------------------------------------------------------------------------------------------


def test_the_same_id_and_content_give_the_first_acknowledgement(campus: Campus) -> None:
    act = Visited(happened="2026-03-05", note="情况")
    first = campus.acting().record(act, id=ID)
    size = campus.size
    campus.clock.tick(500)
    campus.trail.checkpoint()
    assert campus.acting().record(act, id=ID.bytes) == first
    assert campus.size == size


def test_now_is_the_moment_of_the_first_call(campus: Campus) -> None:
    first = campus.acting().record(Visited(), id=ID)
    campus.clock.tick(86_400)
    assert campus.acting().record(Visited(), id=ID) == first


def test_registry_events_may_be_asked_for_twice_too(campus: Campus) -> None:
    for act in (PersonRegistered(person="p-005", name="钱五"), UnitRenamed(unit="jia", name="新甲学院")):
        event = uuid.uuid4()
        first = campus.registrars.record(act, id=event)
        campus.clock.tick(86_400)
        assert campus.registrars.record(act, id=event) == first


def test_another_content_under_one_id_shows_the_first(campus: Campus) -> None:
    first = campus.acting().record(Visited(note="情况"), id=ID)
    size = campus.size
    others: list[Any] = [
        Visited(note="别的"), Visited(), Visited(lab="lab 2", note="情况"), Visited(happened="2026-01-01", note="情况"),
        Visited(note="情况", unit="yi"), Approved(),
    ]  # fmt: skip
    for other in others:
        with pytest.raises(IdReused) as caught:
            campus.acting().record(other, id=ID)
        assert isinstance(caught.value.first, Record)
        assert caught.value.first.position == first.position
    with pytest.raises(IdReused):
        campus.acting("p-003").record(Visited(note="情况"), id=ID)
    with pytest.raises(IdReused):
        campus.acting().record(Visited(note="情况"), id=ID, classification="public")
    assert campus.size == size


def test_an_exclusive_act_may_be_asked_for_twice(campus: Campus) -> None:
    first = campus.acting().record(Approved(), id=ID)
    campus.acting().record(Approved())
    assert campus.acting().record(Approved(), id=ID) == first


@pytest.mark.parametrize("wrong", [b"", bytes(15), bytes(17)])
def test_an_id_has_16_bytes(campus: Campus, wrong: bytes) -> None:
    with pytest.raises(CallerError, match="16 bytes"):
        campus.acting().record(Visited(), id=wrong)


# --- times -----------------------------------------------------------------------------------------------------------


def test_what_says_no_time_happened_now(campus: Campus) -> None:
    campus.clock.set(NOW + 5000)
    campus.acting().record(Visited())
    assert NOW + 5000 <= last(campus).statement.happened.start() <= last(campus).recorded <= NOW + 5010


def test_a_time_that_is_given_is_kept(campus: Campus) -> None:
    campus.acting().record(Visited(happened="2020-01-01"))
    assert last(campus).statement.happened == Happened.on("2020-01-01")
    intact(campus)


# --- hands and performers --------------------------------------------------------------------------------------------


def test_who_acts_signs_by_their_own_hand(campus: Campus) -> None:
    campus.acting().record(Visited())
    statement = last(campus).statement
    assert (statement.hand, statement.unit) == ("own", "jia")
    assert statement.performers == (Performer("person", "p-001", "jia/secretary"),)


def test_a_recorder_records_what_another_did(campus: Campus) -> None:
    act = Visited(performers=[("person", "p-001", "jia/secretary")])
    campus.acting("p-002").record(act)
    statement = last(campus).statement
    assert (statement.hand, statement.signers[0].person) == ("recorded", "p-002")
    assert statement.performers == (Performer("person", "p-001", "jia/secretary"),)
    intact(campus)


def test_whoever_holds_a_grant_imports(campus: Campus) -> None:
    act = Visited(performers=[("person", "p-001", "jia/secretary")])
    campus.acting("p-003").record(act)
    assert last(campus).statement.hand == "imported"
    intact(campus)
    campus.registrars.record(GrantEnded(grant="g-1"))
    with pytest.raises(ActRefused) as caught:
        campus.acting("p-003").record(act)
    assert caught.value.code == "NO_GRANT"


def test_a_performer_among_others_signs_by_their_own_hand(campus: Campus) -> None:
    both = [("person", "p-003", "jia/staff"), ("person", "p-001", "jia/secretary")]
    campus.acting().record(Visited(performers=both))
    statement = last(campus).statement
    assert statement.hand == "own"
    assert [p.who for p in statement.performers] == ["p-001", "p-003"]


def test_a_body_acts_through_the_holder_of_its_post(campus: Campus) -> None:
    campus.acting().record(Visited(body="team"))
    statement = last(campus).statement
    assert (statement.hand, statement.performers) == ("own", (Performer("body", "team", "jia/secretary"),))
    intact(campus)


def test_a_recorder_records_what_a_body_did(campus: Campus) -> None:
    campus.acting("p-002").record(Visited(body="team"))
    statement = last(campus).statement
    assert (statement.hand, statement.performers) == ("recorded", (Performer("body", "team", "jia/secretary"),))
    intact(campus)


def test_an_own_hand_act_is_not_recorded_by_another(campus: Campus) -> None:
    size = campus.size
    with pytest.raises(ActRefused) as caught:
        campus.acting("p-002").record(Approved(performers=[("person", "p-001", "jia/secretary")]))
    assert caught.value.code == "HAND_NOT_ADMITTED"
    assert (caught.value.facts["check"], campus.size) == (10, size)


@pytest.mark.parametrize("post", ["jia/nobody", ""])
def test_a_post_that_is_none(campus: Campus, post: str) -> None:
    with pytest.raises(ActRefused):
        campus.trail.acting("p-001", post, key_of("p-001")).record(Visited())


# --- signing elsewhere -----------------------------------------------------------------------------------------------


class Token:
    """A signer of another kind: a card, a service."""

    def __init__(self, key: PrivateKey, wrong: bool = False) -> None:
        self._key = key
        self._wrong = wrong

    @property
    def public(self) -> PublicKey:
        return self._key.public

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(b"other" + message if self._wrong else message)


def test_prepare_here_sign_there_submit_here(campus: Campus) -> None:
    acting = campus.trail.acting("p-001", "jia/secretary")
    draft = acting.prepare(Visited(note="情况"), key=key_of("p-001").public.id)
    assert decode_statement(draft.statement_bytes) == draft.statement
    assert draft.message == statement_message(ORIGIN, draft.statement_bytes)
    size = campus.size
    ack = campus.trail.submit(draft, [key_of("p-001").sign(draft.message)])
    assert (ack.position, ack.id) == (size + 1, draft.statement.id)
    intact(campus)


def test_a_draft_is_refused_with_another_signature(campus: Campus) -> None:
    acting = campus.trail.acting("p-001", "jia/secretary")
    draft = acting.prepare(Visited(), key=key_of("p-001").public.id)
    size = campus.size
    right = key_of("p-001").sign(draft.message)
    for wrong in ([key_of("p-002").sign(draft.message)], [key_of("p-001").sign(b"x")], [bytes(64)], [right, right], []):
        with pytest.raises(TrailError):
            campus.trail.submit(draft, wrong)
    assert campus.size == size
    assert campus.trail.submit(draft, [right]).position == size + 1


def test_a_draft_that_says_something_else_than_its_bytes_is_refused(campus: Campus) -> None:
    one, other = (campus.acting().prepare(Visited(lab=lab, note=lab)) for lab in ("lab 1", "lab 2"))
    size = campus.size
    for mixed in (
        one._replace(statement=other.statement),
        one._replace(statement_bytes=other.statement_bytes),
        one._replace(statement_bytes=b"\xc1"),
        one._replace(parts=other.parts),
        one._replace(parts=(one.parts[0]._replace(part=other.parts[0].part),)),
        one._replace(parts=()),
    ):
        message = statement_message(ORIGIN, mixed.statement_bytes)
        with pytest.raises(CallerError):
            campus.trail.submit(mixed, [key_of("p-001").sign(message)])
        with pytest.raises(CallerError):
            campus.trail.submit_many([(mixed, [key_of("p-001").sign(message)])])
    assert campus.size == size
    campus.trail.submit_many([(one, [key_of("p-001").sign(one.message)])])
    intact(campus)


def test_without_a_signer_one_prepares_only(campus: Campus) -> None:
    acting = campus.trail.acting("p-001", "jia/secretary")
    with pytest.raises(CallerError, match="signer"):
        acting.record(Visited())
    with pytest.raises(CallerError, match="signer"):
        acting.record_many([Visited()])
    with pytest.raises(CallerError, match="key"):
        acting.prepare(Visited())


def test_a_foreign_signer_s_signature_is_checked(campus: Campus) -> None:
    good = campus.trail.acting("p-001", "jia/secretary", Token(key_of("p-001")))
    bad = campus.trail.acting("p-001", "jia/secretary", Token(key_of("p-001"), wrong=True))
    assert good.record(Visited()).position == campus.size
    with pytest.raises(ActRefused) as caught:
        bad.record(Visited())
    assert caught.value.code == "SIGNATURE_BAD"
    with pytest.raises(ActRefused):
        bad.record_many([Visited()])


def test_a_key_that_is_not_enrolled_or_revoked(campus: Campus) -> None:
    with pytest.raises(ActRefused) as caught:
        campus.trail.acting("p-001", "jia/secretary", key_of("stranger")).record(Visited())
    assert caught.value.code == "KEY_UNKNOWN"
    campus.registrars.record(KeyRevoked(person="p-001", key=key_of("p-001").public.id, reason="lost"))
    with pytest.raises(ActRefused) as caught:
        campus.acting().record(Visited())
    assert caught.value.code == "KEY_ENDED"
    intact(campus)


# --- exclusive acts --------------------------------------------------------------------------------------------------


def test_an_exclusive_act_whose_stream_moved_is_given_back(campus: Campus) -> None:
    acting = campus.acting()
    draft = acting.prepare(Approved())
    between = acting.record(Approved())
    size = campus.size
    with pytest.raises(StreamMoved) as caught:
        campus.trail.submit(draft, [key_of("p-001").sign(draft.message)])
    moved = caught.value
    assert [r.position for r in moved.intervened if isinstance(r, Record)] == [between.position]
    assert moved.draft is not None
    assert campus.size == size
    acting.record(Approved())
    intact(campus)


def test_an_exclusive_act_says_what_was_seen(campus: Campus) -> None:
    campus.acting().record(Approved())
    with pytest.raises(StreamMoved):
        campus.acting().record(Approved(), after=0)
    with pytest.raises(ActRefused) as caught:
        campus.acting().record(Approved(), after=2)
    assert caught.value.code == "AFTER_AHEAD"
    assert campus.acting().record(Approved(), after=1).version == 2


def test_other_acts_are_appended_all_the_same(campus: Campus) -> None:
    act = GenericAct(key="Visited@1", fields={"lab": "1"}, stream="labs/1")
    draft = campus.acting().prepare(act)
    campus.acting().record(act)
    ack = campus.trail.submit(draft, [key_of("p-001").sign(draft.message)])
    assert (ack.version, last(campus).statement.after) == (2, 0)


# --- batches ---------------------------------------------------------------------------------------------------------


def test_a_batch_is_all(campus: Campus) -> None:
    size = campus.size
    acks = campus.acting().record_many([Visited(lab=f"lab {n}") for n in range(5)])
    assert [ack.position for ack in acks] == list(range(size + 1, size + 6))
    assert campus.acting().record_many([]) == []
    intact(campus)


@pytest.mark.parametrize("bad", [Visited(with_="p-999"), Visited(unit="bing"), GenericAct(key="Nothing@1")])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_or_nothing(campus: Campus, bad: Any, place: int) -> None:
    size = campus.size
    acts: list[Any] = [Visited(note="一"), Visited(note="二")]
    acts.insert(place, bad)
    with pytest.raises(ActRefused):
        campus.acting().record_many(acts)
    assert campus.size == size
    campus.acting().record(Visited())
    intact(campus)


def test_a_batch_of_registry_events_is_all_or_nothing(campus: Campus) -> None:
    size = campus.size
    acts = [PersonRegistered(person="p-005", name="钱五"), PersonRegistered(person="p-001", name="张一")]
    with pytest.raises(ActRefused):
        campus.registrars.record_many(acts)
    assert campus.size == size
    assert "p-005" not in campus.trail.registry().persons
    assert campus.registrars.record(acts[0]).position == size + 1


def test_one_registrar_signs_no_more_than_one_may(campus: Campus) -> None:
    alone = campus.trail.registering([("r-1", key_of("r-1"))])
    alone.record(UnitRenamed(unit="jia", name="新甲学院"))
    assert [s.person for s in last(campus).statement.signers] == ["r-1"]
    with pytest.raises(CallerError, match="two registrars"):
        alone.record(GrantEnded(grant="g-1"))
    stranger = campus.trail.registering([("p-001", key_of("p-001"))])
    with pytest.raises(ActRefused) as caught:
        stranger.record(UnitRenamed(unit="jia", name="x"))
    assert caught.value.code == "REGISTRAR_MISSING"


def test_a_registrar_s_key_is_revoked_by_the_others_or_its_owner(campus: Campus) -> None:
    campus.registrars.record(KeyRevoked(person="p-003", key=key_of("p-003").public.id, reason="left"))
    own = campus.trail.registering([("r-2", key_of("r-2"))])
    own.record(KeyRevoked(person="r-2", key=key_of("r-2").public.id, reason="lost"))
    intact(campus)


# --- edits -----------------------------------------------------------------------------------------------------------


def test_edits_join_the_stream_of_their_target(campus: Campus) -> None:
    ack = campus.acting().record(Visited(with_="p-003", note="情况"))
    stream = last(campus).statement.stream
    for person, edit in (
        ("p-001", RecordCorrected(target=ack, reason="写错", fields={"lab": "lab 2"})),
        ("p-003", RecordDisputed(target=ack, reason="不是这样")),
        ("p-001", RecordVoided(target=ack, reason="重复")),
    ):
        campus.acting(person).record(edit)
        assert last(campus).statement.stream == stream
    intact(campus)


def test_an_edit_of_what_is_not_there(campus: Campus) -> None:
    with pytest.raises(CallerError, match="not in this log"):
        campus.acting().record(RecordVoided(target=[bytes(16), bytes(32)], reason="x"))


def test_an_edit_by_somebody_else(campus: Campus) -> None:
    ack = campus.acting().record(Visited())
    with pytest.raises(ActRefused) as caught:
        campus.acting("p-003").record(RecordVoided(target=ack, reason="x"))
    assert caught.value.code == "EDIT_NOT_ALLOWED"


def test_the_roster_is_corrected_by_a_registrar(campus: Campus) -> None:
    ack = campus.registrars.record(PostAssigned(post="yi/secretary", person="p-004", from_="2026-01-01", acting=False))
    campus.registrars.record(RecordVoided(target=ack, reason="记错人"))
    intact(campus)


# --- what does not fit -----------------------------------------------------------------------------------------------


def test_an_act_too_large_for_an_entry_is_the_caller_s_error(campus: Campus) -> None:
    size = campus.size
    for length in (65_536 // 8, 8_160):
        act = GenericAct(key="Visited@1", fields={"lab": "1", "rows": ["a" * 7] * length})
        with pytest.raises(CallerError):
            campus.acting().record(act)
    assert campus.size == size


def test_state_secrets_are_refused(campus: Campus) -> None:
    with pytest.raises(CallerError, match="state secrets"):
        campus.acting().record(Visited(), classification="机密")


def test_a_mere_fact_takes_no_file(campus: Campus) -> None:
    size = campus.size
    fact = PersonalMattersReported(recipient="uni", happened="2026-03-05")
    with pytest.raises(CallerError, match="takes no files"):
        campus.acting().record(fact, attachments=[Attachment(b"content", "text/plain")])
    assert campus.size == size


def test_a_talk_of_the_library(campus: Campus) -> None:
    talk = TalkHeld(kind="integrity", counterparts=["p-004"], happened="2026-03-05", place="甲学院 301", content="谈话")
    campus.acting().record(talk)
    assert last(campus).statement.type == "TalkHeld@1"
    intact(campus)
