package people_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"onramp/custody"
	"onramp/people"
	"onramp/store"
)

// BenchmarkSignIn is a wrong password for an account that is there, and beside it one for an account that is not: the
// ratio of their medians is what somebody could tell the two apart by. It should be within 0.95 and 1.05.
// ASVS 6.3.8.
func BenchmarkSignIn(b *testing.B) {
	db, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "data"), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s, err := people.New(people.Options{Store: db})
	if err != nil {
		b.Fatal(err)
	}
	link, err := s.FirstAdmin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.Start(b.Context(), from("192.0.2.1"), link, people.NewAccount{Email: "dana@example.com"}, phrase, ""); err != nil {
		b.Fatal(err)
	}
	like, err := s.Find(b.Context(), "dana@example.com")
	if err != nil {
		b.Fatal(err)
	}
	var known, unknown []time.Duration
	try := func(n int, email string) time.Duration {
		began := time.Now()
		if _, err := s.SignIn(b.Context(), from(fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255)), email, another, "", ""); err == nil {
			b.Fatal("a wrong password let somebody in")
		}
		return time.Since(began)
	}
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		a := like
		a.ID, a.Email, a.Role = fmt.Sprint("u", n), fmt.Sprintf("u%d@example.com", n), custody.Viewer
		if err := db.SaveAccount(b.Context(), people.Account{}, a); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		first, second := func() { known = append(known, try(n, a.Email)) }, func() { unknown = append(unknown, try(n, "x"+a.Email)) }
		if n%2 == 1 {
			first, second = second, first
		}
		first()
		second()
	}
	median := func(d []time.Duration) float64 { slices.Sort(d); return float64(d[len(d)/2]) }
	b.Logf("figure: S8a unknown_to_known=%.3f pairs=%d known=%.1fms", median(unknown)/median(known), len(known), median(known)/1e6)
	b.ReportMetric(median(unknown)/median(known), "unknown/known")
	b.ReportMetric(median(known)/1e6, "known-ms")
}
