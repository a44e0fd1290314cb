"""
What the command line writes, and how it stays safe and readable everywhere.

Whatever is printed goes through `Printer`: characters that would be invisible, reorder their line or drive a terminal
are escaped, one call is one line, and what a stream's encoding can't carry (GBK, ASCII) becomes ``\\uXXXX`` instead of
an error.  When the reader of a pipe goes away, the rest is dropped and the exit code stays what it is.
"""

from __future__ import annotations

import io
import json
import locale
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TextIO

from trail.encoding import printable

LANGUAGES: Final = ("zh", "en")
_BAR: Final = 30
_INTERVAL: Final = 0.1  # seconds between two drawings of the bar

Progress = Callable[[int, int], None]


class Printer:
    """
    Two text streams and a language, ``zh`` or ``en``.

    Raises:
        OSError: A stream can't be written, for another reason than a reader that went away.
    """

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None, lang: str = "en") -> None:
        self._out = _fit(sys.stdout if out is None else out)
        self._err = _fit(sys.stderr if err is None else err)
        self._gone: set[int] = set()
        self.lang = lang

    def line(self, text: str = "") -> None:
        """Write one line to stdout, escaped: a line end inside *text* does not end the line."""
        self._write(self._out, printable(text) + "\n")

    def lines(self, texts: Iterable[str]) -> None:
        """Write several lines."""
        for text in texts:
            self.line(text)

    def say(self, zh: str, en: str) -> None:
        """Write the one of two lines that is in the chosen language."""
        self.line(self.choose(zh, en))

    def choose(self, zh: str, en: str) -> str:
        """Give the one of two texts that is in the chosen language."""
        return zh if self.lang == "zh" else en

    def note(self, text: str) -> None:
        """Write one line to stderr, escaped."""
        self._write(self._err, printable(text) + "\n")

    def json(self, value: Any) -> None:
        """Write *value* as JSON in ASCII, which every encoding carries unchanged."""
        for text in json.dumps(value, indent=2, ensure_ascii=True, default=str).split("\n"):
            self.line(text)

    def document(self, data: bytes) -> None:
        """Write UTF-8 text byte by byte, for what another program reads: a note, a cosignature."""
        buffer = getattr(self._out, "buffer", None)
        if buffer is None:
            self._write(self._out, data.decode("utf-8", "backslashreplace"))
            return
        with self._reader_may_go(self._out):
            self._out.flush()
            buffer.write(data)
            buffer.flush()

    @contextmanager
    def progress(self, zh: str, en: str) -> Iterator[Progress | None]:
        """Give a callback that draws a bar on stderr; None where stderr is no terminal."""
        if not _is_terminal(self._err):
            yield None
            return
        bar = _Bar(self._err, self.choose(zh, en))
        try:
            yield bar
        finally:
            bar.clear()

    def flush(self) -> None:
        """Hand over everything that was written."""
        for stream in (self._out, self._err):
            with self._reader_may_go(stream):
                stream.flush()

    def abandon(self) -> None:
        """Drop what could not be written, so that the interpreter does not try again at its end."""
        for stream in (self._out, self._err):
            try:
                stream.flush()
            except (OSError, ValueError):
                _to_nowhere(stream)

    def _write(self, stream: TextIO, text: str) -> None:
        if id(stream) not in self._gone:
            with self._reader_may_go(stream):
                stream.write(text)

    @contextmanager
    def _reader_may_go(self, stream: TextIO) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self._gone.add(id(stream))
            _to_nowhere(stream)


class _Bar:
    """A progress bar in ASCII, drawn over itself."""

    def __init__(self, stream: TextIO, label: str) -> None:
        self._stream = stream
        self._label = label
        self._drawn = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._drawn < _INTERVAL:
            return
        self._drawn = now
        share = min(1.0, done / total) if total > 0 else 0.0
        bar = ("#" * round(share * _BAR)).ljust(_BAR, ".")
        self._stream.write(f"\r{self._label} [{bar}] {share:4.0%} {done}/{total}")
        self._stream.flush()

    def clear(self) -> None:
        """Remove the bar."""
        if self._drawn:
            self._stream.write("\r\x1b[K" if os.name != "nt" else "\r" + " " * 79 + "\r")
            self._stream.flush()


def _fit(stream: TextIO | None) -> TextIO:
    """The same stream, which from now on escapes what its encoding can't carry; nowhere, if it was closed."""
    if stream is None:
        return io.StringIO()
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (ValueError, OSError):
        return False


def _to_nowhere(stream: TextIO) -> None:
    """Point a stream whose reader went away to nowhere, so that what it still holds fails nobody."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return


def language(chosen: str | None, environment: Mapping[str, str] | None = None) -> str:
    """
    The language to speak: what was *chosen*, otherwise that of the environment, Chinese or else English.

    >>> language(None, {"LC_ALL": "zh_CN.UTF-8"}), language(None, {"LANG": "C"}), language("zh", {})
    ('zh', 'en', 'zh')
    """
    if chosen is not None:
        return chosen
    variables = os.environ if environment is None else environment
    named = next((variables[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if variables.get(name)), "")
    if not named and os.name == "nt":
        named = locale.getlocale()[0] or ""
    return "zh" if named.lower().startswith(("zh", "chinese")) else "en"
