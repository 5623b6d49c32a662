#!/usr/bin/env bash
# Prints the path of a Python that has the official OpenAI client, for the test that asks Millrace with it; installs it
# into the cache folder once. Prints nothing, and says why, where PyPI cannot be reached: then that test is left out.
. "$(dirname "$0")/lib.sh"
version=3.54.0
folder="$CACHE/python"
python="$folder/bin/python"
if ! "$python" -c "import sys, openai; sys.exit(openai.__version__ != '$version')" 2>/dev/null; then
  say "installing the OpenAI client for Python $version"
  log="$(mktemp)"
  if ! { python3 -m venv --clear "$folder" && "$python" -m pip install -q --disable-pip-version-check "openai==$version"; } >"$log" 2>&1; then
    warn "the OpenAI client could not be installed, so the test with it is left out: $(tail -n 1 "$log")"
    rm -rf "$folder" "$log"
    exit 0
  fi
  rm -f "$log"
fi
printf '%s\n' "$python"
