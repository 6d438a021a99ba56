#!/usr/bin/env bash
# How thoroughly a room is tested: its tests under the race detector, shuffled, three times; how many of its statements they
# reach; and how many of a sample of mutants they find: scripts/thorough.sh [ROOM] [MUTANTS].
set -uo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false
room=${1:-doctor} mutants=${2:-60}
out=$(mktemp); trap 'rm -f "$out"' EXIT
ok=0
go test -race -shuffle=on -count=3 -timeout 60m "./$room" >"$out" 2>&1 || { ok=1; tail -n 60 "$out"; }
races=$(grep -c '^WARNING: DATA RACE' "$out")
failures=$(grep -c '^--- FAIL' "$out")
coverage=$(go test -count=1 -timeout 20m -cover "./$room" | grep -oE 'coverage: [0-9.]+%' | cut -d ' ' -f 2)
go -C e2e run ./mutate -n "$mutants" "$room" | tee "$out" || ok=1
echo "figure: R16 room=$room races=$races rounds=3 failures=$failures coverage=${coverage:-none} $(sed -n 's/^figure: //p' "$out")"
exit "$ok"
