"""
The closed table of signature suites; a suite is bound to a key, never negotiated and never read from a signature.

``ed25519`` is pure Ed25519 (RFC 8032): key 32 bytes, signature ``R (32) || S (32)``, S little-endian.  Verifiers of the
world disagree about hostile keys and signatures, so three rules make this one's answer the only one:

* a key is refused unless its *y* is canonical, it lies on the curve, it is not of low order, and it lies in the
  prime-order subgroup;
* a signature is refused unless S < L, and R is canonical and not of low order;
* what remains is checked without a cofactor: the encoding of ``[S]B - [k]A`` must be the bytes of R.

A verifier that multiplies by the cofactor (ZIP-215) also takes an R with a component of low order; it may not be used.
To add a suite, add a row here and a section to ``docs/spec/keys.md``; old rows stay for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from trail.errors import KeyRefused, SignatureError
from trail.signing import edwards

Verify = Callable[[bytes, bytes], None]
"""Takes message and signature; raises SignatureError."""

ED25519: Final = "ed25519"

_VETTED_KEYS: Final = 16_384
"""How many vetted keys are remembered: a large university's holders of posts over ten years."""


@dataclass(frozen=True, slots=True)
class Suite:
    """
    One signature algorithm with its lengths in bytes.

    ``vet`` raises KeyRefused for a raw key that must not be used.
    ``verifier`` vets a raw key and gives the function that checks signatures under it.
    """

    name: str
    key_length: int
    signature_length: int
    vet: Callable[[bytes], None]
    verifier: Callable[[bytes], Verify]


@lru_cache(maxsize=_VETTED_KEYS)
def _vet_ed25519(raw: bytes) -> None:
    if raw in edwards.LOW_ORDER:
        raise KeyRefused("the key is of low order: one signature would fit every message", code="KEY_LOW_ORDER")
    if not edwards.is_canonical(raw):
        raise KeyRefused("the key is a second spelling of another key", code="KEY_NOT_CANONICAL")
    if edwards.decode(raw) is None:
        raise KeyRefused("the key is no point of the curve", code="KEY_NOT_ON_CURVE")
    if not edwards.in_prime_subgroup(raw):
        raise KeyRefused("the key has a component of low order: verifiers would disagree", code="KEY_MIXED_ORDER")


def _check_shape(signature: bytes) -> None:
    """Refuse an S or R that some verifiers of the world accept and others don't; well under a microsecond."""
    if len(signature) != 64:
        raise SignatureError("the signature is not 64 bytes long", length=len(signature))
    # Below 2**252 S needs no comparison with L; an honest S reaches 2**252 once in 2**127 signatures.
    if signature[63] > 15 and int.from_bytes(signature[32:], "little") >= edwards.L:
        raise SignatureError("S of the signature is not below the group order", code="SIGNATURE_S")
    r = signature[:32]
    if r in edwards.LOW_ORDER:
        raise SignatureError("R of the signature is of low order", code="SIGNATURE_R")
    if r[31] & 0x7F == 0x7F and not edwards.is_canonical(r):
        raise SignatureError("R of the signature is not canonical", code="SIGNATURE_R")


def _ed25519_verifier(raw: bytes) -> Verify:
    _vet_ed25519(raw)
    verify = Ed25519PublicKey.from_public_bytes(raw).verify

    def check(message: bytes, signature: bytes) -> None:
        _check_shape(signature)
        try:
            verify(signature, message)
        except InvalidSignature:
            raise SignatureError("the signature is not of this key over these bytes") from None

    return check


_ED25519: Final = Suite(ED25519, 32, 64, _vet_ed25519, _ed25519_verifier)
SUITES: Final[Mapping[str, Suite]] = MappingProxyType({ED25519: _ED25519})
"""Every suite by its name."""


def suite_named(name: str) -> Suite:
    """
    Give the suite called *name*.

    Raises:
        KeyRefused: There is none of this name.
    """
    suite = SUITES.get(name)
    if suite is None:
        raise KeyRefused(f"unknown suite {name!r}", code="KEY_SUITE", found=name, expected=sorted(SUITES))
    return suite
