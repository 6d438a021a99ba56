package assess

import (
	"cmp"
	"strconv"
	"strings"
)

// release is a version number: 1.22.6.
type release [3]int

// parseRelease reads "1.29.1", "v1.29.1" and "1.30.0-148.2"; pre says that something follows the number, so that it may
// come before the release of that number. ok is false for what is no version.
func parseRelease(s string) (r release, pre, ok bool) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "v")
	number, rest := s, ""
	if i := strings.IndexAny(s, "-+ "); i >= 0 {
		number, rest = s[:i], s[i:]
	}
	parts := strings.Split(number, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return release{}, false, false
	}
	for i, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 0 || n > 1_000_000 {
			return release{}, false, false
		}
		r[i] = n
	}
	return r, strings.HasPrefix(rest, "-"), true
}

func (r release) compare(o release) int {
	for i := range r {
		if c := cmp.Compare(r[i], o[i]); c != 0 {
			return c
		}
	}
	return 0
}

// atLeast says whether a version is at least a release: known is false for what is no version, and for a pre-release of
// exactly that number, of which nobody can say what it holds.
func atLeast(version string, min release) (yes, known bool) {
	r, pre, ok := parseRelease(version)
	if !ok || pre && r == min {
		return false, false
	}
	return r.compare(min) >= 0, true
}
