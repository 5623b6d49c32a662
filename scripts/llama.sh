#!/usr/bin/env bash
# Prints the path of a Python that has llama.cpp with its server (llama-cpp-python), for `make bench-remote`; builds it
# into the tools folder once, for what this processor has: several minutes. Says why on standard error, and fails, where
# it cannot be built.
. "$(dirname "$0")/lib.sh"
version=0.3.36
folder="$TOOLS/llama-venv"
python="$folder/bin/python"
stamp="$folder/built"

# The compiler's own idea of the processor is not asked (GGML_NATIVE): under a hypervisor that hides some instructions it
# makes programs that die of one. These are what the kernel says there is.
flags="-DGGML_NATIVE=OFF"
processor=" $(grep -m1 -E '^(flags|Features)' /proc/cpuinfo 2>/dev/null | cut -d: -f2-) "
has() { local word; for word in "$@"; do [[ "$processor" == *" $word "* ]] || return 1; done; }
enable() { local setting="$1"; shift; if has "$@"; then flags+=" -DGGML_$setting=ON"; else flags+=" -DGGML_$setting=OFF"; fi; }
if [ "$(uname -m)" = x86_64 ]; then
  enable AVX avx
  enable AVX2 avx2
  enable FMA fma
  enable F16C f16c
  enable BMI2 bmi2
  enable AVX512 avx512f avx512cd avx512vl avx512dq avx512bw
  enable AVX512_VNNI avx512f avx512vl avx512_vnni
fi
wanted="$version $flags"

works() { "$python" -c 'import llama_cpp.server.app' 2>/dev/null; }
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || ! works; then
  say "building llama.cpp's server $version ($flags): several minutes"
  log="$(mktemp)"
  wheels="$(mktemp -d)"
  trap 'rm -rf "$log" "$wheels"' EXIT
  # The wheel first: what is there stays usable until there is a better one. pip's own cache knows wheels by version
  # only, not by these flags.
  if ! {
    { [ -x "$python" ] || python3 -m venv --clear "$folder"; } &&
    CMAKE_ARGS="$flags" nice -n 10 "$python" -m pip wheel -q --no-cache-dir --no-deps --no-binary llama-cpp-python \
      --wheel-dir "$wheels" "llama-cpp-python==$version" &&
    rm -f "$stamp" &&
    "$python" -m pip install -q --force-reinstall --no-deps "$wheels"/llama_cpp_python-*.whl &&
    "$python" -m pip install -q "llama-cpp-python[server]==$version" && works
  } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    die "llama.cpp's server could not be built"
  fi
  printf '%s\n' "$wanted" >"$stamp"
fi
printf '%s\n' "$python"
