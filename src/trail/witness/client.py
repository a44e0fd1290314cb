"""
Asking one witness over HTTP (C2SP tlog-witness): ``POST <url>/add-checkpoint``, ``GET <url>/<hex>/checkpoint``.

The url is the one that a policy file gives the witness; what it answers is read by `trail.witness.answers`.  A request
is one connection, and ends within a limit whatever the other side does: it may accept and say nothing, send a byte a
minute, or never stop.  Redirects are not followed, proxies of the environment not used, cookies not kept; the other
side's certificate is verified.  Plain http is for this machine alone unless it is allowed: the cosignature is signed,
but a refusal is not, and whoever can forge one can hold up a log's checkpoints.

The extra ``witness`` is needed when the first question is asked, not before.
"""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from trail import __version__
from trail.encoding import printable
from trail.errors import CallerError, NoteError, SignatureError
from trail.merkle import Checkpoint, parse_checkpoint
from trail.signing.note import MAX_NOTE_BYTES, Note, NoteKey, VerifiedSignature, open_note, parse_note
from trail.witness.answers import LATER, MAX_ANSWER, REFUSED, Answer, read_answer
from trail.witness.extra import require
from trail.witness.protocol import format_request

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection

LIMIT: Final = 10.0
"""Seconds for one request, from the connection to the last byte; a witness answers in milliseconds."""
_PIECE: Final = 16_384
_HERE: Final = frozenset(("localhost", "127.0.0.1", "::1"))
_VISIBLE: Final = frozenset(map(chr, range(0x21, 0x7F)))


class Monitored(NamedTuple):
    """What a witness shows to everybody: the checkpoint that it cosigned last, its note, and its own cosignatures."""

    checkpoint: Checkpoint
    note: Note
    cosigned: tuple[VerifiedSignature, ...]


