package cloudops

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// Journal keeps operations from before they are sent until their end is known, a file each, so that a crash loses none and
// makes none twice. It holds requests, which hold no secret: no key, no private key. nil keeps nothing.
type Journal struct{ dir string }

// NewJournal keeps its files in a directory, which is made when it is first needed.
func NewJournal(dir string) *Journal { return &Journal{dir} }

// entry is one file.
type entry struct {
	Schema    string     `json:"schema"`
	Server    string     `json:"server"`
	Namespace string     `json:"namespace"`
	At        time.Time  `json:"at"`
	Plan      cloud.Plan `json:"plan"`
}

const entrySchema = "onramp.cloud-operation/1"

func (j *Journal) path(operation string) string {
	return filepath.Join(j.dir, operation+".json")
}

// put keeps a plan; it is on the disk when it returns.
func (j *Journal) put(server string, p cloud.Plan) error {
	if j == nil {
		return nil
	}
	raw, err := json.Marshal(entry{entrySchema, server, p.Namespace.String(), time.Now().UTC(), p})
	if err == nil {
		err = os.MkdirAll(j.dir, 0o700)
	}
	if err != nil {
		return j.failed(err)
	}
	j.sweep()
	f, err := os.CreateTemp(j.dir, ".operation-*") // its mode is 0600
	if err != nil {
		return j.failed(err)
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), j.path(p.Operation))
	}
	if err != nil {
		return j.failed(errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// sweep removes what programs that were killed had half written.
func (j *Journal) sweep() {
	half, _ := filepath.Glob(filepath.Join(j.dir, ".operation-*")) // the pattern is good
	for _, f := range half {
		if st, err := os.Stat(f); err == nil && time.Since(st.ModTime()) > time.Hour {
			_ = os.Remove(f)
		}
	}
}

func (j *Journal) failed(err error) error {
	return fault.Wrap(err, fault.Internal, "The operation could not be noted, so it was not sent", "See that "+j.dir+" is writable and has room, then try again.")
}

// drop forgets an operation. A file that stays behind is looked at once more and found over.
func (j *Journal) drop(operation string) {
	if j != nil {
		_ = os.Remove(j.path(operation))
	}
}

// of is the plan of some kinds that is kept for a namespace at a server: the oldest.
func (j *Journal) of(server string, id namespace.ID, kinds ...string) (cloud.Plan, bool, error) {
	return j.find(func(e entry) bool {
		return slices.Contains(kinds, e.Plan.Kind) && e.Server == server && e.Namespace == id.String()
	})
}

// find is the oldest plan that is kept and wanted.
func (j *Journal) find(wanted func(entry) bool) (cloud.Plan, bool, error) {
	if j == nil {
		return cloud.Plan{}, false, nil
	}
	files, err := os.ReadDir(j.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return cloud.Plan{}, false, nil
	} else if err != nil {
		return cloud.Plan{}, false, fault.Wrap(err, fault.Internal, "The notes of earlier operations cannot be read", "See that "+j.dir+" is readable.")
	}
	var found entry
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".") || !strings.HasSuffix(f.Name(), ".json") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(j.dir, f.Name()))
		var e entry
		if err != nil || json.Unmarshal(raw, &e) != nil || e.Schema != entrySchema {
			continue // of another version, or gone meanwhile
		}
		if wanted(e) && (found.Schema == "" || e.At.Before(found.At)) {
			found = e
		}
	}
	if found.Schema == "" {
		return cloud.Plan{}, false, nil
	}
	id, _, err := namespace.ParseID(found.Namespace)
	if err != nil {
		return cloud.Plan{}, false, fault.Wrap(err, fault.Internal, "A note of an earlier operation names no namespace", "See "+j.path(found.Plan.Operation)+".")
	}
	found.Plan.Namespace = id
	return found.Plan, true, nil
}
