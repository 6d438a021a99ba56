package cli

import (
	"context"
	"net"
	"path/filepath"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloudops"
	"onramp/reach"
	"onramp/rehearsal"
)

// cloudOps is the control plane at a server for the portal's acts: what it dials goes through the gate, and operations are
// noted in the data directory.
func (p portal) cloudOps(server string, rootsPEM []byte, gate *reach.Gate) acts.OpsPlace {
	return acts.OpsPlace{Server: server, Open: func(key certsvc.Secret) (acts.OpsClient, error) {
		o := cloudops.Options{Server: server, RootsPEM: rootsPEM, Key: key, Journal: cloudops.NewJournal(filepath.Join(p.data, "cloud-operations"))}
		if to := gate.Dialers(); to != nil {
			dial := to(server)
			o.Dial = func(ctx context.Context, address string) (net.Conn, error) { return dial(ctx, "tcp", address) }
		}
		client, err := cloudops.Open(o)
		if err != nil {
			return nil, err // not a client that is nil
		}
		return client, nil
	}}
}

// rehearsalOps is the control plane of the rehearsal, which makes keys of its own.
func (p portal) rehearsalOps(c *rehearsal.Cloud, plane *rehearsal.Control) func(*reach.Gate) acts.OpsPlace {
	return func(gate *reach.Gate) acts.OpsPlace {
		if plane.Address() == "" {
			return acts.OpsPlace{}
		}
		place := p.cloudOps(plane.Address(), c.RootPEM(), gate)
		place.OwnKey = func(account string) (certsvc.Secret, error) {
			return plane.NewOwnerKey(account, "portal", acts.OpsFor+time.Minute)
		}
		return place
	}
}

// opsOf is a place where there is one.
func opsOf(place func(*reach.Gate) acts.OpsPlace, gate *reach.Gate) acts.OpsPlace {
	if place == nil {
		return acts.OpsPlace{}
	}
	return place(gate)
}
