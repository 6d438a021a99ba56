package assess

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

// outcomes are all outcomes of reads that facts hold, each with its place in words and a way to change it.
func outcomes(f *Facts) (places []string, set map[string]func(Outcome)) {
	set = map[string]func(Outcome){}
	var walk func(v reflect.Value, at string)
	walk = func(v reflect.Value, at string) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem(), at)
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i), fmt.Sprintf("%s[%d]", at, i))
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i), strings.TrimPrefix(at+"."+v.Type().Field(i).Name, "."))
				}
			}
		case reflect.String:
			if v.Type() == reflect.TypeFor[Outcome]() && v.Interface() != NotAsked {
				places = append(places, at)
				set[at] = func(o Outcome) { v.SetString(string(o)) }
			}
		}
	}
	walk(reflect.ValueOf(f).Elem(), "")
	return places, set
}

var unread = []Outcome{Refused, NotServed, Off, TooLarge, NotThere, NotAsked}

// passes reports whether the rows of an id have nothing but PASS for a way to migrate.
func passes(f *Facts, id string, way func(Row) Verdict) bool {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.id == id })
	rows := rules[i].rows(f, proposals(f))
	return len(rows) > 0 && !slices.ContainsFunc(rows, func(r Row) bool { return way(r) != Pass })
}

var bothWays = map[string]func(Row) Verdict{"manual": func(r Row) Verdict { return r.Manual }, "automated": func(r Row) Verdict { return r.Automated }}

// TestWhatIsNotReadNeverPasses: whatever a row finds, it does not become PASS because one of the reads, any of them, ended
// without a value: each case of each row, each outcome of each read.
func TestWhatIsNotReadNeverPasses(t *testing.T) {
	// What a namespace has switched off is not in use there, a run that retention has deleted need not move, and a server
	// that cannot list workers leaves what histories say.
	fine := func(place string, o Outcome) bool {
		return o == Off && (strings.HasSuffix(place, ".Schedules.Listed") || strings.HasSuffix(place, ".Batches.Read") || strings.HasSuffix(place, ".Rules.Read")) ||
			o == NotServed && (strings.HasSuffix(place, ".Rules.Read") || strings.HasSuffix(place, ".Workers.Listed")) || o == NotThere && strings.Contains(place, ".Samples[")
	}
	n := 0
	for _, c := range findings {
		for way, of := range bothWays {
			v := map[string]Verdict{"manual": c.manual, "automated": c.automated}[way]
			if v == Pass {
				continue
			}
			base := well()
			c.change(base, &base.Namespaces[0])
			places, _ := outcomes(base)
			for _, place := range places {
				for _, o := range unread {
					if fine(place, o) {
						continue
					}
					f := well()
					c.change(f, &f.Namespaces[0])
					_, set := outcomes(f)
					set[place](o)
					n++
					if passes(f, c.id, of) {
						t.Errorf("%s, %s: %s becomes PASS (%s) when %s is %q", c.id, c.name, v, way, place, o)
					}
				}
			}
		}
	}
	t.Logf("%d cases", n)
}

// TestEachPassRestsOnARead: of a well server each row that passes stops to pass when a read that it rests on is gone.
func TestEachPassRestsOnARead(t *testing.T) {
	// By a name or a version alone, which are there or not, or by a file.
	byName := map[string]bool{"N2": true, "N3": true, "N4": true, "V1": true, "V2": true, "A2": true}
	whole := well()
	whole.Namespaces[0].Attributes = attributes(1, "Keyword")
	places, _ := outcomes(whole)
	for _, r := range Rules() {
		for way, of := range bothWays {
			if !passes(whole, r.ID, of) || byName[r.ID] {
				continue
			}
			rests := ""
			for _, place := range places {
				f := well()
				f.Namespaces[0].Attributes = attributes(1, "Keyword")
				_, set := outcomes(f)
				set[place](Refused)
				if !passes(f, r.ID, of) {
					rests = place
					break
				}
			}
			if rests == "" {
				t.Errorf("%s passes (%s) whatever could not be read", r.ID, way)
			}
		}
	}
}

// TestARefusalHidesNothing: a busy server that refuses, does not serve or fails any one of the calls: no row that had found
// something says PASS then.
func TestARefusalHidesNothing(t *testing.T) {
	o := quick()
	o.Namespaces = []string{"payments"}
	// A chain of a real server says so in its history too; this one's says it in the description alone.
	twice := map[string]bool{"DescribeWorkflowExecution W5": true}
	before := collect(t, server(), o)
	for _, method := range slices.Sorted(maps.Keys(allowed)) {
		method = method[strings.LastIndex(method, "/")+1:]
		for _, code := range []codes.Code{codes.PermissionDenied, codes.Unimplemented, codes.Internal, codes.InvalidArgument, codes.NotFound, codes.ResourceExhausted, codes.Unavailable} {
			s := server()
			s.fail(method, code, "no")
			f, err := Collect(t.Context(), s, "stub:7233", o)
			if err != nil {
				continue // nothing can be said of the server, and nothing is
			}
			for _, r := range Rules() {
				for way, of := range bothWays {
					if !twice[method+" "+r.ID] && !passes(before, r.ID, of) && passes(f, r.ID, of) {
						t.Errorf("%s answers %s: %s becomes PASS (%s)", method, code, r.ID, way)
					}
				}
			}
		}
	}
}
