#!/usr/bin/env bash
# `make cuda`: checks the program with the feature `cuda`: NVIDIA's compiler makes candle's kernels, clippy reads the rest.
# Nothing is run and nothing linked, so neither a GPU nor its driver is needed. Where there is no nvcc, NVIDIA's Python
# packages bring one into the tools folder (300 MB, once).
. "$(dirname "$0")/lib.sh"
use_build_env
cd "$ROOT"
version=13.0
folder="$TOOLS/cuda-$version"
if ! have nvcc; then
  if [ ! -f "$folder/whole" ]; then
    say "installing NVIDIA's CUDA compiler $version"
    rm -rf "$folder"
    python3 -m venv "$folder/venv" || die "python3 with venv is needed to install the CUDA compiler"
    "$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --target "$folder" \
      "nvidia-cuda-nvcc==$version.*" "nvidia-nvvm==$version.*" "nvidia-cuda-crt==$version.*" \
      "nvidia-cuda-runtime==$version.*" "nvidia-cuda-cccl==$version.*" "nvidia-curand==10.4.0.*" ||
      die "the CUDA compiler could not be installed: install NVIDIA's CUDA toolkit and put its nvcc into the PATH"
    toolkit="$folder/nvidia/cu${version%%.*}"
    chmod -R a+x "$toolkit/bin" "$toolkit/nvvm/bin"
    ln -sfn lib "$toolkit/lib64"
    touch "$folder/whole"
  fi
  CUDA_HOME="$folder/nvidia/cu${version%%.*}"
  export CUDA_HOME PATH="$CUDA_HOME/bin:$PATH"
fi
# The generation of GPUs to compile for, where none is there to be asked: 8.0 (Ampere) and later.
export CUDA_COMPUTE_CAP="${CUDA_COMPUTE_CAP:-80}"
say "checking the program with CUDA (several minutes the first time)"
cargo clippy --locked --features ssr,cuda --lib --bin millrace -- -D warnings
say "the program compiles with CUDA"
