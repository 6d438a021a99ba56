package web

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"onramp/cloud"
	"onramp/views"
)

// NamespaceAsRead is a namespace as Temporal Cloud's control plane shows it, but for what it lets in.
func NamespaceAsRead(d *cloud.Detail) (out []views.Pair) {
	row := func(name, value string, mono bool) {
		if value != "" {
			out = append(out, views.Pair{Name: name, Value: value, Mono: mono})
		}
	}
	row("State", d.State, false)
	row("Description", d.Description, false)
	row("Workers sign in by", SignIn(d.Settings.MTLS, d.Settings.APIKeys), false)
	row("Address, client certificates", d.MTLSAddress, true)
	row("Address, API keys", d.GRPCAddress, true)
	row("Regions", strings.Join(d.Settings.Regions, ", "), false)
	if len(d.Settings.Regions) > 1 {
		row("Active region", d.ActiveRegion, false)
	}
	row("Private connectivity in", strings.Join(d.Private, ", "), false)
	row("Connectivity rules", strings.Join(d.Rules, ", "), true)
	row("Retention", fmt.Sprintf("%d days", d.Settings.RetentionDays), false)
	if d.ActionsPerSecond > 0 {
		row("Limit", fmt.Sprintf("%d actions a second", d.ActionsPerSecond), false)
	}
	if d.DeleteProtection {
		row("Deletion", "Protected", false)
	}
	row("Codec server", d.Codec, true)
	if d.Encryption == "deny" {
		row("Encryption", "Payloads that are not encrypted are refused: a plain test transfer will be.", false)
	} else {
		row("Encryption", d.Encryption, false)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Tags)) {
		row("Tag "+name, d.Tags[name], false)
	}
	return out
}

// SignIn says how workers sign in to a namespace.
func SignIn(mtls, keys bool) string {
	var all []string
	if mtls {
		all = append(all, "client certificates")
	}
	if keys {
		all = append(all, "API keys")
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, " and ")
}
