package handlers

import (
	"net/http"
	"path"
	"strings"

	"github.com/go-chi/chi/v5"

	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/static"
)

// right is who may call a route.
type right string

// anyone on this machine: the portal listens on loopback, for one person.
const anyone right = "anyone on this machine"

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
		{get, "/", anyone, h.journey.Home},
		{post, "/rehearse-now", anyone, h.journey.RehearseNow},
		{get, "/new", anyone, h.journey.NewForm},
		{post, "/new", anyone, h.journey.Create},
		{get, "/m/{m}", anyone, h.journey.Overview},
		{get, "/m/{m}/", anyone, h.journey.Overview},  // as addresses of earlier versions end
		{post, "/m/{m}/show", anyone, h.journey.Show}, // the next part of a rehearsal, for who watches
		{post, "/m/{m}/note", anyone, h.journey.Note},
		{get, "/m/{m}/runs", anyone, h.journey.RunList},
		{get, "/m/{m}/report", anyone, h.journey.Report}, // for a change ticket
		{get, "/m/{m}/report.md", anyone, h.journey.ReportMarkdown},
		{get, "/m/{m}/report.json", anyone, h.journey.ReportJSON},
		{get, "/m/{m}/settings", anyone, h.journey.Settings},
		{post, "/m/{m}/settings/name", anyone, h.journey.RenameMove},
		{post, "/m/{m}/settings/archive", anyone, h.journey.ArchiveMove},
		{post, "/m/{m}/settings/delete", anyone, h.journey.DeleteMove},
		{get, "/m/{m}/events", anyone, h.events}, // the one event stream of a page
		// Step 1: the namespace
		{get, "/m/{m}/namespace", anyone, h.journey.NamespaceForm},
		{post, "/m/{m}/namespace", anyone, h.journey.SetNamespace},
		// Step 2: certificates. Keys leave once; public parts as often as wanted
		{get, "/m/{m}/certificates", anyone, h.certs.Certificates},
		{post, "/m/{m}/certificates", anyone, h.certs.MakeCertificates},
		{post, "/m/{m}/certificates/bundle.zip", anyone, h.certs.TakeBundle},
		{post, "/m/{m}/certificates/ca-key.zip", anyone, h.certs.TakeCAKey},
		{get, "/m/{m}/certificates/unsaved", anyone, h.certs.Unsaved}, // a key that nobody saved
		{get, "/m/{m}/certificates/ca.pem", anyone, h.certs.CaPEM},
		{get, "/m/{m}/certificates/client.pem", anyone, h.certs.ClientPEM},
		{get, "/m/{m}/certificates/files.json", anyone, h.certs.BundleFiles},
		{post, "/m/{m}/certificates/lend", anyone, h.certs.Lend},
		{post, "/m/{m}/certificates/forget", anyone, h.certs.Forget},
		{get, "/m/{m}/certificates/clients", anyone, h.certs.Clients},
		{post, "/m/{m}/certificates/clients", anyone, h.certs.IssueClient},
		{post, "/m/{m}/certificates/batch.zip", anyone, h.certs.MakeBatch},
		{get, "/m/{m}/certificates/{fp:[0-9a-f]{64}}", anyone, h.certs.Certificate},
		{post, "/m/{m}/certificates/{fp:[0-9a-f]{64}}/take", anyone, h.certs.TakeAs},
		{get, "/m/{m}/certificates/{fp:[0-9a-f]{64}}/{file}", anyone, h.certs.PublicFile},
		{get, "/m/{m}/certificates/key", anyone, h.certs.CaKeyPage},
		{post, "/m/{m}/certificates/key/keep", anyone, h.certs.KeepCAKey},
		{post, "/m/{m}/certificates/key/open", anyone, h.certs.OpenCAKey},
		{post, "/m/{m}/certificates/key/lock", anyone, h.certs.LockCAKey},
		{post, "/m/{m}/certificates/key/forget", anyone, h.certs.ForgetCAKey},
		{get, "/m/{m}/certificates/filters", anyone, h.certs.Filters},
		{post, "/m/{m}/certificates/filters", anyone, h.certs.ChangeFilters},
		// Replacing certificates, step by step on one page
		{get, "/m/{m}/certificates/replace", anyone, h.replace.Wizard},
		{post, "/m/{m}/certificates/replace", anyone, h.replace.Start},
		{post, "/m/{m}/certificates/replace/ca", anyone, h.replace.TakeCA},
		{post, "/m/{m}/certificates/replace/bundle", anyone, h.replace.SaveBundle},
		{post, "/m/{m}/certificates/replace/leaf", anyone, h.replace.TakeLeaf},
		{post, "/m/{m}/certificates/replace/check", anyone, h.replace.Prove},
		{post, "/m/{m}/certificates/replace/pollers", anyone, h.replace.SeePollers},
		{post, "/m/{m}/certificates/replace/note", anyone, h.replace.NoteWorkers},
		{post, "/m/{m}/certificates/replace/remove", anyone, h.replace.Remove},
		{post, "/m/{m}/certificates/replace/back", anyone, h.replace.Back},
		{post, "/m/{m}/certificates/replace/bundle.zip", anyone, h.replace.GiveBundle},
		{post, "/m/{m}/certificates/replace/ca-key.zip", anyone, h.replace.GiveCAKey},
		{get, "/m/{m}/certificates/replace/handoff.html", anyone, h.replace.Handoff},
		{get, "/m/{m}/certificates/replace/handoff.txt", anyone, h.replace.Handoff},
		{get, "/m/{m}/certificates/replace/ca.pem", anyone, h.replace.CAPEM},
		{get, "/m/{m}/certificates/replace/client.pem", anyone, h.replace.ClientPEM},
		{get, "/m/{m}/certificates/replace/files.json", anyone, h.replace.BundleFiles},
		// Step 3: upload the CA
		{get, "/m/{m}/upload", anyone, h.journey.Upload},
		{post, "/m/{m}/upload/look", anyone, h.journey.LookForCA},
		{get, "/m/{m}/handoff.html", anyone, h.journey.Handoff}, // what the Cloud admin does, as a file
		{get, "/m/{m}/handoff.txt", anyone, h.journey.Handoff},  // and for mail or chat
		// Step 4: test the connection
		{get, "/m/{m}/test", anyone, h.check.TestForm},
		{post, "/m/{m}/test", anyone, h.check.StartCheck},
		{get, "/m/{m}/test/{run}", anyone, h.check.CheckRun}, // ?follow=1 streams it as a page
		{get, "/m/{m}/test/{run}.json", anyone, h.check.CheckReport},
		{get, "/m/{m}/test/{run}/compare", anyone, h.check.Compare}, // the choice of the other
		{get, "/m/{m}/test/{run}/compare/{other}", anyone, h.check.Compare},
		{get, "/m/{m}/test/{run}/compare/{other}.json", anyone, h.check.CompareReport},
		{post, "/m/{m}/test/elsewhere", anyone, h.check.MakeCommand},
		{post, "/m/{m}/test/report", anyone, h.check.KeepReport},
		// Step 5: worker code
		{get, "/m/{m}/code", anyone, h.code.Code},
		{get, "/m/{m}/code.md", anyone, h.code.CodeMarkdown},
		{get, "/m/{m}/code.zip", anyone, h.code.CodeZip},
		{post, "/m/{m}/code/judge", anyone, h.code.Judge},
		{get, "/m/{m}/code/environment", anyone, h.code.EnvironmentForm},
		{post, "/m/{m}/code/environment", anyone, h.code.Environment},
		{post, "/m/{m}/code/worker", anyone, h.code.LookForWorker},
		// Step 6: test transfer
		{get, "/m/{m}/transfer", anyone, h.transfer.TransferForm},
		{post, "/m/{m}/transfer", anyone, h.transfer.StartTransfer},
		{post, "/m/{m}/transfer/follow", anyone, h.transfer.FollowWorkflow},
		{get, "/m/{m}/transfer/{run}", anyone, h.transfer.TransferRun}, // ?follow=1 streams it as a page
		{get, "/m/{m}/transfer/{run}.json", anyone, h.transfer.TransferReport},
		{get, "/m/{m}/transfer/{run}/history.json", anyone, h.transfer.TransferHistory},
		{post, "/m/{m}/transfer/{run}/cancel", anyone, h.transfer.CancelTransfer},
		{post, "/m/{m}/transfer/{run}/terminate", anyone, h.transfer.TerminateTransfer},
		{post, "/m/{m}/transfer/{run}/stop", anyone, h.transfer.StopFollowing},
		{post, "/m/{m}/transfer/{run}/follow", anyone, h.transfer.FollowAgain},
		{get, "/m/{m}/transfer/drill", anyone, h.transfer.DrillForm},
		{post, "/m/{m}/transfer/drill", anyone, h.transfer.StartDrill},
		{get, "/m/{m}/transfer/drill/{run}", anyone, h.transfer.DrillRun},
		{get, "/m/{m}/transfer/drill/{run}.json", anyone, h.transfer.DrillReport},
		{get, "/m/{m}/transfer/drill/{run}.svg", anyone, h.transfer.DrillSVG}, // both with ?with=<run>: another drill laid over it
		{get, "/m/{m}/transfer/drill/{run}.csv", anyone, h.transfer.DrillCSV},
		{post, "/m/{m}/transfer/drill/{run}/stop", anyone, h.transfer.StopDrill},
		{post, "/preview/namespace", anyone, h.journey.PreviewNamespace},
		{post, "/report/{token}.json", anyone, h.check.TakeReport}, // onramp check --post, once
		// The rehearsal: its control panel, and its stand-in for Temporal Cloud's own console
		{get, "/rehearsal", anyone, h.cloud.Rehearsal},
		{post, "/rehearsal/reset", anyone, h.cloud.ResetRehearsal},
		{post, "/rehearsal/break", anyone, h.cloud.SetBreak},
		{post, "/rehearsal/practice", anyone, h.cloud.Practise},
		{get, "/cloud", anyone, h.cloud.Cloud},
		{post, "/cloud", anyone, h.cloud.CreateInCloud},
		{get, "/cloud/{ns}", anyone, h.cloud.CloudNamespace},
		{post, "/cloud/{ns}", anyone, h.cloud.SaveCAs},
		{post, "/cloud/{ns}/auth", anyone, h.cloud.SaveAuth},
		{post, "/cloud/{ns}/keys", anyone, h.cloud.CreateKey},
		{post, "/cloud/{ns}/keys/delete", anyone, h.cloud.DeleteKey},
		// Whatever certificates are dropped
		{get, "/certificates/inspect", anyone, h.certs.InspectForm},
		{post, "/certificates/inspect", anyone, h.certs.Inspect},
		// When certificates expire, and what was signed
		{get, "/expiry", anyone, h.expiry.ExpiryBoard},
		{get, "/expiry.ics", anyone, h.expiry.ExpiryCalendar},
		{get, "/metrics", anyone, h.expiry.Metrics},
		{get, "/audit", anyone, h.expiry.AuditBoard},
		{get, "/audit.json", anyone, h.expiry.AuditJSON},
		{get, "/audit.csv", anyone, h.expiry.AuditCSV},
		// Help, and what stands around the pages
		{get, "/help", anyone, h.help.Help},
		{get, "/help/{code}", anyone, h.help.HelpEntry},
		{get, "/search", anyone, h.search.Search},
		{get, "/decode", anyone, h.help.DecodeForm},
		{post, "/decode", anyone, h.help.Decode},
		{post, "/theme", anyone, h.Theme},
		{get, "/healthz", anyone, h.help.Health},
	}
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
		switch err := v.Migration.TakesCertificates(); {
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
	r.Use(h.Secure, h.KnownHost, h.SameOrigin, web.LimitBody, web.HeadAsGet)
	r.NotFound(h.Do(h.NoSuchPage))
	r.MethodNotAllowed(h.wrongMethod)
	for _, x := range h.routes() {
		do := x.do
		if strings.HasPrefix(x.pattern, certificatesPath) {
			do = h.certified(do)
		}
		r.Method(x.method, x.pattern, h.Do(do))
	}
	r.Method(http.MethodGet, static.Prefix+"*", static.Handler())
	r.Method(http.MethodGet, "/favicon.ico", static.Handler())
	return r
}

func (h *Handlers) wrongMethod(w http.ResponseWriter, r *http.Request) {
	h.FailWith(w, r, http.StatusMethodNotAllowed, fault.New(fault.NotFound, "This address does not accept this request",
		"Go back to the page and submit its form from there."))
}
