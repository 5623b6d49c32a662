# `make run` and `make test` are all that is needed; the rest are parts of them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.PHONY: help run setup build models test lint unit e2e chaos looks bench bench-llm bench-remote cuda fmt clean

help: ## What there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build models ## Set up what is missing, build in release, serve on 127.0.0.1:3000
	@bash scripts/serve.sh

setup: ## Compiler, WASM target and build tools
	@bash scripts/packages.sh run
	@bash scripts/toolchain.sh
	@bash scripts/tools.sh

build: setup ## The release build: server, WASM, styles, precompressed; GPU=cuda: models on NVIDIA GPUs
	@bash scripts/build.sh release

models: ## The default chat and embedding models, if they are not there yet
	@bash scripts/models.sh

test: ## Set up what is missing and run every check
	@bash scripts/test.sh all

lint: ## Format and clippy, server and browser
	@bash scripts/test.sh lint

unit: ## Unit, property and integration tests on SQLite and Postgres
	@bash scripts/test.sh unit

e2e: ## WASM build, size budget, Playwright in Chromium
	@bash scripts/test.sh e2e

chaos: ## Kill the server 60 times while it works, on SQLite and Postgres, and check what is left
	@bash scripts/test.sh chaos

looks: ## Take the pictures of the pages anew that the browser tests compare with
	@bash scripts/test.sh looks

bench: build ## How fast runs are, over HTTP; AGAINST=PROGRAM compares with another build, DATABASE_URL measures Postgres
	@bash scripts/bench.sh

bench-llm: ## How fast the models' network is, against llama.cpp (builds that once: several minutes)
	@bash scripts/bench-llm.sh

cuda: setup ## Check that the program compiles for NVIDIA GPUs (brings NVIDIA's compiler, once; several minutes)
	@bash scripts/cuda.sh

bench-remote: build models ## Models elsewhere against llama.cpp's server, which is built for it (several minutes, once)
	@MILLRACE_BIN="$$(. scripts/lib.sh; use_build_env; target_dir)/release/millrace" bash benches/remote/run.sh

fmt: ## Format the code
	@bash -c '. scripts/lib.sh; use_build_env; cargo fmt --all'
