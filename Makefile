# Everything a newcomer needs is `make run` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help run test check format bench lock messages clean

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: .venv/run.stamp  ## set everything up and serve the studio on 127.0.0.1:8000
	$(BIN)/shortdrama serve

test: .venv/test.stamp check  ## set up what the tests need and run all of them
	scripts/test

check: .venv/test.stamp  ## format, lint, types, import contract
	scripts/check

format: .venv/test.stamp  ## put the code into the house's form
	$(BIN)/ruff check --fix-only -q . && $(BIN)/ruff format -q .

bench: .venv/test.stamp  ## print the budgets as measured here
	$(BIN)/python -m bench

messages: .venv/test.stamp  ## collect the texts to translate into the catalogues
	scripts/messages

lock: .venv/test.stamp  ## pin requirements/*.in with hashes
	scripts/lock

clean:  ## remove what was set up here (never the data folder)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

.venv/run.stamp: requirements/run.txt pyproject.toml
	PYTHON=$(PYTHON) scripts/setup-venv requirements/run.txt
	@touch $@

.venv/test.stamp: requirements/dev.txt pyproject.toml scripts/setup-tests
	PYTHON=$(PYTHON) scripts/setup-venv requirements/dev.txt
	scripts/setup-tests
	@touch .venv/run.stamp $@
