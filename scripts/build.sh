#!/usr/bin/env bash
# Builds the binary and shows that it is working: the embedded Temporal server makes the first build long.
set -euo pipefail
out=${1:?usage: scripts/build.sh OUT [TAGS]}
tags=${2:-}
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false
# A release is a tag vX.Y.Z; between two of them the commits since the last; without one, "dev" and the commit.
version=$(git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null ||
  { commit=$(git describe --always --exclude '*' --dirty 2>/dev/null) && echo "dev-$commit"; } || echo dev)
mkdir -p "$(dirname "$out")"
if [ "$tags" != lean ] && ! [ -e "$out" ]; then
  echo "Building Onramp. The first build compiles a Temporal server and takes about 4 minutes on two cores; later ones take seconds."
fi
began=$(date +%s)
go mod download
# -v prints one package a line; a counter says more than a thousand names.
set +e
go build -v -tags "$tags" -ldflags "-s -w -X onramp/cli.Version=$version" -o "$out" . 2> >(
  awk -v tty="$([ -t 2 ] && echo 1)" '
    /^[a-z0-9.]+(\/[^ ]*)?$/ || /^[a-zA-Z0-9_.\/-]+$/ { n++; if (tty) { printf "\r  %d packages compiled", n; fflush() } else if (n % 200 == 0) { printf "  %d packages compiled\n", n; fflush() } next }
    { print }
    END { if (tty && n) printf "\n" }' >&2)
status=$?
set -e
wait
[ "$status" -eq 0 ] || { echo "The build failed; the lines above say where." >&2; exit "$status"; }
echo "Built $out in $(( $(date +%s) - began )) s ($(du -h "$out" | cut -f1))."
