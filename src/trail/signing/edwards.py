"""
The curve edwards25519 in plain Python: just enough to judge a public key, once, when it is enrolled.

A point is encoded in 32 bytes: *y* little-endian in 255 bits, the lowest bit of *x* on top (RFC 8032, section 5.1.2).
Nothing here is secret.  Signing and verifying are left to `cryptography`,
which does not judge keys: it takes the neutral point as a key, under which one signature fits every message.
"""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

P: Final = 2**255 - 19
"""The field's prime."""

L: Final = 2**252 + 27742317777372353535851937790883648493
"""The order of the base point, a prime; the curve has 8 * L points."""

D: Final = -121665 * pow(121666, -1, P) % P
"""The curve is -x² + y² = 1 + D x² y²."""

_SQRT_MINUS_ONE: Final = pow(2, (P - 1) // 4, P)
_SIGN: Final = 1 << 255

Point = tuple[int, int, int, int]
"""Extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z."""

_LADDER: Final = X25519PrivateKey.from_private_bytes((5 * L - 1).to_bytes(32, "little"))

_ORDER_8_Y: Final = (
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
)
_LOW_ORDER_Y: Final = (0, 1, P - 1, P, P + 1, *_ORDER_8_Y)

LOW_ORDER: Final = frozenset((y | sign).to_bytes(32, "little") for y in _LOW_ORDER_Y for sign in (0, _SIGN))
"""All 14 spellings, canonical or not, of the 8 points whose order divides 8."""


def is_canonical(encoded: bytes) -> bool:
    """Say whether the *y* of 32 *encoded* bytes is below P, so that no second spelling of the point exists."""
    return int.from_bytes(encoded, "little") & (_SIGN - 1) < P


def decode(encoded: bytes) -> Point | None:
    """
    Give the point that 32 *encoded* bytes spell, or None where there is none.

    A *y* of P or above is refused, and so is the sign bit where x = 0.  RFC 8032, section 5.1.3.
    """
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (_SIGN - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * _SQRT_MINUS_ONE % P
    if v * x * x % P != u or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def in_prime_subgroup(encoded: bytes) -> bool:
    """
    Say whether a point that is not of low order, spelled in 32 *encoded* bytes, carries no component of low order.

    With k = 5L - 1, k times A = A' + T (A' of order L, T of order dividing 8) is -A': k is -1 modulo L and 0 modulo 8.
    The curve's Montgomery form (RFC 7748, section 4.1) has one u for A' and -A', so k times A keeps its u if and only
    if T is neutral; X25519 multiplies in a twentieth of the time that plain Python needs, and its clamping leaves k as
    it is.
    """
    y = int.from_bytes(encoded, "little") & (_SIGN - 1)
    u = ((1 + y) * pow(1 - y, -1, P) % P).to_bytes(32, "little")
    return _LADDER.exchange(X25519PublicKey.from_public_bytes(u)) == u
