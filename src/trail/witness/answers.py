"""
What a witness answers to ``add-checkpoint`` (C2SP tlog-witness), read strictly: bytes in, one `Answer` out, no error.

=======================  ==========================================================================================
200                      signature lines; kept only if they are cosignatures by this very witness's key over this
                         very checkpoint, which is verified here.  Lines of other keys are ignored, as signed-note
                         has it; one bad line of its own key refuses them all
409 with a size          ``text/x.tlog.size`` and ``<size>\\n``: *stale*.  It has recorded another size than the
                         request said: ask once more, with a proof from there
409 without, 422         a *fork alarm*: it holds another tree.  Never asked again with another proof
404, 403, 400            it does not know the log, or the log's key, or does not read the request: somebody has to
                         change a configuration; each is named
429, 408, 5xx            *later*: it can't answer now; a ``Retry-After`` is heeded
anything else            *strange*: no witness's answer (a redirect, a portal's page); nothing of it is kept
=======================  ==========================================================================================

An old edition of the specification answers 409 without a size where the root differs, and some witnesses still do; to
take that for *stale* would be to argue with a fork alarm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from trail.encoding import printable
from trail.errors import NoteError, SignatureError
from trail.evidence.moment import MAX_INSTANT
from trail.merkle.tree import MAX_SIZE
from trail.signing.cosignature import check_cosignature
from trail.signing.line import NoteSignature, parse_line
from trail.signing.note import MAX_SIGNATURES, NoteKey
from trail.witness.protocol import SIZE_TYPE

MAX_ANSWER: Final = 65_536
"""Bytes of an answer's body that are read: a hundred cosignatures have some 20,000."""
MAX_WAIT: Final = 86_400
"""The longest ``Retry-After`` that is heeded, in seconds: nobody can send a log away for years."""

COSIGNED: Final = "cosigned"
STALE: Final = "stale"
FORK: Final = "fork"
REFUSED: Final = "refused"
LATER: Final = "later"
STRANGE: Final = "strange"

_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_REFUSALS: Final = {
    400: ("WITNESS_REQUEST", "the witness could not read the request"),
    403: ("WITNESS_LOG_KEY", "the witness does not know the key that signed this checkpoint"),
    404: ("WITNESS_LOG_UNKNOWN", "the witness does not know this log, or there is none at this address"),
}
_LATER: Final = frozenset((408, 425, 429))


class Answer(NamedTuple):
    """
    An answer, read.

    ``kind`` is one of the six above and ``code`` says more; ``lines`` holds the verified cosignature, of several the
    latest, and ``time`` is its time (POSIX seconds); ``size`` is what a stale answer names; ``wait`` how many
    seconds it asks to wait; ``status`` the HTTP status, 0 where there was none.
    """

    kind: str
    code: str
    message: str
    lines: tuple[str, ...] = ()
    time: int | None = None
    size: int | None = None
    wait: int | None = None
    status: int = 0


def read_answer(
    status: int, headers: Mapping[str, str], body: bytes, *, key: NoteKey, text: str, now: int = 0
) -> Answer:
    """
    Read an answer to a request that offered the checkpoint *text* to the witness with this *key*.

    *headers* have names in lower case; *now* (POSIX seconds) is for a ``Retry-After`` that names a date.
    """
    if status == 200:
        return _cosigned(body, key, text)
    if status == 409:
        return _conflict(headers, body)
    if status == 422:
        return Answer(FORK, "WITNESS_FORK", "the witness holds another tree than this one", status=status)
    if status in _REFUSALS:
        code, message = _REFUSALS[status]
        return Answer(REFUSED, code, message + _said(body), status=status)
    if status in _LATER or 500 <= status <= 599:
        wait = _retry_after(headers.get("retry-after", ""), now)
        return Answer(LATER, "WITNESS_BUSY", f"the witness can't answer now ({status})", wait=wait, status=status)
    if 300 <= status <= 399:
        where = printable(headers.get("location", ""))[:200]
        return Answer(STRANGE, "WITNESS_REDIRECT", f"a redirect to {where!r}, which is not followed", status=status)
    return strange(f"{status} is no answer of a witness" + _said(body), status)


def strange(message: str, status: int = 0, code: str = "WITNESS_ANSWER") -> Answer:
    """An answer of which nothing is kept."""
    return Answer(STRANGE, code, message, status=status)


def _cosigned(body: bytes, key: NoteKey, text: str) -> Answer:
    if len(body) > MAX_ANSWER:
        return strange(f"more than {MAX_ANSWER} bytes", 200)
    try:
        signatures = _signatures(body)
    except NoteError as error:
        return strange(f"not signature lines: {printable(error.message)}", 200)
    times: dict[str, int] = {}
    try:
        for one in signatures:
            if (one.name, one.id) == (key.name, key.id):
                times[one.line] = check_cosignature(text, one, key)
    except SignatureError as error:
        return strange(f"a cosignature that does not hold: {printable(error.message)}", 200, "COSIGNATURE_BAD")
    if not times:
        return strange(f"no cosignature of {printable(key.name)} with the key that the policy names", 200,
                       "COSIGNATURE_OTHER")  # fmt: skip
    if max(times.values()) > MAX_INSTANT:
        return strange("a cosignature of a time beyond the calendar", 200, "COSIGNATURE_BAD")
    # The latest alone: one is as good as a hundred, and a checkpoint has no room for the hundred of each witness.
    line = max(times, key=lambda each: times[each])
    return Answer(COSIGNED, "COSIGNED", "cosigned", (line,), times[line], status=200)


def _signatures(body: bytes) -> list[NoteSignature]:
    """The signature lines of a body, each ended by a line feed; raises `NoteError`."""
    try:
        lines = body.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise NoteError("not UTF-8 text") from None
    if lines.pop() or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise NoteError(f"1 to {MAX_SIGNATURES} lines, each ended by a line feed")
    return [parse_line(line + "\n") for line in lines]


def _conflict(headers: Mapping[str, str], body: bytes) -> Answer:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == SIZE_TYPE and headers.get("content-encoding", "identity").strip().lower() != "identity":
        return strange("a size in an encoding that was not asked for", 409)
    spelled = _SIZE.fullmatch(body)
    if kind == SIZE_TYPE and spelled and int(spelled[1]) <= MAX_SIZE:
        size = int(spelled[1])
        return Answer(STALE, "WITNESS_STALE", f"the witness has recorded size {size}", size=size, status=409)
    return Answer(FORK, "WITNESS_FORK", "a conflict without a size: the witness holds another tree", status=409)


def _retry_after(value: str, now: int) -> int | None:
    """Seconds to wait: a number, or a date from *now* on; None if it says nothing that can be read."""
    value = value.strip()
    if _SECONDS.fullmatch(value) and value.isascii():
        return min(int(value), MAX_WAIT)
    try:
        moment = parsedate_to_datetime(value)
        seconds = int(moment.timestamp()) - now
    except (ValueError, TypeError, OverflowError, IndexError, OSError):
        return None
    return max(0, min(seconds, MAX_WAIT))


def _said(body: bytes) -> str:
    """The first words of an error's body, escaped: what the operator of the witness wants to be told."""
    words = body[:200].decode("utf-8", "replace").split("\n")[0].strip()
    return f": {printable(words)}" if words else ""
