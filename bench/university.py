"""
Questions asked of a whole university: the status of all units as of a date, of one unit, the lookback of one person.

The university is that of `trail.testing.university`: 30 unit committees over three years, some 28,000 entries, built
once through the façade.  "By replay" means from nothing: every entry is read, decoded and folded for the one question.
"""

from __future__ import annotations

import gc
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

from replaying import decoded
from timing import Row, micro, one_core, spread, timed

import trail.testing.university
from trail import Trail
from trail.application import View
from trail.application.views import Kept, paused_collector
from trail.projections import Snapshot
from trail.projections import replay as replay_records
from trail.rules import RuleSet, load, load_default
from trail.testing.university import University, amended_text

SEED, UNITS, YEARS = 1, 30, 3
SMALL_UNITS = 6
AS_OF = "2026-07-31"
ROUNDS = 5


def made_by() -> str:
    """What a university that was built belongs to: the modules that plan and tell it, and the rules."""
    folder = Path(trail.testing.university.__file__).parent
    data = b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))
    return hashlib.sha256(data + amended_text().encode()).hexdigest()[:12]


def build(folder: Path, units: int) -> None:
    """Tell the university into *folder*, with ``meta.json`` beside it."""
    scratch = folder.with_name(folder.name + ".part")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    university = University(SEED, units, YEARS)
    counted: list[float] = []

    def tell() -> None:
        with university.tell(scratch) as campus:
            counted.append(campus.trail.reader.head().size)
            campus.trail.rebuild_read_model()

    seconds = timed(tell)
    meta = {"units": units, "years": YEARS, "entries": counted[0], "seconds": round(seconds, 1)}
    (scratch / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    scratch.rename(folder)


def questions(folder: Path, *, quick: bool) -> list[Row]:
    """All units beside bare decoding; then one unit and one person, by replay from nothing and from the read model."""
    one_core()
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    university = University(SEED, meta["units"], YEARS)
    unit = university.tardy
    person = university.people.tenures[f"{unit}/secretary"][0].person
    with _open(folder) as log:
        entries = [entry for _, entry in log.reader.entries()]
        now = log.now()
    size = f"{meta['units']} units over {YEARS} years, {meta['entries']:,} entries"
    rounds = 2 if quick else ROUNDS
    times = _in_turn(rounds, {"all": lambda: every_unit(entries, now), "decode": lambda: decoded(entries)})
    ratio = spread([b / a for a, b in zip(times["all"], times["decode"], strict=True)])
    every = spread(times["all"]).median
    built = (
        f"built in {meta['seconds']} s with every signature made: {micro(meta['seconds'], meta['entries'])} an entry"
    )
    rows = [
        Row(
            f"status of all units as of a date, by replay: {size}", "encoding.decode of the same entries", *ratio,
            "at least 0.3", ratio.median >= 0.3,
            (f"{every:.2f} s in all, {micro(every, meta['entries'])} an entry; {_counted(entries, now)}", built),
        )
    ]  # fmt: skip
    asked: dict[str, Callable[[View], object]] = {
        "status of one unit": lambda view: view.unit(unit).to_json(),
        "lookback of one unit": lambda view: view.lookback(unit=unit).to_json(),
        "lookback of one person": lambda view: view.lookback(person=person).to_json(),
    }
    with _open(folder) as log:
        for name, ask in asked.items():
            ask(log.at(AS_OF))  # what every question shares is read once in a process
            sides = _in_turn(rounds, {
                "replay": lambda ask=ask: ask(_by_replay(log)), "model": lambda ask=ask: ask(log.at(AS_OF)),
                "all units": lambda: [log.at(AS_OF).unit(one) for one in university.people.colleges],
            })  # fmt: skip
            by = {side: spread([1000 * one for one in found]) for side, found in sides.items()}
            note = f"by replay {by['replay'].median:.0f} ms ({by['replay'].low:.0f} to {by['replay'].high:.0f})"
            more = (
                f"all {meta['units']} unit committees one by one from the read model: {by['all units'].median:.0f} ms"
            )
            notes = (note, more) if name.startswith("status") else (note,)
            model = by["model"]
            rows.append(Row(f"{name}, from the read model", "50 ms", *model, "below", model.median < 50, notes, "ms"))
    return rows


def every_unit(entries: list[bytes], now: int) -> tuple[int, int]:
    """From entry bytes to the status of every unit: how many units, how many obligations."""
    with paused_collector():
        records = list(replay_records(entries))
    snapshot = Snapshot(records, _rules(), as_of=AS_OF, now=now)
    units = snapshot.units()
    return len(units), sum(len(snapshot.unit(unit).obligations) for unit in units)


def _counted(entries: list[bytes], now: int) -> str:
    units, obligations = every_unit(entries, now)
    return f"{units} units with sections and branches, {obligations:,} obligations"


def _in_turn(rounds: int, sides: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, work in sides.items():
            gc.collect()
            times[name].append(timed(work))
    return times


def _rules() -> list[RuleSet]:
    return [load_default(), load(amended_text())]


def _open(folder: Path) -> Trail:
    return Trail.open(folder / "trail.db", read_only=True, rules=_rules()[1:])


def _by_replay(log: Trail) -> View:
    """The view without the read model, and with nothing kept: every record read and decoded anew."""
    return View.of(Kept(log.reader), _rules(), log.now(), AS_OF, None)
