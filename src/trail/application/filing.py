"""
Filing as witnessing: what is filed upward takes a fresh checkpoint with it.

The regulation has lists and reports handed to bodies above on six dates of a year (10 and 31 January, 20 and 30 April,
10 and 31 July), and other reports as they come.  Each is a moment at which somebody outside the house holds something
anyway; a checkpoint that goes with it, cosigned by the recipient's own key, anchors everything that was recorded until
then, and nobody does anything for it beside filing.

So a `Trail` that has its log key issues a checkpoint by itself when such an act is committed, and where it knows
witnesses with urls it asks them, in the background.  For a recipient whose network no request reaches, `along` gives
what is carried there: the proof that the filing stands in the log, its entry, and the request to the recipient.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from trail.application.exposure import last_cosigned
from trail.application.runner import warn
from trail.errors import CallerError, TrailError
from trail.signing import Policy
from trail.store import IssuedCheckpoint
from trail.witness.protocol import request

if TYPE_CHECKING:
    from trail.application.log import Log

FILED_UPWARD: Final = frozenset(
    (
        "ListFiledForRecord@1",  # 三（一）3: both lists, to the commission for discipline or the stationed group
        "ReportFiled@1",  # 三（三）1: the two half-yearly reports, to the level above and its commission
        "DutyIntegrityReported@1",  # 三（三）2: reports on duty and integrity, to the commission and the committee
        "IssueEscalated@1",  # 二（一）4, 二（二）3, 二（三）4: serious issues, reported upward at once
        "AccountabilityProposed@1",  # 二（二）6: a proposal to hold somebody accountable, to committee and commission
    )
)
"""
The acts by which the regulation has something handed to a body above: each names its recipients, who stand outside the
hands that run the database.  That personal matters were reported is not among them: the form goes its own way, and the
log holds the bare fact.  Nor are receipts and evaluations, which come back down.
"""

LOCK_WAIT: Final = 1.0
"""Seconds to wait for the checkpoint signer after a filing: another process that holds it signs for all anyway."""


class Along(NamedTuple):
    """
    What goes along with a filing: the ``proof`` (c2sp.org/tlog-proof@v1) that the act at ``position`` stands in the
    log, its ``entry``, and for a named witness the ``request`` from the size ``since`` that it last cosigned.
    """

    position: int
    entry: bytes
    proof: str
    issued: IssuedCheckpoint
    request: bytes | None
    since: int | None


def goes_upward(types: Iterable[str]) -> bool:
    """Whether one of these acts, by type and version, is filed upward."""
    return not FILED_UPWARD.isdisjoint(types)


def after_filing(log: Log) -> None:
    """
    A fresh checkpoint after a filing was committed, and the witnesses asked; never fails, never waits for a network.

    With witnesses it is a round in the background, so that nothing is signed before they were asked whether another
    instance goes on.  Without them it is signed here.  What fails is a warning, and shows as exposure.
    """
    if not log.can_sign:
        return
    try:
        if log.witnesses is not None:
            log.anchoring().ask()
        else:
            log.checkpoint(wait=LOCK_WAIT)
    except Exception as error:  # a signer of the host's may fail in its own way; the act is recorded all the same
        what = error if isinstance(error, TrailError) else repr(error)
        warn(f"a filing was recorded, but no checkpoint could be signed for it: {what}")


def along(
    log: Log, position: int, *, policy: Policy | None = None, to: str | None = None, since: int | None = None
) -> Along:
    """
    What goes along with the act at *position*; with *to* the request for that witness of *policy*.

    A checkpoint is issued if none covers the act and the log key is at hand.  *since* is the size that the witness has
    recorded, where the cosignatures that are kept do not say it.

    Raises:
        CallerError: No such entry or witness; no checkpoint covers the act and there is no key; or *since* is wrong.
        StoreFailed: As `Log.checkpoint`.
    """
    if to is not None and since is None and (policy is None or to not in policy.witnesses):
        raise CallerError(f"the policy names no witness {to}", code="WITNESS_UNKNOWN", found=to,
                          expected=sorted(policy.witnesses) if policy else None,
                          advice="Use the name on the witness's line in the policy file.")  # fmt: skip
    last = log.reader.checkpoint()
    if (last is None or last.size < position) and log.can_sign:
        log.checkpoint()
    receipt = log.proof(position)
    issued = log.reader.checkpoint()
    if issued is None:
        raise CallerError("no checkpoint was issued yet", code="CHECKPOINT_UNKNOWN")
    if to is None and since is None:
        return Along(position, receipt.entry, receipt.proof, issued, None, None)
    if since is None and policy is not None and to is not None:
        kept = last_cosigned(log.reader, policy, (to,))
        since = kept[to][0] if to in kept else 0
    return Along(position, receipt.entry, receipt.proof, issued, request(log.reader, since or 0), since or 0)
