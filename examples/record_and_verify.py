"""
Record a talk, anchor it, and let somebody verify it who trusts neither the database nor its administrator.

    python examples/record_and_verify.py DIR
"""

import sys
import time
from pathlib import Path

from trail import (
    KeyEnrolled,
    PersonRegistered,
    PostAssigned,
    PostCreated,
    PrivateKey,
    TalkHeld,
    Trail,
    UnitEstablished,
    format_policy,
)  # fmt: skip
from trail.signing import COSIGNATURE_ED25519, LOG_ED25519, NoteKey, cosign, parse_note, possession_message
from trail.verify import verify

ORIGIN, WITNESS = "trail.example/jia", "dic.example"
folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
r1, r2, log_key, zhang, witness = (PrivateKey.generate() for _ in range(5))  # five people, each with a key of their own
proof = zhang.sign(possession_message(ORIGIN, "p-001", zhang.public))

with Trail.create(
    folder / "trail.db", origin=ORIGIN, registrars=[("r-1", r1), ("r-2", r2)], log_key=log_key, state=folder / "state"
) as trail:
    trail.registering([("r-1", r1), ("r-2", r2)]).record_many([
        UnitEstablished(unit="jia", kind="college", name="甲学院"),
        PostCreated(post="jia/secretary", unit="jia", kind="secretary", title="书记"),
        PersonRegistered(person="p-001", name="张一"), PersonRegistered(person="p-017", name="李二"),
        PostAssigned(post="jia/secretary", person="p-001", from_="2026-01-01"),
        KeyEnrolled(person="p-001", key=zhang.public.raw, possession=proof),
    ])  # fmt: skip
    talk = TalkHeld(kind="integrity", counterparts=["p-017"], happened="2026-03-05", place="甲学院 301", content="……")
    print("recorded at", trail.acting("p-001", "jia/secretary", zhang).record(talk).position)
    text = parse_note(trail.checkpoint().note).text
    trail.add_cosignatures(cosign(text, WITNESS, witness, int(time.time())))  # in real life, by the witness elsewhere
    trail.export(folder / "evidence.trail")
    policy = format_policy(  # the inspector's own, from another channel
        logs=[NoteKey(ORIGIN, LOG_ED25519, log_key.public.raw)], quorum="dic", genesis=[trail.genesis()],
        witnesses={"dic": NoteKey(WITNESS, COSIGNATURE_ED25519, witness.public.raw)},
    )  # fmt: skip

report = verify(folder / "evidence.trail", policy)
print(report.verdict.value, "for positions 1 to", report.anchored)
sys.exit(report.exit_code)
