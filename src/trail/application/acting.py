"""
Acting: somebody, in a post, with a key; and the registrars, who act for the registry.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from trail.aggregates.attending import FactOnly
from trail.aggregates.base import ActBase, EventData
from trail.application.drafts import Attachment, Circumstances, Draft, draft
from trail.errors import CallerError
from trail.evidence.authority import ASSIGNED
from trail.evidence.record import Performer, Seen, SignerRef
from trail.evidence.registry import REVOKED, TWO_REGISTRARS
from trail.signing import KeyFile, PrivateKey, Signer
from trail.store import Ack

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from trail.application.trail import Trail

IN_PROCESS: Final = (PrivateKey, KeyFile)


def trusted_keys(signers: Iterable[Signer]) -> frozenset[bytes]:
    """
    The keys whose signatures need no second check, since a key object of ours makes them in this process.

    A signer of another class may be anything (a card, a service, a test double): its signatures are checked in full.
    """
    return frozenset(signer.public.id for signer in signers if type(signer) in IN_PROCESS)


def event_id(given: bytes | uuid.UUID | None) -> bytes:
    """An event id of 16 bytes; random if none is given."""
    if given is None:
        return uuid.uuid4().bytes
    data = given.bytes if isinstance(given, uuid.UUID) else given
    if len(data) != 16:
        raise CallerError("an event id is a UUID or 16 bytes", found=given)
    return data


class Acting:
    """
    A person acting in a post, signing with *signer*; made by `Trail.acting`.

    ``hand`` follows from the act and the post: ``own`` where the person is among the performers or a body acts
    through the post, ``recorded`` where the post is a recorder's, otherwise ``imported``.
    """

    def __init__(self, trail: Trail, person: str, post: str, signer: Signer | None) -> None:
        self.trail = trail
        self.person = person
        self.post = post
        self._signer = signer

    def prepare(
        self,
        act: ActBase,
        *,
        id: bytes | uuid.UUID | None = None,
        after: int | None = None,
        attachments: Iterable[Attachment] = (),
        classification: str = "internal",
        key: bytes | None = None,
        seen: Seen | None = None,
    ) -> Draft:
        """
        Make an act ready to sign, here or elsewhere; *key* is the id of the key that will sign, if not *signer*'s.

        *after* is the version of the stream that the signer had seen, by default its last one now; *seen* is the
        checkpoint that a signer elsewhere holds (`trail.application.seeing.seen_of`), by default what this log holds.

        Raises:
            CallerError: The act does not fit; the message names what.
        """
        event = act.event()
        files = tuple(attachments)
        if files and isinstance(act, FactOnly):
            advice = "Leave the files out and keep them where they belong; nothing was recorded."
            raise CallerError(f"{act.TYPE.name} takes no files: {act.WHY}", code="FACT_ONLY", advice=advice)
        chosen = event_id(id)
        if id is not None and event.happened is None:
            # Asked twice: "now" is the moment of the first call, or the same act would look like another one.
            event = replace(event, happened=self.trail.happened(chosen))
        stream, last = self.trail.place(event, chosen)
        if key is None:
            if self._signer is None:
                raise CallerError("name the key that will sign, or give a signer to acting()")
            key = self._signer.public.id
        performers, hand = self._performers(event)
        about = Circumstances(
            origin=self.trail.origin,
            event_id=chosen,
            stream=stream,
            after=last if after is None else after,
            hand=hand,
            performers=performers,
            signers=(SignerRef(self.person, self.post, key),),
            unit=event.unit or self.trail.unit_of(self.post),
            seen=self.trail.seen if seen is None else seen,
            classification=classification,
            now=self.trail.now(),
        )
        return draft(event, about, files)

    def _performers(self, event: EventData) -> tuple[tuple[Performer, ...], str]:
        if not event.performers:
            return (Performer("person", self.person, self.post),), "own"
        rows = tuple(sorted(p if p.post else p._replace(post=self._post_of(p)) for p in event.performers))
        own = any(
            (p.kind == "person" and (p.who, p.post) == (self.person, self.post))
            or (p.kind == "body" and p.post == self.post and self.trail.through(p.who) == self.post)
            for p in rows
        )
        return rows, "own" if own else self.trail.hand_of(self.post)

    def _post_of(self, performer: Performer) -> str:
        """The post left open: a body's own, or the one in which the signer acts."""
        if performer.kind == "body":
            return self.trail.through(performer.who) or ""
        return self.post

    def record(
        self,
        act: ActBase,
        *,
        id: bytes | uuid.UUID | None = None,
        after: int | None = None,
        attachments: Iterable[Attachment] = (),
        classification: str = "internal",
        connection: Connection | None = None,
    ) -> Ack:
        """
        Prepare, sign and submit in one call; returns once the act is durable.

        With *connection*, the append is the last step of the host's own transaction.  Asking again with the same *id*
        and content gives the first acknowledgement again.

        Raises:
            CallerError: See `prepare`; `ActRefused`, `IdReused` and `StreamMoved` as the store raises them.
            EnvironmentFailed: It could not be made durable; nothing was recorded.
        """
        signer = self._need_signer()
        one = self.prepare(act, id=id, after=after, attachments=attachments, classification=classification)
        return self.trail.submit(one, [signer.sign(one.message)], trusted=trusted_keys((signer,)),
                                 connection=connection)  # fmt: skip

    def record_many(
        self,
        acts: Iterable[ActBase],
        *,
        ids: Iterable[bytes | uuid.UUID | None] = (),
        classification: str = "internal",
    ) -> list[Ack]:
        """
        Record several acts in one transaction: all of them or none.

        With *ids*, one for each act, the same batch may be asked for twice.

        Raises:
            CallerError, EnvironmentFailed: As `record`; then none was recorded.
        """
        signer = self._need_signer()
        rows = zip_longest(acts, ids) if ids else ((act, None) for act in acts)
        seen = self.trail.seen
        drafts = [self.prepare(act, id=chosen, classification=classification, seen=seen) for act, chosen in rows]
        return self.trail.submit_many(
            [(one, [signer.sign(one.message)]) for one in drafts], trusted=trusted_keys((signer,))
        )

    def _need_signer(self) -> Signer:
        if self._signer is None:
            raise CallerError("give a signer to acting(), or use prepare() and submit()")
        return self._signer


