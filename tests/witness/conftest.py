"""Makes `tests.store.world` importable, and gives every test a log of its own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.store.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A small log in a file."""
    with World(tmp_path) as made:
        yield made
