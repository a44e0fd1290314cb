"""Keys: ids, messages bound to purpose and log, and secrets that stay where they are."""

from __future__ import annotations

import copy
import hashlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail.errors import CallerError, KeyRefused, SignatureError
from trail.signing import PrivateKey, PublicKey, possession_message, statement_message, vet

KEY = PrivateKey.from_seed(bytes(range(32)))

seeds = st.binary(min_size=32, max_size=32)
lines = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1)


@given(seeds, st.binary())
def test_what_a_key_signs_its_public_half_verifies_and_no_other_message(seed: bytes, message: bytes) -> None:
    key = PrivateKey.from_seed(seed)
    vet(key.public)

    key.public.verify(message, key.sign(message))

    with pytest.raises(SignatureError):
        key.public.verify(message + b"!", key.sign(message))
    with pytest.raises(SignatureError):
        KEY.public.verify(b"other key" + message, key.sign(message))


def test_the_id_is_the_digest_of_suite_and_raw_key() -> None:
    key = KEY.public

    assert key.id == hashlib.sha256(b"trail/key/v1\ned25519\n" + key.raw).digest()


@given(seeds)
def test_a_public_key_is_a_value_and_crosses_processes(seed: bytes) -> None:
    key = PrivateKey.from_seed(seed).public
    key.verify(b"", PrivateKey.from_seed(seed).sign(b""))

    again = pickle.loads(pickle.dumps(key))

    assert again == key == PublicKey("ed25519", key.raw)
    assert again.id == key.id
    assert hash(again) == hash(key)
    again.verify(b"", PrivateKey.from_seed(seed).sign(b""))


@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(33), bytearray(32), "0" * 32])
def test_a_key_of_another_length_or_type_is_refused(raw: bytes) -> None:
    with pytest.raises(KeyRefused):
        PublicKey("ed25519", raw)


@pytest.mark.parametrize("suite", ["", "none", "ED25519", "ed25519 ", "ed448", "hs256"])
def test_C15_an_unknown_suite_is_refused(suite: str) -> None:
    with pytest.raises(KeyRefused) as refused:
        PublicKey(suite, KEY.public.raw)

    assert refused.value.code == "KEY_SUITE"


def test_a_private_key_is_neither_shown_nor_pickled_nor_copied() -> None:
    seed = b"\x13\x37" * 16
    key = PrivateKey.from_seed(seed)

    assert seed.hex() not in repr(key)
    assert repr(seed) not in repr(key)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(CallerError):
            attempt(key)


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_a_seed_is_32_bytes(seed: bytes) -> None:
    with pytest.raises(CallerError):
        PrivateKey.from_seed(seed)


def test_two_generated_keys_differ() -> None:
    assert PrivateKey.generate().public != PrivateKey.generate().public


@given(lines, lines, st.binary(), st.binary())
def test_B8_statement_messages_of_two_logs_or_statements_differ(one: str, two: str, a: bytes, b: bytes) -> None:
    same = statement_message(one, a) == statement_message(two, b)

    assert same == ((one, a) == (two, b))


@given(lines, lines, st.binary())
def test_C16_a_statement_and_a_possession_never_share_a_message(origin: str, person: str, statement: bytes) -> None:
    possession = possession_message(origin, person, KEY.public)

    assert possession != statement_message(origin, statement)
    assert possession == (
        b"trail/possession/v1\n" + origin.encode() + b"\n" + person.encode() + b"\ned25519\n" + KEY.public.raw
    )


@pytest.mark.parametrize("text", ["", "two\nlines", "\udc80"])
def test_an_origin_or_person_is_one_line(text: str) -> None:
    with pytest.raises(CallerError):
        statement_message(text, b"")
    with pytest.raises(CallerError):
        possession_message("log", text, KEY.public)
