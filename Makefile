# Two commands on a fresh machine: `make run` and `make test`.
# Everything they install or write is in .venv and build; `make clean` removes both.

PYTHON ?= python3
MINUTES ?= 10
UPGRADE ?=
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# One thread for linear algebra: results and timings do not depend on the machine's cores.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
export VECLIB_MAXIMUM_THREADS := 1

# The documents' theme announces its successor at every build; the locked version goes on working.
export NO_MKDOCS_2_WARNING := 1

# The Python of the page at the bedside: fetched, unless its folder is named.
PYODIDE := $(if $(CISTERNA_PYODIDE),,build/pyodide/.fetched)

# The same where a target goes on without it: what to install is said, and nothing fails.
TRY_PYODIDE = $(if $(CISTERNA_PYODIDE),true,\
	{ test build/pyodide/.fetched -nt src/cisterna/bedside/pyodide.toml || \
	{ scripts/need-pyodide build/pyodide && touch build/pyodide/.fetched; }; })

# An environment whose interpreter has gone is made again.
$(shell test ! -d $(VENV) || $(BIN)/python -c '' 2>/dev/null || rm -rf $(VENV))

.PHONY: run plan test campaign bedside docs shown lock clean
.NOTPARALLEL:

run: $(VENV)/.run ## the demonstration clinic with its virtual pumps, in a browser; Ctrl-C ends it
	@mkdir -p build
	$(BIN)/cisterna demo build/demonstration

plan: $(VENV)/.run ## the plan of an example change, then the page at the bedside in a browser
	@mkdir -p build
	$(BIN)/cisterna plan examples/change/old.toml examples/change/new.toml --html build/plan.html
	@if $(TRY_PYODIDE) && $(BIN)/cisterna bedside --out build/bedside.html; then \
		echo "The plan for paper: build/plan.html"; \
		$(BIN)/python -m cisterna.bedside.opening build/bedside.html; \
	else \
		echo "The page at the bedside was not made; the plan above is a page too."; \
		$(BIN)/python -m cisterna.bedside.opening build/plan.html; \
	fi

test: $(VENV)/.test $(PYODIDE) ## format, lint, types, import contract, documents, tests
	@mkdir -p build
	@scripts/need-chromium > build/chromium
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/mkdocs build --strict --quiet --site-dir build/site
	$(BIN)/python scripts/shown_output.py
	CISTERNA_CHROMIUM="$$(cat build/chromium)" $(BIN)/pytest --numprocesses 2 --dist worksteal

campaign: $(VENV)/.test $(PYODIDE) ## the long verification, resumable: make campaign MINUTES=10
	$(BIN)/python -m tests.campaigns.run --minutes $(MINUTES)
	$(BIN)/python -m tests.campaigns.bedside --minutes $(MINUTES)
	$(BIN)/python -m tests.campaigns.model --minutes $(MINUTES)
	$(BIN)/python -m tests.campaigns.drill
	$(BIN)/python -m tests.campaigns.pump --minutes $(MINUTES)
	$(BIN)/python -m tests.campaigns.clinic_kills --minutes $(MINUTES)
	$(BIN)/python -m tests.campaigns.mutation --minutes $(MINUTES)
	CISTERNA_CHROMIUM="$$(cat build/chromium)" $(BIN)/pytest -m campaign
	CISTERNA_CAMPAIGN=1 CISTERNA_CHROMIUM="$$(cat build/chromium)" $(BIN)/pytest tests/browser tests/clinic/web/test_guided_browser.py

bedside: $(VENV)/.run $(PYODIDE) ## the page at the bedside: one file that opens offline in any browser
	$(BIN)/cisterna bedside --out build/bedside.html

docs: $(VENV)/.test ## the documents as a site in build/site, with the live page where its Python is
	@$(TRY_PYODIDE) || echo "The documents are built without the live page."
	$(BIN)/mkdocs build --strict --site-dir build/site
	@echo "The documents: build/site/index.html (open it in a browser)."

shown: $(VENV)/.test ## put the real output of every shown command into the documents
	$(BIN)/python scripts/shown_output.py --write || $(BIN)/python scripts/shown_output.py

clean: ## remove everything that these commands made
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Installation ------------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Cisterna needs Python 3.11 or newer; $(PYTHON) is: $$($(PYTHON) --version 2>&1 | head -n 1)"; \
		echo "Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; } >&2
	$(PYTHON) -m venv --clear $(VENV)

# Both stamps share one environment: test.txt holds run.txt's versions and adds to them.
$(VENV)/.run $(VENV)/.test: $(VENV)/.%: requirements/%.txt pyproject.toml | $(BIN)/python
	@mkdir -p build
	$(PIP) install --quiet --require-hashes --requirement $<
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

build/pyodide/.fetched: src/cisterna/bedside/pyodide.toml scripts/need-pyodide
	@scripts/need-pyodide build/pyodide
	@touch $@

# Locked requirements -----------------------------------------------------------------------------

COMPILE = CUSTOM_COMPILE_COMMAND="make lock" build/lock/bin/pip-compile --quiet $(UPGRADE) \
	--generate-hashes --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
	--strip-extras --allow-unsafe --no-config

build/lock/bin/pip-compile: | $(BIN)/python
	$(BIN)/python -m venv --clear build/lock
	build/lock/bin/python -m pip --disable-pip-version-check install --quiet 'pip-tools>=7.4'

lock: build/lock/bin/pip-compile ## write requirements/*.txt again; UPGRADE=--upgrade takes newer versions
	$(COMPILE) --extra pump --extra clinic --output-file requirements/run.txt pyproject.toml requirements/build.in
	$(COMPILE) --extra test --extra docs --constraint requirements/run.txt \
		--output-file requirements/test.txt pyproject.toml requirements/build.in
