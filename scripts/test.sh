#!/usr/bin/env bash
# Everything: the rooms' own tests, the real Temporal server, the official SDKs and CLI, a real browser.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false
scripts/build.sh bin/onramp
ONRAMP_E2E_PROGRAM=$PWD/bin/onramp go test ./... -timeout 40m
