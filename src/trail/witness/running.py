"""
Running a witness's service: uvicorn on one socket, with limits that it lacks, until it is told to stop.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from trail.clock import Clock
from trail.errors import CallerError
from trail.witness.server import Service
from trail.witness.state import Witness

HEAD_SECONDS: Final = 10.0
"""How long the head of a request may take, counted from the connection or from the first byte of a further one."""

IDLE_SECONDS: Final = 30
"""How long a connection may stay open between two requests."""

STOP_SECONDS: Final = 15
"""How long requests under way may take after the order to stop."""

MAX_CONNECTIONS: Final = 256
MAX_HEAD: Final = 16_384


class _Protocol(H11Protocol):
    """uvicorn's HTTP/1.1, with a limit to the time that a request's head may take."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        cycle: object = self.cycle  # uvicorn's types don't say that there is none at first
        if cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._timer is None:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if not self.transport.is_closing():
            self.transport.close()


class _Uvicorn(uvicorn.Server):
    """A server that ends in an orderly way on SIGTERM: it does not die of the signal after its work is done."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = [signal.SIGINT, signal.SIGTERM, *([signal.SIGBREAK] if hasattr(signal, "SIGBREAK") else [])]
        before = {one: signal.signal(one, self.handle_exit) for one in wanted}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


class Running:
    """
    A witness on the address *host* and *port* (0: any that is free), bound at once, served by `run`.

    Raises:
        CallerError: The address can't be had (code ``ADDRESS``), or the prefix is malformed.
    """

    def __init__(
        self, witness: Witness, clock: Clock, *, host: str = "127.0.0.1", port: int = 8080, prefix: str = ""
    ) -> None:
        self._service = Service(witness, clock, prefix)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family)
        except (OSError, OverflowError) as error:
            raise CallerError(f"{host} port {port} can't be used: {error}", code="ADDRESS",
                              advice="Choose another --port, or stop what uses it.") from None  # fmt: skip
        shown = f"[{host}]" if family == socket.AF_INET6 else host
        self.url = f"http://{shown}:{self._socket.getsockname()[1]}{prefix}"
        self._server: _Uvicorn | None = None

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Serve until SIGTERM, an interrupt, or `stop`; requests under way are finished.  Then it is over."""
        config = uvicorn.Config(
            self._service.app, http=_Protocol, ws="none", lifespan="off", loop="asyncio", log_config=None,
            access_log=False, server_header=False, proxy_headers=False, limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=IDLE_SECONDS, timeout_graceful_shutdown=STOP_SECONDS,
            h11_max_incomplete_event_size=MAX_HEAD,
        )  # fmt: skip
        self._server = _Uvicorn(config, ready)
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self._service.close()

    def stop(self) -> None:
        """End `run` from another thread."""
        if self._server is not None:
            self._server.should_exit = True
