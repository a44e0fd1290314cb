"""Make the invented university of these tests (`campus_records`) importable from each of them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "rules"))
sys.path.insert(0, str(Path(__file__).parent))

from collections.abc import Callable

import pytest

from trail.rules import RuleSet, default_text, load


@pytest.fixture
def rules_with() -> Callable[..., RuleSet]:
    """A copied rule set with some of its text replaced."""

    def build(*changes: tuple[str, str]) -> RuleSet:
        text = default_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        return load(text)

    return build
