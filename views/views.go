// Package views holds the pages of Onramp and their parts as templ components: props in, HTML out.
//
// Props are finished text and small choices. A view knows no clock, no rule and no other room but
// fault (the error made for people) and static (the address of the stylesheet and the script).
//
// # Pages
//
// Each renders a whole document. HelpEntryPage takes HelpEntryProps; its templ is helpentry.templ, with the parts that
// only it shows, its props and their helpers are helpentry.go, and its goldens testdata/help-entry.html or
// help-entry-VARIANT.html. Parts of several pages stand in files named after what they are (crossing, verdict, …).
// TestPagesShareOneName keeps this so, and this list complete.
//
//	HomePage(Frame, HomeProps)                      GET /; POST /rehearse-now
//	BoardPage(Frame, BoardProps)                    GET /migrations
//	BoardImportPage(Frame, BoardImportProps)        GET, POST /migrations/import
//	BoardPlanPage(Frame, BoardPlanProps)            POST /migrations/checks/plan
//	BoardChecksPage(Frame, BoardChecksProps)        GET /migrations/checks/{bulk}; POST below it: /cancel
//	NewPage(Frame, NewProps)                        GET, POST /new
//	OverviewPage(Frame, OverviewProps)              GET /m/{m}; POST /m/{m}/note, /m/{m}/show
//	RunsPage(Frame, RunsProps)                      GET /m/{m}/runs
//	MigrationReportPage(Frame, MigrationReportProps)  GET /m/{m}/report
//	SendPage(Frame, SendProps)                      GET, POST /m/{m}/send
//	SettingsPage(Frame, SettingsProps)              GET /m/{m}/settings; POST below it: /name, /archive, /delete
//	NamespacePage(Frame, NamespaceProps)            GET, POST /m/{m}/namespace
//	CertificatesPage(Frame, CertificatesProps)      GET, POST /m/{m}/certificates
//	UnsavedPage(Frame, UnsavedProps)                GET /m/{m}/certificates/unsaved
//	ClientsPage(Frame, ClientsProps)                GET, POST /m/{m}/certificates/clients
//	CertificatePage(Frame, CertificateProps)        GET /m/{m}/certificates/{fp}; POST below it: /take
//	KeyPage(Frame, KeyProps)                        GET /m/{m}/certificates/key; POST below it: /keep, /open, /lock, /forget
//	FiltersPage(Frame, FiltersProps)                GET, POST /m/{m}/certificates/filters
//	ReplacePage(Frame, ReplaceProps)                GET, POST /m/{m}/certificates/replace; POST below it: a step each
//	RotatePage(Frame, RotateProps)                  GET, POST /m/{m}/keys; POST below it: a step each
//	MethodPage(Frame, MethodProps)                  GET, POST /m/{m}/switch; POST below it: a step each
//	UploadPage(Frame, UploadProps)                  GET /m/{m}/upload; POST below it: /look
//	OpsPage(Frame, OpsProps)                        GET, POST /m/{m}/ops; POST below it: /plan, /apply, /forget
//	HandoffLinksPage(Frame, HandoffLinksProps)  GET, POST /m/{m}/upload/links; POST below it: /{number}/revoke
//	HandoffTaskPage(Frame, HandoffTaskProps)        GET /h/{token}; POST below it: /opened, /upload, /done, /not-me, /look
//	NotNeededPage(Frame, NotNeededProps)            GET /m/{m}/certificates, /m/{m}/upload where API keys sign in
//	TestPage(Frame, TestProps)                      GET, POST /m/{m}/test; POST /m/{m}/test/elsewhere, /m/{m}/test/report
//	TestRunPage(Frame, TestRunProps)                GET /m/{m}/test/{run}
//	ComparePage(Frame, CompareProps)                GET /m/{m}/test/{run}/compare, /m/{m}/test/{run}/compare/{other}
//	CodePage(Frame, CodeProps)                      GET /m/{m}/code; POST below it: /judge, /worker
//	EnvironmentPage(Frame, EnvironmentProps)        GET, POST /m/{m}/code/environment
//	TransferPage(Frame, TransferProps)              GET, POST /m/{m}/transfer; POST /m/{m}/transfer/follow
//	TransferRunPage(Frame, TransferRunProps)        GET /m/{m}/transfer/{run}; POST below it: /cancel, /terminate, /stop, /follow
//	DrillPage(Frame, DrillProps)                    GET, POST /m/{m}/transfer/drill
//	DrillRunPage(Frame, DrillRunProps)              GET /m/{m}/transfer/drill/{run}; POST below it: /stop
//	AssessPage(Frame, AssessProps)                  GET, POST /m/{m}/assess
//	AssessRunPage(Frame, AssessRunProps)            GET /m/{m}/assess/{run}; POST below it: /stop
//	AssessFactsPage(Frame, AssessFactsProps)        GET, POST /assess
//	CutoverPage(Frame, CutoverProps)                GET, POST /m/{m}/cutover
//	CutoverRunPage(Frame, CutoverRunProps)          GET /m/{m}/cutover/{run}; POST below it: /stop
//	RehearsalPage(Frame, RehearsalProps)            GET /rehearsal; POST below it: /reset, /break, /practice
//	CloudPage(Frame, CloudProps)                    GET, POST /cloud
//	CloudNamespacePage(Frame, CloudNamespaceProps)  GET, POST /cloud/{ns}; POST below it: /auth, /keys, /keys/delete
//	InspectPage(Frame, InspectProps)                GET, POST /certificates/inspect
//	ExpiryPage(Frame, ExpiryProps)                  GET /expiry
//	AuditPage(Frame, AuditProps)                    GET /audit
//	HelpPage(Frame, HelpProps)                      GET /help
//	HelpEntryPage(Frame, HelpEntryProps)            GET /help/{code}
//	SearchPage(Frame, SearchProps)                  GET /search
//	DecodePage(Frame, DecodeProps)                  GET, POST /decode
//	SignInPage(Frame, SignInProps)                  GET, POST /signin; GET, POST /again
//	StartPage(Frame, StartProps)                    GET, POST /start
//	PeoplePage(Frame, PeopleProps)                  GET, POST /people
//	OwnAccountPage(Frame, OwnAccountProps)          GET /account
//	MailsPage(Frame, MailsProps)                    GET, POST /account/mails
//	StopMailsPage(Frame, StopMailsProps)            GET, POST /unsubscribe
//	CalendarPage(Frame, CalendarProps)              GET, POST /account/calendar; POST below it: /end
//	OperationsPage(Frame, OperationsProps)          GET /operations
//	ErrorPage(Frame, ErrorProps)                    any failure
//
// The main part and the rail of every page are templ fragments, so a form sent with the header X-Fragment: 1 is
// answered by
//
//	templ.RenderFragments(ctx, w, page, views.FragmentMain, views.FragmentRail)
//
// # Streaming pages for readers without JavaScript (render with templ.WithStreaming)
//
// Each is a run's page once more, row by row while the run goes on; they stand together in follow.templ.
//
//	TestFollowPage(Frame, TestRunProps, iter.Seq[StageProps], func() TestEndProps)
//	TransferFollowPage(Frame, TransferRunProps, iter.Seq[EventProps], func() TransferEndProps)
//	DrillFollowPage(Frame, DrillRunProps, iter.Seq[string], func() DrillRunProps)
//
// # Live parts
//
// The top element of each has the stable id given here; an SSE event "swap" carries one or more of them.
//
//	Rail(RailProps)                           id=rail
//	Crossing(CrossingProps)                   id=crossing
//	Steps(StepsProps)                         id=steps
//	Turn(TurnProps)                           id=turn
//	Activity(ActivityProps)                   id=activity
//	CheckTimes(SparkProps)                    id=check-times
//	NamespacePreview(NamespacePreviewProps)   id=ns-preview
//	Keys(KeysProps)                           id=keys
//	UploadStatus(UploadStatusProps)           id=upload-status
//	HandoffList(HandoffListProps)             id=handoff-list
//	HandoffTask(HandoffTaskProps)             id=handoff-task
//	RunSign(Frame)                            id=run-sign
//	ReplaceSteps(ReplaceProps)                id=replace-steps
//	RotateSteps(RotateProps)                  id=rotate-steps
//	MethodSteps(MethodProps)                  id=method-steps
//	RunStatus(RunStatusProps)                 id=run-status
//	StageRow(StageProps)                      id=stage-<stage id>, e.g. stage-tls
//	Verdict(VerdictProps)                     id=verdict
//	Poller(PollerProps)                       id=poller
//	TransferStatus(TransferStatusProps)       id=transfer-status
//	Timeline(TimelineProps)                   id=timeline
//	TransferActs(TransferActsProps)           id=transfer-acts
//	TransferLinks(TransferRefsProps)          id=transfer-links
//	TransferRefs(TransferRefsProps)           id=transfer-refs
//	Events(EventsProps)                       id=events
//	EventsCount(string)                       id=events-count
//	EventRow(EventProps)                      id=event-<event key>, e.g. event-7
//	AssessStatus(AssessStatusProps)           id=assess-status
//	DrillStatus(DrillStatusProps)             id=drill-status
//	DrillResults(DrillResultsProps)           id=drill-results
//	DrillPlots(DrillPlotsProps)               id=drill-plots, a file of its own
//	ManyStatus(BoardChecksProps)              id=many-status
//	ManyRowPart(ManyRow)                      id=many-<number>, a row of a table: it goes alone
//	Judge(JudgeProps)                         id=judge
package views

// The templ fragments that every page has (see the package comment).
const (
	FragmentMain = "main" // <main id="main">
	FragmentRail = "rail" // <nav id="rail">
)
