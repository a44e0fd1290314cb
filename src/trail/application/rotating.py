"""
A log's key gives way to another: recorded by two registrars, signed by both keys, and taken over by the signer's state.

The steps stand in an order in which every crash leaves something that the next call goes on from, and in which nothing
is ever signed by a wrong key: (1) a last checkpoint under the old key; (2) the event; from then on the old key signs
nothing more; (3) the state goes to the new key, with its peaks; (4) the first checkpoint under the new key.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from typing import NamedTuple

from trail.aggregates import LogKeyRotated
from trail.application.opening import check_signer, state_path
from trail.application.trail import Trail
from trail.clock import Clock
from trail.errors import CallerError
from trail.evidence.lineage import PLANNED
from trail.signing import LOG_ED25519, NoteKey, PublicKey, Signer, log_key_messages, vet
from trail.store import CheckpointSigner, IssuedCheckpoint


class Rotated(NamedTuple):
    """A rotation that is done: its position, the first checkpoint under the new key, that key as policies name it."""

    position: int
    checkpoint: IssuedCheckpoint
    key: NoteKey


def rotate_log_key(
    url: str | os.PathLike[str],
    *,
    old: Signer | PublicKey,
    new: Signer,
    state: str | os.PathLike[str],
    registrars: Sequence[tuple[str, Signer]],
    reason: str = PLANNED,
    compromised_since: dt.datetime | int | None = None,
    origin: str | None = None,
    clock: Clock | None = None,
) -> Rotated:
    """
    Give the log at *url* a new key; asked again, go on where it was broken off.

    *old* signs where the rotation is ``planned``; where the old key was ``lost`` or ``compromised`` its public half is
    enough, and nobody asks it.  *state* is the checkpoint signer's file.  Two *registrars* sign.

    Raises:
        CallerError: Keys, state and log do not belong together; see also `CheckpointSigner.switch`.
        ActRefused: The log refuses the rotation: a key of somebody's else, one that was the log's already.
        KeyRefused: The new key is weak.
        StoreFailed: As `CheckpointSigner.issue`; nothing was signed.
    """
    check_signer(new, "the new log key")
    path = state_path(new, state)
    vet(new.public)
    public = old if isinstance(old, PublicKey) else old.public
    with Trail.open(url, origin=origin, clock=clock) as trail:
        signer = CheckpointSigner(path, new)
        held = signer.state()
        keys = trail.registry().log_keys
        if held.key not in (public.id, new.public.id, *(one.public.id for one in keys)):
            raise CallerError("the signer's state is of neither key", code="STATE_OTHER_KEY", expected=held.key,
                              found=public.id, advice="Name the log's key of today as the old one.")  # fmt: skip
        if not keys or keys[-1].public.id != new.public.id:
            if held.key == new.public.id:
                raise CallerError("this is the log's key already", code="STATE_OTHER_KEY", found=new.public.id,
                                  advice="Make a new key: trail keys new.")  # fmt: skip
            if reason == PLANNED:
                check_signer(old, "the old log key")
                CheckpointSigner(path, old).issue(trail.reader)  # type: ignore[arg-type]
            event = _event(trail.origin, public, old, new, reason, compromised_since)
            position = trail.registering(registrars).record(event).position
        else:
            position = keys[-1].since
        signer.switch(trail.reader)
        return Rotated(position, signer.issue(trail.reader), NoteKey(trail.origin, LOG_ED25519, new.public.raw))


def _event(
    origin: str, public: PublicKey, old: object, new: Signer, reason: str, since: dt.datetime | int | None
) -> LogKeyRotated:
    by_old, by_new = log_key_messages(origin, public, new.public)
    vouched = old.sign(by_old) if reason == PLANNED and not isinstance(old, PublicKey) else None  # type: ignore[attr-defined]
    return LogKeyRotated(
        old=public.raw,
        key=new.public.raw,
        possession=new.sign(by_new),
        vouched=vouched,
        reason=reason,
        compromised_since=since,
        old_suite=public.suite,
        suite=new.public.suite,
    )
