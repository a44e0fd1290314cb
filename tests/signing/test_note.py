"""Signed notes and cosignatures: one spelling, every known signature good, unknown ones kept apart."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trail.errors import CallerError, EnvironmentFailed, KeyRefused, NoteError, SignatureError
from trail.signing import (
    COSIGNATURE_ED25519,
    LOG_ED25519,
    Note,
    NoteKey,
    NoteSignature,
    PrivateKey,
    PublicKey,
    check_cosignature,
    cosign,
    dated_anchor_digest,
    format_note,
    format_vkey,
    open_note,
    parse_note,
    parse_vkey,
    sign_note,
    unknown_signatures,
)
from trail.signing.cosignature import MAX_TIME
from trail.signing.note import MAX_NOTE_BYTES, MAX_SIGNATURES

ORIGIN = "example.edu/trail/2026"
TEXT = f"{ORIGIN}\n3\n{base64.b64encode(bytes(32)).decode()}\n"
LOG, WITNESS, STRANGER = (PrivateKey.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
LOG_KEY = NoteKey(ORIGIN, LOG_ED25519, LOG.public.raw)
WITNESS_KEY = NoteKey("witness.example/w1", COSIGNATURE_ED25519, WITNESS.public.raw)
LOG_LINE = sign_note(TEXT, ORIGIN, LOG)
WITNESS_LINE = cosign(TEXT, WITNESS_KEY.name, WITNESS, 1_772_000_000)
STRANGER_LINE = sign_note(TEXT, "stranger.example", STRANGER)
NOTE = format_note(TEXT, [LOG_LINE, WITNESS_LINE, STRANGER_LINE])
KEYS = [LOG_KEY, WITNESS_KEY]

names = st.text(st.characters(min_codepoint=33, exclude_categories=["Cs", "Z"], exclude_characters="+"), min_size=1)
names = names.filter(lambda name: not any(character.isspace() for character in name))
signatures = st.builds(NoteSignature, names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
bodies = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]) | st.just("\n")).map(lambda t: t + "\n")


@given(bodies, st.lists(signatures, min_size=1, max_size=5))
def test_parsing_undoes_formatting(text: str, lines: list[NoteSignature]) -> None:
    note = format_note(text, [line.line for line in lines])

    parsed = parse_note(note)

    assert parsed == Note(text, tuple(lines)) == parse_note(note.encode())
    assert format_note(parsed.text, parsed.lines) == note


@given(st.text() | st.binary())
def test_whatever_parses_is_written_back_the_same(data: str | bytes) -> None:
    try:
        note = parse_note(data)
    except NoteError:
        return
    assert format_note(note.text, note.lines) == (data if isinstance(data, str) else data.decode())


def test_known_signatures_are_verified_and_unknown_ones_kept_apart() -> None:
    note = parse_note(NOTE)

    verified = open_note(note, KEYS)

    assert [(found.key, found.time) for found in verified] == [(LOG_KEY, None), (WITNESS_KEY, 1_772_000_000)]
    assert [found.name for found in unknown_signatures(note, KEYS)] == ["stranger.example"]


characters = st.characters(exclude_categories=["Cs"]) | st.sampled_from(list("\n\r +—=0Az\u2028\u0085"))


@given(st.data(), characters)
def test_any_changed_character_is_refused_or_leaves_signatures_unverified(data: st.DataObject, new: str) -> None:
    """Changed text verifies nothing; a changed line is refused or is no longer among the verified."""
    at = data.draw(st.integers(0, len(NOTE) - 1))
    assume(NOTE[at] != new)

    check_changed(NOTE[:at] + new + NOTE[at + 1 :], at)


@given(st.data(), characters)
def test_any_inserted_or_removed_character_is_refused_too(data: st.DataObject, new: str) -> None:
    at = data.draw(st.integers(0, len(NOTE) - 1))

    check_changed(NOTE[:at] + NOTE[at + 1 :], at)
    check_changed(NOTE[:at] + new + NOTE[at:], at)


def check_changed(changed: str, at: int) -> None:
    try:
        verified = open_note(parse_note(changed), KEYS)
    except (NoteError, SignatureError):
        return
    start_of_lines = len(TEXT) + 1
    assert at >= start_of_lines
    assert parse_note(changed).text == TEXT
    whole = [line for line in (LOG_LINE, WITNESS_LINE) if line in changed]
    assert {found.signature.line for found in verified} == set(whole)


@pytest.mark.parametrize(
    "forked",
    [
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("3\n", "3\r\n"),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("\n\n", "\n \n"),
        NOTE.replace("\n\n", "\u2028\u2028"),
        NOTE.replace("\n\n", "\u0085\u0085"),
        NOTE[:-1],
        NOTE[:-1] + "\u2028",
        NOTE + "\n",
        NOTE + "x\n",
        NOTE + LOG_LINE[:-1],
        TEXT,
        TEXT + "\n",
        TEXT + "\n\n",
        "",
        "\n",
        "\n\n",
        NOTE.replace("\u2014", "-"),
        NOTE.replace("\u2014", "\u2013"),
        NOTE.replace("\u2014 ", "\u2014"),
        NOTE.replace("\u2014 ", "\u2014\u00a0"),
        NOTE.replace("\u2014 " + ORIGIN + " ", "\u2014 " + ORIGIN + "  "),
        NOTE.replace("\u2014 " + ORIGIN + " ", "\u2014 " + ORIGIN + "\t"),
        NOTE.replace("\u2014 stranger.example", "\u2014 stranger+example"),
        NOTE.replace("\u2014 stranger.example", "\u2014 stranger\u3000example"),
        NOTE.replace("\u2014 stranger.example", "\u2014 stranger\u2028example"),
        NOTE.replace("\u2014 stranger.example ", "\u2014 "),
        NOTE.replace("\u2014 stranger.example ", "\u2014  "),
        NOTE.replace(LOG_LINE, LOG_LINE[:-1] + " \n"),
        NOTE.replace("3\n", "3\n\t", 1),
        NOTE.replace("3\n", "3\n\0", 1),
        NOTE + "\udc80",
    ],
)
def test_forked_spellings_are_refused(forked: str) -> None:
    assert forked != NOTE
    with pytest.raises(NoteError):
        parse_note(forked)


@pytest.mark.parametrize(
    "encoded",
    [
        "AAAAAA",
        "AAAAAAE",
        "AAAAAAF=",
        "AAAA\u00c4AE=",
        "AAAAAAE= ",
        "AAAA AAE=",
        "AAAAAA-_",
        "AAAAAAE==",
        "AAAAAA==",
        "",
        "=",
    ],
)
def test_base64_in_another_spelling_or_too_short_is_refused(encoded: str) -> None:
    """Unpadded, stray bits, the URL alphabet, spaces inside, and four bytes or fewer."""
    parse_note("text\n\n\u2014 name AAAAAAE=\n")

    with pytest.raises(NoteError):
        parse_note(f"text\n\n\u2014 name {encoded}\n")


@pytest.mark.parametrize("data", [b"\xff\n\n", NOTE.encode("utf-16"), NOTE.encode()[:-40] + b"\xc3"])
def test_bytes_that_are_no_utf8_are_refused(data: bytes) -> None:
    with pytest.raises(NoteError):
        parse_note(data)


def test_the_last_blank_line_separates_and_other_line_ends_are_text() -> None:
    text = "a\n\nb\u2028c\u0085d\n\n\n"

    note = parse_note(format_note(text, [sign_note(text, ORIGIN, LOG)]))

    assert note.text == text
    assert len(open_note(note, KEYS)) == 1


def test_sixteen_and_a_hundred_signatures_are_read_and_no_more() -> None:
    for count in (16, MAX_SIGNATURES):
        assert len(open_note(parse_note(TEXT + "\n" + STRANGER_LINE * (count - 1) + LOG_LINE), KEYS)) == 1
    with pytest.raises(NoteError):
        parse_note(TEXT + "\n" + STRANGER_LINE * MAX_SIGNATURES + LOG_LINE)
    with pytest.raises(NoteError):
        parse_note("x" * MAX_NOTE_BYTES + "\n\n" + LOG_LINE)


def test_a_line_repeated_counts_once_and_two_times_of_one_witness_are_both_given() -> None:
    later = cosign(TEXT, WITNESS_KEY.name, WITNESS, 1_772_000_600)

    verified = open_note(parse_note(format_note(TEXT, [LOG_LINE, LOG_LINE, later, WITNESS_LINE, later])), KEYS)

    assert [found.time for found in verified] == [None, 1_772_000_600, 1_772_000_000]


def test_a_known_key_with_a_bad_signature_refuses_the_whole_note() -> None:
    for line in (sign_note("other\n", ORIGIN, LOG), cosign("other\n", WITNESS_KEY.name, WITNESS, 1)):
        for lines in ([line, LOG_LINE, WITNESS_LINE], [LOG_LINE, WITNESS_LINE, line]):
            with pytest.raises(SignatureError) as refused:
                open_note(parse_note(format_note(TEXT, lines)), KEYS)
            assert refused.value.code == "NOTE_FORGED"
            assert refused.value.facts["line"] == line


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    with pytest.raises(SignatureError) as refused:
        open_note(parse_note(format_note(TEXT, [STRANGER_LINE])), KEYS)

    assert refused.value.code == "NOTE_UNSIGNED"


def test_a_key_is_known_by_name_and_id_together() -> None:
    """The right id under another name, and another id under the right name, are strangers."""
    signature = parse_note(NOTE).signatures[0]
    renamed = NoteSignature("other.example", signature.id, signature.data)
    other_id = NoteSignature(signature.name, b"\0\0\0\0", signature.data)
    note = parse_note(format_note(TEXT, [WITNESS_LINE, renamed.line, other_id.line]))

    assert [found.key for found in open_note(note, KEYS)] == [WITNESS_KEY]
    assert len(unknown_signatures(note, KEYS)) == 2


def test_C6_two_keys_with_one_name_and_one_id_are_refused() -> None:
    """Ids have 32 bits: seeds 35399 and 50728 meet."""
    one, two = (
        NoteKey("w", COSIGNATURE_ED25519, PrivateKey.from_seed(seed.to_bytes(32, "big")).public.raw)
        for seed in (35_399, 50_728)
    )
    assert one.id == two.id
    assert one != two

    with pytest.raises(CallerError):
        open_note(parse_note(NOTE), [one, two])


@pytest.mark.parametrize(
    "text", ["", "no newline", "tab\t\n", "cosignature/v1\ntime 1\nx\n", "trail/statement/v1\nlog\n", "\udc80\n"]
)
def test_C16_a_text_that_is_no_note_or_begins_like_another_purpose_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        sign_note(text, ORIGIN, LOG)


@pytest.mark.parametrize("lines", [[], ["x\n"], [LOG_LINE[:-1]], [LOG_LINE + WITNESS_LINE], ["\n" + LOG_LINE]])
def test_only_whole_signature_lines_are_put_in_a_note(lines: list[str]) -> None:
    with pytest.raises(NoteError):
        format_note(TEXT, lines)


# Cosignatures


def test_the_published_example_of_a_cosigned_checkpoint_is_read_as_published() -> None:
    """The specification elides the keys; ids, lengths and the time can be checked."""
    published = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9n"
        "To+zyWE+xeMcTOAYQ8=\n"
        "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5"
        "nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )

    log, witness = parse_note(published).signatures

    assert len(log.data) == 64
    assert len(witness.data) == 72
    assert int.from_bytes(witness.data[:8], "big") == 1679315147


@given(bodies, st.integers(0, MAX_TIME))
def test_a_cosignature_gives_its_time_and_covers_text_and_time(text: str, time: int) -> None:
    line = cosign(text, WITNESS_KEY.name, WITNESS, time)

    assert check_cosignature(text, line, WITNESS_KEY) == time

    with pytest.raises(SignatureError):
        check_cosignature(text + "x\n", line, WITNESS_KEY)
    signature = parse_note("x\n\n" + line).signatures[0]
    later = (time ^ 1).to_bytes(8, "big") + signature.data[8:]
    with pytest.raises(SignatureError):
        check_cosignature(text, NoteSignature(signature.name, signature.id, later), WITNESS_KEY)


def test_the_cosigned_message_is_that_of_the_specification() -> None:
    line = cosign(TEXT, WITNESS_KEY.name, WITNESS, 1679315147)
    data = base64.b64decode(line.split(" ")[2])

    assert data[:4] == hashlib.sha256(b"witness.example/w1\n\x04" + WITNESS.public.raw).digest()[:4]
    WITNESS.public.verify(b"cosignature/v1\ntime 1679315147\n" + TEXT.encode(), data[12:])


@pytest.mark.parametrize("time", [-1, MAX_TIME + 1, 1.5, True, None])
def test_a_time_out_of_range_is_not_signed(time: int) -> None:
    with pytest.raises(CallerError):
        cosign(TEXT, "w", WITNESS, time)


def test_a_time_out_of_range_and_other_lengths_do_not_verify() -> None:
    beyond = MAX_TIME + 1
    signed = WITNESS.sign(f"cosignature/v1\ntime {beyond}\n{TEXT}".encode())
    for data in (beyond.to_bytes(8, "big") + signed, b"\0" * 71, b"\0" * 73, signed):
        with pytest.raises(SignatureError):
            check_cosignature(TEXT, NoteSignature(WITNESS_KEY.name, WITNESS_KEY.id, data), WITNESS_KEY)


def test_a_cosignature_is_checked_under_its_own_key_only() -> None:
    with pytest.raises(SignatureError):
        check_cosignature(TEXT, WITNESS_LINE, LOG_KEY)
    with pytest.raises(SignatureError):
        check_cosignature(TEXT, LOG_LINE, WITNESS_KEY)
    with pytest.raises(NoteError):
        check_cosignature(TEXT, "no line", WITNESS_KEY)


def test_a_text_without_final_newline_is_not_cosigned() -> None:
    with pytest.raises(CallerError):
        cosign("text", "w", WITNESS, 1)


def test_a_dated_anchor_is_the_digest_of_the_exact_line() -> None:
    assert dated_anchor_digest(WITNESS_LINE) == hashlib.sha256(WITNESS_LINE.encode()).digest()
    for line in (WITNESS_LINE[:-1], WITNESS_LINE + LOG_LINE, " " + WITNESS_LINE, ""):
        with pytest.raises(NoteError):
            dated_anchor_digest(line)


# Verifier keys


@given(names, st.sampled_from([LOG_ED25519, COSIGNATURE_ED25519]), st.binary(min_size=32, max_size=32))
def test_a_vkey_is_read_as_it_was_written(name: str, kind: int, seed: bytes) -> None:
    key = NoteKey(name, kind, PrivateKey.from_seed(seed).public.raw)

    assert parse_vkey(format_vkey(key)) == key
    assert format_vkey(parse_vkey(key.vkey)) == key.vkey


def test_the_published_vkey_is_read() -> None:
    """From the documentation of Go's sumdb/note."""
    vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

    key = parse_vkey(vkey)
    note = parse_note(
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "\u2014 PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )

    assert key.vkey == vkey
    assert [found.key.name for found in open_note(note, [key])] == ["PeterNeumann"]


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000",
        LOG_KEY.vkey.replace(LOG_KEY.id.hex(), "00000000"),
        LOG_KEY.vkey.replace(LOG_KEY.id.hex(), LOG_KEY.id.hex().upper() + "0"),
        LOG_KEY.vkey.replace(ORIGIN, "other"),
        LOG_KEY.vkey + "=",
        LOG_KEY.vkey + "\n",
        " " + LOG_KEY.vkey,
        "+" + LOG_KEY.vkey,
        "name+00000000+",
        "name+00000000+AQ==",
        "name+00000000+BgAA",
    ],
)
def test_a_malformed_vkey_is_refused(vkey: str) -> None:
    with pytest.raises(KeyRefused):
        parse_vkey(vkey)


