# The one-command ways in. Each sets the machine up first, which takes no time once it is done.

.DEFAULT_GOAL := help
.PHONY: help setup demo test torture lint format lock clean
.DELETE_ON_ERROR:

help: ## Show this.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1 \2/p' $(MAKEFILE_LIST) | while read name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

setup: .venv/.database ## Get everything: uv, .venv from the lock file, PostgreSQL with PostGIS.

demo: setup ## Run a living London: service, database, simulated people. ARGS=--reset begins anew.
	@.venv/bin/dibs demo $(ARGS)

test: setup ## Run every check and test.
	@scripts/test.sh

torture: setup ## Run the races and kills at full length.
	@scripts/test.sh torture

lint: setup ## Run the checks that need no database.
	@scripts/test.sh lint format types imports

format: setup ## Put the code into its form.
	@.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format .

lock: ## Write the lock files anew from pyproject.toml.
	@scripts/setup.sh lock

clean: ## Stop and delete the private databases, and everything else that was made here.
	@if [ -x .venv/bin/dibs ]; then .venv/bin/dibs db down --remove; fi
	rm -rf .venv .tools .data .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build

.venv/.installed: pyproject.toml requirements-dev.lock scripts/setup.sh
	@scripts/setup.sh python
	@touch $@

.venv/.database: .venv/.installed
	@scripts/setup.sh database
	@touch $@
