"""
The demonstration: the whole path on an invented university, a small one over one year unless more is asked for.

It leaves in DIR what a real log leaves: ``trail.db``, ``evidence.trail`` for an inspector, the inspector's ``policy``;
``log/`` with the log's key and the checkpoint signer's state; ``witness/`` with the key and the state of the invented
commission for discipline, which in a real house lie elsewhere; ``tampered/`` with the changed copies; and where the
rules were amended, ``rules-2.toml`` with the amended ones.
All keys are known to everybody, and the passphrase of the key files is ``demo``.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Final

from trail.cli.demo_show import Show
from trail.cli.demo_tamper import TAMPERINGS, TEXTS, Found, find
from trail.errors import CallerError, EnvironmentFailed
from trail.report.text import headline, message_of
from trail.report.words import CHECKS, VERDICTS, pick
from trail.signing import write_key_file
from trail.testing.campus import key_of
from trail.testing.university import University, UniversityCampus, amended_text
from trail.testing.university.falsifying import Scene
from trail.verify import Report, Verdict, verify

if TYPE_CHECKING:
    from trail.cli.output import Printer

MARK: Final = ".trail-demo"
PASSPHRASE: Final = "demo"  # noqa: S105 - told to everybody; these keys are no secret
AMENDED: Final = "rules-2.toml"
_OURS: Final = frozenset(
    (
        MARK,
        "trail.db",
        "trail.db-wal",
        "trail.db-shm",
        "evidence.trail",
        "policy",
        "log",
        "witness",
        "tampered",
        AMENDED,
    )
)
BACKUP: Final = "08-03 10:00"
"""On this day of the first year somebody makes a backup of the database."""


def run(into: Path, out: Printer, lang: str, *, units: int = 4, years: int = 1, seed: int = 1) -> int:
    """
    Run the demonstration into the folder *into*, telling of it in *lang* (``zh`` or ``en``).

    Returns 0 if the log is intact and every tampering was found for the expected reason, otherwise 1.

    Raises:
        CallerError: *into* holds something that this demonstration did not make, or there is no such university.
        EnvironmentFailed: It can't be written.
    """
    out.lang = lang
    university = University(seed, units, years)
    try:
        _clear(into)
        (into / MARK).write_text("made by `trail demo`\n", encoding="utf-8")
        (into / "tampered").mkdir()
        with university.found(into) as campus:
            return _walk(into, campus, out)
    except OSError as error:
        raise EnvironmentFailed(f"{into} can't be written: {error.strerror}") from None


def _clear(into: Path) -> None:
    """Make the folder, or empty one that an earlier run has left."""
    if into.exists() and not into.is_dir():
        raise CallerError(
            f"{into} is not a folder", code="USAGE", advice="Choose another folder for the demonstration."
        )
    into.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in into.iterdir()}
    if there and (MARK not in there or not there <= _OURS | {".made-by-make"}):
        strange = ", ".join(sorted(there - _OURS)[:3] or sorted(there)[:3])
        raise CallerError(
            f"{into} is not empty, and not all of it was made by this demonstration: {strange}", code="USAGE",
            advice="Choose a new folder, or empty this one yourself: nothing in it was touched.",
        )  # fmt: skip
    for name in there & _OURS:
        path = into / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _walk(into: Path, campus: UniversityCampus, out: Printer) -> int:
    university, trail = campus.university, campus.trail
    _heading(out, "一、履职记录", "1. Duty, recorded")
    backup = into / "tampered" / "backup.db"
    university.tell_into(campus, until=f"{university.first_year}-{BACKUP}")
    campus.copy_database(backup)
    university.tell_into(campus)
    now, show = campus.clock.now(), Show(campus, out)
    _write_keys(into)
    policy = campus.policy
    (into / "policy").write_text(policy, encoding="utf-8", newline="\n")
    if university.years > 1:
        (into / AMENDED).write_text(amended_text(), encoding="utf-8", newline="\n")
    known = trail.reader.checkpoint()
    note = known.cosigned if known is not None else ""
    (into / "tampered" / "known-checkpoint").write_text(note, encoding="utf-8", newline="\n")
    size = trail.export(into / "evidence.trail").size
    begin, end = university.plan.begin, university.plan.end.date()
    records = trail.reader.head().size
    out.say(
        f"  {into / 'trail.db'}：{records} 条记录，均由本人签名；{university.units} 个单位，时间从 {begin} 到 {end}",
        f"  {into / 'trail.db'}: {records} records of {university.units} units from {begin} to {end}, each signed",
    )
    show.acts()
    _heading(
        out, f"二、到 {end} 为止，各单位做到了哪一步，什么逾期", f"2. Where the units stand on {end}, what is overdue"
    )
    show.overdue()
    show.handover()
    honest = university.people.units[university.honest].name
    _heading(out, f"三、回放到两个日期：{honest}", f"3. Replayed to two dates: {honest}")
    replayed = show.replay()
    _heading(out, "四、一晚补记半年", "4. Half a year, recorded in one evening")
    replayed = show.evening() and replayed
    _heading(out, "五、核验：只凭证据文件和核验策略", "5. Verified, from the evidence file and the policy alone")
    report = verify(into / "evidence.trail", policy, known=note, now=now)
    _show_verdict(report, out)
    out.say(
        f"  {into / 'evidence.trail'}：{size} 字节，离线可验",
        f"  {into / 'evidence.trail'}: {size} bytes, verifiable offline",
    )
    name = university.people.units[university.falsifier].name
    _heading(
        out, f"六、数据库管理员受托为{name}书记在副本上动手脚，逐一查出",
        f"6. For the secretary of {name}, an administrator tampers with copies; each is found",
    )  # fmt: skip
    scene = Scene(campus, into / "trail.db", backup)
    found = []
    for number, tampering in enumerate(TAMPERINGS, 1):
        found.append(find(tampering, scene, into / "tampered", policy, note, now))
        _show_found(number, found[-1], out)
    out.line()
    return _close(into, replayed and report.verdict is Verdict.INTACT, found, show, out)


def _heading(out: Printer, zh: str, en: str) -> None:
    if not zh.startswith("一"):
        out.line()
    out.say(zh, en)


def _write_keys(into: Path) -> None:
    for folder, name in (("log", "log"), ("witness", "witness")):
        write_key_file(into / folder / "key.pem", key_of(name), PASSPHRASE)


def _show_verdict(report: Report, out: Printer) -> None:
    out.line("  " + headline(report, out.lang))
    out.say(
        f"  由校纪委见证；其后未锚定 {report.exposed} 条；正文 {report.parts.shown} 份全部出示",
        f"  witnessed by the commission; {report.exposed} records after that; all {report.parts.shown} bodies shown",
    )


def _show_found(number: int, found: Found, out: Printer) -> None:
    zh, en = TEXTS[found.tampering.name]
    out.say(f"  {number}. {zh}", f"  {number}. {en}")
    verdict = pick(VERDICTS[found.report.verdict.value], out.lang)
    one = found.finding
    if one is None:
        out.say(f"     结论：{verdict}。没有查出！", f"     Verdict: {verdict}. NOT FOUND!")
        return
    zh, en, _ = message_of(one.code)
    place_zh = f"，第 {one.position} 条" if one.position is not None else ""
    place_en = f", position {one.position}" if one.position is not None else ""
    check = pick(CHECKS[one.check], out.lang)
    out.say(
        f"     结论：{verdict}。检查 {one.check}（{check}）{one.code}{place_zh}：{zh}",
        f"     Verdict: {verdict}. Check {one.check} ({check}), {one.code}{place_en}: {en}",
    )


def _close(into: Path, sound: bool, found: list[Found], show: Show, out: Printer) -> int:
    caught = sum(one.ok for one in found)
    if sound and caught == len(found):
        out.say(
            f"原件完好；{caught} 种改动全部查出。自己再验一遍：",
            f"The original is intact, and all {caught} changes were found. See for yourself:",
        )
        policy, known = quote(str(into / "policy")), quote(str(into / "tampered" / "known-checkpoint"))
        first, last = quote(str(found[0].path)), quote(str(found[-1].path))
        out.line(f"  trail verify {quote(str(into / 'evidence.trail'))} --policy {policy}")
        out.line(f"  trail verify {first} --policy {policy}")
        out.line(f"  trail verify {last} --policy {policy} --known {known}")
        memory = quote(str(into / "memory"))
        out.line(f"  trail verify {quote(str(into / 'evidence.trail'))} --policy {policy} --state {memory}")
        out.line(f"  trail verify {last} --policy {policy} --state {memory}")
        rules = f" --rules {quote(str(into / AMENDED))}" if show.university.years > 1 else ""
        unit, then = show.university.honest, show.then
        out.line(
            f"  trail status {quote(str(into / 'trail.db'))} --unit {unit} --as-of {then} --known-at {then}{rules}"
        )
        return 0
    zh, en = ("完好", "intact") if sound else ("未能证明完好，或回放不符", "not shown intact, or its replay is wrong")
    out.say(
        f"演示未达预期：原件{zh}；{len(found)} 种改动查出 {caught} 种。",
        f"Not as expected: the original is {en}; {caught} of {len(found)} changes were found.",
    )
    return 1
