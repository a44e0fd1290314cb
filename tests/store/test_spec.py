"""The worked examples of docs/spec are run."""

import doctest
from pathlib import Path

import pytest

SPEC = Path(__file__).parents[2] / "docs" / "spec"


@pytest.mark.parametrize("page", ["log.md", "witness.md"])
def test_the_examples_of_the_specification(page: str) -> None:
    result = doctest.testfile(str(SPEC / page), module_relative=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
    assert result.attempted > 5
    assert result.failed == 0
