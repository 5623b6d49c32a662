#!/usr/bin/env bash
# Serves the release build from the repository root.
. "$(dirname "$0")/lib.sh"
use_build_env
cd "$ROOT"
exec "$(target_dir)/release/millrace" serve
