"""One witness, asked over HTTP: each status read as it must be, all misbehaviour survived, only what holds is kept."""

from __future__ import annotations

import base64
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.store.world import ORIGIN, World, key_of
from tests.witness.scripted import read_request, response, scripted, served

from trail.encoding import printable
from trail.errors import CallerError, MissingExtra, NoteError
from trail.merkle import Checkpoint, format_checkpoint
from trail.signing import COSIGNATURE_ED25519, NoteKey, check_cosignature, cosign, format_note, sign_note
from trail.witness import Witness
from trail.witness.answers import MAX_ANSWER, MAX_WAIT, Answer, read_answer
from trail.witness.asking import Witnesses
from trail.witness.client import WitnessClient

NAME = "dic.example"
KEY = NoteKey(NAME, COSIGNATURE_ED25519, key_of("dic").public.raw)
TEXT = format_checkpoint(Checkpoint(ORIGIN, 7, bytes(31) + b"7"))
OTHER_TEXT = format_checkpoint(Checkpoint(ORIGIN, 8, bytes(31) + b"8"))
NOTE = format_note(TEXT, [sign_note(TEXT, ORIGIN, key_of("log key"))])
GOOD = cosign(TEXT, NAME, key_of("dic"), 1_772_668_800)
LATER = cosign(TEXT, NAME, key_of("dic"), 1_772_668_900)
OTHERS = cosign(TEXT, "city.example", key_of("city"), 5)
SIZE = "Content-Type: text/x.tlog.size"
CHUNKED = b"HTTP/1.1 409 X\r\n" + SIZE.encode() + b"\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n12\n\r\n"


def forged(line: str, at: int = 40) -> str:
    """The line with one bit of its signature changed."""
    head, _, data = line.rstrip("\n").rpartition(" ")
    raw = bytearray(base64.b64decode(data))
    raw[at] ^= 1
    return f"{head} {base64.b64encode(raw).decode()}\n"


def read(status: int, body: str | bytes = b"", **headers: str) -> Answer:
    data = body.encode() if isinstance(body, str) else body
    return read_answer(status, {k.replace("_", "-"): v for k, v in headers.items()}, data, key=KEY, text=TEXT)


def client(url: str, **options: object) -> WitnessClient:
    return WitnessClient("dic", KEY, url, **{"limit": 5.0, **options})  # type: ignore[arg-type]


def asked(answer: bytes | Callable[[socket.socket], None], limit: float = 5.0) -> Answer:
    with scripted(answer) as server:
        return client(server.url, limit=limit).add_checkpoint(0, (), NOTE)


# --- reading ---------------------------------------------------------------------------------------------------------


def test_cosignatures_of_this_key_over_this_checkpoint_are_kept() -> None:
    answer = read(200, GOOD + LATER + OTHERS + GOOD)
    assert (answer.kind, answer.lines, answer.time) == ("cosigned", (LATER,), 1_772_668_900), "of several the latest"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "WITNESS_ANSWER"),
        ("\n", "WITNESS_ANSWER"),
        (GOOD[:-1], "WITNESS_ANSWER"),
        (GOOD + "\n", "WITNESS_ANSWER"),
        (GOOD.replace("\n", "\r\n"), "WITNESS_ANSWER"),
        (NOTE, "WITNESS_ANSWER"),
        ("<html>please log in</html>\n", "WITNESS_ANSWER"),
        (GOOD.encode() + b"\xff\n", "WITNESS_ANSWER"),
        (OTHERS, "COSIGNATURE_OTHER"),
        (cosign(TEXT, NAME, key_of("city"), 5), "COSIGNATURE_OTHER"),
        (sign_note(TEXT, NAME, key_of("dic")), "COSIGNATURE_OTHER"),  # its key, but as a log's signature
        (cosign(OTHER_TEXT, NAME, key_of("dic"), 5), "COSIGNATURE_BAD"),
        (forged(GOOD), "COSIGNATURE_BAD"),
        (forged(GOOD, 5), "COSIGNATURE_BAD"),  # the time
        (GOOD + forged(LATER), "COSIGNATURE_BAD"),
        (cosign(TEXT, NAME, key_of("dic"), 2**62), "COSIGNATURE_BAD"),
        ((GOOD * 101), "WITNESS_ANSWER"),
        ("x" * (MAX_ANSWER + 1), "WITNESS_ANSWER"),
    ],
)
def test_what_is_no_cosignature_of_it_is_refused_whole(body: str | bytes, code: str) -> None:
    answer = read(200, body)
    assert (answer.kind, answer.code, answer.lines) == ("strange", code, ())


