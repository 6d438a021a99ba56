#!/usr/bin/env bash
# Runs each fuzz target for some seconds, goes on after one that fails, and counts: scripts/fuzz.sh [SECONDS] [PATTERN].
# PATTERN, a regular expression, is matched against "room/Target". Each process of a target may have 8 GiB of addresses,
# so that an input that makes it take all memory is its failure and not the machine's; the compiler is not bound.
set -uo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false
seconds=${1:-30} pattern=${2:-.}
seconds=${seconds%s}
out=$(mktemp); trap 'rm -f "$out"' EXIT
targets=0 crashes=0 runs=0 failed=''
while read -r dir target; do
  echo "$dir $target"
  targets=$((targets + 1))
  if ! timeout -k 10 $((seconds + 900)) go -C "$dir" test . -exec "prlimit --as=$((8 << 30))" -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s" -fuzzminimizetime 20x >"$out" 2>&1; then
    crashes=$((crashes + 1)) failed+=" $dir/$target"
    echo "fuzz: $dir $target failed"
    tail -n 40 "$out"
  fi
  n=$(grep -oE 'execs: [0-9]+' "$out" | tail -n 1 | cut -d ' ' -f 2)
  echo "  ${n:-0} runs"
  runs=$((runs + ${n:-0}))
done < <(git grep -oE '^func Fuzz[A-Za-z0-9_]+' -- '*_test.go' |
  sed -E 's|/[^/:]*:func | |; s|:func | |' | sort -u | awk -v p="$pattern" '($1 "/" $2) ~ p')
[ -z "$failed" ] || echo "failed:$failed"
echo "figure: R15 targets=$targets crashes=$crashes runs=$runs seconds_each=$seconds"
[ "$targets" -gt 0 ] && [ "$crashes" -eq 0 ]
