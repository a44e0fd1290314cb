"""
The policy file: whom an inspector trusts, written by the inspector alone and brought by a channel of their own.

A superset of C2SP tlog-policy.  UTF-8 text; every line ends with a newline; words are separated by spaces and tabs
only; blank lines and lines that begin with ``#`` are ignored::

    log <vkey> [url]                          a log's key; the key's name is the log's origin
    witness <name> <vkey> [url]               a witness, under a name that only this file uses
    group <name> all|any|<k> <member> …       witnesses and groups defined above; each name in one group at most
    quorum <name>|none                        exactly once: what must have cosigned a checkpoint
    genesis <sha256 of entry 1, 64 hex>       which first entries are the right ones
    fresh <days>                              how old the anchoring checkpoint may be
    require bodies|attachments                what may not be withheld

Whatever else is written is refused with its line number.  No public key stands twice, under whatever name or role:
one operator is one vote.  See ``docs/spec/policy.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from trail.errors import PolicyError
from trail.signing.note import NoteKey, VerifiedSignature
from trail.signing.policyfile import read_policy


class Group(NamedTuple):
    """A group is satisfied when at least ``threshold`` of its ``members`` are."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """
    What a policy file says; ``digest`` is the SHA-256 of its bytes.

    ``witnesses`` and ``groups`` are by name, in the order of the file; ``quorum`` is None where it says ``none``;
    ``urls`` holds the url of each log and witness that has one, by vkey.
    """

    logs: tuple[NoteKey, ...]
    witnesses: Mapping[str, NoteKey]
    groups: Mapping[str, Group]
    quorum: str | None
    genesis: frozenset[bytes]
    fresh_days: int | None
    require: frozenset[str]
    urls: Mapping[str, str]
    digest: bytes

    @property
    def keys(self) -> tuple[NoteKey, ...]:
        """All keys, of logs and of witnesses: what to open a checkpoint's note with."""
        return (*self.logs, *self.witnesses.values())

    def log_keys(self, origin: str) -> tuple[NoteKey, ...]:
        """Give the keys of the log *origin*; none if the policy does not know it."""
        return tuple(key for key in self.logs if key.name == origin)

    def times(self, verified: Iterable[VerifiedSignature]) -> dict[str, int]:
        """Give, of *verified* signatures on one checkpoint, each witness's earliest time by its name here."""
        names = {key: name for name, key in self.witnesses.items()}
        times: dict[str, int] = {}
        for signature in verified:
            name = names.get(signature.key)
            if name is not None and signature.time is not None:
                times[name] = min(signature.time, times.get(name, signature.time))
        return times

    def satisfied(self, names: Collection[str]) -> bool:
        """Say whether witnesses of these *names* make the quorum; where it is ``none``, nobody is needed."""
        return self.quorum is None or self.earliest_quorum(dict.fromkeys(names, 0)) is not None

    def earliest_quorum(self, times: Mapping[str, int]) -> int | None:
        """
        Give the instant by which a quorum stood, from each witness's time.

        Over all sets of witnesses that make the quorum, the smallest of the latest times in each.
        None where no set does, or where the quorum is ``none``: then nothing is proven about time.
        """
        return self._stood(times, latest=False)

    def latest_quorum(self, times: Mapping[str, int]) -> int | None:
        """
        Give the instant from which on a whole quorum had spoken, from each witness's time: the mirror image.

        Over all sets of witnesses that make the quorum, the largest of the earliest times in each: a smaller number
        than a quorum, dating as it likes, can't move it past the last of the others.  None as for `earliest_quorum`.
        """
        return self._stood(times, latest=True)

    def _stood(self, times: Mapping[str, int], *, latest: bool) -> int | None:
        if self.quorum is None:
            return None
        reached = {name: times[name] for name in self.witnesses if name in times}
        # Groups refer only to what is defined above them, so one pass in the file's order is enough.
        # A group stands when its threshold-th member does, counted from the end that is asked for.
        for name, group in self.groups.items():
            stood = sorted((reached[member] for member in group.members if member in reached), reverse=latest)
            if len(stood) >= group.threshold:
                reached[name] = stood[group.threshold - 1]
        return reached.get(self.quorum)

    @property
    def bears(self) -> int | None:
        """
        Say how many dishonest operators the quorum bears, before two inspectors can be shown two histories.

        Both histories need a quorum, and an honest witness cosigns only one of them: so it is the smallest number of
        operators that any two quorums have in common, less one.  For k of n that is 2k - n - 1.  -1: two quorums need
        nobody in common, and the honest ones don't help either.  None where the quorum is ``none``.
        """
        if self.quorum is None:
            return None
        common = dict.fromkeys(self.witnesses, 1)
        for name, group in self.groups.items():
            operators = {self.witnesses[one].name if one in self.witnesses else "" for one in group.members}
            if len(operators) == 1 and "" not in operators:
                common[name] = 1  # several keys of one operator
            else:
                overlap = max(0, 2 * group.threshold - len(group.members))
                common[name] = sum(sorted(common[one] for one in group.members)[:overlap])
        return common[self.quorum] - 1

    def __hash__(self) -> int:
        return hash(self.digest)


