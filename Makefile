# `make` lists what there is to do. The first call sets up .venv, which takes a minute or two.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := connectors pipelines serve_app
DATA ?=

# Where this is set no process ever writes bytecode, and every start of Ray takes three times longer.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH
.DEFAULT_GOAL := help
.PHONY: help run serve test check bench clean lock

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

run: $(VENV)/ready ## Run one job: make run, make run DATA=file.csv, make run DATA=s3://bucket/key
	@$(BIN)/metricfoundry run $(if $(DATA),"$(DATA)")

serve: $(VENV)/ready ## Keep the service running on http://127.0.0.1:8000 until Ctrl-C
	@$(BIN)/metricfoundry up

test: $(VENV)/ready-dev ## Run all tests; the quick ones come first
	@$(BIN)/python -m pytest

check: $(VENV)/ready-dev ## Lint, format and type checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(VENV)/ready-dev ## Measure
	@for each in $(wildcard benchmarks/*.py); do $(BIN)/python $$each || exit 1; done

clean: ## Remove what was set up here; the data in .metricfoundry stays (`metricfoundry clean`)
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +

lock: $(VENV)/ready ## Pin the newest allowed versions, with hashes
	@COMPILE="$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate" && \
	$$COMPILE pyproject.toml -o requirements.txt && \
	$$COMPILE --group dev --group bench -c requirements.txt -o requirements-dev.txt && \
	$$COMPILE --group build -o requirements-build.txt

# uv where it can be had, else pip; both check every hash.
INSTALL = install() { \
	$(BIN)/uv pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r $$1 || \
	$(BIN)/python -m pip install -q --disable-pip-version-check --compile --require-hashes -r $$1; }

$(VENV)/ready: requirements.txt requirements-build.txt pyproject.toml
	@echo "setting up $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes \
	  -r requirements-build.txt
	@$(INSTALL); install requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-index \
	  --no-build-isolation -e .
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	@$(INSTALL); install requirements-dev.txt
	@touch $@
