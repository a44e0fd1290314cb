"""
Checkpoints and cosignatures, each durable before it is given out, beside the least that such a promise costs.

The floor of a checkpoint: one bare Ed25519 signature, a small file replaced durably (the signer's state), and one row
committed by SQLite (the release).  The floor of a cosignature: one bare signature and one row changed and committed.
Both floors are written with the standard library and `cryptography` alone, with the settings of the side they stand
beside.  Over HTTP a witness is asked by this library's client on a connection of its own each time, as logs do.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from history import key_of
from timing import Row, micro, spread, timed

from trail.clock import SystemClock
from trail.merkle import (
    Checkpoint,
    Frontier,
    Hash,
    format_checkpoint,
    leaf_hash,
    prove_consistency,
)
from trail.signing import LOG_ED25519, NoteKey, format_note, sign_note
from trail.store import Database, Reader, create_log
from trail.store.checkpoints import CheckpointSigner
from trail.store.queries import INSERT_ENTRY, MOVE_HEAD
from trail.witness import Witness, format_request, parse_request
from trail.witness.client import WitnessClient
from trail.witness.running import Running

BEFORE = 10_000  # entries that are there already
NEW = 10  # entries between two checkpoints
ORIGIN = "bench.example/witnessed"
NAME = "bench.example/witness"


def checkpoints(folder: Path, *, quick: bool) -> list[Row]:
    """A checkpoint for each ten new entries: read back, compared with the head, signed, durable, released."""
    scratch = Path(tempfile.mkdtemp(dir=folder))
    rounds = 60 if quick else 300
    try:
        with Database(scratch / "trail.db", mode="create") as database:
            log = _Growing(database)
            log.grow(BEFORE)
            reader, key = Reader(database), key_of("log")
            signer = CheckpointSigner.create(scratch / "state", key, ORIGIN)
            signer.issue(reader)
            floor = _Floor(scratch)
            state = (scratch / "state").stat().st_size
            times = []
            for turn in range(rounds + rounds // 10):
                log.grow(NEW)
                one = (timed(lambda: signer.issue(reader)), timed(lambda: floor.checkpoint(state)))
                if turn >= rounds // 10:
                    times.append(one)
            issued = reader.checkpoint()
            if issued is None or issued.size != log.frontier.size:
                raise RuntimeError("the last checkpoint is not of the last entry")
            floor.close()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    ratio = spread([floor_time / ours for ours, floor_time in times])
    ours = spread([pair[0] for pair in times])
    notes = (
        f"{micro(ours.median)} a checkpoint of {NEW} new entries: {1 / ours.median:,.0f}/s",
        f"the floor {micro(spread([pair[1] for pair in times]).median)}",
        "the floor: Ed25519 signature, file replaced durably, one row committed (WAL, FULL)",
    )
    return [Row("checkpoint, durable and released", "the floor of the same promise", ratio.median, ratio.low,
                ratio.high, "none set", None, notes)]  # fmt: skip


def cosignatures(folder: Path, *, quick: bool) -> list[Row]:
    """A cosignature for each of many trees that grow by ten entries, in this process and over HTTP."""
    scratch = Path(tempfile.mkdtemp(dir=folder))
    rounds = 60 if quick else 400
    try:
        return _cosignatures(scratch, rounds)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _cosignatures(scratch: Path, rounds: int) -> list[Row]:
    log_key = NoteKey(ORIGIN, LOG_ED25519, key_of("log").public.raw)
    requests = _requests(2 * rounds)
    clock = SystemClock()
    with Witness(scratch / "witness.db", key_of("witness"), NAME, [log_key], new=True) as witness:
        floor = _Floor(scratch, journal="TRUNCATE")
        direct, least, remote = [], [], []
        for body in requests[:rounds]:
            direct.append(timed(lambda given=body: witness.sign(given, clock.now())))  # type: ignore[misc]
            least.append(timed(floor.cosignature))
        with _served(witness) as url:
            client = WitnessClient("w", witness.key, url)
            for body in requests[rounds:]:
                read = parse_request(body)
                note = format_note(read.note.text, read.note.lines)
                remote.append(timed(lambda r=read, n=note: _ask(client, r.old, r.proof, n)))  # type: ignore[misc]
                least.append(timed(floor.cosignature))
        latest = witness.latest(ORIGIN)
        if latest is None or latest[0] != BEFORE + NEW * (2 * rounds - 1):
            raise RuntimeError("not everything was cosigned")
        floor.close()
    rows = []
    for times, beside, job in ((direct, least[:rounds], "cosignature, durable"),
                               (remote, least[rounds:], "cosignature over HTTP, a connection each")):  # fmt: skip
        ratio = spread([low / own for own, low in zip(times, beside, strict=True)])
        median = spread(times).median
        notes = (
            f"{micro(median)} each: {1 / median:,.0f}/s; the floor {micro(spread(beside).median)}",
            "the floor: Ed25519 signature, one row changed and committed (TRUNCATE, FULL)",
        )
        rows.append(Row(job, "the floor of the same promise", *ratio, "none set", None, notes))
    return rows


def _ask(client: WitnessClient, old: int, proof: Sequence[bytes], note: str) -> None:
    answer = client.add_checkpoint(old, proof, note)
    if answer.kind != "cosigned":
        raise RuntimeError(answer.message)


class _served:
    """The witness's service in a thread of its own; an address while it lasts."""

    def __init__(self, witness: Witness) -> None:
        self._running = Running(witness, SystemClock(), port=0)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._running.run, args=(self._ready.set,), daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        if not self._ready.wait(30):
            raise TimeoutError("the service did not start")
        return self._running.url

    def __exit__(self, *_: object) -> None:
        self._running.stop()
        self._thread.join(60)


