#!/usr/bin/env bash
# Every check, or a part: `test.sh all|lint|unit|e2e`; `test.sh chaos`, which kills the server for much longer than `all`
# does; `test.sh looks`, which takes the pictures of the pages anew. Sets up what is missing first.
. "$(dirname "$0")/lib.sh"
part="${1:-all}"
cd "$ROOT"
begin=$SECONDS
bash scripts/packages.sh test
bash scripts/toolchain.sh
bash scripts/tools.sh
use_build_env
# With the steps and the fail points of the tests, so that everything below needs one build. The product has neither.
FEATURES=ssr,chaos
step() { say "[$(((SECONDS - begin) / 60)) min] $*"; }

lint() {
  step "format"
  cargo fmt --all --check
  step "clippy: server"
  cargo clippy --locked --features $FEATURES --workspace --all-targets -- -D warnings
  step "clippy: browser"
  cargo clippy --locked --lib --features hydrate --target wasm32-unknown-unknown -- -D warnings
}

# The dev build of the program serves the tests: it starts quickly and its hot dependencies are optimised.
dev_binary() {
  step "building the tests and the dev program"
  # This also leaves the program itself in target/debug; a separate `cargo build` would compile the dependencies anew,
  # because the tests' own dependencies change their features.
  cargo test --locked --features $FEATURES --workspace --no-run
  # By name: recorded answers belong to this one.
  for model in smollm2-135m all-minilm-l6-v2; do
    bash scripts/models.sh "$(target_dir)/debug/millrace" "$model"
  done
  export MILLRACE_MODELS_DIR="${MILLRACE_MODELS_DIR:-$ROOT/data/models}"
}

unit() {
  dev_binary
  step "starting a throw-away Postgres"
  pg="$(mktemp -d)/pg"
  chmod 755 "$(dirname "$pg")"
  trap 'bash "$ROOT/scripts/postgres.sh" stop "$pg"' EXIT
  MILLRACE_TEST_POSTGRES="$(bash scripts/postgres.sh start "$pg")"
  export MILLRACE_TEST_POSTGRES
  MILLRACE_TEST_PYTHON="$(bash scripts/python.sh)"
  export MILLRACE_TEST_PYTHON
  step "unit, property and integration tests (SQLite and Postgres)"
  cargo test --locked --features $FEATURES --workspace --no-fail-fast
}

# What `make chaos` asks of a server that is killed while it works, on both databases: `chaos --kills 20 --runs 100`.
chaos() {
  for database in sqlite postgres; do
    step "killing the server: $database"
    "$(target_dir)/debug/examples/chaos" --server "$(target_dir)/debug/millrace" --database $database "$@"
  done
}

e2e() {
  [ "$part" = e2e ] && dev_binary
  bash scripts/build.sh browser
  step "size budget"
  bash scripts/budget.sh
  step "browser tests"
  MILLRACE_BIN="$(target_dir)/debug/millrace" npx --no-install playwright test --config end2end/playwright.config.ts
}

# Takes the pictures of the pages anew, after a change of their looks that is meant.
looks() {
  dev_binary
  bash scripts/build.sh browser
  MILLRACE_BIN="$(target_dir)/debug/millrace" npx --no-install playwright test --config end2end/playwright.config.ts looks --update-snapshots
}

case "$part" in
  lint) lint ;;
  unit) unit ;;
  e2e) e2e ;;
  chaos) dev_binary; chaos ;;
  looks) looks; exit ;;
  all) lint; unit; chaos --kills 20 --runs 100 --freezes 1; e2e ;;
  *) die "test.sh all|lint|unit|e2e|chaos|looks" ;;
esac
say "all checks passed in $(((SECONDS - begin) / 60)) min $(((SECONDS - begin) % 60)) s"
