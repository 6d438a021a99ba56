package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"onramp/fault"
	"onramp/handlers/web"
	"onramp/people"
	"onramp/store"
)

// publicURL is the setting that holds the address of a shared portal, for commands that make links to it.
const publicURL = "public-url"

// address is where people open the portal, with a slash at its end.
func (p portal) address(ln net.Listener) string {
	if p.shared.public != nil {
		return p.shared.public.String() + "/"
	}
	return fmt.Sprintf("http://%s/", ln.Addr())
}

// server is an HTTP server with the limits of all of ours.
func (p portal) server(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: 60 * time.Second,
		MaxHeaderBytes: 16 << 10, HTTP2: &http.HTTP2Config{MaxConcurrentStreams: 100}, ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug)}
}

// answer serves until the server is shut down.
func (p portal) answer(srv *http.Server, ln net.Listener) error {
	if p.shared.files == nil {
		return srv.Serve(ln)
	}
	p.shared.files.log = p.log
	srv.TLSConfig = p.shared.files.config()
	return srv.ServeTLS(ln, "", "")
}

// share opens what a portal for several people has besides: the people, and the listener of its metrics. Both are nil
// for one person.
func (p portal) share(ctx context.Context, db *store.DB) (net.Listener, *web.Shared, error) {
	if p.shared.public == nil {
		return nil, nil, nil
	}
	who, err := people.New(people.Options{Store: db, Log: p.log})
	if err != nil {
		return nil, nil, err
	}
	if err := db.SaveSetting(ctx, publicURL, p.shared.public.String()); err != nil {
		return nil, nil, err
	}
	ln, err := net.Listen("tcp", p.shared.metricsAddr)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Invalid, "Nothing can listen on "+p.shared.metricsAddr, "Choose another address for /metrics.").In("metrics-addr")
	}
	site := p.shared.site(ln.Addr().String())
	site.People = who
	if site.Calendars, err = people.NewCalendars(store.NewCalendars(db), nil); err != nil {
		return nil, nil, err
	}
	return ln, site, nil
}

// announce prints where the portal is and, while nobody can sign in by a password, the link of the first owner.
func (p portal) announce(ctx context.Context, w World, ln net.Listener, site *web.Shared) error {
	line := map[string]string{"schema": "onramp.serve/1", "url": p.address(ln), "data": p.data}
	if p.control != "" {
		line["control"] = p.control
	}
	if site != nil {
		line["listen"], line["metrics"] = ln.Addr().String(), "http://"+site.Metrics+"/metrics"
		if site.Provider == nil {
			token, err := site.People.FirstAdmin(ctx)
			if err != nil {
				return err
			}
			if token != "" {
				line["first_admin"] = p.address(ln) + "start?t=" + token
			}
		}
	}
	if p.json {
		text, err := jsonLine(line)
		if err == nil {
			_, err = fmt.Fprintln(w.Stdout, text)
		}
		return err
	}
	fmt.Fprintf(w.Stdout, "Onramp is open: %s\n", line["url"])
	if first := line["first_admin"]; first != "" {
		fmt.Fprintf(w.Stdout, "Nobody can sign in yet. Make the first owner here, once, within an hour: %s\n", first)
	}
	return nil
}
