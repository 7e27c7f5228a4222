# Assay: `make demo` shows it, `make test` checks it. Everything lives in .venv and .local; nothing needs editing.
PYTHON ?= python3
SERVE ?= 1
PORT ?=
BIN := .venv/bin
# Two processes suit a small machine; the suite is safe at any number.
TEST_PROCESSES ?= 2
CHAOS_SECONDS ?= 300

.PHONY: texts help setup setup-llm demo demo-llm test-llm serve test openapi check format setup-bench migrations clean

help:
	@echo "make demo [SERVE=0] [PORT=8000]  run the whole product on real data, then serve the pages"
	@echo "make demo-llm                    people and a real language model on one project, measured"
	@echo "make serve [PORT=8000]           serve what the demo or you have put into the database"
	@echo "make test                        the test suite (DATABASE_URL and REDIS_URL choose other servers)"
	@echo "make openapi                     write docs/openapi.yaml anew, after a change of the API"
	@echo "make texts                       collect the pages' texts into locale/, for their translation"
	@echo "make chaos [CHAOS_SECONDS=300]       break the running server in every way, then count what was broken (PostgreSQL, Redis)"
	@echo "make check                       linters, types, import rules, migrations, deployment settings"
	@echo "make setup-bench                 the environment of the benchmarks' peers (.venv-bench)"

setup: .venv/.ready web/built/.ready locale/de/LC_MESSAGES/django.mo

locale/de/LC_MESSAGES/django.mo: locale/de/LC_MESSAGES/django.po .venv/.ready
	@$(BIN)/python -m web.catalogue compile
	@touch $@

web/built/.ready: .venv/.ready web/front/package-lock.json web/front/build.mjs $(wildcard web/front/src/*.js)
	@scripts/build_front

.venv/.ready: requirements.txt requirements-dev.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Assay needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Name another with make PYTHON=python3.12 …")'
	@echo "Making the environment in .venv (once; a minute or two)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@touch $@

demo: setup
	@$(BIN)/python -m demo $(if $(PORT),--port $(PORT),) $(if $(filter 0,$(SERVE)),--no-serve,)

demo-llm: setup setup-llm
	@$(BIN)/python -m demo.llm

setup-llm: .venv-llm/.ready

.venv-llm/.ready: requirements-llm.txt requirements-llm-alone.txt
	@$(PYTHON) -m venv .venv-llm
	@.venv-llm/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-llm.txt
	@.venv-llm/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-llm-alone.txt
	@touch $@

test-llm: setup setup-llm
	$(BIN)/python -m pytest -m live_llm

serve: setup
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py serve $(if $(PORT),--port $(PORT),)

test: setup
	$(BIN)/python -m pytest -n $(TEST_PROCESSES)

texts: setup
	$(BIN)/python -m web.catalogue update

chaos: setup
	$(BIN)/python benchmarks/chaos.py --seconds $(CHAOS_SECONDS)

openapi: setup
	$(BIN)/python manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/bandit -q -c pyproject.toml -r api assay_client config crowd demo quality web manage.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))') ASSAY_HOSTS=assay.example \
	  DATABASE_URL=postgres://assay@localhost/assay REDIS_URL=redis://localhost DJANGO_SETTINGS_MODULE=config.settings.production \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migrations: setup
	$(BIN)/python manage.py makemigrations

setup-bench: .venv-bench/.ready

.venv-bench/.ready: requirements-bench.txt requirements-bench-alone.txt
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-bench-alone.txt
	@touch $@

clean:
	rm -rf .venv .venv-bench .venv-llm .local .cache .mypy_cache .ruff_cache .hypothesis static_collected web/built web/front/node_modules
