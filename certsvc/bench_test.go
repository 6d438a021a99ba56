package certsvc

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// batchRows asks for n client certificates.
func batchRows(n int) []BatchRow {
	rows := make([]BatchRow, n)
	for i := range rows {
		rows[i] = BatchRow{Row: i + 2, Name: fmt.Sprintf("c%05d", i), Leaf: LeafSpec{CommonName: fmt.Sprintf("c%05d", i)}}
	}
	return rows
}

// BenchmarkBulk issues in bulk, with checks, lints and the archive, and does the bare crypto of the same
// work in turns in the same run, on as many processors: a key, a signature, the key's encoding. The budget is 80 % of
// the bare rate (docs/BENCHMARKS.md), by the clock and by processor time.
func BenchmarkBulk(b *testing.B) {
	const n = 500
	s, rows := New(Options{}), batchRows(n)
	ca := must(s.CA(CASpec{CommonName: "ca", KeyType: ECP256}))(b)
	key := keyOf(b, ca)
	var ours, bare, oursCPU, bareCPU time.Duration
	made := 0
	for b.Loop() {
		began, cpu := time.Now(), spent(b)
		if err := s.WriteBatch(b.Context(), io.Discard, ca, rows); err != nil {
			b.Fatal(err)
		}
		ours, oursCPU = ours+time.Since(began), oursCPU+spent(b)-cpu
		began, cpu = time.Now(), spent(b)
		bareCrypto(b, ca.Cert, key, n)
		bare, bareCPU = bare+time.Since(began), bareCPU+spent(b)-cpu
		made += n
	}
	b.ReportMetric(float64(made)/ours.Seconds(), "certs/s")
	b.ReportMetric(float64(made)/bare.Seconds(), "bare-certs/s")
	b.ReportMetric(bare.Seconds()/ours.Seconds(), "of-bare-rate")
	b.ReportMetric(bareCPU.Seconds()/oursCPU.Seconds(), "of-bare-rate-a-processor")
}

// bareCrypto is what cannot be saved of n client certificates.
func bareCrypto(b *testing.B, ca *x509.Certificate, key crypto.Signer, n int) {
	var hands sync.WaitGroup
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		hands.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
				if err == nil {
					t := &x509.Certificate{SerialNumber: big.NewInt(i), Subject: name("c", "", ""), NotBefore: time.Now(), NotAfter: time.Now().Add(day),
						KeyUsage: leafUsage, ExtKeyUsage: clientAuth, BasicConstraintsValid: true}
					_, err = x509.CreateCertificate(rand.Reader, t, ca, k.Public(), key)
				}
				if err == nil {
					_, err = x509.MarshalPKCS8PrivateKey(k)
				}
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	hands.Wait()
}

// BenchmarkTenThousand is the most that lives on the heap while a batch is written: of ten thousand
// client certificates beside one thousand. What grows is the archive's own list of names.
func BenchmarkTenThousand(b *testing.B) {
	s := New(Options{})
	ca := must(s.CA(CASpec{CommonName: "batch", KeyType: ECP256}))(b)
	held := func(n int) int64 {
		rows := batchRows(n)
		alive := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before, peak, written, next := alive(), int64(0), 0, 100_000
		w := writerFunc(func(p []byte) (int, error) {
			if written += len(p); written > next {
				next += 500_000
				peak = max(peak, alive()-before)
			}
			return len(p), nil
		})
		if err := s.WriteBatch(b.Context(), w, ca, rows); err != nil {
			b.Fatal(err)
		}
		runtime.KeepAlive(rows)
		return peak
	}
	held(200)
	var few, many int64
	for b.Loop() {
		few, many = held(1000), held(MaxBatch)
	}
	b.ReportMetric(float64(few)/1e6, "MB-at-1000")
	b.ReportMetric(float64(many)/1e6, "MB-at-10000")
	b.ReportMetric(float64(many-few)/9000, "more-B/cert")
}

// BenchmarkOne makes one CA and one client certificate, P-256: by us, judged by every rule, and by
// openssl as one would type it, in turns.
func BenchmarkOne(b *testing.B) {
	s, dir := New(Options{}), b.TempDir()
	script := `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ca -days 365 -keyout ca.key -out ca.pem &&
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=p -keyout c.key -out c.csr &&
openssl x509 -req -in c.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 364 -out c.pem`
	var ours, theirs time.Duration
	for b.Loop() {
		began := time.Now()
		if _, err := s.IssueSet(SetRequest{Namespace: "p.a1b2c", CA: CASpec{KeyType: ECP256}}); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(began)
		began = time.Now()
		cmd := exec.Command("sh", "-c", script)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatal(string(out))
		}
		theirs += time.Since(began)
	}
	b.ReportMetric(float64(ours.Microseconds())/1000/float64(b.N), "onramp-ms")
	b.ReportMetric(float64(theirs.Microseconds())/1000/float64(b.N), "openssl-ms")
	b.ReportMetric(ours.Seconds()/theirs.Seconds(), "of-openssl")
}
