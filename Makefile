# The two commands: `make compare` and `make test`. Each makes its own .venv and installs what it needs, with Python and make alone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
REPORTS := reports
WORKERS := 8  # more than there are cores: most of the time a case waits for a server

export PYTHONDONTWRITEBYTECODE :=  # or each worker, and each server that a test starts, would compile anew what it imports

.PHONY: help compare matrix test test-long lint guide guide-data clean

help:
	@echo "make compare   the contract, the costs and the claims, in four minutes: $(REPORTS)/compare.html"
	@echo "make matrix    every case of the contract on every variant, about six minutes: $(REPORTS)/matrix.md"
	@echo "make test      the tests, in under ten minutes; of the matrix what tells most"
	@echo "make test-long the tests that make test leaves out: long proofs, of the corpus and of what must be found"
	@echo "make lint      ruff and mypy"
	@echo "make guide     build the guide into guide/_build/html, from the data that is committed"
	@echo "make guide-data  take that data anew, on a quiet machine: traces (strace is needed), costs and experiments"
	@echo "make clean     remove what these have made, $(VENV) included"
	@echo "PYTHON=python3.13 chooses the interpreter of a new $(VENV)"

compare: $(VENV)/installed
	@$(BIN)/python -m compileall -q models async_models iomodels
	@mkdir -p $(REPORTS)
	@$(BIN)/iomodels compare --output $(REPORTS)/compare.html

matrix: $(VENV)/installed
	@$(BIN)/python -m compileall -q models async_models iomodels
	@mkdir -p $(REPORTS)
	@$(BIN)/iomodels matrix --jobs $(WORKERS) --output $(REPORTS)/matrix.md --junit $(REPORTS)/matrix.xml; status=$$?; \
	  echo "written to $(REPORTS)/matrix.md and $(REPORTS)/matrix.xml"; exit $$status

test: $(VENV)/installed
	@$(BIN)/python -m compileall -q models async_models iomodels  # a server is started some thousand times
	$(BIN)/python -m pytest -n $(WORKERS)

test-long: $(VENV)/installed
	@$(BIN)/python -m compileall -q models async_models iomodels
	$(BIN)/python -m pytest -n $(WORKERS) -m long

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

guide: $(VENV)/installed
	@$(BIN)/python -m cogapp -r --verbosity=0 -p "from guide.generate import *" $$(find guide -name _build -prune -o -name '*.md' -print)
	@$(BIN)/python -m iomodels trace --redraw --data guide/data/traces --figures guide/figures/trace
	@$(BIN)/python -m iomodels experiments --redraw --data guide/data/experiments --figures guide/figures/experiments
	@$(BIN)/python -m sphinx -W --keep-going -q -b html guide guide/_build/html
	@echo "the guide is $(CURDIR)/guide/_build/html/index.html"

guide-data: $(VENV)/installed
	$(BIN)/python -m iomodels trace --all --data guide/data/traces --figures guide/figures/trace
	$(BIN)/python -c 'from guide.generate.costs import commands; print(*commands(), sep="\n")' | PATH="$(CURDIR)/$(BIN):$$PATH" sh -ex
	$(BIN)/python -m iomodels experiments --data guide/data/experiments --figures guide/figures/experiments

clean:
	rm -rf $(VENV) $(REPORTS) build dist guide/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "iomodels needs Python 3.11 or newer as $(PYTHON); set PYTHON=python3.13, say" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "cannot make $(VENV): on Debian and Ubuntu, apt install python3-venv" >&2; rm -rf $(VENV); exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
