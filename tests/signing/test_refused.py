"""
What a parser must refuse: each was seen accepted by some program of the world.

Every case is a pair, written alike but for one thing: what is accepted, and what is refused.  So a refusal is for the
reason that the case names.  Where the reason is a signature or a proof, both are made whole again around it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trail.errors import KeyRefused, NoteError, PolicyError, ProofError, SignatureError, TrailError
from trail.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofText,
    check_consistency,
    check_inclusion,
    format_checkpoint,
    format_proof,
    leaf_hash,
    node_hash,
    parse_checkpoint,
    parse_proof,
)
from trail.signing import (
    COSIGNATURE_ED25519,
    LOG_ED25519,
    Note,
    NoteKey,
    NoteSignature,
    PrivateKey,
    VerifiedSignature,
    cosign,
    format_note,
    open_note,
    parse_note,
    parse_policy,
    parse_vkey,
    sign_note,
)
from trail.signing.cosignature import MAX_TIME, cosignature_message
from trail.signing.edwards import P
from trail.witness import Request, format_request, parse_request

ORIGIN = "log.example.edu/acts"
LOG, WITNESS, OTHER = (PrivateKey.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
LOG_KEY = NoteKey(ORIGIN, LOG_ED25519, LOG.public.raw)
WITNESS_KEY = NoteKey("witness.example/w", COSIGNATURE_ED25519, WITNESS.public.raw)
KEYS = (LOG_KEY, WITNESS_KEY)
LEAVES = [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")]
TWO = node_hash(LEAVES[0], LEAVES[1])
THREE = node_hash(TWO, LEAVES[2])
ROOT = base64.b64encode(THREE).decode()
NO_ROOT = base64.b64encode(EMPTY_ROOT).decode()


def text(size: str = "3", root: str = ROOT, origin: str = ORIGIN, more: str = "", end: str = "\n") -> str:
    return f"{origin}{end}{size}{end}{root}{end}{more}"


def note(body: str, *lines: str) -> str:
    """A note whose lines are put together without a look at them."""
    return f"{body}\n{''.join(lines or (raw_line(body),))}"


def raw_line(body: str, name: str = ORIGIN, signer: PrivateKey = LOG, key_id: bytes | None = None) -> str:
    """The log's line over exactly these bytes, whatever they are."""
    key_id = NoteKey(ORIGIN, LOG_ED25519, signer.public.raw).id if key_id is None else key_id
    return f"\u2014 {name} {base64.b64encode(key_id + signer.sign(body.encode())).decode()}\n"


def raw_cosignature(body: str, time: int, message: bytes | None = None) -> str:
    """A witness's line with this time over this message."""
    signature = WITNESS.sign(cosignature_message(body, time) if message is None else message)
    return NoteSignature(WITNESS_KEY.name, WITNESS_KEY.id, time.to_bytes(8, "big") + signature).line


def opened(whole: str) -> tuple[Note, list[VerifiedSignature]]:
    """As every reader of a checkpoint does: parse, verify, read what was signed."""
    parsed = parse_note(whole)
    found = open_note(parsed, KEYS)
    parse_checkpoint(parsed.text)
    return parsed, found


def both(whole: str) -> None:
    """As `opened`, where log and witness must both have signed."""
    _, found = opened(whole)
    if {one.key for one in found} != set(KEYS):
        raise SignatureError("not both")


def proof(index: str = "1", hashes: tuple[str, ...] = (base64.b64encode(LEAVES[0]).decode(),), extra: str = "") -> str:
    lines = "".join(f"{one}\n" for one in (*hashes, base64.b64encode(LEAVES[2]).decode()))
    return f"c2sp.org/tlog-proof@v1\n{extra}index {index}\n{lines}\n{note(text())}"


def proven(given_text: str) -> None:
    """As a reader of a proof of entry ``b`` does."""
    read = parse_proof(given_text)
    parsed, _ = opened(read.note)
    checkpoint = parse_checkpoint(parsed.text)
    check_inclusion(read.hashes, index=read.index, size=checkpoint.size, leaf=LEAVES[1], root=checkpoint.root)


