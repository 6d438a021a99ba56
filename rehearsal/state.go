//go:build !lean

package rehearsal

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/namespace"
)

// stateFile is ours beside the server's database: what Cloud's control plane would hold. It holds no
// private key and no API key, only the hash of one.
const stateFile = "namespaces.json"

// databasePattern are the names of the server's databases; each Reset begins a new one.
const databasePattern = "workflows-*.db"

const stateSchema = "onramp.rehearsal-state/1"

// savedState is the content of stateFile.
type savedState struct {
	Schema     string       `json:"schema"`
	Run        int64        `json:"run"` // rises with each Reset; the database is workflows-<run>.db
	Namespaces []savedSpace `json:"namespaces"`
	// BothMethods says that the practised account has both sign-in methods at once.
	BothMethods bool `json:"both_methods,omitempty"`
}

type savedSpace struct {
	Name    string     `json:"name"`
	Account string     `json:"account"`
	Created time.Time  `json:"created"`
	Bundle  string     `json:"ca_bundle,omitempty"`
	Filters string     `json:"filters,omitempty"` // tcld's JSON
	Auth    string     `json:"auth_method,omitempty"`
	Keys    []savedKey `json:"api_keys,omitempty"`
	Broken  []string   `json:"broken,omitempty"` // switches that are on; what they change is not saved

	Version    string            `json:"version,omitempty"`
	Retention  int               `json:"retention_days,omitempty"`
	Attributes map[string]string `json:"search_attributes,omitempty"`
	Rest       []byte            `json:"spec,omitempty"`
}

// keeper keeps the state in a directory; with "" it keeps nothing.
type keeper struct {
	dir string
	run int64
}

// load reads the state; a directory without one is an empty rehearsal.
func (k *keeper) load() (*realm, error) {
	if k.dir == "" {
		return newRealm(nil, false), nil
	}
	raw, err := os.ReadFile(filepath.Join(k.dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return newRealm(nil, false), nil
	}
	if err != nil {
		return nil, err
	}
	var saved savedState
	if err := json.Unmarshal(raw, &saved); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", stateFile, err)
	}
	if saved.Schema != stateSchema {
		return nil, fmt.Errorf("%s has schema %q, not %q", stateFile, saved.Schema, stateSchema)
	}
	k.run = saved.Run
	var spaces []*space
	for _, s := range saved.Namespaces {
		cas, err := parseBundle(s.Bundle)
		if err != nil {
			return nil, fmt.Errorf("%s, namespace %s: %w", stateFile, s.Name, err)
		}
		var f certsvc.Filters
		if s.Filters != "" {
			f, err = certsvc.ParseFilters([]byte(s.Filters))
		}
		if err != nil {
			return nil, fmt.Errorf("%s, namespace %s: %w", stateFile, s.Name, err)
		}
		one, err := newSpace(namespace.ID{Name: s.Name, Account: s.Account}, s.Created, s.Bundle, cas, f).restore(s.Auth, s.Keys)
		if err != nil {
			return nil, fmt.Errorf("%s, namespace %s: %w", stateFile, s.Name, err)
		}
		one.retention, one.attributes, one.rest = s.Retention, s.Attributes, s.Rest
		if s.Version != "" {
			one.version = s.Version
		}
		spaces = append(spaces, one.breaking(nil, s.Broken))
	}
	return newRealm(spaces, saved.BothMethods), nil
}

// save writes the state as a whole: after a crash there is the old one or the new one.
func (k *keeper) save(r *realm) error {
	if k.dir == "" {
		return nil
	}
	saved := savedState{Schema: stateSchema, Run: k.run, Namespaces: []savedSpace{}, BothMethods: r.both}
	for _, s := range r.spaces() {
		var filters []byte
		if len(s.filters) > 0 {
			filters = s.filters.JSON()
		}
		saved.Namespaces = append(saved.Namespaces, savedSpace{Name: s.id.Name, Account: s.id.Account, Created: s.created,
			Bundle: s.bundle, Filters: string(filters), Auth: s.signIn, Keys: s.savedKeys(), Broken: s.broken,
			Version: s.version, Retention: s.retention, Attributes: s.attributes, Rest: s.rest})
	}
	raw, err := json.MarshalIndent(saved, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(k.dir, stateFile+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(raw, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(k.dir, stateFile))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// database is the path of the present run's database.
func (k *keeper) database() string {
	return filepath.Join(k.dir, strings.Replace(databasePattern, "*", fmt.Sprint(k.run), 1))
}

// forget begins anew without namespaces and with the next database; what the account has stays. What is left of old runs
// goes with sweep.
func (k *keeper) forget(both bool) (*realm, error) {
	files, err := k.databases()
	if err != nil {
		return nil, err
	}
	for k.run++; slices.Contains(files, k.database()); k.run++ {
	}
	r := newRealm(nil, both)
	return r, k.save(r)
}

// sweep deletes the databases of earlier runs.
func (k *keeper) sweep() error {
	files, err := k.databases()
	for _, f := range files {
		if f != k.database() {
			err = errors.Join(err, remove(f))
		}
	}
	return err
}

func (k *keeper) databases() ([]string, error) {
	if k.dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(k.dir)
	var out []string
	for _, e := range entries {
		if ok, _ := filepath.Match(databasePattern, e.Name()); ok {
			out = append(out, filepath.Join(k.dir, e.Name()))
		}
	}
	return out, err
}

// parseBundle reads the certificates of a bundle that was judged when it was saved.
func parseBundle(bundle string) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for rest := []byte(bundle); ; {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			return out, nil
		}
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
}
