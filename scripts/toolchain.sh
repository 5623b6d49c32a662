#!/usr/bin/env bash
# A Rust compiler with the WASM target. The normal road is rustup; where its server does not answer,
# Debian's web toolchain builds the WASM standard library from its own source. The choice is remembered.
# MILLRACE_TOOLCHAIN=distribution skips the normal road.
. "$(dirname "$0")/lib.sh"
mkdir -p "$CACHE"
[ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"

minimum=1.94
WASM=wasm32-unknown-unknown

has_wasm_std() { # toolchain name, or empty for the default one
  local sysroot
  sysroot="$(RUSTUP_TOOLCHAIN="$1" rustc --print sysroot 2>/dev/null)" || return 1
  ls "$sysroot/lib/rustlib/$WASM/lib/"libstd-*.rlib >/dev/null 2>&1
}
new_enough() {
  local v
  v="$(RUSTUP_TOOLCHAIN="$1" rustc --version 2>/dev/null | awk '{print $2}')" || return 1
  [ -n "$v" ] && [ "$(printf '%s\n%s\n' "$minimum" "$v" | sort -V | head -1)" = "$minimum" ]
}
complete() { RUSTUP_TOOLCHAIN="$1" cargo clippy --version >/dev/null 2>&1 && RUSTUP_TOOLCHAIN="$1" cargo fmt --version >/dev/null 2>&1; }

if [ -f "$CACHE/toolchain" ]; then
  t="$(cat "$CACHE/toolchain")"
  if new_enough "$t" && has_wasm_std "$t" && complete "$t"; then exit 0; fi
  rm -f "$CACHE/toolchain"
fi

if ! have rustup && ! have cargo; then
  say "installing rustup"
  curl --proto '=https' --tlsv1.2 -sSf --connect-timeout 5 --max-time 120 https://sh.rustup.rs 2>/dev/null |
    sh -s -- -y --profile minimal -c clippy -c rustfmt >/dev/null 2>&1 || warn "rustup could not be installed from its own site"
  [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
fi

# Road 1: rustup.
if have rustup && [ "${MILLRACE_TOOLCHAIN:-}" != distribution ]; then
  if ! new_enough stable; then
    say "updating the stable toolchain"
    timeout 300 rustup toolchain install stable --profile minimal -c clippy -c rustfmt >/dev/null 2>&1 || true
  fi
  if new_enough stable && ! has_wasm_std stable; then
    say "adding the target $WASM"
    RUSTUP_MAX_RETRIES=0 RUSTUP_TOOLCHAIN=stable timeout 60 rustup target add "$WASM" >/dev/null 2>&1 || true
  fi
  if new_enough stable && has_wasm_std stable && complete stable; then
    echo stable > "$CACHE/toolchain"
    say "Rust: stable by rustup"
    exit 0
  fi
fi

# Road 2: Debian's web toolchain, standard library for WASM built from its source.
say "using the distribution's web toolchain: rustup does not offer the target $WASM here"
have apt-get || die "no rustup with $WASM and no apt-get. Install Rust >= $minimum with the target $WASM and run again."
if ! dpkg -s rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web >/dev/null 2>&1; then
  as_root apt-get update -qq || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web >/dev/null ||
    die "could not install rustc-web and its companions. Install Rust >= $minimum with the target $WASM by hand."
fi
# The linker for WASM is a link to a package that is not among the dependencies.
lld="$(readlink /usr/bin/rust-lld || true)"
if [ -n "$lld" ] && ! have "$lld"; then
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$lld" >/dev/null || die "could not install $lld"
fi
webrustc=/usr/bin/rustc
dest="$("$webrustc" --print sysroot)/lib/rustlib/$WASM/lib"
if ! ls "$dest"/libstd-*.rlib >/dev/null 2>&1; then
  say "building the WASM standard library (half a minute)"
  work="$(mktemp -d)"
  mkdir -p "$work/src"
  printf '[package]\nname = "wasmstd"\nversion = "0.0.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n[profile.release]\nopt-level = 3\n' > "$work/Cargo.toml"
  : > "$work/src/lib.rs"
  (cd "$work" && env -u RUSTUP_TOOLCHAIN -u CARGO_TARGET_DIR PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 \
    cargo build -q --release -Zbuild-std=std,panic_abort,proc_macro --target "$WASM") ||
    die "the WASM standard library did not build"
  as_root mkdir -p "$dest"
  for f in "$work/target/$WASM/release/deps/"*.rlib; do
    case "$(basename "$f")" in libwasmstd*) ;; *) as_root cp "$f" "$dest/" ;; esac
  done
  rm -rf "$work"
fi
if have rustup; then
  rustup toolchain link web "$("$webrustc" --print sysroot)" 2>/dev/null || rustup toolchain link web /usr
  echo web > "$CACHE/toolchain"
else
  # No rustup at all: plain /usr/bin programs; the name is only a marker then.
  echo web > "$CACHE/toolchain"
fi
t="$(cat "$CACHE/toolchain")"
has_wasm_std "$t" || die "the toolchain '$t' still lacks the standard library for $WASM"
say "Rust: $(RUSTUP_TOOLCHAIN="$t" rustc --version)"
