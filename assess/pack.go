package assess

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteMapping writes the CSV of clusters and namespaces that Temporal's support asks for before an automated migration
// (docs.temporal.io/cloud/migrate/automated). Region and account ID are for the reader to fill in.
func WriteMapping(w io.Writer, f *Facts) error {
	names := proposals(f)
	rows := [][]string{{"cluster_name", "cloud_region", "source_namespace", "cloud_namespace"}}
	for _, n := range f.Namespaces {
		rows = append(rows, []string{f.Cluster.Name, "REGION", n.Name, names[n.Name] + "." + accountHere})
	}
	return writeCSV(w, rows)
}

// writeCSV writes rows so that no cell is taken for a formula by a spreadsheet.
func writeCSV(w io.Writer, rows [][]string) error {
	c := csv.NewWriter(w)
	for _, r := range rows {
		out := make([]string, len(r))
		for i, s := range r {
			s = clean(s)
			if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
				s = "'" + s
			}
			out[i] = s
		}
		if err := c.Write(out); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// Commands are the tcld lines that create the namespaces and their search attributes.
func Commands(f *Facts) string {
	names := proposals(f)
	var b strings.Builder
	b.WriteString("# " + accountHere + " stands for your account ID: the part of a Namespace ID after its dot. Choose the region, and have the CA certificate in ca.pem.\n")
	for i := range f.Namespaces {
		n := &f.Namespaces[i]
		b.WriteString(createCommand(names[n.Name], n) + "\n")
		if len(n.Attributes) > 0 {
			b.WriteString(AttributeCommand(names[n.Name]+"."+accountHere, n.Attributes) + "\n")
		}
	}
	return b.String()
}

// Terraform is the same for the provider temporalio/temporalcloud.
func Terraform(f *Facts) string {
	names := proposals(f)
	var b strings.Builder
	b.WriteString("terraform {\n  required_providers {\n    temporalcloud = { source = \"temporalio/temporalcloud\" }\n  }\n}\n")
	for _, n := range f.Namespaces {
		name := names[n.Name]
		days := int(min(max(n.Retention.Hours()/24, 1), 90))
		if n.Retention <= 0 {
			days = 30
		}
		label := strings.ReplaceAll(name, "-", "_")
		fmt.Fprintf(&b, "\nresource \"temporalcloud_namespace\" %q {\n  name               = %q\n  regions            = [\"aws-us-east-1\"]\n  accepted_client_ca = base64encode(file(\"ca.pem\"))\n  retention_days     = %d\n}\n", label, name, days)
		for i, at := range n.Attributes {
			fmt.Fprintf(&b, "\nresource \"temporalcloud_namespace_search_attribute\" \"%s_%d\" {\n  namespace_id = temporalcloud_namespace.%s.id\n  name         = %s\n  type         = %q\n}\n", label, i+1, label, hclString(at.Name), hclType(at.Type))
		}
	}
	return b.String()
}

// hclString is a text as a string of HCL, in which ${ and %{ begin a template.
func hclString(s string) string {
	s = strings.NewReplacer("${", "$${", "%{", "%%{").Replace(clean(s))
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// hclType is a type as the provider writes it.
func hclType(t string) string {
	if t == "KeywordList" {
		return "keyword_list"
	}
	return strings.ToLower(t)
}

// OpsAPI is the same as requests of the Cloud Ops API, one JSON object a line.
func OpsAPI(f *Facts) string {
	names := proposals(f)
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, n := range f.Namespaces {
		attributes := map[string]string{}
		for _, at := range n.Attributes {
			attributes[clean(at.Name)] = "SEARCH_ATTRIBUTE_TYPE_" + strings.ToUpper(hclType(at.Type))
		}
		days := int(min(max(n.Retention.Hours()/24, 1), 90))
		spec := map[string]any{"name": names[n.Name], "regions": []string{"aws-us-east-1"}, "retentionDays": days, "searchAttributes": attributes,
			"mtlsAuth": map[string]any{"enabled": true, "acceptedClientCa": "BASE64 OF ca.pem"}}
		_ = enc.Encode(map[string]any{"spec": spec}) // strings and numbers: cannot fail
	}
	return b.String()
}

const packReadme = `What Temporal's support asks for before an automated migration, as far as Onramp read it.

cluster.json             what the server says of itself. Add the output of
                         temporal operator cluster describe --output json   (servers after 1.28.1)
                         tctl admin cluster describe                        (1.28.1 and before)
search-attributes.csv    custom search attributes by namespace
schedules.csv            schedules that were described
namespaces.csv           retention, open and closed workflows, storage by the server's own sizes
actions.json             the estimate of actions; the peak must come from your metrics
mapping.csv              fill in the region and your account ID
create.sh, main.tf, ops-api.jsonl
                         the same namespaces for tcld, Terraform and the Cloud Ops API

Not in it, and yours to add: the CA certificate for the proxy, and the peak of actions a second.
No payload, memo or search attribute value was read into any of these files.
`

// WritePack writes the ticket pack as a zip.
func WritePack(w io.Writer, f *Facts, r Report) error {
	z := zip.NewWriter(w)
	put := func(name string, write func(io.Writer) error) error {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: f.At.UTC().Truncate(2 * time.Second)}
		out, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		return write(out)
	}
	text := func(s string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
	}
	asJSON := func(v any) func(io.Writer) error {
		return func(w io.Writer) error {
			enc := json.NewEncoder(w)
			enc.SetIndent("", "  ")
			return enc.Encode(v)
		}
	}
	attributes := [][]string{{"namespace", "name", "type", "executions_in_retention"}}
	schedules := [][]string{{"namespace", "schedule_id", "workflow_type", "overlap_policy", "catchup_window_seconds", "paused", "remaining_actions"}}
	namespaces := [][]string{{"namespace", "retention_days", "open", "closed_in_retention", "open_bytes_average_of_sample", "schedules"}}
	number := func(c Count) string {
		if !c.known() {
			return "unknown"
		}
		return fmt.Sprint(c.N)
	}
	for _, n := range f.Namespaces {
		for _, at := range n.Attributes {
			attributes = append(attributes, []string{n.Name, at.Name, at.Type, number(at.Used)})
		}
		for _, s := range n.Schedules.Described {
			remaining := ""
			if s.Limited {
				remaining = fmt.Sprint(s.Remaining)
			}
			schedules = append(schedules, []string{n.Name, s.ID, s.Type, s.Overlap, fmt.Sprint(int64(s.Catchup.Seconds())), fmt.Sprint(s.Paused), remaining})
		}
		bytes, runs := int64(0), int64(0)
		for _, s := range n.Samples {
			if s.Open && s.Described == Read {
				bytes, runs = bytes+s.HistorySize, runs+1
			}
		}
		average := "unknown"
		if runs > 0 {
			average = fmt.Sprint(bytes / runs)
		}
		retention := "unknown"
		if n.Described == Read {
			retention = fmt.Sprintf("%.1f", n.Retention.Hours()/24)
		}
		namespaces = append(namespaces, []string{n.Name, retention, number(n.Open), number(n.Closed), average, fmt.Sprint(n.Schedules.N)})
	}
	for _, p := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"README.txt", text(packReadme)},
		{"cluster.json", asJSON(f.Cluster)},
		{"search-attributes.csv", func(w io.Writer) error { return writeCSV(w, attributes) }},
		{"schedules.csv", func(w io.Writer) error { return writeCSV(w, schedules) }},
		{"namespaces.csv", func(w io.Writer) error { return writeCSV(w, namespaces) }},
		{"actions.json", asJSON(r.Actions)},
		{"mapping.csv", func(w io.Writer) error { return WriteMapping(w, f) }},
		{"create.sh", text("#!/bin/sh\n" + Commands(f))},
		{"main.tf", text(Terraform(f))},
		{"ops-api.jsonl", text(OpsAPI(f))},
	} {
		if err := put(p.name, p.write); err != nil {
			return err
		}
	}
	return z.Close()
}
