package handlers

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"onramp/custody"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/static"
)

// right is whom a route takes. At a portal for one person each takes its reader; where several share one, the role
// counts, and for a route about a migration that it belongs to one of the person's teams (web.Site.Guard).
type right = web.Right

// The rights.
var (
	open   = right{Said: "anybody, without signing in"}
	here   = right{Said: "whoever sits at the machine"} // not there where several share a portal
	in     = right{Said: "whoever has signed in", Role: custody.Viewer}
	see    = right{Said: "a member of its team", Role: custody.Viewer}
	build  = right{Said: "a developer, a cloud admin or an owner", Role: custody.Developer}
	change = right{Said: "a developer of its team, a cloud admin or an owner", Role: custody.Developer}
	admin  = right{Said: "a cloud admin or an owner", Role: custody.CloudAdmin}
	own    = right{Said: "an owner", Role: custody.Owner}
)

const (
	get  = http.MethodGet
	post = http.MethodPost
)

// route is one address of the portal.
type route struct {
	method, pattern string
	right           right
	do              web.Action
}

// routes are every address of the portal, in the order in which a person meets them. A GET changes nothing; whatever
// changes something is a POST, and is refused when another site's page sent it.
func (h *Handlers) routes() []route {
	return []route{
		// The first page, and a new migration
		{get, "/", in, h.journey.Home},
		{post, "/rehearse-now", build, h.journey.RehearseNow},
		{get, "/new", in, h.journey.NewForm},
		{post, "/new", build, h.journey.Create},
		// Every team's migrations
		{get, "/migrations", in, h.board.Board},
		{get, "/migrations.csv", in, h.board.Export},
		{get, "/migrations/import", in, h.board.ImportForm}, // a list of namespaces
		{post, "/migrations/import", build, h.board.Import},
		{post, "/migrations/checks/plan", build, h.board.Plan}, // what checks of many would dial
		{post, "/migrations/checks", build, h.board.StartMany},
		{get, "/migrations/checks/{bulk}", in, h.board.Checks}, // ?follow=1 loads itself again
		{get, "/migrations/checks/{bulk}/events", in, h.board.ChecksEvents},
		{post, "/migrations/checks/{bulk}/cancel", build, h.board.CancelMany},
		{get, "/m/{m}", see, h.journey.Overview},
		{get, "/m/{m}/", see, h.journey.Overview},     // as addresses of earlier versions end
		{post, "/m/{m}/show", change, h.journey.Show}, // the next part of a rehearsal, for who watches
		{post, "/m/{m}/note", change, h.journey.Note},
		{get, "/m/{m}/runs", see, h.journey.RunList},
		{get, "/m/{m}/report", see, h.journey.Report}, // for a change ticket
		{get, "/m/{m}/report.md", see, h.journey.ReportMarkdown},
		{get, "/m/{m}/report.json", see, h.journey.ReportJSON},
		{get, "/m/{m}/settings", see, h.journey.Settings},
		{post, "/m/{m}/settings/name", change, h.journey.RenameMove},
		{post, "/m/{m}/settings/archive", change, h.journey.ArchiveMove},
		{post, "/m/{m}/settings/delete", own, h.journey.DeleteMove},
		{get, "/m/{m}/send", see, h.handoff.SendForm}, // what was prepared, to who works on it
		{get, "/m/{m}/events", see, h.events},         // the one event stream of a page
		// Step 1: the namespace
		{get, "/m/{m}/namespace", see, h.journey.NamespaceForm},
		{post, "/m/{m}/namespace", change, h.journey.SetNamespace},
		// Step 2: certificates. Keys leave once; public parts as often as wanted
		{get, "/m/{m}/certificates", see, h.certs.Certificates},
		{post, "/m/{m}/certificates", change, h.certs.MakeCertificates},
		{post, "/m/{m}/certificates/bundle.zip", change, h.certs.TakeBundle},
		{post, "/m/{m}/certificates/ca-key.zip", change, h.certs.TakeCAKey},
		{get, "/m/{m}/certificates/unsaved", see, h.certs.Unsaved}, // a key that nobody saved
		{get, "/m/{m}/certificates/ca.pem", see, h.certs.CaPEM},
		{get, "/m/{m}/certificates/client.pem", see, h.certs.ClientPEM},
		{get, "/m/{m}/certificates/files.json", see, h.certs.BundleFiles},
		{post, "/m/{m}/certificates/lend", change, h.certs.Lend},
		{post, "/m/{m}/certificates/forget", change, h.certs.Forget},
		{get, "/m/{m}/certificates/clients", see, h.certs.Clients},
		{post, "/m/{m}/certificates/clients", change, h.certs.IssueClient},
		{post, "/m/{m}/certificates/batch.zip", change, h.certs.MakeBatch},
		{get, "/m/{m}/certificates/{fp:[0-9a-f]{64}}", see, h.certs.Certificate},
		{post, "/m/{m}/certificates/{fp:[0-9a-f]{64}}/take", change, h.certs.TakeAs},
		{get, "/m/{m}/certificates/{fp:[0-9a-f]{64}}/{file}", see, h.certs.PublicFile},
		{get, "/m/{m}/certificates/key", see, h.certs.CaKeyPage},
		{post, "/m/{m}/certificates/key/keep", change.Twice(), h.certs.KeepCAKey},
		{post, "/m/{m}/certificates/key/open", change.Twice(), h.certs.OpenCAKey},
		{post, "/m/{m}/certificates/key/lock", change, h.certs.LockCAKey},
		{post, "/m/{m}/certificates/key/forget", change, h.certs.ForgetCAKey},
		{get, "/m/{m}/certificates/filters", see, h.certs.Filters},
		{post, "/m/{m}/certificates/filters", change, h.certs.ChangeFilters},
		// Replacing certificates, step by step on one page
		{get, "/m/{m}/certificates/replace", see, h.replace.Wizard},
		{post, "/m/{m}/certificates/replace", change, h.replace.Start},
		{post, "/m/{m}/certificates/replace/ca", change, h.replace.TakeCA},
		{post, "/m/{m}/certificates/replace/bundle", change, h.replace.SaveBundle},
		{post, "/m/{m}/certificates/replace/leaf", change, h.replace.TakeLeaf},
		{post, "/m/{m}/certificates/replace/check", change, h.replace.Prove},
		{post, "/m/{m}/certificates/replace/pollers", change, h.replace.SeePollers},
		{post, "/m/{m}/certificates/replace/note", change, h.replace.NoteWorkers},
		{post, "/m/{m}/certificates/replace/remove", change, h.replace.Remove},
		{post, "/m/{m}/certificates/replace/back", change, h.replace.Back},
		{post, "/m/{m}/certificates/replace/bundle.zip", change, h.replace.GiveBundle},
		{post, "/m/{m}/certificates/replace/ca-key.zip", change, h.replace.GiveCAKey},
		{get, "/m/{m}/certificates/replace/handoff.html", see, h.replace.Handoff},
		{get, "/m/{m}/certificates/replace/handoff.txt", see, h.replace.Handoff},
		{get, "/m/{m}/certificates/replace/ca.pem", see, h.replace.CAPEM},
		{get, "/m/{m}/certificates/replace/client.pem", see, h.replace.ClientPEM},
		{get, "/m/{m}/certificates/replace/files.json", see, h.replace.BundleFiles},
		// Replacing an API key, step by step on one page
		{get, "/m/{m}/keys", see, h.rotate.Wizard},
		{post, "/m/{m}/keys", change, h.rotate.Start},
		{post, "/m/{m}/keys/new", change, h.rotate.TakeKey},
		{post, "/m/{m}/keys/check", change, h.rotate.Prove},
		{post, "/m/{m}/keys/pollers", change, h.rotate.SeePollers},
		{post, "/m/{m}/keys/note", change, h.rotate.NoteWorkers},
		{post, "/m/{m}/keys/delete", change, h.rotate.Delete},
		{post, "/m/{m}/keys/back", change, h.rotate.Back},
		// Changing the sign-in method, step by step on one page
		{get, "/m/{m}/switch", see, h.method.Wizard},
		{post, "/m/{m}/switch", change, h.method.Start},
		{post, "/m/{m}/switch/both", change, h.method.Both},
		{post, "/m/{m}/switch/account", admin, h.method.Account},
		{post, "/m/{m}/switch/once", change, h.method.Once},
		{post, "/m/{m}/switch/new", change, h.method.TakeKey},
		{post, "/m/{m}/switch/check", change, h.method.Prove},
		{post, "/m/{m}/switch/pollers", change, h.method.SeePollers},
		{post, "/m/{m}/switch/note", change, h.method.NoteWorkers},
		{post, "/m/{m}/switch/off", change, h.method.Off},
		{post, "/m/{m}/switch/back", change, h.method.Back},
		// Step 3: upload the CA certificate
		{get, "/m/{m}/upload", see, h.journey.Upload},
		{post, "/m/{m}/upload/look", change, h.journey.LookForCA},
		{get, "/m/{m}/handoff.html", see, h.journey.Handoff}, // what the Cloud admin does, as a file
		{get, "/m/{m}/handoff.txt", see, h.journey.Handoff},  // and for mail or chat
		// Let Onramp do it, with a Cloud Ops API key
		{get, "/m/{m}/ops", see, h.ops.Ops},
		{post, "/m/{m}/ops", change, h.ops.GiveKey},
		{post, "/m/{m}/ops/plan", change, h.ops.Plan},
		{post, "/m/{m}/ops/apply", change, h.ops.Apply},
		{post, "/m/{m}/ops/look", change, h.ops.Look},
		{post, "/m/{m}/ops/choose", change, h.ops.Choose},
		{post, "/m/{m}/ops/key", change, h.ops.TakeKey}, // once
		{post, "/m/{m}/ops/forget", change, h.ops.ForgetKey},
		// Step 4: test the connection
		{get, "/m/{m}/test", see, h.check.TestForm},
		{post, "/m/{m}/test", change, h.check.StartCheck},
		{get, "/m/{m}/test/{run}", see, h.check.CheckRun}, // ?follow=1 streams it as a page
		{get, "/m/{m}/test/{run}.json", see, h.check.CheckReport},
		{get, "/m/{m}/test/{run}/compare", see, h.check.Compare}, // the choice of the other
		{get, "/m/{m}/test/{run}/compare/{other}", see, h.check.Compare},
		{get, "/m/{m}/test/{run}/compare/{other}.json", see, h.check.CompareReport},
		{post, "/m/{m}/test/elsewhere", change, h.check.MakeCommand},
		{post, "/m/{m}/test/report", change, h.check.KeepReport},
		// Step 5: worker code
		{get, "/m/{m}/code", see, h.code.Code},
		{get, "/m/{m}/code.md", see, h.code.CodeMarkdown},
		{get, "/m/{m}/code.zip", see, h.code.CodeZip},
		{post, "/m/{m}/code/judge", see, h.code.Judge},
		{get, "/m/{m}/code/environment", see, h.code.EnvironmentForm},
		{post, "/m/{m}/code/environment", see, h.code.Environment},
		{post, "/m/{m}/code/worker", change, h.code.LookForWorker},
		// Step 6: test transfer
		{get, "/m/{m}/transfer", see, h.transfer.TransferForm},
		{post, "/m/{m}/transfer", change, h.transfer.StartTransfer},
		{post, "/m/{m}/transfer/follow", change, h.transfer.FollowWorkflow},
		{get, "/m/{m}/transfer/{run}", see, h.transfer.TransferRun}, // ?follow=1 streams it as a page
		{get, "/m/{m}/transfer/{run}.json", see, h.transfer.TransferReport},
		{get, "/m/{m}/transfer/{run}/history.json", see, h.transfer.TransferHistory},
		{post, "/m/{m}/transfer/{run}/cancel", change, h.transfer.CancelTransfer},
		{post, "/m/{m}/transfer/{run}/terminate", change, h.transfer.TerminateTransfer},
		{post, "/m/{m}/transfer/{run}/stop", change, h.transfer.StopFollowing},
		{post, "/m/{m}/transfer/{run}/follow", change, h.transfer.FollowAgain},
		{get, "/m/{m}/transfer/drill", see, h.transfer.DrillForm},
		{post, "/m/{m}/transfer/drill", change, h.transfer.StartDrill},
		{get, "/m/{m}/transfer/drill/{run}", see, h.transfer.DrillRun},
		{get, "/m/{m}/transfer/drill/{run}.json", see, h.transfer.DrillReport},
		{get, "/m/{m}/transfer/drill/{run}.svg", see, h.transfer.DrillSVG}, // both with ?with=<run>: another drill laid over it
		{get, "/m/{m}/transfer/drill/{run}.csv", see, h.transfer.DrillCSV},
		{post, "/m/{m}/transfer/drill/{run}/stop", change, h.transfer.StopDrill},
		// What must change before: read from the server of today
		{get, "/assess", in, h.assess.FactsForm},
		{post, "/assess", in, h.assess.JudgeFacts},
		{get, "/m/{m}/assess", see, h.assess.Form},
		{post, "/m/{m}/assess", change, h.assess.Start},
		{get, "/m/{m}/assess/{run}", see, h.assess.Run}, // ?with=<run>: what has changed since another
		{get, "/m/{m}/assess/{run}.json", see, h.assess.File},
		{get, "/m/{m}/assess/{run}.md", see, h.assess.File},
		{get, "/m/{m}/assess/{run}.zip", see, h.assess.File},
		{get, "/m/{m}/assess/{run}.csv", see, h.assess.File},
		{get, "/m/{m}/assess/{run}.facts", see, h.assess.File},
		{post, "/m/{m}/assess/{run}/stop", change, h.assess.Stop},
		{post, "/m/{m}/assess/{run}/review", change, h.assess.Review},
		// The migration as it goes on: gates, the drain of the source, what is open on both sides
		{get, "/m/{m}/cutover", see, h.cutover.Form}, // and the last look
		{post, "/m/{m}/cutover", change, h.cutover.Look},
		{post, "/m/{m}/cutover/gate", change, h.cutover.Gate},
		{get, "/m/{m}/cutover/{run}", see, h.cutover.Run},
		{get, "/m/{m}/cutover/{run}.json", see, h.cutover.File},
		{post, "/m/{m}/cutover/{run}/stop", change, h.cutover.Stop},
		{post, "/preview/namespace", in, h.journey.PreviewNamespace},
		{post, "/report/{token}.json", open, h.check.TakeReport}, // onramp check --post, once
		// The rehearsal: its control panel, and its stand-in for Temporal Cloud's own console
		{get, "/rehearsal", in, h.cloud.Rehearsal},
		{post, "/rehearsal/reset", admin, h.cloud.ResetRehearsal},
		{post, "/rehearsal/strictness", admin, h.judging.SaveStrictness},
		{post, "/rehearsal/methods", admin, h.judging.SaveMethods},
		{post, "/rehearsal/break", build, h.cloud.SetBreak},
		{post, "/rehearsal/practice", build, h.cloud.Practise},
		{get, "/cloud", in, h.cloud.Cloud},
		{post, "/cloud", build, h.cloud.CreateInCloud},
		{get, "/cloud/{ns}", in, h.cloud.CloudNamespace},
		{post, "/cloud/{ns}", build, h.cloud.SaveCAs},
		{post, "/cloud/{ns}/auth", build, h.cloud.SaveAuth},
		{post, "/cloud/{ns}/keys", build, h.cloud.CreateKey},
		{post, "/cloud/{ns}/keys/delete", build, h.cloud.DeleteKey},
		// Whatever certificates are dropped
		{get, "/certificates/inspect", in, h.certs.InspectForm},
		{post, "/certificates/inspect", in, h.certs.Inspect},
		// When certificates expire, and what was signed
		{get, "/expiry", in, h.expiry.ExpiryBoard},
		{get, "/expiry.ics", in, h.expiry.ExpiryCalendar},
		{get, "/metrics", here, h.expiry.Metrics},
		{get, "/audit", in, h.expiry.AuditBoard},
		{get, "/audit.json", in.Twice(), h.expiry.AuditJSON},
		{get, "/audit.csv", in.Twice(), h.expiry.AuditCSV},
		{get, "/operations", own, h.operate.Operations},
		// Help, and what stands around the pages
		{get, "/help", in, h.help.Help},
		{get, "/help/{code}", in, h.help.HelpEntry},
		{get, "/search", in, h.search.Search},
		{get, "/decode", in, h.help.DecodeForm},
		{post, "/decode", in, h.help.Decode},
		{post, "/theme", open, h.Theme},
		{get, "/healthz", open, h.help.Health},
		{get, "/readyz", open, h.help.Ready},
	}
}

