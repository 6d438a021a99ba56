package cloud

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// What can be said of an API key without keeping it.

// keyPrint is how many bytes of a key's hash its print has: enough that no two keys share one, and it leads back to none.
const keyPrint = 16

// KeyPrint is the beginning of an API key's SHA-256, in lower-case hex: it tells whether two keys are the same, and is kept
// in the place of the key. "" for no key. What editors and shells put around a key is left out.
func KeyPrint(token string) string {
	if token = bareKey(token); token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:keyPrint])
}

// KeyClaims are the ID and the end that an API key names itself: it is a JSON Web Token, whose signature nobody here can
// verify. Zero values where it does not say. The rehearsal's keys say both; that Temporal Cloud's name their ID in the claim
// key_id is unverified.
func KeyClaims(token string) (id string, ends time.Time) {
	parts := strings.Split(bareKey(token), ".")
	if len(parts) != 3 {
		return "", time.Time{}
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return "", time.Time{}
	}
	var claims struct {
		KeyID string  `json:"key_id"`
		Exp   float64 `json:"exp"`
	}
	if json.Unmarshal(text, &claims) != nil {
		return "", time.Time{}
	}
	if claims.Exp > 0 && claims.Exp < 1<<40 {
		ends = time.Unix(int64(claims.Exp), 0).UTC()
	}
	if len(claims.KeyID) > 100 || strings.ContainsFunc(claims.KeyID, func(r rune) bool { return r <= ' ' || r > '~' }) {
		claims.KeyID = ""
	}
	return claims.KeyID, ends
}

func bareKey(token string) string { return strings.Trim(token, " \t\r\n\"'`") }
