"""
``trail verify``: evidence and the inspector's policy in, a report out.

On an evidence file this loads neither the database nor the engine.  Whatever goes wrong with what is being verified is
a verdict, *inconclusive* at best; only the inspector's own files and arguments are usage errors.
"""

from __future__ import annotations

import argparse
import hashlib
import io
from typing import TYPE_CHECKING, Any, Final

from trail.cli.common import add_origin, instant, is_database, leaf, read_file, unreadable
from trail.errors import CallerError, NoteError, TrailError

if TYPE_CHECKING:
    from trail.cli.common import Commands
    from trail.cli.output import Printer, Progress
    from trail.evidence.verdict import Report
    from trail.signing import Policy

NOT_JUDGED: Final = 3
_PIECE: Final = 1 << 20


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "verify", "verify an evidence file or a database under one's own policy",
        "Verify an evidence file, or a database, under the inspector's own policy, and report. "
        "Exit codes: 0 intact; 1 altered; 2 the policy, the known checkpoint or an argument can't be used; "
        "3 inconclusive.",
    )  # fmt: skip
    parser.add_argument("evidence", metavar="FILE_OR_DB", help="an evidence file, or a database")
    parser.add_argument("--policy", metavar="POLICY", required=True, help="the policy file, from the inspector alone")
    parser.add_argument("--known", metavar="CHECKPOINT", help="a checkpoint that the inspector already holds")
    add_origin(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--now", metavar="TIME", type=instant, help="the time to judge `fresh` by (default: the clock)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Verify and report; the exit code is the verdict's."""
    from trail.clock import SystemClock
    from trail.signing.policy import parse_policy

    policy = parse_policy(read_file(arguments.policy, "the policy"))
    known = None if arguments.known is None else read_file(arguments.known, "the known checkpoint")
    database = is_database(arguments.evidence)
    now = SystemClock().now() if arguments.now is None else arguments.now
    _check_known(known, policy)
    try:
        with printer.progress("核验", "verifying") as progress:
            if database:
                report, digest = _database(arguments, policy, known, now, progress), ""
            else:
                report, digest = _file(arguments.evidence, policy, known, now, progress)
        _print(arguments, printer, report, digest, known)
    except TrailError as error:
        return _not_judged(printer, error.code, error.message, error.advice())
    except OSError as error:
        return _not_judged(printer, "ENVIRONMENT", str(error), "Repair what the message names and verify again.")
    return report.exit_code


def _check_known(known: bytes | None, policy: Policy) -> None:
    """Refuse a known checkpoint that can't be used before anything is read: it is the inspector's own file."""
    from trail.verify import Verification

    try:
        Verification(policy, known=known)
    except NoteError as error:
        raise CallerError(error.message, code="KNOWN_UNUSABLE",
                          advice="Give the checkpoint as it was received: a signed note of a log that the policy "
                          "names.") from None  # fmt: skip


def _database(
    arguments: argparse.Namespace, policy: Policy, known: bytes | None, now: int, progress: Progress | None
) -> Report:
    from trail.application.auditing import audit

    return audit(
        arguments.evidence, policy, origin=arguments.origin, known=known, now=now, progress=progress
    )  # fmt: skip


def _file(path: str, policy: Policy, known: bytes | None, now: int, progress: Progress | None) -> tuple[Report, str]:
    from trail.verify import verify

    try:
        source = _Hashing(path)
    except OSError as error:
        raise unreadable(path, "evidence", error) from None
    with source, io.BufferedReader(source, _PIECE) as stream:
        report = verify(stream, policy, known=known, now=now, progress=progress)
        while stream.read(_PIECE):
            pass
        return report, source.digest()


class _Hashing(io.RawIOBase):
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
        self._file.close()
        super().close()

    def digest(self) -> str:
        """SHA-256 of everything that was read, in hexadecimal."""
        return self._hash.hexdigest()


def _print(arguments: argparse.Namespace, printer: Printer, report: Report, digest: str, known: bytes | None) -> None:
    known_digest = "" if known is None else hashlib.sha256(known).hexdigest()
    if arguments.json:
        inputs = {"evidence": arguments.evidence, "evidence_sha256": digest or None, "policy": arguments.policy,
                  "known": arguments.known, "known_sha256": known_digest or None}  # fmt: skip
        printer.json({**report.to_json(), "inputs": inputs})
        return
    from trail.report.text import Inputs, report_lines

    inputs_shown = Inputs(
        evidence=arguments.evidence, evidence_digest=digest, policy=arguments.policy, known=arguments.known or "",
        known_digest=known_digest,
    )  # fmt: skip
    printer.lines(report_lines(report, printer.lang, inputs_shown))


def _not_judged(printer: Printer, code: str, message: str, advice: str) -> int:
    printer.say(f"结论：无法判定（{code}）", f"Verdict: INCONCLUSIVE ({code})")
    printer.note(f"trail: {message} ({code})")
    printer.note(printer.choose(f"建议：{advice}", f"What to do: {advice}"))
    return NOT_JUDGED
