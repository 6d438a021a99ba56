//go:build lean

package rehearsal

import (
	"context"
	"net/netip"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// Cloud stands for the rehearsal cloud in a build that leaves it out: every method says so.
type Cloud struct{}

// New returns a Cloud that is absent.
func New(Options) (*Cloud, error) { return &Cloud{}, nil }

func absent() error {
	return &fault.Fault{Kind: fault.Unavailable, Title: "This build leaves the rehearsal out",
		Cause:    "It was built with the tag lean, without the embedded Temporal server, to be small.",
		NotWrong: "Everything that talks to Temporal Cloud itself is here.",
		Fix:      "To rehearse, use the full build: make build (or go build without -tags lean).", Who: "developer"}
}

// Serves is false: there is no server.
func (*Cloud) Serves(netip.AddrPort) bool { return false }

// Start returns the fault that says what is missing.
func (*Cloud) Start(context.Context) error { return absent() }

// StartBackground does nothing.
func (*Cloud) StartBackground() {}

// Ready returns the fault that says what is missing.
func (*Cloud) Ready(context.Context) error { return absent() }

// Close does nothing.
func (*Cloud) Close() error { return nil }

// State is the phase "absent".
func (*Cloud) State() cloud.State {
	return cloud.State{Phase: cloud.Absent, Err: absent()}
}

// Address returns "": nothing listens.
func (*Cloud) Address() string { return "" }

// KeyAddress returns "": nothing listens.
func (*Cloud) KeyAddress() string { return "" }

// Limits returns those of Temporal Cloud.
func (*Cloud) Limits() cloud.Limits { return cloud.FirstLimits }

// RootPEM returns nil.
func (*Cloud) RootPEM() []byte { return nil }

// TrustFiles returns the fault that says what is missing.
func (*Cloud) TrustFiles(string) (map[string]string, error) { return nil, absent() }

// CreateNamespace returns the fault that says what is missing.
func (*Cloud) CreateNamespace(context.Context, namespace.ID) error { return absent() }

// DeleteNamespace returns the fault that says what is missing.
func (*Cloud) DeleteNamespace(context.Context, namespace.ID) error { return absent() }

// SetCAs returns the fault that says what is missing.
func (*Cloud) SetCAs(context.Context, namespace.ID, []byte) (cloud.Namespace, error) {
	return cloud.Namespace{}, absent()
}

// TakeBackCAs returns the fault that says what is missing.
func (*Cloud) TakeBackCAs(context.Context, cloud.Namespace) error { return absent() }

// SetFilters returns the fault that says what is missing.
func (*Cloud) SetFilters(context.Context, namespace.ID, []byte) (cloud.Namespace, error) {
	return cloud.Namespace{}, absent()
}

// Callers returns the fault that says what is missing.
func (*Cloud) Callers(context.Context, namespace.ID) (cloud.Callers, error) {
	return cloud.Callers{}, absent()
}

// ChangeCAs returns the fault that says what is missing.
func (*Cloud) ChangeCAs(context.Context, namespace.ID, func(cloud.Namespace, cloud.Callers) ([]byte, error)) (cloud.Namespace, error) {
	return cloud.Namespace{}, absent()
}

// SetAuth returns the fault that says what is missing.
func (*Cloud) SetAuth(context.Context, namespace.ID, string) (cloud.Namespace, error) {
	return cloud.Namespace{}, absent()
}

// ChangeAuth returns the fault that says what is missing.
func (*Cloud) ChangeAuth(context.Context, namespace.ID, func(cloud.Namespace, cloud.Callers) (string, error)) (cloud.Namespace, error) {
	return cloud.Namespace{}, absent()
}

// ChangeFilters returns the fault that says what is missing.
func (*Cloud) ChangeFilters(context.Context, namespace.ID, func(cloud.Namespace) ([]byte, error)) (cloud.Namespace, error) {
	return cloud.Namespace{}, absent()
}

// CreateAPIKey returns the fault that says what is missing.
func (*Cloud) CreateAPIKey(context.Context, namespace.ID, string, time.Duration) (cloud.NewKey, cloud.Namespace, error) {
	return cloud.NewKey{}, cloud.Namespace{}, absent()
}

// DeleteAPIKey returns the fault that says what is missing.
func (*Cloud) DeleteAPIKey(context.Context, namespace.ID, string, func(cloud.Callers) error) (cloud.Namespace, error) {
	return cloud.Namespace{}, absent()
}

// Namespaces returns the fault that says what is missing.
func (*Cloud) Namespaces(context.Context) ([]cloud.Namespace, error) { return nil, absent() }

// Namespace returns the fault that says what is missing.
func (*Cloud) Namespace(context.Context, namespace.ID) (cloud.Namespace, error) {
	return cloud.Namespace{}, absent()
}

// Broken returns none.
func (*Cloud) Broken() map[string][]string { return nil }

// SetBreak returns the fault that says what is missing.
func (*Cloud) SetBreak(context.Context, namespace.ID, string, bool) error { return absent() }

// Bend returns the fault that says what is missing.
func (*Cloud) Bend(_ namespace.ID, s cloud.Setup) (cloud.Setup, error) { return s, absent() }

// BreakAddress returns "".
func (*Cloud) BreakAddress(namespace.ID, string) string { return "" }

// Reset returns the fault that says what is missing.
func (*Cloud) Reset(context.Context) error { return absent() }

// Control stands for the rehearsal's control plane in a build that leaves it out.
type Control struct{}

// NewControl returns a Control that is absent.
func NewControl(*Cloud, ControlOptions) (*Control, error) { return &Control{}, nil }

// Address returns "": nothing listens.
func (*Control) Address() string { return "" }

// Serves is false: there is no server.
func (*Control) Serves(netip.AddrPort) bool { return false }

// NewOwnerKey returns the fault that says what is missing.
func (*Control) NewOwnerKey(string, string, time.Duration) (certsvc.Secret, error) {
	return certsvc.Secret{}, absent()
}

// Close does nothing.
func (*Control) Close() error { return nil }

// Settings stands for the settings of a build that leaves the rehearsal out.
type Settings struct{}

// SettingsOf returns settings that are absent.
func SettingsOf(*Cloud) Settings { return Settings{} }

// Of returns the fault that says what is missing.
func (Settings) Of(context.Context, namespace.ID) (cloud.Adjusted, error) {
	return cloud.Adjusted{}, absent()
}

// SetRetention returns the fault that says what is missing.
func (Settings) SetRetention(context.Context, namespace.ID, int) error { return absent() }

// AddAttributes returns the fault that says what is missing.
func (Settings) AddAttributes(context.Context, namespace.ID, map[string]string) error {
	return absent()
}

// Lenient is false: nobody is let in.
func (Settings) Lenient() bool { return false }

// SetLenient does nothing.
func (Settings) SetLenient(bool) {}

// BothMethods is false: there is no account.
func (Settings) BothMethods() bool { return false }

// SetBothMethods returns the fault that says what is missing.
func (Settings) SetBothMethods(context.Context, bool) error { return absent() }
