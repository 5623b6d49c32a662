#!/usr/bin/env bash
# The build tools beside the compiler: sass and wasm-opt (npm), wasm-bindgen at the version of Cargo.lock, cargo-leptos.
. "$(dirname "$0")/lib.sh"
use_build_env
cd "$ROOT"
mkdir -p "$TOOLS"

# 0.3.11 wants rustc 1.96; this one builds with every compiler that builds Millrace.
CARGO_LEPTOS=0.3.10
bindgen="$(awk '/^name = "wasm-bindgen"$/{getline; gsub(/[^0-9.]/,""); print; exit}' Cargo.lock)"
[ -n "$bindgen" ] || die "Cargo.lock names no wasm-bindgen"

stamp="$ROOT/node_modules/.millrace-stamp"
if [ ! -f "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
  say "installing npm packages (sass, wasm-opt, test driver)"
  npm ci --no-audit --no-fund --silent || npm install --no-audit --no-fund --silent || die "npm could not install the packages of package-lock.json"
  touch "$stamp"
fi

# These are tools, not the product: quick to build beats quick to run.
quick=(env -u CARGO_TARGET_DIR CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=0
  CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_TARGET_DIR="$CACHE/tools-target")
if [ "$("$TOOLS/bin/wasm-bindgen" --version 2>/dev/null | awk '{print $2}')" != "$bindgen" ]; then
  say "building wasm-bindgen-cli $bindgen"
  # Optimised: it runs at each build over the whole module.
  env CARGO_TARGET_DIR="$CACHE/tools-target" CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 cargo install -q wasm-bindgen-cli --version "=$bindgen" --root "$TOOLS" --force ||
    die "wasm-bindgen-cli $bindgen did not build"
fi
if [ "$(cargo leptos --version 2>/dev/null | awk '{print $2}')" != "$CARGO_LEPTOS" ]; then
  say "building cargo-leptos $CARGO_LEPTOS (about five minutes, once)"
  "${quick[@]}" cargo install -q cargo-leptos --version "=$CARGO_LEPTOS" --locked --no-default-features --features no_downloads --root "$TOOLS" --force ||
    die "cargo-leptos $CARGO_LEPTOS did not build"
fi
rm -rf "$CACHE/tools-target"
