package views

// ExpiryProps is the board of certificates by the day they stop working.
// Test ids: expiry-summary, expiry-row-<n>, replace-<n>, webhook.
type ExpiryProps struct {
	Summary Tag
	Text    string // one sentence more
	Months  []ExpiryMonth
	Later   int            // certificates that end after these months
	Rows    []ExpiryRow    // by date; the list that says the same as the strip
	Shown   string         // "1 to 200 of 1,234", "" when all are shown
	Pages   []Link         // previous, next
	Feed    CodeBlockProps // address of the calendar
	OwnFeed bool           // each person makes an address of their own
	Metrics CodeBlockProps // scrape configuration
	Webhook WebhookProps
}

// ExpiryMonth is one month of the strip.
type ExpiryMonth struct {
	Label string // "November 2026"
	Short string // "Nov"
	Year  string // "2026", only where the year begins
	Marks []ExpiryMark
	More  int // certificates without a mark of their own
}

// ExpiryMark is one certificate of the strip.
type ExpiryMark struct {
	Text  string // "payments"
	Day   string // "23 Nov"
	State State
	URL   string // its row
}

// ExpiryRow is one certificate.
type ExpiryRow struct {
	ID           string // of the row: "ends-0"
	What         string // subject, or what people call it
	Client       string // name of a further client certificate, "" for the main one
	Print        string // start of the SHA-256
	Migration    string
	MigrationURL string
	Rehearsal    bool
	Until        string // "11 Nov 2027"
	Stamp        string
	SetBy        string // "its CA, CN=payments CA", "itself"
	Left         Tag
	Replace      *Link  // what to do next
	Successor    string // "CN=payments since 12 Nov 2026"; then it is shown as replaced
}

// WebhookProps is what the board shows of the webhook.
type WebhookProps struct {
	Where   string // scheme and host; "" when none is set
	Signed  bool
	Setup   CodeBlockProps // how to set one, when none is
	Notices []NoticeRow
	Failing int
}

// NoticeRow is one message to the webhook.
type NoticeRow struct {
	What         string
	MigrationURL string
	Rung         string // "30 days before", "Waiting for 7 days", "Check 12"
	Tag          Tag
	Text         string // "tried 3 times; next at 10:42", the reason
	Stamp, When  string
}
