package config

import (
	"regexp"
	"strings"
)

var (
	profileTable = regexp.MustCompile(`(?m)^[ \t]*\[[ \t]*profile[ \t]*\.`)
	anyTable     = regexp.MustCompile(`(?m)^[ \t]*\[\[?[\w."' -]+\]\]?[ \t]*(?:#.*)?$`)
	unit         = regexp.MustCompile(`(?m)^[ \t]*(?:\[(?:Service|Unit|Install)\]|Environment(?:File)?=)`)
	manifest     = regexp.MustCompile(`(?m)^(?:apiVersion|kind|services):[ \t]`)
	yamlLine     = regexp.MustCompile(`(?m)^[ \t]*(?:-[ \t]+)?["']?[A-Za-z%][\w./%-]*["']?[ \t]*:(?:[ \t]|$)`)
	yamlSure     = regexp.MustCompile(`(?m)^[ \t]*(?:-[ \t]+)?(?:apiVersion|kind|services|environment|env|envFrom|envVars|jobs|stringData|spec|TEMPORAL_[A-Z0-9_]+)[ \t]*:(?:[ \t]|$)`)
	assignLine   = regexp.MustCompile(`(?m)^[ \t]*(?:export[ \t]+|set[ \t]+|setx[ \t]+|\$[Ee]nv:|ENV[ \t]+)?"?[A-Za-z_]\w*[ \t]*=`)
	dockerfile   = regexp.MustCompile(`(?m)^FROM[ \t]+\S+`)
	listItem     = regexp.MustCompile(`(?m)^[ \t]*-[ \t]+["']?[A-Za-z_]\w*=`)
)

// read chooses the format of a text and reads it. A format that does not fit leaves the text to the next.
func read(d *Document, text string, group int) {
	trimmed := strings.TrimSpace(text)
	mark := len(d.Settings)
	tried := func(ok bool) bool {
		if !ok {
			d.Settings = d.Settings[:mark]
		}
		return ok
	}
	switch {
	case trimmed == "":
		d.Form = either(d.Form, "lines")
		return
	case strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "//") || strings.HasPrefix(trimmed, "/*") || strings.HasPrefix(trimmed, `"`) || strings.HasPrefix(trimmed, "[") && !anyTable.MatchString(firstLine(trimmed)):
		if tried(d.json(text, group)) {
			return
		}
	}
	if at := profileTable.FindStringIndex(text); at != nil && !manifest.MatchString(text) {
		if strings.TrimSpace(text[:at[0]]) != "" {
			d.front(text[:at[0]], group)
		}
		d.Form = "toml"
		before, above := len(d.Settings), strings.Count(text[:at[0]], "\n")
		d.line += above
		if !d.toml(text[at[0]:], group) {
			d.Settings = d.Settings[:before]
			d.loose(text[at[0]:], 1, group)
		}
		d.line -= above
		return
	}
	systemd := unit.MatchString(text)
	if !systemd && anyTable.MatchString(text) && strings.Contains(text, "=") {
		problems := len(d.Problems)
		if tried(d.toml(text, group)) {
			return
		}
		d.Problems = d.Problems[:problems]
	}
	docker := dockerfile.MatchString(text)
	if docker {
		d.Form = either(d.Form, "dockerfile")
	}
	if !systemd && !docker && looksHCL.MatchString(text) && tried(d.hcl(text, group)) {
		return
	}
	if looksBicep.MatchString(text) && strings.Contains(text, "'") && tried(d.bicep(text, group)) {
		return
	}
	if dottedKey.MatchString(text) && !codeLine.MatchString(text) && !yamlLine.MatchString(withoutAssignments(text)) && tried(d.properties(text, group)) {
		return
	}
	if annotated.MatchString(text) {
		d.Form = either(d.Form, "lines")
		d.loose(text, 1, group)
		return
	}
	if lines := len(yamlLine.FindAllStringIndex(text, -1)); (lines > 0 || listItem.MatchString(text)) && !docker && (yamlSure.MatchString(text) || lines >= len(assignLine.FindAllStringIndex(text, -1))) {
		form := d.Form
		if tried(d.yaml(text, group)) {
			return
		}
		d.Form = form
		if yamlSure.MatchString(text) && !strings.Contains(text, "{{") {
			d.Form = either(d.Form, "yaml")
			if !openBrace.MatchString(text) {
				d.problem("The text looks like YAML but is not valid: was its indentation lost in copying?")
			}
			d.loose(text, 1, group)
			return
		}
	}
	d.lines(text, group)
}

var openBrace = regexp.MustCompile(`(?m)[{\[(][ \t]*$`)

// front reads what stands before the tables of a temporal.toml: variables, or keys of TOML.
func (d *Document) front(text string, group int) { d.lines(text, group) }

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func withoutAssignments(text string) string {
	return anyAssignment.ReplaceAllString(text, "")
}

var anyAssignment = regexp.MustCompile(`(?m)^[^\n:]*=.*$|^[ \t]*[#!].*$`)
