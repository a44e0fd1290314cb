"""
``trail state``: the inspector's memory shown, two of them compared, an alarm answered; ``trail check-findings``.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from trail.cli.common import instant, leaf, read_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from trail.cli.common import Commands
    from trail.cli.output import Printer
    from trail.inspecting.comparing import Comparison

DONE: Final = 0
CONTRADICTED: Final = 1
UNTOLD: Final = 3


def add(commands: Commands) -> None:
    """Describe the commands."""
    parser = commands.add_parser("state", help="the inspector's memory", description="The inspector's memory.")
    actions = parser.add_subparsers(metavar="ACTION", required=True, parser_class=type(parser))
    show = leaf(actions, "show", "show what a memory holds",
                "Show what a memory holds: the checkpoints of each log, and every alarm. Exit code 1 while an alarm is "
                "unanswered.")  # fmt: skip
    show.add_argument("state", metavar="STATE", help="the memory that trail verify --state keeps")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=_show)
    both = leaf(actions, "compare", "compare two inspectors' memories",
                "Compare two memories, log by log: the same, one goes on from the other, a fork (exit code 1), or it "
                "can't be told (exit code 3).")  # fmt: skip
    both.add_argument("first", metavar="A", help="one memory")
    both.add_argument("second", metavar="B", help="the other memory")
    both.add_argument("--evidence", metavar="FILE", help="a whole evidence file that gives the trees of both")
    both.add_argument("--save-findings", metavar="DIR", help="write what proves a fork into a new folder")
    both.add_argument("--json", action="store_true", help="print JSON")
    both.set_defaults(run=_compare)
    answer = leaf(actions, "acknowledge", "answer an alarm, with a reason",
                  "Answer an alarm: it is kept with the reason, and no longer repeated.")  # fmt: skip
    answer.add_argument("state", metavar="STATE", help="the memory that trail verify --state keeps")
    answer.add_argument("number", metavar="NUMBER", type=int, help="the alarm's number, as `trail state show` gives it")
    answer.add_argument("--reason", metavar="TEXT", required=True, help="what was found out")
    answer.add_argument("--now", metavar="TIME", type=instant, help="the time to note (default: the clock)")
    answer.set_defaults(run=_acknowledge)
    check = leaf(
        commands, "check-findings", "check an accusation from its folder alone",
        "Check what trail verify --save-findings wrote, from the folder and one's own policy alone. Exit codes: 1 the "
        "log's own signatures prove at least one; 3 nothing is proven.",
    )  # fmt: skip
    check.add_argument("folder", metavar="DIR", help="the folder of findings")
    check.add_argument("--policy", metavar="POLICY", required=True, help="the policy file, from the inspector alone")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(run=_check)


def _show(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.inspecting.deep import read_head
    from trail.inspecting.state import State
    from trail.report.inspecting import alarms_of, remembered_of, state_lines

    rows = []
    with State(arguments.state) as state:
        for origin in state.origins():
            log = state.number(origin)
            with state.mapped("reading the memory"):
                head = None if log is None else read_head(state.db, log, origin)
            reach = 0 if head is None else head.size
            rows.append((origin, state.checkpoints(origin), state.alarms(origin), reach))
    open_alarms = [one for _, _, alarms, _ in rows for one in alarms if one.alarm.acknowledged is None]
    if arguments.json:
        printer.json([
            {
                "origin": origin, "checkpoints": [remembered_of(one) for one in remembered], "since": reach,
                "alarms": [{"number": one.number, **alarms_of([one.alarm])[0]} for one in alarms],
            }
            for origin, remembered, alarms, reach in rows
        ])  # fmt: skip
    else:
        printer.lines(state_lines(arguments.state, rows, printer.lang))
    return CONTRADICTED if open_alarms else DONE


def _compare(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.inspecting.comparing import FORK, compare
    from trail.inspecting.comparing import UNTOLD as CANT
    from trail.inspecting.state import State
    from trail.report.inspecting import comparison_lines

    with State(arguments.first) as first, State(arguments.second) as second:
        if arguments.evidence is None:
            rows = compare(first, second)
        else:
            from trail.cli.remembering import opened

            _, stream = opened(arguments.evidence)
            with stream:
                rows = compare(first, second, stream)
    if arguments.json:
        printer.json([
            {
                "origin": one.origin, "result": one.result, "sizes": list(one.sizes), "compared": list(one.common),
                "notes": [note.decode("utf-8", "replace") for note in (one.first, one.second) if note],
            }
            for one in rows
        ])  # fmt: skip
    else:
        printer.lines(comparison_lines(rows, printer.lang))
    if arguments.save_findings is not None:
        _save(arguments, rows, printer)
    results = {one.result for one in rows}
    if FORK in results:
        return CONTRADICTED
    return UNTOLD if not rows or CANT in results else DONE


def _save(arguments: argparse.Namespace, rows: Sequence[Comparison], printer: Printer) -> None:
    from trail.inspecting.accusing import save_forks

    if not any(one.first for one in rows):
        printer.note(printer.choose("没有分叉，未写入凭据。", "no fork: nothing was written"))
        return
    if arguments.evidence is None:
        written = save_forks(arguments.save_findings, rows, None)
    else:
        from trail.cli.remembering import opened

        _, stream = opened(arguments.evidence)
        with stream:
            written = save_forks(arguments.save_findings, rows, stream)
    printer.note(printer.choose(f"已写入 {written} 项凭据：{arguments.save_findings}",
                                f"wrote the proof of {written} forks: {arguments.save_findings}"))  # fmt: skip


def _acknowledge(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.clock import SystemClock
    from trail.inspecting.state import State

    now = SystemClock().now() if arguments.now is None else arguments.now
    with State(arguments.state) as state:
        alarm = state.acknowledge(arguments.number, arguments.reason, now)
    printer.say(f"已处理警报 {arguments.number}（{alarm.origin}），理由已记入；凭据仍在记忆中。",
                f"alarm {arguments.number} ({alarm.origin}) is answered; both sides are kept")  # fmt: skip
    return DONE


_WORDS: Final = {
    "proven": ("成立", "PROVEN"),
    "shown": ("日志确曾为此签名，其余须看证据本身", "SIGNED FOR BY THE LOG"),
    "open": ("未能证明", "NOT PROVEN"),
}


def _check(arguments: argparse.Namespace, printer: Printer) -> int:
    from trail.inspecting.checking import PROVEN, check_findings
    from trail.report.words import pick, quoted
    from trail.signing.policy import parse_policy

    policy = parse_policy(read_file(arguments.policy, "the policy"))
    rows = check_findings(arguments.folder, policy)
    if arguments.json:
        printer.json([one._asdict() for one in rows])
    else:
        for one in rows:
            printer.line(f"{one.folder}: {pick(_WORDS[one.result], printer.lang)}")
            printer.line(f"  {quoted(one.origin)} {quoted(one.why, 200)}")
        if not rows:
            printer.say("文件夹中没有可查验的凭据", "the folder holds no proof to check")
    return CONTRADICTED if any(one.result == PROVEN for one in rows) else UNTOLD
