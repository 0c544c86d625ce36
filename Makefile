SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
TOOLS := .venv-tools/bin
# More arguments for what a target runs: make test ARGS="-k hashtags", make run ARGS="--input posts.csv"
ARGS ?=
# Processes that tests run in, each with a Spark session of its own: 3 GB of memory for each.
WORKERS ?= 2

.PHONY: help
help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Make .venv and fetch the JVM packages, if needed (PYTHON=… picks the Python)
	@./setup.sh

.PHONY: test-setup
test-setup: ## The same, with what tests and checks need
	@./setup.sh --group test --quiet

.PHONY: benchmark-setup
benchmark-setup: ## The same, with what the benchmarks need
	@./setup.sh --group benchmark

.PHONY: run
# A first look is to take minutes: small forests. ARGS="--set models.trees=64 --set models.depth=10" has the usual ones.
run: ## Run the whole pipeline on the embedded sample, into out/
	@./spark-submit.sh pipeline --output out --set models.trees=16 --set models.depth=8 $(ARGS)

.PHONY: test
test: lint ## Run the checks, then every test that has no target of its own below
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

.PHONY: cluster-test test-cluster
cluster-test: test-setup ## Run the pipeline on a Spark cluster of this machine, and kill parts of it (Linux)
	$(BIN)/python -m pytest -m cluster tests/cluster $(ARGS)
test-cluster: cluster-test

.PHONY: fault-test
fault-test: test-setup ## Kill runs in every table's write, fill disks, crash workers (Linux; root for full disks)
	$(BIN)/python -m pytest -m fault tests $(ARGS)

.PHONY: container-test
container-test: test-setup tools ## Build the image with buildah, as root, and run a cluster of it (Linux)
	PATH="$(CURDIR)/$(TOOLS):$$PATH" $(BIN)/python -m pytest -m container tests/container $(ARGS)

.PHONY: s3-test
s3-test: test-setup tools s3-jars ## Run the pipeline into a store of objects, an S3 server on this machine
	$(BIN)/python -m pytest -m s3 tests/s3 $(ARGS)

.PHONY: s3-jars
s3-jars: .jars-s3/resolved.json ## Fetch what s3a:// needs (700 MB) into .jars-s3

.jars-s3/resolved.json: conf/jvm-packages-s3.toml
	@./setup.sh --quiet
	$(BIN)/python launch/resolve_jars.py --packages $< --into .jars-s3

.PHONY: audit
audit: tools ## Ask whether the locked packages have known vulnerabilities
	@$(TOOLS)/python supply/audit.py $(wildcard requirements*.lock)

.PHONY: sbom
sbom: tools ## Write a bill of materials, CycloneDX, into dist/
	@$(TOOLS)/python supply/sbom.py dist/sbom.cdx.json

.PHONY: tools
tools: .venv-tools/pip.log ## Set up the tools of the targets above, apart from .venv

.venv-tools/pip.log: requirements-tools.lock
	@./setup.sh --quiet
	$(BIN)/python -m venv --clear .venv-tools
	$(TOOLS)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $< --log $@.new
	mv $@.new $@

.PHONY: test-long
test-long: test-setup ## Run the tests of many rounds and whole files, for minutes
	$(BIN)/python -m pytest -m long $(ARGS)

.PHONY: lint
lint: test-setup ## Check style, types, the layers of packages, and files that are generated
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=lib:. $(BIN)/lint-imports --no-cache
	PYTHONPATH=lib $(BIN)/python supply/documents.py --check
	PYTHONPATH=lib $(BIN)/python supply/settings.py --check
	PYTHONPATH=lib $(BIN)/python supply/metrics_schema.py --check

.PHONY: format
format: test-setup ## Mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: docs
docs: test-setup ## Write what is generated: docs/tables.md and its list in README.md, docs/settings.md, conf/default.toml, docs/metrics.schema.json
	PYTHONPATH=lib $(BIN)/python supply/documents.py
	PYTHONPATH=lib $(BIN)/python supply/settings.py
	PYTHONPATH=lib $(BIN)/python supply/metrics_schema.py

