package doctor

import (
	"fmt"
	"log/slog"

	"onramp/namespace"
)

// String says which target this is, without its secrets, whatever the verb.
func (t Target) String() string {
	return fmt.Sprintf("target %s namespace %s", clean(namespace.WithoutUser(t.Address), maxValue), clean(t.Namespace, maxValue))
}

// GoString is String, for %#v.
func (t Target) GoString() string { return t.String() }

// Format prints String for every verb.
func (t Target) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, t.String()) }

// LogValue is String, for logs.
func (t Target) LogValue() slog.Value { return slog.StringValue(t.String()) }
