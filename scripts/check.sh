#!/usr/bin/env bash
# The fast checks, of both modules. Each names the command that repairs what it finds.
set -uo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS=-buildvcs=false
bad=0
say() { echo "check: $1" >&2; bad=1; }

out=$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l)
[ -z "$out" ] || say "not gofmt'ed (gofmt -w .): $out"
for module in . e2e; do
  out=$(go -C "$module" mod tidy -diff 2>&1) || say "go.mod or go.sum drifted (go -C $module mod tidy): $out"
done
go tool templ fmt -fail views >/dev/null 2>&1 || say "templ files are not formatted (go tool templ fmt views)"
drift=$(mktemp -d); trap 'rm -rf "$drift"' EXIT
mkdir "$drift/before"; cp views/*_templ.go "$drift/before/"
go tool templ generate -path views >/dev/null 2>"$drift/err" || { cat "$drift/err"; say "templ generate failed"; }
for f in views/*_templ.go; do cmp -s "$f" "$drift/before/$(basename "$f")" || say "generated code drifted (make generate): $f"; done
go vet ./... || say "go vet"
go vet -tags lean ./rehearsal ./cli || say "go vet -tags lean"
go -C e2e vet ./... ./testdata/stuck || say "go vet in e2e"
# One staticcheck for both modules: it is a tool of the first.
staticcheck=$(go tool -n staticcheck) && "$staticcheck" ./... || say "staticcheck"
(cd e2e && "$staticcheck" ./... ./testdata/stuck) || say "staticcheck in e2e"
go test -count=1 . || say "the walls of the house (docs/ARCHITECTURE.md)"
marks=$(git grep -lIE '^(<{7}|>{7}) ') && say "a merge left its marks: $marks"
hosts=$(git grep -nIE 'resolved": "https?://' -- '*package-lock.json' | head -3)
[ -z "$hosts" ] || say "npm lock file names a registry (npm config omit-lockfile-registry-resolved): $hosts"
[ "$bad" -eq 0 ] && echo "check: clean"
exit "$bad"
