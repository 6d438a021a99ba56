#!/usr/bin/env bash
# Runs each fuzz target for the given time.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false
for file in $(git grep -lE '^func Fuzz' -- '*_test.go'); do
  dir=$(dirname "$file")
  for target in $(grep -oE '^func (Fuzz[A-Za-z0-9_]+)' "$file" | awk '{print $2}'); do
    echo "$dir $target"
    go -C "$dir" test . -run '^$' -fuzz "^$target\$" -fuzztime "${1:-30s}" -fuzzminimizetime 20x
  done
done
