#!/usr/bin/env bash
# Runs what prints the figures of the goals and writes docs/figures.md. ONLY=R9,S3 for some, QUICK=1 for those of seconds,
# NOTE for what was special.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false ONRAMP_E2E_PROGRAM=$PWD/bin/onramp
go -C e2e run ./figures ${QUICK:+-quick} ${ONLY:+-only "$ONLY"} ${NOTE:+-note "$NOTE"}
