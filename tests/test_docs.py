"""
Every example in the documentation runs.

* In ``README.md`` and ``docs/**/*.md`` each block fenced as ```python is run: with ``>>>`` as a doctest, otherwise as
  it stands, in order, in one namespace and one temporary directory for each page.  What is only to be looked at is
  fenced as ```text.
* Module, class and function docstrings under ``src`` are doctests.
"""

from __future__ import annotations

import doctest
import importlib
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
PAGES = sorted(p for p in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")] if p.is_file())
MODULES = sorted(p for p in (SRC / "trail").rglob("*.py") if ">>>" in p.read_text(encoding="utf-8"))
FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^`\n]*)$")
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Block(NamedTuple):
    """A fenced block: the page's line where its code begins, and the code."""

    line: int
    code: str


def python_blocks(text: str) -> Iterator[Block]:
    """The blocks of a page whose fence says python, or pycon."""
    fence, indent, start, kept = "", "", 0, list[str]()
    wanted = False
    for number, line in enumerate(text.splitlines(), start=1):
        match = FENCE.match(line)
        if not fence:
            if match:
                indent, fence, wanted = match["indent"], match["ticks"], match["info"].strip() in ("python", "pycon")
                start, kept = number + 1, []
        elif line.strip() == fence:
            if wanted:
                yield Block(start, "\n".join(kept) + "\n")
            fence = ""
        else:
            kept.append(line.removeprefix(indent))


def run_block(block: Block, page: str, namespace: dict[str, object]) -> None:
    if ">>>" in block.code:
        test = doctest.DocTestParser().get_doctest(block.code, namespace, page, page, block.line - 1)
        fails: list[str] = []
        doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=fails.append, clear_globs=False)
        namespace.update(test.globs)
        assert fails == [], "".join(fails)
        return
    # Leading empty lines make the line numbers of a traceback those of the page.
    exec(compile("\n" * (block.line - 1) + block.code, page, "exec", dont_inherit=True), namespace)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("page")  # dataclasses look their module up
    monkeypatch.setitem(sys.modules, "page", module)
    monkeypatch.chdir(tmp_path)

    for block in python_blocks(page.read_text(encoding="utf-8")):
        run_block(block, page.relative_to(ROOT).as_posix(), vars(module))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SRC).as_posix())
def test_docstrings(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
    monkeypatch.chdir(tmp_path)

    found = doctest.testmod(importlib.import_module(name), optionflags=OPTIONS)

    assert found.attempted > 0
    assert found.failed == 0


def test_blocks_are_found_and_others_left_alone() -> None:
    plain = "a\n```python\nx = 1\n```\n```text\nnot code\n```\n"
    page = plain + "  ```python\n  y = 2\n  ```\n````md\n```python\nz\n```\n````\n"

    assert list(python_blocks(page)) == [Block(3, "x = 1\n"), Block(9, "y = 2\n")]


def test_a_wrong_example_fails() -> None:
    with pytest.raises(AssertionError, match="Expected"):
        run_block(Block(1, ">>> 1 + 1\n3\n"), "page", {})
    with pytest.raises(NameError):
        run_block(Block(1, "no_such_thing\n"), "page", {})


def test_blocks_of_a_page_share_their_names() -> None:
    names: dict[str, object] = {}
    run_block(Block(1, "x = 20\n"), "page", names)
    run_block(Block(1, ">>> y = x + 1\n>>> y\n21\n"), "page", names)
    run_block(Block(1, "z = x + y + 1\n"), "page", names)

    assert names["z"] == 42


def test_the_index_lists_every_decision() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")

    assert [p.name for p in sorted(folder.glob("[0-9]*.md")) if f"({p.name})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []
