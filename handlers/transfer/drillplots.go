package transfer

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
	"onramp/views"
)

// side is one target of a drill's plots.
type side struct {
	letter, name string
	transfer.DrillReport
}

// sidesOf are the targets that a drill's plots hold, one or two: itself, and the drill that is laid over it or else
// the target that it was run against too.
func (d *DrillState) sidesOf(res runs.DrillResult) []side {
	name := func(r runs.Run, rep transfer.DrillReport) string {
		return fmt.Sprintf("Load drill %d: %s, %s", r.Number, rep.Address, rep.Namespace)
	}
	first := side{"A", name(d.Run, res.Reports[0]), res.Reports[0]}
	if d.beside != nil {
		other, _ := runs.ReadDrill(*d.beside)
		return []side{first, {"B", name(*d.beside, other.Reports[0]), other.Reports[0]}}
	}
	if len(res.Reports) > 1 {
		return []side{first, {"B", name(d.Run, res.Reports[1]), res.Reports[1]}}
	}
	return []side{first}
}

func (d *DrillState) results() views.DrillResultsProps {
	res, ok := runs.ReadDrill(d.Run)
	if !ok {
		return views.DrillResultsProps{}
	}
	sides := d.sidesOf(res)
	p := views.DrillResultsProps{Legend: legend(sides), Spans: spanProps(sides), Others: d.others}
	for i, rep := range res.Reports {
		p.Reports = append(p.Reports, d.report(fmt.Sprintf("report-%d", i+1), rep))
	}
	if len(sides) > 1 {
		if d.beside != nil {
			p.Reports = append(p.Reports[:1], d.report("report-2", sides[1].DrillReport))
			p.Reports[0].Name, p.Reports[1].Name = sides[0].name, sides[1].name
		}
		if changes := transfer.Compare(sides[1].DrillReport, sides[0].DrillReport); len(changes) > 0 {
			p.Compared = comparison(sides, changes)
		}
	}
	if len(p.Spans) > 0 && d.Run.Over() {
		query := ""
		if d.beside != nil {
			query = "?with=" + url.QueryEscape(d.beside.ID)
		}
		p.Files = []views.Link{{Text: "Plots as SVG", URL: web.RunPath(d.Run.Outcome) + ".svg" + query, TestID: "drill-svg"},
			{Text: "Numbers as CSV", URL: web.RunPath(d.Run.Outcome) + ".csv" + query, TestID: "drill-csv"}}
	}
	return p
}

func legend(sides []side) []views.LegendProps {
	if len(sides) < 2 {
		return nil
	}
	return []views.LegendProps{{Letter: sides[0].letter, Name: sides[0].name}, {Letter: sides[1].letter, Name: sides[1].name, Second: true}}
}

// spanProps are the plots, one a span that any target has, in the order of the first.
func spanProps(sides []side) []views.SpanProps {
	var names []string
	seen := map[string]bool{}
	for _, s := range sides {
		for _, l := range s.Latencies {
			if !seen[l.Name] {
				seen[l.Name] = true
				names = append(names, l.Name)
			}
		}
	}
	var out []views.SpanProps
	for i, name := range names {
		ls := make([]*transfer.Latency, len(sides))
		for j, s := range sides {
			for k := range s.Latencies {
				if s.Latencies[k].Name == name && s.Latencies[k].Count > 0 && len(s.Latencies[k].Buckets) > 0 {
					ls[j] = &s.Latencies[k]
				}
			}
		}
		if p, ok := spanPlot(sides, ls); ok {
			p.ID = fmt.Sprintf("span-%d", i+1)
			p.Name, p.What = spanName(name)
			out = append(out, p)
		}
	}
	return out
}

// widthOf is how much longer a bucket's end is than its beginning (transfer.Bucket).
const widthOf = math.Sqrt2

