"""Which hostile keys and signatures are accepted, pinned by number and digest (explained in docs/spec/keys.md)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.signing import curve

from trail.errors import KeyRefused, SignatureError
from trail.signing import SUITES, PrivateKey, PublicKey, edwards, vet

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"

KEY = PrivateKey.from_seed(bytes(32))


def vectors(name: str) -> Any:
    path = VECTORS / name
    if not path.exists():
        pytest.skip(f"the published vectors {name} are not in ../shared beside the repository")
    return json.loads(path.read_text("utf-8"))


def accepts(key: str, message: bytes, signature: str) -> bool:
    try:
        PublicKey("ed25519", bytes.fromhex(key)).verify(message, bytes.fromhex(signature))
    except (KeyRefused, SignatureError):
        return False
    return True


def pinned(numbers: list[int]) -> str:
    return hashlib.sha256(json.dumps(numbers, separators=(",", ":")).encode()).hexdigest()


def test_of_914_edge_cases_only_the_one_without_any_edge_is_accepted() -> None:
    cases = vectors("cctv_ed25519.json")

    accepted = [case["number"] for case in cases if accepts(case["key"], case["msg"].encode(), case["sig"])]

    assert len(cases) == 914
    assert accepted == [case["number"] for case in cases if not case["flags"]] == [305]
    assert pinned(accepted) == "de81519959ceb39b52f0737e67e184f3c3744f331ba6b1b4cc6f2e673fdf8023"


def test_of_the_22_keys_in_the_edge_cases_vetting_leaves_one() -> None:
    keys = {case["key"] for case in vectors("cctv_ed25519.json")}
    codes = []

    for key in keys:
        try:
            vet(PublicKey("ed25519", bytes.fromhex(key)))
            codes.append("accepted")
        except KeyRefused as error:
            codes.append(error.code)

    assert {code: codes.count(code) for code in codes} == {"KEY_LOW_ORDER": 14, "KEY_MIXED_ORDER": 7, "accepted": 1}


def test_wycheproof_valid_is_accepted_and_invalid_is_not() -> None:
    published = vectors("wycheproof_ed25519.json")
    cases = [(group["publicKey"]["pk"], test) for group in published["testGroups"] for test in group["tests"]]

    accepted = [test["tcId"] for key, test in cases if accepts(key, bytes.fromhex(test["msg"]), test["sig"])]

    assert len(cases) == published["numberOfTests"] == 151
    assert accepted == [test["tcId"] for _, test in cases if test["result"] == "valid"]
    assert len(accepted) == 88
    assert pinned(accepted) == "5f0260e63578f084e9b9c854f9c93cf3186fbee656c7deaf303c7504e0532d8c"


@pytest.mark.parametrize("raw", sorted(edwards.LOW_ORDER), ids=lambda raw: raw.hex()[:6] + raw.hex()[-2:])
def test_C2_a_key_of_low_order_is_refused_at_enrolment_and_at_verification(raw: bytes) -> None:
    key = PublicKey("ed25519", raw)
    identity = bytes([1]) + bytes(31)
    fits_every_message_under_the_neutral_key = identity + bytes(32)

    with pytest.raises(KeyRefused) as refused:
        vet(key)
    assert refused.value.code == "KEY_LOW_ORDER"
    with pytest.raises(KeyRefused):
        key.verify(b"any message", fits_every_message_under_the_neutral_key)


def test_C3_second_spellings_and_keys_off_the_curve_are_refused() -> None:
    """Every y that has a second spelling below 2**255, and one y that belongs to no point."""
    for small in range(19):
        with pytest.raises(KeyRefused) as refused:
            vet(PublicKey("ed25519", (edwards.P + small).to_bytes(32, "little")))
        assert refused.value.code == ("KEY_LOW_ORDER" if small < 2 else "KEY_NOT_CANONICAL")
    with pytest.raises(KeyRefused) as refused:
        vet(PublicKey("ed25519", (2).to_bytes(32, "little")))
    assert refused.value.code == "KEY_NOT_ON_CURVE"


@pytest.mark.parametrize("raw", sorted(edwards.LOW_ORDER), ids=lambda raw: raw.hex()[:6] + raw.hex()[-2:])
def test_C3_a_key_with_a_component_of_low_order_is_refused(raw: bytes) -> None:
    honest, torsion = edwards.decode(KEY.public.raw), edwards.decode(raw)
    if honest is None or torsion is None or torsion == curve.IDENTITY:
        return

    with pytest.raises(KeyRefused) as refused:
        vet(PublicKey("ed25519", curve.encode(curve.add(honest, torsion))))

    assert refused.value.code == "KEY_MIXED_ORDER"


def test_C1_A5_the_same_signature_with_S_plus_L_is_refused() -> None:
    signature = KEY.sign(b"act")
    other = int.from_bytes(signature[32:], "little") + edwards.L

    KEY.public.verify(b"act", signature)
    with pytest.raises(SignatureError) as refused:
        KEY.public.verify(b"act", signature[:32] + other.to_bytes(32, "little"))

    assert refused.value.code == "SIGNATURE_S"


@pytest.mark.parametrize("r", [*sorted(edwards.LOW_ORDER), (edwards.P + 3).to_bytes(32, "little")])
def test_C3_an_R_of_low_order_or_second_spelling_is_refused(r: bytes) -> None:
    with pytest.raises(SignatureError) as refused:
        KEY.public.verify(b"act", r + KEY.sign(b"act")[32:])

    assert refused.value.code == "SIGNATURE_R"


@given(st.binary(max_size=130))
def test_no_random_signature_is_accepted_and_only_our_errors_are_raised(signature: bytes) -> None:
    with pytest.raises(SignatureError):
        KEY.public.verify(b"act", signature)


def test_S_is_compared_with_the_order_itself_at_its_edge() -> None:
    """From 2**252 to L-1 S may be honest: it is refused by the equation, not for its shape."""
    r = KEY.sign(b"act")[:32]
    for s, code in ((edwards.L - 1, "SIGNATURE"), (edwards.L, "SIGNATURE_S"), (2**252, "SIGNATURE")):
        with pytest.raises(SignatureError) as refused:
            KEY.public.verify(b"act", r + s.to_bytes(32, "little"))
        assert refused.value.code == code


def test_the_table_of_suites_is_closed() -> None:
    assert list(SUITES) == ["ed25519"]
    with pytest.raises(TypeError):
        SUITES["none"] = SUITES["ed25519"]  # type: ignore[index]
