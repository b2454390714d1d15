# `make help` lists the targets. `.ci/prepare` installs the programs that a target needs, or says which are missing.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CLIENTS := clients

.PHONY: help run migrate test test-clients test-pooler bench bench-compare bench-relay siege bench-core generate lint wasm assets docs screenshots dist deb check-deploy supply-chain

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | column -t -s "$$(printf '\t')"

run: ## Start the service on 127.0.0.1:8080, with a private PostgreSQL
	@.ci/prepare rust postgres
	cargo run --release --bin orders -- dev

migrate: ## Migrate the schema of the database (DATABASE_URL)
	@.ci/prepare rust
	cargo run --release --bin orders -- migrate

test: test-clients ## Run all tests, with PostgreSQL, NATS, PgBouncer and proxies
	@.ci/prepare rust postgres nats pooler proxies prometheus
	cargo test --workspace
	cargo test --manifest-path codegen/Cargo.toml

test-pooler: ## Run the tests of the service through PgBouncer in transaction mode
	@.ci/prepare rust postgres nats pooler proxies prometheus
	TEST_POOLER=1 cargo test --package orders-tests

test-clients: $(CLIENTS)/node_modules $(CLIENTS)/python/.venv ## Test the clients and packages in Node.js, Chromium and Python, with a running service
	@.ci/prepare rust postgres node chromium
	cd $(CLIENTS) && npm test
	cd $(CLIENTS)/python && node ../testing/with-service.js .venv/bin/python -B -m pytest

$(CLIENTS)/node_modules: $(CLIENTS)/package-lock.json
	@.ci/prepare node
	cd $(CLIENTS) && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

$(CLIENTS)/python/.venv: $(addprefix $(CLIENTS)/python/,pyproject.toml test-requirements.txt) generated/clients/python/requirements.txt
	@.ci/prepare python
	python3 -m venv --clear $@
	$@/bin/pip install --quiet --disable-pip-version-check --editable $(CLIENTS)/python \
		$(addprefix --requirement ,$(filter %.txt,$^))
	touch $@

bench: ## Compare the service with PostgreSQL alone; ARGS="--only create --rounds 1" for a part, ARGS=--help for all options
	@.ci/prepare rust postgres load
	cargo build --release --bin orders --bin bench
	cargo run --release --quiet --bin bench -- $(ARGS)

bench-compare: ## Compare the service with another build or other settings: ARGS="--binary PATH", ARGS="--jwt es256", ARGS=--pooler
	@.ci/prepare rust postgres pooler load
	cargo build --release --bin orders --bin bench
	cargo run --release --quiet --bin bench -- compare $(ARGS)

bench-relay: ## Measure throughput and latency of the relay; ARGS="--soak 60" prints table sizes instead, ARGS=--help for all options
	@.ci/prepare rust postgres load nats
	cargo build --release --bin orders --bin bench
	cargo run --release --quiet --bin bench -- relay $(ARGS)

siege: ## Measure tenants while another one attacks the service; ARGS="--only flood,lock" for a part, ARGS=--help for all options
	@.ci/prepare rust postgres
	cargo build --release --bin orders --bin bench
	cargo run --release --quiet --bin bench -- siege $(ARGS)

bench-core: ## Measure the functions of core
	@.ci/prepare rust
	cargo bench --package orders-core --bench rules -- $(ARGS)

generate: ## Regenerate generated/ from the contracts, queries/ and migrations/
	@.ci/prepare rust postgres python
	cargo run --manifest-path codegen/Cargo.toml -- api db clients

lint: codegen/node_modules $(CLIENTS)/python/.venv ## Check formatting, lints, types, documentation and the contracts
	@.ci/prepare rust rust-lints node
	cargo fmt --all --check
	cargo fmt --manifest-path codegen/Cargo.toml --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy --manifest-path codegen/Cargo.toml --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --quiet
	cd $(CLIENTS)/python && .venv/bin/mypy
	REDOCLY_TELEMETRY=off codegen/node_modules/.bin/redocly lint --config codegen/redocly.yaml openapi.yaml openapi-admin.yaml

codegen/node_modules: codegen/package-lock.json
	@.ci/prepare node
	cd codegen && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

wasm: ## Compile core to WebAssembly in clients/core, and print size and speed
	@.ci/prepare rust rust-wasm node
	cargo run --manifest-path codegen/Cargo.toml -- wasm
	node clients/core/report.js

assets: $(CLIENTS)/node_modules ## Bundle the console and the API reference into server/assets; run `make wasm` before
	@.ci/prepare rust node
	cargo run --manifest-path codegen/Cargo.toml -- assets

docs: ## Rewrite the pages that repeat the command line and the committed benchmarks
	@.ci/prepare rust
	UPDATE_DOCS=1 cargo test --quiet --package orders-tests -- docs::generated

screenshots: $(CLIENTS)/node_modules ## Photograph the console for the README, with Chromium
	@.ci/prepare rust postgres node chromium
	cd $(CLIENTS) && npm run build && node testing/screenshots.js ../docs/images/console.png

dist: ## Make target/dist: a stripped binary for Linux, its tarball, an SBOM and checksums; ARGS=--check builds twice and compares
	@.ci/prepare rust dist
	deploy/dist $(ARGS)

deb: ## Make target/deb: the Debian package, installed into a new Debian root and checked; run `make dist` before
	@.ci/prepare rust deb
	deploy/check-deb

check-deploy: ## Check the Dockerfile and the files of deploy/
	@.ci/prepare python
	deploy/check

supply-chain: ## Check licenses, sources and banned crates of all dependencies
	@.ci/prepare rust supply-chain
	cargo deny --all-features check bans licenses sources
	cargo deny --all-features --manifest-path codegen/Cargo.toml --config deny.toml check bans licenses sources
