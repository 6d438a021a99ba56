package views

// CardSection is some migrations under a heading.
type CardSection struct {
	Title string
	None  string // said where there is no card
	Tally string // how many there are, of which Cards may be a page
	Cards []CardProps
	Lead  bool // its first action stands out
}

// CardProps is one migration on the first page.
type CardProps struct {
	ID        string
	Name      string
	Rehearsal bool
	Turn      Tag
	Replacing string // "Replacing the CA certificate" while a replacement is in progress, "" else
	// ReplacingURL is where that goes on; "": the page of certificates.
	ReplacingURL string
	Meter        []State // one a step
	Count        string  // "3 of 6"
	Next         *Link   // "Continue: Test the connection"
	Detail       string  // "Python · run 3 failed at Certificate · 2 h ago"
}

// replacing is where a replacement goes on.
func (c CardProps) replacing() string {
	if c.ReplacingURL != "" {
		return c.ReplacingURL
	}
	return path("m", c.ID, "certificates", "replace")
}
