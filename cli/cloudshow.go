package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/cloudops"
	"onramp/namespace"
)

// look is a subcommand that shows a part of a namespace: as text, or the JSON of part.
func (f *cloudFlags) look(ctx context.Context, args []string, text func(io.Writer, cloud.Detail), part func(cloud.Detail) any) int {
	var id namespace.ID
	f.judge = func(args []string) (err error) {
		id, err = namespaceOf(args[0])
		return err
	}
	return f.run(ctx, args, func(ctx context.Context, c *cloudops.Client, _ []string) error {
		d, err := c.Look(ctx, id)
		if err != nil {
			return err
		}
		if *f.json {
			return inFull(printJSON(f.w, part(d)))
		}
		text(f.w.Stdout, d)
		return nil
	})
}

func cloudShow(ctx context.Context, w World, args []string) int {
	f := newCloud("show", "show one namespace as it is", "a Namespace ID", "NS", w)
	return f.look(ctx, args, showDetail, func(d cloud.Detail) any {
		return struct {
			Schema string `json:"schema"`
			cloud.Detail
		}{cloudSchema, d}
	})
}

func showDetail(w io.Writer, d cloud.Detail) {
	fmt.Fprintf(w, "%s: %s, version %s\n", inLine(d.Name), inLine(d.State), inLine(d.Version))
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %-18s %s\n", inLine(name), inLine(value))
		}
	}
	row("signs in by", signIn(d.Settings.MTLS, d.Settings.APIKeys))
	row("address, mTLS", d.MTLSAddress)
	row("address, API keys", d.GRPCAddress)
	row("web", d.Web)
	row("regions", strings.Join(d.Settings.Regions, ", "))
	row("retention", fmt.Sprintf("%d days", d.Settings.RetentionDays))
	if d.ActionsPerSecond > 0 {
		row("limit", fmt.Sprintf("%d actions a second", d.ActionsPerSecond))
	}
	if d.DeleteProtection {
		row("protected", "from deletion")
	}
	row("encryption", d.Encryption)
	row("codec server", d.Codec)
	row("rules", strings.Join(d.Rules, ", "))
	row("private access in", strings.Join(d.Private, ", "))
	for _, name := range slices.Sorted(maps.Keys(d.Tags)) {
		row("tag "+name, d.Tags[name])
	}
	showCAs(w, d)
	showFilters(w, d)
	showAttributes(w, d)
}

func showCAs(w io.Writer, d cloud.Detail) {
	if d.Unreadable {
		fmt.Fprintln(w, "CA certificates: the bundle that the namespace holds cannot be read here")
		return
	}
	fmt.Fprintf(w, "CA certificates: %d\n", len(d.Settings.CAs))
	for _, ca := range d.Settings.CAs {
		over := ""
		if slices.Contains(d.Expired, ca) {
			over = "  EXPIRED: while it is there, Temporal Cloud refuses every change"
		}
		fmt.Fprintf(w, "  %s, expires %s%s\n    SHA-256 %s\n    SHA-1   %s\n", inLine(ca.Subject), ca.NotAfter.Format(time.DateOnly), over, ca.SHA256, ca.SHA1)
	}
}

func showFilters(w io.Writer, d cloud.Detail) {
	if len(d.Settings.Filters) == 0 {
		fmt.Fprintln(w, "certificate filters: none, so every client certificate of its CAs is let in")
		return
	}
	fmt.Fprintf(w, "certificate filters:\n%s\n", printable(string(d.Settings.Filters.JSON())))
}

func showAttributes(w io.Writer, d cloud.Detail) {
	fmt.Fprintf(w, "search attributes: %d\n", len(d.Settings.Attributes))
	for _, name := range slices.Sorted(maps.Keys(d.Settings.Attributes)) {
		fmt.Fprintf(w, "  %s=%s\n", inLine(name), inLine(d.Settings.Attributes[name]))
	}
}

func cloudCAList(ctx context.Context, w World, args []string) int {
	f := newCloud("ca list", "list the CA certificates of a namespace", "a Namespace ID", "NS", w)
	return f.look(ctx, args, showCAs, func(d cloud.Detail) any {
		return map[string]any{"schema": cloudSchema, "namespace": d.Name, "ca_certificates": d.Settings.CAs, "pem": string(d.BundlePEM)}
	})
}

func cloudFiltersShow(ctx context.Context, w World, args []string) int {
	f := newCloud("filters show", "show the certificate filters of a namespace", "a Namespace ID", "NS", w)
	return f.look(ctx, args, showFilters, func(d cloud.Detail) any {
		filters := d.Settings.Filters
		if filters == nil {
			filters = certsvc.Filters{}
		}
		return map[string]any{"schema": cloudSchema, "namespace": d.Name, "filters": filters}
	})
}

func cloudAttributesList(ctx context.Context, w World, args []string) int {
	f := newCloud("attributes list", "list the custom search attributes of a namespace", "a Namespace ID", "NS", w)
	return f.look(ctx, args, showAttributes, func(d cloud.Detail) any {
		return map[string]any{"schema": cloudSchema, "namespace": d.Name, "search_attributes": d.Settings.Attributes}
	})
}
