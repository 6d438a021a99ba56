package cli

import (
	"context"
	"net/url"
	"os"
	"time"

	"onramp/doctor"
)

// check is `onramp check`: the connection doctor.
func check(ctx context.Context, w World, args []string) int {
	s := newSettings("check", "check whether a worker can connect to an endpoint, and name the fault", w)
	conn := connectionFlags(s)
	conn.uploadedCA = s.text("uploaded-ca", "", "`file` with the CA certificates the namespace holds, if known")
	conn.filters = s.text("filters", "", "`file` with the namespace's certificate filters (tcld's JSON), if known")
	local := s.text("local-address", "", "`host:port` of the local server that the worker used before, to compare its namespace and to look for the worker there when nobody polls")
	nameserver := s.text("other-nameserver", "", "`host:port` of a DNS server outside this network, also asked when this network's does not know the name")
	localNS := s.text("local-namespace", "", "namespace there; default: default")
	postTo := s.text("post", "", "one-time `URL` of the portal that the report is also sent to")
	timeout := s.duration("timeout", "25s", "the whole check ends after this `duration`", 10*time.Minute)
	asJSON := s.boolean("json", "machine output (onramp.check/1)")
	var to *url.URL
	s.after = append(s.after, func() (err error) {
		if *postTo != "" {
			to, err = postAddress(*postTo)
		}
		return err
	})
	if code, done := s.parse(args); done {
		return code
	}
	target := conn.target()
	target.LocalAddress, target.LocalNamespace = *local, *localNS
	report := doctor.New(doctor.Options{Timeout: *timeout, OtherNameserver: *nameserver}).Run(ctx, target, nil)
	written := exitOK
	if *asJSON {
		written = printJSON(w, report)
	} else {
		written = unwritten(w, doctor.WriteText(w.Stdout, report, colour(w)))
	}
	if written != exitOK {
		return written
	}
	if to != nil {
		post(ctx, w, to, report)
	}
	return doctor.ExitCode(report.Verdict)
}

// colour reports whether stdout is a terminal that wants colours.
func colour(w World) bool {
	if v, ok := w.Getenv("NO_COLOR"); ok && v != "" {
		return false
	}
	if v, _ := w.Getenv("TERM"); v == "dumb" {
		return false
	}
	f, ok := w.Stdout.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}
