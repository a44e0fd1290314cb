"""Makes `tests.interop.programs` importable, and ends whatever a test started."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.interop.programs import Servers


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Starts programs that serve; they end with the test."""
    started = Servers(tmp_path)
    try:
        yield started
    finally:
        started.stop()