def test_a_conflict_with_a_size_is_stale_and_one_without_is_an_alarm() -> None:
    assert read(409, b"12\n", content_type="text/x.tlog.size")[:2] == ("stale", "WITNESS_STALE")
    assert read(409, b"12\n", content_type="Text/X.tlog.size; charset=utf-8").size == 12
    assert read(409, b"0\n", content_type="text/x.tlog.size").size == 0
    alarms = [(b"", "text/x.tlog.size"), (b"12\n", "text/plain"), (b"12\n", "")]
    alarms += [
        (b, "text/x.tlog.size") for b in (b"12", b"012\n", b"-1\n", b"+1\n", b"1\r\n", b"1\n\n", b" 1\n", b"1e3\n")
    ]
    alarms += [(str(2**63).encode() + b"\n", "text/x.tlog.size"), ("１\n".encode(), "text/x.tlog.size")]
    for body, kind in alarms:
        answer = read(409, body, content_type=kind)
        assert (answer.kind, answer.code, answer.size) == ("fork", "WITNESS_FORK", None), (body, kind)
    assert read(409, b"12\n", content_type="text/x.tlog.size", content_encoding="gzip").kind == "strange"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (422, "fork", "WITNESS_FORK"),
        (404, "refused", "WITNESS_LOG_UNKNOWN"),
        (403, "refused", "WITNESS_LOG_KEY"),
        (400, "refused", "WITNESS_REQUEST"),
        (429, "later", "WITNESS_BUSY"),
        (408, "later", "WITNESS_BUSY"),
        (500, "later", "WITNESS_BUSY"),
        (503, "later", "WITNESS_BUSY"),
        (599, "later", "WITNESS_BUSY"),
        (301, "strange", "WITNESS_REDIRECT"),
        (302, "strange", "WITNESS_REDIRECT"),
        (304, "strange", "WITNESS_REDIRECT"),
        (201, "strange", "WITNESS_ANSWER"),
        (204, "strange", "WITNESS_ANSWER"),
        (401, "strange", "WITNESS_ANSWER"),
        (405, "strange", "WITNESS_ANSWER"),
        (413, "strange", "WITNESS_ANSWER"),
        (999, "strange", "WITNESS_ANSWER"),
    ],
)
def test_every_other_status(status: int, kind: str, code: str) -> None:
    answer = read(status, GOOD, content_type="text/x.tlog.size")
    assert (answer.kind, answer.code, answer.lines, answer.size) == (kind, code, (), None)


def test_how_long_to_wait_is_read_with_a_limit() -> None:
    now = 1_772_668_800
    date = format_datetime(datetime.fromtimestamp(now + 90, UTC), usegmt=True)
    past = format_datetime(datetime.fromtimestamp(now - 90, UTC), usegmt=True)
    waits = {"7": 7, " 7 ": 7, "0": 0, "999999999": MAX_WAIT, date: 90, past: 0, "": None, "soon": None, "-1": None,
             "1.5": None, "٣": None, "1" * 50: None, "Mon, 99 Foo 9999": None}  # fmt: skip
    for text, wait in waits.items():
        assert read_answer(503, {"retry-after": text}, b"", key=KEY, text=TEXT, now=now).wait == wait, text


words = st.text(max_size=40) | st.sampled_from(["text/x.tlog.size", "gzip", "identity", "7", "http://[", "\u202e"])
bodies = st.one_of(
    st.binary(max_size=300),
    st.lists(st.sampled_from([GOOD, LATER, OTHERS, forged(GOOD), "12\n", NOTE, "\n", "— "]), max_size=4).map(
        lambda rows: "".join(rows).encode()
    ),
)


@settings(max_examples=400)
@given(
    st.integers(100, 999) | st.sampled_from([200, 409, 422, 503]),
    st.dictionaries(st.sampled_from(["content-type", "retry-after", "location", "content-encoding"]), words),
    bodies,
)
def test_any_answer_whatsoever_is_read_and_keeps_only_what_verifies(
    status: int, headers: dict[str, str], body: bytes
) -> None:
    answer = read_answer(status, headers, body, key=KEY, text=TEXT, now=5)
    assert answer.kind in ("cosigned", "stale", "fork", "refused", "later", "strange")
    assert (answer.kind == "cosigned") == bool(answer.lines)
    for line in answer.lines:
        check_cosignature(TEXT, line, KEY)
    assert printable(answer.message) == answer.message, "safe on a terminal"


