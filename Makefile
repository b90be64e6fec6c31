# Every verb sets up what it needs in .venv, from requirements.lock, and installs nothing twice.

PYTHON ?= python3
UV := uv==0.13.9
VENV := .venv
PY := $(VENV)/bin/python
INSTALL = $(VENV)/bin/uv pip install --quiet --python $(PY) --constraint requirements.lock \
	--requirements pyproject.toml
# Where Python may not keep what it compiles, every build compiles pandas and Matplotlib again.
unexport PYTHONDONTWRITEBYTECODE

STUDY ?=
SEEDS ?=
ONLY ?=
FORCE ?=
FRESH ?=
RENDERER ?= auto
SITE_URL ?=
TO ?=
TESTS ?=
PORT ?= 4200
PUSH ?=
QUARTO := $(shell PATH="$(CURDIR)/$(VENV)/bin:$$PATH" command -v quarto 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help site experiments test preview check publish bench lock readme quarto clean

help: ## print this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1|/' \
		| awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

ifeq ($(RENDERER),auto)
site: $(if $(QUARTO),site-quarto,site-publish)
else
site: site-$(RENDERER)
endif
site: ## build the site into _site (RENDERER=publish or quarto, FRESH=1)

site-publish: $(VENV)/.light
	@$(PY) -m publish render $(if $(filter 1,$(FRESH)),--fresh) \
		$(if $(SITE_URL),--site-url '$(SITE_URL)')

site-quarto: $(VENV)/.quarto
	@test -n "$(QUARTO)" || { echo "make site RENDERER=quarto: there is no quarto on the PATH;" \
		"\`make quarto\` tries to install it, \`make site RENDERER=publish\` needs none." >&2; exit 2; }
	@started=$$(date +%s); \
		QUARTO_PYTHON="$(CURDIR)/$(PY)" PYTHONPATH="$(CURDIR)" "$(QUARTO)" render && \
		echo "_site/index.html: $$(find _site -name '*.html' | wc -l) pages, rendered by quarto" \
			"in $$(($$(date +%s) - started)) s"

site-%:
	@echo "make site: RENDERER is '$(RENDERER)'; allowed: auto, publish, quarto." >&2; exit 2

experiments: $(VENV)/.train ## train the runs that are missing (STUDY=, SEEDS=, ONLY=, FORCE=1)
	@$(PY) -m experiments run $(STUDY) $(if $(SEEDS),--seeds $(SEEDS)) \
		$(addprefix --only ,$(ONLY)) $(if $(filter 1,$(FORCE)),--force)

test: $(VENV)/.test ## set up everything and run the tests (TESTS=one file)
	@$(PY) -m pytest $(TESTS)

preview: $(VENV)/.light ## serve the site on this machine and rebuild it on change (PORT=4200)
	@$(PY) -m publish serve --port '$(PORT)'

check: $(VENV)/.test ## lint, types, and the checks of the built site
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m publish render
	@$(PY) -m publish check

publish: $(VENV)/.light ## put the site into TO=<directory>, or on the branch TO=gh-pages (PUSH=origin)
	@$(PY) -m publish deploy --dry-run --to '$(TO)' $(if $(PUSH),--push '$(PUSH)')
	@$(MAKE) --no-print-directory site
	@$(PY) -m publish deploy --to '$(TO)' $(if $(PUSH),--push '$(PUSH)')

bench: $(VENV)/.train ## measure the training program and the building of the site
	@$(PY) -m experiments.bench
	@$(PY) -m publish.bench

readme: $(VENV)/.light ## write the result table of README.md anew from the cache
	@$(PY) -m analysis.readme

lock: $(VENV)/.uv ## choose the newest versions in pyproject.toml's ranges
	@$(VENV)/bin/uv pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 \
		--all-extras --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --no-emit-find-links --output-file requirements.lock

quarto: $(VENV)/.quarto ## install Quarto from its Python package, where that can be had
	@$(PY) -m pip install --quiet quarto-cli >$(VENV)/quarto.log 2>&1 \
		&& $(VENV)/bin/quarto --version || { \
		echo "make quarto: the package quarto-cli downloads Quarto itself while it installs, and" \
		"that did not work here (details: $(VENV)/quarto.log). Install Quarto from your system or" \
		"its own site; until then \`make site\` renders the same sources with \`publish\`." >&2; \
		exit 1; }

clean: ## delete what is built; keeps results, data and .venv
	rm -rf _site .cache .quarto .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

$(VENV)/.uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python %d.%d found, 3.11 or newer needed; name one: make PYTHON=python3.12 ..." \
		% sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check '$(UV)'
	@touch $@

$(VENV)/.light: $(VENV)/.uv pyproject.toml requirements.lock
	@echo "Setting up $(VENV) …"
	@# Compiled once, here: otherwise the first build spends most of its time on it.
	@$(INSTALL) --compile-bytecode
	@touch $@

$(VENV)/.train $(VENV)/.test $(VENV)/.quarto: $(VENV)/.light
	@echo "Completing $(VENV) …"
	@$(INSTALL) $(if $(filter %.quarto,$@),--extra quarto,--extra train) \
		$(if $(filter %.test,$@),--extra test)
	@touch $@
