"""The regulation as data: rule sets, their duties, and the obligations that follow for a roster (pure)."""

from __future__ import annotations

from trail.rules.calendar import Period, WorkDays, period, periods
from trail.rules.load import default_text, load, load_default
from trail.rules.model import Duty, Level, RuleSet, Satisfier, Selector, Settings
from trail.rules.obligations import Demand, Key, demands

__all__ = [
    "Demand", "Duty", "Key", "Level", "Period", "RuleSet", "Satisfier", "Selector", "Settings", "WorkDays",
    "default_text", "demands", "load", "load_default", "period", "periods",
]  # fmt: skip