# --- over the network ------------------------------------------------------------------------------------------------


def test_a_request_is_what_the_specification_says(world: World) -> None:
    issued = world.signer.issue(world.reader)
    with scripted(response(200, b"x\n")) as server:
        client(server.url + "/w/").add_checkpoint(3, [bytes(32)], issued.note)
        [seen] = server.seen
    head, _, body = seen.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /w/add-checkpoint HTTP/1.1"
    names = {line.split(":")[0].lower() for line in lines[1:]}
    assert names == {"host", "accept-encoding", "connection", "content-type", "content-length", "user-agent"}
    assert body == b"old 3\n" + base64.b64encode(bytes(32)) + b"\n\n" + issued.note.encode()


def test_a_real_witness_cosigns_and_shows_what_it_saw(world: World, tmp_path: Path) -> None:
    issued = world.signer.issue(world.reader)
    with (
        Witness(tmp_path / "w.db", key_of("dic"), NAME, [world.note_key], new=True) as witness,
        served(witness, lambda: 77) as server,
    ):
        server.logs, server.signer = (ORIGIN,), key_of("dic")
        one = client(server.url)
        assert one.latest(ORIGIN) is None
        answer = one.add_checkpoint(0, (), issued.note)
        assert (answer.kind, answer.time) == ("cosigned", 77)
        assert one.add_checkpoint(0, (), issued.note).size == issued.size
        shown = one.latest(ORIGIN)
        assert shown is not None
        assert (shown.checkpoint.size, [c.key.name for c in shown.cosigned]) == (issued.size, [NAME])
        assert one.latest("another.example") is None
        other = NoteKey(NAME, COSIGNATURE_ED25519, key_of("city").public.raw)
        assert WitnessClient("dic", other, server.url).latest(ORIGIN) is None


def test_the_real_service_and_this_client_understand_each_other(world: World, tmp_path: Path) -> None:
    from tests.witness.serving import serving

    issued = world.signer.issue(world.reader)
    with serving(tmp_path, [world.note_key], name=NAME, signer=key_of("dic")) as server:
        one = client(server.url)
        assert one.add_checkpoint(0, (), issued.note).kind == "cosigned"
        assert one.add_checkpoint(3, (), issued.note).size == issued.size
        assert one.add_checkpoint(99, (), issued.note).code == "WITNESS_REQUEST"
        assert one.add_checkpoint(issued.size, (), NOTE.replace("7\n", "7\n", 1)).kind in ("stale", "refused")
        text = TEXT.replace("\n7\n", f"\n{issued.size}\n")
        other = format_note(text, [sign_note(text, ORIGIN, key_of("log key"))])
        assert one.add_checkpoint(issued.size, (), other).kind == "fork"
        unknown = format_checkpoint(Checkpoint("another.example", 1, bytes(32)))
        line = sign_note(unknown, "another.example", key_of("log key"))
        assert one.add_checkpoint(0, (), format_note(unknown, [line])).code == "WITNESS_LOG_UNKNOWN"
        unsigned = format_note(TEXT, [sign_note(TEXT, ORIGIN, key_of("nobody's key"))])
        assert one.add_checkpoint(0, (), unsigned).code == "WITNESS_LOG_KEY"
        shown = one.latest(ORIGIN)
        assert shown is not None
        assert shown.checkpoint.size == issued.size


def stalling(connection: socket.socket) -> None:
    """A stale answer that stops in its head, before it says what it is."""
    connection.sendall(b"HTTP/1.1 409 Conflict\r\nDate: now\r\n")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (response(200, GOOD.encode()), "cosigned"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + GOOD.encode(), "cosigned"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + response(200, GOOD.encode()), "cosigned"),
        (response(409, b"12\n", SIZE), "stale"),
        (CHUNKED + b"0\r\n\r\n", "stale"),
        (response(409, b""), "fork"),
        (response(422, b""), "fork"),
        (response(409, b"12\n", SIZE, length=50), "later"),
        (CHUNKED, "later"),
        (b"HTTP/1.1 409 X\r\n" + SIZE.encode() + b"\r\n", "later"),
        (stalling, "later"),
        (b"", "later"),
        (b"\r\n\r\n", "later"),
        (b"SSH-2.0-OpenSSH_9\r\n", "later"),
        (b"HTTP/1.1 " + b"9" * 100_000, "later"),
        (b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 500 + b"\r\n", "later"),
        (b"HTTP/1.1 200 OK\r\na: " + b"b" * 100_000 + b"\r\n\r\n", "later"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + GOOD.encode(), "cosigned"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + GOOD.encode(), "cosigned"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "later"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n", "later"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08", "strange"),
        (response(302, b"", "Location: http://127.0.0.1:1/"), "strange"),
        (response(307, b"", "Location: http://127.0.0.1:1/"), "strange"),
    ],
)  # fmt: skip
def test_what_else_a_server_may_send(answer: bytes | Callable[[socket.socket], None], kind: str) -> None:
    assert asked(answer).kind == kind


