#!/usr/bin/env bash
# Millrace and a real server of somebody else's: llama.cpp's (llama-cpp-python), with the model that Millrace has itself.
# Starts both on free ports of this machine, and checks chat, streams, documents, cut prompts, vectors and failures.
# MILLRACE_BIN names a program that is built already; MILLRACE_MODELS_DIR the folder with smollm2-135m.
. "$(dirname "$0")/../../scripts/lib.sh"
cd "$ROOT"
use_build_env
python="$(bash scripts/llama.sh)"
models="${MILLRACE_MODELS_DIR:-$ROOT/data/models}"
weights="$(find "$models/smollm2-135m" -name '*.gguf' 2>/dev/null | head -n 1)"
[ -n "$weights" ] || die "$models has no smollm2-135m: millrace models pull smollm2-135m"
program="${MILLRACE_BIN:-}"
if [ -z "$program" ]; then
  cargo build --locked --release --no-default-features --features ssr --bin millrace
  program="$(target_dir)/release/millrace"
fi

folder="$(mktemp -d)"
started=()
finish() {
  for process in "${started[@]}"; do kill -CONT "$process" 2>/dev/null; kill "$process" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$folder"
}
trap finish EXIT
read -r chat vectors port < <("$python" - <<'P'
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(s.getsockname()[1] for s in held))
P
)
key="key-$RANDOM$RANDOM"
serve() {
  # It takes settings of the environment for its own, and CACHE is one of ours.
  env -u CACHE "$python" -m llama_cpp.server --model "$weights" --model_alias smollm2 --host 127.0.0.1 --n_ctx 2048 --n_threads "$(nproc)" \
    --api_key "$key" "$@" >>"$folder/llama.log" 2>&1 &
  started+=($!)
}
serve --port "$chat"
serve --port "$vectors" --embedding true
env MILLRACE_LISTEN="127.0.0.1:$port" MILLRACE_DATA_DIR="$folder/data" MILLRACE_MODELS_DIR="$models" MILLRACE_RATE_LIMITS=off \
  MILLRACE_OUTBOUND_ALLOW=127.0.0.1/32 MILLRACE_REMOTE_STALL_SECONDS=8 MILLRACE_REMOTE_FIRST_SECONDS=60 \
  "$program" serve >"$folder/millrace.log" 2>&1 &
started+=($!)
status=0
"$python" benches/remote/check.py "http://127.0.0.1:$port" "http://127.0.0.1:$chat/v1" "http://127.0.0.1:$vectors/v1" "$key" \
  "${started[0]}" || status=$?
if [ "$status" != 0 ]; then
  for log in llama millrace; do warn "the end of $log.log:"; tail -n 15 "$folder/$log.log" >&2; done
fi
exit "$status"
