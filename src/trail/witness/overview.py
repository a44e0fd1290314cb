"""
What a witness can say about itself: the logs that it cosigns, how old their last cosignatures are, and the forks.

One value for the status page, for ``status.json`` and for the command ``trail witness status``.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from trail.signing import NoteKey
from trail.witness.memory import Cosigned, Fork, LogKey, Memory

_CHINA: Final = dt.timezone(dt.timedelta(hours=8))


class LogState(NamedTuple):
    """A log: its ``title``, the ``keys`` trusted now (none: no longer cosigned), and what was cosigned ``last``."""

    origin: str
    title: str
    keys: tuple[NoteKey, ...]
    last: Cosigned | None


class Overview(NamedTuple):
    """A witness ``now``."""

    key: NoteKey
    now: int
    logs: tuple[LogState, ...]
    forks: tuple[Fork, ...]

    @property
    def proven(self) -> tuple[Fork, ...]:
        """The forks that nothing excuses."""
        return tuple(fork for fork in self.forks if fork.proven)

    @property
    def unproven(self) -> tuple[Fork, ...]:
        """Larger trees that came without a proof, and were not proven since."""
        return tuple(fork for fork in self.forks if not fork.proven)

    def to_json(self) -> dict[str, Any]:
        """The overview as JSON; times are POSIX seconds, roots base64 as in checkpoints."""
        return {
            "witness": self.key.name,
            "vkey": self.key.vkey,
            "now": self.now,
            "logs": [_log_json(log, self.now) for log in self.logs],
            "forks": [_fork_json(fork) for fork in self.forks],
        }


def overview(memory: Memory, now: int, extra: Iterable[NoteKey] = ()) -> Overview:
    """Look at *memory*; *extra* are keys of logs that it does not hold and that are trusted all the same."""
    held = [*memory.logs(), *(LogKey(key, "", True, 0) for key in extra)]
    last = {one.origin: one for one in memory.all_latest()}
    origins = dict.fromkeys((*(one.key.name for one in held), *last))
    logs = tuple(
        LogState(
            origin,
            next((one.title for one in held if one.key.name == origin), ""),
            tuple(one.key for one in held if one.key.name == origin and one.trusted),
            last.get(origin),
        )
        for origin in sorted(origins)
    )
    return Overview(memory.key, now, logs, memory.forks())


def sizes(fork: Fork) -> tuple[str, str]:
    """The sizes that the two notes state."""
    return fork.kept.split("\n", 2)[1], fork.offered.split("\n", 2)[1]


def root_text(root: bytes) -> str:
    """A root as checkpoints write it."""
    return base64.b64encode(root).decode("ascii")


def moment(time: int) -> str:
    """POSIX seconds as ``2026-03-05 09:00:00 UTC+8``; seconds, where no calendar reaches."""
    try:
        return dt.datetime.fromtimestamp(time, _CHINA).strftime("%Y-%m-%d %H:%M:%S UTC+8")
    except (OverflowError, ValueError, OSError):
        return str(time)


_UNITS: Final = ((86_400, "天", "day"), (3_600, "小时", "hour"), (60, "分钟", "minute"), (1, "秒", "second"))


def age(seconds: int, lang: str) -> str:
    """
    How long ago, in the largest unit that fits.

    >>> age(7_300, "en"), age(7_300, "zh"), age(-5, "en")
    ('2 hours ago', '2 小时前', 'just now')
    """
    for length, zh, en in _UNITS:
        count = seconds // length
        if count >= 1:
            return f"{count} {zh}前" if lang == "zh" else f"{count} {en}{'s' if count > 1 else ''} ago"
    return "刚刚" if lang == "zh" else "just now"


def _log_json(log: LogState, now: int) -> dict[str, Any]:
    found: dict[str, Any] = {"origin": log.origin, "title": log.title, "keys": [key.vkey for key in log.keys]}
    if log.last is not None:
        last = log.last
        found |= {"size": last.size, "root": root_text(last.root), "time": last.time, "age": max(0, now - last.time)}
    return found


def _fork_json(fork: Fork) -> dict[str, Any]:
    kept, offered = sizes(fork)
    return {
        "id": fork.id, "origin": fork.origin, "proven": fork.proven, "time": fork.time,
        "kept_size": int(kept), "offered_size": int(offered), "kept": fork.kept, "offered": fork.offered,
    }  # fmt: skip
