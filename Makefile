# All commands for people and CI. PORT and VAR are settings of run and stack.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for candidate in python3 python3.14 python3.13 python3.12 python3.11; \
	do $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$candidate && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
UV := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
# One more than there are cores, because tests also wait.
WORKERS ?= $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
# tests/conftest.py decides which files a worker takes, and in which order.
BY_FILE := --dist loadfile --no-loadscope-reorder
# In CI, a commit always has the same examples, so failures repeat; here they are new.
COMMIT := $(if $(CI),$(shell git rev-parse --short=8 HEAD 2>/dev/null))
SEED := $(if $(COMMIT),--hypothesis-seed=$(shell printf '%d' 0x$(COMMIT)))
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) $(BY_FILE) $(SEED) --durations 25 --durations-min 0.5 $(ARGS)
# Ends the launcher in the foreground when make itself is killed.
LEASH := $(shell command -v setpriv >/dev/null && echo setpriv --pdeathsig TERM)

MAKEFLAGS += --no-print-directory
# Many processes start, and each would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.PHONY: help install run stack stack-stop test test-full faults nightly e2e containers lint bench screenshots messages lock dev

help: ## List what you can run
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/runtime.stamp ## Install the client area and its command line

run: $(VENV)/runtime.stamp ## Run the client area in one process with its own PostgreSQL
	@$(LEASH) $(BIN)/python -m launcher run

stack: $(VENV)/runtime.stamp ## Start all processes in the background, over RabbitMQ
	@$(BIN)/python -m launcher stack

stack-stop: $(VENV)/runtime.stamp ## Stop the processes of `make stack`
	@$(BIN)/python -m launcher stack-stop

test: dev ## Run the tests, or some: T=tests/unit
	@$(PYTEST) -m "not (full or fault or nightly)" $(T)

test-full: dev ## Run the long property, fault and statistics tests
	@$(PYTEST) --hypothesis-profile full -m "(full or property) and not (fault or nightly)" $(T)

faults: dev ## Run the tests that kill processes: up to 90 minutes
	@$(PYTEST) -m fault $(T)

nightly: dev ## Run the longest tests: up to 90 minutes
	@$(PYTEST) --hypothesis-profile nightly -m "nightly or full or property" $(T)

e2e: dev ## Run the browser tests, in one process and on the stack
	@$(PYTEST) -m "not fault" tests/e2e

containers: $(VENV)/runtime.stamp ## Try docker-compose.yml with Docker or Podman
	@$(BIN)/python -m tests.containers

lint: $(VENV)/dev.stamp ## Check style, types, imports and locked requirements
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint web/templates --lint --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python requirements/check_locks.py

bench: dev ## Run the benchmarks, or some: T=processor
	@$(BIN)/python -W ignore -m bench $(T)

screenshots: dev ## Save every page at 360 and 1280 px, in both themes
	@$(BIN)/python -m pytest tests/e2e/test_look.py -k embedded -n $(WORKERS) \
		--screenshots test-results/screenshots
	@cp test-results/screenshots/readme-1280-light.png docs/images/dashboard.png

messages: $(VENV)/dev.stamp ## List all sentences to be translated
	@$(BIN)/pybabel -q extract --mapping-file pyproject.toml -k mark -k lazy_gettext \
		--omit-header --sort-output --add-location file --no-wrap \
		-o shared/language/translations/client-area.pot web cli shared services/billing/documents \
		services/identity/notices

lock: $(VENV)/dev.stamp ## Lock the requirements in pyproject.toml, with hashes
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 \
		--universal pyproject.toml -o requirements/runtime.txt
	@$(BIN)/uv pip compile --quiet --generate-hashes --no-header --python-version 3.11 \
		--universal --extra dev -c requirements/runtime.txt \
		pyproject.toml -o requirements/dev.txt
	@$(BIN)/python requirements/check_locks.py

dev: $(VENV)/dev.stamp
	@$(BIN)/python -m launcher prepare-tests

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing. Install it, or run make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than Python 3.11" >&2; exit 1; }
	@echo "Setting up $(VENV) …"
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "Python's venv module is missing. Install it (Debian: apt-get install python3-venv)" >&2; exit 1; }

$(VENV)/runtime.stamp: requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "Installing the client area …"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@$(PIP) install --require-hashes -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

# dev.txt includes runtime.txt. uv is ten times faster than pip, but doesn't read pip's settings
# (such as a mirror): pip is the fallback.
$(VENV)/dev.stamp: requirements/dev.txt requirements/runtime.txt pyproject.toml | $(BIN)/python
	@echo "Installing the client area and its tests …"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@awk '/^[a-z]/ { wanted = /^uv==/ } wanted' requirements/dev.txt >$(VENV)/uv.txt
	@$(PIP) install --require-hashes -r $(VENV)/uv.txt
	@$(UV) --require-hashes -r requirements/dev.txt 2>$(VENV)/uv.log \
		|| $(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $(VENV)/runtime.stamp $@
