# `make help` lists the targets. Everything here is one command: what a target lacks, `.ci/prepare` installs or names.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

REDOCLY := @redocly/cli@2.11.1

.PHONY: help run migrate test bench bench-core generate lint wasm

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | column -t -s "$$(printf '\t')"

run: ## Start the service on 127.0.0.1:8080, with a private PostgreSQL unless DATABASE_URL names another
	@.ci/prepare rust postgres
	cargo run --release --bin orders -- serve

migrate: ## Bring the schema of DATABASE_URL up to date
	@.ci/prepare rust
	cargo run --release --bin orders -- migrate

test: ## Try every claim on a real server with a real PostgreSQL
	@.ci/prepare rust postgres
	cargo test --workspace

bench: ## Measure the service against PostgreSQL itself; ARGS="--only create --rounds 1" for a part, ARGS=--help for the rest
	@.ci/prepare rust postgres load
	cargo build --release --bin orders --bin bench
	cargo run --release --quiet --bin bench -- $(ARGS)

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
