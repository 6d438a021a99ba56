package config

// Bounds of following references.
const (
	maxHops  = 8       // references behind each other
	maxValue = 8 << 10 // bytes of one value
	maxGrown = 1 << 20 // bytes of all values together
	maxRefs  = 20_000  // references followed in all
)

// Resolver follows the references in the settings of one group.
type Resolver struct {
	d        *Document
	settings []Setting
	byName   map[string][]int
	grown    int
	refs     int
}

// Resolver returns what follows the references of group g, and the settings that hold there.
func (d *Document) Resolver(g int) (*Resolver, []Setting) {
	r := &Resolver{d: d, settings: d.For(g)}
	if d.other == nil {
		d.other = map[string]int{}
		for i, s := range d.Settings {
			if _, ok := d.other[s.Name]; !ok && s.Value.Whole() && d.Groups[s.Group].Kind != "branch" && d.Groups[s.Group].Kind != "profile" {
				d.other[s.Name] = i
			}
		}
	}
	return r, r.settings
}

// Value is the value of the i-th setting with what the text says of its references put in. What is not in the text
// stays a reference. A value that would grow beyond any setting's size is what the text does not hold.
func (r *Resolver) Value(i int) Value {
	size := 0
	return r.expand(r.settings[i].Value, i, 0, &size)
}

func (r *Resolver) expand(v Value, at, hop int, size *int) Value {
	var out Value
	for _, p := range v {
		if p.Raw == "" {
			if *size += len(p.Text); *size > maxValue {
				return r.tooLong()
			}
			if r.grown += len(p.Text); r.grown > maxGrown {
				return r.tooLong()
			}
			out = append(out, p)
			continue
		}
		found, from, ok := r.lookup(p, at)
		if !ok || hop >= maxHops {
			if p.HasDefault && p.Default != "" {
				p = Part{Text: p.Default, Default: p.Default}
			}
			out = append(out, p)
			continue
		}
		if r.refs++; r.refs > maxRefs {
			return r.tooLong()
		}
		inner := r.expand(found, from, hop+1, size)
		if *size > maxValue || r.grown > maxGrown {
			return r.tooLong()
		}
		out = append(out, inner...)
	}
	return out
}

func (r *Resolver) tooLong() Value {
	r.d.full()
	return Elsewhere("(too long)")
}

// lookup finds what a reference of setting at names: an earlier setting of its group, a later one, what the format has
// beside settings, or a setting of the same name in another group.
func (r *Resolver) lookup(p Part, at int) (Value, int, bool) {
	if p.Ref == "" {
		return nil, 0, false
	}
	if r.byName == nil { // most texts have no reference
		r.byName = map[string][]int{}
		for i := range r.settings {
			r.byName[r.settings[i].Name] = append(r.byName[r.settings[i].Name], i)
		}
	}
	places := r.byName[p.Ref]
	for k := len(places) - 1; k >= 0; k-- {
		if places[k] < at {
			return r.settings[places[k]].Value, places[k], true
		}
	}
	for _, k := range places {
		if k > at && at >= 0 {
			return r.settings[k].Value, k, true
		}
	}
	if v, ok := r.d.named[p.Ref]; ok {
		return v, at, true
	}
	if i, ok := r.d.other[p.Ref]; ok {
		return r.d.Settings[i].Value, -1, true
	}
	return nil, 0, false
}
