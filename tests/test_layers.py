"""The rules of the house that a machine can check: layers, sizes, what the verifier loads."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src" / "trail"
SOURCES = sorted(SRC.rglob("*.py"))
MAX_LINES = 450
MAX_FUNCTION = 60
TEXTS = {".py", ".md", ".toml", ".txt", ".cfg", ".yml", ".yaml", ".json", ".html", ".sh", ".mk", ""}


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


LOADED = """
import json, sys
before = set(sys.modules)
import {module}
new = {{name: getattr(sys.modules[name], "__file__", None) for name in set(sys.modules) - before}}
print(json.dumps(new))
"""


def loaded_by(module: str) -> set[str]:
    """The modules with a file of their own that a fresh interpreter loads for *module*."""
    command = [sys.executable, "-I", "-c", LOADED.format(module=module)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name for name, file in json.loads(done.stdout).items() if file is not None}


def test_the_verifier_loads_only_the_standard_library_cryptography_and_msgpack() -> None:
    tops = {name.partition(".")[0] for name in loaded_by("trail.verify")}

    assert not tops & {"sqlalchemy", "eventsourcing", "sqlite3"}
    beyond = tops - set(sys.stdlib_module_names) - {"trail", "cryptography", "msgpack", "cffi", "_cffi_backend"}
    assert beyond == set()


def test_the_verifier_loads_no_layer_above_or_beside_it() -> None:
    parts = {name.split(".")[1] for name in loaded_by("trail.verify") if name.startswith("trail.")}

    assert parts <= {"verify", "evidence", "merkle", "signing", "encoding", "clock", "errors"}


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_no_file_is_too_long_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_no_function_is_too_long_to_read(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]

    assert [f.name for f in functions if (f.end_lineno or f.lineno) - f.lineno + 1 > MAX_FUNCTION] == []


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_no_assert_in_the_library(path: Path) -> None:
    """``python -O`` removes them: a check that can vanish is none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))

    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)] == []


def project_files() -> Iterator[Path]:
    left_out = {"demo", "dist", "build", "node_modules"}
    for folder, folders, files in os.walk(ROOT):
        folders[:] = sorted(
            f for f in folders if f == ".ci" or not (f[0] in "._" or f in left_out or f.endswith("-info"))
        )
        yield from (p for p in (Path(folder, name) for name in sorted(files)) if p.suffix in TEXTS)


def test_project_files_name_no_registry_host_and_no_path_of_one_machine() -> None:
    hosts = {"pypi": "org", "pythonhosted": "org", "npmjs": "(?:org|com)", "deb.debian": "org"}
    patterns = [rf"{re.escape(name)}\.{top}" for name, top in hosts.items()]
    patterns += [rf"(?<![\w.-])/{folder}/" for folder in ("work", "root")]
    forbidden = re.compile("|".join(patterns))
    found = []
    for path in project_files():
        if path.stat().st_size < 2_000_000:
            text = path.read_bytes().decode("utf-8", errors="replace")
            found += [f"{shown(path)}: {hit.group()}" for hit in forbidden.finditer(text)]

    assert found == []


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("lint-imports")
    env = os.environ | {"PYTHONPATH": str(folder / "src"), "NO_COLOR": "1"}
    command = [str(tool), "--config", str(folder / "pyproject.toml"), "--no-cache"]
    return subprocess.run(command, cwd=folder / "src", env=env, capture_output=True, text=True, check=False)


FORBIDDEN_IMPORTS = [
    ("errors.py", "import trail.encoding", "A module imports only from layers below it"),
    ("evidence/__init__.py", "import trail.store", "A module imports only from layers below it"),
    ("merkle/__init__.py", "import sqlalchemy", "The verifier needs"),
    ("rules/__init__.py", "import trail.store", "Rules, aggregates and projections know no store"),
    ("evidence/__init__.py", "def f():\n    import trail.clock", "Pure layers read no clock"),
    ("application/__init__.py", "import trail.testing.extra", "hypothesis belongs to"),
]


def test_the_layers_hold() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("file", "line", "contract"), FORBIDDEN_IMPORTS, ids=lambda value: str(value)[:24])
def test_a_forbidden_import_is_caught(file: str, line: str, contract: str, tmp_path: Path) -> None:
    """The contracts bite: a copy of the library with one wrong import in it breaks the contract that forbids it."""
    shutil.copytree(SRC, tmp_path / "src" / "trail", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "src/trail/testing/extra.py").write_text("import hypothesis\n")
    with (tmp_path / "src/trail" / file).open("a", encoding="utf-8") as module:
        module.write(f"\n{line}\n")

    done = lint_imports(tmp_path)

    assert done.returncode == 1
    broken = [text for text in done.stdout.splitlines() if text.endswith("BROKEN")]
    assert any(text.startswith(contract) for text in broken), done.stdout
