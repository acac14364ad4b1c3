# Two commands for everyone: `make demo` and `make test`. Each makes its own .venv from nothing but Python and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test check lint format types imports bench bench-families clean

$(STAMP): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

demo: $(STAMP)  ## generate a small export, ingest it, compute, print the headline table
	$(BIN)/valuekit demo .demo

test: $(STAMP)  ## every test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)  ## rewrite the code in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

check: lint types imports test  ## what CI runs

bench: $(STAMP)  ## timings into benchmarks/results (minutes)
	$(BIN)/python benchmarks/spine.py

bench-families: $(STAMP)  ## all families next to cdhdashboard from PyPI (half an hour)
	$(BIN)/python benchmarks/families.py

clean:
	rm -rf $(VENV) .demo .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist
