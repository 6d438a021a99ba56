package cloudops

import (
	"bytes"
	"context"

	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// PlanSignIn works out another sign-in method. Turning client certificates on needs a CA certificate, of the namespace or of
// the change: without one nobody could sign in. The bundle and the filters stay where client certificates are turned off, so
// that the way back is open.
func (c *Client) PlanSignIn(ctx context.Context, id namespace.ID, change cloud.SignInChange) (cloud.Plan, error) {
	if !change.MTLS && !change.APIKeys {
		return cloud.Plan{}, at(cloud.AtBundle, fault.New(fault.Invalid, "Nobody could sign in", "Choose client certificates, API keys, or both.").In("sign_in"))
	}
	return c.plan(ctx, id, func(spec *nspb.NamespaceSpec) error {
		if len(change.CAs) > 0 {
			next, err := certsvc.AddToBundle(spec.GetMtlsAuth().GetAcceptedClientCa(), change.CAs, c.o.Now())
			if err != nil {
				return at(cloud.AtBundle, err)
			}
			if spec.MtlsAuth == nil {
				spec.MtlsAuth = &nspb.MtlsAuthSpec{}
			}
			spec.MtlsAuth.AcceptedClientCa = next.PEM
		} else if err := c.noneExpired(spec); err != nil {
			return err
		}
		if change.MTLS && len(bytes.TrimSpace(spec.GetMtlsAuth().GetAcceptedClientCa())) == 0 {
			return at(cloud.AtBundle, fault.New(fault.Conflict, "The namespace has no CA certificate, so client certificates cannot be turned on",
				"Create certificates first, or give a CA certificate with the change.").In("sign_in"))
		}
		if change.MTLS && spec.MtlsAuth == nil {
			spec.MtlsAuth = &nspb.MtlsAuthSpec{}
		}
		if spec.MtlsAuth != nil {
			spec.MtlsAuth.Enabled = change.MTLS
		}
		if change.APIKeys && spec.ApiKeyAuth == nil {
			spec.ApiKeyAuth = &nspb.ApiKeyAuthSpec{}
		}
		if spec.ApiKeyAuth != nil {
			spec.ApiKeyAuth.Enabled = change.APIKeys
		}
		return nil
	})
}
