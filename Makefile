# Every target prepares what it needs; none needs an earlier step.
PY = .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help setup test lint types unit integration bench run clean

help:
	@echo "make test         all of the harness's own tests, with lint and types (what CI runs)"
	@echo "make unit         the tests that need no container engine"
	@echo "make bench        measure: lanes, rounds, the harness's own share"
	@echo "./oar-compat run  the main job"

setup:
	@OAR_COMPAT_EXTRAS=dev ./oar-compat --only-prepare

test: lint types
	$(PY) -m pytest tests

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports

types: setup
	$(PY) -m mypy

unit: setup
	$(PY) -m pytest tests -m "not engine"

integration: setup
	$(PY) -m pytest tests -m engine

bench: setup
	$(PY) -m harness.bench

run:
	./oar-compat run

clean:
	-./oar-compat clean
	rm -rf .venv .tox .mypy_cache .ruff_cache .pytest_cache .hypothesis
