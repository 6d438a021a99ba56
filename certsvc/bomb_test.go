package certsvc

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto"
	"crypto/cipher"
	"crypto/des"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math"
	"math/big"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"onramp/fault"
)

// Bounds that every hostile file keeps.
const (
	bombMemory = 300 << 20
	bombCPU    = 2 * time.Second // of processor time: the wall clock of a busy machine says nothing
)

// tlv is one DER element.
func tlv(tag byte, content ...[]byte) []byte {
	return encodeElement([]byte{tag}, bytes.Join(content, nil))
}

func oidDER(t testing.TB, oid string) []byte {
	var id asn1.ObjectIdentifier
	for part := range strings.SplitSeq(oid, ".") {
		var n int
		if _, err := fmt.Sscan(part, &n); err != nil {
			t.Fatal(err)
		}
		id = append(id, n)
	}
	return must(asn1.Marshal(id))(t)
}

func intDER(t testing.TB, n int64) []byte { return must(asn1.Marshal(big.NewInt(n)))(t) }

// nestedStore is a key store of some 200 bytes whose encrypted part holds a key that asks for so many rounds more.
func nestedStore(t testing.TB, outer, inner int64, keys int) []byte {
	pbe := func(rounds int64) []byte {
		return tlv(0x30, oidDER(t, "1.2.840.113549.1.12.1.3"), tlv(0x30, tlv(4, []byte("saltsalt")), intDER(t, rounds)))
	}
	bag := tlv(0x30, oidDER(t, bagShrouded), tlv(0xa0, tlv(0x30, pbe(inner), tlv(4, make([]byte, 64)))))
	bags := tlv(0x30, bytes.Repeat(bag, keys))
	pad := 8 - len(bags)%8
	bags = append(bags, bytes.Repeat([]byte{byte(pad)}, pad)...)
	e := &effort{t.Context(), math.MaxInt}
	key := must(pkcs12Key(hashSHA1, bmpPassword(""), derivation12{forKey, []byte("saltsalt"), int(outer)}, 24, e))(t)
	iv := must(pkcs12Key(hashSHA1, bmpPassword(""), derivation12{forIV, []byte("saltsalt"), int(outer)}, 8, e))(t)
	cipher.NewCBCEncrypter(must(des.NewTripleDESCipher(key))(t), iv).CryptBlocks(bags, bags)
	encrypted := tlv(0x30, intDER(t, 0), tlv(0x30, oidDER(t, "1.2.840.113549.1.7.1"), pbe(outer), tlv(0x80, bags)))
	safe := tlv(0x30, tlv(0x30, oidDER(t, "1.2.840.113549.1.7.6"), tlv(0xa0, encrypted)))
	return tlv(0x30, intDER(t, 3), tlv(0x30, oidDER(t, "1.2.840.113549.1.7.1"), tlv(0xa0, tlv(4, safe))))
}

// scryptKey is an encrypted key of some 200 bytes.
func scryptKey(t testing.TB, n, r, p int64) []byte {
	kdf := tlv(0x30, oidDER(t, oidScrypt.String()), tlv(0x30, tlv(4, []byte("saltsalt")), intDER(t, n), intDER(t, r), intDER(t, p)))
	aes := tlv(0x30, oidDER(t, "2.16.840.1.101.3.4.1.42"), tlv(4, make([]byte, 16)))
	return pemOf("ENCRYPTED PRIVATE KEY", tlv(0x30, tlv(0x30, oidDER(t, oidPBES2.String()), tlv(0x30, kdf, aes)), tlv(4, make([]byte, 64))))
}

// namesakes are CAs of one name and of keys that are expensive to verify with; no signature is right.
func namesakes(t testing.TB, n, bits int, exponent int64) []byte {
	var out []byte
	alg := tlv(0x30, oidDER(t, "1.2.840.113549.1.1.11"), []byte{5, 0})
	dn := tlv(0x30, tlv(0x31, tlv(0x30, oidDER(t, "2.5.4.3"), tlv(12, []byte("x")))))
	dates := tlv(0x30, tlv(0x17, []byte("240101000000Z")), tlv(0x17, []byte("440101000000Z")))
	ca := tlv(0xa3, tlv(0x30, tlv(0x30, oidDER(t, "2.5.29.19"), []byte{1, 1, 0xff}, tlv(4, tlv(0x30, []byte{1, 1, 0xff})))))
	modulus, sig := make([]byte, bits/8), make([]byte, bits/8)
	for i := range n {
		_, _ = rand.Read(modulus)
		_, _ = rand.Read(sig)
		modulus[0], modulus[len(modulus)-1], sig[0] = modulus[0]|0x80, modulus[len(modulus)-1]|1, sig[0]&0x7f
		spki := tlv(0x30, tlv(0x30, oidDER(t, oidRSA), []byte{5, 0}), tlv(3, []byte{0}, tlv(0x30, must(asn1.Marshal(new(big.Int).SetBytes(modulus)))(t), intDER(t, exponent))))
		tbs := tlv(0x30, []byte{0xa0, 3, 2, 1, 2}, intDER(t, int64(i+1)), alg, dn, dates, dn, spki, ca)
		out = append(out, pemOf("CERTIFICATE", tlv(0x30, tbs, alg, tlv(3, []byte{0}, sig)))...)
	}
	return out
}

