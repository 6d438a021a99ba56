package expiry

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"onramp/custody"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// auditRows are the lines of a page.
const auditRows = 100

// verbWords are the verbs as people read them.
var verbWords = map[custody.Verb]views.Tag{
	custody.Signed:    {State: views.Good, Word: "Certificate signed"},
	custody.Kept:      {State: views.Wait, Word: "CA key kept"},
	custody.Opened:    {State: views.Busy, Word: "CA key opened"},
	custody.Refused:   {State: views.Bad, Word: "Wrong passphrase"},
	custody.Locked:    {State: views.Idle, Word: "CA key locked"},
	custody.Forgotten: {State: views.Warn, Word: "CA key forgotten"},
	custody.Started:   {State: views.Idle, Word: "Onramp started"},
	custody.Chained:   {State: views.Idle, Word: "Audit chained"},
	custody.BackedUp:  {State: views.Good, Word: "Backup made"},
	custody.Recovered: {State: views.Warn, Word: "Backup restored"},

	custody.Imported:   {State: views.Good, Word: "Certificates imported"},
	custody.Downloaded: {State: views.Wait, Word: "Key downloaded"},
	custody.Dropped:    {State: views.Idle, Word: "Keys forgotten"},
	custody.Lending:    {State: views.Busy, Word: "Key use allowed"},
	custody.TakenBack:  {State: views.Idle, Word: "Key no longer used"},

	custody.Created:      {State: views.Good, Word: "Migration created"},
	custody.Renamed:      {State: views.Idle, Word: "Migration renamed"},
	custody.Archived:     {State: views.Idle, Word: "Migration archived"},
	custody.Restored:     {State: views.Idle, Word: "Migration restored"},
	custody.Deleted:      {State: views.Warn, Word: "Migration deleted"},
	custody.NamespaceSet: {State: views.Idle, Word: "Namespace chosen"},
	custody.Noted:        {State: views.Wait, Word: "Step noted as done outside"},
	custody.WorkerSeen:   {State: views.Good, Word: "Worker seen"},

	custody.Checked:     {State: views.Busy, Word: "Check started"},
	custody.CheckedMany: {State: views.Busy, Word: "Checks of many started"},
	custody.Reported:    {State: views.Wait, Word: "Check reported"},
	custody.Invited:     {State: views.Wait, Word: "Report asked for"},
	custody.Transferred: {State: views.Busy, Word: "Transfer started"},
	custody.Drilled:     {State: views.Busy, Word: "Drill started"},
	custody.Assessed:    {State: views.Busy, Word: "Assessment started"},
	custody.CrossLooked: {State: views.Busy, Word: "Cut-over looked at"},
	custody.Reviewed:    {State: views.Good, Word: "Finding reviewed"},
	custody.Reopened:    {State: views.Idle, Word: "Review taken back"},
	custody.GatePassed:  {State: views.Warn, Word: "Gate passed by hand"},
	custody.GateBack:    {State: views.Idle, Word: "Gate no longer passed by hand"},
	custody.Followed:    {State: views.Busy, Word: "Workflow followed"},
	custody.Canceled:    {State: views.Warn, Word: "Workflow asked to stop"},
	custody.Terminated:  {State: views.Warn, Word: "Workflow terminated"},
	custody.NotDone:     {State: views.Bad, Word: "Not done"},
	custody.Stopped:     {State: views.Idle, Word: "Run stopped"},

	custody.ReplaceBegun:   {State: views.Busy, Word: "Replacement started"},
	custody.ReplaceMoved:   {State: views.Busy, Word: "Replacement moved on"},
	custody.ReplaceRemoved: {State: views.Good, Word: "Replacement finished"},
	custody.ReplaceBack:    {State: views.Warn, Word: "Replacement rolled back"},
	custody.PollersSeen:    {State: views.Good, Word: "Task queue looked at"},

	custody.NamespaceMade:   {State: views.Good, Word: "Namespace created"},
	custody.CAsSaved:        {State: views.Good, Word: "CA bundle saved"},
	custody.CASeen:          {State: views.Good, Word: "CA certificate seen"},
	custody.FiltersSeen:     {State: views.Good, Word: "Filters seen"},
	custody.FiltersSaved:    {State: views.Good, Word: "Filters saved"},
	custody.NamespaceSeen:   {State: views.Good, Word: "Namespace read"},
	custody.OpsKeyGiven:     {State: views.Warn, Word: "Cloud Ops key in use"},
	custody.OpsKeyForgotten: {State: views.Idle, Word: "Cloud Ops key forgotten"},
	custody.CloudAsked:      {State: views.Busy, Word: "Temporal Cloud asked for a change"},
	custody.CloudEnded:      {State: views.Good, Word: "Change in Temporal Cloud ended"},
	custody.Strictness:      {State: views.Good, Word: "Strictness of the rehearsal saved"},
	custody.MethodsSet:      {State: views.Good, Word: "Sign-in methods of the rehearsal’s account saved"},
	custody.AuthSaved:       {State: views.Good, Word: "Sign-in method saved"},
	custody.KeyMade:         {State: views.Good, Word: "API key created"},
	custody.KeyDeleted:      {State: views.Warn, Word: "API key deleted"},
	custody.Reset:           {State: views.Warn, Word: "Rehearsal cloud reset"},
	custody.Broken:          {State: views.Warn, Word: "Broken on purpose"},
	custody.Mended:          {State: views.Idle, Word: "Switch turned off"},

	custody.SignedIn:       {State: views.Idle, Word: "Signed in"},
	custody.SignInRefused:  {State: views.Bad, Word: "Sign-in refused"},
	custody.SignedOut:      {State: views.Idle, Word: "Signed out"},
	custody.AccountAdded:   {State: views.Good, Word: "Account added"},
	custody.AccountChanged: {State: views.Warn, Word: "Role or teams changed"},
	custody.AccountOff:     {State: views.Warn, Word: "Account disabled"},
	custody.AccountOn:      {State: views.Good, Word: "Account enabled"},
	custody.LinkMade:       {State: views.Wait, Word: "Sign-in link made"},
	custody.PasswordSet:    {State: views.Idle, Word: "Password set"},
	custody.TeamAdded:      {State: views.Good, Word: "Team added"},
	custody.TeamGiven:      {State: views.Warn, Word: "Given to another team"},
	custody.DigestSet:      {State: views.Idle, Word: "Mails changed"},
	custody.CalendarMade:   {State: views.Wait, Word: "Calendar address made"},
	custody.CalendarEnded:  {State: views.Idle, Word: "Calendar address ended"},
	custody.HandoffMade:    {State: views.Wait, Word: "Hand-off link made"},
	custody.HandoffOpened:  {State: views.Wait, Word: "Hand-off opened"},
	custody.HandoffDone:    {State: views.Good, Word: "Hand-off answered: done"},
	custody.HandoffNotMe:   {State: views.Warn, Word: "Hand-off answered: not me"},
	custody.HandoffRevoked: {State: views.Warn, Word: "Hand-off link revoked"},
	custody.HandoffLapsed:  {State: views.Warn, Word: "Hand-off link no longer works"},
}