def parse_policy(text: str | bytes) -> Policy:
    """
    Read a policy file.

    Raises:
        PolicyError: A line can't be read (``facts["line"]`` is its number from 1), or the file as a whole can't.
    """
    read = read_policy(text)
    if not read.quorum:
        raise PolicyError("a policy has exactly one quorum line", line=read.number)
    return Policy(
        logs=tuple(read.logs),
        witnesses=read.witnesses,
        groups={name: Group(threshold, members) for name, (threshold, members) in read.groups.items()},
        quorum=None if read.quorum == "none" else read.quorum,
        genesis=frozenset(read.genesis),
        fresh_days=read.fresh_days,
        require=frozenset(read.require),
        urls=read.urls,
        digest=read.digest,
    )


def format_policy(
    *,
    logs: Iterable[NoteKey],
    witnesses: Mapping[str, NoteKey] | None = None,
    groups: Mapping[str, tuple[int, Collection[str]]] | None = None,
    quorum: str | None = None,
    genesis: Iterable[bytes] = (),
    fresh_days: int | None = None,
    require: Iterable[str] = (),
    urls: Mapping[str, str] | None = None,
) -> str:
    """
    Write a policy file; `parse_policy` reads it again as the same.

    Raises:
        PolicyError: It would not be read again.
    """
    logs, witnesses, urls, require = tuple(logs), dict(witnesses or {}), dict(urls or {}), frozenset(require)
    genesis = frozenset(genesis)
    quorum = None if quorum == "none" else quorum  # as the file spells it
    named = {name: Group(threshold, tuple(members)) for name, (threshold, members) in (groups or {}).items()}
    keys = [(f"log {key.vkey}", key) for key in logs]
    keys += [(f"witness {name} {key.vkey}", key) for name, key in witnesses.items()]
    lines = [f"{line} {urls[key.vkey]}" if key.vkey in urls else line for line, key in keys]
    lines += [f"group {name} {group.threshold} {' '.join(group.members)}" for name, group in named.items()]
    lines.append(f"quorum {'none' if quorum is None else quorum}")
    lines += [f"genesis {digest.hex()}" for digest in sorted(genesis)]
    lines += [] if fresh_days is None else [f"fresh {fresh_days}"]
    lines += [f"require {what}" for what in sorted(require)]
    text = "".join(line + "\n" for line in lines)
    again = parse_policy(text)
    # A name with a space or newline in it would be read as something else: what is written is read back.
    said = (logs, witnesses, named, quorum, genesis, fresh_days, require, urls)
    if said != (
        again.logs, again.witnesses, again.groups, again.quorum,
        again.genesis, again.fresh_days, again.require, again.urls,
    ):  # fmt: skip
        raise PolicyError("a name, member or url can't be written in a policy file")
    return text
