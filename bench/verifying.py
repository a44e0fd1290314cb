"""Verification beside the bare signature checks of the same acts, and what it takes in memory."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from timing import Row, micro, one_core, spread

from trail.evidence.file import EntryItem, Item, read_evidence
from trail.evidence.record import decode_entry
from trail.evidence.registry import GENESIS
from trail.signing import parse_policy, statement_message
from trail.verify import Verdict, Verification, verify

SLICE = 2_000  # items that one side does before the other has its turn
Check = tuple[Ed25519PublicKey, bytes, bytes]


def keys_of(evidence: Path) -> dict[bytes, Ed25519PublicKey]:
    """The library's key object for every key of the log, by key id."""
    from trail.signing import PublicKey

    found: dict[bytes, Ed25519PublicKey] = {}
    with evidence.open("rb") as stream:
        for item in read_evidence(stream):
            if isinstance(item, EntryItem) and (b"KeyEnrolled" in item.entry or b"LogFounded" in item.entry):
                fields = decode_entry(item.entry, 1).statement
                rows = fields.fields["registrars"] if fields.type == GENESIS else [fields.fields]
                for row in rows if isinstance(rows, list) else []:
                    if isinstance(row, dict) and isinstance(row["key"], bytes):
                        raw = row["key"]
                        found[PublicKey("ed25519", raw).id] = Ed25519PublicKey.from_public_bytes(raw)
    return found


def checks_of(items: list[Item], keys: dict[bytes, Ed25519PublicKey]) -> list[Check]:
    """Key object, signature and message of every signature in *items*, made ready."""
    checks = []
    for item in items:
        if isinstance(item, EntryItem):
            record = decode_entry(item.entry, 1)
            message = statement_message(record.statement.log, record.statement_bytes)
            for signer, signature in zip(record.statement.signers, record.signatures, strict=True):
                checks.append((keys[signer.key], signature, message))
    return checks


def interleaved(folder: Path) -> tuple[float, float, int, int]:
    """One verification in slices, each beside its bare signature checks: seconds of each, entries, signatures."""
    one_core()
    keys = keys_of(folder / "evidence.trail")
    run = Verification(parse_policy((folder / "policy").read_bytes()))
    ours = theirs = 0.0
    entries = signatures = 0
    clock = time.perf_counter
    with (folder / "evidence.trail").open("rb") as stream:
        items = read_evidence(stream)
        while True:
            start = clock()
            taken = list(islice(items, SLICE))
            for item in taken:
                run.take(item)
            ours += clock() - start
            if not taken:
                break
            checks = checks_of(taken, keys)
            start = clock()
            for key, signature, message in checks:
                key.verify(signature, message)
            theirs += clock() - start
            entries += sum(isinstance(item, EntryItem) for item in taken)
            signatures += len(checks)
    start = clock()
    report = run.finish()
    ours += clock() - start
    if report.verdict is not Verdict.INTACT:
        raise SystemExit(f"the bench's own history does not verify: {report.findings[:3]}; build it anew with --fresh")
    return ours, theirs, entries, signatures


def peak(folder: Path) -> tuple[int, int, float]:
    """Verify a file in this process, which does nothing else: its peak memory in bytes, entries, seconds."""
    start = time.perf_counter()
    report = verify(folder / "evidence.trail", (folder / "policy").read_bytes())
    spent = time.perf_counter() - start
    if report.verdict is not Verdict.INTACT:
        raise SystemExit(f"the bench's own history does not verify: {report.findings[:3]}; build it anew with --fresh")
    return peak_memory(), report.size, spent


def peak_memory() -> int:
    """The most memory that this process has held, in bytes; on Linux without what its parent held before it began."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return kib * (1 if sys.platform == "darwin" else 1024)


def child(what: str, folder: Path) -> list[float]:
    """Run `interleaved` or `peak` in a new process, which has nothing cached and shares no memory with this one."""
    command = [sys.executable, str(Path(__file__).resolve()), what, str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: list[float] = json.loads(done.stdout)
    return found


def verification(folder: Path, *, quick: bool) -> list[Row]:
    """Every check on, against the bare signature checks."""
    rounds = [child("interleaved", folder) for _ in range(2 if quick else 3)]
    found = spread([theirs / ours for ours, theirs, _, _ in rounds])
    ours, theirs = (spread([row[side] for row in rounds]) for side in (0, 1))
    entries, signatures = int(rounds[0][2]), int(rounds[0][3])
    notes = (
        f"{micro(ours.median, entries)} an act in all, {micro(theirs.median, entries)} for {signatures:,} bare checks",
        f"one core, slices of {SLICE:,} in turn, {len(rounds)} processes; the other side has keys and messages ready",
    )
    against = "the bare signature checks of the same acts, one core"
    return [
        Row(f"full verification of {entries:,} acts", against, *found, "at least 0.85", found.median >= 0.85, notes)
    ]


def memory(folder: Path, small: Path, *, quick: bool) -> list[Row]:
    """How much peak memory each further act costs."""
    growths: list[float] = []
    notes: list[str] = []
    many = few = 0.0
    for _ in range(1 if quick else 3):
        (large, many, spent), (little, few, _) = child("peak", folder), child("peak", small)
        growths.append((large - little) / (many - few))
        notes = [
            f"{large / 2**20:.1f} MiB for {int(many):,} acts, {little / 2**20:.1f} MiB for {int(few):,}",
            f"verify() of the whole file takes {micro(spent, int(many))} an act",
        ]
    found = spread(growths)
    against = f"the same of {int(few):,} acts"
    job = f"peak memory of the verification of {int(many):,} acts"
    return [Row(job, against, *found, "at most 300 bytes an act", found.median <= 300, tuple(notes), "bytes an act")]


if __name__ == "__main__":
    work = {"interleaved": interleaved, "peak": peak}[sys.argv[1]]
    print(json.dumps(work(Path(sys.argv[2]))))
