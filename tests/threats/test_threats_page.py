"""
The page ``docs/threats.md`` is what the attacks of this directory show.

After a change: ``.venv/bin/python -m tests.threats.test_threats_page``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.threats import test_combined, test_surfaces
from tests.threats.cases import BRINGS, Row
from tests.threats.surfaces import SURFACES
from tests.threats.table import ROWS
from tests.threats.test_files import CASES, NOT_SHOWN
from tests.threats.world import NAMES, TAIL, TIERS

from trail.evidence.refusals import CODES

PAGE = Path(__file__).parents[2] / "docs" / "threats.md"
FILES = "tests/threats/test_files.py"

INTRO = """# Threats, and what shows them

Whoever runs the database can rewrite it. This page lists what they can do, at which tier, and what an inspector then
sees: every line is an attack that a test carries out, on a year of an invented university with {witnesses} witnesses
of different operators, of whom the inspector's policy asks for two. The attacker recomputes whatever the tier can:
leaves, tree, head and columns always, checkpoints with the log's stolen key, cosignatures with stolen witness keys.

| tier | the attacker has |
| --- | --- |
{tiers}

T2 alone is T0 with the key; where a case needs two registrars who collude, the text says so.

## What to bring

The verdict can't be better than what the inspector brings. In the order of what it costs:

1. **The policy**, by another channel: the log's key, the genesis, the witnesses and the quorum. Without a quorum of
   witnesses the log's own key alone vouches for everything.
2. **`fresh <days>` in the policy.** Whoever can write the database can also delete its newest checkpoints: what remains
   is an honest, shorter log, *intact* for what it still covers. Only its date betrays it.
3. **`--known` or `--state`**: any later checkpoint, held elsewhere, makes a shortened or rewritten log *altered*. This
   is the only thing that still helps where a quorum of the witnesses itself has lied (T4).
4. **A receipt** (`trail proof`), for whoever recorded an act: its checkpoint is such a known one. Take one with its
   cosignatures: a known checkpoint also anchors, up to its own size, and a receipt comes from the log itself.

Every act names the checkpoint that its signer had seen. So whoever rewrites what lies under a checkpoint that others
have since named is contradicted by their signatures, at every tier: what remains open to T1 and T3 is what lies between
the last two checkpoints, and what lies beyond the last, which the report counts as *exposed*.

## How many witnesses

Two of three hold against one dishonest witness after the fact: what both honest ones have seen can't be undone. They
don't hold against one that **plans ahead**: the log shows one honest witness one tree, the other another, and the
dishonest one cosigns both; each tree then has a quorum (D2, below). A quorum of *k* of *n* bears *f* dishonest
witnesses who work together with the log only if **2*k* > *n* + *f***: with one of them, three of three, or three of
four. Fewer is no mistake where inspectors compare what they hold; it is one where nobody does.

## What nothing shows

Said plainly: with what the line says the inspector brings, the report is *intact*, and these are its limits. What does
show most of these attacks stands in the tables below, under the same name.

| case | attack | tier | brings | why |
| --- | --- | --- | --- | --- |
{blind}

Out of reach of any verifier besides: an event that was never handed in; a lie signed by the right person; refusal of
service, and deletion of everything, which only somebody who expects the log will miss.
"""
GROUPS = {"B": "B. The sequence of entries", "C": "C. Keys and signatures", "D": "D. The log, witnesses and time"}
TABLE = (
    "| case | attack | tier | the inspector brings | verdict | noticed by | test |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)
HOW_TO_READ = """
*Tests*: `test_threat[…]` of `tests/threats/test_threats.py`, which asserts the verdict, the code with its check, the
Chinese line of the report and its English one. `file`: the evidence file was changed, otherwise the database. In
`noticed by` a number is the [check](spec/verification.md), *(remark)* changes no verdict.
"""
LATER = """
## Not built yet

| case | attack | |
| --- | --- | --- |
| D18 | a timestamp token for other bytes, or for another checkpoint, is shown | timestamps of RFC 3161 follow |
| D19 | a token of one authority passes as another's, by the certificates that it brings | the same |
| D20 | the signature of a timestamp is not checked at all | the same |
| D21 | a timestamp outside its authority's validity, or judged by today's date | the same |
| D22 | an unsigned time is used as proof | holds by construction: only witnesses' signed times prove anything, the \
log's clock and claimed times never do; for timestamps, the same |
"""
FILES_INTRO = """
## F. Files and exports

