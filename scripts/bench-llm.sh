#!/usr/bin/env bash
# Measures the network of a model side by side with llama.cpp, in turn, on the same files and threads:
# `bench-llm.sh [FILE…]`. Prints tokens per second and ratios.
. "$(dirname "$0")/lib.sh"
cd "$ROOT"
use_build_env
python="$(bash scripts/llama.sh)" || exit 1
cargo build --locked --release --no-default-features --features ssr --bin millrace-bench-llm
[ $# -gt 0 ] || set -- "${MILLRACE_MODELS_DIR:-$ROOT/data/models}"/smollm2-135m/*.gguf
"$python" benches/llm/compare.py "$(target_dir)/release/millrace-bench-llm" "$python" "$(nproc)" "$@"
