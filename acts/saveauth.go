package acts

import (
	"context"

	"onramp/cloud"
	"onramp/custody"
	"onramp/namespace"
)

// authName is a sign-in method as people say it.
var authName = map[string]string{cloud.AuthMTLS: "a client certificate", cloud.AuthAPIKey: "an API key"}

// SaveAuth chooses how workers sign in to a namespace of the rehearsal cloud: cloud.AuthMTLS or cloud.AuthAPIKey. What
// was seen (Saw) is the Edition of the method.
func (n Namespaces) SaveAuth(ctx context.Context, by Actor, id namespace.ID, auth string) (err error) {
	defer unchanged(&err)
	place, err := n.Ready(ctx)
	if err != nil {
		return err
	}
	before, err := place.Namespaces.Namespace(ctx, id)
	if err != nil {
		return err
	}
	if auth != before.Auth {
		if err := sawText(ctx, before.Auth, "Workers sign in with "+authName[before.Auth]+" now."); err != nil {
			return err
		}
	}
	if _, err := place.SignIn.SetAuth(ctx, id, auth); err != nil {
		return err
	}
	if err := n.record(ctx, by, note("", custody.AuthSaved, id.String()+": "+auth)); err != nil {
		_, e := place.SignIn.SetAuth(context.WithoutCancel(ctx), id, before.Auth)
		return left(err, e, "The sign-in method was changed and could not be changed back.")
	}
	return nil
}
