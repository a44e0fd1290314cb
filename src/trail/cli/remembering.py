"""
The inspector's memory on the command line: what ``trail verify --state`` does besides verifying.
"""

from __future__ import annotations

import argparse
import hashlib
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from trail.cli.common import unreadable
from trail.errors import CallerError

if TYPE_CHECKING:
    from trail.cli.output import Printer, Progress
    from trail.evidence.times import ActTimes
    from trail.evidence.verdict import Report
    from trail.inspecting.inspection import Inspection
    from trail.signing import Policy

_PIECE: Final = 1 << 20


class Told(NamedTuple):
    """What the memory says beside the report: the inspection, the memory's path, whether it was made just now."""

    inspection: Inspection
    path: str
    new: bool

    def lines(self, lang: str) -> tuple[str, ...]:
        """For a person."""
        from trail.report.inspecting import memory_lines

        return tuple(memory_lines(self.inspection, self.path, self.new, lang))

    def to_json(self) -> dict[str, Any]:
        """For a program."""
        from trail.report.inspecting import alarms_of, remembered_of

        found = self.inspection
        return {"path": self.path, "new": self.new, "first": found.first, "remembered": remembered_of(found.remembered),
                "alarms": alarms_of(found.alarms), "again": found.again, "kept": found.kept}  # fmt: skip


class Hashing(io.RawIOBase):
    """A file that is hashed as it is read: the digest is of the bytes that were verified, not of a second look."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed by close()
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._file.readinto(buffer) or 0
        self._hash.update(memoryview(buffer)[:count])
        return count

    def close(self) -> None:
        """Close the file, after the rest of it was hashed too."""
        if not self._file.closed:
            while piece := self._file.read(_PIECE):
                self._hash.update(piece)
            self._file.close()
        super().close()

    def digest(self) -> str:
        """SHA-256 of everything that was read, in hexadecimal."""
        return self._hash.hexdigest()


def opened(path: str) -> tuple[Hashing, io.BufferedReader]:
    """An evidence file, hashed as it is read; raises `CallerError`."""
    try:
        source = Hashing(path)
    except OSError as error:
        raise unreadable(path, "evidence", error) from None
    return source, io.BufferedReader(source, _PIECE)


def add_memory(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--state", metavar="STATE", help="the inspector's own memory; made if it is missing")
    parser.add_argument("--new-only", action="store_true",
                        help="with --state: don't judge again what was judged then; the report says what")  # fmt: skip
    parser.add_argument("--save-findings", metavar="DIR",
                        help="write what proves each finding into a new folder, for others to check")  # fmt: skip


def check_memory(arguments: argparse.Namespace, database: bool) -> None:
    """Refuse options that don't go together; raises `CallerError`."""
    if arguments.new_only and arguments.state is None:
        raise CallerError("--new-only rests on a memory", code="USAGE", advice="Name it: --state FILE.")
    if arguments.new_only and database:
        raise CallerError("an audit of a database reads everything", code="USAGE",
                          advice="Leave --new-only out, or verify an evidence file (trail export).")  # fmt: skip
    if (arguments.state is not None or arguments.save_findings is not None) and arguments.entry is not None:
        raise CallerError("a tlog-proof shows one entry alone: it moves no memory and proves no finding", code="USAGE",
                          advice="Leave --state and --save-findings out.")  # fmt: skip


def inspected(
    arguments: argparse.Namespace,
    policy: Policy,
    known: bytes | None,
    now: int,
    progress: Progress | None,
    times: Callable[[ActTimes], None] | None,
    database: bool,
) -> tuple[Report, str, Told]:
    """Verify with the memory; gives the report, the evidence's digest (none of a database), and what to tell."""
    from trail.inspecting.inspection import inspect
    from trail.inspecting.state import State

    with State(arguments.state, create=True) as state:
        if database:
            found, digest = _audited(arguments, policy, known, now, progress, times, state), ""
        else:
            sources: list[Hashing] = []

            def evidence() -> io.BufferedReader:
                source, stream = opened(arguments.evidence)
                sources.append(source)
                return stream

            found = inspect(
                evidence, policy, state, known=known, now=now, new_only=arguments.new_only, progress=progress,
                times=times,
            )  # fmt: skip
            digest = sources[-1].digest()
        return found.report, digest, Told(found, arguments.state, state.new)


def _audited(
    arguments: argparse.Namespace,
    policy: Policy,
    known: bytes | None,
    now: int,
    progress: Progress | None,
    times: Callable[[ActTimes], None] | None,
    state: Any,
) -> Inspection:
    from trail.application.auditing import audit
    from trail.inspecting.inspection import StateMemory, audited

    memory = StateMemory(state, policy)
    report = audit(
        arguments.evidence, policy, origin=arguments.origin, known=known, now=now, progress=progress, times=times,
        memory=memory,
    )  # fmt: skip
    return audited(state, memory, report)


def save(arguments: argparse.Namespace, report: Report, policy: Policy, printer: Printer, database: bool) -> None:
    """Write the folder of ``--save-findings``."""
    from trail.inspecting.accusing import save_findings

    if database:
        from trail.application.auditing import evidence_items

        with evidence_items(arguments.evidence, policy, origin=arguments.origin) as items:
            written = save_findings(arguments.save_findings, report, policy, items)
    else:
        from trail.evidence.file import read_evidence

        _, stream = opened(arguments.evidence)
        with stream:
            written = save_findings(arguments.save_findings, report, policy, read_evidence(stream))
    printer.note(printer.choose(f"已写入 {written} 项凭据：{arguments.save_findings}",
                                f"wrote the proof of {written} findings: {arguments.save_findings}"))  # fmt: skip