@pytest.mark.parametrize("kind", [0, 2, 3, 5, 6, 0xFF, 256, -1])
def test_other_types_are_refused_until_they_can_be_checked(kind: int) -> None:
    with pytest.raises(KeyRefused):
        NoteKey("name", kind, LOG.public.raw)


def test_C2_a_weak_key_is_no_note_key() -> None:
    with pytest.raises(KeyRefused):
        NoteKey("name", LOG_ED25519, bytes([1]) + bytes(31))


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u3000b", "a\u2028b", "\udc80", "a\x00"])
def test_names_that_no_line_can_carry_are_refused(name: str) -> None:
    with pytest.raises(KeyRefused):
        NoteKey(name, LOG_ED25519, LOG.public.raw)
    with pytest.raises(NoteError):
        NoteSignature(name, b"abcd", b"x")


class Faulty:
    """A signer whose machine flips a bit of what it signs, or whose token holds another key than it says."""

    def __init__(self, flip: int, public: PublicKey = LOG.public) -> None:
        self.flip, self.public = flip, public

    def sign(self, message: bytes) -> bytes:
        signature = LOG.sign(message)
        return signature[:-1] + bytes([signature[-1] ^ self.flip])


@pytest.mark.parametrize("signer", [Faulty(1), Faulty(0x80), Faulty(0, WITNESS.public)])
def test_C19_a_signature_that_does_not_verify_is_never_released(signer: Faulty) -> None:
    for attempt in (lambda: sign_note(TEXT, ORIGIN, signer), lambda: cosign(TEXT, "witness.example/w1", signer, 1)):
        with pytest.raises(EnvironmentFailed) as refused:
            attempt()
        assert refused.value.code == "SIGNING_FAULT"
    assert sign_note(TEXT, ORIGIN, Faulty(0)) == LOG_LINE