// mesh are CAs of which each has signed each: the ways up from one certificate grow with the factorial.
func mesh(t testing.TB, n int) []byte {
	var keys []crypto.Signer
	for range n {
		keys = append(keys, ecKey(t, elliptic.P256()))
	}
	ca := func(i int) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(int64(i + 1)), Subject: name(fmt.Sprint("ca ", i), "", ""), NotBefore: testNow.Add(-time.Hour), NotAfter: testNow.AddDate(1, 0, 0),
			IsCA: true, BasicConstraintsValid: true, SubjectKeyId: []byte{byte(i)}}
	}
	var out []byte
	for i := range n {
		for j := range n {
			if i != j {
				out = append(out, pemOf("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, ca(i), ca(j), keys[i].Public(), keys[j]))(t))...)
			}
		}
	}
	return out
}

// bombs are files that ask for more than they are worth, by what they are.
func bombs(t testing.TB) map[string][]byte {
	mega := func(unit string) []byte { return []byte(strings.Repeat(unit, (MaxPaste-200)/len(unit))) }
	p256 := ecKey(t, elliptic.P256())
	var manySANs []string
	for i := range 30_000 {
		manySANs = append(manySANs, fmt.Sprintf("h%d.example.com", i))
	}
	cert := func(change func(*x509.Certificate)) []byte {
		c := &x509.Certificate{SerialNumber: big1, Subject: pkix.Name{CommonName: "x"}, NotBefore: testNow, NotAfter: testNow.AddDate(1, 0, 0)}
		change(c)
		return pemOf("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, c, c, p256.Public(), p256))(t))
	}
	small := cert(func(*x509.Certificate) {})
	block, _ := pem.Decode(small)
	packed := func(content []byte, files int) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range files {
			w := must(z.Create(fmt.Sprint(i, ".pem")))(t)
			if _, err := w.Write(content); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	base64s := small
	for range 8 {
		base64s = []byte(base64.StdEncoding.EncodeToString(base64s))
	}
	signedData := tlv(0x30, oidDER(t, oidPKCS7Signed.String()), tlv(0xa0, tlv(0x30, intDER(t, 1), tlv(0x31), tlv(0x30, oidDER(t, oidPKCS7Data.String())), tlv(0xa0, bytes.Repeat(block.Bytes, 2000)), tlv(0x31))))
	deepBER := append(bytes.Repeat([]byte{0x30, 0x80}, MaxPaste/4-50), make([]byte, MaxPaste/2-100)...)
	deepDER := []byte{5, 0}
	for len(deepDER) < 60_000 {
		deepDER = tlv(0x30, deepDER)
	}
	return map[string][]byte{
		"rounds inside an encrypted part":    nestedStore(t, 1, math.MaxInt32, 1),
		"rounds just under what there is":    nestedStore(t, 1, maxRounds/3-10, 1),
		"many keys inside an encrypted part": nestedStore(t, 1, maxRounds/3-10, 100),
		"rounds outside":                     nestedStore(t, 1000, math.MaxInt32, 1),
		"scrypt of 1 TB":                     scryptKey(t, 1<<30, 8, 1),
		"scrypt, as much as is done":         scryptKey(t, 1<<16, 8, 1),
		"scrypt, wide":                       scryptKey(t, 2, 1<<20, 1),
		"scrypt, again and again":            scryptKey(t, 2, 1, 1<<29),
		"200 keys of scrypt":                 bytes.Repeat(scryptKey(t, 1<<16, 8, 1), 200),
		"END without BEGIN":                  mega("END CMS-"),
		"BEGIN without END":                  mega("BEGIN CMS-"),
		"dashes":                             mega("-"),
		"BEGIN cut off":                      mega("-----BEGIN CERTIFICATE-----\n"),
		"empty blocks":                       mega("-----BEGIN CMS----------END CMS-----"),
		"words that are no label":            mega("BEGIN x END y "),
		"written-out breaks":                 mega(`\n`),
		"one line of quotes":                 append([]byte("-----BEGIN CERTIFICATE-----\n"), append(mega(`"' `), "\n-----END CERTIFICATE-----\n"...)...),
		"headers":                            append([]byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"), append(mega("DEK-Info: AES-128-CBC,00\n"), "-----END RSA PRIVATE KEY-----\n"...)...),
		"base64 in base64":                   base64s,
		"Secrets of BEGIN":                   mega("LS0tLS1CRUdJTi=: "),
		"zip of 4 MB of END":                 packed([]byte(strings.Repeat("END CMS-", 1<<17-100)), 4),
		"zip of 100 files":                   packed(small, 100),
		"160 namesakes of RSA-16384":         namesakes(t, 160, 16384, 0x7fffffff),
		"200 namesakes of RSA-2048":          namesakes(t, 200, 2048, 65537),
		"CAs that all signed each other":     mesh(t, 14),
		"30,000 alternative names":           cert(func(c *x509.Certificate) { c.DNSNames = manySANs }),
		"a name of 500 kB":                   cert(func(c *x509.Certificate) { c.Subject.CommonName = strings.Repeat("\x01ü,", 120_000) }),
		"a name of 20,000 parts":             cert(func(c *x509.Certificate) { c.Subject.OrganizationalUnit = manySANs[:20_000] }),
		"2,000 certificates in PKCS#7":       signedData,
		"BER, deep":                          deepBER,
		"DER, deep":                          deepDER,
	}
}

var big1 = big.NewInt(1)

// spent is the processor time that this process has used.
func spent(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watched runs work and reports the processor time and the most memory that it held above what was held before.
func watched(t testing.TB, work func()) (cpu time.Duration, memory int64) {
	held := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse + m.StackInuse)
	}
	runtime.GC()
	before, peak := held(), int64(0)
	done, seen := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(seen)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				peak = max(peak, held()-before)
			}
		}
	}()
	began := spent(t)
	work()
	cpu = spent(t) - began
	close(done)
	<-seen
	return cpu, max(peak, held()-before)
}

