package acts

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"onramp/cloud"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
)

// Places says where migrations go, and how programs connect there.
type Places struct {
	o     Options
	trust trust
}

// trust is what was written for programs that connect to the rehearsal cloud: each start of it has its own root.
type trust struct {
	asked   atomic.Bool
	written chan struct{} // closed once what follows is known
	env     map[string]string
	err     error
}

// readyWait is how long an act waits for a place that is starting.
const readyWait = 15 * time.Second

// Of is where a migration of a mode goes.
func (p *Places) Of(m migration.Mode) cloud.Place {
	if m == migration.Rehearsal {
		return p.o.Rehearsal
	}
	return p.o.Cloud
}

// Rehearsal is the rehearsal cloud; the zero Place when it is switched off.
func (p *Places) Rehearsal() cloud.Place { return p.o.Rehearsal }

// OwnComputer reports whether whoever reaches Onramp sits at the computer that it runs on.
func (p *Places) OwnComputer() bool { return p.o.OwnComputer }

// State is the state of the rehearsal cloud.
func (p *Places) State() cloud.State {
	if p.o.Rehearsal.Own == nil {
		return cloud.State{Phase: cloud.Off}
	}
	return p.o.Rehearsal.Own.State()
}

// NoRehearsal says why there is no rehearsal cloud; "" when there is one, or will be in a moment.
func (p *Places) NoRehearsal() string {
	switch s := p.State(); s.Phase {
	case cloud.Off:
		return "It is switched off: start Onramp with --rehearsal on."
	case cloud.Absent:
		return "This build of Onramp does not include the Temporal server."
	case cloud.Failed:
		if f := fault.From(s.Err); f != nil && f.Title != "" {
			return f.Title + ". " + f.Fix
		}
		return "It could not start."
	}
	return ""
}

// Ready is the rehearsal cloud once it answers. The error is an Unavailable fault.
func (p *Places) Ready(ctx context.Context) (cloud.Place, error) {
	if no := p.NoRehearsal(); no != "" {
		return cloud.Place{}, fault.New(fault.Unavailable, "No rehearsal cloud is running here", no)
	}
	if p.State().Phase != cloud.Ready {
		ctx, cancel := context.WithTimeout(ctx, readyWait)
		defer cancel()
		if _, err := p.o.Rehearsal.Namespaces.Namespaces(ctx); err != nil {
			return cloud.Place{}, err
		}
	}
	return p.o.Rehearsal, nil
}

// Reach waits until the place of a migration answers, where that is a server of Onramp's own.
func (p *Places) Reach(ctx context.Context, v migration.View) error {
	if !v.Migration.Mode.Can().OneDoor {
		return nil
	}
	_, err := p.Ready(ctx)
	return err
}

// Target is where a migration's programs connect, without a key: for a server of Onramp's own where that listens now,
// with its root beside the system's. The zero Target without a namespace.
func (p *Places) Target(v migration.View) doctor.Target {
	var t doctor.Target
	if v.Namespace == nil {
		return t
	}
	t.Address, t.Namespace, t.ServerName = v.Namespace.Address, v.Namespace.Namespace, v.Namespace.Server
	if own := p.Of(v.Migration.Mode).Own; own != nil {
		t.Address, t.ServerName, t.ExtraRootsPEM = own.Address(), "", own.RootPEM()
		if p.State().Phase == cloud.Ready && p.o.OwnComputer { // a path here says nothing to who sits elsewhere
			if _, root, err := p.Trust(); err == nil { // else printed commands name the file as it is called
				t.CAPath = root
			}
		}
		if v.Migration.Auth == cloud.AuthAPIKey {
			t.Address, t.ServerName = own.KeyAddress(), "" // the call's namespace is the one that the key is for
		}
	}
	return t
}

// Space is the namespace of a migration at a place whose switches break it on purpose; false for any other migration.
func (p *Places) Space(v migration.View) (namespace.ID, bool) {
	if p.Of(v.Migration.Mode).Breaks == nil || v.Namespace == nil {
		return namespace.ID{}, false
	}
	id, _, err := namespace.ParseID(v.Namespace.Namespace)
	return id, err == nil
}

// CanPractise reports whether the switches are made for a migration: one at such a place with client certificates.
func (p *Places) CanPractise(v migration.View) bool {
	_, ok := p.Space(v)
	return ok && v.Certificate != nil && v.Migration.Auth != cloud.AuthAPIKey
}

// bend gives a run what the worker of a migration that is broken on purpose would have. Its practice reports whether
// it is broken: what such a run finds is no evidence about the migration.
func (p *Places) bend(v migration.View, t *doctor.Target) (broken practice, err error) {
	id, ok := p.Space(v)
	if !ok {
		return false, nil
	}
	breaks := p.Of(v.Migration.Mode).Breaks
	broken = len(breaks.Broken()[id.String()]) > 0
	s, err := breaks.Bend(id, cloud.Setup{Address: t.Address, ServerName: t.ServerName, Namespace: t.Namespace,
		CertPEM: t.CertPEM, KeyPEM: t.KeyPEM, TaskQueue: t.TaskQueue})
	if err != nil {
		return broken, err
	}
	if string(s.CertPEM) != string(t.CertPEM) || string(s.KeyPEM) != string(t.KeyPEM) {
		t.CertPath, t.KeyPath, t.InputFaults = "", "", nil // the pair is not from those files
	}
	t.Address, t.ServerName, t.Namespace, t.CertPEM, t.KeyPEM, t.TaskQueue = s.Address, s.ServerName, s.Namespace, s.CertPEM, s.KeyPEM, s.TaskQueue
	return broken, nil
}

// WriteTrust waits for the rehearsal cloud and writes its trust files, once; the error is told to whoever asks for
// Trust, and returned. Without a rehearsal cloud there are none.
func (p *Places) WriteTrust(ctx context.Context) error {
	t := &p.trust
	if p.o.Rehearsal.Own == nil || t.asked.Swap(true) {
		return nil
	}
	defer close(t.written)
	if _, t.err = p.o.Rehearsal.Namespaces.Namespaces(ctx); t.err == nil {
		t.env, t.err = p.o.Rehearsal.Own.TrustFiles(p.o.TrustDir)
	}
	return t.err
}

// Trust is the environment that makes unchanged programs trust the rehearsal cloud, and the path of its root alone. It
// waits for WriteTrust, which began at the start, and writes nothing itself. An Unavailable fault where that was not
// begun, or the rehearsal cloud is not ready. Where readers do not sit at this computer, files are called by their names
// alone.
func (p *Places) Trust() (env map[string]string, root string, err error) {
	if !p.trust.asked.Load() || p.State().Phase != cloud.Ready {
		return nil, "", fault.New(fault.Unavailable, "The rehearsal cloud’s trust files are not written yet", "Load this page again in a moment.")
	}
	<-p.trust.written
	env, root = p.trust.env, filepath.Join(p.o.TrustDir, "server-root.pem")
	if !p.o.OwnComputer {
		named := make(map[string]string, len(env))
		for name, value := range env {
			named[name] = strings.ReplaceAll(value, p.o.TrustDir+string(filepath.Separator), "")
		}
		env, root = named, filepath.Base(root)
	}
	return env, root, p.trust.err
}

// idOf is the namespace of a migration that has one.
func idOf(v migration.View) (namespace.ID, error) {
	if v.Namespace == nil {
		return namespace.ID{}, fault.New(fault.Conflict, "There is no namespace yet", "Choose it first: step 1.")
	}
	id, _, err := namespace.ParseID(v.Namespace.Namespace)
	return id, err
}