def included(hashes: tuple[bytes, ...], index: int = 1, size: int = 3) -> None:
    check_inclusion(hashes, index=index, size=size, leaf=LEAVES[1], root=THREE)


def consistent(hashes: tuple[bytes, ...], first: int, second: int, old: bytes = TWO, new: bytes = THREE) -> None:
    check_consistency(hashes, first=first, second=second, first_root=old, second_root=new)


def request(head: str = "old 2\n", hashes: tuple[str, ...] = (base64.b64encode(LEAVES[2]).decode(),)) -> bytes:
    return (head + "".join(f"{one}\n" for one in hashes) + "\n" + note(text())).encode()


def vkey(name: str = "witness.example/w", raw: bytes = WITNESS_KEY.raw, **spelled: str) -> str:
    """A vkey whose id fits, whatever the key: only *spelled* is wrong about itself."""
    data = b"\x04" + raw
    identity = hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    return f"{name}+{spelled.get('id', identity)}+{spelled.get('data', base64.b64encode(data).decode())}"


def policy(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


W = WITNESS_KEY.vkey
V = NoteKey("other.example/w", COSIGNATURE_ED25519, OTHER.public.raw).vkey
SAME = NoteKey("other.example/w", COSIGNATURE_ED25519, WITNESS.public.raw).vkey
SECOND = NoteKey(WITNESS_KEY.name, COSIGNATURE_ED25519, OTHER.public.raw).vkey
NAMESAKE = NoteKey(ORIGIN, COSIGNATURE_ED25519, WITNESS.public.raw).vkey
LOW_ORDER = (1).to_bytes(32, "little")
NOT_CANONICAL = (P + 3).to_bytes(32, "little")
GOOD = note(text())
COSIGNED = note(text(), raw_line(text()), raw_cosignature(text(), 7))
B64 = base64.b64encode(LOG_KEY.id + LOG.sign(text().encode())).decode()
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# The same 68 bytes: the last character has two bits to spare.
STRAY = f"{B64[:-2]}{ALPHABET[ALPHABET.index(B64[-2]) + 1]}="


class Case(NamedTuple):
    """*read* takes *good* and refuses *bad* with *error*."""

    read: Callable[..., Any]
    good: Any
    bad: Any
    error: type[TrailError] | tuple[type[TrailError], ...]


CASES: dict[str, Case] = {
    # --- numbers -----------------------------------------------------------------------------------------------------
    "size-leading-zero": Case(opened, note(text("3")), note(text("03")), NoteError),
    "size-plus": Case(opened, note(text("3")), note(text("+3")), NoteError),
    "size-space-before": Case(opened, note(text("3")), note(text(" 3")), NoteError),
    "size-space-after": Case(opened, note(text("3")), note(text("3 ")), NoteError),
    "size-cr": Case(opened, note(text("3")), note(text("3\r")), NoteError),
    "size-other-digits": Case(opened, note(text("3")), note(text("٣")), NoteError),
    "size-underscore": Case(opened, note(text("33")), note(text("3_3")), NoteError),
    "size-beyond-int64": Case(opened, note(text(str(2**63 - 1))), note(text(str(2**63))), NoteError),
    "size-double-zero": Case(opened, note(text("0", NO_ROOT)), note(text("00", NO_ROOT)), NoteError),
    "proof-index-leading-zero": Case(proven, proof("1"), proof("01"), NoteError),
    "proof-index-plus": Case(proven, proof("1"), proof("+1"), NoteError),
    "request-old-leading-zero": Case(parse_request, request("old 2\n"), request("old 02\n"), NoteError),
    "request-old-plus": Case(parse_request, request("old 2\n"), request("old +2\n"), NoteError),
    "request-old-cr": Case(parse_request, request("old 2\n"), request("old 2\r\n"), NoteError),
    "policy-threshold-leading-zero": Case(
        parse_policy, policy(f"witness a {W}", "group g 1 a", "quorum g"),
        policy(f"witness a {W}", "group g 01 a", "quorum g"), PolicyError,
    ),
    # --- lines -------------------------------------------------------------------------------------------------------
    "note-crlf": Case(opened, GOOD, note(text(end="\r\n")).replace("\n\n", "\r\n\r\n"), NoteError),
    "note-crlf-in-text-alone": Case(opened, GOOD, note(text(end="\r\n")), NoteError),
    "checkpoint-next-line": Case(opened, GOOD, note(f"{ORIGIN}\u00853\u0085{ROOT}\n"), NoteError),
    "checkpoint-line-separator": Case(opened, GOOD, note(f"{ORIGIN}\u20283\u2028{ROOT}\n"), NoteError),
    "checkpoint-one-line-separator": Case(opened, GOOD, note(f"{ORIGIN}\n3\u2028{ROOT}\n"), NoteError),
    "note-next-line-for-blank-line": Case(opened, GOOD, GOOD.replace("\n\n", "\u0085\u0085"), NoteError),
    "note-tab": Case(parse_note, note("a b\n"), note("a\tb\n"), NoteError),
    "note-nul": Case(parse_note, note("a b\n"), note("a\0b\n"), NoteError),
    "note-cr-within": Case(parse_note, note("a\nb\n"), note("a\rb\n"), NoteError),
    "note-not-utf8": Case(parse_note, GOOD.encode(), GOOD.encode().replace(b"acts", b"act\xff"), NoteError),
    "note-byte-order-mark": Case(opened, GOOD, "\ufeff" + GOOD, (NoteError, SignatureError)),
    "note-no-last-newline": Case(opened, GOOD, GOOD[:-1], NoteError),
    "note-blank-line-missing": Case(opened, GOOD, GOOD.replace("\n\n", "\n"), NoteError),
    "note-extension-for-blank-line": Case(opened, GOOD, GOOD.replace("\n\n", "\nx\n"), NoteError),
    "note-blank-line-with-space": Case(opened, GOOD, GOOD.replace("\n\n", "\n \n"), NoteError),
    "note-split-at-the-first-blank-line": Case(opened, GOOD, note(text() + "\n" + text()), NoteError),
    "checkpoint-extension-line": Case(opened, GOOD, note(text(more="extension\n")), NoteError),
    "checkpoint-empty-extension-line": Case(opened, GOOD, note(text(more="\n")), NoteError),
    "checkpoint-no-origin": Case(opened, GOOD, note(text(origin="")), NoteError),
    "checkpoint-two-lines": Case(opened, GOOD, note(f"{ORIGIN}\n3\n"), NoteError),
    "request-crlf": Case(parse_request, request(), request().replace(b"\n", b"\r\n"), NoteError),
    "request-no-blank-line": Case(parse_request, request(), request().replace(b"\n\n", b"\n", 1), NoteError),
    "policy-crlf": Case(parse_policy, "quorum none\n", "quorum none\r\n", PolicyError),
    "policy-next-line": Case(parse_policy, f"log {LOG_KEY.vkey}\nquorum none\n",
                             f"log {LOG_KEY.vkey}\u0085quorum none\n", PolicyError),
    "policy-wide-space": Case(parse_policy, "quorum none\n", "quorum\u3000none\n", PolicyError),
    "policy-cut-short": Case(parse_policy, "quorum none\n", "quorum none", PolicyError),
    # --- base64 ------------------------------------------------------------------------------------------------------
    "root-unpadded": Case(opened, GOOD, note(text(root=ROOT[:-1])), NoteError),
    "root-stray-bits": Case(opened, note(text(root="A" * 43 + "=")), note(text(root="A" * 42 + "B=")), NoteError),
    "root-url-alphabet": Case(opened, note(text(root="/" * 42 + "8=")), note(text(root="_" * 42 + "8=")), NoteError),
    "root-31-bytes": Case(opened, GOOD, note(text(root=base64.b64encode(THREE[:31]).decode())), NoteError),
    "root-space": Case(opened, GOOD, note(text(root=ROOT[:20] + " " + ROOT[20:])), NoteError),
    "signature-unpadded": Case(opened, GOOD, GOOD.replace(B64, B64.rstrip("=")), NoteError),
    "signature-stray-bits": Case(opened, GOOD, GOOD.replace(B64, STRAY), NoteError),
    "signature-two-spaces": Case(opened, GOOD, GOOD.replace(f"{ORIGIN} {B64}", f"{ORIGIN}  {B64}"), NoteError),
    "proof-hash-unpadded": Case(
        proven, proof(), proof(hashes=(base64.b64encode(LEAVES[0]).decode()[:-1],)), NoteError
    ),
    "proof-extra-unpadded": Case(proven, proof(extra="extra QQ==\n"), proof(extra="extra QQ\n"), NoteError),
    "request-hash-unpadded": Case(
        parse_request, request(), request(hashes=(base64.b64encode(LEAVES[2]).decode()[:-1],)), NoteError
    ),
    "vkey-padded-too-much": Case(parse_vkey, vkey(), vkey() + "=", KeyRefused),
    # --- signatures --------------------------------------------------------------------------------------------------
    # The log signed the canonical text; the note holds another spelling of the same values.
    "signed-over-another-spelling": Case(opened, GOOD, note(text("3", more=""), raw_line(text("03"))), SignatureError),
    "received-in-another-spelling": Case(
        lambda whole: open_note(parse_note(whole), KEYS), GOOD, note(text("03"), raw_line(text("3"))), SignatureError
    ),
    "key-id-of-another-name": Case(
        opened, GOOD, note(text(), raw_line(text(), name="evil.example/log", key_id=LOG_KEY.id)), SignatureError
    ),
    "key-name-with-another-id": Case(
        opened, GOOD, note(text(), raw_line(text(), key_id=b"\0\0\0\0")), SignatureError
    ),
    "known-signature-bad": Case(
        opened, note(text(), raw_line(text())), note(text(), raw_line(text(), signer=OTHER, key_id=LOG_KEY.id)),
        SignatureError,
    ),
    "known-signature-bad-beside-a-good-one": Case(
        opened, COSIGNED, note(text(), raw_line(text()), raw_cosignature(text(), 7, b"something else")),
        SignatureError,
    ),
    "signed-twice-once-badly": Case(
        opened, note(text(), raw_line(text()), raw_line(text())),
        note(text(), raw_line(text()), raw_line(text(), signer=OTHER, key_id=LOG_KEY.id)), SignatureError,
    ),
    "nobody-known": Case(
        opened, note(text(), raw_line(text()), raw_line(text(), "else.example", OTHER)),
        note(text(), raw_line(text(), "else.example", OTHER)), SignatureError,
    ),
    "no-signature": Case(opened, GOOD, text() + "\n", NoteError),
    "101-signatures": Case(
        opened, note(text(), *[raw_line(text())] * 100), note(text(), *[raw_line(text())] * 101), NoteError
    ),
    "cosignature-other-time": Case(
        both, COSIGNED, note(text(), raw_line(text()), raw_cosignature(text(), 8, cosignature_message(text(), 7))),
        SignatureError,
    ),
    "cosignature-over-the-text-alone": Case(
        both, COSIGNED, note(text(), raw_line(text()), raw_cosignature(text(), 7, text().encode())), SignatureError
    ),
    "cosignature-over-the-whole-note": Case(
        both, COSIGNED,
        note(text(), raw_line(text()), raw_cosignature(text(), 7, b"cosignature/v1\ntime 7\n" + GOOD.encode())),
        SignatureError,
    ),
    "cosignature-time-beyond-int64": Case(
        both, note(text(), raw_line(text()), raw_cosignature(text(), MAX_TIME)),
        note(text(), raw_line(text()), raw_cosignature(text(), MAX_TIME + 1)), SignatureError,
    ),
    "cosignature-without-time": Case(
        both, COSIGNED,
        note(text(), raw_line(text()),
             NoteSignature(WITNESS_KEY.name, WITNESS_KEY.id, WITNESS.sign(text().encode())).line),
        SignatureError,
    ),
    "log-signature-with-time": Case(
        opened, GOOD, note(text(), NoteSignature(ORIGIN, LOG_KEY.id, bytes(8) + LOG.sign(text().encode())).line),
        SignatureError,
    ),
    # --- keys --------------------------------------------------------------------------------------------------------
    "vkey-low-order": Case(parse_vkey, vkey(), vkey(raw=LOW_ORDER), KeyRefused),
    "vkey-not-canonical": Case(parse_vkey, vkey(), vkey(raw=NOT_CANONICAL), KeyRefused),
    "vkey-31-bytes": Case(parse_vkey, vkey(), vkey(raw=WITNESS_KEY.raw[:31]), KeyRefused),
    "vkey-33-bytes": Case(parse_vkey, vkey(), vkey(raw=WITNESS_KEY.raw + b"\0"), KeyRefused),
    "vkey-id-of-another": Case(parse_vkey, vkey(), vkey(id="00000000"), KeyRefused),
    "vkey-id-uppercase": Case(parse_vkey, vkey(), vkey(id=WITNESS_KEY.id.hex().upper()), KeyRefused),
    "vkey-no-name": Case(parse_vkey, vkey("a"), vkey(""), KeyRefused),
    "vkey-space-in-name": Case(parse_vkey, vkey("a-b"), vkey("a b"), KeyRefused),
    "vkey-unicode-space-in-name": Case(parse_vkey, vkey("a-b"), vkey("a\u2003b"), KeyRefused),
    "vkey-newline-after": Case(parse_vkey, vkey(), vkey() + "\n", KeyRefused),
    # --- proofs ------------------------------------------------------------------------------------------------------
    "index-at-size": Case(lambda at: included((LEAVES[0], LEAVES[2]), index=at), 1, 3, ProofError),
    "index-beyond-size": Case(lambda at: included((LEAVES[0], LEAVES[2]), index=at), 1, 5, ProofError),
    "index-wrapped": Case(lambda at: included((LEAVES[0], LEAVES[2]), index=at), 1, 1 + 2**64, ProofError),
    "inclusion-short": Case(included, (LEAVES[0], LEAVES[2]), (LEAVES[0],), ProofError),
    "inclusion-extra": Case(included, (LEAVES[0], LEAVES[2]), (LEAVES[0], LEAVES[2], LEAVES[2]), ProofError),
    "inclusion-hash-of-64-bytes": Case(included, (LEAVES[0], LEAVES[2]), (LEAVES[0] + LEAVES[2],), ProofError),
    "consistency-short": Case(lambda p: consistent(p, 2, 3), (LEAVES[2],), (), ProofError),
    "consistency-extra": Case(lambda p: consistent(p, 2, 3), (LEAVES[2],), (LEAVES[2], LEAVES[2]), ProofError),
    "consistency-first-beyond-second": Case(
        lambda sizes: consistent((LEAVES[2],), *sizes), (2, 3), (3, 2), ProofError
    ),
    "consistency-from-nothing": Case(
        lambda old: consistent((LEAVES[2],) if old else (), old, 3, TWO if old else EMPTY_ROOT), 2, 0, ProofError
    ),
    "consistency-nothing-to-nothing": Case(
        lambda size: consistent((), size, size, *[TWO if size else EMPTY_ROOT] * 2), 2, 0, ProofError
    ),
    "consistency-equal-sizes-other-root": Case(lambda new: consistent((), 2, 2, TWO, new), TWO, THREE, ProofError),
    "consistency-equal-sizes-with-proof": Case(lambda p: consistent(p, 2, 2, TWO, TWO), (), (LEAVES[2],), ProofError),
    "empty-log-with-a-root": Case(opened, note(text("0", NO_ROOT)), note(text("0", ROOT)), NoteError),
    "proof-of-another-entry": Case(proven, proof("1"), proof("0"), ProofError),
    "proof-without-index": Case(proven, proof(), proof().replace("index 1\n", ""), NoteError),
    "proof-extra-after-index": Case(
        proven, proof(extra="extra QQ==\n"), proof("1\nextra QQ=="), NoteError
    ),
    "proof-of-another-version": Case(proven, proof(), proof().replace("@v1", "@v2"), NoteError),
    "proof-64-hashes": Case(parse_proof, proof(hashes=(ROOT,) * 62), proof(hashes=(ROOT,) * 63), NoteError),
    "request-64-hashes": Case(parse_request, request(hashes=(ROOT,) * 63), request(hashes=(ROOT,) * 64), NoteError),
    "request-without-old": Case(parse_request, request(), request("new 2\n"), NoteError),
    # --- one key, one vote -------------------------------------------------------------------------------------------
    "one-key-under-two-names": Case(
        parse_policy, policy(f"witness a {W}", f"witness b {V}", "group g 2 a b", "quorum g"),
        policy(f"witness a {W}", f"witness b {SAME}", "group g 2 a b", "quorum g"), PolicyError,
    ),
    "one-witness-in-two-groups": Case(
        parse_policy, policy(f"witness a {W}", f"witness b {V}", "group g 1 a", "group h 2 g b", "quorum h"),
        policy(f"witness a {W}", "group g 1 a", "group h 2 g a", "quorum h"), PolicyError,
    ),
    "log-key-as-witness": Case(
        parse_policy, policy(f"log {LOG_KEY.vkey}", f"witness a {W}", "quorum a"),
        policy(f"log {LOG_KEY.vkey}",
               f"witness a {NoteKey('w.example', COSIGNATURE_ED25519, LOG.public.raw).vkey}", "quorum a"), PolicyError,
    ),
    "one-operator-two-keys": Case(
        parse_policy, policy(f"witness a {W}", f"witness b {V}", "group g 2 a b", "quorum g"),
        policy(f"witness a {W}", f"witness b {SECOND}", "group g 2 a b", "quorum g"), PolicyError,
    ),
    "witness-called-like-the-log": Case(
        parse_policy, policy(f"log {LOG_KEY.vkey}", f"witness a {W}", "quorum a"),
        policy(f"log {LOG_KEY.vkey}", f"witness a {NAMESAKE}", "quorum a"), PolicyError,
    ),
    "forward-reference": Case(
        parse_policy, policy(f"witness a {W}", "group g any a", "quorum g"),
        policy("group g any a", f"witness a {W}", "quorum g"), PolicyError,
    ),
    "two-quorums": Case(parse_policy, policy("quorum none"), policy("quorum none", "quorum none"), PolicyError),
    "no-quorum": Case(
        parse_policy, policy(f"log {LOG_KEY.vkey}", "quorum none"), policy(f"log {LOG_KEY.vkey}"), PolicyError
    ),
    "log-of-a-witness-key": Case(
        parse_policy, policy(f"log {LOG_KEY.vkey}", "quorum none"), policy(f"log {W}", "quorum none"), PolicyError
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_good_one_is_read_and_the_bad_one_refused(name: str) -> None:
    case = CASES[name]
    case.read(case.good)
    with pytest.raises(case.error):
        case.read(case.bad)


def test_the_text_may_hold_empty_lines_and_the_last_one_separates() -> None:
    """Even where what follows the first looks like the log's signature over what stands before it."""
    smuggled = f"{text()}\n{raw_line(text())}"
    whole = note(smuggled, raw_line(smuggled, "else.example", OTHER))
    parsed = parse_note(whole)
    assert (parsed.text, len(parsed.signatures)) == (smuggled, 1)
    with pytest.raises(SignatureError):
        open_note(parsed, KEYS)


def test_sixteen_known_and_a_hundred_signatures_are_read() -> None:
    keys = [
        NoteKey(f"w{number}.example", COSIGNATURE_ED25519, PrivateKey.from_seed(bytes([100 + number]) * 32).public.raw)
        for number in range(16)
    ]
    lines = [
        cosign(text(), key.name, PrivateKey.from_seed(bytes([100 + number]) * 32), number)
        for number, key in enumerate(keys)
    ]
    strangers = [raw_line(text(), f"s{number}.example", OTHER) for number in range(83)]
    parsed = parse_note(note(text(), raw_line(text()), *lines, *strangers))
    assert len(parsed.signatures) == 100
    assert [one.key for one in open_note(parsed, [*keys, LOG_KEY])] == [LOG_KEY, *keys]


# --- what is read is written the same --------------------------------------------------------------------------------

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)


@given(st.integers(0, 2**63 - 1), HASHES, st.none() | st.binary(min_size=1, max_size=50))
def test_a_proof_is_read_as_it_was_written(index: int, hashes: tuple[bytes, ...], extra: bytes | None) -> None:
    written = format_proof(index, hashes, GOOD, extra)
    assert parse_proof(written) == ProofText(index, hashes, GOOD, extra)


@given(st.integers(0, 2**63 - 1), HASHES)
def test_a_request_is_read_as_it_was_written(old: int, hashes: tuple[bytes, ...]) -> None:
    written = format_request(old, hashes, GOOD)
    assert parse_request(written) == Request(old, hashes, parse_note(GOOD))


@pytest.mark.parametrize(
    ("old", "hashes", "checkpoint"),
    [(-1, (), GOOD), (2**63, (), GOOD), (0, (bytes(31),), GOOD), (0, (bytes(32),) * 64, GOOD), (0, (), text()),
     (0, (), ""), (0, (), f"{ROOT}\n\n{GOOD}\r")],
)  # fmt: skip
def test_a_request_that_would_not_be_read_back_is_not_written(
    old: int, hashes: tuple[bytes, ...], checkpoint: str
) -> None:
    with pytest.raises(NoteError):
        format_request(old, hashes, checkpoint)


MUTATIONS = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(0, 3), st.sampled_from([*b"\n\r\t +=/-_0159AZaz", 0, 0x85, 0xE2])),
    min_size=1, max_size=3,
)  # fmt: skip


