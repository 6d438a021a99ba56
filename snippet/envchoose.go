package snippet

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"onramp/snippet/config"
)

// parts are the groups of a text that have settings of Temporal's own and no other such group in them.
func parts(d *reading) []int {
	has := make([]bool, len(d.Groups))
	for _, s := range d.Settings {
		if has[s.Group] {
			continue
		}
		if k, ok := d.of(s); ok && k.what != mQueue && d.Groups[s.Group].Kind != "template" {
			has[s.Group] = true
		}
	}
	deployment := slices.ContainsFunc(d.Groups, func(g config.Group) bool {
		return g.Kind == "object" && strings.Contains(g.Name, "WorkerDeployment")
	})
	var out []int
	for g := 1; g < len(d.Groups); g++ {
		if !has[g] || deployment && connection(d.Groups[g]) {
			continue
		}
		inner := false
		for h := g + 1; h < len(d.Groups); h++ {
			inner = inner || has[h] && d.In(h, g)
		}
		if !inner {
			out = append(out, g)
		}
	}
	return out
}

// choose is the part to judge: the one that was asked for, else the profile that is in effect, else the one that looks
// like a Temporal worker. 0 is the whole text.
func choose(d *reading, c EnvChoice) (all []int, chosen int, err error) {
	all = parts(d)
	candidates := all
	if n := slices.IndexFunc(all, func(g int) bool { return c.Part != "" && partLabel(d, g) == c.Part }); n >= 0 {
		return all, all[n], nil
	}
	for _, want := range []struct{ name, what string }{{c.Profile, "profile"}, {c.Service, "service"}} {
		if want.name == "" {
			continue
		}
		candidates = slices.DeleteFunc(slices.Clone(candidates), func(g int) bool { return !named(d, g, want.name, want.what) })
		if len(candidates) == 0 {
			return all, 0, errors.New("There is no " + want.what + " of this name in the text")
		}
	}
	if len(candidates) == 0 {
		return all, 0, nil
	}
	best, most := candidates[0], -1000
	for _, g := range candidates {
		if s := score(d, g); s > most {
			best, most = g, s
		}
	}
	return all, best, nil
}

// named reports whether a group, or one around it, has a name.
func named(d *reading, g int, name, what string) bool {
	for g > 0 {
		x := d.Groups[g]
		first, last, _ := strings.Cut(x.Name, " ")
		if x.Kind == "block" && what != "profile" && (strings.EqualFold("block "+first, name) || first == name || strings.EqualFold(strings.Trim(last, "()"), name)) {
			return true
		}
		if (x.Kind == "profile") == (what == "profile") && (strings.EqualFold(x.Name, name) || x.Kind == "object" && strings.EqualFold(last, name)) {
			return true
		}
		g = x.Parent
	}
	return false
}

var (
	serverImage = regexp.MustCompile(`(?i)^(?:[\w.:/-]*/)?temporalio/|^(?:[\w.-]+/)?temporal(?:ite)?(?::|$)|temporal-(?:web|ui|server|auto-setup|admin-tools)`)
	serverName  = regexp.MustCompile(`(?i)^[\w-]*temporal[-_]?(?:ui|web|server|admin[-_]?tools|auto[-_]?setup|create[-_]?namespace|schema)?\d*$|^[\w-]*-temporal-(?:ui|web)$`)
	workerWord  = regexp.MustCompile(`(?i)worker`)
	migration   = regexp.MustCompile(`(?i)migrat|\binit\b|setup|seed`)
)

// score says how much a part looks like the worker whose settings are meant.
func score(d *reading, g int) int {
	n := 0
	names := []string{d.Groups[g].Name}
	for up := g; up > 0; up = d.Groups[up].Parent {
		names = append(names, d.Groups[up].Name)
		for _, h := range d.Groups[up].Hints {
			switch {
			case serverImage.MatchString(h):
				n -= 60
			case workerWord.MatchString(h):
				n += 4
			}
		}
	}
	for _, name := range names {
		switch {
		case serverName.MatchString(name) && d.Groups[g].Kind != "profile":
			n -= 40
		case workerWord.MatchString(name):
			n += 20
		case migration.MatchString(name):
			n -= 3
		}
	}
	if d.Groups[g].Kind == "object" && strings.Contains(d.Groups[g].Name, "WorkerDeployment") {
		n += 10
	}
	resolver, settings := d.Resolver(g)
	known := 0
	var address, cloud, signsIn bool
	for i, s := range settings {
		k, ok := d.of(s)
		if !ok {
			continue
		}
		if s.Group == g {
			known++
		}
		switch k.what {
		case mAddress:
			address = true
			cloud = cloud || cloudName.MatchString(resolver.Value(i).String())
		case mAPIKey, mCert, mCertData:
			signsIn = true
		}
		if k.what == mProfile && s.Value.Whole() && strings.EqualFold(s.Value.String(), d.Groups[g].Name) {
			n += 500
		}
	}
	if d.Groups[g].Kind == "profile" {
		if active := active(settings); active != "" && slices.Contains(strings.Split(active, ","), d.Groups[g].Name) {
			n += 500
		}
		if d.Groups[g].Name == "default" {
			n += 3
		}
	}
	for weight, is := range map[int]bool{15: cloud, 2: address, 3: signsIn} {
		if is {
			n += weight
		}
	}
	return n + min(known, 6)
}

