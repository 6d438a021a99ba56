package acts

import (
	"context"
	"strings"

	"onramp/assess"
	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// Assess asks for an assessment of the server that an application runs on today. What the source asks for to be let in is
// used for this run alone, and kept nowhere.
type Assess struct {
	Target  doctor.Target // Plaintext where it is reached without TLS
	Options assess.Options
}

// Start starts an assessment in the background and returns its run at once. Faults are Invalid, at the fields address,
// namespaces, rate, budget, histories, cert_pem and ca_pem; TooMany while another of the migration is under way.
func (a Assessments) Start(ctx context.Context, by Actor, id string, req Assess) (run runs.Run, err error) {
	defer unchanged(&err)
	if a.o.Assessor == nil {
		return run, fault.New(fault.Unavailable, "This Onramp reads no source", "Run onramp assess where the server can be reached.")
	}
	v, err := a.View(ctx, id)
	if err != nil {
		return run, err
	}
	if err := req.check(); err != nil {
		return run, err
	}
	if err := a.admit(ctx, by, req.Target.Address); err != nil {
		return run, err
	}
	work, secrets := runs.Assessment{Assessor: a.o.Assessor, Target: req.Target, Options: req.Options, Now: a.o.Now}, runs.NewScrubber(req.Target)
	r := runs.Run{Request: secrets.JSON(runs.NewAssessRequest(work)), Row: runs.Row{By: by.Name, Outcome: migration.Outcome{MigrationID: v.Migration.ID, Kind: migration.AssessRun}}}
	return a.begin(ctx, by, custody.Assessed, runs.Job{Run: r, Secrets: secrets, Work: work, Most: 1,
		Full: fault.New(fault.TooMany, "An assessment of this migration is already running", "Wait until it has ended, or stop it: the source is asked by one at a time.")})
}

// check says what is wrong with what was asked, without dialling.
func (r Assess) check() error {
	var address error
	switch text := strings.TrimSpace(r.Target.Address); {
	case text == "":
		address = fault.New(fault.Invalid, "The address is missing", "Enter host and port of the Temporal frontend, such as localhost:7233.").In("address")
	case len(text) > 300 || strings.ContainsFunc(text, unnameable):
		address = fault.New(fault.Invalid, "This is not an address", "Enter host and port, such as localhost:7233.").In("address")
	}
	options := r.Options.Validate()
	if f := fault.From(options); f != nil && f.Field == "namespace" {
		options = f.In("namespaces")
	}
	if err := join(address, options); err != nil {
		return err
	}
	conn, err := assess.Dial(r.Target, nil) // opens nothing
	if err != nil {
		f := fault.From(err)
		field := map[string]string{"api-key-path": "api_key", "tls-cert-path": "cert_pem", "tls-ca-path": "ca_pem"}[f.Field]
		if field == "" {
			field = "address"
		}
		return f.In(field)
	}
	return conn.Close()
}