def mutated(data: bytes, mutations: list[tuple[int, int, int]]) -> bytes:
    """*data* with some bytes taken out, put in, replaced or doubled."""
    for place, what, byte in mutations:
        at = place % len(data)
        middle = [b"", bytes([byte]) + data[at : at + 1], bytes([byte]), data[at : at + 1] * 2][what]
        data = data[:at] + middle + data[at + 1 :] or b"\n"
    return data


READERS: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "note": (COSIGNED.encode(), lambda data: format_note(*_parts(parse_note(data))).encode()),
    "proof": (proof(extra="extra QQ==\n").encode(), lambda data: _proof_again(data.decode())),
    "request": (request(), lambda data: _request_again(parse_request(data))),
    "vkey": (vkey().encode(), lambda data: parse_vkey(data.decode()).vkey.encode()),
    "checkpoint": (text().encode(), lambda data: _checkpoint_again(data.decode())),
}


def _parts(parsed: Note) -> tuple[str, tuple[str, ...]]:
    return parsed.text, parsed.lines


def _proof_again(data: str) -> bytes:
    read = parse_proof(data)
    parse_note(read.note)
    return format_proof(read.index, read.hashes, read.note, read.extra).encode()


def _request_again(read: Request) -> bytes:
    return format_request(read.old, read.proof, format_note(read.note.text, read.note.lines))


def _checkpoint_again(data: str) -> bytes:
    return format_checkpoint(parse_checkpoint(data)).encode()


@pytest.mark.parametrize("name", READERS)
@given(mutations=MUTATIONS)
def test_whatever_is_accepted_is_written_again_byte_for_byte(name: str, mutations: list[tuple[int, int, int]]) -> None:
    """So each value has one spelling, and a digest over what was read is a digest over what was sent."""
    whole, again = READERS[name]
    assert again(whole) == whole
    data = mutated(whole, mutations)
    try:
        written = again(data)
    except (TrailError, UnicodeDecodeError):
        return
    assert written == data


def test_the_trees_of_this_file_are_the_trees_of_the_library() -> None:
    tree = Frontier()
    for one in LEAVES:
        tree.append(one)
    assert tree.root() == THREE
    assert sign_note(text(), ORIGIN, LOG) == raw_line(text())