// auditQuery is what an address asks of the audit: m, verb, before.
func (h *Pages) auditQuery(r *http.Request) (custody.Query, url.Values, error) {
	v := r.URL.Query()
	q := custody.Query{Migration: v.Get("m"), Verb: custody.Verb(v.Get("verb")), Self: h.By(r).Person}
	if q.Verb != "" && !slices.Contains(h.verbs(), q.Verb) {
		return q, nil, fault.New(fault.NotFound, "The audit has no records of that kind", "Choose one of those offered.")
	}
	if q.Migration != "" {
		if _, err := h.Acts.Book.View(r.Context(), q.Migration); err != nil {
			return q, nil, err
		}
	}
	if text := v.Get("before"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1 {
			return q, nil, fault.New(fault.NotFound, "The audit has no such record", "Start from the beginning of the audit.")
		}
		q.Before = n
	}
	kept := url.Values{}
	for _, name := range []string{"m", "verb"} {
		if v.Get(name) != "" {
			kept.Set(name, v.Get(name))
		}
	}
	return q, kept, nil
}

// verbs are those that the audit of this portal can have.
func (h *Pages) verbs() []custody.Verb {
	if h.Shared == nil {
		return custody.Verbs
	}
	return slices.Concat(custody.Verbs, custody.PeopleVerbs)
}

func auditPath(file string, v url.Values, name, value string) string {
	to := url.Values{}
	for k, x := range v {
		to[k] = x
	}
	if name != "" {
		to.Del(name)
		if value != "" {
			to.Set(name, value)
		}
	}
	if len(to) == 0 {
		return file
	}
	return file + "?" + to.Encode()
}

