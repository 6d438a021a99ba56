package custody_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"onramp/custody"
	"onramp/fault"
)

// held does something once an opening is written down, before that returns.
type held struct {
	*audit
	then   func()
	unread error // what reading the sealed key answers
}

func (h *held) SealedKey(ctx context.Context, id string) (custody.Sealed, error) {
	if h.unread != nil {
		return custody.Sealed{}, h.unread
	}
	return h.audit.SealedKey(ctx, id)
}

func (h *held) Unlocked(ctx context.Context, id, person string, r custody.Record) error {
	err := h.audit.Unlocked(ctx, id, person, r)
	if err == nil {
		h.then()
	}
	return err
}

// A key that is forgotten, or deleted with its migration, while somebody opens it is not open afterwards.
func TestForgottenWhileItIsOpened(t *testing.T) {
	for name, tt := range map[string]struct {
		away func(t *testing.T, k *custody.Keeper, s *held)
	}{
		"forgotten": {away: func(t *testing.T, k *custody.Keeper, _ *held) {
			if err := k.Forget(t.Context(), dana, "payments"); err != nil {
				t.Error(err)
			}
		}},
		"deleted with its migration": {away: func(t *testing.T, k *custody.Keeper, s *held) {
			if err := s.DeleteMigration(t.Context(), "payments"); err != nil {
				t.Error(err)
			}
			k.Wipe("payments")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				letGo := make(chan struct{})
				s := &held{audit: newAudit(t), then: func() { <-letGo }}
				defer s.Close()
				k := keeper(t, s, nil)
				defer k.Close()
				must(t, k.Keep(t.Context(), dana, "payments", authority(t), phrase, phrase))
				opened := make(chan error, 1)
				go func() { opened <- k.Open(t.Context(), dana, "payments", phrase) }()
				synctest.Wait()
				gone := make(chan struct{})
				go func() { defer close(gone); tt.away(t, k, s) }()
				synctest.Wait() // it is done, or waits for the opening
				close(letGo)
				err := <-opened
				<-gone
				if err != nil && !fault.Is(err, fault.NotFound) {
					t.Errorf("opened: %v", err)
				}
				if _, err := sign(k, s, t); !fault.Is(err, fault.NotFound) {
					t.Errorf("signed with a key that is gone: %v", err)
				}
			})
		})
	}
}

// A key of which nobody knows at the end of its opening whether it is still kept is locked, and the audit says so.
func TestOpenedAndUnread(t *testing.T) {
	s := &held{audit: newAudit(t)}
	defer s.Close()
	k := keeper(t, s, nil)
	defer k.Close()
	must(t, k.Keep(t.Context(), dana, "payments", authority(t), phrase, phrase))
	broken := errors.New("disk broken")
	s.then = func() { s.unread = broken }
	if err := k.Open(t.Context(), dana, "payments", phrase); !errors.Is(err, broken) {
		t.Errorf("opened: %v", err)
	}
	s.unread = nil
	_, err := sign(k, s, t)
	wants(t, err, fault.Conflict, "a key that may be gone")
	got := verbs(t, s)
	if got[len(got)-1] != custody.Locked {
		t.Errorf("the audit ends with %v", got)
	}
}
