#!/usr/bin/env bash
# What a browser loads at first, as brotli: WASM + JS + CSS. Fails over the budget.
. "$(dirname "$0")/lib.sh"
BUDGET_KB="${BUDGET_KB:-350}"
cd "$ROOT/target/site/pkg"
total=0
for f in *.wasm *.js *.css; do
  [ -f "$f.br" ] || die "$f has no precompressed .br beside it"
  n=$(stat -c %s "$f.br")
  total=$((total + n))
  printf '%8d  %s\n' "$n" "$f.br"
done
printf '%8d  in all; the budget is %d\n' "$total" $((BUDGET_KB * 1024))
[ "$total" -le $((BUDGET_KB * 1024)) ] || die "the browser part is larger than $BUDGET_KB KB as brotli"
