"""
A register of the uses of an office's seal: an ordinary eventsourcing application that knows nothing of trail.

    python examples/seal_register.py

It keeps its events wherever the environment says, in memory where it says nothing.
"""

from __future__ import annotations

from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event


class SealUse(Aggregate):
    """One use of the seal: asked for, then approved or declined."""

    @event("Requested")
    def __init__(self, document: str, by: str) -> None:
        self.document = document
        self.by = by
        self.answer = "open"

    @event("Approved")
    def approve(self, by: str) -> None:
        self.answer = f"approved by {by}"

    @event("Declined")
    def decline(self, by: str) -> None:
        self.answer = f"declined by {by}"


class SealRegister(Application[UUID]):
    """The register."""

    log_section_size = 1000

    def request(self, document: str, by: str) -> UUID:
        use = SealUse(document=document, by=by)
        self.save(use)
        return use.id

    def answer(self, use_id: UUID, *, approved: bool, by: str) -> None:
        use: SealUse = self.repository.get(use_id)
        if approved:
            use.approve(by=by)
        else:
            use.decline(by=by)
        self.save(use)

    def uses(self) -> list[SealUse]:
        found = self.notification_log.select(start=1, limit=self.log_section_size)
        return [self.repository.get(use_id) for use_id in dict.fromkeys(n.originator_id for n in found)]


if __name__ == "__main__":
    with SealRegister() as register:
        if not register.uses():
            contract = register.request("合同 2026-017", by="p-003")
            letter = register.request("介绍信 2026-044", by="p-005")
            register.answer(contract, approved=False, by="p-001")
            register.answer(letter, approved=True, by="p-001")
        for use in register.uses():
            print(f"{use.document}: {use.answer}")
