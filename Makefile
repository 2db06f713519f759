# make demo   a fresh environment, then the handwritten digits: accuracy, two pictures, the gradient's IR
# make test   a fresh environment, then everything CI runs: lint, types, tests
# make lint   ruff (rules and format) and mypy
# make fuzz   FUZZ_PROGRAMS random calls of NumPy and as many random programs against CPython;
#             the programs go on where they stopped
# make bench  compile time, run time and dispatch against jax.jit; writes docs/benchmarks.md
# make docs   the site, into site/
# make clean  removes the environment and everything built
#
# Needs make and Python 3.11 or newer; `make PYTHON=/path/to/python3.12 test` picks one.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := test
.PHONY: demo test lint types fuzz bench docs clean

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
WORKERS ?= auto
FUZZ_PROGRAMS ?= 20000

usable := import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if "$$p" -c '$(usable)' >/dev/null 2>&1; then echo "$$p"; break; fi; done)

demo: $(VENV)/.demo
	$(BIN)/python examples/digits.py

test: lint types $(VENV)/.test
	$(BIN)/python -m pytest -q -n $(WORKERS)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

fuzz: $(VENV)/.test
	$(BIN)/python -m tests.fuzz.calls $(FUZZ_PROGRAMS)
	$(BIN)/python -m tests.fuzz.kinds views $(FUZZ_PROGRAMS)
	$(BIN)/python -m tests.fuzz.kinds effects $(FUZZ_PROGRAMS)
	$(BIN)/python -m tests.fuzz.kinds wrong $(FUZZ_PROGRAMS)
	$(BIN)/python -m tests.fuzz.kinds tables $(FUZZ_PROGRAMS)
	$(BIN)/python -m tests.fuzz.kinds recursion $(FUZZ_PROGRAMS)
	$(BIN)/python -m tests.fuzz $(FUZZ_PROGRAMS)

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

docs: $(VENV)/.docs
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) build dist out site .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "anvil needs Python 3.11 or newer with venv; none of python3, python3.11 .. is one" >&2; \
		exit 1; fi
	$(PYTHON) -m venv $(VENV)

# One stamp per extra: the environment is brought up to date when pyproject.toml changes.
$(VENV)/.%: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[$*]'
	touch $@
