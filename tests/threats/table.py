"""All rows of the table, in the order of the list of threats."""

from __future__ import annotations

from tests.threats import attacks_b, attacks_c, attacks_d
from tests.threats.cases import ROWS, Row

__all__ = ["ROWS", "Row", "attacks_b", "attacks_c", "attacks_d"]
