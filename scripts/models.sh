#!/usr/bin/env bash
# Fetches models with the program itself; quick when they are there.
# `models.sh [PATH OF millrace [MODEL]]`: without a model the best chat model that can be reached and the
# embedding model.
. "$(dirname "$0")/lib.sh"
use_build_env
cd "$ROOT"
bin="${1:-$(target_dir)/release/millrace}"
[ -x "$bin" ] || die "there is no $bin; run 'make build' first"

# One download serves every checkout of this machine.
models="${MILLRACE_MODELS_DIR:-$ROOT/data/models}"
mkdir -p "$models"
shared="$CACHE/models"
if [ -d "$shared" ]; then cp -Rn "$shared/." "$models/" 2>/dev/null || true; fi
"$bin" models pull ${2:+"$2"} || die "not every model could be fetched; 'millrace models pull' says why. Millrace runs without, but steps that ask a model or search by meaning cannot."
mkdir -p "$shared" && cp -Rn "$models/." "$shared/" 2>/dev/null || true
