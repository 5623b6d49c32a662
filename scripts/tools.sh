#!/usr/bin/env bash
# The build tools beside the compiler: sass and wasm-opt (npm), wasm-bindgen at the version of Cargo.lock, cargo-leptos.
. "$(dirname "$0")/lib.sh"
use_build_env
cd "$ROOT"
mkdir -p "$TOOLS"

bindgen="$(awk '/^name = "wasm-bindgen"$/{getline; gsub(/[^0-9.]/,""); print; exit}' Cargo.lock)"
[ -n "$bindgen" ] || die "Cargo.lock names no wasm-bindgen"

stamp="$ROOT/node_modules/.millrace-stamp"
if [ ! -f "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
  say "installing npm packages (sass, wasm-opt, test driver)"
  npm ci --no-audit --no-fund --silent || npm install --no-audit --no-fund --silent || die "npm could not install the packages of package-lock.json"
  touch "$stamp"
fi

if [ "$("$TOOLS/bin/wasm-bindgen" --version 2>/dev/null | awk '{print $2}')" != "$bindgen" ]; then
  say "building wasm-bindgen-cli $bindgen"
  # Optimised: it runs at each build over the whole module.
  env CARGO_TARGET_DIR="$CACHE/tools-target" CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=1 cargo install -q wasm-bindgen-cli --version "=$bindgen" --root "$TOOLS" --force ||
    die "wasm-bindgen-cli $bindgen did not build"
fi
# A tool, not the product: quick to build beats quick to run (its profile says what is optimised all the same).
leptos="$(cat scripts/leptos/Cargo.toml scripts/leptos/Cargo.lock scripts/leptos/src/main.rs | sha256sum | cut -c1-16)"
if [ ! -x "$TOOLS/bin/cargo-leptos" ] || [ "$(cat "$TOOLS/cargo-leptos.built" 2>/dev/null)" != "$leptos" ]; then
  say "building cargo-leptos (about six minutes, once)"
  env CARGO_TARGET_DIR="$CACHE/tools-target" cargo install -q --path scripts/leptos --locked --root "$TOOLS" --force || die "cargo-leptos did not build"
  echo "$leptos" >"$TOOLS/cargo-leptos.built"
fi
rm -rf "$CACHE/tools-target"
