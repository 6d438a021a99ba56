package cli

import (
	"context"
	"path/filepath"
	"time"

	"onramp/cloud"
	"onramp/doctor"
)

// rehearsalKeyLife is how long the API keys of `rehearse` last.
const rehearsalKeyLife = 24 * time.Hour

// withKey is walk and hold for a namespace that takes API keys: no certificate is made. The key stands in
// DIR/api-key.txt where a directory is given, and nowhere else.
func (r *rehearser) withKey(ctx context.Context, hold bool, out string) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	if _, err := r.cloud.SetAuth(ctx, r.id, cloud.AuthAPIKey); err != nil {
		return err
	}
	key, _, err := r.cloud.CreateAPIKey(ctx, r.id, "rehearsal", rehearsalKeyLife)
	if err != nil {
		return err
	}
	r.done("API key", "made for this namespace, until %s; only its hash is kept", key.Expires.Format(time.RFC3339))
	h := held{Schema: rehearsalSchema, Address: r.cloud.KeyAddress(), Namespace: r.id.String(), ServerName: r.id.Host()}
	if out != "" {
		paths, err := place(r.w, out, r.force, output{"api-key.txt", key.Secret.Reveal(), 0o600})
		if err != nil {
			return err
		}
		h.APIKey = paths[0]
		if hold {
			return r.stay(ctx, h, filepath.Dir(h.APIKey))
		}
	}
	return r.tryOut(ctx, doctor.Target{Address: h.Address, Namespace: h.Namespace,
		APIKey: string(key.Secret.Reveal()), ExtraRootsPEM: r.cloud.RootPEM()}, "an API key")
}

// opsKey makes a key for the Cloud Ops API, writes it into DIR/cloud-key.txt and says where the API is.
func (r *rehearser) opsKey(dir string) (*heldControl, error) {
	key, err := r.control.NewOwnerKey(r.id.Account, "rehearsal", rehearsalKeyLife)
	if err != nil {
		return nil, err
	}
	paths, err := place(r.w, dir, r.force, output{"cloud-key.txt", key.Reveal(), 0o600})
	if err != nil {
		return nil, err
	}
	at := r.control.Address()
	return &heldControl{Address: at, APIKey: paths[0], Env: map[string]string{"TEMPORAL_CLOUD_API_SERVER": at, "TEMPORAL_CLOUD_ENDPOINT": at,
		"TEMPORAL_CLOUD_API_KEY": string(key.Reveal())}}, nil
}
