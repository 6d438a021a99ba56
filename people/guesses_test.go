package people_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"onramp/custody"
	"onramp/fault"
	"onramp/people"
)

// TestParallelGuesses: wrong passwords that are sent at once count one by one, whoever sends them and whether the account is
// there or not; nobody waits for guesses at another address, nor longer than they want to.
// ASVS 6.3.1.
func TestParallelGuesses(t *testing.T) {
	for _, tt := range []struct {
		email         string
		sent, guessed int
	}{
		{"dana@example.com", 40, 5}, {"nobody@example.com", 40, 5}, {"dana@example.com", 4, 4}, {"nobody@example.com", 4, 4},
	} {
		t.Run(fmt.Sprint(tt.email, tt.sent), func(t *testing.T) {
			h := begun(t)
			defer h.db.Close()
			var all sync.WaitGroup
			errs := make([]error, tt.sent)
			for i := range errs {
				all.Go(func() {
					_, errs[i] = h.SignIn(t.Context(), from(fmt.Sprint("198.51.100.", i)), tt.email, "wrong and wrong again", "", "")
				})
			}
			all.Wait()
			guessed := 0
			for _, err := range errs {
				switch {
				case fault.Is(err, fault.NotSignedIn):
					guessed++
				case !fault.Is(err, fault.TooMany):
					t.Error(err)
				}
			}
			if guessed != tt.guessed {
				t.Errorf("of %d at once %d were tried, want %d", tt.sent, guessed, tt.guessed)
			}
			_, err := h.SignIn(t.Context(), from("192.0.2.1"), tt.email, "wrong and wrong again", "", "")
			if want := map[bool]fault.Kind{true: fault.TooMany, false: fault.NotSignedIn}[tt.guessed == 5]; !fault.Is(err, want) {
				t.Errorf("then: %v, want a fault of kind %s", err, want)
			}
		})
	}
	h := begun(t)
	defer h.db.Close()
	h.joined("omar@example.com", custody.Viewer)
	m := &stuck{Store: h.db, email: "dana@example.com", there: make(chan struct{}), on: make(chan struct{})}
	s, err := people.New(people.Options{Store: m})
	check(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := s.SignIn(t.Context(), from("192.0.2.1"), "dana@example.com", phrase, "", "")
		done <- err
	}()
	<-m.there
	ctx, leave := context.WithCancel(t.Context())
	leave()
	_, err = s.SignIn(ctx, from("192.0.2.2"), "Dana@example.com", phrase, "", "")
	wants(t, "who leaves while another guess at the address is tried", err, fault.TooMany)
	_, err = s.SignIn(t.Context(), from("192.0.2.2"), "omar@example.com", phrase, "", "")
	check(t, err)
	close(m.on)
	check(t, <-done)
}

// stuck is a store that takes its time to find an account.
type stuck struct {
	people.Store
	email     string
	there, on chan struct{}
}

func (s *stuck) AccountByEmail(ctx context.Context, email string) (people.Account, error) {
	if email == s.email {
		close(s.there)
		<-s.on
	}
	return s.Store.AccountByEmail(ctx, email)
}
