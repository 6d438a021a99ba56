package acts

import (
	"context"
	"errors"

	"onramp/cloud"
	"onramp/custody"
	"onramp/namespace"
)

// authName is a sign-in method as people say it.
var authName = map[string]string{cloud.AuthMTLS: "a client certificate", cloud.AuthAPIKey: "an API key",
	cloud.AuthBoth: "a client certificate or an API key"}

// SaveAuth chooses how workers sign in to a namespace of the rehearsal cloud: cloud.AuthMTLS, cloud.AuthAPIKey or
// cloud.AuthBoth. A Denied fault where another team uses the namespace too. What was seen (Saw) is the Edition of the method.
func (n Namespaces) SaveAuth(ctx context.Context, by Actor, id namespace.ID, auth string) (err error) {
	defer unchanged(&err)
	place, err := n.Ready(ctx)
	if err != nil {
		return err
	}
	letGo, err := n.holdSpace(ctx, by, id.String())
	if err != nil {
		return err
	}
	defer letGo()
	undo, err := changeAuth(ctx, place, id, func(ns cloud.Namespace, _ cloud.Callers) (string, error) {
		if auth == ns.Auth {
			return auth, nil
		}
		return auth, sawText(ctx, ns.Auth, "Workers sign in with "+authName[ns.Auth]+" now.")
	})
	if err != nil {
		return err
	}
	if err := n.record(ctx, by, note("", custody.AuthSaved, id.String()+": "+auth)); err != nil {
		return left(err, undo(), "The sign-in method was changed and could not be changed back.")
	}
	return nil
}

// changeAuth changes how workers sign in to a namespace, unless how answers errSame. undo makes it what it was, and
// leaves what somebody else chose meanwhile.
func changeAuth(ctx context.Context, place cloud.Place, id namespace.ID, how func(cloud.Namespace, cloud.Callers) (string, error)) (undo func() error, err error) {
	var before string
	after, err := place.SignIn.ChangeAuth(ctx, id, func(ns cloud.Namespace, who cloud.Callers) (string, error) {
		before = ns.Auth
		return how(ns, who)
	})
	if errors.Is(err, errSame) {
		return func() error { return nil }, nil
	}
	return func() error {
		_, err := place.SignIn.ChangeAuth(context.WithoutCancel(ctx), id, func(ns cloud.Namespace, _ cloud.Callers) (string, error) {
			if ns.Auth != after.Auth {
				return "", changedAgain()
			}
			return before, nil
		})
		return err
	}, err
}