.PHONY: hooks
hooks: test-setup ## Run the checks before every commit
	$(BIN)/pre-commit install

.PHONY: benchmark-run
benchmark-run: benchmark-setup ## Measure a first run by stage: seconds, Spark jobs, processor (ARGS="--baseline DIR")
	PYTHONPATH=lib:. $(BIN)/python benchmarks/run.py $(ARGS)

.PHONY: benchmark-ingest
benchmark-ingest: benchmark-setup ## Measure posts into features beside other ways (ARGS="--posts 1000000", "--baseline DIR")
	PYTHONPATH=lib:. $(BIN)/python benchmarks/ingest.py $(ARGS)

.PHONY: benchmark-crawls
benchmark-crawls: benchmark-setup ## Measure ingest of the last of many crawls beside the first (ARGS="--crawls 100")
	PYTHONPATH=lib:. $(BIN)/python benchmarks/crawls.py $(ARGS)

.PHONY: benchmark-dialects
benchmark-dialects: benchmark-setup ## Measure ingest of the same posts in every dialect (ARGS="--posts 1000000")
	PYTHONPATH=lib:. $(BIN)/python benchmarks/dialects.py $(ARGS)

.PHONY: benchmark-explore
benchmark-explore: benchmark-setup ## Measure figures and analyses (ARGS="--posts 1000000", "--baseline DIR")
	PYTHONPATH=lib:. $(BIN)/python benchmarks/explore.py $(ARGS)

.PHONY: benchmark-images
benchmark-images: benchmark-setup ## Measure images a second beside other ways (ARGS=--steps, ARGS=--slow)
	PYTHONPATH=lib:. $(BIN)/python benchmarks/images.py $(ARGS)

.PHONY: benchmark-duplicates
benchmark-duplicates: benchmark-setup ## Measure the search for near-duplicates beside other ways (ARGS="--hashes 10000000")
	PYTHONPATH=lib:. $(BIN)/python benchmarks/duplicates.py $(ARGS)

.PHONY: benchmark-communities
benchmark-communities: benchmark-setup ## Measure communities beside other ways (ARGS=--quality, --pairs, "--posts FILE")
	PYTHONPATH=lib:. $(BIN)/python benchmarks/communities.py $(ARGS)

.PHONY: benchmark-models
benchmark-models: benchmark-setup ## Measure forests beside scikit-learn's on the same rows
	PYTHONPATH=lib:. $(BIN)/python benchmarks/models.py $(ARGS)

.PHONY: benchmark-learning-curve
benchmark-learning-curve: benchmark-setup ## Measure what forests gain by more rows (ARGS="--posts 1000000")
	PYTHONPATH=lib:. $(BIN)/python benchmarks/learning_curve.py $(ARGS)

.PHONY: benchmark-pipeline
benchmark-pipeline: benchmark-setup ## Measure what each stage takes of posts, images apart
	PYTHONPATH=lib:. $(BIN)/python benchmarks/pipeline.py $(ARGS)

# --universal: one file for every platform and for Python 3.10 to 3.13.
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	--python-version 3.10 pyproject.toml

.PHONY: lock
lock: ## Compile the lock files from pyproject.toml (ARGS=--upgrade takes newer versions)
	@command -v uv >/dev/null || { echo "make lock needs uv: pipx install uv" >&2; exit 2; }
	$(COMPILE) $(ARGS) -o requirements.lock
	$(COMPILE) $(ARGS) --group test -c requirements.lock -o requirements-test.lock
	$(COMPILE) $(ARGS) --group benchmark -c requirements.lock -o requirements-benchmark.lock
	$(subst pyproject.toml,,$(COMPILE)) $(ARGS) --group tools -o requirements-tools.lock

.PHONY: clean
clean: ## Remove results and caches; keep what set-up made
	rm -rf .build out dist spark-warehouse metastore_db derby.log
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name .venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

.PHONY: distclean
distclean: clean ## Remove what set-up made, too
	rm -rf .venv .jars .venv-tools .jars-s3
