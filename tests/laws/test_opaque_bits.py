"""
No bit of the evidence file of an opaque log can be flipped without being noticed, not even with the file sealed anew.

The file is short, so every bit of it is flipped, with the closing digest recomputed, so that the framing alone would
notice nothing; of the other ways, every seventh.  A verifier that compares neither roots nor states is the control.
"""

from __future__ import annotations

import io
from collections import Counter
from functools import cache

import pytest
from tests.evidence.kit import NOW, witness_key
from tests.evidence.opaque_kit import OpaqueLog
from tests.laws.test_bit_flips import flipped

from trail.evidence.file import StateItem, write_evidence
from trail.evidence.states import States
from trail.verify import Verdict, Verification, verify

CLOSING = 37  # bytes of the last frame, which a sealed file has right


@cache
def small(*, withheld: bool = False) -> tuple[bytes, str]:
    """The evidence of three events with two checkpoints, of which the last is cosigned, and the inspector's policy."""
    log = OpaqueLog()
    log.event("shelf-1", 1, state=b"\x00")
    log.event(bytes(range(16)), 0, id_kind="uuid", state=b"")
    log.event("shelf-1", 2, state=b'{"n": 2}')
    notes = [log.checkpoint(2), log.checkpoint(None, {"dic": NOW + 90})]
    items = log.items(notes)
    if withheld:
        hidden = log.withheld()  # with a checkpoint of its own, which is left out
        items = [hidden[0], *items[1:3], *hidden[2:]]
    stream = io.BytesIO()
    write_evidence(stream, items)
    return stream.getvalue(), log.policy(witnesses={"w": witness_key("dic")}, quorum="w")


def accepted(*, sealed: bool, withheld: bool = False, step: int = 1) -> tuple[list[int], Counter[str]]:
    """The bits whose flip the verifier calls intact, and how the others were called."""
    data, policy = small(withheld=withheld)
    verdicts: Counter[str] = Counter()
    bad = []
    for bit in range((len(data) - (CLOSING if sealed else 0)) * 8)[::step]:
        report = verify(flipped(data, bit, sealed=sealed), policy)
        verdicts[report.verdict.value] += 1
        verdicts["internal"] += "INTERNAL_ERROR" in report.counts
        if report.verdict is Verdict.INTACT:
            bad.append(bit)
    return bad, verdicts


@pytest.mark.parametrize("withheld", [False, True])
def test_the_file_itself_is_intact(withheld: bool) -> None:
    assert verify(*small(withheld=withheld)).verdict is Verdict.INTACT


@pytest.mark.parametrize(
    ("sealed", "withheld", "step"), [(True, False, 1), (True, True, 7), (False, False, 7), (False, True, 7)]
)
def test_no_flipped_bit_is_intact(sealed: bool, withheld: bool, step: int) -> None:
    bad, verdicts = accepted(sealed=sealed, withheld=withheld, step=step)

    assert bad == []
    assert verdicts["internal"] == 0, "a flipped bit never stops the verifier itself"
    assert verdicts["altered"] > 2_000 // step, "found by the tree and the digests, not by the framing"


def test_a_verifier_that_compares_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def take(self: States, item: StateItem) -> None:
        self._event = None

    def compare(self: Verification, size: int) -> None:
        if size in self.anchors.by_size:
            self._roots[size] = self.anchors.by_size[size].checkpoint.root

    monkeypatch.setattr(States, "take", take)
    monkeypatch.setattr(Verification, "_compare_root", compare)

    assert len(accepted(sealed=True, step=7)[0]) > 100
