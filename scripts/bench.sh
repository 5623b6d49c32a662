#!/usr/bin/env bash
# Measures the release build over HTTP: `bench.sh [SCENE…]`. AGAINST names another program to compare with, turn by turn.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
use_build_env
cargo build --locked --release --no-default-features --features ssr --bin millrace-bench
programs=("$(target_dir)/release/millrace")
[ -z "${AGAINST:-}" ] || programs+=("$AGAINST")
exec "$(target_dir)/release/millrace-bench" "$(IFS=,; printf '%s' "${programs[*]}")" "$@"
