"""Key files: encrypted, owner-only, never overwritten, opened late and once, with advice when that fails."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from trail.errors import CallerError, KeyFileFailed
from trail.signing import KeyFile, PrivateKey, pkcs8, write_key_file

KEY = PrivateKey.from_seed(bytes(range(32)))
PASSPHRASE = "口令 correct horse"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Few rounds, for speed; the number in use has a test of its own."""
    if "slow" not in request.node.name:
        monkeypatch.setattr(pkcs8, "ROUNDS", 1000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "log.key"
    write_key_file(target, KEY, PASSPHRASE)
    return target


def failing(file: KeyFile) -> KeyFileFailed:
    with pytest.raises(KeyFileFailed) as failed:
        file.sign(b"act")
    assert failed.value.advice()
    return failed.value


def test_what_was_written_signs_again(path: Path) -> None:
    file = KeyFile(path, lambda: PASSPHRASE)

    assert file.public == KEY.public
    assert file.sign(b"act") == KEY.sign(b"act")


def test_slow_derivation_in_use_and_readable_by_others() -> None:
    """600,000 rounds stand in the file, and `cryptography` reads it."""
    pem = KEY.to_pem(PASSPHRASE)

    assert pkcs8.ROUNDS == 600_000
    again = load_pem_private_key(pem, PASSPHRASE.encode())
    assert isinstance(again, Ed25519PrivateKey)
    assert again.public_key().public_bytes_raw() == KEY.public.raw
    assert KEY.to_pem(PASSPHRASE) != pem


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_the_owner_may_read_it(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_file_holds_neither_the_seed_nor_the_passphrase(path: Path) -> None:
    data = path.read_bytes()

    assert data.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert PASSPHRASE.encode() not in data


def test_the_passphrase_is_asked_for_late_and_once(path: Path) -> None:
    asked: list[int] = []

    def ask() -> str:
        asked.append(1)
        return PASSPHRASE

    file = KeyFile(path, ask)
    assert asked == []
    assert "closed" in repr(file)
    file.sign(b"1")
    file.sign(b"2")

    assert asked == [1]
    assert "open" in repr(file)
    assert PASSPHRASE not in repr(file)
    assert file.path == path


def test_a_wrong_passphrase_fails_with_advice_and_is_asked_for_again(path: Path) -> None:
    answers = iter(["tr0ub4dor", "", PASSPHRASE])
    file = KeyFile(path, lambda: next(answers))

    wrong = failing(file)
    assert wrong.code == "KEY_FILE_PASSPHRASE"
    assert str(path) in wrong.message
    assert "tr0ub4dor" not in wrong.message + str(wrong.facts) + wrong.advice()
    assert failing(file).code == "KEY_FILE_PASSPHRASE"
    assert file.sign(b"act") == KEY.sign(b"act")


def test_a_missing_file_fails_before_anyone_is_asked(tmp_path: Path) -> None:
    def ask() -> str:
        pytest.fail("asked for a file that isn't there")

    assert failing(KeyFile(tmp_path / "absent.key", ask)).code == "KEY_FILE_MISSING"
    assert failing(KeyFile(tmp_path, ask)).code == "KEY_FILE"


def test_another_kind_of_key_fails(tmp_path: Path) -> None:
    target = tmp_path / "p256.key"
    key = ec.generate_private_key(ec.SECP256R1())
    target.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE.encode()))
    )

    assert failing(KeyFile(target, lambda: PASSPHRASE)).code == "KEY_FILE_KIND"


def test_a_clear_key_fails_with_the_line_that_encrypts_it(tmp_path: Path) -> None:
    target = tmp_path / "clear.key"
    target.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    failed = failing(KeyFile(target, lambda: PASSPHRASE))

    assert failed.code == "KEY_FILE_FORMAT"
    assert "openssl pkcs8" in failed.advice()


@pytest.mark.parametrize("keep", [0, 40, 100, -30])
def test_a_cut_file_fails(path: Path, keep: int) -> None:
    path.write_bytes(path.read_bytes()[:keep])

    assert failing(KeyFile(path, lambda: PASSPHRASE)).code in {"KEY_FILE_FORMAT", "KEY_FILE_PASSPHRASE"}


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    target = tmp_path / "huge.key"
    target.write_bytes(bytes(70_000))

    assert failing(KeyFile(target, lambda: PASSPHRASE)).code == "KEY_FILE_FORMAT"


def test_nothing_is_overwritten(path: Path) -> None:
    before = path.read_bytes()

    with pytest.raises(KeyFileFailed) as failed:
        write_key_file(path, PrivateKey.generate(), PASSPHRASE)

    assert failed.value.code == "KEY_FILE_EXISTS"
    assert failed.value.advice()
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyFileFailed):
        write_key_file(tmp_path / "absent" / "log.key", KEY, PASSPHRASE)


def test_a_write_that_fails_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)

    with pytest.raises(KeyFileFailed, match="No space left"):
        write_key_file(tmp_path / "log.key", KEY, PASSPHRASE)

    assert list(tmp_path.iterdir()) == []


def test_file_and_folder_are_made_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(stat.S_ISDIR(os.fstat(fd).st_mode)))

    write_key_file(tmp_path / "log.key", KEY, PASSPHRASE)

    assert synced == ([False] if os.name == "nt" else [False, True])


@pytest.mark.parametrize("passphrase", ["", "\udc80", None])
def test_an_empty_passphrase_is_refused_before_anything_is_written(tmp_path: Path, passphrase: str) -> None:
    with pytest.raises(CallerError):
        write_key_file(tmp_path / "log.key", KEY, passphrase)

    assert list(tmp_path.iterdir()) == []


def test_a_key_file_is_not_pickled(path: Path) -> None:
    with pytest.raises(CallerError):
        pickle.dumps(KeyFile(path, input))
