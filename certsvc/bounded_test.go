package certsvc

import (
	"bytes"
	"context"
	"crypto/x509"
	"io"
	"runtime"
	"testing"
	"time"

	"onramp/fault"
	"onramp/limit"
)

// readers are every way into this room for a text, apart from Inspect; each gives the fault that it ended with.
func readers(t testing.TB) map[string]func(text []byte) error {
	ofLints := func(all []Lint) error {
		for _, l := range all {
			if l.Err != nil {
				return l.Err
			}
		}
		return nil
	}
	set := makeSet()
	return map[string]func([]byte) error{
		"ReadCertificates": func(b []byte) error { _, _, err := ReadCertificates(b); return err },
		"ReadKey":          func(b []byte) error { _, _, err := readKey(b); return err },
		"ReadPair":         func(b []byte) error { _, _, err := ReadPair(b, set.leaf.Key.Reveal()); return err },
		"ReadPair, key":    func(b []byte) error { _, _, err := ReadPair(set.leaf.CertPEM, b); return err },
		"LintBundle":       func(b []byte) error { _, all := LintBundle(b, testNow); return ofLints(all) },
		"AddToBundle":      func(b []byte) error { _, err := AddToBundle(set.ca.CertPEM, b, testNow); return err },
		"RemoveFromBundle": func(b []byte) error { _, err := RemoveFromBundle(b, nil, testNow); return err },
		"Sign": func(b []byte) error {
			_, err := testService().Sign(set.ca, b, LeafSpec{CommonName: "w", Days: 9})
			return err
		},
		"ReadAuthority": func(b []byte) error { _, _, err := ReadAuthority([]File{{"a", b}}, ""); return err },
		"ReadBatch": func(b []byte) error {
			_, err := ReadBatch(append([]byte("name,cn,days\n"), b...))
			return err
		},
		"ParseFilters": func(b []byte) error { _, err := ParseFilters(b); return err },
		"TerraformCA":  func(b []byte) error { _, err := TerraformCA(b); return err },
		"WriteBundle": func(b []byte) error {
			return WriteBundle(io.Discard, Bundle{Namespace: "orders.a1b2c", CAPEM: set.ca.CertPEM, ClientPEM: b})
		},
		"Output": func(b []byte) error {
			_, err := Output(FormatFullChain, OutputSpec{CAPEM: b, ClientPEM: set.leaf.CertPEM})
			return err
		},
	}
}

// TestAdmitted: while the share of the machine for strangers' files is taken, no reader begins with a long text, and
// what is small, as all that Onramp stored is, is read as ever.
func TestAdmitted(t *testing.T) {
	taken, free := make(chan struct{}), make(chan struct{})
	var done = make(chan error, 1)
	go func() {
		done <- limit.Shared.Do(context.Background(), 192<<20, func(context.Context) error {
			close(taken)
			<-free
			return nil
		})
	}()
	<-taken
	long := append(bytes.Clone(makeSet().ca.CertPEM), bytes.Repeat([]byte("# a remark\n"), cheap/11+1)...)
	for name, read := range readers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := read(long); !fault.Is(err, fault.TooMany) || fault.From(err).Fix == "" {
				t.Errorf("a long text: %v", err)
			}
			if name == "ReadAuthority" {
				return // it may stretch a passphrase, and is always admitted
			}
			if err := read(makeSet().ca.CertPEM); fault.Is(err, fault.TooMany) {
				t.Errorf("a CA: %v", err)
			}
		})
	}
	t.Run("LintLeaf", func(t *testing.T) {
		t.Parallel()
		costly, _, err := readUngated(namesakes(t, 60, 16384, 0x7fffffff))
		if err != nil {
			t.Fatal(err)
		}
		if all := LintLeaf(costly, costly, testNow); len(all) != 1 || all[0].Err == nil || all[0].Err.Kind != fault.TooMany || all[0].Severity != SevError {
			t.Errorf("60 CAs of RSA-16384: %v", all)
		}
		if all := LintLeaf(certs(makeSet().leaf.Cert), certs(makeSet().ca.Cert), testNow); len(all) > 0 && all[0].Err != nil {
			t.Errorf("a client certificate and its CA: %v", all)
		}
	})
	t.Run("HoldsKey", func(t *testing.T) {
		t.Parallel()
		if !HoldsKey(long) {
			t.Error("a text that could not be looked at is said to hold no key")
		}
	})
	t.Cleanup(func() { // after the parallel ones
		close(free)
		if err := <-done; err != nil {
			t.Error(err)
		}
		for name, read := range readers(t) {
			if err := read(long); fault.Is(err, fault.TooMany) {
				t.Errorf("%s afterwards: %v", name, err)
			}
		}
	})
}

func readUngated(raw []byte) ([]*x509.Certificate, codes, error) {
	f, err := recognise(raw)
	return f.certs(), f.repairs, err
}

// TestCheap: what is read without admission takes little, whatever is in it.
func TestCheap(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	var worst time.Duration
	var most int64
	for what, content := range bombs(t) {
		content = content[:min(len(content), cheap)]
		for how, read := range readers(t) {
			if how == "ReadAuthority" {
				continue
			}
			cpu, memory := watched(t, func() { _ = read(content) })
			worst, most = max(worst, cpu), max(most, memory)
			if cpu > bombCPU/4 || memory > bombMemory/10 {
				t.Errorf("%s, %s: %v of processor time, %d MB", what, how, cpu.Round(time.Millisecond), memory>>20)
			}
		}
	}
	t.Logf("at most %v of processor time and %d MB", worst.Round(time.Millisecond), most>>20)
	noneLeft(t, goroutines)
}
