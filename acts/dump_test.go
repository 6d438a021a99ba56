package acts

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"onramp/store"
)

// dump is everything that an act can change: each line of the database, what is held in memory, and the cloud.
type dump []string

func (w *world) dump() dump {
	w.t.Helper()
	out := dump(rowsIn(w.t, w.dir))
	for what, room := range map[string]any{"vault": w.vault, "keyring": w.keyring, "keeper": w.keeper} {
		v := reflect.ValueOf(room).Elem()
		for _, field := range []string{"held", "booked", "gone", "lent", "open"} {
			if f := v.FieldByName(field); f.IsValid() {
				for _, k := range f.MapKeys() {
					out = append(out, fmt.Sprintf("%s %s %s", what, field, keyText(k)))
				}
			}
		}
	}
	d := w.Acts.Checks.desk
	d.invites.mu.Lock()
	for h := range d.invites.all {
		out = append(out, fmt.Sprintf("invite %x", h))
	}
	d.invites.mu.Unlock()
	d.watches.mu.Lock()
	for k := range d.watches.all {
		out = append(out, fmt.Sprint("watch ", k))
	}
	d.watches.mu.Unlock()
	w.flows.mu.Lock()
	for _, a := range w.flows.asked {
		out = append(out, "workflow "+a)
	}
	w.flows.mu.Unlock()
	out = append(out, w.cloud.state()...)
	slices.Sort(out)
	return out
}

// keyText is the key of a map in a field that is not exported.
func keyText(k reflect.Value) string {
	if k.Kind() == reflect.String {
		return k.String()
	}
	var parts []string
	for i := range k.NumField() {
		parts = append(parts, k.Field(i).String())
	}
	return strings.Join(parts, "/")
}

// rowsIn is every row of every table of the database in a directory, but for what is derived from others.
func rowsIn(t testing.TB, dir string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: filepath.Join(dir, store.File), RawQuery: "_pragma=query_only(1)&_pragma=busy_timeout(5000)"}).String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	each := func(query string, see func([]string)) {
		rows, err := db.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			cells, ptrs := make([]any, len(names)), make([]any, len(names))
			for i := range cells {
				ptrs[i] = &cells[i]
			}
			if err := rows.Scan(ptrs...); err != nil {
				t.Fatal(err)
			}
			line := make([]string, len(names))
			for i, n := range names {
				line[i] = fmt.Sprintf("%s=%v", n, cells[i])
			}
			see(line)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	var tables, out []string
	each("SELECT name FROM sqlite_schema WHERE type = 'table'", func(line []string) { tables = append(tables, strings.TrimPrefix(line[0], "name=")) })
	for _, table := range tables {
		what := "*"
		switch table {
		case "endings", "ending_days", "migration_counts", "migration_ends", "certificates", "named", "names", "names_data", "names_idx", "names_content", "names_docsize", "names_config": // derived: right again before anybody reads it
			continue
		case "migrations":
			what = "id, name, lang, mode, auth, created, version, archived, deleted" // the rest is derived
		}
		each("SELECT "+what+" FROM "+table, func(line []string) { out = append(out, table+" "+strings.Join(line, " ")) })
	}
	return out
}

// without leaves out the lines that begin so.
func (d dump) without(prefix string) dump {
	return slices.DeleteFunc(slices.Clone(d), func(l string) bool { return strings.HasPrefix(l, prefix) })
}

// change is what of d is not in before, and what of before is not in d.
func (d dump) change(before dump) (come, gone dump) {
	count := map[string]int{}
	for _, l := range before {
		count[l]++
	}
	for _, l := range d {
		if count[l]--; count[l] < 0 {
			come = append(come, l)
		}
	}
	for l, n := range count {
		for ; n > 0; n-- {
			gone = append(gone, l)
		}
	}
	return come, gone
}

// shape is what sort of lines came and went: two runs of one act have the same, although each made other keys.
func (d dump) shape(before dump) string {
	come, gone := d.change(before)
	sort := func(sign string, lines dump) (out []string) {
		for _, l := range lines {
			words := strings.Fields(l)
			kind := words[0]
			switch words[0] {
			case "vault", "keyring":
				what, _, _ := strings.Cut(words[2], ":")
				kind = words[0] + " " + words[1] + " " + what
			case "facts", "audit":
				for _, w := range words {
					if strings.HasPrefix(w, "kind=") || strings.HasPrefix(w, "verb=") {
						kind += " " + w
					}
				}
			}
			out = append(out, sign+kind)
		}
		return out
	}
	all := append(sort("+", come), sort("-", gone)...)
	slices.Sort(all)
	return strings.Join(all, "\n")
}
