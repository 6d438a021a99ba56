package assess

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.yaml.in/yaml/v4"
	"golang.org/x/time/rate"
	"google.golang.org/grpc"

	"onramp/fault"
)

// maxScrape bounds what is read of a metrics page.
const maxScrape = 32 << 20

// ReadMetrics looks twice at a server's metrics page and returns its actions a second, by namespace, in between. What goes
// wrong is in the result. The counter is `action` of the frontend (go.temporal.io/server, common/rpc/interceptor/telemetry.go);
// markers one by one are left out, for their batch counts.
func ReadMetrics(ctx context.Context, client *http.Client, url string, between time.Duration) *Metrics {
	m := &Metrics{Rate: map[string]float64{}, Total: map[string]float64{}}
	fail := func(why string) *Metrics {
		m.Read, m.Why = Failed, why
		return m
	}
	first, began, err := scrape(ctx, client, url)
	if err != nil {
		return fail(err.Error())
	}
	select {
	case <-ctx.Done():
		return fail("reading was stopped")
	case <-time.After(between):
	}
	second, ended, err := scrape(ctx, client, url)
	if err != nil {
		return fail(err.Error())
	}
	m.Seconds = ended.Sub(began).Seconds()
	if len(second) == 0 {
		return fail("the page has no counter of actions; is it the frontend's?")
	}
	for n, v := range second {
		if v < first[n] || m.Seconds <= 0 { // the server started again in between
			return fail("the counter fell between two looks: the server was started again")
		}
		m.Total[n], m.Rate[n] = v, (v-first[n])/m.Seconds
	}
	m.Read = Read
	return m
}

func scrape(ctx context.Context, client *http.Client, url string) (by map[string]float64, at time.Time, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, at, fmt.Errorf("this is no address of a metrics page")
	}
	r, err := client.Do(req)
	if err != nil {
		return nil, at, fmt.Errorf("the metrics page did not answer")
	}
	defer r.Body.Close()
	at = time.Now()
	if r.StatusCode != http.StatusOK {
		return nil, at, fmt.Errorf("the metrics page answered %d", r.StatusCode)
	}
	return actionCounters(io.LimitReader(r.Body, maxScrape)), at, nil
}

// actionCounters sums the counter of actions by namespace in Prometheus' text form.
func actionCounters(r io.Reader) map[string]float64 {
	by := map[string]float64{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	for lines.Scan() {
		line := lines.Text()
		name, rest, ok := strings.Cut(line, "{")
		if !ok || !strings.HasSuffix(strings.TrimSuffix(name, "_total"), "action") && name != "action" {
			continue
		}
		end := strings.LastIndex(rest, "}")
		if end < 0 {
			continue
		}
		labels := labelsOf(rest[:end])
		if s := labels["service_name"]; s != "" && s != "frontend" || labels["action_type"] == "command_RecordMarker" || IsSystem(labels["namespace"]) {
			continue
		}
		value := strings.Fields(rest[end+1:])
		if len(value) == 0 {
			continue
		}
		if v, err := strconv.ParseFloat(value[0], 64); err == nil && v >= 0 && labels["namespace"] != "" && labels["namespace"] != "_unknown_" && len(by) < maxNamespaces {
			by[bound(labels["namespace"])] += v
		}
	}
	return by
}

// labelsOf reads `a="b",c="d"`.
func labelsOf(s string) map[string]string {
	out := map[string]string{}
	for s != "" {
		name, rest, ok := strings.Cut(s, `="`)
		if !ok {
			break
		}
		var b strings.Builder
		i := 0
		for i < len(rest) && rest[i] != '"' {
			if rest[i] == '\\' && i+1 < len(rest) {
				i++
			}
			b.WriteByte(rest[i])
			i++
		}
		out[strings.TrimLeft(name, ", ")] = b.String()
		s = rest[min(i+1, len(rest)):]
	}
	return out
}

// ReadDynamicConfig reads a server's dynamic configuration file and keeps the largest number under each key that a rule
// knows. The error is an Invalid fault.
func ReadDynamicConfig(r io.Reader) (*DynamicConfig, error) {
	b, err := io.ReadAll(io.LimitReader(r, 1<<20+1))
	if err != nil || len(b) > 1<<20 {
		return nil, fault.New(fault.Invalid, "The dynamic configuration file cannot be read", "Give the YAML file that the server reads, of at most 1 MiB.").In("dynamic-config")
	}
	var all map[string][]struct {
		Value any `yaml:"value"`
	}
	if err := yaml.Unmarshal(b, &all); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "This is not a dynamic configuration file", "Give the YAML file that the server reads: keys with lists of values.").In("dynamic-config")
	}
	c := &DynamicConfig{Keys: map[string]int64{}}
	for k, values := range all {
		k = strings.ToLower(k)
		if _, known := dynamicLimits[k]; !known && k != "history.enablereplicationstream" && k != "system.enablecrossnamespacecommands" {
			c.Others++
			continue
		}
		for _, v := range values {
			c.Keys[k] = max(c.Keys[k], numberOf(v.Value))
		}
	}
	return c, nil
}

func numberOf(v any) int64 {
	switch v := v.(type) {
	case int:
		return int64(v)
	case int64:
		return v
	case uint64:
		return int64(min(v, 1<<62))
	case float64:
		return int64(v)
	case bool:
		if v {
			return 1
		}
	}
	return 0
}

// ReadTarget looks at the namespace in Temporal Cloud: whether it was used, and whether it has the source's attributes. It
// makes one call for each attribute, by the rules of Collect.
func ReadTarget(ctx context.Context, conn grpc.ClientConnInterface, address, namespace string, f *Facts, o Options) *Target {
	o = o.orDefault()
	d := &door{conn: conn, limiter: rate.NewLimiter(rate.Limit(o.Rate), 1), patient: o.patience, pause: o.pause, left: o.Budget, share: o.Budget, calls: map[string]int{}}
	c := &collector{o: o, door: d, wf: workflowservice.NewWorkflowServiceClient(d), f: f}
	t := &Target{Address: address, Namespace: namespace, Missing: map[string]Outcome{}}
	_, err := c.wf.GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{}, most)
	t.Reached = outcomeOf(err)
	if err == nil {
		t.Executions = c.count(ctx, namespace, "")
		for _, n := range f.Namespaces {
			for _, at := range n.Attributes {
				if _, asked := t.Missing[at.Name]; !asked && t.Executions.known() {
					t.Missing[at.Name] = c.hasAttribute(ctx, namespace, at.Name)
				}
			}
		}
	}
	calls, _ := d.counted()
	for k, n := range calls {
		if f.RPCs == nil {
			f.RPCs = map[string]int{}
		}
		f.RPCs["target:"+k] += n
	}
	return t
}

// hasAttribute asks by a query that names the attribute: a server that does not know it refuses the query as “invalid search
// attribute” (go.temporal.io/server, common/persistence/visibility/store/query/resolve.go). That Temporal Cloud says the same
// words is not verified: another refusal is not known.
func (c *collector) hasAttribute(ctx context.Context, namespace, name string) Outcome {
	_, err := c.wf.CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: namespace, Query: "`" + strings.ReplaceAll(name, "`", "") + "` IS NOT NULL"}, most)
	if err != nil && strings.Contains(strings.ToLower(err.Error()), "invalid search attribute") {
		return NotThere
	}
	return outcomeOf(err)
}
