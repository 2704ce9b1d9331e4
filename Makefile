# Every target sets up what it needs on a fresh machine, once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
CORES := --numprocesses auto --dist worksteal

.PHONY: install run test slow check wheel clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

run: install
	$(BIN)/spikemodes run selective-integration

test: install
	$(BIN)/python -m pytest $(CORES)

slow: install
	$(BIN)/python -m pytest -m slow

wheel: install
	.ci/wheel $(BIN)/python

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache *.egg-info
