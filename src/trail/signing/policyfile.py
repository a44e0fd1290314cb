"""
Reading a policy file line by line: each word has one function, and what has been read so far is the only context.

The format is in `trail.signing.policy`, which gives the result its meaning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

from trail.errors import KeyRefused, PolicyError
from trail.signing.note import COSIGNATURE_ED25519, LOG_ED25519, NoteKey, parse_vkey

MAX_POLICY_BYTES: Final = 1 << 20
"""Thousands of witnesses; the specification asks for 32."""

MAX_FRESH_DAYS: Final = 36_500
REQUIRABLE: Final = ("attachments", "bodies")


@dataclass(slots=True)
class Read:
    """What has been read so far, up to line ``number``; ``quorum`` is empty until its line."""

    digest: bytes = b""
    number: int = 0
    logs: list[NoteKey] = field(default_factory=list)
    witnesses: dict[str, NoteKey] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str = ""
    genesis: set[bytes] = field(default_factory=set)
    fresh_days: int | None = None
    require: set[str] = field(default_factory=set)
    urls: dict[str, str] = field(default_factory=dict)
    ids: set[tuple[str, bytes]] = field(default_factory=set)
    keys: dict[bytes, int] = field(default_factory=dict)
    grouped: set[str] = field(default_factory=set)
    lines: dict[str, int] = field(default_factory=dict)

    def refuse(self, message: str, **facts: object) -> NoReturn:
        """Refuse the line that is being read."""
        raise PolicyError(f"line {self.number}: {message}", code=None, advice=None, line=self.number, **facts)


def read_policy(policy: str | bytes) -> Read:
    """
    Read all lines of a *policy*.

    Raises:
        PolicyError: A line can't be read; ``facts["line"]`` is its number.
    """
    text, digest = _text(policy)
    read = Read(digest)
    for line in text.split("\n")[:-1]:
        read.number += 1
        _check_characters(read, line)
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if not words or words[0].startswith("#"):
            continue
        reader = _WORDS.get(words[0])
        if reader is None:
            read.refuse(f"unknown word {words[0]!r}", expected=sorted(_WORDS), found=words[0])
        reader(read, words[1:])
    _check_operators(read)
    return read


def _text(policy: str | bytes) -> tuple[str, bytes]:
    try:
        data = policy.encode("utf-8") if isinstance(policy, str) else policy
        text = data.decode("utf-8")
    except UnicodeError:
        raise PolicyError("a policy is UTF-8 text", line=0) from None
    if len(data) > MAX_POLICY_BYTES:
        raise PolicyError("the policy is too long", line=0, found=len(data), expected=MAX_POLICY_BYTES)
    if not text.endswith("\n"):
        # "fresh 300" cut to "fresh 30" would still read.
        raise PolicyError("the last line has no newline: the file may be cut short", line=text.count("\n") + 1)
    return text, hashlib.sha256(data).digest()


def _check_characters(read: Read, line: str) -> None:
    if line.endswith("\r"):
        read.refuse("the line ends with a carriage return; save the file with Unix line ends (LF)")
    if line.startswith("\ufeff"):
        read.refuse("the file begins with a byte order mark; save it as UTF-8 without one")
    if any((character < " " and character != "\t") or character == "\x7f" for character in line):
        read.refuse("a control character")


def _log(read: Read, words: list[str]) -> None:
    if not 1 <= len(words) <= 2:
        read.refuse("write: log <vkey> [url]")
    key = _key(read, words[0], LOG_ED25519)
    read.logs.append(key)
    if len(words) == 2:
        read.urls[key.vkey] = words[1]


def _witness(read: Read, words: list[str]) -> None:
    if not 2 <= len(words) <= 3:
        read.refuse("write: witness <name> <vkey> [url]")
    name = _new_name(read, words[0])
    key = _key(read, words[1], COSIGNATURE_ED25519)
    read.witnesses[name] = key
    read.lines[name] = read.number
    if len(words) == 3:
        read.urls[key.vkey] = words[2]


def _group(read: Read, words: list[str]) -> None:
    if len(words) < 3:
        read.refuse("write: group <name> all|any|<k> <member> …")
    name, members = _new_name(read, words[0]), words[2:]
    for member in members:
        if member not in read.witnesses and member not in read.groups:
            read.refuse(f"{member!r} is not defined above", found=member)
        if member in read.grouped:
            read.refuse(f"{member!r} is already a member of a group", found=member)
        read.grouped.add(member)
    named = {"all": len(members), "any": 1}
    threshold = named[words[1]] if words[1] in named else _number(read, words[1])
    if not 1 <= threshold <= len(members):
        read.refuse(f"the threshold is between 1 and {len(members)}", found=threshold)
    read.groups[name] = (threshold, tuple(members))


def _quorum(read: Read, words: list[str]) -> None:
    if len(words) != 1:
        read.refuse("write: quorum <name>|none")
    if read.quorum:
        read.refuse("a second quorum line")
    if words[0] != "none" and words[0] not in read.witnesses and words[0] not in read.groups:
        read.refuse(f"{words[0]!r} is not defined above", found=words[0])
    read.quorum = words[0]


def _genesis(read: Read, words: list[str]) -> None:
    if len(words) != 1 or len(words[0]) != 64 or not set(words[0]) <= set("0123456789abcdef"):
        read.refuse("write: genesis <SHA-256 of entry 1 in 64 lowercase hex digits>")
    digest = bytes.fromhex(words[0])
    if digest in read.genesis:
        read.refuse("the same genesis twice")
    read.genesis.add(digest)


def _fresh(read: Read, words: list[str]) -> None:
    if len(words) != 1:
        read.refuse("write: fresh <days>")
    if read.fresh_days is not None:
        read.refuse("a second fresh line")
    days = _number(read, words[0])
    if not 1 <= days <= MAX_FRESH_DAYS:
        read.refuse(f"days are between 1 and {MAX_FRESH_DAYS}", found=days)
    read.fresh_days = days


def _require(read: Read, words: list[str]) -> None:
    if len(words) != 1 or words[0] not in REQUIRABLE:
        read.refuse("write: require bodies, or: require attachments")
    if words[0] in read.require:
        read.refuse("the same requirement twice")
    read.require.add(words[0])


def _tsa(read: Read, words: list[str]) -> None:
    read.refuse("tsa (timestamp authorities) follows in a later version; remove the line or use witnesses")


_WORDS: Final[Mapping[str, Callable[[Read, list[str]], None]]] = {
    "log": _log,
    "witness": _witness,
    "group": _group,
    "quorum": _quorum,
    "genesis": _genesis,
    "fresh": _fresh,
    "require": _require,
    "tsa": _tsa,
}


def _check_operators(read: Read) -> None:
    """
    Two keys under one key name are one operator, and one vote (an old key and its successor, say).

    So they stand side by side in one group that needs one of its members: where one of them has signed, the other adds
    nothing, however groups are nested.  Witnesses that the quorum does not lean on vote for nothing.
    """
    above = {member: name for name, (_, members) in read.groups.items() for member in members}
    logs = {key.name for key in read.logs}
    operators: dict[str, str] = {}
    for name, key in read.witnesses.items():
        if key.name in logs:
            _refuse_at(read, name, f"{key.name} is the log itself: a log is no witness of its own")
        if not _counts(read, name, above):
            continue
        other = operators.setdefault(key.name, name)
        group = above.get(name)
        if other != name and (group is None or group != above.get(other) or read.groups[group][0] != 1):
            _refuse_at(
                read, name,
                f"{name} and {other} (line {read.lines[other]}) have one key name, {key.name}: one operator, one vote; "
                f"write: group <name> any {other} {name}, and use that group in their place",
                earlier=read.lines[other],
            )  # fmt: skip


def _counts(read: Read, name: str, above: Mapping[str, str]) -> bool:
    """Whether the quorum leans on a witness."""
    while name != read.quorum and name in above:
        name = above[name]
    return name == read.quorum


def _refuse_at(read: Read, name: str, message: str, **facts: object) -> NoReturn:
    read.number = read.lines[name]
    read.refuse(message, **facts)


def _new_name(read: Read, name: str) -> str:
    if name == "none":
        read.refuse("'none' is not a name")
    if name in read.witnesses or name in read.groups:
        read.refuse(f"{name!r} is already defined", found=name)
    return name


def _key(read: Read, vkey: str, wanted: int) -> NoteKey:
    try:
        key = parse_vkey(vkey)
    except KeyRefused as error:
        read.refuse(error.message, **{**error.facts, "key": vkey})
    if key.type != wanted:
        read.refuse(f"a key of type {wanted} belongs here", expected=wanted, found=key.type)
    earlier = read.keys.setdefault(key.raw, read.number)
    if earlier != read.number:
        read.refuse(f"the same public key as on line {earlier}: one key, one role, one vote", earlier=earlier)
    if (key.name, key.id) in read.ids:
        read.refuse("another key has this name and this id: their signatures could not be told apart")
    read.ids.add((key.name, key.id))
    return key


def _number(read: Read, text: str) -> int:
    if not (text.isascii() and text.isdigit()) or text.startswith("0") or len(text) > 9:
        read.refuse("a number is written in decimal without sign or leading zero, and is at least 1", found=text)
    return int(text)
