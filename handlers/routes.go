package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"onramp/fault"
	"onramp/static"
)

// Router is every address of the portal. A GET changes nothing; whatever changes something is a POST,
// and is refused when another site's page sent it.
func (h *Handlers) Router() http.Handler {
	r := chi.NewRouter()
	r.Use(h.secure, h.knownHost, h.sameOrigin, limitBody, headAsGet)
	r.NotFound(h.do(h.noSuchPage))
	r.MethodNotAllowed(h.wrongMethod)

	// The first page, and a new migration
	r.Get("/", h.do(h.home))
	r.Post("/rehearse-now", h.do(h.rehearseNow))
	r.Get("/new", h.do(h.newForm))
	r.Post("/new", h.do(h.create))

	r.Route("/m/{m}", func(r chi.Router) {
		r.Get("/", h.do(h.overview))
		r.Post("/note", h.do(h.note))
		r.Get("/runs", h.do(h.runs))
		r.Get("/settings", h.do(h.settings))
		r.Post("/settings/name", h.do(h.renameMove))
		r.Post("/settings/archive", h.do(h.archiveMove))
		r.Post("/settings/delete", h.do(h.deleteMove))
		r.Get("/events", h.do(h.events)) // the one event stream of a page

		// Step 1: the namespace
		r.Get("/namespace", h.do(h.namespaceForm))
		r.Post("/namespace", h.do(h.setNamespace))

		// Step 2: certificates. Keys leave once; public parts as often as wanted
		r.Get("/certificates", h.do(h.certificates))
		r.Post("/certificates", h.do(h.makeCertificates))
		r.Post("/certificates/bundle.zip", h.do(h.takeBundle))
		r.Post("/certificates/ca-key.zip", h.do(h.takeCAKey))
		r.Get("/certificates/ca.pem", h.do(h.caPEM))
		r.Get("/certificates/client.pem", h.do(h.clientPEM))
		r.Get("/certificates/files.json", h.do(h.bundleFiles))
		r.Post("/certificates/lend", h.do(h.lend))
		r.Post("/certificates/forget", h.do(h.forget))
		r.Get("/certificates/clients", h.do(h.clients))
		r.Post("/certificates/clients", h.do(h.issueClient))
		r.Post("/certificates/batch.zip", h.do(h.makeBatch))
		r.Get("/certificates/{fp:[0-9a-f]{64}}", h.do(h.certificate))
		r.Post("/certificates/{fp:[0-9a-f]{64}}/take", h.do(h.takeAs))
		r.Get("/certificates/{fp:[0-9a-f]{64}}/{file}", h.do(h.publicFile))

		r.Get("/certificates/key", h.do(h.caKeyPage))
		r.Post("/certificates/key/keep", h.do(h.keepCAKey))
		r.Post("/certificates/key/open", h.do(h.openCAKey))
		r.Post("/certificates/key/lock", h.do(h.lockCAKey))
		r.Post("/certificates/key/forget", h.do(h.forgetCAKey))
		r.Get("/certificates/filters", h.do(h.filters))
		r.Post("/certificates/filters", h.do(h.changeFilters))

		h.replaceRoutes(r)

		// Step 3: upload the CA
		r.Get("/upload", h.do(h.upload))

		// Step 4: test the connection
		r.Get("/test", h.do(h.testForm))
		r.Post("/test", h.do(h.startCheck))
		r.Get("/test/{run}", h.do(h.checkRun)) // ?follow=1 streams it as a page
		r.Get("/test/{run}.json", h.do(h.checkReport))
		r.Get("/test/{run}/compare", h.do(h.compare)) // the choice of the other
		r.Get("/test/{run}/compare/{other}", h.do(h.compare))
		r.Get("/test/{run}/compare/{other}.json", h.do(h.compareReport))
		r.Post("/test/elsewhere", h.do(h.makeCommand))
		r.Post("/test/report", h.do(h.keepReport))

		// Step 5: worker code
		r.Get("/code", h.do(h.code))
		r.Get("/code.md", h.do(h.codeMarkdown))
		r.Get("/code.zip", h.do(h.codeZip))
		r.Post("/code/judge", h.do(h.judge))
		r.Get("/code/environment", h.do(h.environmentForm))
		r.Post("/code/environment", h.do(h.environment))
		r.Post("/code/worker", h.do(h.lookForWorker))

		// Step 6: test transfer
		r.Get("/transfer", h.do(h.transferForm))
		r.Post("/transfer", h.do(h.startTransfer))
		r.Post("/transfer/follow", h.do(h.followWorkflow))
		r.Get("/transfer/{run}", h.do(h.transferRun)) // ?follow=1 streams it as a page
		r.Get("/transfer/{run}.json", h.do(h.transferReport))
		r.Get("/transfer/{run}/history.json", h.do(h.transferHistory))
		r.Post("/transfer/{run}/cancel", h.do(h.cancelTransfer))
		r.Post("/transfer/{run}/terminate", h.do(h.terminateTransfer))
		r.Post("/transfer/{run}/stop", h.do(h.stopFollowing))
		r.Post("/transfer/{run}/follow", h.do(h.followAgain))
		r.Get("/transfer/drill", h.do(h.drillForm))
		r.Post("/transfer/drill", h.do(h.startDrill))
		r.Get("/transfer/drill/{run}", h.do(h.drillRun))
		r.Get("/transfer/drill/{run}.json", h.do(h.drillReport))
		r.Post("/transfer/drill/{run}/stop", h.do(h.stopDrill))
	})
	r.Post("/preview/namespace", h.do(h.previewNamespace))
	r.Post("/report/{token}.json", h.do(h.takeReport)) // onramp check --post, once

	// The rehearsal: its control panel, and its stand-in for Temporal Cloud's own console
	r.Get("/rehearsal", h.do(h.rehearsal))
	r.Post("/rehearsal/reset", h.do(h.resetRehearsal))
	r.Post("/rehearsal/break", h.do(h.setBreak))
	r.Post("/rehearsal/practice", h.do(h.practise))
	r.Get("/cloud", h.do(h.cloud))
	r.Post("/cloud", h.do(h.createInCloud))
	r.Get("/cloud/{ns}", h.do(h.cloudNamespace))
	r.Post("/cloud/{ns}", h.do(h.saveCAs))
	r.Post("/cloud/{ns}/auth", h.do(h.saveAuth))
	r.Post("/cloud/{ns}/keys", h.do(h.createKey))
	r.Post("/cloud/{ns}/keys/delete", h.do(h.deleteKey))

	// Whatever certificates are dropped
	r.Get("/certificates/inspect", h.do(h.inspectForm))
	r.Post("/certificates/inspect", h.do(h.inspect))

	// When certificates end, and what was signed
	r.Get("/expiry", h.do(h.expiryBoard))
	r.Get("/expiry.ics", h.do(h.expiryCalendar))
	r.Get("/metrics", h.do(h.metrics))
	r.Get("/audit", h.do(h.audit))
	r.Get("/audit.json", h.do(h.auditJSON))
	r.Get("/audit.csv", h.do(h.auditCSV))

	// Help, and what stands around the pages
	r.Get("/help", h.do(h.help))
	r.Get("/help/{code}", h.do(h.helpEntry))
	r.Get("/decode", h.do(h.decodeForm))
	r.Post("/decode", h.do(h.decode))
	r.Post("/theme", h.do(h.theme))
	r.Get("/healthz", h.do(h.health))
	r.Method(http.MethodGet, static.Prefix+"*", static.Handler())
	r.Method(http.MethodGet, "/favicon.ico", static.Handler())
	return r
}

func (h *Handlers) noSuchPage(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "There is no such page", "Go to the list of migrations, or look at the address again.")
}

func (h *Handlers) wrongMethod(w http.ResponseWriter, r *http.Request) {
	h.failWith(w, r, http.StatusMethodNotAllowed, fault.New(fault.NotFound, "This address takes no such request",
		"Open the page before it and send its form from there."))
}
