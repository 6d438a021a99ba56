#!/usr/bin/env bash
# Everything: the rooms' own tests, the real Temporal server, the official SDKs and CLI, a real browser.
# The last line says how long it took and where the time went.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false
scripts/build.sh bin/onramp
took=$(mktemp); trap 'rm -f "$took"' EXIT
began=$(date +%s)
failed=0
# The rooms first: the journeys wait for clocks and compilers, and would only wait longer beside them.
go test ./... -timeout 40m | tee -a "$took" || failed=1
scripts/journeys.sh bin/onramp | tee -a "$took" || failed=1
awk -v total=$(( $(date +%s) - began )) -F '\t' '
  /^(ok|FAIL)/ && NF >= 3 { s = $3 + 0; name = $2 (/\(cached\)/ ? "" : sprintf(" %.0f s", s)); n++; sec[n] = s; text[n] = name }
  END {
    printf "tests: %d min %02d s", total / 60, total % 60
    for (k = 1; k <= 5 && k <= n; k++) {
      best = 0
      for (i = 1; i <= n; i++) if (!(i in used) && (!best || sec[i] > sec[best])) best = i
      used[best]; printf "%s%s", k == 1 ? "; slowest: " : ", ", text[best]
    }
    print ""
  }' "$took"
exit "$failed"
