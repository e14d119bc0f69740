# Two targets are for everybody: `make run` and `make test`. They need Python >= 3.11, git, make and the package
# registries; everything else they install themselves, into .venv and .cache. `make help` lists the others.

PYTHON ?= python3
JOBS ?= 2
MINUTES ?= 1
UV_VERSION := 0.13.9

BIN := .venv/bin
# -qq: on a machine with several indexes or an old pip, pip's warnings would bury ours. Errors are still shown.
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
# -rs: whoever reads the end sees what was skipped, and why.
PYTEST := $(BIN)/python -m pytest -rs -n $(JOBS) --dist loadscope
# One lock file serves every platform, and names no index, so that a mirror works as well.
PINS := .cache/uv/bin/uv pip compile $(UPGRADE) --quiet --no-config --universal --python-version 3.11 \
    --generate-hashes --no-emit-index-url --no-header
# Other people's programs, each in an environment of its own (tools/environments.py).
TOOLS := awscli django fuzz moto
CHECKED := src tests tools bench

.DEFAULT_GOAL := help
.PHONY: help run test check unit scenarios bench soak fuzz downloads console docs pins clean distclean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/.run console  ## the service on loopback, with demonstration mail, until Ctrl-C
	@exec $(BIN)/mailgauge local --demo

test: downloads console  ## every check and every test, as CI runs them
	@status=0; \
	$(MAKE) --no-print-directory check || status=1; \
	$(PYTEST) || status=1; \
	exit $$status

check: .venv/.test  ## ruff, mypy --strict, the floors, generated docs are current
	@status=0; \
	for step in "ruff check --quiet ." "ruff format --quiet --check ." "mypy --no-error-summary $(CHECKED)" \
	    "lint-imports --no-cache" "python -m tools.docs --check"; do \
	  if out=$$($(BIN)/$$step 2>&1); then echo "ok      $$step"; \
	  else printf '%s\nFAILED  %s\n' "$$out" "$$step"; status=1; fi; \
	done; exit $$status

unit: downloads  ## the tests that start no process of their own
	@$(PYTEST) -m "not scenario and not browser"

scenarios: downloads console  ## the tests that start the real process, unmodified clients among them
	@$(PYTEST) -m "scenario or browser"

bench: .venv/.test  ## every benchmark, beside its peers; writes build/bench.json
	@$(BIN)/python -m bench.run

soak: downloads  ## the long rounds, whole; `make test` runs them short
	@MAILGAUGE_ROUNDS=whole $(PYTEST) -m soak --timeout=0

fuzz: downloads  ## property tests with many more, unseeded examples; atheris for MINUTES=1 on each parser
	@$(BIN)/python -m tools.fuzz --minutes $(MINUTES)

downloads: .venv/.test  ## what tests use besides Python packages: protocol vectors, other clients, Debian packages
	@$(BIN)/python -m tools.fetch_vectors >/dev/null
	@$(BIN)/python -m tools.environments
	@$(BIN)/python -m tools.system_packages

console: .venv/.run  ## builds the web console where its sources changed
	@$(BIN)/python -m tools.console

docs: .venv/.run  ## writes the generated reference pages
	@$(BIN)/python -m tools.docs

pins: .cache/uv  ## resolves requirements/*.txt again; `make pins UPGRADE=--upgrade` for newer versions
	@$(PINS) pyproject.toml --group build --extra demo -o requirements/run.txt
	@$(PINS) pyproject.toml --group build --extra demo --group test --group check -c requirements/run.txt \
	    -o requirements/test.txt
	@for tool in $(TOOLS); do $(PINS) requirements/$$tool.in -o requirements/$$tool.txt || exit 1; done

clean:  ## removes what was built; the environment stays
	@rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis src/mailgauge/console/static console/node_modules

distclean: clean  ## removes the environment and everything downloaded, too
	@rm -rf .venv .cache

.venv/.python:
	@$(PYTHON) tools/make_venv.py .venv
	@touch $@

.venv/.run: requirements/run.txt pyproject.toml | .venv/.python
	@echo "installing requirements/run.txt into .venv"
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

.venv/.test: requirements/test.txt .venv/.run
	@echo "installing requirements/test.txt into .venv"
	@$(PIP) install --require-hashes -r requirements/test.txt
	@touch $@

.cache/uv: | .venv/.python
	@$(BIN)/python -m venv $@ && $@/bin/python -m pip -qq install uv==$(UV_VERSION)
