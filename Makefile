# Needs python3 with venv, and make. Everything else is installed into .venv, once.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
RUN := $(BIN)/python -m
READY := $(VENV)/.ready

# One thread, so that a sum is the same sum on every machine.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
# Two workers share the tests and the notebooks.
WORKERS ?= 2
SEED ?= 0

.DEFAULT_GOAL := help
.PHONY: help book epub pdf site labcheck test e2e lint links record cells lab follow again bench tables mutations fuzz pins clean

help: ## Show what can be made
	@echo "Our DL: a book that builds a deep-learning framework."
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

book: $(READY) ## Build the book from the recorded notebooks
	$(BIN)/jupyter-book build --quiet .
	@echo "The book is built. Open _build/html/index.html"

epub: $(READY) ## Build the book as an EPUB: _build/epub/OurDL.epub
	rm -rf _build/epub
	$(BIN)/jupyter-book build --quiet -W --keep-going --builder custom --custom-builder epub .
	@echo "The book is built. Open _build/epub/OurDL.epub"

# Prints the built pages, so these come first; without a browser it says so, and nothing is wrong.
pdf: book ## Print the book as one PDF: _build/pdf/OurDL.pdf
	@if $(RUN) tools.browser; then set -e; \
		$(RUN) pip install --quiet --disable-pip-version-check --requirement requirements-e2e.txt; \
		$(RUN) tools.pdf; \
	else test "$(BROWSER)" != required; fi

# The pages offer the two files if they are there; what a reader can take along is then tried, all of it.
site: epub pdf ## Build all that is published: the pages with the EPUB and the PDF to download; and try them
	rm -rf _build/html
	$(BIN)/jupyter-book build --quiet .
	$(RUN) pytest -n $(WORKERS) tests/e2e/test_downloads.py

labcheck: $(READY) ## Run every notebook in JupyterLab, in a browser, and compare with what the book shows
	$(RUN) pip install --quiet --disable-pip-version-check --requirement requirements-e2e.txt
	$(RUN) pytest tests/e2e/test_lab.py

test: lint ## Check everything: code, doctests, live cells, notebooks, the built book
	$(RUN) pytest -n $(WORKERS)

# The browser's packages are pinned apart, since they bring 170 MB. Built anew, so that no page of an older book is left.
# Without a browser it says so, and nothing is wrong.
e2e: $(READY) ## Open every page in Chromium: both themes, phone and desk, every control; pictures in _build/screenshots
	@if $(RUN) tools.browser; then set -e; \
		$(RUN) pip install --quiet --disable-pip-version-check --requirement requirements-e2e.txt; \
		rm -rf _build/html _build/screenshots; $(BIN)/jupyter-book build --quiet .; \
		$(RUN) pytest -n $(WORKERS) tests/e2e --ignore-glob '*_lab.py' --ignore-glob '*_downloads.py'; \
	else test "$(BROWSER)" != required; fi

lint: $(READY) ## Check style, types and prose
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) tools.prose

links: $(READY) ## Follow every link to another host
	$(BIN)/jupyter-book build --quiet --builder linkcheck .

record: $(READY) ## Execute again the notebooks whose text or modules changed (ALL=--all for every one)
	$(RUN) tools.record --budget 20 $(ALL)

cells: $(READY) ## Rewrite the live cells in the chapters from the package, and their minutes
	$(RUN) tools.cells
	$(RUN) tools.reading_time

lab: $(READY) ## Open the chapters in JupyterLab, trusted
	$(BIN)/jupyter trust book/*.ipynb
	$(BIN)/jupyter lab book

follow: $(READY) ## Type along: CHAPTER=2 makes a folder in which its live cells write the package
	$(RUN) tools.follow "$(CHAPTER)" $(if $(MINE),--mine $(MINE))

again: $(READY) ## Begin to type CHAPTER=2 again; what you had is kept beside it
	$(RUN) tools.follow "$(CHAPTER)" --again $(if $(MINE),--mine $(MINE))

bench: $(READY) ## Measure what the engine costs, beside others
	$(BIN)/python benchmarks/chain.py
	$(BIN)/python benchmarks/mlp.py
	$(BIN)/python benchmarks/scalars.py
	$(BIN)/python benchmarks/choices.py
	$(BIN)/python benchmarks/fused.py
	$(BIN)/python benchmarks/compare.py
	$(BIN)/python benchmarks/calls.py
	$(BIN)/python benchmarks/native.py
	$(BIN)/python benchmarks/judge.py

# The scripts that import tables.py: no time, but many trainings. OTHER=100 takes other splits and seeds, and only prints.
EXPERIMENTS := $(patsubst benchmarks/%.py,%,$(shell grep -l "^from tables import" benchmarks/*.py))

tables: $(READY) ## Make the tables of the experiments again, which takes hours (OTHER=100: other seeds, only printed)
	for each in $(EXPERIMENTS); do \
		$(BIN)/python benchmarks/$$each.py $(if $(OTHER),--other $(OTHER),--write benchmarks/$$each.txt) || exit 1; \
	done

mutations: $(READY) ## Spoil every derivative, one way at a time, and see a test fail
	$(RUN) tests.mutations

fuzz: $(READY) ## Compile 20,000 random graphs, and compare with what is evaluated (SEED=1 for other ones)
	$(RUN) tests.fuzz --seed $(SEED)

RESOLVE := uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --custom-compile-command "make pins"

pins: $(READY) ## Resolve pyproject.toml into requirements*.txt (UPGRADE=--upgrade for newer versions)
	$(RUN) pip install --quiet uv
	$(RUN) $(RESOLVE) $(UPGRADE) --extra test --output-file requirements.txt pyproject.toml
	$(RUN) $(RESOLVE) $(UPGRADE) --extra e2e --no-emit-package numpy --constraint requirements.txt \
		--output-file requirements-e2e.txt pyproject.toml

clean: ## Remove what was built
	rm -rf _build $(VENV)

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check --requirement requirements.txt
	$(RUN) pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@$(BIN)/python -c "import matplotlib.font_manager" # its first run looks at every font, and says so
	@touch $@