// sharedRoutes are the addresses besides where several people share the portal.
func (h *Handlers) sharedRoutes() []route {
	return []route{
		{get, "/start", open, h.people.StartForm}, // a one-time link
		{post, "/start", open, h.people.Start},
		{get, "/signin", open, h.people.SignInForm},
		{post, "/signin", open, h.people.SignIn},
		{get, "/signin/provider", open, h.people.ToProvider}, // that signs people in
		{get, "/signin/callback", open, h.people.Callback},   // from the provider that signs people in
		{get, "/again", in, h.people.AgainForm},              // a second look
		{post, "/again", in, h.people.Again},
		{post, "/signout", in, h.people.SignOut},
		{get, "/account", in, h.people.Account},
		{post, "/account/sessions", in, h.people.EndSession},
		{get, "/account/mails", in, h.told.Mails},
		{post, "/account/mails", in, h.told.SetMails},
		{get, "/account/calendar", in, h.told.Calendar},
		{post, "/account/calendar", in.Twice(), h.told.MakeCalendar},
		{post, "/account/calendar/end", in, h.told.EndCalendar},
		{get, "/calendar/{token}.ics", open, h.expiry.PersonsCalendar}, // the token in its address is its right
		{get, "/unsubscribe", open, h.told.StopForm},                   // the link of a mail, signed
		{post, "/unsubscribe", open, h.told.Stop},
		{get, "/people", own, h.people.People},
		{post, "/people", own.Twice(), h.people.Invite},
		{post, "/people/teams", own.Twice(), h.people.AddTeam},
		{post, "/people/{person}/role", own.Twice(), h.people.SetRole},
		{post, "/people/{person}/teams", own.Twice(), h.people.SetTeams},
		{post, "/people/{person}/disable", own.Twice(), h.people.Disable},
		{post, "/m/{m}/settings/team", change, h.journey.GiveToTeam},
		{post, "/m/{m}/send", own.Twice(), h.handoff.Send},
		// One task for one person without an account
		{get, "/m/{m}/upload/links", see, h.handoff.Links},
		{post, "/m/{m}/upload/links", change, h.handoff.Make},
		{post, "/m/{m}/upload/links/{number}/revoke", change, h.handoff.Revoke},
		{get, "/h/{token}", open, h.guests.Task}, // its token is its right, here and below
		{get, "/h/{token}/ca.pem", open, h.guests.CaPEM},
		{get, "/h/{token}/events", open, h.guests.Events},
		{post, "/h/{token}/opened", open, h.guests.Opened},
		{post, "/h/{token}/upload", open, h.guests.CarryOut}, // in the rehearsal cloud
		{post, "/h/{token}/done", open, h.guests.Done},
		{post, "/h/{token}/not-me", open, h.guests.NotMe},
		{post, "/h/{token}/look", open, h.guests.Look},
	}
}