class Registering:
    """Registrars acting for the registry, each with a signer; made by `Trail.registering`."""

    def __init__(self, trail: Trail, signers: Sequence[tuple[str, Signer]]) -> None:
        self.trail = trail
        self._signers = tuple(signers)

    def prepare(self, act: ActBase, *, id: bytes | uuid.UUID | None = None, keys: Sequence[tuple[str, bytes]]) -> Draft:
        """Make a registry event ready to sign by *keys*: (person, key id) of each registrar; raises `CallerError`."""
        event = act.event()
        chosen = event_id(id)
        if id is not None and event.happened is None:
            event = replace(event, happened=self.trail.happened(chosen))  # as in `Acting.prepare`
        stream, last = self.trail.place(event, chosen)
        about = Circumstances(
            origin=self.trail.origin,
            event_id=chosen,
            stream=stream,
            after=last,
            hand="own",
            performers=tuple(sorted({Performer("person", person, "") for person, _ in keys})),
            signers=tuple(sorted((SignerRef(p, "", key) for p, key in keys), key=lambda row: row.key)),
            unit=None,
            seen=self.trail.seen,
            classification="internal",
            now=self.trail.now(),
        )
        return draft(event, about)

    def found(self, act: ActBase) -> Ack:
        """Record the genesis, signed by every one of the registrars; raises as `record`."""
        by_key = {signer.public.id: signer for _, signer in self._signers}
        one = self.prepare(act, keys=[(person, signer.public.id) for person, signer in self._signers])
        return self.trail.submit(one, [by_key[ref.key].sign(one.message) for ref in one.statement.signers])

    def record(self, act: ActBase, *, id: bytes | uuid.UUID | None = None) -> Ack:
        """
        Prepare, sign by as many registrars as the type needs (one or two), and submit.

        Raises:
            CallerError, EnvironmentFailed: As `Acting.record`.
        """
        return self.record_many([act], ids=[id])[0]

    def record_many(self, acts: Iterable[ActBase], *, ids: Sequence[bytes | uuid.UUID | None] = ()) -> list[Ack]:
        """Record several registry events in one transaction: all of them or none; raises as `record`."""
        rows = []
        for number, act in enumerate(acts):
            signers = self._chosen(act.type_key)
            by_key = {signer.public.id: signer for _, signer in signers}
            one = self.prepare(act, id=ids[number] if ids else None, keys=[(p, s.public.id) for p, s in signers])
            rows.append((one, [by_key[ref.key].sign(one.message) for ref in one.statement.signers]))
        return self.trail.submit_many(rows, trusted=trusted_keys(signer for _, signer in self._signers))

    def _chosen(self, type_key: str) -> tuple[tuple[str, Signer], ...]:
        """Both registrars where two are needed, or may be; one for the rest of the roster."""
        if type_key in TWO_REGISTRARS and len(self._signers) < 2:
            raise CallerError(f"{type_key} needs the signatures of two registrars", expected=2,
                              found=len(self._signers))  # fmt: skip
        two = type_key in TWO_REGISTRARS or type_key in (ASSIGNED, REVOKED)
        return self._signers[: 2 if two else 1]