// noneLeft sees that no more goroutines run than before, once those that have ended are gone.
func noneLeft(t *testing.T, before int) {
	t.Helper()
	for range 100_000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d goroutines are left", runtime.NumGoroutine()-before)
}

// TestBombs: no file of the size that is read makes any reader take more than its share.
// ASVS 5.2.1, 15.2.2.
func TestBombs(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	var worstCPU time.Duration
	var worstMemory int64
	all := bombs(t)
	for what, content := range all {
		for how, read := range map[string]func(){
			"inspect": func() {
				inv := Inspect([]File{{"a", content}}, "secret")
				if len(inv.Items) == 0 {
					t.Errorf("%s: silence", what)
				}
				inv.Chains()
				inv.Judge(testNow)
			},
			"inspect without a passphrase": func() { Inspect([]File{{"a", content}}, "") },
			"read": func() {
				_, _, _ = ReadCertificates(content)
				_, _, _ = readKey(content)
			},
			"lint": func() {
				certs, _ := LintBundle(content, testNow)
				LintLeaf(certs, certs, testNow)
			},
			"holds a key": func() { HoldsKey(content) },
		} {
			cpu, memory := watched(t, read)
			worstCPU, worstMemory = max(worstCPU, cpu), max(worstMemory, memory)
			if cpu > bombCPU || memory > bombMemory {
				t.Errorf("%s (%d bytes), %s: %v of processor time, %d MB", what, len(content), how, cpu.Round(time.Millisecond), memory>>20)
			}
		}
	}
	t.Logf("%d bombs, 5 readers each: at most %v of processor time and %d MB", len(all), worstCPU.Round(time.Millisecond), worstMemory>>20)
	noneLeft(t, goroutines)
}

// TestBombsTogether: sixty at once take no more memory than one, some are refused, and nobody's work goes on after
// they left.
func TestBombsTogether(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	content := scryptKey(t, 1<<16, 8, 1)
	ctx, leave := context.WithCancel(t.Context())
	var busy, gone, done int
	var mu sync.Mutex
	_, memory := watched(t, func() {
		var all sync.WaitGroup
		for i := range 60 {
			all.Go(func() {
				_, err := InspectContext(ctx, []File{{"a.pem", content}}, "secret")
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					if done++; done == 2 {
						leave() // whoever waits now waits for nothing
					}
				case errors.Is(err, context.Canceled):
					gone++
				case fault.Is(err, fault.TooMany):
					busy++
				default:
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		all.Wait()
	})
	t.Logf("60 at once: %d done, %d refused, %d left; %d MB", done, busy, gone, memory>>20)
	if memory > bombMemory || busy == 0 || done == 0 || done+busy+gone != 60 || done > 30 {
		t.Errorf("%d done, %d refused, %d left; %d MB", done, busy, gone, memory>>20)
	}
	noneLeft(t, goroutines)
}
