"""
A round: sign a checkpoint, and ask every witness for a cosignature on it.

Before anything new is signed, the last signed checkpoint is offered again to every witness that can be reached, with
its own size as the old one.  A witness that has recorded a larger tree, which this database never signed, or another
tree of the same size, has seen *another instance* of this log go on: a copy of the database with the signer's state and
the key, or what an old backup was restored from.  Then nothing is signed (``OTHER_INSTANCE``): two checkpoints that
disagree could not be taken back.  What this can't prevent: both instances in the same second, or no witness in reach.

Only the newest checkpoint is offered.  A cosignature on it covers every position below, and a witness that was away for
a month needs one consistency proof, not a month of checkpoints; what it costs is that the positions of that month are
proven from the day it came back, which is no more than what it has seen.

An unreachable witness delays nobody who records: a round runs beside the recording, and ends within a bound.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from trail.application.exposure import Times, last_cosigned, times_of
from trail.errors import CallerError, NoteError, SignatureError, StoreFailed
from trail.evidence.anchors import TOLERANCE
from trail.signing import LOG_ED25519, NoteKey, open_note
from trail.store import IssuedCheckpoint
from trail.store.checkpoints import MAX_COSIGNATURES, MAX_EACH, SignerState
from trail.witness.answers import COSIGNED, FORK, LATER, REFUSED, STALE, STRANGE, Answer
from trail.witness.asking import Witnesses
from trail.witness.client import Monitored, WitnessClient

if TYPE_CHECKING:
    from trail.application.log import Log

AHEAD: Final = "ahead"
WAITING: Final = "waiting"
BY_HAND: Final = "by_hand"
REFRESH_DAYS: Final = 7
"""After so many days a witness is asked again for a checkpoint that it cosigned, or after half of the policy's `fresh`:
a log in which nothing happens must not look as if it were hidden."""
_DAY: Final = 86_400
_ALARMS: Final = frozenset((FORK, AHEAD))
_OWES: Final = frozenset((LATER, WAITING, REFUSED, STRANGE))

OTHER_INSTANCE: Final = "OTHER_INSTANCE"
ADVICE: Final = (
    "Stop this instance, keep its files as they are, and find the other one: a second server on a copy, or the system "
    "that this backup was made from. Only one may go on, the one that the witnesses know; what was recorded in the "
    "other since must be recorded again there."
)


class Asked(NamedTuple):
    """
    How one witness took part in a round.

    ``outcome``: ``cosigned``; ``later`` (it could not answer), ``waiting`` (left alone until then), ``refused`` (a
    configuration is wrong), ``strange`` (no witness's answer), ``by_hand`` (it has no url); or an alarm: ``fork``,
    ``ahead``.  ``code`` says more.  ``size`` is the checkpoint's, ``time`` when it cosigned (POSIX seconds);
    ``stale`` the size that it turned out to have recorded; ``lost`` what it had cosigned before where it now has
    recorded less: it lost its memory, which its operator must be told; ``since`` since when it does not answer,
    ``wait`` after how many seconds it may be asked again.
    """

    name: str
    outcome: str
    code: str
    message: str
    size: int | None = None
    time: int | None = None
    stale: int | None = None
    lost: int | None = None
    since: int | None = None
    wait: float = 0.0

    @property
    def alarm(self) -> bool:
        """Whether it says that there is another tree."""
        return self.outcome in _ALARMS

    @property
    def owes(self) -> bool:
        """Whether it is worth asking again: it could not answer, or not as it should."""
        return self.outcome in _OWES


class Round(NamedTuple):
    """
    What a round left: the checkpoint, with all its cosignatures; how each witness took part; is the quorum met?

    Where the policy says ``fresh``, only cosignatures that are fresh make the quorum.
    """

    issued: IssuedCheckpoint
    asked: tuple[Asked, ...]
    satisfied: bool

    @property
    def alarms(self) -> tuple[Asked, ...]:
        """Those who say that there is another tree."""
        return tuple(one for one in self.asked if one.alarm)


class _Offered(NamedTuple):
    answer: Answer
    stale: int | None


def hold(log: Log, witnesses: Witnesses, stopped: threading.Event | None = None) -> Round:
    """
    Hold a round; without the log key, over the last checkpoint that was issued.  *stopped* cuts it off.

    Raises:
        CallerError: The log is empty, or nothing was issued yet and the log key is not at hand; ``ROUND_CUT_OFF``: it
            was cut off before anything was signed.
        StoreFailed: ``OTHER_INSTANCE``: see above; nothing was signed.  Or as `Log.checkpoint`.
        MissingExtra: The extra `witness` is not installed.
    """
    stopped = stopped or threading.Event()
    with witnesses.round():
        _go_on(stopped)  # another round may have lasted until the log was closed
        return _Holding(log, witnesses, stopped).hold()


def _go_on(stopped: threading.Event) -> None:
    if stopped.is_set():
        raise CallerError("the round was cut off before anything was signed", code="ROUND_CUT_OFF")


class _Holding:
    """One round, as it is held."""

    def __init__(self, log: Log, witnesses: Witnesses, stopped: threading.Event) -> None:
        self._stopped = stopped
        self._log = log
        self._reader = log.reader
        self._witnesses = witnesses
        self._policy = witnesses.policy
        self._now = log.now()
        self._ready = witnesses.ready()
        self._sizes: dict[str, int] = {}
        self._answers: dict[str, Answer] = {}
        self._lost: dict[str, int] = {}
        self._kept = last_cosigned(self._reader, self._policy, witnesses.clients)

    def hold(self) -> Round:
        signed = self._log.signed()
        if signed is not None and (self._log.alarms or self._reader.head().size > signed.size):
            self._before(signed)
        _go_on(self._stopped)
        issued = self._reader.checkpoint() if signed is None else self._log.checkpoint()
        if issued is None:
            raise CallerError("no checkpoint was issued yet, and the log key is not at hand", code="NO_LOG_KEY",
                              advice="Open the log with its key and state, or run this where they are.")  # fmt: skip
        self._ask(issued)
        asked = tuple(self._row(name, issued) for name in self._policy.witnesses)
        final = self._reader.checkpoint(issued.size) or issued
        days = self._policy.fresh_days
        counted = {
            name for name, one in times_of(final, self._policy).items()
            if days is None or self._now - days * _DAY <= one.last <= self._now + TOLERANCE
        }  # fmt: skip
        return Round(final, asked, self._policy.satisfied(counted))

    # --- before signing ----------------------------------------------------------------------------------------------

    def _before(self, signed: SignerState) -> None:
        """
        Offer the last signed checkpoint again; raises `StoreFailed` where somebody has seen another one.

        Every answer counts before that: an alarm is lifted by whoever raised it, and by nobody else.
        """
        if not signed.number:
            return
        alarms = self._log.alarms
        for name in set(alarms) - set(self._witnesses.clients):
            alarms.pop(name, None)  # the keeper no longer listens to whoever raised it
        raised: dict[str, Answer] = {}
        again: Callable[[WitnessClient], Answer] = lambda client: client.add_checkpoint(  # noqa: E731
            signed.size, (), signed.note, now=self._now
        )
        for name, answer in self._witnesses.ask(dict.fromkeys(self._ready, again), self._stopped).items():
            got = self._took(name, answer)
            if got.kind == FORK or (got.kind == STALE and self._foreign(got.size or 0, signed.size)):
                raised[name] = got
                continue
            if got.kind in (COSIGNED, STALE):
                alarms.pop(name, None)
            if got.kind == COSIGNED:
                self._sizes[name] = signed.size
                self._keep(name, got, signed.size)
            elif got.kind == STALE:
                self._stale(name, got.size or 0)
            elif got.kind != REFUSED:  # it may know the key that signs next, though not the one that signed last
                self._answers[name] = got
        seen = self._proofs_of_another(raised, signed)
        for name, got in raised.items():
            alarms[name] = self._alarm(name, signed, got, seen[name])
        if raised:
            raise alarms[next(iter(raised))]

    def _foreign(self, size: int, own: int) -> bool:
        """Whether a tree of *size* that a witness has recorded was signed by nobody here, and is larger."""
        return size > own and self._reader.checkpoint(size) is None

    def _alarm(self, name: str, signed: SignerState, got: Answer, seen: str | None) -> StoreFailed:
        """The alarm, with what the witness shows as proof; from now on this log signs nothing."""
        size = got.size if got.size is not None else signed.size
        what = f"{name} has recorded {size} entries" if got.kind == STALE else f"{name} holds another tree of {size}"
        proven = "" if seen is None else ", which this log's own key has signed"
        return StoreFailed(
            f"another instance of this log goes on elsewhere: {what}{proven}; here {signed.size} were signed",
            code=OTHER_INSTANCE, advice=ADVICE, expected=signed.size, found=size, witness=name, signed=signed.note,
            seen=seen,
        )  # fmt: skip

    def _proofs_of_another(self, names: Iterable[str], signed: SignerState) -> dict[str, str | None]:
        """What these witnesses show to everybody, where this log's key has signed it and it is not ours."""
        look: Callable[[WitnessClient], Monitored | None] = lambda client: client.latest(self._log.origin)  # noqa: E731
        shown = self._witnesses.ask(dict.fromkeys(names, look), self._stopped)
        return {name: self._proof(one, signed) for name, one in shown.items()}

    def _proof(self, shown: Monitored | None, signed: SignerState) -> str | None:
        key = self._log.public_key()
        if shown is None or key is None or shown.note.text in signed.note:
            return None
        try:
            open_note(shown.note, [NoteKey(self._log.origin, LOG_ED25519, key.raw)])
        except SignatureError:
            return None
        return f"{shown.note.text}\n{''.join(shown.note.lines)}"

    # --- asking ------------------------------------------------------------------------------------------------------

    def _ask(self, issued: IssuedCheckpoint) -> None:
        known = times_of(issued, self._policy)
        due = [
            name for name in self._ready
            if name not in self._answers and self._due(known.get(name)) and not self._lately(name, issued.size)
        ]  # fmt: skip
        questions = {name: self._offer(name, issued) for name in due}
        for name, offered in self._witnesses.ask(questions, self._stopped).items():
            got = self._took(name, None if offered is None else offered.answer)
            if offered is not None and offered.stale is not None:
                self._stale(name, offered.stale)
            if got.kind == STALE:
                got = self._overtaken(name, issued, got)
            elif got.kind == COSIGNED:
                got = self._keep(name, got, issued.size)
            if got.kind in _ALARMS:
                self._log.alarms[name] = StoreFailed(
                    f"{name} holds another tree of this log: {got.message}", advice=ADVICE, witness=name,
                    code=OTHER_INSTANCE, expected=issued.size, found=got.size, signed=issued.note,
                )  # fmt: skip
            self._answers[name] = got

    def _due(self, times: Times | None) -> bool:
        """Whether to ask for a checkpoint that was cosigned at these times."""
        fresh = self._policy.fresh_days
        days = REFRESH_DAYS if fresh is None else min(REFRESH_DAYS, max(1, fresh // 2))
        return times is None or times.last + days * _DAY <= self._now

    def _lately(self, name: str, size: int) -> bool:
        """Whether this process had its cosignature on this checkpoint lately, whatever time it stated."""
        had, when = self._witnesses.cosigned.get((self._log.origin, name), (0, 0))
        return had == size and not self._due(Times(when, when))

    def _offer(self, name: str, issued: IssuedCheckpoint) -> Callable[[WitnessClient], _Offered]:
        old = self._sizes.get(name, self._kept[name][0] if name in self._kept else 0)
        old = min(old, issued.size)

        def offer(client: WitnessClient) -> _Offered:
            answer = client.add_checkpoint(old, self._path(old, issued.size), issued.note, now=self._now)
            size = answer.size
            if answer.kind != STALE or size is None or size > issued.size or size == old or self._stopped.is_set():
                return _Offered(answer, size)
            again = client.add_checkpoint(size, self._path(size, issued.size), issued.note, now=self._now)
            return _Offered(again, size)

        return offer

    def _path(self, old: int, size: int) -> list[bytes]:
        return self._reader.consistency(old, size) if 0 < old < size else []

    def _took(self, name: str, answer: Answer | None) -> Answer:
        got = answer or Answer(LATER, "WITNESS_SILENT", "no answer while this round lasted")
        if answer is not None or not self._stopped.is_set():  # who was cut off here has not failed
            self._witnesses.took(name, got, self._now)
        return got

    def _stale(self, name: str, size: int) -> None:
        """It has recorded *size*; less than what it is known to have cosigned means that it lost its memory."""
        self._sizes[name] = size
        before = self._kept[name][0] if name in self._kept else 0
        if size < before:
            self._lost[name] = before

    def _overtaken(self, name: str, issued: IssuedCheckpoint, got: Answer) -> Answer:
        """Stale a second time, or beyond what was offered."""
        size = got.size or 0
        if self._foreign(size, issued.size):
            return Answer(AHEAD, OTHER_INSTANCE, f"the witness has recorded {size} entries, more than exist here",
                          size=size)  # fmt: skip
        return Answer(LATER, "WITNESS_OVERTAKEN", f"another round has moved the witness to size {size}", size=size)

    def _keep(self, name: str, got: Answer, size: int) -> Answer:
        """Keep verified lines, where there is need of them and room; *got*, or why they are not kept."""
        self._witnesses.cosigned[self._log.origin, name] = (size, self._now)
        held = self._reader.checkpoint(size)
        if held is None or not self._due(times_of(held, self._policy).get(name)):
            return got
        if self._many(held, name):
            return _no_room()
        try:
            self._log.add_cosignatures("".join(got.lines), size=size)
        except (CallerError, NoteError) as error:
            return Answer(STRANGE, "COSIGNATURE_NOT_KEPT", error.message)
        return got

    def _many(self, held: IssuedCheckpoint, name: str) -> bool:
        """Whether it has its share of the checkpoint's room: no witness may take that of the others."""
        begin = f"\u2014 {self._policy.witnesses[name].name} "
        share = max(1, min(MAX_EACH, MAX_COSIGNATURES // len(self._policy.witnesses)))
        return sum(line.startswith(begin) for line in held.cosignatures) >= share

    def _row(self, name: str, issued: IssuedCheckpoint) -> Asked:
        """What is told of a witness in the end."""
        got = self._answers.get(name)
        wait, since = self._witnesses.wait(name), self._witnesses.since(name)
        stale, lost = self._sizes.get(name), self._lost.get(name)
        stale = None if stale == issued.size else stale
        held = self._reader.checkpoint(issued.size) or issued
        known = times_of(held, self._policy).get(name)
        if got is None and self._lately(name, issued.size) and self._due(known) and self._many(held, name):
            got = _no_room()
        if got is None and known is not None:
            return Asked(name, COSIGNED, "COSIGNED", "cosigned", issued.size, known.last)
        if got is None and name not in self._witnesses.clients:
            return Asked(name, BY_HAND, "WITNESS_BY_HAND", "it has no url: its request goes by hand")
        if got is None:
            return Asked(name, WAITING, "WITNESS_WAITING", f"left alone for {wait:.0f} seconds", since=since, wait=wait)
        size = issued.size if got.kind == COSIGNED else got.size
        if got.code == "COSIGNATURE_NOT_KEPT":
            wait = max(wait, float(_DAY))  # the next one would not be kept either
        return Asked(name, got.kind, got.code, got.message, size, got.time, stale, lost, since, wait)


def _no_room() -> Answer:
    return Answer(STRANGE, "COSIGNATURE_NOT_KEPT", "it has its share of this checkpoint's room")
