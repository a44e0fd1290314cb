"""The witness over HTTP: every status with its headers, limits, crowds, two programs on one state, an orderly end."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.store.world import key_of
from tests.witness.serving import SECRET, WITNESS_KEY, Served, ask, get, post, prepare, serving, spawned
from tests.witness.views import LOG, LOG_KEY, ORIGIN, View

from trail.clock import FixedClock
from trail.errors import CallerError, MissingExtra
from trail.signing import NoteKey, check_cosignature, format_note, open_note, parse_note, sign_note
from trail.witness import Witness, WitnessRefused, extra, server
from trail.witness.protocol import MAX_REQUEST
from trail.witness.server import Service

NOW = 1_772_668_800
HONEST, OTHER = View("honest", 5), View("other", 5)
PLAIN = "text/plain; charset=utf-8"
HASH = hashlib.sha256(ORIGIN.encode()).hexdigest()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def served(tmp_path: Path, clock: FixedClock) -> Iterator[Served]:
    with serving(tmp_path, [LOG], clock=clock) as made:
        yield made


# --- the protocol -----------------------------------------------------------------------------------------------------


def test_a_cosignature_comes_back_and_is_there_for_monitors(served: Served) -> None:
    path = f"/{HASH}/checkpoint"
    assert get(served.url, path).status == 404
    answer = post(served.url, HONEST.request(0, 5))
    assert (answer.status, answer.headers["content-type"]) == (200, PLAIN)
    assert check_cosignature(HONEST.text(5), answer.text, served.key) == NOW
    shown = get(served.url, path)
    assert (shown.status, shown.headers["content-type"]) == (200, PLAIN)
    assert shown.text == HONEST.note(5) + answer.text, "the log's signature and the one that was returned"
    signed = open_note(parse_note(shown.text), [LOG, served.key])
    assert [one.key for one in signed] == [LOG, served.key]
    assert ask(served.url, "HEAD", path).body == b""
    assert get(served.url, f"/{HASH.upper()}/checkpoint").status == 404


def test_the_last_cosignature_is_the_one_that_monitors_get(served: Served, clock: FixedClock) -> None:
    post(served.url, HONEST.request(0, 5))
    clock.tick(1000)
    again = post(served.url, HONEST.request(5, 5))
    assert check_cosignature(HONEST.text(5), again.text, served.key) == NOW + 1000
    assert get(served.url, f"/{HASH}/checkpoint").text == HONEST.note(5) + again.text


def test_an_empty_log_is_cosigned(served: Served) -> None:
    assert post(served.url, HONEST.request(0, 0)).status == 200
    assert post(served.url, HONEST.request(0, 0)).status == 200
    assert post(served.url, HONEST.request(0, 9)).status == 200


def forged(text: str) -> str:
    """A note whose signature is by the log's own key, over something else."""
    return format_note(text, [sign_note(HONEST.text(1), ORIGIN, LOG_KEY)])


def body(old: int | str, note: str, *proof: bytes) -> bytes:
    return "\n".join([f"old {old}", *(base64.b64encode(one).decode() for one in proof), "", note]).encode()


STRANGER = View("x", origin="unknown.example/log", key=key_of("another"))
UNSIGNED = View("x", key=key_of("another"))
EMPTY = f"{ORIGIN}\n0\n{base64.b64encode(bytes(32)).decode()}\n"
EXTENDED = HONEST.text(9) + "an extension line\n"


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (STRANGER.request(0, 3), 404, "LOG_UNKNOWN"),
        (UNSIGNED.request(0, 3), 403, "LOG_SIGNATURE"),
        (body(5, forged(HONEST.text(9))), 403, "LOG_SIGNATURE"),
        (body(9, HONEST.note(8)), 400, "OLD_BEYOND"),
        (body(5, HONEST.note(5), bytes(32)), 422, "UNPROCESSABLE"),
        (OTHER.request(0, 5).replace(b"old 0", b"old 5"), 200, ""),  # the same tree: both share it
        (body(5, View("third").note(5)), 422, "FORK"),
        (body(5, HONEST.note(9)), 422, "PROOF_BAD"),
        (body(5, HONEST.note(9), bytes(32)), 422, "PROOF_BAD"),
        (body(5, format_note(EXTENDED, [sign_note(EXTENDED, ORIGIN, LOG_KEY)])), 400, "NOTE"),
        (b"", 400, "NOTE"),
        (b"\xff\xfe", 400, "NOTE"),
        (body("05", HONEST.note(9)), 400, "NOTE"),
        (body("+5", HONEST.note(9)), 400, "NOTE"),
        (b"old 5\r\n\r\n" + HONEST.note(9).encode(), 400, "NOTE"),
        (body(5, HONEST.note(9), *[bytes(32)] * 64), 400, "NOTE"),
        (body(5, HONEST.note(9)).rstrip(b"\n"), 400, "NOTE"),
        (b"old 5\n" + HONEST.note(9).encode(), 400, "NOTE"),
    ],
)
def test_every_answer(served: Served, request_: bytes, status: int, code: str) -> None:
    assert post(served.url, HONEST.request(0, 5)).status == 200
    answer = post(served.url, request_)
    assert (answer.status, answer.headers["content-type"]) == (status, PLAIN)
    assert answer.text.partition(":")[0] == code or status == 200
    assert served.witness.latest(ORIGIN) == (5, HONEST.root(5), HONEST.note(5))


