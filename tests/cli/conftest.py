"""A log made once by the command line itself, and copies of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.kit import Result, Site, build, run


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The log; not to be changed."""
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture
def site(built: Site, tmp_path: Path) -> Site:
    """A copy of the log, to be changed."""
    shutil.copytree(built.path, tmp_path / "site")
    return Site(tmp_path / "site")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run where there is nothing at all, and no passphrase."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRAIL_PASSPHRASE_FILE", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return run
