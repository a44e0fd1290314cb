"""
Keys, and the bytes that each purpose signs.

A key is a suite's name and raw bytes.  Its id is ``SHA-256("trail/key/v1\\n" || suite || "\\n" || raw)``, 32 bytes.

A signature is bound to one purpose and one log by the lines that come before what is signed::

    trail/statement/v1\\n  <origin>\\n  <statement bytes>                       a signer vouches for a statement
    trail/possession/v1\\n <origin>\\n <person>\\n <suite>\\n <raw key>          a new key's holder has the private half
    trail/log-key-old/v1\\n  <origin>\\n <suite>\\n <old key> <suite>\\n <new key>   the log's key names its successor
    trail/log-key-new/v1\\n  <origin>\\n <suite>\\n <old key> <suite>\\n <new key>   the log's new key takes over
    cosignature/v1\\n      time <seconds>\\n <note text>                        a witness (signing/cosignature.py)
    <origin>\\n            <size>\\n <root>\\n                                   a log key (signing/note.py)

Origin and person hold no newline, so no two purposes and no two logs share a message.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final, NoReturn, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from trail.errors import CallerError, EnvironmentFailed, KeyRefused, SignatureError
from trail.signing import pkcs8
from trail.signing.suites import ED25519, Verify, suite_named

_KEY_CONTEXT: Final = b"trail/key/v1\n"
_STATEMENT_CONTEXT: Final = b"trail/statement/v1\n"
_POSSESSION_CONTEXT: Final = b"trail/possession/v1\n"
_LOG_KEY_OLD_CONTEXT: Final = b"trail/log-key-old/v1\n"
_LOG_KEY_NEW_CONTEXT: Final = b"trail/log-key-new/v1\n"

RESERVED_FIRST_LINES: Final = (
    "trail/key/v1", "trail/statement/v1", "trail/possession/v1", "trail/log-key-old/v1", "trail/log-key-new/v1",
    "cosignature/v1",
)  # fmt: skip
"""No log is called so: a note's first line is its log's origin, and must begin no other purpose's message."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """
    A public key of a listed suite: ``suite`` by name, ``raw`` bytes, ``id`` 32 bytes.

    Raises:
        KeyRefused: The suite is unknown or the length is not the suite's.  `vet` looks closer.
    """

    suite: str
    raw: bytes
    id: bytes = field(init=False, compare=False)
    _verify: Verify | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        length = suite_named(self.suite).key_length
        if type(self.raw) is not bytes or len(self.raw) != length:
            raise KeyRefused(f"a key of suite {self.suite} is {length} bytes", code="KEY_LENGTH", expected=length)
        digest = hashlib.sha256(_KEY_CONTEXT + self.suite.encode("ascii") + b"\n" + self.raw).digest()
        object.__setattr__(self, "id", digest)

    def verify(self, message: bytes, signature: bytes) -> None:
        """
        Check that *signature* was made over *message* by the holder of this key.

        Raises:
            SignatureError: It was not, or it is spelled in a way that verifiers disagree about.
            KeyRefused: The key itself does not pass `vet`; nothing is accepted under it.
        """
        check = self._verify
        if check is None:
            # Built once: to make the library's key object costs a third of a verification.
            check = suite_named(self.suite).verifier(self.raw)
            object.__setattr__(self, "_verify", check)
        check(message, signature)

    def __reduce__(self) -> tuple[type[PublicKey], tuple[str, bytes]]:
        return (PublicKey, (self.suite, self.raw))

    def __repr__(self) -> str:
        return f"PublicKey({self.suite}, {self.raw.hex()})"


def vet(key: PublicKey) -> None:
    """
    Check that a public *key* may be enrolled: see the rules in `trail.signing.suites`.

    About a millisecond for a key not seen before; the answer is remembered.

    Raises:
        KeyRefused: It must not be used.
    """
    suite_named(key.suite).vet(key.raw)


class Signer(Protocol):
    """Whatever can sign: a key in memory, a key file, a token.  It is never told which public key to sign for."""

    @property
    def public(self) -> PublicKey:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """Sign *message* as it is."""


class PrivateKey:
    """
    A private key in memory.

    It is not shown by ``repr``, and neither pickled nor copied.
    """

    __slots__ = ("_key", "_public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._public = PublicKey(ED25519, key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> PrivateKey:
        """Make a new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> PrivateKey:
        """
        Make the key of a 32-byte *seed*, for tests and examples that must give the same bytes each time.

        Raises:
            CallerError: The seed is not 32 bytes.
        """
        if type(seed) is not bytes or len(seed) != 32:
            raise CallerError("a seed is 32 bytes")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: str) -> PrivateKey:
        """
        Read an encrypted PKCS#8 key.

        Raises:
            KeyFileFailed: It is no such key, of another kind, or the passphrase is wrong.
        """
        return cls(pkcs8.decrypt(pem, passphrase))

    def to_pem(self, passphrase: str) -> bytes:
        """
        Write the key as encrypted PKCS#8 under a *passphrase*.

        Raises:
            CallerError: The passphrase is empty.
        """
        return pkcs8.encrypt(self._key, passphrase)

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Sign *message*; the same message gives the same 64 bytes (RFC 8032)."""
        return self._key.sign(message)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise CallerError("a private key is not pickled or copied; hand over its file")

    def __repr__(self) -> str:
        return f"<PrivateKey of {self._public.raw.hex()}>"


def sign_checked(signer: Signer, message: bytes) -> bytes:
    """
    Sign *message*, and verify the signature before anybody is given it; for what is released without another look.

    A fault in memory or in a token makes a signature that is worth nothing, and two of Ed25519 over one message that
    differ can give the private key away.

    Raises:
        EnvironmentFailed: ``SIGNING_FAULT``: what came back does not verify.
    """
    signature = signer.sign(message)
    try:
        signer.public.verify(message, signature)
    except SignatureError as error:
        raise EnvironmentFailed(
            f"what this key signed does not verify: {error.message}", code="SIGNING_FAULT",
            advice="Nothing was released. Check memory, token and key file of this machine before the key signs again.",
            key=signer.public.id,
        ) from None  # fmt: skip
    return signature


def statement_message(origin: str, statement: bytes) -> bytes:
    """
    Give the bytes that a signer of a *statement* in the log *origin* signs.

    Raises:
        CallerError: The origin holds a newline.
    """
    return _STATEMENT_CONTEXT + _line(origin) + statement


def possession_message(origin: str, person: str, public: PublicKey) -> bytes:
    """
    Give the bytes that a new key signs to show that the *person* who enrols it holds the private half.

    Raises:
        CallerError: The origin or the person holds a newline.
    """
    return _POSSESSION_CONTEXT + _line(origin) + _line(person) + _line(public.suite) + public.raw


def log_key_messages(origin: str, old: PublicKey, new: PublicKey) -> tuple[bytes, bytes]:
    """
    Give what a log's old key signs to name its successor, and what the new key signs to take over.

    Both name the log and both keys, each in a context of its own.  A suite fixes the length of its keys, so no two
    pairs of keys share a message.

    Raises:
        CallerError: The origin holds a newline.
    """
    both = _line(origin) + _line(old.suite) + old.raw + _line(new.suite) + new.raw
    return _LOG_KEY_OLD_CONTEXT + both, _LOG_KEY_NEW_CONTEXT + both


def _line(text: str) -> bytes:
    if not text or "\n" in text:
        raise CallerError("an origin or person is one line of text, not empty", found=text)
    try:
        return text.encode("utf-8") + b"\n"
    except UnicodeEncodeError:
        raise CallerError("an origin or person is Unicode text") from None