def test_an_empty_tree_with_a_root_of_something(served: Served) -> None:
    note = format_note(EMPTY, [sign_note(EMPTY, ORIGIN, LOG_KEY)])
    answer = post(served.url, body(0, note))
    assert (answer.status, answer.text.partition(":")[0]) == (422, "UNPROCESSABLE")


def test_a_stale_request_learns_the_size(served: Served) -> None:
    """The content type is exact: with a charset behind it, clients take it for something else."""
    assert post(served.url, body(3, HONEST.note(9), bytes(32))).body == b"0\n"
    post(served.url, HONEST.request(0, 5))
    answer = post(served.url, HONEST.request(0, 9))
    assert (answer.status, answer.headers["content-type"], answer.body) == (409, "text/x.tlog.size", b"5\n")


def test_other_addresses_and_methods(served: Served) -> None:
    assert get(served.url, "/add-checkpoint").status == 405
    assert get(served.url, "/add-checkpoint").headers["allow"] == "POST"
    assert ask(served.url, "PUT", "/add-checkpoint", b"").status == 405
    for path in ("/nothing", "/add-checkpoint/", "/../etc/passwd", "/forks/0/kept.txt", "/x/checkpoint", "//"):
        assert get(served.url, path).status == 404, path
    assert post(served.url, HONEST.request(0, 5)).status == 200
    every = [get(served.url, path) for path in ("/", "/nothing", "/status.json", f"/{HASH}/checkpoint")]
    for answer in every:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "server" not in answer.headers


def test_a_prefix(tmp_path: Path) -> None:
    with serving(tmp_path, [LOG], prefix="/a/witness") as made:
        assert made.url.endswith("/a/witness")
        assert post(made.url, HONEST.request(0, 5)).status == 200
        assert get(made.url, "/").status == 200
        root = made.url.removesuffix("/a/witness")
        assert post(root, HONEST.request(0, 5)).status == 404
        for wrong in ("witness", "/witness/", "/wit ness", "/{x}", "/a/../b", "/..", "/./b", "/a/."):
            with pytest.raises(CallerError):
                Service(made.witness, FixedClock(NOW), wrong)


# --- limits -----------------------------------------------------------------------------------------------------------


def raw(url: str, data: bytes, more: Iterable[bytes] = ()) -> bytes:
    """Send bytes as they are, and give all that comes back until the other end closes."""
    parts = urlsplit(url)
    found = b""
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as connection:
        try:
            connection.sendall(data)
            for one in more:
                connection.sendall(one)
        except ConnectionError:  # it was closed while we were sending, with or without an answer
            pass
        try:
            while chunk := connection.recv(65_536):
                found += chunk
        except ConnectionError:
            pass
    return found


def test_a_long_body_is_refused_before_it_is_read(served: Served) -> None:
    head = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: %d\r\n\r\n"
    said = raw(served.url, head % (MAX_REQUEST + 1))  # nothing of the body is sent
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in said.lower()
    assert raw(served.url, head % 10**30).startswith(b"HTTP/1.1 4")


