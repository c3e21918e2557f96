# A checkout needs Python 3.11 or later with its headers, a C compiler, and nothing else.
#
#   make test     the C tests of the core, then pytest (test-core, test-python: one of the two)
#                 PYTEST_ARGS="-k select -x"
#   make demo     the demo program                              ARGS="..."
#   make bench    the benchmarks                                ARGS="..."
#   make bench-check   counts instructions of hot paths against budgets   ARGS="--record"
#   make build    the environment in .venv, with the extension built into it
#   make clean    removes whatever these made
#
# PYTHON=python3.13 selects the interpreter, VENV=folder where its environment goes. After a change
# of PYTHON or of a HEARTBEAT_* variable (see setup.py) run `make clean`, or give another VENV.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
PYTEST_ARGS ?=

RUN := $(VENV)/bin/python
TOOLS := $(VENV)/.tools
BUILT := $(VENV)/.built
PEERS := $(VENV)/.peers
DRAWS := $(VENV)/.draws
SOURCES := $(wildcard csrc/*/*.c csrc/*/*.h)

help:
	@sed -n 's/^#  *\(make .*\)/\1/p' Makefile

test: test-core test-python

test-core:
	$(MAKE) -C tests/core

test-python: $(BUILT)
	$(RUN) -m pytest $(PYTEST_ARGS)

build: $(BUILT)

demo: $(BUILT)
	$(RUN) tests/examples/digest.py $(ARGS)

bench: $(BUILT) $(PEERS) $(DRAWS)
	$(RUN) tests/bench/run.py $(ARGS)

bench-check: $(BUILT)
	$(RUN) tests/bench/check.py $(ARGS)

# The stamps are files of the environment, so a removed environment is made anew.
$(TOOLS): tests/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "$(PYTHON) is older than 3.11: give another one with PYTHON=..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	    { echo "$(PYTHON) cannot make environments: on Debian, apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

# Those that install; install_peers.py tells of the others.
$(PEERS): $(TOOLS) tests/bench/requirements.txt tests/bench/constraints.txt
	$(RUN) tests/bench/install_peers.py
	@touch $@

# What draws pictures is for benchmarks only. Where it cannot be had, they still make their tables.
$(DRAWS): $(TOOLS) tests/bench/requirements-report.txt
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r tests/bench/requirements-report.txt \
	    && touch $@ || echo "there will be no pictures: matplotlib could not be installed"

$(BUILT): $(TOOLS) setup.py pyproject.toml $(SOURCES)
	$(RUN) -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info heartbeat/*.so heartbeat/__pycache__ .pytest_cache .mypy_cache

.PHONY: help test test-core test-python build demo bench bench-check clean
