package custody_test

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/fault"
)

// agentMode makes the test binary the process that holds a key.
const agentMode = "ONRAMP_TEST_KEY_AGENT"

func TestMain(m *testing.M) {
	if os.Getenv(agentMode) != "" {
		if custody.ServeKey(os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func agents(t *testing.T) *custody.Agents {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	return &custody.Agents{Program: self, Args: []string{"agent"}, Env: []string{agentMode + "=1"}}
}

// TestKeyApart: a key that is opened in another process signs what the key here would, is locked like it, and work that
// goes on at the lock ends with its key.
func TestKeyApart(t *testing.T) {
	for _, kind := range []certsvc.KeyType{certsvc.ECP256, certsvc.ECP384, certsvc.RSA2048} {
		t.Run(string(kind), func(t *testing.T) {
			s := newAudit(t)
			defer s.Close()
			k, err := custody.New(custody.Options{Store: s, WorkFactor: 1, Apart: agents(t)})
			must(t, err)
			defer k.Close()
			ca, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: "payments CA", KeyType: kind})
			must(t, err)
			must(t, k.Keep(t.Context(), dana, "payments", ca, phrase, phrase))
			wants(t, k.Open(t.Context(), dana, "payments", "not the one, surely"), fault.Denied, "a wrong passphrase")
			must(t, k.Open(t.Context(), dana, "payments", phrase))
			leaf, err := sign(k, s, t)
			must(t, err)
			must(t, leaf.CheckSignatureFrom(ca.Cert))
			must(t, k.Use(t.Context(), dana, "payments", func(lent certsvc.Issued) error {
				if !lent.Key.Empty() {
					t.Error("the key is here")
				}
				must(t, k.Lock(t.Context(), dana, "payments"))
				_, err := certsvc.New(certsvc.Options{}).Leaf(lent, certsvc.LeafSpec{CommonName: "payments"})
				return err
			}))
			_, err = sign(k, s, t)
			wants(t, err, fault.Conflict, "a key that is locked")
			must(t, k.Open(t.Context(), dana, "payments", phrase))
			must(t, k.Open(t.Context(), dana, "payments", phrase)) // again, in its place
			must(t, k.Close())
			wants(t, k.Open(t.Context(), dana, "payments", phrase), fault.Unavailable, "after Close")
		})
	}
}

// TestAgentsAreBounded: no more processes than were asked for, and each locked one gives its place back.
func TestAgentsAreBounded(t *testing.T) {
	s := newAudit(t)
	defer s.Close()
	k, err := custody.New(custody.Options{Store: s, WorkFactor: 1})
	must(t, err)
	must(t, k.Keep(t.Context(), dana, "payments", authority(t), phrase, phrase))
	kept, err := s.SealedKey(t.Context(), "payments")
	must(t, err)
	a := agents(t)
	a.Most = 2
	var open []custody.ApartKey
	for range 2 {
		x, err := a.Open(t.Context(), kept.Box, phrase)
		must(t, err)
		open = append(open, x)
	}
	if _, err := a.Open(t.Context(), kept.Box, phrase); !errors.Is(err, custody.ErrFull) {
		t.Errorf("a third: %v", err)
	}
	for _, x := range open {
		x.Close()
		x.Close()
	}
	for i := range 3 {
		if _, err := a.Open(t.Context(), kept.Box, fmt.Sprint("wrong ", i)); !errors.Is(err, custody.ErrWrong) {
			t.Errorf("a wrong passphrase: %v", err)
		}
		if _, err := a.Open(t.Context(), []byte("age-encryption.org/v1\nrubbish"), phrase); err == nil || errors.Is(err, custody.ErrWrong) || errors.Is(err, custody.ErrFull) {
			t.Errorf("a damaged box: %v", err)
		}
	}
	a.Program = "/nonexistent"
	if _, err := a.Open(t.Context(), kept.Box, phrase); err == nil || errors.Is(err, custody.ErrFull) {
		t.Errorf("a program that is not there: %v", err)
	}
}