def test_a_body_without_a_length_is_counted_while_it_comes(served: Served) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(100):
            yield b"4000\r\n" + b"a" * 0x4000 + b"\r\n"

    said = raw(served.url, b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n", chunks())
    assert said.startswith(b"HTTP/1.1 413 ")


def test_the_longest_request_that_makes_sense_is_read(served: Served) -> None:
    """A proof of 63 hashes and a hundred lines by others."""
    note = HONEST.note(5)
    key = key_of("a crowd")
    lines = [sign_note(HONEST.text(5), f"crowd.example/{n}", key) for n in range(99)]
    assert post(served.url, body(0, note + "".join(lines))).status == 200
    assert post(served.url, body(5, HONEST.note(9) + "".join(lines), *[bytes(32)] * 63)).status == 422


def test_slow_requests_are_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trail.witness import running

    monkeypatch.setattr(server, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(running, "HEAD_SECONDS", 0.2)
    with serving(tmp_path, [LOG]) as made:
        said = raw(made.url, b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 9\r\n\r\nold")
        assert said.startswith(b"HTTP/1.1 408 ")
        assert raw(made.url, b"") == b""
        assert raw(made.url, b"POST /add-chec") == b""
        parts = urlsplit(made.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        connection.request("GET", "/status.json")
        assert connection.getresponse().read()
        connection.sock.sendall(b"GET /sta")
        assert connection.sock.recv(9) == b"", "a second request's head has its time too"
        connection.close()
        assert post(made.url, HONEST.request(0, 5)).status == 200


def test_two_requests_on_one_connection(served: Served) -> None:
    parts = urlsplit(served.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    for old, size in ((0, 5), (5, 9), (9, 9)):
        connection.request("POST", "/add-checkpoint", HONEST.request(old, size))
        response = connection.getresponse()
        response.read()
        assert response.status == 200
    connection.close()


# --- crowds -----------------------------------------------------------------------------------------------------------


def at_once(url: str, bodies: list[bytes]) -> list[tuple[int, str]]:
    """Submit everything at the same moment, each on a connection of its own."""
    found: list[tuple[int, str]] = []
    go = threading.Barrier(len(bodies))

    def one(request_: bytes) -> None:
        go.wait()
        answer = post(url, request_)
        found.append((answer.status, answer.text))

    threads = [threading.Thread(target=one, args=(request_,)) for request_ in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_many_conflicting_requests_one_view_is_cosigned(served: Served) -> None:
    post(served.url, HONEST.request(0, 5))
    views = [View(f"view {n}", 5) for n in range(10)]
    found = at_once(served.url, [view.request(5, 9) for view in views for _ in range(3)])
    statuses = [status for status, _ in found]
    assert statuses.count(200) == 1
    assert set(statuses) == {200, 409}
    latest = served.witness.latest(ORIGIN)
    assert latest is not None
    [chosen] = [view for view in views if view.root(9) == latest[1]]
    [line] = [text for status, text in found if status == 200]
    assert check_cosignature(chosen.text(9), line, served.key)
    # The same size again, now with the right old size: the chosen view as often as it likes, the others never.
    found = at_once(served.url, [view.request(9, 9) for view in views for _ in range(3)])
    assert [status for status, _ in found].count(200) == 3
    assert len({line for status, line in found if status == 200}) == 1
    assert len(served.witness.forks()) == 9
    assert all(fork.proven for fork in served.witness.forks())


def test_a_busy_state_answers_503_and_is_well_afterwards(tmp_path: Path) -> None:
    with serving(tmp_path, [LOG], busy_timeout=0.1) as made:
        other = sqlite3.connect(made.state, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = post(made.url, HONEST.request(0, 5))
        assert (answer.status, answer.headers["retry-after"]) == (503, server.RETRY_BUSY)
        assert answer.text.startswith("STORE_BUSY")
        assert get(made.url, "/").status == 200, "reading goes on"
        other.execute("ROLLBACK")
        other.close()
        assert post(made.url, HONEST.request(0, 5)).status == 200


def test_too_many_at_once_are_sent_away(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "WAITING", 0)
    answer = post(served.url, HONEST.request(0, 5))
    assert (answer.status, answer.headers["retry-after"]) == (503, server.RETRY_BUSY)
    assert answer.text.startswith("BUSY")
    monkeypatch.setattr(server, "WAITING", 1)
    assert post(served.url, HONEST.request(0, 5)).status == 200


def test_whoever_waits_too_long_is_sent_away(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "PATIENCE", 0.05)
    free = threading.Event()
    entered = threading.Event()
    monkeypatch.setattr(served.witness, "sign", lambda *_: (entered.set(), free.wait(60), "")[2])
    first = threading.Thread(target=post, args=(served.url, HONEST.request(0, 5)))
    first.start()
    assert entered.wait(60)
    answer = post(served.url, HONEST.request(0, 5))
    free.set()
    first.join()
    assert (answer.status, answer.text.partition(":")[0]) == (503, "BUSY")


def test_a_failing_disk_answers_503_and_is_looked_at_anew(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    database = served.witness.memory.database
    monkeypatch.setattr(database, "_failed", "disk I/O error")
    answer = post(served.url, HONEST.request(0, 5))
    assert (answer.status, answer.headers["retry-after"]) == (503, server.RETRY_BROKEN)
    assert post(served.url, HONEST.request(0, 5)).status == 200


def test_a_clock_that_stands_back_signs_nothing(served: Served, clock: FixedClock) -> None:
    post(served.url, HONEST.request(0, 5))
    clock.tick(-60)
    same = post(served.url, HONEST.request(5, 5))
    assert check_cosignature(HONEST.text(5), same.text, served.key) == NOW, "never earlier than was stated"
    clock.tick(-1)
    answer = post(served.url, HONEST.request(5, 9))
    assert (answer.status, answer.text.partition(":")[0]) == (503, "CLOCK_BACK")
    assert served.witness.latest(ORIGIN) == (5, HONEST.root(5), HONEST.note(5))
    clock.set(NOW + 1)
    assert post(served.url, HONEST.request(5, 9)).status == 200


def test_an_error_of_the_program_shows_nothing_of_it(
    served: Served, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(served.witness, "sign", broken)
    answer = post(served.url, HONEST.request(0, 5))
    assert (answer.status, answer.text) == (500, "INTERNAL_ERROR: an error of this program\n")
    assert SECRET not in "".join(capfd.readouterr())


# --- two programs on one state ----------------------------------------------------------------------------------------


def test_the_offline_twin_works_beside_the_server(tmp_path: Path) -> None:
    """The server and another process take turns, and race for one size: one of them signs, the other learns of it."""
    prepare(tmp_path, [LOG])
    agreed = View("agreed", 100)
    with spawned(tmp_path) as made, Witness(made.state, WITNESS_KEY) as twin:
        for size in range(12):
            view = agreed if size < 11 else View("other", 11)
            results: list[int] = []

            def over_http(old: int = size, new: int = size + 1, to: list[int] = results) -> None:
                to.append(post(made.url, agreed.request(old, new)).status)

            def at_the_desk(old: int = size, new: int = size + 1, to: list[int] = results, view: View = view) -> None:
                try:
                    twin.sign(view.request(old, new), int(time.time()))
                except WitnessRefused as error:
                    to.append(error.status)
                else:
                    to.append(200)

            threads = [threading.Thread(target=over_http), threading.Thread(target=at_the_desk)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(results) == [200, 409]
        latest = twin.latest(ORIGIN)
        assert latest is not None
        assert latest[0] == 12
        assert get(made.url, f"/{HASH}/checkpoint").text.startswith(f"{ORIGIN}\n12\n")
        assert [fork.proven for fork in twin.forks()] == [True], "the loser of the last race was another view"


def test_a_log_added_beside_the_server_is_cosigned_at_once(tmp_path: Path) -> None:
    prepare(tmp_path, [])
    with spawned(tmp_path) as made, Witness(made.state, WITNESS_KEY) as twin:
        assert post(made.url, HONEST.request(0, 5)).status == 404
        twin.memory.add_log(LOG, now=NOW)
        assert post(made.url, HONEST.request(0, 5)).status == 200
        twin.memory.remove_log(LOG)
        assert post(made.url, HONEST.request(5, 9)).status == 404


# --- the process ------------------------------------------------------------------------------------------------------


def test_sigterm_ends_it_in_an_orderly_way(tmp_path: Path) -> None:
    prepare(tmp_path, [LOG])
    with spawned(tmp_path, environment={"PYTHONWARNINGS": "error"}) as made:
        assert post(made.url, HONEST.request(0, 5)).status == 200
        post(made.url, STRANGER.request(0, 5))
        code, said = made.stop()
    assert code == 0
    assert "add-checkpoint 200 log.example/views 5" in said
    assert "add-checkpoint 404 LOG_UNKNOWN unknown.example/log 5" in said
    assert SECRET not in said
    assert "Traceback" not in said
    assert [file.name for file in tmp_path.glob("witness.db*")] == ["witness.db"], "one file when nobody is at work"


def test_a_missing_extra_names_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from trail.cli import main

    prepare(tmp_path, [LOG])
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtra) as error:
        extra.require("starlette", "uvicorn")
    assert error.value.advice() == "pip install 'trail-evidence[witness]'"
    argv = ["witness", "serve", "--state", str(tmp_path / "witness.db"), "--key", str(tmp_path / "witness.pem")]
    assert main([*argv, "--passphrase-file", str(tmp_path / "passphrase")]) == 2
    said = capsys.readouterr().err
    assert "MISSING_EXTRA" in said
    assert "pip install 'trail-evidence[witness]'" in said


def test_an_address_in_use(tmp_path: Path, served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    from trail.cli import main

    (folder := tmp_path / "second").mkdir()
    prepare(folder, [LOG])
    port = urlsplit(served.url).port
    argv = ["witness", "serve", "--state", str(folder / "witness.db"), "--key", str(folder / "witness.pem")]
    assert main([*argv, "--passphrase-file", str(folder / "passphrase"), "--port", str(port)]) == 2
    assert "ADDRESS" in capsys.readouterr().err


# --- the status page --------------------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script>\u202e&\"'x"


def test_the_status_page_shows_text_as_text(tmp_path: Path) -> None:
    key = key_of("a hostile log")
    hostile = NoteKey("<b>/'\"&lt;", 1, key.public.raw)
    state = tmp_path / "witness.db"
    with Witness(state, key_of("w"), HOSTILE, new=True) as made:
        made.memory.add_log(hostile, now=NOW, title="<img src=x onerror=alert(1)>")
    with serving(tmp_path, [], name=HOSTILE, signer=key_of("w")) as made:
        page = get(made.url, "/?lang=en").text
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u{202e}&amp;&quot;&#x27;x" in page
    assert "&lt;b&gt;/&#x27;&quot;&amp;lt;" in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


@pytest.mark.parametrize(
    ("header", "query", "lang"),
    [("", "", "zh-CN"), ("en", "", "en"), ("en;q=0.3,zh;q=0.4", "", "zh-CN"), ("zh", "?lang=en", "en"),
     ("en", "?lang=zh", "zh-CN"), ("en", "?lang=<x>", "en"), ("fr;q=x,en-US", "", "en")],
)  # fmt: skip
def test_the_language_of_the_page(served: Served, header: str, query: str, lang: str) -> None:
    answer = get(served.url, f"/{query}", {"Accept-Language": header})
    assert f'<html lang="{lang}">' in answer.text
    assert ("见证方只声明" in answer.text) == (lang == "zh-CN")
    assert ("A witness states one thing" in answer.text) == (lang == "en")
    assert answer.headers["vary"] == "Accept-Language"


def test_the_page_tells_of_logs_and_alarms(served: Served, clock: FixedClock) -> None:
    assert "nothing cosigned yet" in get(served.url, "/?lang=en").text
    post(served.url, HONEST.request(0, 5))
    post(served.url, HONEST.request(5, 9))
    clock.tick(7300)
    page = get(served.url, "/?lang=en").text
    assert "2 hours ago" in page
    assert base64.b64encode(HONEST.root(9)).decode() in page
    assert 'role="alert"' not in page
    # A larger tree without a proof accuses nobody, and is forgotten when the proof comes.
    post(served.url, body(9, HONEST.note(12)))
    page = get(served.url, "/?lang=en").text
    assert 'role="alert"' not in page
    assert "Checkpoints without a proof" in page
    assert json.loads(get(served.url, "/status.json").text)["forks"][0]["proven"] is False
    assert post(served.url, HONEST.request(9, 12)).status == 200
    assert "Checkpoints without a proof" not in get(served.url, "/?lang=en").text
    # Two roots for one size do.
    assert post(served.url, body(12, OTHER.note(12))).status == 422
    for lang, alarm in (("en", "Alarm: a log has forked"), ("zh", "警报：日志出现分叉")):
        page = get(served.url, f"/?lang={lang}").text
        assert alarm in page
        assert 'role="alert"' in page
    [fork] = json.loads(get(served.url, "/status.json").text)["forks"]
    kept, offered = (get(served.url, f"/forks/{fork['id']}/{which}.txt") for which in ("kept", "offered"))
    assert (kept.text, offered.text) == (HONEST.note(12), OTHER.note(12))
    assert kept.headers["content-type"] == PLAIN
    assert kept.headers["content-disposition"].startswith("attachment; ")
    assert f"forks/{fork['id']}/kept.txt" in page
    assert get(served.url, f"/forks/{fork['id']}/other.txt").status == 404
