"""
What the screen showed on a day, what is known today about that day, and which records make the difference.

    python examples/replay_to_a_date.py trail.db UNIT 2026-07-31
"""

import datetime as dt
import sys

from trail import Trail


def replay(trail: Trail, unit: str, day: dt.date) -> list[str]:
    """One line for each obligation that looks different today."""
    shown = trail.at(day, known_at=day).unit(unit)  # what the screen showed at the end of that day
    known = trail.at(day).unit(unit)  # what is known today about that day
    return [
        f"{c.duty} {c.period} {c.post or c.unit}: {c.before} → {c.after}, because of "
        + ", ".join(f"{r.type} at {r.position} ({r.label})" for r in c.because)
        for c in known.diff(shown)
    ]


if __name__ == "__main__":
    url, unit, day = sys.argv[1:]
    with Trail.open(url, read_only=True) as trail:
        print("\n".join(replay(trail, unit, dt.date.fromisoformat(day))) or "nothing looks different today")
