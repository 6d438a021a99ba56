package static

import (
	"strconv"
	"strings"
)

// Encoding chooses the content coding of an answer: the first of offered that an Accept-Encoding
// header allows, "" when it allows none of them. A coding is allowed when it is named, or covered by
// *, with a weight above 0 (RFC 9110, 12.5.3); a browser on plain http names no br, and then must not get it.
func Encoding(header string, offered ...string) string {
	weights := map[string]float64{}
	for _, part := range strings.Split(header, ",") {
		coding, params, _ := strings.Cut(part, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding != "" {
			weights[coding] = weight(params)
		}
	}
	for _, o := range offered {
		q, named := weights[o]
		if !named {
			q = weights["*"]
		}
		if q > 0 {
			return o
		}
	}
	return ""
}

// weight reads "q=0.5"; no weight is 1, an unreadable one 0.
func weight(params string) float64 {
	for _, p := range strings.Split(params, ";") {
		k, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		if strings.EqualFold(strings.TrimSpace(k), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			if err != nil {
				return 0
			}
			return q
		}
	}
	return 1
}
