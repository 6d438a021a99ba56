package migration_test

import (
	"testing"

	"onramp/migration"
)

// TestSameName: two names are one when nobody could tell them apart in a list.
func TestSameName(t *testing.T) {
	for _, tt := range []struct {
		name, a, b string
		same       bool
	}{
		{"itself", "Payments", "Payments", true},
		{"case", "Payments", "PAYMENTS", true},
		{"case of other scripts", "ЗАКАЗЫ", "заказы", true},
		{"a letter whose capital is two", "Straße", "STRASSE", true},
		{"spaces around it", "  Payments\t", "Payments", true},
		{"spaces between words", "Card  payments", "card payments", true},
		{"an accent of its own and one that is added", "Café", "Cafe\u0301", true},
		{"an accent and none", "Café", "Cafe", false},
		{"another word", "Payments", "Payment", false},
		{"one word and two", "Card payments", "Cardpayments", false},
		{"of the same address", "Payments!", "Payments", false},
	} {
		if got := migration.SameName(tt.a, tt.b); got != tt.same {
			t.Errorf("%s: %q and %q are the same: %v", tt.name, tt.a, tt.b, got)
		}
	}
}
