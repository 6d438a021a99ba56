package doctor

import "encoding/binary"

// recordWatch follows the TLS records that come in, by their headers alone (RFC 8446 §5.1). Go's TLS passes
// over the alert "user canceled" (90) of TLS 1.3 without a word; its record can still be told by its length.
type recordWatch struct {
	head [5]byte
	got  int // bytes of head
	left int // bytes of the record's body still to come

	on     bool // the handshake is over: records count
	alerts int  // encrypted records of the length of an alert
}

// encryptedAlert is the length of an alert's record in TLS 1.3: two bytes, their type, and the 16 bytes of the
// tag that every cipher suite of TLS 1.3 has, but for AES-CCM-8. A message of HTTP/2 is never so short, and
// neither is a session ticket.
const encryptedAlert = 2 + 1 + 16

func (w *recordWatch) saw(b []byte) {
	for len(b) > 0 {
		if w.left > 0 {
			n := min(w.left, len(b))
			w.left -= n
			b = b[n:]
			continue
		}
		n := copy(w.head[w.got:], b)
		w.got += n
		b = b[n:]
		if w.got < len(w.head) {
			return
		}
		w.got = 0
		w.left = int(binary.BigEndian.Uint16(w.head[3:]))
		if w.on && w.head[0] == 23 && w.left == encryptedAlert {
			w.alerts++
		}
	}
}
