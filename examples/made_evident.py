"""
The seal register made tamper-evident by two variables, and two people with access to its database found out.

    python examples/made_evident.py FOLDER

The first changes one word by SQL: the application believes it, the columns no longer are what the entries say.  The
second knows the format and rewrites entry, hashes and head so that everything fits again: only the checkpoint, which
was signed with a key that the database's administrator does not have, says otherwise.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

from trail import Log, PrivateKey, audit
from trail.evidence.opaque import decode_opaque, encode_opaque
from trail.merkle import Frontier, leaf_hash
from trail.signing import LOG_ED25519, NoteKey, format_policy

APPLICATION = Path(__file__).with_name("seal_register.py")
DECLINED, APPROVED = b"__main__:SealUse.Declined", b"__main__:SealUse.Approved"


def run(database: Path) -> str:
    """Run the application, which knows nothing of trail, with the two variables; gives what it prints."""
    two = {"PERSISTENCE_MODULE": "trail.store", "TRAIL_URL": str(database)}
    done = subprocess.run(
        [sys.executable, APPLICATION], env={**os.environ, **two, "PYTHONUTF8": "1"}, check=True, capture_output=True
    )  # fmt: skip
    return done.stdout.decode()


def simply(database: Path) -> None:
    """Make what was declined approved."""
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE opaque SET topic = ? WHERE topic = ?", (APPROVED.decode(), DECLINED.decode()))
    connection.close()


def thoroughly(database: Path) -> None:
    """The same, with everything beside it computed anew."""
    with sqlite3.connect(database) as connection:
        frontier = Frontier()
        rows = connection.execute("SELECT position, entry FROM opaque ORDER BY position").fetchall()
        for position, entry in rows:
            event = decode_opaque(entry, position)
            topic = APPROVED if event.topic == DECLINED else event.topic
            entry = encode_opaque(
                event.id_kind, event.originator, event.version, topic, event.digest, event.size, event.recorded
            )
            values = (topic.decode(), entry, frontier.append(leaf_hash(entry)), position)
            connection.execute("UPDATE opaque SET topic = ?, entry = ?, hashes = ? WHERE position = ?", values)
        connection.execute("UPDATE head SET peaks = ?", (frontier.to_bytes(),))
    connection.close()


def main(folder: Path) -> None:
    """Record, adopt, sign, verify; alter copies, verify them."""
    database = folder / "events.db"
    print(run(database), end="")

    key = PrivateKey.generate()
    with Log.adopt(database, log_key=key, state=folder / "log-state") as log:
        log.checkpoint()
        policy = format_policy(logs=[NoteKey(log.origin, LOG_ED25519, key.public.raw)])
    report = audit(database, policy)
    print(f"{report.verdict.value}: positions 1 to {report.anchored}, order and integrity; signed by nobody")

    for alter in (simply, thoroughly):
        copy = folder / f"{alter.__name__}.db"
        shutil.copy(database, copy)
        alter(copy)
        believed = run(copy).splitlines()[0]
        report = audit(copy, policy)
        codes = ", ".join(sorted({f"{finding.code} at {finding.position}" for finding in report.findings}))
        print(f"altered {alter.__name__}; the application says “{believed}”; verified: {report.verdict.value}, {codes}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python examples/made_evident.py FOLDER   (a folder that exists and is empty)")
    main(Path(sys.argv[1]))
