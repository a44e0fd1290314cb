"""
A witness over HTTP: C2SP tlog-witness, and a status page for people.

======================================  ===============================================================================
``POST PREFIX/add-checkpoint``          a request (`trail.witness.protocol`); the cosignature, or why not
``GET PREFIX/<hash>/checkpoint``        the last cosigned checkpoint; the hash is SHA-256 of the origin, hexadecimal
``GET PREFIX/``                         the status page, ``?lang=zh|en``
``GET PREFIX/status.json``              the same for machines
``GET PREFIX/forks/<id>/kept.txt``      one note of a fork; ``offered.txt`` is the other
======================================  ===============================================================================

Nothing here needs to be believed for the promise to hold: the witness checks and persists in one transaction, whoever
asks and however many.  This module keeps a server usable: limits before work, a bounded queue, blocking work in a
thread of its own, and an answer in any case.  It needs the extra ``witness``.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trail.clock import Clock
from trail.encoding import printable
from trail.errors import CallerError, EnvironmentFailed, EvidenceError, StoreFailed
from trail.witness.overview import overview
from trail.witness.page import CONTENT_POLICY, address, preferred, render
from trail.witness.protocol import MAX_REQUEST, SIZE_TYPE, parse_request
from trail.witness.state import Witness, WitnessRefused

BODY_SECONDS: Final = 10.0
"""How long a request's body may take."""

PATIENCE: Final = 10.0
"""How long a request waits for its turn before it is sent away."""

WAITING: Final = 64
"""How many requests may wait for their turn."""

RETRY_BUSY: Final = "5"
RETRY_BROKEN: Final = "60"

_LOG: Final = logging.getLogger("trail.witness")
_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_TEXT: Final = "text/plain; charset=utf-8"

_T = TypeVar("_T")


class _Busy(Exception):
    """Too many wait already, or this one waited too long."""


