"""
What every test run shares.

* hypothesis profiles: ``default`` is small and always draws the same examples; ``ci`` draws many more, the same each
  time; ``search`` looks further, differently each time.  Choose one with ``--hypothesis-profile=ci``.  With
  ``--hypothesis-seed`` examples are drawn from that seed.  A test that sets a number of examples of its own takes it
  from `tests.profile.scaled`.
* Under CI (the variable CI is set) a skipped test fails the run, unless its reason names ``../shared``: a missing
  tool must not turn a harness into a green light.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parents[1]))  # makes `tests.profile` importable

ALLOWED_SKIP = "../shared"
CI = os.environ.get("CI", "").lower() not in ("", "0", "false", "no")

_SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile(
    "default", derandomize=True, max_examples=40, deadline=None, database=None, suppress_health_check=_SLOW_IS_FINE
)
settings.register_profile("ci", settings.get_profile("default"), max_examples=400, print_blob=True)
settings.register_profile("search", settings.get_profile("ci"), derandomize=False, max_examples=5_000)
settings.register_profile("seeded", settings.get_profile("default"), derandomize=False)
settings.load_profile("default")

_skipped: list[str] = []


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """A derandomised profile would ignore the seed."""
    if config.getoption("--hypothesis-seed", None) is not None and not config.getoption("--hypothesis-profile", None):
        settings.load_profile("seeded")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note_skip(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note_skip(report)


def _note_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if ALLOWED_SKIP not in reason:
        _skipped.append(f"{report.nodeid}: {reason}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if CI and _skipped and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CI and _skipped:
        terminalreporter.section("skipped under CI, which counts as a failure", red=True)
        for line in _skipped:
            terminalreporter.write_line(line)
