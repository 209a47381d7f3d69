# Two commands: `make fuzz` finds defects in the frameworks installed here, `make test` tests ulpfuzz itself.
PYTHON ?= python3
BUDGET ?= 5m
NIGHT ?= 8h
OUT ?= ulpfuzz-report
# Rows of `make test-slow`, times those of `make test`.
DEPTH ?= 6
# What `make versions` compares the installed JAX with, over which ops, for how long.
OLD_JAX ?= 0.6.2
VERSIONS_OPS ?= *
VERSIONS_BUDGET ?= 3m
# The ops whose largest float32 errors `make maxima` proves, of each framework's first call: one to five minutes each on two cores.
MAXIMA_OPS ?= exp,exp2,expm1,log,log2,log10,log1p,sqrt,rsqrt,reciprocal,sin,cos,tan,asin,acos,atan,sinh,cosh,tanh,asinh,acosh,atanh,erf,erfc,erfinv,lgamma,digamma,sigmoid,log_sigmoid,softplus,softsign,square

VENV := .venv
PY := $(VENV)/bin/python
ULPFUZZ := $(VENV)/bin/ulpfuzz
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup fuzz nightly report test test-slow test-installed versions lint docs bench maxima clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## the virtual environment with all three frameworks, the tested versions

# torch first and by its exact version: it is the largest, and pip must not weigh other builds of it against the rest.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) must be Python 3.11 or later with venv (Debian: apt install python3-venv); or: make PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet 'torch==2.13.0'
	$(PY) -m pip install --quiet -c constraints.txt -e '.[all,postgresql,dev]'
	@touch $@

fuzz: setup ## fuzz for BUDGET (5m), then write the report to OUT (ulpfuzz-report)
	$(ULPFUZZ) run --budget $(BUDGET)
	$(ULPFUZZ) report --out $(OUT)
	@echo "The report: $(abspath $(OUT))/report.html"

nightly: setup ## the whole catalogue for NIGHT (8h) against the latest run; fails on new findings
	@status=0; $(ULPFUZZ) nightly --budget $(NIGHT) --baseline latest || status=$$?; \
	if [ $$status -gt 1 ]; then exit $$status; fi; \
	$(ULPFUZZ) report --out $(OUT) && echo "The report: $(abspath $(OUT))/report.html" && exit $$status

report: setup ## the report of the latest run, to OUT
	$(ULPFUZZ) report --out $(OUT)
	@echo "The report: $(abspath $(OUT))/report.html"

test: setup ## the tests
	$(PY) -m pytest -n auto -m 'not installed and not slow'

test-slow: setup ## the tests that take hours: no false alarm on any op, dtype and order; DEPTH=1 (6) with fewer rows
	$(PY) -m pytest -n auto --dist worksteal --depth $(DEPTH) -m 'slow and not installed'

test-installed: setup ## that the known defects of the installed frameworks are found (AVX-512 CPUs)
	$(PY) -m pytest -m installed

VERSIONS := versions

$(VERSIONS)/$(OLD_JAX): | setup
	$(PY) -m venv $@
	$@/bin/python -m pip install --quiet 'jax==$(OLD_JAX)' ml_dtypes mpmath || { rm -rf $@; exit 1; }

versions: $(VERSIONS)/$(OLD_JAX) ## what changed from JAX OLD_JAX (0.6.2) to the installed one: both in one run, through two interpreters
	@printf '[[target]]\nname = "old"\nframework = "jax"\npython = "%s/bin/python"\n' $(OLD_JAX) > $(VERSIONS)/ulpfuzz.toml
	ULPFUZZ_CONFIG=$(VERSIONS)/ulpfuzz.toml $(ULPFUZZ) run --targets old,jax --ops '$(VERSIONS_OPS)' --dtypes float32 \
	  --budget $(VERSIONS_BUDGET) --db sqlite:///$(VERSIONS)/ulpfuzz.db
	$(ULPFUZZ) compare latest --targets jax@old,jax --db sqlite:///$(VERSIONS)/ulpfuzz.db

maxima: setup ## the table of docs/reference/maxima.md: the largest errors over all of float32 (two hours on two cores; resumable with ulpfuzz sweep --resume)
	$(ULPFUZZ) sweep $(MAXIMA_OPS) --dtype float32 --first-calls --targets 'torch:cpu:eager,tensorflow:cpu:eager,jax:cpu:eager'
	$(ULPFUZZ) facts --dtype float32 --markdown

lint: setup ## formatting, lint, types
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy --strict

# Without the variable the theme prints a notice about another generator of sites.
docs: setup ## the documentation as a site, to site/
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --quiet --strict
	@echo "The documentation: $(abspath site)/index.html"

bench: setup ## the benchmarks, or some: make bench BENCHES=scaling,recall
	$(PY) -m tests.benchmarks $(BENCHES)

clean: ## removes the environment, the caches (also what ~/.cache/ulpfuzz keeps) and OUT, not the findings
	-@$(PYTHON) -B -c 'from ulpfuzz.fuzzer.user_cache import empty; empty()'
	rm -rf $(VENV) $(VERSIONS) $(OUT) site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis dask-worker-space
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
