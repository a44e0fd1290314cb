"""Makes `tests.application.campus` importable; each test gets a copy of one furnished campus."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.application.campus import NOW, Campus, key_of

from trail.application import Trail
from trail.clock import FixedClock


@pytest.fixture(scope="session")
def _furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("campus")
    Campus(folder).trail.close()
    return folder


@pytest.fixture
def campus(_furnished: Path, tmp_path: Path) -> Iterator[Campus]:
    """A campus of the test's own."""
    folder = tmp_path / "campus"
    shutil.copytree(_furnished, folder)
    made = Campus.__new__(Campus)
    made.folder, made.path, made.log_key = folder, folder / "trail.db", key_of("log")
    made.clock = FixedClock(NOW + 1000, step=1)
    made.trail = Trail.open(made.path, log_key=made.log_key, state=folder / "log.state", clock=made.clock)
    made.registrars = made.trail.registering([(r, key_of(r)) for r in ("r-1", "r-2")])
    with made.trail:
        yield made
