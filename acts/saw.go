package acts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"onramp/migration"
)

type sawKey struct{}

// Saw returns a context that says which edition of what an act changes its person has seen: migration.View.Edition, or
// the Edition of a text. The act fails with a Conflict fault that wraps migration.ErrChanged when it would take the
// place of anything else. An empty edition says nothing, and nothing is compared.
func Saw(ctx context.Context, edition string) context.Context {
	return context.WithValue(ctx, sawKey{}, edition)
}

func saw(ctx context.Context) string {
	edition, _ := ctx.Value(sawKey{}).(string)
	return edition
}

// Edition is that of a text that is changed as a whole.
func Edition(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// sawText is the fault of changing a text that is another than the one that was seen; now says what it is.
func sawText(ctx context.Context, text, now string) error {
	if edition := saw(ctx); edition == "" || edition == Edition(text) {
		return nil
	}
	return migration.Changed(now)
}

// asSeen is a migration whose replacement nobody has moved on since the form was shown (Saw): else a Conflict fault.
func asSeen(ctx context.Context, b *Book, id string) (migration.View, error) {
	v, err := b.View(ctx, id)
	if err == nil {
		err = v.MovedOn(saw(ctx))
	}
	return v, err
}