class _Growing:
    """A log whose rows have the shape of the store's and whose entries are numbers."""

    def __init__(self, database: Database) -> None:
        self.frontier = Frontier()
        self._database = database
        self._log = create_log(database, ORIGIN, created=0)

    def grow(self, entries: int) -> None:
        rows = []
        for position in range(self.frontier.size + 1, self.frontier.size + entries + 1):
            entry = b"synthetic entry %d" % position
            hashes = self.frontier.append(leaf_hash(entry))
            rows.append((self._log, position, f"s{position}", 1, position.to_bytes(16, "big"), "Synthetic@1", None,
                         False, 0, hashes, entry))  # fmt: skip
        with self._database.writing() as tx:
            tx.run_many(INSERT_ENTRY, rows)
            tx.run(MOVE_HEAD, self.frontier.size, self.frontier.to_bytes(), 0, 0, self._log)


def _requests(number: int) -> list[bytes]:
    """So many requests, each for a tree that extends the one before."""
    frontier, stored, made, old = Frontier(), dict[tuple[int, int], Hash](), list[bytes](), 0
    signer = key_of("log")
    for position in count(1):
        row = frontier.append(leaf_hash(b"synthetic entry %d" % position))
        for level in range(len(row) // 32):
            stored[level, (position >> level) - 1] = row[32 * level :][:32]
        if position < BEFORE or (position - BEFORE) % NEW:
            continue
        text = format_checkpoint(Checkpoint(ORIGIN, position, frontier.root()))
        note = format_note(text, [sign_note(text, ORIGIN, signer)])
        proof = prove_consistency(old, position, lambda nodes: [stored[node] for node in nodes]) if old else []
        made.append(format_request(old, proof, note))
        old = position
        if len(made) == number:
            break
    return made


class _Floor:
    """What the promises cost at least: a signature, a file replaced, a row committed."""

    def __init__(self, folder: Path, *, journal: str = "WAL") -> None:
        self._folder = folder
        self._key = Ed25519PrivateKey.generate()
        self._database = sqlite3.connect(folder / "floor.db", isolation_level=None)
        if self._database.execute(f"PRAGMA journal_mode={journal}").fetchone()[0] != journal.lower():
            raise RuntimeError("the journal is another one")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE kept (number INTEGER PRIMARY KEY, text TEXT)")
        self._database.execute("INSERT INTO kept VALUES (0, '')")
        self._number = 0

    def checkpoint(self, state: int) -> None:
        """Sign, replace a file of *state* bytes, commit a row."""
        self._key.sign(self._text().encode())
        beside = self._folder / "floor.new"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(descriptor, bytes(state))
        os.fsync(descriptor)
        os.close(descriptor)
        os.replace(beside, self._folder / "floor")
        directory = os.open(self._folder, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)
        self._commit("INSERT INTO kept (text) VALUES (?)")

    def cosignature(self) -> None:
        """Sign, commit a row."""
        self._key.sign(self._text().encode())
        self._commit("UPDATE kept SET text = ? WHERE number = 0")

    def _text(self) -> str:
        """Another one each time: SQLite writes nothing where nothing changes."""
        self._number += 1
        return f"{self._number:250}"

    def _commit(self, statement: str) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute(statement, (self._text(),))
        self._database.execute("COMMIT")

    def close(self) -> None:
        self._database.close()
