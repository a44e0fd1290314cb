"""
Two servers for the client's tests: one that sends exactly the bytes it was told to, and a witness over plain HTTP.

Neither is the real service: the first misbehaves in ways that no framework would let it, the second asks a `Witness` in
this process at a time that a test sets.
"""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from trail.errors import NoteError
from trail.witness import Witness, WitnessRefused


def response(status: int, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """An HTTP response as it travels."""
    lines = [f"HTTP/1.1 {status} X", *headers, f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


class Scripted:
    """Answers each connection by *answer*: bytes to send, or a function of the open socket; `seen` keeps requests."""

    def __init__(self, answer: bytes | Callable[[socket.socket], None]) -> None:
        self.answer = answer
        self.seen: list[bytes] = []
        self.connections = 0
        self._stop = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self.seen.append(read_request(connection))
            if callable(self.answer):
                self.answer(connection)
            else:
                connection.sendall(self.answer)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65_536):
                    pass

    def silent(self, connection: socket.socket) -> None:
        """An answer that never comes."""
        self._stop.wait(60)

    def dripping(self, connection: socket.socket) -> None:
        """One byte after the other, for ever."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not self._stop.wait(0.02):
            connection.sendall(b"x")

    def close(self) -> None:
        """Let go of everybody."""
        self._stop.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def read_request(connection: socket.socket) -> bytes:
    """One request, head and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    wanted = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < wanted:
        piece = connection.recv(65_536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


@contextmanager
def scripted(answer: bytes | Callable[[socket.socket], None] = b"") -> Iterator[Scripted]:
    """A server that sends *answer*."""
    server = Scripted(answer)
    try:
        yield server
    finally:
        server.close()


class Served:
    """A `Witness` over HTTP; ``url`` is its address, `down` makes it answer 503, `asked` counts what it was sent."""

    def __init__(self, witness: Witness, now: Callable[[], int] = lambda: int(time.time())) -> None:
        self.witness = witness
        self.now = now
        self.down = False
        self.asked: list[bytes] = []
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    outer.asked.append(body)
                    self._send(*outer.answer(body))

            def do_GET(self) -> None:
                with lock:
                    self._send(*outer.shown(self.path))

            def _send(self, status: int, body: bytes, kind: str = "text/plain") -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, body: bytes) -> tuple[int, bytes] | tuple[int, bytes, str]:
        """The specification's answers."""
        if self.down:
            return 503, b"closed\n"
        try:
            return 200, self.witness.sign(body, self.now()).encode()
        except WitnessRefused as error:
            if error.status == 409:
                return 409, error.body.encode(), "text/x.tlog.size"
            return error.status, f"{error.message}\n".encode()
        except NoteError as error:
            return 400, f"{error.message}\n".encode()

    def shown(self, path: str) -> tuple[int, bytes]:
        """What the witness cosigned last, as monitors may read it."""
        for key in self.logs:
            latest = self.witness.latest(key)
            if latest is not None and path == f"/{hashlib.sha256(key.encode()).hexdigest()}/checkpoint":
                from trail.signing import cosign, parse_note

                text = parse_note(latest[2]).text
                return 200, (latest[2] + cosign(text, self.witness.key.name, self.signer, self.now())).encode()
        return 404, b"unknown\n"

    logs: tuple[str, ...] = ()
    signer: Any = None

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def served(witness: Witness, now: Callable[[], int] = lambda: int(time.time())) -> Iterator[Served]:
    """A witness over HTTP."""
    server = Served(witness, now)
    try:
        yield server
    finally:
        server.close()