// cloudName is in an address of Temporal Cloud.
var cloudName = regexp.MustCompile(`tmprl\.cloud|api\.temporal\.io`)

// active are the profiles that frameworks' own variables name.
func active(settings []config.Setting) string {
	for i := range settings {
		if s := &settings[i]; len(s.Path) > 0 && strings.ContainsRune("eEtT", rune(s.Path[len(s.Path)-1])) {
			switch squeeze(s.Path) {
			case "activeprofile", "currentprofile", "springprofilesactive", "quarkusprofile", "aspnetcoreenvironment", "dotnetenvironment":
				return s.Value.String()
			}
		}
	}
	return ""
}

func labels(d *reading, parts []int) string {
	var out []string
	for _, g := range parts {
		if l := partLabel(d, g); !slices.Contains(out, l) && len(out) < 30 {
			out = append(out, l)
		}
	}
	return strings.Join(out, ", ")
}

// partLabel is how a part is called in a list.
func partLabel(d *reading, g int) string { return strings.ReplaceAll(d.label(g), ", ", " ") }

// choice says what was judged where the text has several parts, and which profile must be chosen.
func (j *judgement) choice() {
	group := j.doc.Groups[j.part]
	if fileProfile(group) {
		j.profile(group.Name)
		return
	}
	if name := j.first(mProfile); name != "" && j.Form == "toml" && len(j.Parts) > 0 && j.part == 0 {
		j.profile("")
		return
	}
	if len(j.Parts) < 2 || group.Kind == "branch" {
		return
	}
	flag := "--service"
	if group.Kind == "profile" {
		flag = "--profile"
	}
	j.find(EnvFinding{Level: "note", Title: "Checked: " + j.doc.label(j.part), Text: "The text has several parts, and Onramp does not mix their settings: " + strings.Join(j.Parts, ", ") + ". Choose another one in the portal, or with " + flag + " NAME on the command line."})
}

// profile judges which profile of temporal.toml is loaded.
func (j *judgement) profile(judged string) {
	var names []string
	for _, g := range j.doc.Groups[1:] {
		if fileProfile(g) {
			names = append(names, g.Name)
		}
	}
	name := j.first(mProfile)
	switch {
	case name != "" && !slices.Contains(names, name):
		j.find(EnvFinding{Level: "danger", Name: "TEMPORAL_PROFILE", Title: "The file does not contain this profile", Text: "TEMPORAL_PROFILE names a profile that temporal.toml does not have; loading it is an error."})
	case name != "" || judged == "default":
	case !slices.Contains(names, "default"):
		j.find(EnvFinding{Level: "danger", Name: "TEMPORAL_PROFILE", Title: "No profile is chosen", Text: "Without TEMPORAL_PROFILE the profile default is loaded, and the file has none: the connection would go to the local server. Set TEMPORAL_PROFILE.", To: "TEMPORAL_PROFILE=" + masked(judged)})
	default:
		j.find(EnvFinding{Level: "conflict", Name: "TEMPORAL_PROFILE", Title: "The profile " + masked(judged) + " must be chosen", Text: "Without TEMPORAL_PROFILE the profile default is loaded. Of the profiles " + strings.Join(names, ", ") + ", " + judged + " was checked.", To: "TEMPORAL_PROFILE=" + masked(judged)})
	}
}

// branches judges the other branches of a script too: only one of them runs, and which one is not known here.
func (j *judgement) branches(parts []int) {
	if j.doc.Groups[j.part].Kind != "branch" {
		return
	}
	seen := map[EnvFinding]bool{}
	for _, f := range j.Findings {
		seen[f] = true
	}
	for _, g := range parts {
		if g == j.part || j.doc.Groups[g].Kind != "branch" || len(seen) > 100 {
			continue
		}
		other := &judgement{doc: j.doc, part: g, own: j.own, want: j.want, raw: j.raw, fixed: j.fixed}
		other.Form = j.Form
		other.all = other.assignments(g)
		if host := other.host(); local(host) && !local(j.host()) {
			j.find(EnvFinding{Level: "note", Title: "Another branch is not for Temporal Cloud", Text: "The branch “" + masked(j.doc.Groups[g].Name) + "” has the address of a server of your own. It was not checked."})
			continue
		}
		other.judge()
		for _, f := range other.Findings {
			if !seen[f] {
				seen[f] = true
				f.Text += " This is in the branch “" + masked(j.doc.Groups[g].Name) + "”."
				j.find(f)
			}
		}
	}
}
