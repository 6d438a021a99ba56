package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"onramp/doctor"
	"onramp/fault"
)

// postTime bounds the sending of a report.
const postTime = 10 * time.Second

// postAddress reads the value of --post: an address of a portal.
func postAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fault.New(fault.Invalid, "this is not an address of Onramp", "Copy the whole command from the page of the connection test.").In("post")
	}
	return u, nil
}

// post sends a report, and nothing else, to a one-time address of the portal, and says on stderr what came of it:
// stdout and the exit code are the check's.
func post(ctx context.Context, w World, to *url.URL, report doctor.Report) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), postTime)
	defer cancel()
	said, err := send(ctx, to, report)
	if err != nil {
		fmt.Fprintf(w.Stderr, "onramp: the report was not posted: %s\nRun the command with --json instead of --post, and paste what it prints into the page.\n", printable(err.Error()))
		return
	}
	fmt.Fprintf(w.Stderr, "onramp: posted as check %d: %s\n", said.Run, printable(said.URL))
	if !said.Counts {
		fmt.Fprintf(w.Stderr, "onramp: it does not count for step 4: %s\n", printable(said.Why))
	}
}

// posted is the portal's answer.
type posted struct {
	Schema, URL, Why string
	Run              int
	Counts           bool
	Error            struct{ Title, Fix string }
}

func send(ctx context.Context, to *url.URL, report doctor.Report) (posted, error) {
	body, err := json.Marshal(report)
	if err != nil {
		return posted{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return posted{}, errors.New("the address cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	transport := http.DefaultTransport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil { // without the address: it holds the one-time token
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return posted{}, fmt.Errorf("%s cannot be reached: %w", to.Host, err)
	}
	defer resp.Body.Close()
	var said posted
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 16<<10))
	known := json.Unmarshal(text, &said) == nil
	switch {
	case resp.StatusCode == http.StatusOK && known && said.Schema == "onramp.posted/1":
		return said, nil
	case known && said.Error.Title != "":
		return said, fmt.Errorf("%s. %s", said.Error.Title, said.Error.Fix)
	}
	return said, fmt.Errorf("%s answered %d, and is not the page that created the command", to.Host, resp.StatusCode)
}
