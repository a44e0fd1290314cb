"""
A witness in one process, a log in another: a report is filed, the witness goes away, comes back, and catches up.

    python examples/two_houses.py DIR

The extra is needed: pip install 'trail-evidence[witness]'.  In earnest the two processes stand in two houses.
"""

import subprocess
import sys
import time
from pathlib import Path

from trail import (
    KeyEnrolled,
    PersonRegistered,
    PostAssigned,
    PostCreated,
    PrivateKey,
    ReportFiled,
    Trail,
    UnitEstablished,
    Witnesses,
    format_policy,
    write_key_file,
)
from trail.signing import COSIGNATURE_ED25519, LOG_ED25519, NoteKey, possession_message
from trail.verify import verify

ORIGIN, NAME = "trail.example/jia", "dic.example"
folder = Path(sys.argv[1])
theirs, ours = folder / "commission", folder / "university"
theirs.mkdir(parents=True)
ours.mkdir()
r1, r2, log_key, zhang, seal = (PrivateKey.generate() for _ in range(5))
log = NoteKey(ORIGIN, LOG_ED25519, log_key.public.raw)
dic = NoteKey(NAME, COSIGNATURE_ED25519, seal.public.raw)

# --- the commission's house: a key, a memory, a service --------------------------------------------------------------
write_key_file(theirs / "key.pem", seal, "secret")
(theirs / "passphrase").write_text("secret\n")
at_the_witness = ["--state", str(theirs / "state.db"), "--key", str(theirs / "key.pem"),
                  "--passphrase-file", str(theirs / "passphrase")]  # fmt: skip


def witness(*words: str) -> list[str]:
    return [sys.executable, "-m", "trail.cli", "witness", *words, *at_the_witness]


def serve(port: str = "0") -> tuple[subprocess.Popen[str], str]:
    """Start the service; its process and its address."""
    process = subprocess.Popen(witness("serve", "--port", port), stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdout is not None
    return process, next(line.strip() for line in process.stdout if line.startswith("http"))


subprocess.run(witness("init", "--name", NAME, "--log", log.vkey), check=True, stdout=subprocess.DEVNULL)
service, url = serve()

# --- the university's house: a log that knows the witness ------------------------------------------------------------
proof = zhang.sign(possession_message(ORIGIN, "p-001", zhang.public))
place, state = ours / "trail.db", ours / "state"
with Trail.create(place, origin=ORIGIN, registrars=[("r-1", r1), ("r-2", r2)], log_key=log_key, state=state) as made:
    made.registering([("r-1", r1), ("r-2", r2)]).record_many([
        UnitEstablished(unit="uni", kind="university", name="某大学党委"),
        UnitEstablished(unit="dic", kind="commission", name="校纪委", parent="uni"),
        UnitEstablished(unit="jia", kind="college", name="甲学院党委", parent="uni"),
        PostCreated(post="jia/secretary", unit="jia", kind="secretary", title="书记"),
        PersonRegistered(person="p-001", name="张一"),
        PostAssigned(post="jia/secretary", person="p-001", from_="2026-01-01"),
        KeyEnrolled(person="p-001", key=zhang.public.raw, possession=proof),
    ])  # fmt: skip
    policy = format_policy(
        logs=[log], witnesses={"dic": dic}, quorum="dic", genesis=[made.genesis()], urls={dic.vkey: url}
    )
witnesses = Witnesses(policy, limit=5, chance=lambda: -0.9)  # asks again after half a second, so that this is short
with Trail.open(place, log_key=log_key, state=state, witnesses=witnesses) as trail:
    secretary = trail.acting("p-001", "jia/secretary", zhang)

    def file(period: str) -> None:
        """File a report, and say what no witness has seen a moment later."""
        done = secretary.record(
            ReportFiled(subject="principal", period=period, recipients=["uni", "dic"], sent="2026-07-08")
        )
        trail.anchoring().settled(60)
        print(f"report {period} recorded at {done.position}; exposed: {trail.exposure().exposed}")

    file("2025-H1")
    service.terminate()
    service.wait()
    file("2025-H2")  # nobody there: recorded all the same, and shown as exposed
    service, _ = serve(url.rpartition(":")[2].rstrip("/"))
    while trail.exposure().exposed:
        time.sleep(0.1)  # nobody asks again: the background thread does, by its own patience
    print("the witness is back; exposed:", trail.exposure().exposed)
    report = verify(trail.evidence(), policy)
service.terminate()
print(report.verdict.value, "for positions 1 to", report.anchored, "by", *report.anchored_by)