| case | the attacker … | noticed by | why |
| --- | --- | --- | --- |
"""


def tiers() -> str:
    """The tiers and what they mean."""
    return "\n".join(f"| {name} | {tier.text} |" for name, tier in TIERS.items())


def number(case: str) -> tuple[str, int]:
    """B2 before B10."""
    return case[0], int(case[1:])


def ordered(rows: Iterable[Row]) -> list[Row]:
    """By case and attack, the lower tiers first."""
    order, first = {name: n for n, name in enumerate(TIERS)}, {name: n for n, name in enumerate(BRINGS)}
    hows: dict[tuple[str, str], int] = {}
    rows = list(rows)
    for row in rows:
        hows.setdefault((row.case, row.how), len(hows))
    return sorted(
        rows, key=lambda r: (number(r.case), hows[r.case, r.how], order[r.tier], first[r.brings], r.file)
    )  # fmt: skip


def noticed(codes: Iterable[str]) -> str:
    """Codes with the numbers of their checks."""
    return ", ".join(
        f"{CODES[code][0]} `{code}`{' (remark)' if CODES[code][1] == 'remark' else ''}" for code in codes
    )  # fmt: skip


def lines(group: str) -> Iterator[str]:
    """The table of a group; what is said once is not repeated."""
    before = ("", "")
    for row in ordered(row for row in ROWS if row.case[0] == group):
        case, does = (row.case, row.does) if (row.case, row.does) != before else ("", "")
        before = (row.case, row.does)
        shown = noticed(row.codes) or "nothing"
        brings = BRINGS[row.brings] + (", file" if row.file else "")
        yield f"| {case} | {does} | {row.tier} | {brings} | {row.expected} | {shown} | `{row.id}` |"


def blind() -> Iterator[str]:
    """Every attack that a report does not show, with the reason."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in ordered(row for row in ROWS if not row.code):
        found.setdefault((row.case, row.does, row.why), []).append(row)
    for (case, does, why), rows in found.items():
        held = ", ".join(dict.fromkeys(row.tier for row in rows))
        brings = "; ".join(dict.fromkeys(BRINGS[row.brings] for row in rows))
        yield f"| {case} | {does} | {held} | {brings} | {why} |"


def elsewhere() -> Iterator[str]:
    """What is noticed elsewhere than in a report."""
    for case in sorted(SURFACES, key=number):
        for n, row in enumerate(sorted(SURFACES[case], key=lambda one: one.test)):
            yield f"| {'' if n else case} | {row.does} | {row.notices} | `{row.test.removeprefix('tests/')}` |"


def files() -> Iterator[str]:
    """Group F."""
    for case in sorted(CASES, key=number):
        one = CASES[case]
        shown = "nothing" if one.code == NOT_SHOWN else noticed(one.code.split())
        yield f"| {case} | {one.does} | {shown} | {one.why} |"


def page() -> str:
    """The whole page."""
    witnesses = {3: "three"}[len(NAMES)]
    out = [INTRO.format(witnesses=witnesses, tiers=tiers(), blind="\n".join(blind())), HOW_TO_READ]
    for group, title in GROUPS.items():
        out.append(f"\n## {title}\n\n{TABLE}\n" + "\n".join(lines(group)) + "\n")
    out.append(
        "\n## Noticed elsewhere than in a report\n\nTests below `tests/`.\n\n"
        "| case | attack | what notices | test |\n| --- | --- | --- | --- |\n" + "\n".join(elsewhere()) + "\n"
    )
    out.append(FILES_INTRO + "\n".join(files()) + f"\n\nTests: `{FILES}`.\n")
    out.append(LATER)
    return "".join(out)


def test_the_page_is_what_the_tests_show() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_case_of_groups_b_c_d_and_f_is_on_the_page() -> None:
    shown = {row.case for row in ROWS} | set(SURFACES) | set(CASES)
    assert SURFACES is test_surfaces.SURFACES
    assert test_combined.surface.__module__ == test_surfaces.surface.__module__
    later = {f"D{n}" for n in range(18, 23)}
    wanted = {f"{group}{n}" for group, last in {"B": 15, "C": 20, "D": 24, "F": 17}.items() for n in range(1, last + 1)}

    assert shown | later == wanted
    assert not shown & later
    assert all(f"| {case} |" in LATER for case in later)
    assert TAIL > 0


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