class WitnessClient:
    """
    One witness: its *name* in the policy, its *key*, its *url*.

    *limit* is in seconds for one request; *ca* a file of certificates to trust beside the system's own (a house's own
    authority); *allow_http* admits plain http to other machines.

    Raises:
        CallerError: ``WITNESS_URL``: the url can't be used.
    """

    def __init__(
        self,
        name: str,
        key: NoteKey,
        url: str,
        *,
        limit: float = LIMIT,
        ca: str | None = None,
        allow_http: bool = False,
    ) -> None:
        self.name = name
        self.key = key
        self.url = url
        self._host, self._port, self._path, self._secure = _address(url, allow_http)
        self._limit = limit
        self._ca = ca
        self._sockets: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._process = os.getpid()

    def add_checkpoint(self, old: int, proof: Iterable[bytes], note: str, *, now: int | None = None) -> Answer:
        """
        Offer the checkpoint *note*, with the consistency *proof* from the size *old* that the witness has recorded.

        Whatever happens is an `Answer`.  *now* is for a ``Retry-After`` that names a date (default: this machine's).

        Raises:
            NoteError: *note* is not a note.
            MissingExtra: The extra `witness` is not installed.
        """
        text = parse_note(note).text
        got = self._exchange("POST", "/add-checkpoint", format_request(old, proof, note), MAX_ANSWER)
        if isinstance(got, Answer):
            return got
        status, headers, body = got
        moment = int(time.time()) if now is None else now
        return read_answer(status, headers, body, key=self.key, text=text, now=moment)

    def latest(self, origin: str) -> Monitored | None:
        """
        What the witness shows as the newest tree of the log *origin*, if it carries the witness's own cosignature.

        None for any other answer: not every witness shows it.  Whose log key signed it is for the caller to check.

        Raises:
            MissingExtra: The extra `witness` is not installed.
        """
        place = f"/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"
        got = self._exchange("GET", place, None, MAX_NOTE_BYTES)
        if isinstance(got, Answer) or got[0] != 200:
            return None
        try:
            note = parse_note(got[2])
            checkpoint = parse_checkpoint(note.text)
            cosigned = open_note(note, [self.key])
        except (NoteError, SignatureError):
            return None
        return Monitored(checkpoint, note, tuple(cosigned)) if checkpoint.origin == origin else None

    def abort(self) -> None:
        """End every request that is under way; whoever waits for one gets an answer at once."""
        with self._own():
            waiting = list(self._sockets)
        for one in waiting:
            _shut(one)

    def _own(self) -> threading.Lock:
        """The lock over the connections of this process: a fork leaves those of the other one alone."""
        if self._process != os.getpid():
            self._process, self._guard, self._sockets = os.getpid(), threading.Lock(), set()
        return self._guard

    # --- one exchange ------------------------------------------------------------------------------------------------

    def _exchange(
        self, method: str, place: str, body: bytes | None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes] | Answer:
        """Status, headers in lower case and at most *limit* + 1 bytes of body; or why there is none."""
        connection = self._connection()
        late = threading.Event()
        opened: list[socket.socket] = []
        timer = threading.Timer(self._limit, _end, (late, opened))
        timer.daemon = True
        timer.start()
        try:
            connection.connect()
            opened.append(connection.sock)
            with self._own():
                self._sockets.update(opened)
            if late.is_set():
                raise TimeoutError
            got = self._answered(connection, method, place, body, limit)
            # What ends because it was ended here may look whole: a cut head is a head without its last lines.
            return self._silent() if late.is_set() else got
        except Exception as error:
            # The other side chooses what the parsers beneath us read; none of their faults is the host's.
            return self._failed(error, late.is_set())
        finally:
            timer.cancel()
            with self._own():
                self._sockets.difference_update(opened)
            with suppress(Exception):
                connection.close()

    def _answered(
        self, connection: HTTPConnection, method: str, place: str, body: bytes | None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        headers = {"Accept-Encoding": "identity", "Connection": "close", "User-Agent": f"trail/{__version__}"}
        if body is not None:
            headers["Content-Type"] = "text/plain; charset=utf-8"
        connection.request(method, self._path + place, body, headers, preload_content=False, decode_content=False)
        response = connection.getresponse()
        pieces, length = list[bytes](), 0
        while length <= limit and (piece := response.read1(_PIECE, decode_content=False)):
            pieces.append(piece)
            length += len(piece)
        lowered = {name.lower(): value for name, value in response.headers.items()}
        if "content-length" not in lowered and not response.chunked and response.status != 200:
            # Nothing says where it ends: a stale answer that lost its end must not look like an alarm.
            raise EOFError("the answer was cut short")
        return response.status, lowered, b"".join(pieces)[: limit + 1]

    def _failed(self, error: Exception, late: bool) -> Answer:
        if late or isinstance(error, TimeoutError) or "timed out" in str(error):
            return self._silent()
        if isinstance(error, ssl.SSLCertVerificationError):
            return Answer(REFUSED, "WITNESS_TLS", f"its certificate does not hold: {_words(error)}")
        return Answer(LATER, "WITNESS_UNREACHABLE", f"no connection: {_words(error)}")

    def _silent(self) -> Answer:
        return Answer(LATER, "WITNESS_SILENT", f"no answer within {self._limit:g} seconds")

    def _connection(self) -> HTTPConnection:
        """A new connection that is not open yet; nothing of it comes from the environment."""
        require("urllib3")
        from urllib3.connection import HTTPConnection, HTTPSConnection

        if not self._secure:
            return HTTPConnection(self._host, self._port, timeout=self._limit)
        context = ssl.create_default_context()
        if self._ca is not None:
            try:
                context.load_verify_locations(self._ca)
            except (OSError, ssl.SSLError):
                raise CallerError(f"{self._ca} holds no certificates that can be read", code="WITNESS_CA",
                                  advice="Name a file of certificates in PEM form.") from None  # fmt: skip
        return HTTPSConnection(self._host, self._port, timeout=self._limit, ssl_context=context)


def _end(late: threading.Event, opened: list[socket.socket]) -> None:
    late.set()
    for one in opened:
        _shut(one)


def _shut(open_socket: socket.socket) -> None:
    """Wake whoever waits on it: `close` would not; and past TLS, which would want to say goodbye first."""
    with suppress(OSError, ValueError):
        socket.socket.shutdown(open_socket, socket.SHUT_RDWR)


def _address(url: str, allow_http: bool) -> tuple[str, int, str, bool]:
    """Host, port, path without a final slash, and whether it is https; raises `CallerError`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _refused(url, "it can't be read") from None
    if not set(url) <= _VISIBLE:
        raise _refused(url, "it holds characters that a url can't")
    if parts.scheme not in ("https", "http") or not host:
        raise _refused(url, "it is not https://…")
    if parts.username is not None or parts.query or parts.fragment or "?" in url or "#" in url:
        raise _refused(url, "it has a user, a query or a fragment")
    secure = parts.scheme == "https"
    if not secure and not allow_http and host not in _HERE:
        raise _refused(url, "plain http to another machine", "Use https, or allow http where the network is trusted.")
    return host, port or (443 if secure else 80), parts.path.rstrip("/"), secure


def _refused(url: str, why: str, advice: str = "Correct the witness's line in the policy file.") -> CallerError:
    return CallerError(f"the witness's url {printable(url)!r} can't be used: {why}", code="WITNESS_URL",
                       advice=advice, found=url)  # fmt: skip


def _words(error: Exception) -> str:
    """A foreign error in few words, without what looks like an object's address."""
    if "IncompleteRead" in str(error):
        return "the answer was cut short"
    return printable(str(error).split(": ", 1)[-1] or type(error).__name__)[:200]
