package doctor

import (
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

// alertWords are the TLS alerts (RFC 8446 §6) by the words of Go, of OpenSSL and BoringSSL, of the JDK and of rustls,
// in small letters without anything between the words. 0 is a text of the client's own that begins like an alert's.
var alertWords = map[string]uint8{
	"unexpectedmessage": 10, "badrecordmac": 20, "recordoverflow": 22, "handshakefailure": 40,
	"badcertificate": 42, "badcert": 42, "unsupportedcertificate": 43, "unsupportedcert": 43, "unsupportedcertificatecurve": 0,
	"certificaterevoked": 44, "revokedcertificate": 44, "certrevoked": 44,
	"certificateexpired": 45, "expiredcertificate": 45, "certexpired": 45,
	"certificateunknown": 46, "unknowncertificate": 46, "certunknown": 46,
	"illegalparameter": 47, "unknownca": 48, "unknowncertificateauthority": 48,
	"accessdenied": 49, "decodeerror": 50, "errordecodingmessage": 50, "decrypterror": 51, "errordecryptingmessage": 51,
	"protocolversion": 70, "protocolversionnotsupported": 70, "insufficientsecurity": 71, "insufficientsecuritylevel": 71,
	"internalerror": 80, "usercanceled": 90, "usercancelled": 90, "missingextension": 109, "unsupportedextension": 110,
	"unrecognizedname": 112, "unrecognisedname": 112, "badcertificatestatusresponse": 113, "badcertificatehashvalue": 0,
	"certificaterequired": 116, "noapplicationprotocol": 120,
}

// longestAlert is how many letters the longest of alertWords has.
var longestAlert = func() (n int) {
	for w := range alertWords {
		n = max(n, len(w))
	}
	return n
}()

// alertSigns stand before an alert's name. Go's own complaints begin with "tls: " too, but with other words.
var alertSigns = []string{"alert", "remote error: tls:", "tls: "}

// namedAlert is the alert that a text names, and where.
func namedAlert(low string) (number uint8, from, to int, ok bool) {
	for _, sign := range alertSigns {
		at := 0
		for range tries {
			i := strings.Index(low[at:], sign)
			if i < 0 {
				break
			}
			from, at = at+i, at+i+len(sign)
			n, used := alertAfter(low[at:min(len(low), at+64)])
			// Go's own complaints go on after an alert's name: "tls: unsupported certificate key".
			if n != 0 && (sign != "tls: " || at+used == len(low) || strings.IndexByte("\"'`),]}", low[at+used]) >= 0) {
				return n, from, at + used, true
			}
		}
	}
	return 0, 0, 0, false
}

// alertAfter reads the alert's name or number that a text begins with, and how much of it that takes.
func alertAfter(s string) (number uint8, used int) {
	if rest, ok := strings.CutPrefix(s, " number "); ok { // OpenSSL: SSL alert number 48
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if n, err := strconv.ParseUint(rest[:digits], 10, 8); err == nil {
			return uint8(n), len(" number ") + digits
		}
	}
	var word []byte
	best := uint8(0)
	for i := 0; i < len(s) && len(word) <= longestAlert; i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z':
			word = append(word, c)
			// A name ends where a word ends, or is followed by one that is not part of a longer name.
			if n, ok := alertWords[string(word)]; ok && (i+1 == len(s) || !wordByte(s[i+1]) || s[i+1] == '_') {
				best, used = n, i+1
			}
		case strings.IndexByte(" _-:,.'\"([{", c) < 0, len(word) == 0 && i > 8:
			return best, used
		}
	}
	return best, used
}

var (
	// OpenSSL and BoringSSL number their errors; the last three digits of those of the SSL part are the reason, and an
	// alert's is 1000 more than its own number (SSL_AD_REASON_OFFSET).
	sslReason = regexp.MustCompile(`error:([0-9a-f]{8}):ssl routines`)
	// What a program showed of the bytes that came: netty as hex, Go's and Python's clients as escapes.
	hexDump = regexp.MustCompile(`(?:hex dump for first \d+ bytes|not an ssl/tls record): ([0-9a-f]{4,64})`)
	escaped = regexp.MustCompile(`(?:malformed http response|response|preface|line|bytes?|got|received|record header):? b?["']((?:\\{1,2}x[0-9a-f]{2}){2}[^"']{0,60})`)
	// … or took for the length of a frame or message: "HTT" is 4740180, "HTTP" is 1213486160.
	asLength  = regexp.MustCompile(`(?:frame_size_error:|frame length:?|frame size|frame too large:?|message larger than max \(|message length) ?(\d{7,10})\b`)
	oneEscape = regexp.MustCompile(`\\{1,2}x[0-9a-f]{2}`)
)

// numberedAlert is the alert whose number OpenSSL or BoringSSL printed.
func numberedAlert(low string) (number uint8, from, to int, ok bool) {
	for _, m := range sslReason.FindAllStringSubmatchIndex(low, 20) {
		code, err := strconv.ParseUint(low[m[2]:m[3]], 16, 32)
		if reason := code & 0xfff; err == nil && reason > 1000 && reason <= 1000+120 {
			return uint8(reason - 1000), m[0], m[1], true
		}
	}
	return 0, 0, 0, false
}

// shownBytes are the first bytes of an answer that a program printed, nil for none.
func shownBytes(low string) (b []byte, from, to int) {
	if m := hexDump.FindStringSubmatchIndex(low); m != nil && m[2] >= 0 {
		digits := low[m[2]:m[3]]
		b, err := hex.DecodeString(digits[:len(digits)/2*2])
		if err == nil {
			return b, m[0], m[1]
		}
	}
	for _, sign := range []string{"frame_size_error", "frame length", "frame size", "frame too large", "message larger than max", "message length"} {
		i := strings.Index(low, sign)
		if i < 0 {
			continue
		}
		m := asLength.FindStringSubmatchIndex(low[i:min(len(low), i+60)])
		if m == nil {
			continue
		}
		for j := range m {
			m[j] += i
		}
		n, err := strconv.ParseUint(low[m[2]:m[3]], 10, 32)
		b := []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}
		if n < 1<<24 {
			b = b[1:]
		}
		if err == nil && answered(b) != "" {
			return b, m[0], m[1]
		}
	}
	i := strings.Index(low, `\x`)
	if i < 0 {
		return nil, 0, 0
	}
	start := max(0, i-120)
	if m := escaped.FindStringSubmatchIndex(low[start:min(len(low), i+200)]); m != nil {
		for i := range m {
			m[i] += start
		}
		text := oneEscape.ReplaceAllStringFunc(low[m[2]:m[3]], func(e string) string {
			n, _ := strconv.ParseUint(e[len(e)-2:], 16, 8)
			return string([]byte{byte(n)})
		})
		return []byte(text), m[0], m[1]
	}
	return nil, 0, 0
}

// answered is what the first bytes of an answer tell, as a clue of the decoder; "" where they tell nothing.
func answered(b []byte) string {
	if len(b) >= 2 && b[1] == 3 && (b[0] == 0x15 || b[0] == 0x16) { // a record of TLS: an alert, or a handshake
		return "answered:tls"
	}
	switch s := strings.ToUpper(string(b[:min(len(b), 5)])); {
	case strings.HasPrefix(s, "HTT"), strings.HasPrefix(s, "<HTM"), strings.HasPrefix(s, "<!DO"):
		return "answered:http1"
	}
	switch speaks(b) {
	case speaksHTTP2:
		return "answered:http2"
	case speaksElse:
		return ""
	}
	return "answered:other"
}
