package control

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"go.temporal.io/cloud-sdk/api/connectivityrule/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	"go.temporal.io/cloud-sdk/api/nexus/v1"
	opspb "go.temporal.io/cloud-sdk/api/operation/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const stateSchema = "onramp.rehearsal-control/1"

// saved is the content of Options.File: messages in wire form. It holds no API key, only hashes.
type saved struct {
	Schema     string            `json:"schema"`
	Owners     []savedOwner      `json:"owners"`
	Keys       []savedKey        `json:"keys"`
	Operations []savedOperation  `json:"operations"`
	Rules      [][]byte          `json:"rules,omitempty"` // of versions that did not keep their account
	RulesOf    []savedRule       `json:"connectivity_rules,omitempty"`
	Labels     map[string]tagged `json:"labels"`
	Endpoints  []savedEndpoint   `json:"nexus_endpoints,omitempty"`
}

type savedRule struct {
	Account string `json:"account"`
	Shown   []byte `json:"rule"`
}

type savedEndpoint struct {
	Account string `json:"account"`
	Shown   []byte `json:"endpoint"`
}

type savedOwner struct {
	Account string `json:"account"`
	User    []byte `json:"user,omitempty"`
	Robot   []byte `json:"service_account,omitempty"`
}

type savedKey struct {
	Account string `json:"account"`
	SHA256  []byte `json:"sha256"`
	Shown   []byte `json:"key"` // as it is shown, without the key
}

type savedOperation struct {
	Account string `json:"account"`
	About   string `json:"about"`
	Request []byte `json:"request"`
	Shown   []byte `json:"operation"`
}

// save writes the state as a whole; s.mu is held.
func (s *Server) save() error {
	if s.o.File == "" {
		return nil
	}
	var errs []error
	wire := func(m proto.Message) []byte {
		b, err := proto.Marshal(m)
		errs = append(errs, err)
		return b
	}
	out := saved{Schema: stateSchema, Labels: s.book.labels}
	for _, o := range s.book.owners {
		one := savedOwner{Account: o.account}
		if o.user != nil {
			one.User = wire(o.user)
		} else {
			one.Robot = wire(o.robot)
		}
		out.Owners = append(out.Owners, one)
	}
	for _, k := range s.book.keys {
		out.Keys = append(out.Keys, savedKey{k.account, k.hash[:], wire(k.shown)})
	}
	for _, op := range s.ops {
		out.Operations = append(out.Operations, savedOperation{op.account, op.about, op.request, wire(op.shown)})
	}
	for _, r := range s.rules {
		out.RulesOf = append(out.RulesOf, savedRule{r.account, wire(r.shown)})
	}
	for _, e := range s.endpoints {
		out.Endpoints = append(out.Endpoints, savedEndpoint{e.account, wire(e.shown)})
	}
	raw, err := json.Marshal(out)
	if err := errors.Join(append(errs, err)...); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(s.o.File), ".control-*") // its mode is 0600
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), s.o.File)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// load reads the state. Operations that were under way have failed: what they would have changed is as it was.
func (s *Server) load() error {
	if s.o.File == "" {
		return nil
	}
	raw, err := os.ReadFile(s.o.File)
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(filepath.Dir(s.o.File), 0o700)
	}
	if err != nil {
		return err
	}
	var in saved
	if err := json.Unmarshal(raw, &in); err != nil || in.Schema != stateSchema {
		return fmt.Errorf("%s is damaged or of another version", filepath.Base(s.o.File))
	}
	var errs []error
	for _, o := range in.Owners {
		one := &owner{account: o.Account}
		if o.User != nil {
			one.user = &identity.User{}
			errs = append(errs, proto.Unmarshal(o.User, one.user))
		} else {
			one.robot = &identity.ServiceAccount{}
			errs = append(errs, proto.Unmarshal(o.Robot, one.robot))
		}
		s.book.owners = append(s.book.owners, one)
	}
	for _, k := range in.Keys {
		one := &key{account: k.Account, shown: &identity.ApiKey{}}
		if copy(one.hash[:], k.SHA256) != sha256.Size {
			errs = append(errs, errors.New("the hash of an API key is damaged"))
		}
		errs = append(errs, proto.Unmarshal(k.Shown, one.shown))
		s.book.keys = append(s.book.keys, one)
	}
	for _, o := range in.Operations {
		op := &operation{account: o.Account, about: o.About, request: o.Request, shown: &opspb.AsyncOperation{}}
		errs = append(errs, proto.Unmarshal(o.Shown, op.shown))
		if !op.over() {
			op.shown.State, op.shown.FailureReason = opspb.AsyncOperation_STATE_FAILED, "the rehearsal was stopped before the change was made"+ourMark
			op.shown.FinishedTime = timestamppb.New(s.o.Now())
		}
		s.ops[op.account+"/"+op.shown.GetId()] = op
	}
	for _, r := range in.Rules { // it belongs to the account whose operation made it
		shown := &connectivityrule.ConnectivityRule{}
		errs = append(errs, proto.Unmarshal(r, shown))
		for _, op := range in.Operations {
			if op.About == shown.GetId() {
				s.rules[shown.GetId()] = &rule{op.Account, shown}
			}
		}
	}
	for _, r := range in.RulesOf {
		one := &rule{r.Account, &connectivityrule.ConnectivityRule{}}
		errs = append(errs, proto.Unmarshal(r.Shown, one.shown))
		s.rules[one.shown.GetId()] = one
	}
	for _, e := range in.Endpoints {
		one := &endpoint{e.Account, &nexus.Endpoint{}}
		errs = append(errs, proto.Unmarshal(e.Shown, one.shown))
		s.endpoints = append(s.endpoints, one)
	}
	s.book.labels = in.Labels
	return errors.Join(errs...)
}
