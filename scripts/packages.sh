#!/usr/bin/env bash
# Installs the system packages that are missing. `packages.sh run` for building, `packages.sh test` also for the checks.
. "$(dirname "$0")/lib.sh"
mode="${1:-run}"

missing=()
need() { have "$1" || missing+=("$2"); }
need cc build-essential
need g++ g++
need make make
need pkg-config pkg-config
need cmake cmake
need curl curl
need git git
need unzip unzip
need node nodejs
need npm npm
need python3 python3
have pip3 || python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
# FAISS needs BLAS and LAPACK; OpenBLAS is both.
echo 'int main(void) { return 0; }' | cc -x c - -o /dev/null -lblas -llapack 2>/dev/null || missing+=(libopenblas-dev)
if [ "$mode" = test ]; then
  { have chromium || have chromium-browser || have google-chrome; } || missing+=(chromium)
  # The OpenAI client gets an environment of its own.
  python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || have initdb || missing+=(postgresql)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

have apt-get || die "these programs are missing and there is no apt-get to install them with: ${missing[*]}. Install them and run again."
say "installing system packages: ${missing[*]}"
as_root apt-get update -qq || warn "apt-get update failed; trying with the lists at hand"
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
  die "could not install: ${missing[*]}. Install them by hand and run again."
