# A menu: make help.
.DEFAULT_GOAL := help
.PHONY: help bootstrap demo serve test lint format docs check api figures lock screenshots

help: ## Show this menu
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

bootstrap: ## Make .venv with the locked dependencies and the tools
	@./scripts/bootstrap --dev

demo: ## Portal with a sample hospital group on 127.0.0.1:8000
	@./scripts/demo

serve: ## Portal and worker for DATABASE_URL
	@./scripts/serve

test: ## Every test
	@./scripts/test

lint: ## Every linter
	@./scripts/lint

format: bootstrap ## Format Python and fix what can be fixed
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

docs: ## dbt's documentation of every model and column, on 127.0.0.1:8081
	@./scripts/docs

check: bootstrap ## Check the documents and conventions: requirements, sizes, names
	@.venv/bin/python -m pytest -q tests/architecture

api: ## Write the endpoints of docs/API.md from the code
	@./scripts/api_reference

figures: ## Write the definitions of docs/metrics.md from the marts
	@./scripts/figures

lock: bootstrap ## Renew the lock files from requirements*.in
	@./scripts/lock

screenshots: ## Make the pictures of the README
	@./scripts/screenshots
