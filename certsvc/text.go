package certsvc

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// block is one BEGIN…END in a text, or what is left of one.
type block struct {
	label     string // "CERTIFICATE", upper case, single blanks
	der       []byte // nil when the body could not be decoded
	encrypted bool   // OpenSSL's old encryption
	dek       string // its DEK-Info
	cut       bool   // BEGIN or END is missing
}

// dash matches every character that editors put in the place of a hyphen.
const dash = `[-\x{2010}-\x{2015}\x{2212}\x{FE58}\x{FE63}\x{FF0D}]`

var (
	armor      = regexp.MustCompile(`(?i)(` + dash + `*)([ \t]*)\b(BEGIN|END)([ \t]*)([A-Z][A-Z0-9 \t]*?)([ \t]*)(` + dash + `+|\n|$)`)
	knownLabel = regexp.MustCompile(`^((TRUSTED|X509|NEW)?(CERTIFICATE)(REQUEST)?|(RSA|EC|DSA|ENCRYPTED|OPENSSH|ANY)?PRIVATEKEY|(RSA|EC)?PUBLICKEY|PKCS7|CMS|PKCS12|X509CRL|(EC|DH|DSA)PARAMETERS)$`)
	writtenOut = regexp.MustCompile(`(\\+r)?\\+n|\\+r`)
	quotedLine = regexp.MustCompile(`^[\s>|]*["']?(.*?)(["']\s*[+,;]?\s*\\?)?\s*\\?$`)
	joinLine   = regexp.MustCompile(`^\s*["']\s*[+,;]?\s*\\?\s*$`) // the end of a string constant alone
	procType   = regexp.MustCompile(`Proc-Type:\s*4,\s*ENCRYPTED`)
	dekInfo    = regexp.MustCompile(`DEK-Info:\s*([A-Z0-9-]+,[0-9A-Fa-f]+)`)
	headerLine = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*: `)
)

// glued is where a file that lacks its last line break was joined with another.
const glued = "----------BEGIN"

// maxArmor bounds how often BEGIN and END may stand in a text; every one of them is looked at.
const maxArmor = 20_000

// spacedLabels give the labels back their blanks when those were lost.
var spacedLabels = map[string]string{
	"CERTIFICATEREQUEST": "CERTIFICATE REQUEST", "NEWCERTIFICATEREQUEST": "NEW CERTIFICATE REQUEST",
	"TRUSTEDCERTIFICATE": "TRUSTED CERTIFICATE", "X509CERTIFICATE": "X509 CERTIFICATE",
	"PRIVATEKEY": "PRIVATE KEY", "RSAPRIVATEKEY": "RSA PRIVATE KEY", "ECPRIVATEKEY": "EC PRIVATE KEY",
	"DSAPRIVATEKEY": "DSA PRIVATE KEY", "ENCRYPTEDPRIVATEKEY": "ENCRYPTED PRIVATE KEY", "OPENSSHPRIVATEKEY": "OPENSSH PRIVATE KEY",
	"PUBLICKEY": "PUBLIC KEY", "RSAPUBLICKEY": "RSA PUBLIC KEY", "X509CRL": "X509 CRL",
	"ECPARAMETERS": "EC PARAMETERS", "DHPARAMETERS": "DH PARAMETERS",
}

// codes collects catalogue ids, each once, in the order of their first use.
type codes []string

func (c *codes) add(code string) {
	if !slices.Contains(*c, code) {
		*c = append(*c, code)
	}
}

// plainText turns a file into text with \n line ends and says what had to be changed for it:
// UTF-16 (KP-17), invisible characters (KP-16), carriage returns (KP-18).
func plainText(raw []byte) (string, codes) {
	var done codes
	if text, ok := fromUTF16(raw); ok {
		raw = []byte(text)
		done.add("KP-17")
	}
	s := string(raw)
	if !utf8.ValidString(s) {
		s = fromWindows1252(s)
	}
	clean := strings.Map(func(r rune) rune {
		switch {
		case r != '\n' && r != '\r' && r != '\t' && unicode.In(r, unicode.Cf, unicode.Cc):
			return -1
		case r != ' ' && unicode.Is(unicode.Zs, r):
			return ' '
		case r == '\u2028', r == '\u2029':
			return '\n'
		}
		return r
	}, s)
	if clean != s && !slices.Contains(done, "KP-17") {
		done.add("KP-16")
	}
	if strings.Contains(clean, "\r") {
		unix := strings.ReplaceAll(clean, "\r\n", "\n")
		if strings.Contains(unix, "\r") {
			done.add("KP-18")
		}
		clean = strings.ReplaceAll(unix, "\r", "\n")
	}
	return clean, done
}

// fromUTF16 decodes UTF-16 with or without its mark.
func fromUTF16(raw []byte) (string, bool) {
	if len(raw) < 4 || len(raw)%2 != 0 && raw[len(raw)-1] != 0 && raw[len(raw)-1] != '\n' {
		return "", false
	}
	var order binary.ByteOrder
	switch {
	case raw[0] == 0xFF && raw[1] == 0xFE, raw[0] != 0 && raw[1] == 0 && raw[2] != 0 && raw[3] == 0:
		order = binary.LittleEndian
	case raw[0] == 0xFE && raw[1] == 0xFF, raw[0] == 0 && raw[1] != 0 && raw[2] == 0 && raw[3] != 0:
		order = binary.BigEndian
	default:
		return "", false
	}
	units := make([]uint16, 0, len(raw)/2)
	for i := 0; i+1 < len(raw); i += 2 {
		units = append(units, order.Uint16(raw[i:]))
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\uFEFF"), true
}

// fromWindows1252 reads bytes that are no UTF-8 as Windows' old encoding, where dashes, quotes and
// blanks of editors live.
func fromWindows1252(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			switch s[0] {
			case 0x91, 0x92:
				r = '\''
			case 0x93, 0x94:
				r = '"'
			case 0x96, 0x97:
				r = '\u2013'
			case 0xA0:
				r = ' '
			}
		}
		b.WriteRune(r)
		s = s[n:]
	}
	return b.String()
}

// scan finds the BEGIN…END blocks of a text whatever was done to their lines, and says what was.
func scan(text string) ([]block, codes) {
	var done codes
	if strings.Contains(text, `\n`) || strings.Contains(text, `\r`) {
		text = writtenOut.ReplaceAllString(text, "\n")
		done.add("KP-21")
	}
	if strings.Contains(text, glued) { // an END and a BEGIN of files that were joined
		text = strings.ReplaceAll(text, glued, "-----\n-----BEGIN")
		done.add("KP-20")
	}
	var out []block
	open := ""    // label of a BEGIN that waits for its END
	bodyFrom := 0 // where its body begins
	lastEnd := 0  // where the last armor line ended
	lineFrom := 0 // where the line of the match begins
	looked := 0   // how far line breaks were looked for
	for i, m := range armor.FindAllStringSubmatchIndex(text, maxArmor) {
		if len(out) > maxParts || i == maxArmor-1 {
			return append(out, make([]block, maxParts+1)...), done // more than is read
		}
		left, right := text[m[2]:m[3]], text[m[14]:m[15]]
		label := strings.Join(strings.Fields(strings.ToUpper(text[m[10]:m[11]])), " ")
		packed := strings.ReplaceAll(label, " ", "")
		dashes := len([]rune(left))
		if right != "" && right != "\n" {
			dashes += len([]rune(right))
		} else {
			right = ""
		}
		known := knownLabel.MatchString(packed)
		if !(known && dashes > 0) && (len([]rune(left)) < 2 || len([]rune(right)) < 2) {
			continue
		}
		if spaced, ok := spacedLabels[packed]; ok {
			label = spaced
		}
		if left != "-----" || right != "-----" || text[m[4]:m[5]] != "" || text[m[12]:m[13]] != "" || text[m[8]:m[9]] != " " || text[m[10]:m[11]] != label {
			done.add("KP-25")
		}
		if at := strings.LastIndexByte(text[looked:m[0]], '\n'); at >= 0 {
			lineFrom = looked + at + 1
		}
		looked = m[0]
		before := text[max(lastEnd, lineFrom):m[0]]
		if lastEnd > lineFrom && strings.TrimSpace(before) == "" {
			before = "" // a blank that was a line break
		}
		lastEnd = m[1]
		if strings.EqualFold(text[m[6]:m[7]], "BEGIN") {
			if open != "" {
				out = append(out, block{label: open, cut: true})
			}
			open, bodyFrom = label, m[1]
			noteBefore(&done, before)
			if right != "" {
				noteAfter(&done, text[m[1]:])
			}
			continue
		}
		if open != label {
			if open != "" {
				label = open
			}
			out = append(out, block{label: label, cut: true})
		} else {
			if strings.TrimSpace(before) == "" && before != "" {
				done.add("KP-19")
			}
			out = append(out, decodeBody(label, text[bodyFrom:m[0]], &done))
		}
		open = ""
	}
	if open != "" {
		out = append(out, block{label: open, cut: true})
	}
	return out, done
}

// noteBefore judges what stands before BEGIN on its line: an indent, or a quote, a name and the like.
func noteBefore(done *codes, before string) {
	switch {
	case before == "":
	case strings.Trim(before, " \t>|") == "":
		done.add("KP-19")
	case strings.ContainsAny(before, `"'`+"`“”‘’=:"):
		done.add("KP-24")
	}
}

// noteAfter judges what follows BEGIN's dashes: anything but a line break means that breaks were lost.
func noteAfter(done *codes, after string) {
	line, _, _ := strings.Cut(after[:min(len(after), 200)], "\n")
	line = strings.Trim(line, " \t\"'+\\,")
	if line != "" {
		done.add("KP-20")
	}
}

// decodeBody decodes what stands between BEGIN and END.
func decodeBody(label, body string, done *codes) block {
	b := block{label: label}
	if strings.Contains(body, "Proc-Type:") && strings.Contains(body, "ENCRYPTED") {
		b.encrypted = true
		if m := dekInfo.FindStringSubmatch(body); m != nil {
			b.dek = m[1]
		}
		body = dekInfo.ReplaceAllString(procType.ReplaceAllString(body, ""), "")
	}
	var b64 strings.Builder
	for _, line := range strings.Split(body, "\n") {
		if headerLine.MatchString(strings.TrimSpace(line)) {
			continue
		}
		m := quotedLine.FindStringSubmatch(line)
		if m == nil || joinLine.MatchString(line) {
			continue
		}
		if strings.ContainsAny(line, `"'`) {
			done.add("KP-24")
		}
		b64.WriteString(strings.Join(strings.Fields(m[1]), ""))
	}
	b.der = decode64(b64.String())
	return b
}

// decode64 decodes base64 in either alphabet, with or without padding; nil when it is none.
func decode64(s string) []byte {
	s = strings.TrimRight(s, "=")
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	out, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || len(out) == 0 {
		return nil
	}
	return out
}

// strictly reports whether a plain PEM reader finds exactly these blocks in raw, so that nothing had
// to be repaired in the text.
func strictly(raw []byte, blocks []block) bool {
	for _, b := range blocks {
		got, rest := pem.Decode(raw)
		if got == nil || got.Type != b.label || !b.encrypted && !bytes.Equal(got.Bytes, b.der) {
			return false
		}
		raw = rest
	}
	return true
}
