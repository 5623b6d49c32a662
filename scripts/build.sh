#!/usr/bin/env bash
# Builds the program. `release`: server and browser parts; `browser`: the browser part only, as released.
. "$(dirname "$0")/lib.sh"
use_build_env
cd "$ROOT"
case "${1:-release}" in
  release) say "building the release (minutes the first time)"; cargo leptos build --release --split --precompress ;;
  browser) say "building the browser part"; cargo leptos build --release --split --precompress --frontend-only ;;
  *) die "unknown build: $1" ;;
esac
