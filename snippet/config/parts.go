package config

import (
	"regexp"
	"strings"
)

// references are how a format names a variable within a value. The groups are name and default.
type references struct {
	at     *regexp.Regexp
	dollar bool // $$ is one $
}

var (
	// everyday are those of shells, .env files and templates: ${A}, ${A:-b}, $A, ${A:b} of Spring, ${{ a }} of GitHub,
	// $(A) of Kubernetes, Azure and make, {{ a }} of Helm, #{A}# of Azure DevOps, and %A%, which a script puts in.
	everyday = references{at: regexp.MustCompile(`\$\{\{([^{}]*)\}\}|\$\{([A-Za-z_][\w.-]*)(?::?[-=]?([^{}]*))?\}|\$\{([^{}]*)\}|\$\(([A-Za-z_]\w*)\)|\$([A-Za-z_]\w*)|\{\{([^{}]*)\}\}|#\{([^{}]*)\}#|%([A-Z][A-Z0-9_]{2,})%`)}
	// composed are compose's.
	composed = references{at: everyday.at, dollar: true}
	// percent are cmd's.
	percent = references{at: regexp.MustCompile(`%([A-Za-z_]\w*)(?::[^%\n]*)?%`)}
	// power are PowerShell's.
	power = references{at: regexp.MustCompile(`\$\{?[Ee][Nn][Vv]:(\w+)\}?|\$\{?([A-Za-z_]\w*)\}?|\$\(([^()]*)\)`)}
)

var envName = regexp.MustCompile(`^[A-Za-z_]\w*$`)

// split takes a value apart at its references.
func (r references) split(s string) Value {
	if secretRef.MatchString(s) {
		return Value{{Raw: s, Secret: true}}
	}
	if !strings.ContainsAny(s, "$%{#") {
		return Lit(s)
	}
	var v Value
	text := func(t string) {
		if r.dollar {
			t = strings.ReplaceAll(t, "$$", "$")
		}
		if t != "" {
			v = append(v, Part{Text: t})
		}
	}
	from := 0
	for _, m := range r.at.FindAllStringSubmatchIndex(s, -1) {
		if m[0] < from {
			continue
		}
		if r.dollar { // an odd number of dollars before it makes it literal
			n := 0
			for n < m[0] && s[m[0]-1-n] == '$' {
				n++
			}
			if n%2 == 1 {
				continue
			}
		}
		text(s[from:m[0]])
		p := Part{Raw: s[m[0]:m[1]]}
		if r.at == everyday.at {
			p.everyday(s, m)
		} else {
			for g := 2; g+1 < len(m); g += 2 {
				if m[g] >= 0 && envName.MatchString(s[m[g]:m[g+1]]) {
					p.Ref = s[m[g]:m[g+1]]
				}
			}
		}
		v = append(v, p)
		from = m[1]
	}
	text(s[from:])
	if len(v) == 0 {
		return Lit("")
	}
	return v
}

// everyday fills a part from a match of everyday.
func (p *Part) everyday(s string, m []int) {
	at := func(g int) string {
		if m[2*g] < 0 {
			return ""
		}
		return s[m[2*g]:m[2*g+1]]
	}
	switch {
	case m[2] >= 0:
		p.Ref = "${{" + strings.Join(strings.Fields(at(1)), "") + "}}"
		p.Secret = strings.Contains(p.Ref, "secrets.")
	case m[4] >= 0:
		p.Ref, p.Default, p.HasDefault = at(2), at(3), m[6] >= 0
		if strings.HasPrefix(p.Default, "?") {
			p.Default, p.HasDefault = "", false // ${A:?message}
		}
	case m[8] >= 0:
	case m[10] >= 0:
		p.Ref = at(5)
	case m[12] >= 0:
		p.Ref = at(6)
	case m[18] >= 0:
		p.Ref = at(9)
	}
}

// secretRef are values that name a secret in a store: Vercel, Azure, AWS, 1Password, Google and the like.
var secretRef = regexp.MustCompile(`^(?:@[a-z][\w-]*|@Microsoft\.KeyVault\(.*\)|secretref:\S+|arn:aws[\w-]*:(?:secretsmanager|ssm):\S+|op://\S+|(?:sm|gsm|vault|awssm|ref\+\w+)://?\S+|\{\{resolve:.*\}\})$`)
