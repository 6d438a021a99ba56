package doctor

import (
	"encoding/binary"

	"golang.org/x/net/http2"
)

// farewell is a server's GOAWAY (RFC 9113 §6.8).
type farewell struct {
	code  http2.ErrCode
	debug string // what the server wrote beside it, cleaned
}

// tooManyPings is what gRPC servers write to a client that pings too often (gRPC's keepalive rules).
func (f farewell) tooManyPings() bool {
	return f.code == http2.ErrCodeEnhanceYourCalm || f.debug == "too_many_pings"
}

// frameWatch follows the HTTP/2 frames that come in and keeps the last GOAWAY: gRPC says of it only that "the
// connection is draining".
type frameWatch struct {
	head [9]byte
	got  int
	left int
	keep []byte // the payload of a GOAWAY so far

	goaway  bool // the running frame is one
	said    farewell
	hasSaid bool
	frames  int
}

// maxGoAway is how much of a GOAWAY is kept.
const maxGoAway = 8 + 200

func (w *frameWatch) saw(b []byte) {
	for len(b) > 0 {
		if w.left > 0 {
			n := min(w.left, len(b))
			if w.goaway && len(w.keep) < maxGoAway {
				w.keep = append(w.keep, b[:min(n, maxGoAway-len(w.keep))]...)
			}
			w.left -= n
			b = b[n:]
			if w.left == 0 {
				w.ended()
			}
			continue
		}
		n := copy(w.head[w.got:], b)
		w.got += n
		b = b[n:]
		if w.got < len(w.head) {
			return
		}
		w.got = 0
		w.frames++
		w.left = int(w.head[0])<<16 | int(w.head[1])<<8 | int(w.head[2])
		w.goaway = w.head[3] == byte(http2.FrameGoAway)
		w.keep = w.keep[:0]
	}
}

func (w *frameWatch) ended() {
	if !w.goaway || len(w.keep) < 8 {
		return
	}
	w.said = farewell{http2.ErrCode(binary.BigEndian.Uint32(w.keep[4:])), clean(string(w.keep[8:]), 100)}
	w.hasSaid = true
}
