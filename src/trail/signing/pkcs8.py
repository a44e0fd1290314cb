"""
A private key at rest: PEM ``ENCRYPTED PRIVATE KEY``, that is PKCS#8 (RFC 5958) under PBES2 (RFC 8018)::

    EncryptedPrivateKeyInfo = { { PBES2, { { PBKDF2, { salt, rounds, 32, hmacWithSHA256 } }, { aes256-CBC, iv } } },
                                encrypted PrivateKeyInfo }

Read by OpenSSL and everything built on it.  It is written here, not by `cryptography`, for the sake of one number:
`cryptography` derives the encryption key in 2,048 rounds, which a stolen file does not withstand.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from trail.errors import CallerError, KeyFileFailed

ROUNDS: Final = 600_000
"""Rounds of PBKDF2-HMAC-SHA256, some 0.2 s.  OWASP password storage cheat sheet, 2023."""

_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2: Final = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256: Final = bytes.fromhex("06082a864886f70d0209") + b"\x05\x00"
_AES256_CBC: Final = bytes.fromhex("060960864801650304012a")
_HEADER: Final = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
_FOOTER: Final = b"-----END ENCRYPTED PRIVATE KEY-----"


def encrypt(key: Ed25519PrivateKey, passphrase: str) -> bytes:
    """
    Give the PEM of a *key* under a *passphrase*, with new salt and initialisation vector.

    Raises:
        CallerError: The passphrase is empty or no Unicode text.
    """
    secret = _secret(passphrase)
    salt, iv = secrets.token_bytes(16), secrets.token_bytes(16)
    clear = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    padder = padding.PKCS7(128).padder()
    cipher = Cipher(algorithms.AES(hashlib.pbkdf2_hmac("sha256", secret, salt, ROUNDS, 32)), modes.CBC(iv)).encryptor()
    sealed = cipher.update(padder.update(clear) + padder.finalize()) + cipher.finalize()
    derivation = _sequence(_PBKDF2, _sequence(_octets(salt), _integer(ROUNDS), _integer(32), _sequence(_HMAC_SHA256)))
    scheme = _sequence(_PBES2, _sequence(derivation, _sequence(_AES256_CBC, _octets(iv))))
    text = base64.b64encode(_sequence(scheme, _octets(sealed)))
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return b"\n".join([_HEADER, *lines, _FOOTER, b""])


def decrypt(pem: bytes, passphrase: str) -> Ed25519PrivateKey:
    """
    Read a key from its encrypted PEM.

    Raises:
        KeyFileFailed: It is not encrypted, damaged, of another kind, or the passphrase is wrong.
        CallerError: The passphrase is empty or no Unicode text.
    """
    secret = _secret(passphrase)
    if _HEADER not in pem:
        raise KeyFileFailed(
            "this is no encrypted private key",
            code="KEY_FILE_FORMAT",
            advice="Give an encrypted PKCS#8 file; `openssl pkcs8 -topk8 -v2 aes-256-cbc` encrypts a clear one.",
        )
    try:
        key = load_pem_private_key(pem, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # A wrong passphrase and a damaged file can't be told apart: the padding alone shows either.
        raise KeyFileFailed(
            "the passphrase is wrong or the key file is damaged",
            code="KEY_FILE_PASSPHRASE",
            advice="Type the passphrase again (mind the keyboard layout); if it stays refused, restore the file "
            "from its backup.",
            reason=str(error),
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileFailed(
            "the file holds a private key of another kind than Ed25519",
            code="KEY_FILE_KIND",
            advice="Make a new Ed25519 key and have it enrolled; keys of other kinds can't sign here.",
            found=type(key).__name__,
        )
    return key


def _secret(passphrase: object) -> bytes:
    if not isinstance(passphrase, str) or not passphrase:
        raise CallerError("a passphrase is text and not empty")
    try:
        return passphrase.encode("utf-8")
    except UnicodeEncodeError:
        raise CallerError("a passphrase is Unicode text") from None


def _tagged(tag: int, content: bytes) -> bytes:
    """One DER value; everything here is shorter than 64 KiB."""
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def _sequence(*parts: bytes) -> bytes:
    return _tagged(0x30, b"".join(parts))


def _octets(content: bytes) -> bytes:
    return _tagged(0x04, content)


def _integer(number: int) -> bytes:
    return _tagged(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))
