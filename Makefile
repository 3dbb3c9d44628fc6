# The one-command ways in. Each sets the machine up first, which takes no time once it is done.

.DEFAULT_GOAL := help
.PHONY: help setup console demo test torture lint format lock clean
.DELETE_ON_ERROR:

CONSOLE := $(shell find console/src console/public -type f) $(wildcard console/*.html console/*.ts console/*.js)

help: ## Show this.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1 \2/p' $(MAKEFILE_LIST) | while read name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

setup: .venv/.database console ## Get everything: uv, .venv from the lock file, PostgreSQL with PostGIS, the console.

console: service/console/static/index.html ## Build the operators' console, which the api serves.

demo: setup ## Run a living London: service, database, simulated people. ARGS=--reset begins anew.
	@.venv/bin/dibs demo $(ARGS)

test: setup .venv/.browser ## Run every check and test.
	@scripts/test.sh

torture: setup .venv/.browser ## Run the races and kills at full length.
	@scripts/test.sh torture

lint: setup ## Run the checks that need no database.
	@scripts/test.sh lint format types imports

format: setup ## Put the code into its form.
	@.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format .
	@cd console && npm run --silent format

lock: ## Write the lock files anew from pyproject.toml.
	@scripts/setup.sh lock

clean: ## Stop and delete the private databases, and everything else that was made here.
	@if [ -x .venv/bin/dibs ]; then .venv/bin/dibs db down --remove; fi
	rm -rf console/node_modules console/src/api/schema.d.ts service/console/static
	rm -rf .venv .tools .data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build

.venv/.installed: pyproject.toml requirements-dev.lock scripts/setup.sh
	@scripts/setup.sh python
	@touch $@

.venv/.database: .venv/.installed
	@scripts/setup.sh database
	@touch $@

.venv/.browser: .venv/.installed
	@scripts/setup.sh browser
	@touch $@

console/node_modules/.installed: console/package-lock.json scripts/console.sh | .venv/.installed
	@scripts/console.sh install
	@touch $@

service/console/static/index.html: console/node_modules/.installed $(CONSOLE)
	@scripts/console.sh build
