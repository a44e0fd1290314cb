"""``trail ledger|coverage|due|draft|statistics|burden`` and ``trail rules check``: what is printed, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.kit import Result, run

from trail.aggregates import TalkHeld
from trail.rules import default_text, load
from trail.testing import Campus

ASKING = {
    "ledger": ("--unit", "jia", "--period", "2026-H1"),
    "coverage": ("--unit", "jia", "--year", "2026"),
    "due": ("--unit", "jia", "--until", "2026-07-31"),
    "draft": ("--unit", "jia", "--duty", "R5", "--period", "2026-H1"),
    "statistics": ("--period", "2026"),
    "burden": ("--period", "2026"),
}
FIRST = {
    "ledger": ("台账 jia · 2026-H1", "Ledger of jia · 2026-H1"),
    "coverage": ("谈话覆盖 甲学院党委 (jia) · 2026", "Coverage of talks, 甲学院党委 (jia) · 2026"),
    "due": ("日程 jia · 2026-07-01 至 2026-07-31", "Due, jia · 2026-07-01 to 2026-07-31"),
    "draft": ("草稿 R5（三（三）1）书面报告主体责任落实情况", "Draft of R5 (三（三）1) 书面报告主体责任落实情况"),
    "statistics": ("统计 2026", "Statistics of 2026"),
    "burden": ("负担 2026", "Burden of 2026"),
}


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of the invented university with one talk; not to be changed."""
    folder = tmp_path_factory.mktemp("campus") / "log"
    with Campus.found(folder) as campus:
        campus.set_time("2026-03-05 09:00")
        campus.acting("jia/secretary").record(
            TalkHeld(kind="duty", counterparts=["p-006"], happened="2026-03-04", content="谈", place="301")
        )
    return folder / "trail.db"


def ask(db: Path, command: str, *more: object, at: str = "2026-07-01") -> Result:
    return run(command, db, *ASKING[command], "--at", at, *more)


@pytest.mark.parametrize("command", ASKING)
def test_each_answers_in_both_languages(db: Path, command: str) -> None:
    zh, en = (ask(db, command, "--lang", lang) for lang in ("zh", "en"))

    assert (zh.code, en.code, zh.err, en.err) == (0, 0, "", "")
    assert (zh.out.splitlines()[0], en.out.splitlines()[0]) == FIRST[command]


@pytest.mark.parametrize("command", ASKING)
def test_each_answers_as_json(db: Path, command: str) -> None:
    result = ask(db, command, "--json")

    assert result.code == 0
    assert result.out.isascii()
    assert json.loads(result.out)["known_at"] > 165


@pytest.mark.parametrize("command", ASKING)
def test_what_was_known_then(db: Path, command: str) -> None:
    """Position 166 is the talk; before it nothing of it is known."""
    before, after = (json.loads(ask(db, command, "--json", "--known-at", size).out) for size in (165, 166))

    assert (before["known_at"], after["known_at"]) == (165, 166)
    said = {"ledger": lambda m: len(m["rows"]), "coverage": lambda m: len(m["untouched"]),
            "draft": lambda m: len(m["sections"]), "statistics": lambda m: m["total"]["acts"],
            "burden": lambda m: m["total"]["inputs"], "due": lambda m: 0}[command]  # fmt: skip
    assert said(before) != said(after) or command == "due"


def test_the_ledger_of_a_person_and_of_all(db: Path) -> None:
    person = json.loads(run("ledger", db, "--person", "p-006", "--period", "2026-03", "--json").out)
    everything = json.loads(run("ledger", db, "--json", "--at", "2026-07-01").out)

    assert [row["position"] for row in person["rows"]] == [166]
    assert len(everything["rows"]) == everything["known_at"]


def test_due_of_all_units_and_from_a_day(db: Path) -> None:
    result = run("due", db, "--from", "2026-07-09", "--until", "2026-07-10", "--at", "2026-07-01", "--lang", "en")

    assert result.code == 0
    assert "\n2026-07-10\n" in result.out
    assert " R4 2026-H1 · jia · the body · due soon" in result.out
    assert "Due, all units · 2026-07-09 to 2026-07-10" in result.out


