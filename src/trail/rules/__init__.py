"""The regulation as data: rule sets, their duties, and the obligations that follow for a roster (pure)."""

from __future__ import annotations

from trail.rules.calendar import Period, WorkDays, period, periods
from trail.rules.load import check, default_text, load, load_default
from trail.rules.model import Duty, Level, RuleSet, Satisfier, Selector, Settings, Trigger
from trail.rules.obligations import Demand, Key, demands
from trail.rules.shapes import Problem

__all__ = [
    "Demand", "Duty", "Key", "Level", "Period", "Problem", "RuleSet", "Satisfier", "Selector", "Settings", "Trigger",
    "WorkDays", "check", "default_text", "demands", "load", "load_default", "period", "periods",
]  # fmt: skip
