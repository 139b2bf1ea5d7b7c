# `make` lists what there is. Everything runs in .venv, which is built from the locks and rebuilt when they change.
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PORT ?= 8000
UPGRADE ?=
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*  ## (.*)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-15s %s\n' "$$name" "$$text"; done

setup: .venv/.base  ## build .venv with what the product runs on

setup-dev: .venv/.dev  ## the same, with what tests and checks need

run: setup  ## start Colloquy on http://localhost:8000 (PORT=…), all in one process
	@$(MANAGE) migrate --no-input --verbosity 0
	@exec $(MANAGE) serve --port $(PORT)

stack: setup-dev  ## the same with PostgreSQL, Redis, worker and beat
	@exec $(MANAGE) stack --port $(PORT)

test: setup-dev  ## run the tests on both profiles
	@$(BIN)/python -m tests.support.run

test-docker: setup-dev  ## build the image and test an installation in containers (needs Docker and compose)
	@$(BIN)/python -m tests.docker

check: setup-dev  ## formatting, lint, types, contracts, templates, settings, locks, audit
	@$(BIN)/python -m tests.support.check

invariants: setup-dev  ## break each promise of the design once, and name the test that notices
	@$(BIN)/python -m tests.support.invariants

drill: setup-dev  ## hurt a whole stack on purpose and show that nothing is lost (DRILL="--rounds 200")
	@$(BIN)/python manage.py drill $(DRILL)

drill-mutations: setup-dev  ## take one safeguard out at a time: the drill must notice
	@$(BIN)/python -m tests.support.mutations

bench: setup-dev  ## measure the product beside a plain consumer (BENCH="--streams 100 --systems embedded")
	@$(BIN)/python -m tests.benchmarks $(BENCH)

fmt: setup-dev  ## format the code and mend what lint can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

messages: setup-dev  ## gather what is to be translated and compile what is (needs GNU gettext)
	@for tool in xgettext msgmerge msgfmt; do command -v $$tool >/dev/null || \
		{ echo "make messages needs GNU gettext, which is not here ($$tool): install the package gettext of your system"; exit 1; }; done
	@$(MANAGE) makemessages --locale de --no-location --no-obsolete --no-wrap --ignore .venv --ignore tests
	@$(MANAGE) compilemessages --locale de --ignore .venv

lock: setup-dev  ## write the locks from requirements/*.in (UPGRADE=1: to the newest versions)
	@$(COMPILE) requirements/base.in --output-file requirements/base.txt
	@$(COMPILE) requirements/dev.in --output-file requirements/dev.txt --constraints requirements/base.txt

.venv/.base: requirements/base.txt
	@sh requirements/install base

.venv/.dev: requirements/dev.txt
	@sh requirements/install dev

.PHONY: help setup setup-dev run stack test test-docker check invariants drill drill-mutations bench fmt messages lock
