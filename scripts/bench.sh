#!/usr/bin/env bash
# Every benchmark, once, each figure beside its budget or its peer in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false ONRAMP_E2E_PROGRAM=$PWD/bin/onramp
for module in . e2e; do
  go -C "$module" test ./... -run '^$' -bench . -benchtime 1x -timeout 40m | grep -vE '^(ok|PASS|\?|goos|goarch|pkg|cpu)'
done
