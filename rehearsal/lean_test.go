//go:build lean

package rehearsal

import (
	"context"
	"testing"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

func TestLean(t *testing.T) {
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.StartBackground()
	side := cloud.Full(c).Own.(*Cloud)
	ctx, id := context.Background(), namespace.ID{Name: "payments", Account: "a1b2c"}
	_, trust := side.TrustFiles(t.TempDir())
	_, cas := side.SetCAs(ctx, id, nil)
	_, filters := side.SetFilters(ctx, id, nil)
	_, all := side.Namespaces(ctx)
	_, one := side.Namespace(ctx, id)
	for what, err := range map[string]error{"Start": c.Start(ctx), "Ready": c.Ready(ctx), "State": side.State().Err, "TrustFiles": trust,
		"CreateNamespace": side.CreateNamespace(ctx, id), "SetCAs": cas, "TakeBackCAs": side.TakeBackCAs(ctx, cloud.Namespace{}), "SetFilters": filters, "Namespaces": all, "Namespace": one, "Reset": side.Reset(ctx)} {
		if f := fault.From(err); err == nil || f.Kind != fault.Unavailable || f.Fix == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	if s := side.State(); s.Phase != cloud.Absent || side.Address() != "" || side.RootPEM() != nil {
		t.Errorf("state %+v at %q", s, side.Address())
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