def test_a_body_without_end_is_left(world: World) -> None:
    sent = [0]

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            sent[0] += connection.send(b"x" * 65_536)

    answer = asked(endless)
    assert (answer.kind, answer.message) == ("strange", f"more than {MAX_ANSWER} bytes")
    assert sent[0] < 64 << 20, "what the system's buffers hold, and no more"


def test_silence_and_dripping_end_at_the_limit() -> None:
    with scripted() as server:
        for behaviour in (server.silent, server.dripping):
            server.answer = behaviour
            answer = client(server.url, limit=0.3).add_checkpoint(0, (), NOTE)
            assert (answer.kind, answer.code) == ("later", "WITNESS_SILENT")


def test_a_drip_that_looks_like_an_alarm_is_none() -> None:
    """Cut off in its head, a stale answer would look like a conflict without a size."""
    with scripted() as server:

        def drip(connection: socket.socket) -> None:
            connection.sendall(b"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\nX: ")
            server.silent(connection)

        server.answer = drip
        assert client(server.url, limit=0.3).add_checkpoint(0, (), NOTE).code == "WITNESS_SILENT"


def test_nobody_there() -> None:
    with scripted() as server:
        url = server.url
    for where in (url, url.replace("http:", "https:"), "https://no-such-host.invalid/w"):
        assert client(where).add_checkpoint(0, (), NOTE).code in ("WITNESS_UNREACHABLE", "WITNESS_SILENT")
    with scripted(response(200, GOOD.encode())) as plain:
        assert client(plain.url.replace("http:", "https:"), limit=1.0).add_checkpoint(0, (), NOTE).kind == "later"


def test_a_request_under_way_can_be_ended() -> None:
    import threading

    with scripted() as server:
        server.answer = server.silent
        one = client(server.url, limit=60.0)
        answers: list[Answer] = []
        thread = threading.Thread(target=lambda: answers.append(one.add_checkpoint(0, (), NOTE)))
        thread.start()
        while not server.seen:
            time.sleep(0.01)
        one.abort()
        thread.join(30)
    assert [answer.kind for answer in answers] == ["later"]


def test_a_question_is_given_up_once_its_round_is_stopped() -> None:
    """Even where nothing can end it: a connection that is still being made has no socket to shut."""
    witnesses = Witnesses(f"witness dic {KEY.vkey} http://127.0.0.1:9\nquorum dic\n", limit=60.0)
    go_on, asked, stopped = threading.Event(), threading.Event(), threading.Event()

    def hang(_: WitnessClient) -> bool:
        asked.set()
        return go_on.wait(60)

    found: list[dict[str, bool | None]] = []
    waiting = threading.Thread(target=lambda: found.append(witnesses.ask({"dic": hang}, stopped)))
    waiting.start()
    assert asked.wait(60)
    stopped.set()
    waiting.join(30)
    try:
        assert found == [{"dic": None}]
        assert witnesses.ready() == (), "it still hangs on this question"
        asked.clear()
        assert witnesses.ask({"dic": hang}, stopped) == {"dic": None}
        assert not asked.is_set(), "nobody is asked any more"
    finally:
        go_on.set()


