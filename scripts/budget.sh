#!/usr/bin/env bash
# What a browser loads, as brotli: WASM + JS + CSS of the first page, and all parts together. Fails over a budget.
. "$(dirname "$0")/lib.sh"
BUDGET_KB="${BUDGET_KB:-350}"
BUDGET_ALL_KB="${BUDGET_ALL_KB:-1690}"
cd "$ROOT/target/site/pkg"
first=0
all=0
for f in *.wasm *.js *.css; do
  [ -f "$f.br" ] || die "$f has no precompressed .br beside it"
  n=$(stat -c %s "$f.br")
  # What the tests ask of the browser is loaded by no page.
  case "$f" in
    split_cases_report_*) printf '%8d  %s (tests)\n' "$n" "$f.br"; continue ;;
  esac
  all=$((all + n))
  # Parts that only some pages need come with those pages.
  case "$f" in
    split_*.wasm | chunk_*.wasm | pack_*.wasm) printf '%8d  %s (later)\n' "$n" "$f.br" ;;
    *) first=$((first + n)); printf '%8d  %s\n' "$n" "$f.br" ;;
  esac
done
printf '%8d  at first; the budget is %d\n' "$first" $((BUDGET_KB * 1024))
printf '%8d  in all; the budget is %d\n' "$all" $((BUDGET_ALL_KB * 1024))
[ "$first" -le $((BUDGET_KB * 1024)) ] || die "the first load is larger than $BUDGET_KB KB as brotli"
[ "$all" -le $((BUDGET_ALL_KB * 1024)) ] || die "all parts are larger than $BUDGET_ALL_KB KB as brotli"
