# Every target prepares what it needs; none needs an earlier step.
VENV = $(or $(OAR_COMPAT_VENV),.venv)
PY = $(VENV)/bin/python
BY_HAND = $(PY) -m harness.cli.by_hand
.DEFAULT_GOAL := help
.PHONY: help setup test lint types unit integration bench soak run behaviours behaviours-natives behaviours-versions clean compose-up compose-shell compose-down

help:
	@echo "make test           all of the harness's own tests, with lint and types (what CI runs)"
	@echo "make unit           the tests that need no container engine"
	@echo "make bench          measure: lanes, comparisons, the own share, growth, judging, imports, exposure, the main job; OPTIONS=--help"
	@echo "make soak           kills, hostile inputs and faults (docs/reliability.md); KILLS=, INPUTS=, FAULTS=, ENDS= their options"
	@echo "make behaviours     the whole catalogue under OAR3's combinations, and docs/behaviours.md from it"
	@echo "make behaviours-natives  its plan cases under every combination, on both Debian releases: docs/behaviours-natives.md"
	@echo "make behaviours-versions  the same under OAR3 3.0.1, 3.0.2 and master side by side: docs/behaviours-versions.md"
	@echo "make compose-up     a server with two nodes and a frontend to look around in; compose-shell, compose-down"
	@echo "./oar-compat run    the main job"

setup:
	@OAR_COMPAT_EXTRAS=dev ./oar-compat --only-prepare

test: lint types
	$(PY) -m pytest tests

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports

types: setup
	$(PY) -m mypy

unit: setup
	$(PY) -m pytest tests -m "not engine"

integration: setup
	$(PY) -m pytest tests -m engine

bench: setup
	$(PY) -m harness.bench $(OPTIONS)

# Each part is run whatever became of the one before; the whole fails if one did.
KILLS = --kills 100
soak: setup
	@failed=0; \
	$(PY) -m tests.soak.inputs $(INPUTS) || failed=1; \
	$(PY) -m tests.soak.faults $(FAULTS) || failed=1; \
	$(PY) -m tests.soak.ends $(ENDS) || failed=1; \
	$(PY) -m tests.soak.kills $(KILLS) || failed=1; \
	exit $$failed

run:
	./oar-compat run

# kamelot as OAR3 documents it, and as its procedures put it on: for the queue default alone.
KAMELOT = --combination oar_meta_sched+kamelot:default

# Its exit code is the catalogue's verdict, which is no fault of the making; a run that was none has no report.
behaviours: setup
	-./oar-compat run --scenario scenarios --kind plan $(KAMELOT) --combination oar_meta_sched+kamelot \
	  --combination kao --combination kao-external+kamelot --reports reports/plans $(OPTIONS)
	-./oar-compat run --scenario scenarios --kind procedure $(KAMELOT) \
	  --combination kao --combination kao-external+kamelot --reports reports/procedures $(OPTIONS)
	-./oar-compat run --scenario scenarios --kind live $(KAMELOT) --combination oar_meta_sched+kamelot \
	  --combination kao --combination kao-external+kamelot --reports reports/servers $(OPTIONS)
	./oar-compat report reports/plans/latest reports/procedures/latest reports/servers/latest \
	  --behaviours docs/behaviours.md --evidence reports/example/behaviours --departures fixtures/departures

behaviours-natives: setup
	-./oar-compat run --scenario scenarios --kind plan --oar2 trixie --reports reports/trixie $(OPTIONS)
	-./oar-compat run --scenario scenarios --kind plan --oar2 bookworm --reports reports/bookworm $(OPTIONS)
	./oar-compat report reports/trixie/latest reports/bookworm/latest --narrow docs/behaviours-natives.md \
	  --departures fixtures/departures

behaviours-versions: setup
	-./oar-compat run --scenario scenarios --kind plan --oar3 3.0.1 --oar3 3.0.2 --oar3 master \
	  --combination oar_meta_sched+kamelot --combination kao --reports reports/versions $(OPTIONS)
	./oar-compat report reports/versions/latest --narrow docs/behaviours-versions.md --departures fixtures/departures

# OPTIONS: --oar2 RELEASE, --oar3 PATH|VERSION. WHO: user@service.
compose-up:
	@./oar-compat --only-prepare
	@$(BY_HAND) up $(OPTIONS)

compose-shell:
	@./oar-compat --only-prepare
	@$(BY_HAND) shell $(WHO)

compose-down:
	@./oar-compat --only-prepare
	@$(BY_HAND) down

clean:
	-./oar-compat clean
	rm -rf .venv .tox .mypy_cache .ruff_cache .pytest_cache .hypothesis
