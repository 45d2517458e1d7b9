# Every target makes the environment it needs in .venv; nothing else has to be installed but Python 3.11 or newer.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: install mnist test stubs lint bench notebooks docs clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[plot,show]"
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

mnist: install
	$(BIN)/python -m nn train mnist --model lenet5 --out runs/lenet5 --resume

# Two processes, each with its half of the files; who is done first takes from the rest of the other. What is skipped is
# named, with the reason: without Chromium, the tests of pages.
test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal -rs

# What type checkers and editors know of the ops: after one was added, or its arguments changed.
stubs: $(VENV)/.installed-dev
	$(BIN)/python tests/typing/make_stubs.py

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The peers in an environment of their own; torch first, so that nothing else draws in another.
bench: .venv-bench/.installed
	.venv-bench/bin/python -m benchmarks

.venv-bench/.installed: pyproject.toml
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --upgrade pip
	.venv-bench/bin/python -m pip install --quiet torch==2.13.0
	.venv-bench/bin/python -m pip install --quiet numpy jax mygrad autograd micrograd matplotlib psutil scikit-learn
	.venv-bench/bin/python -m pip install --quiet --editable .
	touch $@

notebooks: $(VENV)/.installed-dev
	$(BIN)/python notebooks/run.py

# Into build/site; its index.html opens without a server. Fails on a broken link.
docs: $(VENV)/.installed-docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "build/site/index.html"

$(VENV)/.installed-docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) .venv-bench build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
