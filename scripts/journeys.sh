#!/usr/bin/env bash
# The journeys (e2e) through the program that is named, each in a process of its own, two at a time: they wait more than
# they work. A pattern as second argument chooses some. The longest begin first. A line a journey; what a failed one printed
# stands above its line.
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/../e2e"
export GOFLAGS=-buildvcs=false ONRAMP_E2E_PROGRAM=$program
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
export JOURNEYS=$dir/e2e.test
go test -c -o "$JOURNEYS" .
all=$("$JOURNEYS" -test.list "${2:-^Test}")
first='TestFollowForeign TestPagesLookRight TestCutover TestBreakItOnPurpose TestCodeWorkersWithAPIKey TestOpsGoneForAMinute TestCertBombs TestFocusStays TestStartupTexts TestFollowDevServer TestStuck TestBadSources TestLighthouse TestProjectZip'
one() {
  local began=$EPOCHREALTIME out name=$1 word=ok code=0
  out=$("$JOURNEYS" -test.run "^$name\$" -test.timeout 20m 2>&1) || { word=FAIL; code=1; }
  if [ "$word" = FAIL ] && grep -q 'Chromium hangs: its renderer does not answer' <<<"$out"; then # not ours: once more, and told
    word=ok code=0
    out=$("$JOURNEYS" -test.run "^$name\$" -test.timeout 20m 2>&1) || { word=FAIL; code=1; }
    name+=' (again: Chromium hung)'
  fi
  { # whole, not among another's lines
    flock 9
    [ "$word" = ok ] || printf '%s\n' "$out"
    printf '%s\tonramp/e2e %s\t%.1fs\n' "$word" "$name" "$(( (${EPOCHREALTIME/./} - ${began/./}) / 100000 ))e-1"
  } 9>>"$JOURNEYS.lock"
  return $code
}
export -f one
{ grep -Fxf <(tr ' ' '\n' <<<"$first") <<<"$all" || true; grep -vFxf <(tr ' ' '\n' <<<"$first") <<<"$all"; } |
  xargs -P 2 -I {} bash -c 'one {}'