// AuditBoard shows what was changed and by whom, newest first.
func (h *Pages) AuditBoard(w http.ResponseWriter, r *http.Request) error {
	q, kept, err := h.auditQuery(r)
	if err != nil {
		return err
	}
	q.Limit = auditRows + 1
	list, err := h.Audit.Records(r.Context(), q)
	if err != nil {
		return err
	}
	p := views.AuditProps{Operator: h.By(r).Role >= custody.Owner, Migration: q.Migration, CSV: auditPath("/audit.csv", kept, "", ""), JSON: auditPath("/audit.json", kept, "", "")}
	p.Verbs = append(p.Verbs, views.Link{Text: "Everything", URL: auditPath("/audit", kept, "verb", ""), Current: q.Verb == ""})
	for _, verb := range h.verbs() {
		p.Verbs = append(p.Verbs, views.Link{Text: verbWords[verb].Word, URL: auditPath("/audit", kept, "verb", string(verb)), Current: q.Verb == verb})
	}
	if q.Migration != "" {
		p.Scope = []views.Link{{Text: "Every migration", URL: auditPath("/audit", kept, "m", "")}, {Text: q.Migration, URL: auditPath("/audit", kept, "", ""), Current: true}}
	}
	if len(list) > auditRows {
		list = list[:auditRows]
		p.Older = &views.Link{Text: "Older lines", URL: auditPath("/audit", kept, "before", fmt.Sprint(list[len(list)-1].ID))}
	}
	for _, rec := range list {
		row := views.AuditRow{ID: fmt.Sprint(rec.ID), URL: fmt.Sprintf("/audit?before=%d#r%d", rec.ID+1, rec.ID), When: rec.At.UTC().Format("2006-01-02 15:04:05"), Stamp: web.Stamp(rec.At),
			Tag: verbWords[rec.Verb], Who: web.Either(rec.Name, rec.Person), Migration: rec.Migration, Subject: rec.Subject, Print: web.ShortPrint(rec.Fingerprint), FullPrint: rec.Fingerprint,
			CAPrint: web.ShortPrint(rec.CAFingerprint), Details: rec.Note}
		if rec.Migration != "" {
			row.MigrationURL = web.MovePath(rec.Migration, migration.StepCertificates)
		}
		if lane := laneName(rec.Lane); lane != "" {
			row.Details = "key made " + lane
		}
		if rec.Days > 0 {
			row.Days = fmt.Sprint(rec.Days)
		}
		p.Rows = append(p.Rows, row)
	}
	return h.Page(w, r, http.StatusOK, views.AuditPage(h.Frame(r, "Audit", "audit", nil, ""), p))
}

// laneName is where a key was made, in words.
func laneName(lane string) string {
	switch lane {
	case "":
		return ""
	case web.MakerBrowser:
		return "in the browser"
	case web.MakerServer, "batch":
		return "by Onramp"
	case web.LaneCSR:
		return "elsewhere (request)"
	}
	return lane
}

// AuditJSON is the audit for machines.
func (h *Pages) AuditJSON(w http.ResponseWriter, r *http.Request) error {
	q, _, err := h.auditQuery(r)
	if err != nil {
		return err
	}
	return h.SendStream(w, r, "application/json; charset=utf-8", func(out io.Writer) error {
		before := "{\n  \"records\": ["
		end := "],\n  \"schema\": \"onramp.audit/1\"\n}\n"
		err := h.Audit.Export(r.Context(), q, func(rec custody.Record) error {
			text, err := json.MarshalIndent(rec, "    ", "  ")
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(out, "%s\n    %s", before, text)
			before, end = ",", "\n  ],\n  \"schema\": \"onramp.audit/1\"\n}\n"
			return err
		})
		if err != nil {
			return err
		}
		if before != "," {
			end = before + end
		}
		_, err = io.WriteString(out, end)
		return err
	})
}

// AuditCSV is the audit for spreadsheets.
func (h *Pages) AuditCSV(w http.ResponseWriter, r *http.Request) error {
	q, _, err := h.auditQuery(r)
	if err != nil {
		return err
	}
	web.Attachment(w, "onramp-audit.csv")
	return h.SendStream(w, r, "text/csv; charset=utf-8", func(to io.Writer) error {
		out := csv.NewWriter(to)
		if err := out.Write(custody.Columns()); err != nil {
			return err
		}
		err := h.Audit.Export(r.Context(), q, func(rec custody.Record) error { return out.Write(rec.Row()) })
		out.Flush()
		return errors.Join(err, out.Error())
	})
}