def test_the_line_of_the_burden(db: Path) -> None:
    said = json.loads(ask(db, "burden", "--line", "10", "--json").out)

    assert (said["line"], said["line_year"]) == (10, 10)
    assert {row["unit"] for row in said["units"] if row["above"]} == {"jia", "uni"}


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("ledger", "--unit", "nowhere"), "no such unit: nowhere"),
        (("ledger", "--person", "p-777"), "no record of p-777"),
        (("ledger", "--unit", "jia", "--period", "spring"), "not a period"),
        (("coverage", "--unit", "nowhere", "--year", "2026"), "no such unit"),
        (("coverage", "--unit", "jia", "--year", "soon"), "not a period"),
        (("due", "--unit", "nowhere", "--until", "2026-12-31"), "no such unit"),
        (("due", "--from", "2026-12-31", "--until", "2026-01-01"), "lies before"),
        (("due", "--until", "soon"), "expected a date"),
        (("due",), "required"),
        (("draft", "--unit", "jia", "--duty", "R9", "--period", "2026-H1"), "NO_SUCH_REPORT"),
        (("draft", "--unit", "jia", "--duty", "R6", "--period", "2026-H1"), "SEVERAL_REPORTS"),
        (("statistics", "--period", "now"), "not a period"),
        (("burden", "--period", "2026", "--line", "-1"), "not a number of inputs"),
        (("ledger", "--unit", "jia", "--person", "p-006"), "not allowed with"),
    ],
)
def test_what_can_not_be_asked_ends_with_2(db: Path, argv: tuple[str, ...], message: str) -> None:
    result = run(argv[0], db, *argv[1:], "--lang", "en")

    assert result.code == 2, result
    assert message in result.err
    assert result.out == ""


@pytest.mark.parametrize("command", ASKING)
def test_what_is_no_database_ends_with_2(tmp_path: Path, command: str) -> None:
    (tmp_path / "x.db").write_text("no database")

    result = run(command, tmp_path / "x.db", *ASKING[command])

    assert result.code == 2
    assert "NOT_A_DATABASE" in result.err


def test_other_rules_can_be_brought(db: Path, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(default_text().replace("version = 1", "version = 2"), encoding="utf-8")

    assert ask(db, "coverage", "--rules", tmp_path / "own.toml").code == 0
    assert ask(db, "coverage", "--rules", tmp_path / "none.toml").code == 2


# --- rules check -----------------------------------------------------------------------------------------------------


def rules(folder: Path, *changes: tuple[str, str]) -> Path:
    text = default_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_rule_set_that_can_be_used(tmp_path: Path) -> None:
    path = rules(tmp_path)

    zh, en, said = (run("rules", "check", path, *more) for more in (("--lang", "zh"), ("--lang", "en"), ("--json",)))

    assert (zh.code, en.code, said.code) == (0, 0, 0)
    digest = load(default_text()).digest.hex()
    assert zh.out.startswith("规则可用：regulation-2017@1，")
    assert en.out.splitlines()[-1] == f"digest {digest}"
    answer = json.loads(said.out)
    assert (answer["problems"], answer["digest"]) == ([], digest)
    assert answer["duties"] == sum(answer["classes"].values())


def test_problems_are_named_with_their_lines(tmp_path: Path) -> None:
    path = rules(tmp_path, ('due_day = "inclusive"', 'due_day = "someday"'), ('class = "MC"', 'class = "XX"'))
    lines = path.read_text(encoding="utf-8").splitlines()

    result = run("rules", "check", path, "--lang", "en")

    assert result.code == 2
    for wrong in ('due_day = "someday"', 'class = "XX"'):
        number = next(n for n, line in enumerate(lines, 1) if line.startswith(wrong))
        assert f"{path}:{number}: " in result.out
    assert "settings, key 'due_day': expected one of" in result.out


def test_problems_as_json(tmp_path: Path) -> None:
    result = run("rules", "check", rules(tmp_path, ('roll = "none"', 'roll = "maybe"')), "--json")

    assert result.code == 2
    (problem,) = json.loads(result.out)["problems"]
    assert problem["key"] == "roll"
    assert problem["line"] > 1


def test_what_is_no_rule_set(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("= nothing", encoding="utf-8")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe")

    for name in ("a.toml", "b.toml"):
        result = run("rules", "check", tmp_path / name)
        assert result.code == 2
        assert result.out.startswith(str(tmp_path / name))
    assert run("rules", "check", tmp_path / "none.toml").code == 2
