"""The public names: one table, every name resolves, and what a type checker sees is what there is."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import trail

NAMES = sorted(trail._HOME)


@pytest.mark.parametrize("name", NAMES)
def test_name_resolves_to_what_its_module_defines(name: str) -> None:
    assert getattr(trail, name) is getattr(import_module(trail._HOME[name]), name)


def test_all_is_the_table() -> None:
    assert sorted(trail.__all__) == sorted([*NAMES, "__version__"])
    assert len(set(trail.__all__)) == len(trail.__all__)


def test_no_name_is_listed_twice() -> None:
    assert len(NAMES) == sum(len(names.split()) for names in trail._NAMES.values())


def test_type_checkers_see_the_same_table() -> None:
    tree = ast.parse(Path(trail.__file__).read_text(encoding="utf-8"))
    guarded = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {a.name: i.module for node in guarded for i in node.body if isinstance(i, ast.ImportFrom) for a in i.names}

    assert seen == trail._HOME


def test_dir_lists_the_public_names() -> None:
    assert set(trail.__all__) <= set(dir(trail))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = trail.no_such_name  # type: ignore[attr-defined]


def test_importing_the_package_imports_no_part_of_it() -> None:
    code = "import sys, trail; print(sorted(name for name in sys.modules if name.startswith('trail.')))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_error_is_public() -> None:
    errors = import_module("trail.errors")
    classes = {n for n, v in vars(errors).items() if isinstance(v, type) and issubclass(v, errors.TrailError)}

    assert {name for name in classes if not name.startswith("_")} == {
        n for n in NAMES if trail._HOME[n] == "trail.errors"
    }
