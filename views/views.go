// Package views holds the pages of Onramp and their parts as templ components: props in, HTML out.
//
// Props are finished text and small choices. A view knows no clock, no rule and no other room but
// fault (the error made for people) and static (the address of the stylesheet and the script).
//
// # Pages
//
// Each renders a whole document. The main part and the rail of every page are templ fragments, so a
// form sent with the header X-Fragment: 1 is answered by
//
//	templ.RenderFragments(ctx, w, page, views.FragmentMain, views.FragmentRail)
//
//	HomePage(Frame, HomeProps)                        GET /
//	NewPage(Frame, NewProps)                          GET, POST /new
//	OverviewPage(Frame, OverviewProps)                GET /m/{m}; POST /m/{m}/note
//	SettingsPage(Frame, SettingsProps)                GET /m/{m}/settings; POST below it: /name, /archive, /delete
//	NamespacePage(Frame, NamespaceProps)              GET, POST /m/{m}/namespace
//	CertificatesPage(Frame, CertificatesProps)        GET, POST /m/{m}/certificates
//	UploadPage(Frame, UploadProps)                    GET /m/{m}/upload
//	TestPage(Frame, TestProps)                        GET, POST /m/{m}/test; POST /m/{m}/test/elsewhere, /m/{m}/test/report
//	TestRunPage(Frame, TestRunProps)                  GET /m/{m}/test/{run}
//	ComparePage(Frame, CompareProps)                  GET /m/{m}/test/{run}/compare/{other}
//	CodePage(Frame, CodeProps)                    GET /m/{m}/code; POST /m/{m}/code/judge
//	TransferPage(Frame, TransferProps)                GET, POST /m/{m}/transfer
//	TransferRunPage(Frame, TransferRunProps)          GET /m/{m}/transfer/{run}
//	RunsPage(Frame, RunsProps)                        GET /m/{m}/runs
//	CloudPage(Frame, CloudProps)                      GET, POST /cloud
//	CloudNamespacePage(Frame, CloudNamespaceProps)    GET, POST /cloud/{ns}
//	RehearsalPage(Frame, RehearsalProps)              GET /rehearsal; POST /rehearsal/reset
//	HelpPage(Frame, HelpProps)                        GET /help
//	HelpEntryPage(Frame, HelpEntryProps)              GET /help/{code}
//	DecodePage(Frame, DecodeProps)                    GET, POST /decode
//	ErrorPage(Frame, ErrorProps)                      any failure
//
// # Streaming pages for readers without JavaScript (render with templ.WithStreaming)
//
//	TestFollowPage(Frame, TestRunProps, iter.Seq[StageProps], func() VerdictProps)
//	TransferFollowPage(Frame, TransferRunProps, iter.Seq[EventProps], func() TransferEndProps)
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
//	NamespacePreview(NamespacePreviewProps)   id=ns-preview
//	Keys(KeysProps)                           id=keys
//	UploadStatus(UploadStatusProps)           id=upload-status
//	RunStatus(RunStatusProps)                 id=run-status
//	StageRow(StageProps)                      id=stage-<stage id>, e.g. stage-tls
//	Verdict(VerdictProps)                     id=verdict
//	Poller(PollerProps)                       id=poller
//	TransferStatus(TransferStatusProps)       id=transfer-status
//	Timeline(TimelineProps)                   id=timeline
//	Events(EventsProps)                       id=events
//	Judge(JudgeProps)                         id=judge
package views

// The templ fragments that every page has (see the package comment).
const (
	FragmentMain = "main" // <main id="main">
	FragmentRail = "rail" // <nav id="rail">
)
