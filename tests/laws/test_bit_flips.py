"""
No bit of an evidence file can be flipped without being noticed.

The closing digest alone would notice every flip, and prove nothing about the verifier.  So it is left out of the
framing as well: the same flips are made in a file whose closing digest was recomputed.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from os import cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from trail.aggregates import (
    Founder,
    GenericAct,
    KeyEnrolled,
    LogFounded,
    PersonRegistered,
    PostCreated,
    TypeDeclared,
    UnitEstablished,
    declare,
)
from trail.application import Attachment, Trail
from trail.clock import FixedClock
from trail.evidence.types import Field, PartSpec
from trail.signing import (
    COSIGNATURE_ED25519,
    LOG_ED25519,
    NoteKey,
    cosign,
    format_policy,
    parse_note,
    possession_message,
)
from trail.store import CheckpointSigner, Database, create_log
from trail.testing.campus import key_of, seconds
from trail.verify import Verdict, verify

ORIGIN = "trail.example/short"
SAMPLE = 1_500


NOTE = declare("NoteTaken", fields={"place": Field("id")}, parts={"words": PartSpec({"words": Field("text")})})


@lru_cache(maxsize=1)
def small() -> tuple[bytes, str]:
    """The evidence of a log that is as short as can be and still holds something of everything, and its policy."""
    clock = FixedClock(seconds("2026-03-05 09:00"))
    database = Database("sqlite://", mode="create")
    with TemporaryDirectory() as folder:
        create_log(database, ORIGIN, created=clock.now())
        CheckpointSigner.create(Path(folder, "state"), key_of("log"), ORIGIN)
        with Trail(database, log_key=key_of("log"), state=Path(folder, "state"), clock=clock) as trail:
            _fill(trail)
            issued = trail.checkpoint()
            trail.add_cosignatures(cosign(parse_note(issued.note).text, "dic", key_of("witness"), clock.now()))
            log = NoteKey(ORIGIN, LOG_ED25519, key_of("log").public.raw)
            witness = NoteKey("dic", COSIGNATURE_ED25519, key_of("witness").public.raw)
            policy = format_policy(logs=[log], witnesses={"w": witness}, quorum="w", genesis=[trail.genesis()])
            return trail.evidence(), policy


def _fill(trail: Trail) -> None:
    keys = [(name, key_of(name)) for name in ("r-1", "r-2")]
    founders = [Founder(n, k.public.raw, k.sign(possession_message(ORIGIN, n, k.public))) for n, k in keys]
    registering = trail.registering(keys)
    registering.found(LogFounded(registrars=founders))
    member = key_of("p-1")
    possession = member.sign(possession_message(ORIGIN, "p-1", member.public))
    registering.record_many([
        TypeDeclared(schema=NOTE),
        PersonRegistered(person="p-1", name="张一"),
        UnitEstablished(unit="jia", kind="college", name="甲学院"),
        PostCreated(post="jia/secretary", unit="jia", kind="secretary", title="书记"),
        KeyEnrolled(person="p-1", key=member.public.raw, possession=possession),
    ])  # fmt: skip
    trail.checkpoint()
    trail.acting("p-1", "jia/secretary", member).record(
        GenericAct(key=NOTE.key, spec=NOTE, fields={"place": "jia"}, parts={"words": {"words": "谈话"}}),
        attachments=[Attachment(b"%PDF", "application/pdf", keep=True)],
    )


def flipped(data: bytes, bit: int, *, sealed: bool) -> bytes:
    """*data* with one bit flipped; *sealed*: and the closing digest recomputed."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    if sealed:
        changed[-32:] = hashlib.sha256(bytes(changed[:-37])).digest()
    return bytes(changed)


def accepted(bits: Iterable[int], *, sealed: bool) -> tuple[list[int], Counter[str]]:
    """The bits whose flip the verifier calls intact, and how the others were called."""
    data, policy = small()
    verdicts: Counter[str] = Counter()
    bad = []
    for bit in bits:
        report = verify(flipped(data, bit, sealed=sealed), policy)
        verdicts[report.verdict.value] += 1
        verdicts["internal"] += "INTERNAL_ERROR" in report.counts
        if report.verdict is Verdict.INTACT:
            bad.append(bit)
    return bad, verdicts


def test_the_file_itself_is_intact() -> None:
    data, policy = small()

    assert verify(data, policy).verdict is Verdict.INTACT


@pytest.mark.parametrize("sealed", [False, True])
def test_a_sample_of_bits_flipped_is_never_intact(sealed: bool) -> None:
    data, _ = small()
    bits = random.Random(1).sample(range((len(data) - 37) * 8), SAMPLE)

    bad, verdicts = accepted(bits, sealed=sealed)

    assert bad == []
    assert verdicts["internal"] == 0, "a flipped bit never stops the verifier itself"
    if sealed:
        assert verdicts["altered"] > SAMPLE // 2, "found by what was signed, not by the framing"


def _part(arguments: tuple[int, int, bool]) -> tuple[list[int], Counter[str]]:
    begin, end, sealed = arguments
    return accepted(range(begin, end), sealed=sealed)


@pytest.mark.harness
def test_every_bit_flipped_is_never_intact() -> None:
    data, _ = small()
    total = (len(data) - 37) * 8
    step = 500
    verdicts: Counter[str] = Counter()
    bad: list[int] = []
    with ProcessPoolExecutor(cpu_count()) as pool:
        for one, counted in pool.map(_part, [(at, min(at + step, total), True) for at in range(0, total, step)]):
            bad += one
            verdicts.update(counted)

    assert bad == []
    assert verdicts["internal"] == 0
    assert sum(verdicts[v.value] for v in Verdict) == total
