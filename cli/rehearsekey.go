package cli

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"onramp/cloud"
	"onramp/doctor"
	"onramp/fault"
)

// rehearsalKeyLife is how long the API key of `rehearse` lasts.
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
	h := held{Schema: rehearsalSchema, Address: r.cloud.Address(), Namespace: r.id.String(), ServerName: r.id.Host()}
	if out != "" {
		dir, err := filepath.Abs(out)
		if err == nil {
			err = os.MkdirAll(dir, 0o700)
		}
		h.APIKey = filepath.Join(dir, "api-key.txt")
		if err == nil {
			err = r.writeFile(h.APIKey, key.Secret.Reveal(), 0o600)
		}
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "The API key cannot be written to "+printable(dir), "Set --out to a directory that you can write to: "+err.Error()).In("out")
		}
		if hold {
			return r.stay(ctx, h, dir)
		}
	}
	return r.tryOut(ctx, doctor.Target{Address: h.Address, Namespace: h.Namespace, ServerName: h.ServerName,
		APIKey: string(key.Secret.Reveal()), ExtraRootsPEM: r.cloud.RootPEM()}, "an API key")
}
