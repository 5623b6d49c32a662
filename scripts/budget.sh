#!/usr/bin/env bash
# What a browser loads, as brotli: WASM, JS and CSS of the start page, of the editor until its canvas can
# be used, and all parts together. Fails over a budget. `end2end/load.spec.ts` looks at the same in a browser.
. "$(dirname "$0")/lib.sh"
BUDGET_KB="${BUDGET_KB:-350}"
BUDGET_EDITOR_KB="${BUDGET_EDITOR_KB:-550}"
BUDGET_ALL_KB="${BUDGET_ALL_KB:-1912}"
cd "$ROOT/target/site/pkg"
manifest=(__wasm_split_manifest*.json)

# The files that the parts with these names need, one a line.
needed() {
  node -e '
    const manifest = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    const parts = Object.keys(manifest).filter((part) => process.argv.slice(2).includes(part.replace(/_\d+$/, "")));
    if (!parts.length) throw new Error("the program has no part " + process.argv[2]);
    console.log([...new Set(parts.flatMap((part) => manifest[part]))].join("\n"));
  ' "${manifest[0]}" "$@" || die "the parts of the program cannot be read"
}

base=0
all=0
declare -A size
for f in *.wasm *.js *.css; do
  [ -f "$f.br" ] || die "$f has no precompressed .br beside it"
  n=$(stat -c %s "$f.br")
  size["${f%.wasm}"]=$n
  all=$((all + n))
  # Parts come with the pages that need them.
  case "$f" in
    split_*.wasm | chunk_*.wasm | pack_*.wasm) printf '%8d  %s (with its pages)\n' "$n" "$f.br" ;;
    *) base=$((base + n)); printf '%8d  %s\n' "$n" "$f.br" ;;
  esac
done

# The load of a page: what all pages share and the files of its parts.
load() {
  local sum=$base file
  for file in $(needed "$@"); do sum=$((sum + size[$file])); done
  printf '%d\n' "$sum"
}
first=$(load dashboard_page)
editor=$(load workflow_page)
printf '%8d  what all pages share\n' "$base"
printf '%8d  at first, the start page; the budget is %d\n' "$first" $((BUDGET_KB * 1024))
printf '%8d  the editor until its canvas can be used, %d files besides the shared ones; the budget is %d\n' "$editor" "$(needed workflow_page | wc -l)" $((BUDGET_EDITOR_KB * 1024))
printf '%8d  the editor with all that comes after\n' "$(load workflow_page editor_tools)"
printf '%8d  in all; the budget is %d\n' "$all" $((BUDGET_ALL_KB * 1024))
[ "$first" -le $((BUDGET_KB * 1024)) ] || die "the first load is larger than $BUDGET_KB KB as brotli"
[ "$editor" -le $((BUDGET_EDITOR_KB * 1024)) ] || die "the editor loads more than $BUDGET_EDITOR_KB KB as brotli before its canvas can be used"
[ "$all" -le $((BUDGET_ALL_KB * 1024)) ] || die "all parts are larger than $BUDGET_ALL_KB KB as brotli"