// spanPlot draws one span of each target; false where none has it. Two targets may have run different numbers of
// transfers, so two are drawn by their shares.
func spanPlot(sides []side, ls []*transfer.Latency) (views.SpanProps, bool) {
	lo, hi, most := math.Inf(1), 0.0, 0.0
	high := func(l *transfer.Latency, n int) float64 {
		if len(sides) > 1 {
			return 100 * float64(n) / float64(l.Count)
		}
		return float64(n)
	}
	for _, l := range ls {
		if l == nil {
			continue
		}
		lo, hi = min(lo, l.Buckets[0].UpTo/widthOf), max(hi, l.Buckets[len(l.Buckets)-1].UpTo)
		for _, b := range l.Buckets {
			most = max(most, high(l, b.Count))
		}
	}
	if hi == 0 {
		return views.SpanProps{}, false
	}
	axis := web.NewLogAxis(lo, hi)
	ticks, end := web.CountTicks(most, len(sides) == 1)
	p := views.SpanProps{Plot: views.PlotProps{X: axis.Ticks(), Y: ticks, XName: axis.Unit() + ", log scale", YName: "Transfers"}}
	if len(sides) > 1 {
		p.Plot.YName = "Share of transfers, %"
	}
	var texts []string
	for i, l := range ls {
		if l == nil {
			continue
		}
		second, letter := i == 1, ""
		if len(sides) > 1 {
			letter = sides[i].letter + " "
		}
		for _, b := range l.Buckets {
			if b.Count > 0 {
				p.Plot.Bars = append(p.Plot.Bars, views.PlotBar{From: axis.At(b.UpTo / widthOf), To: axis.At(b.UpTo), High: high(l, b.Count) / end, Second: second})
			}
		}
		for _, m := range percentiles(*l, len(sides) > 1) {
			p.Plot.Marks = append(p.Plot.Marks, views.PlotMark{At: axis.At(m.ms), Label: letter + m.name + " " + short(m.ms), Second: second})
		}
		texts = append(texts, fmt.Sprintf("%smedian %s, 95 %% %s", letter, short(l.P50), short(l.P95)))
	}
	p.Text = strings.Join(texts, "; ")
	p.Targets, p.Rows = spanTable(sides, ls)
	return p, true
}

// mark is a percentile with its name.
type mark struct {
	name string
	ms   float64
}

// percentiles are those that a plot marks: of two targets fewer, to be read.
func percentiles(l transfer.Latency, few bool) []mark {
	if few {
		return []mark{{"median", l.P50}, {"95 %", l.P95}}
	}
	out := []mark{{"median", l.P50}, {"90 %", l.P90}, {"95 %", l.P95}}
	if l.P99 != nil {
		out = append(out, mark{"99 %", *l.P99})
	}
	return out
}

// spanTable is the plot as a table: a row for each bucket of any target.
func spanTable(sides []side, ls []*transfer.Latency) (heads []string, rows []views.SpanRow) {
	counts := map[float64][]int{}
	var ends []float64
	for i, l := range ls {
		head := "Transfers"
		if len(sides) > 1 {
			head += " of " + sides[i].letter
		}
		heads = append(heads, head)
		if l == nil {
			continue
		}
		for _, b := range l.Buckets {
			if counts[b.UpTo] == nil {
				counts[b.UpTo] = make([]int, len(sides))
				ends = append(ends, b.UpTo)
			}
			counts[b.UpTo][i] = b.Count
		}
	}
	slices.Sort(ends)
	for _, end := range ends {
		row := views.SpanRow{UpTo: short(end)}
		for _, n := range counts[end] {
			row.Counts = append(row.Counts, strconv.Itoa(n))
		}
		rows = append(rows, row)
	}
	return heads, rows
}

// comparison is what changes from the second target to the first.
func comparison(sides []side, changes []transfer.Change) *views.ComparedProps {
	p := &views.ComparedProps{From: sides[1].Address, To: sides[0].Address}
	if p.From == p.To { // two drills of one target
		p.From, _, _ = strings.Cut(sides[1].name, ":")
		p.To, _, _ = strings.Cut(sides[0].name, ":")
	}
	var most transfer.Change
	for _, c := range changes {
		name, _ := spanName(c.Name)
		row := views.ComparedRow{Name: name, A: c.A, B: c.B, FromP50: short(c.A), FromP95: short(c.A95), ToP50: short(c.B), ToP95: short(c.B95)}
		if c.Factor > 0 {
			row.Factor = fmt.Sprintf("× %.1f", c.Factor)
		}
		p.Rows = append(p.Rows, row)
		if c.Name == "total" {
			most = c
		}
	}
	switch {
	case most.Name == "":
		p.Text = "No transfer ended at both targets."
	case most.B > most.A:
		p.Text = fmt.Sprintf("A transfer takes %s longer at the median: %s instead of %s.", short(most.B-most.A), short(most.B), short(most.A))
	default:
		p.Text = fmt.Sprintf("A transfer takes no longer at the median: %s, and %s before.", short(most.B), short(most.A))
	}
	return p
}

// besideOf is the drill that an address asks to lay over another (?with=<run>); nil when it asks for none.
func (h *Pages) besideOf(r *http.Request, d *DrillState) (*runs.Run, error) {
	id := r.URL.Query().Get("with")
	if id == "" || !d.Run.Over() {
		return nil, nil
	}
	run, err := h.Runs.Run(r.Context(), d.View.Migration.ID, id)
	if err != nil {
		return nil, err
	}
	if _, ok := runs.ReadDrill(run); !ok || run.ID == d.Run.ID {
		return nil, fault.New(fault.NotFound, "There is no other load drill to compare with", "Choose one from the page of the load drill.")
	}
	return &run, nil
}