class _Desk:
    """The way from the event loop to blocking work: few threads, a bounded queue, bounded waiting."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="witness")
        self._free = asyncio.Semaphore(threads)
        self._waiting = 0

    async def run(self, call: Callable[[], _T]) -> _T:
        """The result of *call*, made in a thread; raises `_Busy`."""
        if self._waiting >= WAITING:
            raise _Busy
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await self._free.acquire()
        except TimeoutError:
            raise _Busy from None
        finally:
            self._waiting -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call)
        finally:
            self._free.release()

    def close(self) -> None:
        """Wait for what is under way."""
        self._threads.shutdown(wait=True)


class Service:
    """The application for one witness; ``app`` is ASGI, and ``close`` waits for the work that is under way."""

    def __init__(self, witness: Witness, clock: Clock, prefix: str = "") -> None:
        if not _PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/")):  # clients resolve those away
            raise CallerError("a prefix is empty or like /witness", code="PREFIX", found=prefix)
        self._witness = witness
        self._clock = clock
        self._signing = _Desk(1)  # the memory has one writer at a time; a second thread would only wait for it
        self._reading = _Desk(2)
        routes = [
            Route(f"{prefix}/add-checkpoint", self._guarded(self._add_checkpoint), methods=["POST"]),
            Route(f"{prefix}/", self._guarded(self._page), methods=["GET"]),
            Route(f"{prefix}/status.json", self._guarded(self._status), methods=["GET"]),
            Route(f"{prefix}/forks/{{id}}/{{which}}.txt", self._guarded(self._fork), methods=["GET"]),
            Route(f"{prefix}/{{hash}}/checkpoint", self._guarded(self._checkpoint), methods=["GET"]),
        ]
        starlette = Starlette(routes=routes)
        starlette.router.redirect_slashes = False
        self.app: ASGIApp = _Headers(starlette)

    def close(self) -> None:
        """Wait for what is under way; the witness stays open."""
        self._signing.close()
        self._reading.close()

    def _guarded(
        self, answer: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:  # fmt: skip
        async def guarded(request: Request) -> Response:
            try:
                return await answer(request)
            except _Busy:
                return _refusal(503, "BUSY", "too many requests at once", {"Retry-After": RETRY_BUSY})
            except EnvironmentFailed as error:
                _LOG.error("%s %s: %s", request.method, error.code, printable(error.message))
                wait = RETRY_BUSY if error.code == "STORE_BUSY" else RETRY_BROKEN
                return _refusal(503, error.code, "the witness can't answer now", {"Retry-After": wait})
            except ClientDisconnect:
                return _refusal(400, "DISCONNECTED", "the request was not finished")
            except Exception as error:  # whatever it is, nobody is shown more than that
                _LOG.error("internal error: %s", type(error).__name__)
                return _refusal(500, "INTERNAL_ERROR", "an error of this program")

        return guarded

    # --- the protocol -------------------------------------------------------------------------------------------------

    async def _add_checkpoint(self, request: Request) -> Response:
        body = await _body(request)
        if isinstance(body, Response):
            return body
        try:
            line = await self._signing.run(lambda: self._sign(body))
        except WitnessRefused as error:
            _LOG.warning("add-checkpoint %d %s %s", error.status, error.code, _named(body))
            if error.status == 409:
                return Response(error.body, 409, {"Content-Type": SIZE_TYPE})
            return _refusal(error.status, error.code, error.message)
        except EvidenceError as error:
            return _refusal(400, error.code, error.message)
        _LOG.info("add-checkpoint 200 %s", _named(body))
        return Response(line, 200, {"Content-Type": _TEXT})

    def _sign(self, body: bytes) -> str:
        try:
            return self._witness.sign(body, self._clock.now())
        except StoreFailed:
            self._recover()
            raise

    def _recover(self) -> None:
        """After a failure of the disk the memory is closed; open it anew, for the next request to see what holds."""
        try:
            self._witness.memory.database.reopen()
        except EnvironmentFailed as error:
            _LOG.error("the state can't be opened again: %s", printable(error.message))

    async def _checkpoint(self, request: Request) -> Response:
        wanted = request.path_params["hash"]
        if not _HASH.fullmatch(wanted):
            return _refusal(404, "NOT_FOUND", "a log is named by 64 lowercase hexadecimal digits")
        every = await self._reading.run(self._witness.memory.all_latest)
        for one in every:
            if address(one.origin) == wanted:
                return Response(one.note, 200, {"Content-Type": _TEXT, "Cache-Control": "no-cache"})
        return _refusal(404, "NOT_FOUND", "no checkpoint of this log was cosigned")

    # --- for people ---------------------------------------------------------------------------------------------------

    async def _page(self, request: Request) -> Response:
        lang = preferred(request.headers.get("accept-language", ""), request.query_params.get("lang"))
        state = await self._reading.run(lambda: overview(self._witness.memory, self._clock.now(), self._witness.logs))
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Language": lang, "Vary": "Accept-Language"}
        return Response(render(state, lang), 200, headers)

    async def _status(self, request: Request) -> Response:
        state = await self._reading.run(lambda: overview(self._witness.memory, self._clock.now(), self._witness.logs))
        return JSONResponse(state.to_json())

    async def _fork(self, request: Request) -> Response:
        forks = await self._reading.run(self._witness.memory.forks)
        which = request.path_params["which"]
        for fork in forks:
            if fork.id == request.path_params["id"] and which in ("kept", "offered"):
                name = f'attachment; filename="fork-{fork.id}-{which}.txt"'
                note = fork.kept if which == "kept" else fork.offered
                return Response(note, 200, {"Content-Type": _TEXT, "Content-Disposition": name})
        return _refusal(404, "NOT_FOUND", "no such note")


class _Headers:
    """What every answer says, whoever made it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Content-Security-Policy"] = CONTENT_POLICY
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, sending)


async def _body(request: Request) -> bytes | Response:
    """The body, or why it is not read to its end: limits come before work."""
    close = {"Connection": "close"}
    too_long = _refusal(413, "TOO_LONG", f"a request has at most {MAX_REQUEST} bytes", close)
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or len(declared) > 12 or int(declared) > MAX_REQUEST:
        return too_long
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_REQUEST:
                    return too_long
    except TimeoutError:
        return _refusal(408, "TOO_SLOW", "the request took too long to arrive", close)
    return bytes(body)


def _refusal(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return Response(f"{code}: {printable(message)}\n", status, {"Content-Type": _TEXT, **(headers or {})})


def _named(body: bytes) -> str:
    """Which checkpoint a request is about, for the program's own log: on one line, escaped."""
    origin, size, _ = parse_request(body).note.text.split("\n", 2)
    return f"{printable(origin)} {printable(size[:20])}"
