"""Makes `tests.threats` importable, and tells the university once for all of it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.threats.cases import remember
from tests.threats.world import World, told


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The university of a year with three witnesses; told once, copied for each attack."""
    with told(tmp_path_factory.mktemp("threats")) as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def remembered() -> Iterator[None]:
    """
    Each signature is checked once for the session: the copies share all but the few that an attack made.

    A signature that was good over a message is good over it again; bad ones are checked anew each time.
    """
    with pytest.MonkeyPatch.context() as patch:
        remember(patch)
        yield