def test_nothing_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A proxy of the environment is not asked, a password file not sent, a cookie not kept."""
    (tmp_path / ".netrc").write_text("default login somebody password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with scripted(response(200, GOOD.encode(), "Set-Cookie: a=b")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        one = client(server.url)
        assert one.add_checkpoint(0, (), NOTE).kind == "cosigned"
        assert one.add_checkpoint(0, (), NOTE).kind == "cosigned"
        assert not any(word in seen.lower() for seen in server.seen for word in (b"cookie", b"authorization"))


def test_a_redirect_is_not_followed() -> None:
    with scripted(response(200, GOOD.encode())) as elsewhere:
        answer = asked(response(308, b"", f"Location: {elsewhere.url}/add-checkpoint"))
        assert (answer.code, elsewhere.connections) == ("WITNESS_REDIRECT", 0)
        assert elsewhere.url in answer.message


def test_a_certificate_is_verified(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def secure(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tunnel:
            read_request(tunnel)
            tunnel.sendall(response(200, GOOD.encode()))

    with tls_server(secure) as port:
        url = f"https://localhost:{port}"
        assert client(url).add_checkpoint(0, (), NOTE).code == "WITNESS_TLS"
        assert client(url, ca=str(pem)).add_checkpoint(0, (), NOTE).kind == "cosigned"
        elsewhere = f"https://127.0.0.1:{port}"
        assert client(elsewhere, ca=str(pem)).add_checkpoint(0, (), NOTE).code == "WITNESS_TLS"
    with pytest.raises(CallerError) as caught:
        client(url, ca=str(tmp_path / "none")).add_checkpoint(0, (), NOTE)
    assert caught.value.code == "WITNESS_CA"


def tls_server(secure: Callable[[socket.socket], None]) -> Tls:
    return Tls(secure)


class Tls:
    """Accepts connections and hands them over, unread."""

    def __init__(self, secure: Callable[[socket.socket], None]) -> None:
        import threading

        self._listening = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                try:
                    connection, _ = self._listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        secure(connection)
                    except (OSError, ValueError):
                        continue

        threading.Thread(target=serve, daemon=True).start()

    def __enter__(self) -> int:
        return int(self._listening.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate with its key, for one day."""
    import datetime as dt

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize(
    "url",
    ["", "witness.example", "ftp://witness.example", "https://", "https://u:p@witness.example", "https://w.example/?a=b",
     "https://w.example/#x", "https://w.example/ä", "https://w.example:99999", "https://[::1", "http://witness.example/",
     "http://127.0.0.1.example/", "https://w.example/a b", "https://w.example/\n", "file:///etc/passwd", "https://w?"],
)  # fmt: skip
def test_a_url_that_can_not_be_used(url: str) -> None:
    with pytest.raises(CallerError) as caught:
        client(url)
    assert caught.value.code == "WITNESS_URL"


def test_plain_http_to_another_machine_must_be_allowed() -> None:
    assert client("http://witness.example/w", allow_http=True).url == "http://witness.example/w"
    for url in ("http://localhost:8/", "http://[::1]:8/", "https://witness.example"):
        assert client(url).url == url


def test_a_note_that_is_none_is_the_callers_mistake() -> None:
    with pytest.raises(NoteError):
        client("http://127.0.0.1:9").add_checkpoint(0, (), "no note")


def test_without_the_extra_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    one = client("http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "urllib3", None)
    with pytest.raises(MissingExtra) as caught:
        one.add_checkpoint(0, (), NOTE)
    assert "pip install 'trail-evidence[witness]'" in caught.value.advice()


def test_nothing_of_the_extra_is_loaded_before_it_is_needed_and_no_server_ever() -> None:
    import subprocess

    code = (
        "import sys, trail.application, trail.witness\n"
        "print(sorted({'urllib3', 'starlette', 'uvicorn'} & set(sys.modules)))\n"
        "sys.modules['starlette'] = sys.modules['uvicorn'] = None\n"
        "from trail.signing import *\n"
        f"key = parse_vkey({KEY.vkey!r})\n"
        f"print(trail.witness.WitnessClient('w', key, 'http://127.0.0.1:9').add_checkpoint(0, (), {NOTE!r}).kind)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\nlater\n"


def test_what_a_witness_shows_counts_only_under_its_own_cosignature_and_for_this_log() -> None:
    signed = format_note(TEXT, [sign_note(TEXT, ORIGIN, key_of("log key"))])
    shown = {
        signed + GOOD: ORIGIN, signed: None, signed + OTHERS: None, signed + forged(GOOD): None, "garbage": None,
        format_note("a\nb\n", [cosign("a\nb\n", NAME, key_of("dic"), 5)]): None,
    }  # fmt: skip
    for text, origin in shown.items():
        with scripted(response(200, text.encode())) as server:
            found = client(server.url).latest(ORIGIN)
            assert (None if found is None else found.checkpoint.origin) == origin, text
            assert client(server.url).latest("another.example") is None
    for answer in (response(404, (signed + GOOD).encode()), b"", response(200, b"x" * 2_000_000)):
        with scripted(answer) as server:
            assert client(server.url).latest(ORIGIN) is None
