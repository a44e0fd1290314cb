# The two commands: `make demo` and `make test`.  Everything is set up on first use, in .venv beside this file;
# all that is needed is Python 3.11 or newer with venv, and make.
#
#   make demo         the whole path on an invented university, left in ./demo
#   make test         the tests, about seven minutes on two cores
#   make check        lint, format, types, layers, documentation examples
#   make bench        measurements, as ratios
#   make interop      the independent programs that tests/interop talks to, into build/interop (Debian)
#   make format       lay out the code as `make check` wants it
#   make constraints  exact versions anew, into constraints.txt
#   make clean        remove what the targets above made

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
WORKERS ?= 2
CODE := src tests examples bench
MARK := .made-by-make

export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Only versions that answer and can make a virtual environment count; PYTHON=… chooses another.
FIND = for p in python3.13 python3.12 python3.11 python3; do \
         $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; \
       done
PYTHON ?= $(shell $(FIND))

.PHONY: help venv demo test check bench interop format constraints clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^#   //p' Makefile

venv: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@python='$(PYTHON)'; \
	if [ -z "$$python" ]; then \
	  echo '需要 Python 3.11 或更新版本（含 venv 模块），未找到。请安装后重试，或用 make PYTHON=路径 指定。' >&2; \
	  echo 'Python 3.11 or newer with its venv module is needed and was not found. Install it, or name it: make PYTHON=path' >&2; \
	  exit 1; \
	fi; \
	if ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	  echo "首次准备 $(VENV)（需要网络）· setting up $(VENV) once, with $$python (needs the network)"; \
	  "$$python" -m venv --clear $(VENV) || exit 1; \
	fi
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

# Only a ./demo that this target made is removed.
demo: $(STAMP)
	@if [ -e demo ] && [ ! -e demo/$(MARK) ]; then \
	  echo './demo 不是由 make demo 生成的，请先移走。· ./demo was not made by make demo: move it away first.' >&2; \
	  exit 1; \
	fi
	@rm -rf demo
	@trap 'test -d demo && touch demo/$(MARK)' EXIT; trap 'exit 130' INT TERM; \
	$(BIN)/trail demo --into demo

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: $(STAMP)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy --strict src
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/test_docs.py tests/test_layers.py tests/test_public.py

bench: $(STAMP)
	$(BIN)/python -m bench

interop:
	@tests/interop/install.sh

format: $(STAMP)
	$(BIN)/ruff check --fix-only $(CODE)
	$(BIN)/ruff format $(CODE)

constraints:
	@python='$(PYTHON)'; set -e; fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
	"$$python" -m venv "$$fresh"; "$$fresh/bin/pip" install --quiet '.[dev]'; \
	{ sed -n '/^#/p' constraints.txt; "$$fresh/bin/pip" freeze | grep -v '^trail-evidence'; } > "$$fresh/constraints.txt"; \
	cp "$$fresh/constraints.txt" constraints.txt

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@if [ -e demo/$(MARK) ]; then rm -rf demo; fi