// manyOthers is how many drills a page offers to compare with.
const manyOthers = 8

// otherDrills are links to the newest drills that can be laid over one.
func (h *Pages) otherDrills(r *http.Request, d *DrillState) ([]views.Link, error) {
	if !d.Run.Over() || len(d.Run.Result) == 0 {
		return nil, nil
	}
	past, err := h.Runs.Rows(r.Context(), d.View.Migration.ID, migration.DrillRun, manyOthers+1)
	if err != nil {
		return nil, err
	}
	own := web.RunPath(d.Run.Outcome)
	out := []views.Link{{Text: "Nothing else", URL: own, Current: d.beside == nil}}
	if asked := d.Run.DrillRequest(); asked.BesideAddress != "" {
		out[0].Text = asked.BesideAddress
	}
	for _, p := range past {
		if p.ID != d.Run.ID && p.HasResult && len(out) <= manyOthers {
			out = append(out, views.Link{Text: fmt.Sprintf("Load drill %d", p.Number), URL: own + "?with=" + p.ID, Current: d.beside != nil && d.beside.ID == p.ID})
		}
	}
	if len(out) == 1 {
		return nil, nil
	}
	return out, nil
}

// endedDrill is the drill of an address with what it is compared with; a fault while it has no result.
func (h *Pages) endedDrill(r *http.Request) (*DrillState, []side, error) {
	d, err := h.drillOf(r)
	if err != nil {
		return nil, nil, err
	}
	res, ok := runs.ReadDrill(d.Run)
	if !ok {
		return nil, nil, web.NotEnded(d.Run)
	}
	if d.beside, err = h.besideOf(r, d); err != nil {
		return nil, nil, err
	}
	return d, d.sidesOf(res), nil
}

// fileName is what a drill's file is called where it is kept.
func (d *DrillState) fileName(ext string) string {
	return fmt.Sprintf("load-drill-%s-%d.%s", d.View.Migration.ID, d.Run.Number, ext)
}

// DrillSVG is a drill's plots as a file to keep.
func (h *Pages) DrillSVG(w http.ResponseWriter, r *http.Request) error {
	d, sides, err := h.endedDrill(r)
	if err != nil {
		return err
	}
	words := []string{sides[0].Address + ", " + sides[0].Namespace}
	if len(sides) > 1 {
		words = nil // the legend names them
	}
	for _, s := range sides {
		words = append(words, fmt.Sprintf("%s%d of %d transfers ended as they should", map[bool]string{true: s.letter + ": "}[len(sides) > 1], s.Done, s.Planned))
	}
	p := views.DrillPlotsProps{Title: fmt.Sprintf("%s: load drill %d, %s", acts.Printable(d.View.Migration.Name), d.Run.Number, d.Run.Started.UTC().Format("2 Jan 2006, 15:04 UTC")),
		Text: strings.Join(words, "; ") + ".", Legend: legend(sides), Spans: spanProps(sides)}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	if err := views.DrillPlots(p).Render(r.Context(), &b); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	return web.SendFile(w, r, "image/svg+xml", d.fileName("svg"), b.Bytes())
}

// DrillCSV is what a drill measured as a table (RFC 4180): its percentiles, and the buckets of its histograms.
func (h *Pages) DrillCSV(w http.ResponseWriter, r *http.Request) error {
	d, sides, err := h.endedDrill(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	_ = out.Write([]string{"target", "address", "namespace", "span", "measure", "value (ms)", "transfers (count)"}) // a Buffer takes everything
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	for _, s := range sides {
		for _, l := range s.Latencies {
			row := func(measure, value string, n int) {
				_ = out.Write([]string{s.letter, web.Cell(s.Address), web.Cell(s.Namespace), web.Cell(l.Name), measure, value, strconv.Itoa(n)})
			}
			row("min", number(l.Min), l.Count)
			row("median", number(l.P50), l.Count)
			row("90th percentile", number(l.P90), l.Count)
			row("95th percentile", number(l.P95), l.Count)
			if l.P99 != nil {
				row("99th percentile", number(*l.P99), l.Count)
			} else {
				row("99th percentile: "+l.NoP99, "", l.Count)
			}
			row("max", number(l.Max), l.Count)
			for _, k := range l.Buckets {
				row("up to", number(k.UpTo), k.Count)
			}
		}
	}
	out.Flush()
	return web.SendFile(w, r, "text/csv; charset=utf-8; header=present", d.fileName("csv"), b.Bytes())
}
