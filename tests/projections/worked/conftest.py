"""Make the helper of these tests (`told_by_day`) importable, and hold every story to the verifier."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from collections.abc import Iterator

import pytest
from told_by_day import BEGIN, Tell, Told

from trail.evidence.verdict import Verdict
from trail.rules import RuleSet
from trail.verify import verify


@pytest.fixture
def tell() -> Iterator[Tell]:
    """A new story; when the test is over its log is anchored, and an outsider must find it intact."""
    stories: list[Told] = []

    def found(begin: str = BEGIN, rules: RuleSet | None = None) -> Told:
        stories.append(Told(begin, rules))
        return stories[-1]

    yield found
    for told in stories:
        with told.campus as campus:
            campus.anchor()
            report = verify(campus.trail.evidence(), campus.policy, now=campus.clock.now())
            assert report.verdict is Verdict.INTACT, report.findings
            assert {remark.code for remark in report.remarks} <= {"POST_NOT_HELD"}
