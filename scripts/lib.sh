# Shared by every script: messages, privileges, the cache folder and the environment of a build. Source it.
# shellcheck shell=bash
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
CACHE="${MILLRACE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace}"
TOOLS="$CACHE/tools"
export ROOT CACHE TOOLS

say()  { printf '\033[36m==>\033[0m %s\n' "$*" >&2; }
warn() { printf '\033[33mwarning:\033[0m %s\n' "$*" >&2; }
die()  { printf '\033[31merror:\033[0m %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root: directly, or through sudo without asking more than once.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else die "this needs root or sudo: $*"; fi
}

# What every cargo call of this project uses: the toolchain that the set-up chose, our tools first on PATH.
use_build_env() {
  [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
  export PATH="$TOOLS/bin:$ROOT/node_modules/.bin:$PATH"
  if [ -f "$CACHE/toolchain" ]; then
    RUSTUP_TOOLCHAIN="$(cat "$CACHE/toolchain")"
    export RUSTUP_TOOLCHAIN
  fi
  # CI clones afresh each time; a target directory outside the clone keeps the dependencies compiled.
  if [ -z "${CARGO_TARGET_DIR:-}" ] && { [ -n "${CI:-}" ] || [ -d "$CACHE/target" ]; }; then
    export CARGO_TARGET_DIR="$CACHE/target"
  fi
  export LEPTOS_WASM_BINDGEN_VERSION="${LEPTOS_WASM_BINDGEN_VERSION:-}"
  [ -n "$LEPTOS_WASM_BINDGEN_VERSION" ] || unset LEPTOS_WASM_BINDGEN_VERSION
}
target_dir() { printf '%s\n' "${CARGO_TARGET_DIR:-$ROOT/target}"; }
