package people_test

import (
	"testing"
	"testing/synctest"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/people"
)

// TestProviderProof: with a provider a second look counts from when it last asked the person, not from a sign-in that it
// remembered; a session keeps the proof of the one that it takes the place of, for the same person alone.
func TestProviderProof(t *testing.T) {
	const old = 24 * time.Hour
	for _, tt := range []struct {
		name  string
		ago   time.Duration // since the provider asked; negative: its clock is ahead
		told  bool          // that it tells when
		proof time.Duration // how old the proof of the session before is; 0: there is none
		other bool          // that session is somebody else's
		may   bool
	}{
		{name: "just asked", told: true, may: true},
		{name: "asked 14 minutes ago", told: true, ago: 14 * time.Minute, may: true},
		{name: "a clock that is ahead", told: true, ago: -time.Minute, may: true},
		{name: "remembered", told: true, ago: old},
		{name: "not told"},
		{name: "remembered, in the place of a proved session", told: true, ago: old, proof: time.Minute, may: true},
		{name: "not told, in the place of a proved session", proof: time.Minute, may: true},
		{name: "not told, in the place of an old session", proof: 16 * time.Minute},
		{name: "not told, in the place of somebody else's", proof: time.Minute, other: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := begun(t)
				defer h.db.Close()
				ctx := t.Context()
				comes := func(subject string, proved time.Time, instead string) people.Signed {
					c := people.Claim{Issuer: "https://id.example.com", Subject: subject, Email: subject + "@example.com", Role: custody.Owner, Proved: proved}
					in, err := h.SignInBy(ctx, from("192.0.2.3"), c, "test", instead)
					check(t, err)
					return in
				}
				before := ""
				if tt.proof > 0 {
					who := "mia"
					if tt.other {
						who = "eve"
					}
					before = comes(who, time.Now(), "").Token
					time.Sleep(tt.proof)
				}
				proved := time.Time{}
				if tt.told {
					proved = time.Now().Add(-tt.ago)
				}
				in := comes("mia", proved, before)
				who := h.who(in.Token)
				_, err := h.AddTeam(ctx, who, "Payments")
				if may := err == nil; may != tt.may || !may && !custody.NeedsLook(err) || in.Actor.LookedTwice(time.Now()) != tt.may {
					t.Errorf("what needs a second look: %v, want %t", err, tt.may)
				}
				time.Sleep(custody.SecondLook + 2*time.Minute)
				if h.who(in.Token).LookedTwice(time.Now()) {
					t.Error("it needs none for ever")
				}
				if before != "" {
					_, err := h.Who(ctx, before)
					wants(t, "the session before", err, fault.NotSignedIn)
				}
			})
		})
	}
}
