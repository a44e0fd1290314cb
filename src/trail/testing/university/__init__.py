"""
A whole university, invented and deterministic: years of duty, told into a log by everybody who had a part in it.

    university = University(seed=1, units=30, years=3)
    university.plan                                      # what happens, as plain values
    with university.tell() as campus:                    # a log in memory; a folder keeps it
        campus.trail.at("2026-07-31").unit("jia").overdue()
        campus.acts[university.plan.one("RuleSetAdopted").key]     # the acknowledgement of a planned act

Among the units are honest and tardy ones, one that records half a year in the evening before an inspection is
announced (``university.backfiller``), and one whose secretary has the database altered (``university.falsifier``; see
`trail.testing.university.falsifying`).  Secretaries change in mid-year, a post is vacant, another is held by somebody
acting, one person holds two posts; in the second year two units merge and the rules are amended.

Keys follow from names and can be computed by anybody; never use them for anything real.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Final

from trail.application import Ack
from trail.errors import CallerError
from trail.rules import RuleSet, load, load_default
from trail.rules.load import default_text
from trail.testing.campus import ORIGIN, Campus, key_of, seconds
from trail.testing.university.making import make
from trail.testing.university.people import MIN_UNITS, REGISTRARS, People
from trail.testing.university.plan import Plan, Planned, Ref
from trail.testing.university.play import PacedClock, Player, UniversityTrail

__all__ = ["LAST_YEAR", "MIN_UNITS", "Plan", "Planned", "Ref", "University", "UniversityCampus", "amended_text"]

LAST_YEAR: Final = 2026
"""The last year that is told, by default; the plan ends on the last day of the January after it."""


class UniversityCampus(Campus):
    """A campus with a university's people; ``acts`` are the acknowledgements by the keys of the plan."""

    university: University
    acts: dict[str, Ack]
    _player: Player | None = None
    _told: int = 0


class University:
    """
    A university of so many *units* (4 to 99) over so many *years*, of which *first_year* is the first.

    Everything follows from *seed*; salts in body parts alone are random, and what rests on their digests.
    """

    def __init__(self, seed: int = 1, units: int = 30, years: int = 3, *, first_year: int | None = None) -> None:
        self.seed, self.units, self.years = seed, units, years
        self.first_year = LAST_YEAR + 1 - years if first_year is None else first_year
        self.people = People(seed, units, years, self.first_year)

    @cached_property
    def plan(self) -> Plan:
        """What happens."""
        return make(self.seed, self.units, self.years, self.first_year, self.rules)

    @cached_property
    def rules(self) -> tuple[RuleSet, ...]:
        """The rule sets that are adopted: the library's own, and from the second year on the amended one."""
        return (load_default(), load(amended_text())) if self.years > 1 else (load_default(),)

    @property
    def honest(self) -> str:
        """The unit that is always honest."""
        return self.people.colleges[0]

    @property
    def tardy(self) -> str:
        """The unit that is always tardy."""
        return self.people.colleges[1]

    @property
    def backfiller(self) -> str:
        """The unit that records half a year in one evening."""
        return self.people.colleges[2]

    @property
    def falsifier(self) -> str:
        """The unit whose secretary has the database altered."""
        return self.people.colleges[3]

    def found(self, folder: Path | None = None, *, origin: str = ORIGIN) -> UniversityCampus:
        """
        Found the log: in memory, or as ``trail.db``, ``log/`` and ``witness/`` of *folder*; nothing is recorded yet.

        Raises:
            CallerError, EnvironmentFailed: As `Trail.create`.
        """
        clock = PacedClock(seconds(f"{self.people.begin} 09:00"))
        temporary = tempfile.TemporaryDirectory(prefix="trail-university-") if folder is None else None
        place = Path(temporary.name) if temporary is not None else Path(str(folder))
        (place / "log").mkdir(parents=True, exist_ok=True)
        witness: str | Path = ":memory:"
        if folder is not None:
            (place / "witness").mkdir(exist_ok=True)
            witness = place / "witness" / "state.db"
        state = place / "log" / "state"
        trail = UniversityTrail.create(
            "sqlite://" if folder is None else place / "trail.db", origin=origin,
            registrars=[(person, key_of(person)) for person in REGISTRARS], log_key=key_of("log"), state=state,
            clock=clock, rules=self.rules[1:],
        )  # fmt: skip
        campus = UniversityCampus(trail, clock, state=state, witness=witness)
        campus._temporary = temporary
        campus.university, campus.acts = self, {}
        return campus

    def tell(self, folder: Path | None = None, *, progress: Callable[[int], None] | None = None) -> UniversityCampus:
        """Found the log and record the whole plan; *progress* is told now and then how many acts there are."""
        campus = self.found(folder)
        try:
            self.tell_into(campus, progress=progress)
        except BaseException:
            campus.close()
            raise
        return campus

    def tell_into(
        self, campus: UniversityCampus, *, until: str | None = None, progress: Callable[[int], None] | None = None
    ) -> None:
        """
        Record the plan into a log that `found` made: from where it stands, to the end or *until* a time.

        Raises:
            CallerError: It was made otherwise.
        """
        trail, clock = campus.trail, campus.clock
        if not isinstance(trail, UniversityTrail) or not isinstance(clock, PacedClock):
            raise CallerError("tell a university into a log that its found() made")
        limit = None if until is None else seconds(until)
        rows = [row for row in self.plan.rows[campus._told :] if limit is None or row.recorded < limit]
        player = campus._player = campus._player or Player(campus, trail, clock, self.seed)
        player.play(iter(rows), progress)
        campus.acts.update(player.acks)
        campus._told += len(rows)


def amended_text() -> str:
    """The library's rules as the university amends them: version 2, with 中旬 read as the 15th (AMB1)."""
    text = re.sub(r"(?m)^version = \d+", "version = 2", default_text(), count=1)
    return re.sub(r'(?m)^mid_month = "\w+"', 'mid_month = "fifteenth"', text, count=1)
