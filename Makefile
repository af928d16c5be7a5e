# `make demo` and `make test` are all a new machine needs; both make the environment first.

PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test lint types check install install-test lock screenshots clean

demo: $(VENV)/.base
	$(BIN)/cvi --data-dir .cache/demo demo --port $(PORT)

install: $(VENV)/.base

install-test: $(VENV)/.test

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

check: lint types test

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CVI Workbench needs Python 3.11 or newer; set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

# The lock pins every package by hash; the checkout itself is installed in place, without network.
$(VENV)/.base: $(VENV)/bin/python requirements.lock pyproject.toml
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python requirements-test.lock pyproject.toml
	$(PIP) --require-hashes -r requirements-test.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.base

# For maintainers: pin again after a change of dependencies (needs uv).
lock:
	uv pip compile pyproject.toml --extra build --generate-hashes --no-header --no-emit-index-url --no-annotate --python-version 3.11 -o requirements.lock
	uv pip compile pyproject.toml --extra build --extra test --generate-hashes --no-header --no-emit-index-url --no-annotate --python-version 3.11 -o requirements-test.lock

screenshots: $(VENV)/.test
	$(BIN)/python docs/screenshots.py

clean:
	rm -rf $(VENV) .cache build dist
