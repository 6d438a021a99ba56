package certsvc

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
)

// TestReadBatch: rows are read as spreadsheets write them; mistakes are told with their rows, all at once.
// TestFoldersOnWindows: a client's folder can be unpacked on every system.
func TestFoldersOnWindows(t *testing.T) {
	for name, refused := range map[string]bool{"CON": true, "con": true, "nul.txt": true, "COM1": true, "lpt9.a": true, "orders.": true, "console": false, "com": false, "com10": false, "orders.v2": false} {
		faults := BatchRow{Row: 2, Name: name, Leaf: LeafSpec{CommonName: "x"}}.check("", map[string]int{})
		if got := slices.ContainsFunc(faults, func(f *fault.Fault) bool { return strings.Contains(f.Title, "Windows") }); got != refused {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

func TestReadBatch(t *testing.T) {
	for _, tt := range []struct {
		what, in string
		want     []BatchRow
		fields   []string
	}{
		{"plain", "name,cn,days\nbilling,billing.prod,90\nshipping,,\n", []BatchRow{{2, "billing", LeafSpec{CommonName: "billing.prod", Days: 90}}, {3, "shipping", LeafSpec{CommonName: "shipping"}}}, nil},
		{"Excel", "\uFEFFName;Days;OU;Organization\r\nbilling;30;Pay;\"Acme; Ltd\"\r\n", []BatchRow{{2, "billing", LeafSpec{CommonName: "billing", Days: 30, OrganizationalUnit: "Pay", Organization: "Acme; Ltd"}}}, nil},
		{"name only", "name\na\n\nb\n", []BatchRow{{2, "a", LeafSpec{CommonName: "a"}}, {4, "b", LeafSpec{CommonName: "b"}}}, nil},
		{"short rows", "name,cn,days\na\n", []BatchRow{{2, "a", LeafSpec{CommonName: "a"}}}, nil},
		{"UTF-16", string(utf16le([]byte("name,cn\r\na,ä\r\n"))), []BatchRow{{2, "a", LeafSpec{CommonName: "ä"}}}, nil},
		{"empty", "", nil, []string{"rows"}},
		{"header only", "name,cn,days\n", nil, []string{"rows"}},
		{"no header", "billing,billing.prod,90\n", nil, []string{"rows"}},
		{"unknown column", "name,color\na,red\n", nil, []string{"rows"}},
		{"bad rows", "name,cn,days\n../etc,x,1\nok,x,ten\nok,y,0\nOK,z,-5\n,x,\nlong," + strings.Repeat("x", 65) + ",\nctl,a\x01b,\n", nil,
			[]string{"rows[8].name", "rows[2].name", "rows[3].days", "rows[4].name", "rows[4].days", "rows[5].name", "rows[5].days", "rows[6].name", "rows[7].cn"}},
		{"a private key", "name,cn\nx,-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n", nil, []string{"rows"}},
		{"a key without its frame", "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n", nil, []string{"rows"}},
		{"invisible", "name,cn\na\u200b,x\nb,y\n", nil, []string{"rows[2].name"}},
		{"open quote", "name,cn\na,\"b\n", nil, []string{"rows[2].name"}},
	} {
		got, err := ReadBatch([]byte(tt.in))
		var fields []string
		for _, f := range fault.All(err) {
			fields = append(fields, f.Field)
			if f.Title == "" || f.Fix == "" {
				t.Errorf("%s: %+v", tt.what, f)
			}
		}
		if diff := cmp.Diff(tt.fields, fields); diff != "" {
			t.Errorf("%s: fields (-want +got):\n%s%v", tt.what, diff, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: rows (-want +got):\n%s", tt.what, diff)
		}
	}
	var big strings.Builder
	big.WriteString("name\n")
	for i := range MaxBatch + 1 {
		fmt.Fprintf(&big, "c%d\n", i)
	}
	if _, err := ReadBatch([]byte(big.String())); !fault.Is(err, fault.TooLarge) {
		t.Errorf("%d rows: %v", MaxBatch+1, err)
	}
	if _, err := ReadBatch(make([]byte, MaxPaste+1)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a paste too large: %v", err)
	}
}

// TestHoldsKey: whatever holds a key is known as such, and what holds none is not.
func TestHoldsKey(t *testing.T) {
	key := string(must(encodeKey(ecKey(t, elliptic.P256())))(t).Reveal())
	lines := strings.Split(strings.TrimSpace(key), "\n")
	body := strings.Join(lines[1:len(lines)-1], "")
	ca := must(testService().CA(CASpec{CommonName: "x"}))(t)
	for text, want := range map[string]bool{
		key: true, strings.ReplaceAll(key, "\n", `\n`): true, strings.Join(lines[1:len(lines)-1], "\n"): true, body: true, "name,cn\nx," + body + ",30\n": true,
		Base64Line([]byte(key)): true, lines[0]: true, string(ca.CertPEM) + key: true,
		"": false, "payments": false, string(ca.CertPEM): false, "name,cn\nx," + strings.Repeat("A", 80): false, "name\n" + Base64Line(ca.Cert.Raw): false,
	} {
		if got := HoldsKey([]byte(text)); got != want {
			t.Errorf("HoldsKey(%.40q) = %v", text, got)
		}
	}
}

// TestWriteBatch: a folder for each row, each pair good; one bad row and nothing is written.
func TestWriteBatch(t *testing.T) {
	s, ca := testService(), makeSet().ca
	rows := must(ReadBatch([]byte("name,cn,days\nbilling,billing.prod,90\nshipping,,\n")))(t)
	var out bytes.Buffer
	if err := s.WriteBatch(t.Context(), &out, ca, rows); err != nil {
		t.Fatal(err)
	}
	content, modes := unpack(t, out.Bytes())
	for name, mode := range modes {
		if want := map[bool]uint32{true: 0o600, false: 0o644}[strings.HasSuffix(name, ".key")]; uint32(mode) != want {
			t.Errorf("%s has mode %o, want %o", name, mode, want)
		}
	}
	if len(content) != 6 || !bytes.Equal([]byte(content["ca.pem"]), ca.CertPEM) || !strings.Contains(content["README.txt"], "2 client certificates") {
		t.Errorf("%d files", len(content))
	}
	for name, days := range map[string]int{"billing": 90, "shipping": 364} {
		p, done, err := ReadPair([]byte(content[name+"/client.pem"]), []byte(content[name+"/client.key"]))
		if err != nil || len(done) > 0 || !p.Leaf().NotAfter.Equal(testNow.AddDate(0, 0, days)) {
			t.Errorf("%s: %v, %v", name, done, err)
		}
	}
	for _, tt := range []struct{ in, want string }{
		{"name,days\na,10\nb,365\nc,400\n", "rows[3].days/CH-12 rows[4].days/CH-12"},
		{"name,cn,organization\na,payments ca,acme\n", "rows[2].common_name/CH-21"},
	} {
		var out bytes.Buffer
		err := s.WriteBatch(t.Context(), &out, ca, must(ReadBatch([]byte(tt.in)))(t))
		var got []string
		for _, f := range fault.All(err) {
			got = append(got, f.Field+"/"+f.Code)
		}
		if strings.Join(got, " ") != tt.want || out.Len() > 0 {
			t.Errorf("%q: %v and %d bytes", tt.in, got, out.Len())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.WriteBatch(ctx, io.Discard, ca, rows); err == nil {
		t.Error("it went on after its context ended")
	}
	if err := s.WriteBatch(t.Context(), fullDisk{}, ca, rows); err == nil {
		t.Error("a failing writer was not noticed")
	}
	if err := s.WriteBatch(t.Context(), io.Discard, Issued{Cert: ca.Cert}, rows); err == nil {
		t.Error("a CA without its key signed")
	}
}

// TestBatchMemory: what is held while writing does not grow with the number of certificates, but for
// the archive's own list of names.
func TestBatchMemory(t *testing.T) {
	s := testService()
	ca := must(s.CA(CASpec{CommonName: "batch", KeyType: ECP256}))(t)
	held := func(n int) (peak int64) {
		rows := make([]BatchRow, n)
		for i := range rows {
			rows[i] = BatchRow{Row: i + 2, Name: fmt.Sprintf("c%04d", i), Leaf: LeafSpec{CommonName: fmt.Sprintf("c%04d", i)}}
		}
		alive := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before, written, next := alive(), 0, 100_000
		w := writerFunc(func(b []byte) (int, error) {
			if written += len(b); written > next {
				next += 500_000
				peak = max(peak, alive()-before)
			}
			return len(b), nil
		})
		if err := s.WriteBatch(t.Context(), w, ca, rows); err != nil {
			t.Fatal(err)
		}
		runtime.KeepAlive(rows)
		return peak
	}
	held(200)
	// The archive's list costs some 550 bytes a certificate; with the certificate and its key it would be three times that.
	if few, many := held(200), held(4000); many-few > 3800*900 {
		t.Errorf("200 certificates hold %d kB, 4000 hold %d kB", few>>10, many>>10)
	} else {
		t.Logf("200 certificates hold %d kB, 4000 hold %d kB", few>>10, many>>10)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
