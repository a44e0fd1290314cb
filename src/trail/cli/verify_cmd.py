"""
``trail verify``: evidence and the inspector's policy in, a report out.

On an evidence file this loads neither the database nor the engine.  Whatever goes wrong with what is being verified is
a verdict, *inconclusive* at best; only the inspector's own files and arguments are usage errors.
"""

from __future__ import annotations

import argparse
import hashlib
from typing import TYPE_CHECKING, Final

from trail.cli.common import add_origin, instant, is_database, leaf, read_file
from trail.cli.proof_cmd import proof_report
from trail.cli.remembering import Told, add_memory, check_memory, inspected, opened, save
from trail.errors import CallerError, NoteError, TrailError

if TYPE_CHECKING:
    from collections.abc import Callable

    from trail.cli.common import Commands
    from trail.cli.output import Printer, Progress
    from trail.cli.times_file import TimesFile
    from trail.evidence.times import ActTimes
    from trail.evidence.verdict import Report
    from trail.signing import Policy

    Take = Callable[[ActTimes], None]

NOT_JUDGED: Final = 3


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = leaf(
        commands, "verify", "verify an evidence file or a database under one's own policy",
        "Verify an evidence file, an extract or a database under the inspector's own policy, and report; with --entry, "
        "a tlog-proof. "
        "Exit codes: 0 intact; 1 altered; 2 the policy, the known checkpoint or an argument can't be used; "
        "3 inconclusive.",
    )  # fmt: skip
    parser.add_argument("evidence", metavar="FILE_OR_DB", help="an evidence file, an extract, or a database")
    parser.add_argument("--policy", metavar="POLICY", required=True, help="the policy file, from the inspector alone")
    parser.add_argument("--known", metavar="CHECKPOINT", help="a checkpoint that the inspector already holds")
    parser.add_argument(
        "--predecessor", metavar="FILE", help="of the log before: its evidence file, or a checkpoint that one holds"
    )
    parser.add_argument("--entry", metavar="FILE", help="the entry that a tlog-proof is about")
    add_memory(parser)
    add_origin(parser)
    parser.add_argument(
        "--times", metavar="FILE", help="write the claimed, recorded and proven times of each act: .csv, or JSON lines"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--now", metavar="TIME", type=instant, help="the time to judge `fresh` by (default: the clock)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, printer: Printer) -> int:
    """Verify and report; the exit code is the verdict's."""
    if arguments.times is None:
        return _run(arguments, printer, None)
    from trail.cli.times_file import TimesFile

    with TimesFile(arguments.times, printer.lang) as times:
        return _run(arguments, printer, times)


def _run(arguments: argparse.Namespace, printer: Printer, times: TimesFile | None) -> int:
    from trail.clock import SystemClock
    from trail.signing.policy import parse_policy

    policy = parse_policy(read_file(arguments.policy, "the policy"))
    known = None if arguments.known is None else read_file(arguments.known, "the known checkpoint")
    database = is_database(arguments.evidence)
    now = SystemClock().now() if arguments.now is None else arguments.now
    _check_known(known, policy)
    _check_predecessor(arguments, policy)
    check_memory(arguments, database)
    take = None if times is None else times.take
    try:
        with printer.progress("核验", "verifying") as progress:
            told: Told | None = None
            if arguments.state is not None:
                report, digest, told = inspected(arguments, policy, known, now, progress, take, database)
            elif arguments.entry is not None:
                report, digest = proof_report(arguments, policy, known, now, take)
            elif database:
                report, digest = _database(arguments, policy, known, now, progress, take), ""
            else:
                report, digest = _file(arguments, policy, known, now, progress, take)
        _print(arguments, printer, report, digest, known, told)
        if arguments.save_findings is not None:
            save(arguments, report, policy, printer, database)
    except TrailError as error:
        return _not_judged(printer, error.code, error.message, error.advice())
    except OSError as error:
        return _not_judged(printer, "ENVIRONMENT", str(error), "Repair what the message names and verify again.")
    if times is not None:
        count = times.finish(report)
        printer.note(printer.choose(f"已写入 {count} 条的时间：{arguments.times}",
                                    f"wrote the times of {count} entries: {arguments.times}"))  # fmt: skip
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


def _check_predecessor(arguments: argparse.Namespace, policy: Policy) -> None:
    """Refuse what can't be used as the log before: it is the inspector's own file too."""
    if arguments.predecessor is None:
        return
    if arguments.state is not None or arguments.entry is not None:
        raise CallerError("--predecessor goes with a whole verification", code="USAGE",
                          advice="Leave --state and --entry out this once.")  # fmt: skip
    from trail.evidence.succession import before
    from trail.verify import Verification

    try:
        before(arguments.predecessor, policy, lambda: Verification(policy))
    except (NoteError, OSError) as error:
        raise CallerError(f"{arguments.predecessor}: {error}", code="PREDECESSOR_UNUSABLE",
                          advice="Give an evidence file, or a signed checkpoint of a log that the policy names."
                          ) from None  # fmt: skip


def _database(
    arguments: argparse.Namespace,
    policy: Policy,
    known: bytes | None,
    now: int,
    progress: Progress | None,
    times: Take | None,
) -> Report:
    from trail.application.auditing import audit

    return audit(
        arguments.evidence, policy, origin=arguments.origin, known=known, now=now, progress=progress, times=times,
        predecessor=arguments.predecessor,
    )  # fmt: skip


def _file(
    arguments: argparse.Namespace,
    policy: Policy,
    known: bytes | None,
    now: int,
    progress: Progress | None,
    times: Take | None,
) -> tuple[Report, str]:
    from trail.verify import verify

    source, stream = opened(arguments.evidence)
    with stream:
        report = verify(
            stream, policy, known=known, now=now, progress=progress, times=times, predecessor=arguments.predecessor
        )
    return report, source.digest()


def _print(
    arguments: argparse.Namespace,
    printer: Printer,
    report: Report,
    digest: str,
    known: bytes | None,
    told: Told | None = None,
) -> None:
    known_digest = "" if known is None else hashlib.sha256(known).hexdigest()
    if arguments.json:
        inputs = {"evidence": arguments.evidence, "evidence_sha256": digest or None, "policy": arguments.policy,
                  "known": arguments.known, "known_sha256": known_digest or None}  # fmt: skip
        memory = {} if told is None else {"memory": told.to_json()}
        printer.json({**report.to_json(), **memory, "inputs": inputs})
        return
    from trail.report.text import Inputs, report_lines

    inputs_shown = Inputs(
        evidence=arguments.evidence, evidence_digest=digest, policy=arguments.policy, known=arguments.known or "",
        known_digest=known_digest, memory=() if told is None else told.lines(printer.lang),
    )  # fmt: skip
    printer.lines(report_lines(report, printer.lang, inputs_shown))


def _not_judged(printer: Printer, code: str, message: str, advice: str) -> int:
    printer.say(f"结论：无法判定（{code}）", f"Verdict: INCONCLUSIVE ({code})")
    printer.note(f"trail: {message} ({code})")
    printer.note(printer.choose(f"建议：{advice}", f"What to do: {advice}"))
    return NOT_JUDGED
