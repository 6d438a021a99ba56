package expiry

import (
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"onramp/expiry"
	"onramp/migration"
	"onramp/runs"
)

// What /metrics tells beside the Go runtime and the process. A timestamp rather than the days left: the reader
// computes those, and an alert works while Onramp is down.
var (
	metricEnd = prometheus.NewDesc("onramp_certificate_not_after_timestamp_seconds",
		"When a client certificate stops working: the first expiry in its chain. Only certificates that nothing has replaced: the 100 that expire next, and the 100 that expired last.",
		[]string{"migration", "mode", "client", "subject", "sha256", "set_by"}, nil)
	metricNear = prometheus.NewDesc("onramp_certificates_ending",
		"Client certificates that nothing has replaced and that expire within so many days, including expired ones: 0 for expired ones only, +Inf for all.",
		[]string{"mode", "within_days"}, nil)
	metricRuns = prometheus.NewDesc("onramp_runs_ended_total", "Checks, transfers and drills that have ended.", []string{"kind", "state"}, nil)
	metricLive = prometheus.NewDesc("onramp_runs_running", "Checks, transfers and drills that are running.", []string{"kind"}, nil)
	metricMove = prometheus.NewDesc("onramp_migrations", "Migrations.", []string{"mode"}, nil)
	metricFail = prometheus.NewDesc("onramp_webhook_notices_failing", "Messages to the webhook whose last attempt failed and that are still retried.", nil, nil)
	metricInfo = prometheus.NewDesc("onramp_build_info", "The running version; always 1.", []string{"version", "go_version"}, nil)
)

// maxSeries is how many certificates that end next, and how many that have ended, have a series each.
const maxSeries = 100

// withinDays are the values of the label within_days, in the order of acts.Measured.Within.
var withinDays = func() []string {
	days := []string{"0"}
	for _, d := range slices.Backward(expiry.Rungs) {
		days = append(days, strconv.Itoa(d))
	}
	return append(days, "+Inf")
}()

// scrape is what one request to /metrics read.
type scrape []prometheus.Metric

func (s scrape) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{metricEnd, metricNear, metricRuns, metricLive, metricMove, metricFail, metricInfo} {
		out <- d
	}
}

func (s scrape) Collect(out chan<- prometheus.Metric) {
	for _, m := range s {
		out <- m
	}
}

// Metrics answers Prometheus.
func (h *Pages) Metrics(w http.ResponseWriter, r *http.Request) error {
	told, err := h.Acts.Lists.Measure(r.Context(), maxSeries)
	if err != nil {
		return err
	}
	counts, err := h.Runs.Counts(r.Context())
	if err != nil {
		return err
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
		return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	s := scrape{gauge(metricInfo, 1, h.Version, runtime.Version())}
	for _, e := range told.Nearest {
		mode := migration.Cloud
		if e.Rehearsal {
			mode = migration.Rehearsal
		}
		s = append(s, gauge(metricEnd, float64(e.At.UnixMilli())/1000, e.Migration, string(mode), strings.ToValidUTF8(e.Client, "\uFFFD"), strings.ToValidUTF8(e.Subject, "\uFFFD"), e.Certificate, strings.ToValidUTF8(e.By, "\uFFFD")))
	}
	for _, mode := range []migration.Mode{migration.Cloud, migration.Rehearsal} {
		for i, days := range withinDays {
			s = append(s, gauge(metricNear, float64(told.Within[i].Active(mode)), string(mode), days))
		}
		s = append(s, gauge(metricMove, float64(told.Migrations.Of(migration.All, mode)+told.Migrations.Of(migration.Archived, mode)), string(mode)))
	}
	for _, kind := range migration.RunKinds {
		s = append(s, gauge(metricLive, float64(counts[runs.Count{Kind: kind, State: migration.RunRunning}]), string(kind)))
		for _, state := range []migration.RunState{migration.RunPassed, migration.RunFailed, migration.RunInterrupted} {
			n := counts[runs.Count{Kind: kind, State: state}]
			s = append(s, prometheus.MustNewConstMetric(metricRuns, prometheus.CounterValue, float64(n), string(kind), string(state)))
		}
	}
	if h.Webhook != nil {
		n, err := h.Webhook.Failing(r.Context())
		if err != nil {
			return err
		}
		s = append(s, gauge(metricFail, float64(n)))
	}
	now := prometheus.NewPedanticRegistry()
	if err := now.Register(s); err != nil {
		return err
	}
	promhttp.HandlerFor(prometheus.Gatherers{h.Runtime, now}, promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(w, r)
	return nil
}
