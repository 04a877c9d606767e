# Everything is set up on demand in .venv; the only needs are Python 3.11+, make and a package index.
PYTHON ?= python3
BIN := .venv/bin
PROMPT ?= In one sentence: why is the sky blue?

.DEFAULT_GOAL := help
.PHONY: help run test check adapters bench docs soak clean

help:  ## list the targets
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/: .*## /\t/' | expand -t 8

run: .venv/run  ## ask the local model a question (PROMPT="...")
	@$(BIN)/fairlead local setup
	@$(BIN)/fairlead -m local/smollm2 -u -- "$(PROMPT)"

test: .venv/dev  ## run the tests
	$(BIN)/python -m pytest $(ARGS)

check: .venv/dev  ## lint, types, import contracts, sizes, the types of examples
	$(BIN)/ruff format --check src tests bench scripts
	$(BIN)/ruff check src tests bench scripts
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_sizes.py
	$(BIN)/python scripts/check_examples.py

adapters: .venv/dev  ## run all tests of the client over each HTTP library
	for each in httpx2 httpx aiohttp; do \
		FAIRLEAD_TRANSPORT=$$each $(BIN)/python -m pytest -q tests/client $(ARGS) || exit; \
	done

bench: .venv/dev  ## print speed and size as ratios to a floor
	$(BIN)/python -m bench $(ARGS)

docs: .venv/dev  ## write the tables in docs/ anew from test runs
	FAIRLEAD_WRITE_DOCS=1 $(BIN)/python -m pytest tests/conformance -q
	FAIRLEAD_WRITE_DOCS=1 $(BIN)/python -m pytest -q tests/peers/test_conformance.py
	FAIRLEAD_WRITE_DOCS=1 $(BIN)/python -m pytest -q tests/transports/test_adapters_declared.py
	FAIRLEAD_WRITE_DOCS=1 $(BIN)/python -m pytest -q -m "fault or invariant"

soak: .venv/dev  ## ten minutes of calls under faults; what leaks fails (ARGS=60: one minute)
	$(BIN)/python scripts/soak.py $(ARGS)

clean:  ## remove .venv and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/pip:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@touch $@

.venv/run: .venv/pip pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[local]"
	@touch $@

.venv/dev: .venv/run pyproject.toml
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@
