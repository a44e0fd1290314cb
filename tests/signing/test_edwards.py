"""The curve in plain Python, held against `cryptography` and against its own definition."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from tests.signing import curve

from trail.signing import edwards

BASE = edwards.decode(bytes.fromhex("58" + "66" * 31))

seeds = st.binary(min_size=32, max_size=32)


def clamped(seed: bytes) -> int:
    """The secret scalar of a seed, RFC 8032, section 5.1.5."""
    number = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    return number & ((1 << 254) - 8) | 1 << 254


@given(seeds)
def test_a_multiple_of_the_base_point_is_the_public_key_that_cryptography_gives(seed: bytes) -> None:
    assert BASE is not None

    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()

    assert curve.encode(curve.multiply(clamped(seed), BASE)) == public
    point = edwards.decode(public)
    assert point is not None
    assert curve.encode(point) == public
    assert edwards.in_prime_subgroup(curve.encode(point))


@given(st.binary(min_size=32, max_size=32))
def test_decode_accepts_only_what_encode_gives(encoded: bytes) -> None:
    point = edwards.decode(encoded)

    if point is not None:
        x, y, _, _ = point
        assert (-x * x + y * y - 1 - edwards.D * x * x * y * y) % edwards.P == 0
        assert curve.encode(point) == encoded


def test_the_fourteen_low_order_encodings_are_all_there_are() -> None:
    """Eight points of order dividing 8, found by multiplying points of the whole curve by L; six second spellings."""
    found: set[bytes] = set()
    y = 2
    while len(found) < 8:
        point = edwards.decode(y.to_bytes(32, "little"))
        y += 1
        if point is not None:
            torsion = curve.multiply(edwards.L, point)
            found |= {curve.encode(curve.multiply(times, torsion)) for times in range(1, 9)}

    canonical = {encoded for encoded in edwards.LOW_ORDER if edwards.decode(encoded) is not None}
    respelled = {
        (y + shift | sign).to_bytes(32, "little")
        for encoded in found
        for y in [int.from_bytes(encoded, "little") & (1 << 255) - 1]
        for shift in (0, edwards.P)
        for sign in (0, 1 << 255)
        if y + shift < 1 << 255
    }
    assert canonical == found
    assert respelled == edwards.LOW_ORDER
    assert len(edwards.LOW_ORDER) == 14


@given(st.integers(min_value=2, max_value=edwards.P - 1), st.sampled_from(sorted(edwards.LOW_ORDER)))
def test_only_neutral_torsion_leaves_a_point_in_the_prime_subgroup(scalar: int, encoded: bytes) -> None:
    torsion = edwards.decode(encoded)
    if torsion is None or BASE is None:
        return

    mixed = curve.add(curve.multiply(scalar % edwards.L or 1, BASE), torsion)

    assert edwards.in_prime_subgroup(curve.encode(mixed)) == (curve.encode(torsion) == curve.encode(curve.IDENTITY))
