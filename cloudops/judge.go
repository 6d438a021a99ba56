package cloudops

import (
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// What follows judges what somebody asks for by itself, before anything is dialled: the plans judge the same again, with what
// the namespace holds. Every error is a fault at cloud.AtBundle.

// JudgeCAs judges the certificates or fingerprints of a change. Whether chains are complete hangs on what the namespace holds
// where certificates are added, and is not judged here.
func JudgeCAs(change cloud.CAChange, now time.Time) error {
	for _, p := range change.Remove {
		p = strings.ReplaceAll(strings.TrimSpace(p), ":", "")
		if (len(p) != 40 && len(p) != 64) || strings.Trim(p, "0123456789abcdefABCDEF") != "" {
			return at(cloud.AtBundle, fault.New(fault.Invalid, "This is not a fingerprint", "Give SHA-256, 64 hexadecimal digits, or SHA-1, 40: onramp cloud ca list prints both.").In("fingerprint"))
		}
	}
	if change.Set == nil && change.Add == nil {
		return nil
	}
	next, err := certsvc.AddToBundle(nil, append(append([]byte{}, change.Set...), change.Add...), now)
	if err != nil && (change.Set != nil || len(next.Certs) == 0) { // none: it could not be read as a bundle
		return at(cloud.AtBundle, err)
	}
	return nil
}

// JudgeNew judges a namespace to make. Which regions there are the API says; one whose provider is missing is found here.
func JudgeNew(n cloud.NewNamespace, now time.Time) error {
	const account = "a1b2c" // any: the name alone is judged
	id, repairs, err := namespace.ParseID(n.Name + "." + account)
	if err != nil || len(repairs) > 0 || id.Name != n.Name {
		return at(cloud.AtBundle, fault.New(fault.Invalid, "This is not a name of a namespace", "Give the name without the account ID: small letters, digits and hyphens.").In("name"))
	}
	if n.RetentionDays < 1 || n.RetentionDays > 90 {
		return at(cloud.AtBundle, fault.New(fault.Invalid, "The retention is not 1 to 90 days", "30 days suit most applications.").In("retention"))
	}
	if _, known := namespace.LookupRegion(n.Region); !known {
		var all []cloud.Region
		for _, r := range namespace.Regions() {
			if r.Name == n.Region {
				all = append(all, cloud.Region{ID: r.ID, Place: r.Place})
			}
		}
		if len(all) > 0 {
			return regionThere(n.Region, all)
		}
	}
	if _, err := numbered(n.Attributes); err != nil {
		return err
	}
	if n.Auth == cloud.AuthAPIKey {
		return nil
	}
	if _, err := certsvc.AddToBundle(nil, n.CAs, now); err != nil {
		return at(cloud.AtBundle, err)
	}
	return nil
}

// JudgeKey judges the name and the life of an API key.
func JudgeKey(name string, life time.Duration) error {
	if name = strings.TrimSpace(name); name == "" || len(name) > 64 {
		return at(cloud.AtBundle, fault.New(fault.Invalid, "The API key needs a name", "Give one of 1 to 64 characters, on one line.").In("name"))
	}
	if life <= 0 || life > maxKeyLife {
		return at(cloud.AtBundle, fault.New(fault.Invalid, "An API key lasts at most two years", "Choose 1 to 730 days.").In("days"))
	}
	return nil
}
