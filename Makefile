# `make` alone explains the targets.
PYTHON := .venv/bin/python
BOOTSTRAP := sh deploy/local/bootstrap.sh
# The order of one test run: quick first; story and monitoring share a stack; the faults, last, have one of their own.
TESTS := $(wildcard $(addprefix tests/,unit architecture conformance contract integration docs story monitoring faults))

.DEFAULT_GOAL := help
.PHONY: help run test soak bench stop status clean-state check-fresh lint format lock generate install

help:  ## show this
	@echo 'Phối hợp: the targets, and what may be set with them'
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

run: install  ## start everything and play the story (ONCE=1: end afterwards; FRESH=1: a new story; MONITORING=1: with Prometheus; PORT_BASE=22000: other ports)
	@$(PYTHON) -m deploy.local.stack run

test: install  ## run every test on real servers, on free ports (ARGS="-k name": as for pytest)
	@$(PYTHON) -m pytest $(TESTS) $(ARGS)

soak: install  ## inject the faults at full dose until the time is over (MINUTES=15; FAULTS="F24 F25"; DOSE=small)
	@$(PYTHON) -m tests.faults.soak --minutes $(or $(MINUTES),15) --dose $(or $(DOSE),full) $(FAULTS)

bench: install  ## measure beside peers and limits (ONLY=relay,audit: some; BENCH_EVENTS=1000000: more; BENCH_ROUNDS, BENCH_SECONDS)
	@$(PYTHON) -m benchmarks

stop:  ## end a `make run` that is going on elsewhere
	@$(PYTHON) -m deploy.local.stack stop

status:  ## what runs, on which ports, with which logs
	@$(PYTHON) -m deploy.local.stack status

clean-state:  ## remove data, secrets and logs of `make run`; the installed servers stay
	@$(PYTHON) -m deploy.local.stack clean-state

check-fresh:  ## prove both commands in a minimal Debian, as root and as a plain user (AS=root, AS=user: one of the two; QUICK=1: only install and servers)
	@bash deploy/local/check-fresh.sh

lint: install  ## ruff, mypy and the import rules
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

format: install  ## let ruff tidy the code
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

lock:  ## resolve pyproject.toml into requirements.lock, with hashes (needs uv)
	@uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --extra dev \
		--python-version 3.11 pyproject.toml -o requirements.lock

generate: install  ## write the schemas, examples and documents that are made from the code
	@$(PYTHON) -m cli.generate

install:  ## bring what the other targets need (they call it)
	@$(BOOTSTRAP)
