#!/usr/bin/env bash
# Writes what a binary is made of, as CycloneDX JSON, from the build information in it: scripts/sbom.sh BINARY OUT.
set -euo pipefail
binary=${1:?usage: scripts/sbom.sh BINARY OUT}
out=${2:?usage: scripts/sbom.sh BINARY OUT}
export GOFLAGS=
# Pinned here and not in go.mod: its own dependencies are none of Onramp's. The checksum database vouches for it.
tool=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
go run "$tool" bin -json -output "$out" "$binary"
# Each module of the binary is in it, or there is no file.
missing=$(go version -m "$binary" | awk '$1 == "dep" { print $2 "@" $3 }' | while read -r module; do
  grep -qF "pkg:golang/$module" "$out" || echo "$module"
done)
[ -z "$missing" ] || { rm -f "$out"; echo "the list lacks: $missing" >&2; exit 1; }
echo "Wrote $out: $(grep -c '"purl"' "$out") components."
