"""What child processes of the tests run; a module of its own, so that they need not import the tests."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from eventsourcing.persistence import InfrastructureFactory, StoredEvent, Tracking


def batch_of(writer: str, number: int) -> list[StoredEvent]:
    """Batch *number* of one writer: 1 to 60 events, which anyone can make again."""
    count = 1 + int.from_bytes(hashlib.sha256(f"{writer}/{number}".encode()).digest()[:2]) % 60
    return [
        StoredEvent(f"writer {writer}/{number}", version, "topic", f"{writer}/{number}/{version}".encode() * 20)
        for version in range(1, count + 1)
    ]


def write(path: str, writer: str) -> None:
    """Write batches with tracking and a key, printing each acknowledgement, until killed; begins when told."""
    recorder = _factory(path).process_recorder()
    os.write(1, b"ready\n")
    os.read(0, 3)
    for number in range(1, 100_000):
        tracking = Tracking(f"upstream {writer}", number)
        ids = recorder.insert_events(batch_of(writer, number), tracking=tracking, idempotency_key=f"{writer}/{number}")
        assert ids is not None
        os.write(1, f"{number} {ids[0]} {len(ids)}\n".encode())


def follow(path: str, count: str) -> None:
    """Follow the log, printing what is seen, and stop after *count*."""
    factory = _factory(path)
    with factory.application_recorder().subscribe() as subscription:
        print("ready", flush=True)
        for number, notification in enumerate(subscription, 1):
            print(notification.id, notification.originator_id, notification.originator_version, flush=True)
            if number == int(count):
                break
    factory.close()


def _factory(path: str) -> InfrastructureFactory:  # type: ignore[type-arg]
    env = {"PERSISTENCE_MODULE": "trail.store", "TRAIL_URL": f"sqlite:///{Path(path)}", "TRAIL_ORIGIN": "Bills"}
    return InfrastructureFactory.construct(env)


if __name__ == "__main__":
    {"write": write, "follow": follow}[sys.argv[1]](*sys.argv[2:])
