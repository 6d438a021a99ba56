package views

// MigrationReportProps is what was proved of a migration, to be printed or attached to a change ticket. The Markdown file is
// written from the same texts. Test ids: report, report-md, report-json.
type MigrationReportProps struct {
	Migration string
	Name      string
	Address   string // of this page, in full: for paper
	State     State
	Title     string // "All six steps are done"
	Text      string
	Steps     []ReportStepRow
	Gaps      []ReportGapRow // what is not proved
	Sections  []ReportSection
	Certs     []ReportCertRow
	About     []Pair // when it was made, by what
	Files     []Link
	Twin      CodeBlockProps
}

// ReportStepRow is one step as it stands.
type ReportStepRow struct {
	Number, Title string
	State         State
	Word          string // "Observed", "Noted by a person", "Look again"
	Evidence      string
	When, Stamp   string // "29 Nov 2026, 02:48 UTC"
	By            string
	Run           *Link  // with its address in full
	RunID         string // of that run
}

// ReportGapRow is something that is not proved.
type ReportGapRow struct {
	What, Why string
	URL       string // where it is done, "" for none
}

// ReportSection is a part of the report: what was seen of one thing.
type ReportSection struct {
	ID, Title string
	Pairs     []Pair // a URL is an address in full
}

// ReportCertRow is the public side of a certificate.
type ReportCertRow struct {
	What, Subject, Fingerprint, Expires, Stamp string
	State                                      State
	Word                                       string // "valid for 363 days", "expired"
}
