#!/usr/bin/env bash
# Builds the program. `release`: server and browser parts; `browser`: the browser part only, as released.
. "$(dirname "$0")/lib.sh"
use_build_env
cd "$ROOT"
# cargo-leptos splits, optimises and compresses the WASM anew each time; nothing of that is needed when nothing changed.
# `GPU=cuda` builds with support for NVIDIA GPUs, which needs NVIDIA's CUDA toolkit.
case "${GPU:-}" in
  "") gpu=() ;;
  cuda)
    command -v nvcc > /dev/null || die "GPU=cuda needs NVIDIA's CUDA toolkit with nvcc in the PATH; leave GPU away to build for the processor"
    gpu=(--bin-features cuda)
    ;;
  *) die "unknown GPU: $GPU (cuda is the only one)" ;;
esac
stamp="$ROOT/target/site/.release${GPU:-}"
unchanged() {
  [ -f "$stamp" ] && [ -x "$(target_dir)/release/millrace" ] && [ ! "$(target_dir)/release/millrace" -nt "$stamp" ] &&
    [ -z "$(find src kernels migration style public data/templates Cargo.toml Cargo.lock .cargo scripts/build.sh scripts/pack.mjs -newer "$stamp" -print -quit)" ]
}

# Few files instead of many: what is loaded stays the same.
pack() { node scripts/pack.mjs target/site/pkg; }

case "${1:-release}" in
  release)
    if unchanged; then exit 0; fi
    say "building the release (minutes the first time)"
    cargo leptos build --release --split --precompress ${gpu[@]+"${gpu[@]}"}
    pack
    touch "$stamp"
    ;;
  browser)
    say "building the browser part"
    cargo leptos build --release --split --precompress --frontend-only
    pack
    ;;
  *) die "unknown build: $1" ;;
esac