// table is every address that this portal answers.
func (h *Handlers) table() []route {
	all := h.routes()
	if h.Shared == nil {
		return all
	}
	all = slices.DeleteFunc(all, func(x route) bool { return x.right == here })
	return append(all, h.sharedRoutes()...)
}

// MetricsRouter answers /metrics and nothing else, for a listener of its own.
func (h *Handlers) MetricsRouter() http.Handler {
	r := chi.NewRouter()
	r.Use(h.Secure, h.KnownMetricsHost, web.HeadAsGet)
	r.Method(http.MethodGet, "/metrics", h.Do(h.expiry.Metrics))
	return r
}

// certificatesPath begins the addresses of a migration's certificates.
const certificatesPath = "/m/{m}/certificates"

// certified is an action on a migration's certificates. Where workers sign in with an API key there are none: a page
// then says that there is nothing to do, a form is refused (migration.TakesCertificates), and there is no such file.
func (h *Handlers) certified(do web.Action) web.Action {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := h.Move(r)
		if err != nil {
			return err
		}
		switch err := migration.TakesCertificates(v.View); {
		case err == nil:
			return do(w, r)
		case r.Method == http.MethodPost:
			return fault.Unchanged(err)
		case path.Ext(r.URL.Path) != "":
			return do(w, r)
		}
		return h.NotNeeded(w, r, v, migration.StepCertificates)
	}
}

// Router answers every address of the portal.
func (h *Handlers) Router() http.Handler {
	r := chi.NewRouter()
	r.Use(h.Secure, h.KnownHost, h.SameOrigin, web.LimitBody, web.HeadAsGet, h.Recognise)
	r.NotFound(h.Do(h.NoSuchPage))
	r.MethodNotAllowed(h.wrongMethod)
	for _, x := range h.table() {
		do := x.do
		if strings.HasPrefix(x.pattern, certificatesPath) {
			do = h.certified(do)
		}
		r.Method(x.method, x.pattern, h.Guard(x.right, h.Do(do)))
	}
	r.Method(http.MethodGet, static.Prefix+"*", static.Handler())
	r.Method(http.MethodGet, "/favicon.ico", static.Handler())
	return r
}

func (h *Handlers) wrongMethod(w http.ResponseWriter, r *http.Request) {
	h.FailWith(w, r, http.StatusMethodNotAllowed, fault.New(fault.NotFound, "This address does not accept this request",
		"Go back to the page and submit its form from there."))
}
