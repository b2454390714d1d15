# `make help` lists the targets. Everything here is one command: what a target lacks, `.ci/prepare` installs or names.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CLIENTS := clients
REDOCLY := @redocly/cli@2.11.1

.PHONY: help run migrate test test-clients bench bench-relay bench-core generate lint wasm assets docs screenshots

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | column -t -s "$$(printf '\t')"

run: ## Start the service on 127.0.0.1:8080, with a private PostgreSQL unless DATABASE_URL names another
	@.ci/prepare rust postgres
	cargo run --release --bin orders -- serve

migrate: ## Bring the schema of DATABASE_URL up to date
	@.ci/prepare rust
	cargo run --release --bin orders -- migrate

test: test-clients ## Try every claim on a real server with a real PostgreSQL and a real NATS
	@.ci/prepare rust postgres nats
	cargo test --workspace

test-clients: $(CLIENTS)/node_modules $(CLIENTS)/python/.venv ## Try the packages and generated clients on a real server, in Node, Chromium and Python
	@.ci/prepare rust postgres node chromium
	cd $(CLIENTS) && npm test
	PYTHONPATH=generated/clients/python node $(CLIENTS)/testing/with-service.js \
		$(CLIENTS)/python/.venv/bin/python -B $(CLIENTS)/python/test_life.py

$(CLIENTS)/node_modules: $(CLIENTS)/package-lock.json
	@.ci/prepare node
	cd $(CLIENTS) && npm ci --no-audit --no-fund
	touch $@

$(CLIENTS)/python/.venv: generated/clients/python/requirements.txt
	@.ci/prepare python
	python3 -m venv --clear $@
	$@/bin/pip install --quiet --requirement $<
	touch $@

bench: ## Measure the service against PostgreSQL itself; ARGS="--only create --rounds 1" for a part, ARGS=--help for the rest
	@.ci/prepare rust postgres load
	cargo build --release --bin orders --bin bench
	cargo run --release --quiet --bin bench -- $(ARGS)

bench-relay: ## Measure how fast and how soon events leave; ARGS="--soak 60" watches the tables instead, ARGS=--help for the rest
	@.ci/prepare rust postgres load nats
	cargo build --release --bin orders --bin bench
	cargo run --release --quiet --bin bench -- relay $(ARGS)

bench-core: ## Measure the rules alone
	@.ci/prepare rust
	cargo bench --package orders-core --bench rules -- $(ARGS)

generate: ## Regenerate generated/ from openapi.yaml, queries/ and migrations/
	@.ci/prepare rust postgres python
	cargo run --manifest-path codegen/Cargo.toml -- api db clients

lint: ## Check formatting, lints and the contract
	@.ci/prepare rust rust-lints node
	cargo fmt --all --check
	cargo fmt --manifest-path codegen/Cargo.toml --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --manifest-path codegen/Cargo.toml -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --quiet
	REDOCLY_TELEMETRY=off npx --yes $(REDOCLY) lint --config codegen/redocly.yaml openapi.yaml

wasm: ## Compile core for browsers and Node into clients/core, and tell its size and speed
	@.ci/prepare rust rust-wasm node
	cargo run --manifest-path codegen/Cargo.toml -- wasm
	node clients/core/report.js

assets: $(CLIENTS)/node_modules ## Bundle the console and the API reference into server/assets; after `make wasm`
	@.ci/prepare rust node
	cargo run --manifest-path codegen/Cargo.toml -- assets

docs: ## Rewrite the pages that repeat the command line and the committed benchmarks
	@.ci/prepare rust
	UPDATE_DOCS=1 cargo test --quiet --package orders-tests -- docs::generated

screenshots: $(CLIENTS)/node_modules ## Photograph the console for the README, with Chromium
	@.ci/prepare rust postgres node chromium
	cd $(CLIENTS) && npm run build && node testing/screenshots.js ../docs/images/console.png
