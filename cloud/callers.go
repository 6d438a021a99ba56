package cloud

import "time"

// Caller is one client certificate or one API key as one program presents it to a namespace of the rehearsal cloud.
// Temporal Cloud shows nothing of the kind: there what a worker signs in with cannot be seen from outside.
type Caller struct {
	KeyID       string // of the API key that it signs in with, as the control plane names it; "" with a client certificate
	Leaf        string // SHA-256 of the client certificate, lower-case hex; "" with an API key
	LeafSubject string
	CA          string // SHA-256 of the CA of the bundle that it leads to
	CASubject   string
	Identity    string   // as the program names itself in its calls; "" while it has made none
	TaskQueues  []string // those that its calls named, at most five
	First       time.Time
	Last        time.Time // its last call that was let in, or without one when it connected
	Calls       int64     // let in
	Refused     int64
	Open        int // connections that are open now; with an API key those whose last call had this key
	// Own: Onramp itself calls, to check or to look who polls. It needs no certificate to go on, so it is nobody who would
	// be cut off.
	Own bool
}

// Callers are the callers of one namespace at one moment.
type Callers struct {
	Since time.Time // who came before is not known: the cloud started then
	At    time.Time
	List  []Caller // by CA, leaf, API key and identity
}
