"""Makes `tests.evidence.kit` importable, and gives every test a log of its own."""

import copy
import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.evidence.kit import Log


@cache
def _furnished() -> Log:
    return Log()


@pytest.fixture
def log() -> Log:
    """A small log, founded and furnished, in memory."""
    return copy.deepcopy(_furnished())
