package certsvc

// maxNesting bounds how deep elements may stand in one another; certificates have some ten levels, key stores twenty.
const maxNesting = 32

// toDER rewrites one BER element (X.690 §8) in DER's definite, shortest lengths and with strings in one piece, as
// programs of the 1990s and Java libraries still write PKCS#7 and PKCS#12. What stands after the element is left out.
// ok is false when raw does not begin with a whole element. The result is at most as long as raw.
func toDER(raw []byte) (der []byte, ok bool) {
	b := ber{left: len(raw)/2 + 1}
	out, _, ok := b.element(raw, 0)
	return out, ok
}

// ber counts elements: each has two bytes at least.
type ber struct{ left int }

// header is an element's identifier octets, and its length; length is -1 for the indefinite form.
func header(raw []byte) (tag, rest []byte, length int, ok bool) {
	if len(raw) < 2 {
		return nil, nil, 0, false
	}
	n := 1
	if raw[0]&0x1F == 0x1F { // a long tag
		for n < len(raw) && n < 6 && raw[n]&0x80 != 0 {
			n++
		}
		n++
	}
	if n >= len(raw) {
		return nil, nil, 0, false
	}
	tag, first := raw[:n], raw[n]
	rest = raw[n+1:]
	switch {
	case first < 0x80:
		length = int(first)
	case first == 0x80:
		return tag, rest, -1, raw[0]&0x20 != 0
	default:
		size := int(first & 0x7F)
		if size > len(rest) || size > 8 {
			return nil, nil, 0, false
		}
		for _, c := range rest[:size] {
			if length > 1<<24 {
				return nil, nil, 0, false
			}
			length = length<<8 | int(c)
		}
		rest = rest[size:]
	}
	return tag, rest, length, length <= len(rest)
}

// element rewrites the first element of raw and returns what follows it.
func (b *ber) element(raw []byte, depth int) (der, rest []byte, ok bool) {
	tag, body, length, ok := header(raw)
	if b.left--; !ok || depth > maxNesting || b.left < 0 {
		return nil, nil, false
	}
	if tag[0]&0x20 == 0 {
		return encodeElement(tag, body[:length]), body[length:], true
	}
	inside, endless := body, length < 0
	if !endless {
		inside, rest = body[:length], body[length:]
	}
	joins := tag[0] == 0x24 // a constructed OCTET STRING: its pieces are one value
	var content []byte
	for {
		if endless && len(inside) >= 2 && inside[0] == 0 && inside[1] == 0 {
			rest = inside[2:]
			break
		}
		if len(inside) == 0 {
			if endless {
				return nil, nil, false
			}
			break
		}
		var piece []byte
		if piece, inside, ok = b.element(inside, depth+1); !ok {
			return nil, nil, false
		}
		if joins {
			t, v, n, ok := header(piece)
			if !ok || t[0] != 0x04 {
				return nil, nil, false
			}
			piece = v[:n]
		}
		content = append(content, piece...)
	}
	if joins {
		tag = []byte{0x04}
	}
	return encodeElement(tag, content), rest, true
}

// encodeElement writes an element with its length in DER's shortest form.
func encodeElement(tag, content []byte) []byte {
	n := len(content)
	out := append(make([]byte, 0, len(tag)+5+n), tag...)
	switch {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 1<<8:
		out = append(out, 0x81, byte(n))
	case n < 1<<16:
		out = append(out, 0x82, byte(n>>8), byte(n))
	default:
		out = append(out, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	return append(out, content...)
}
