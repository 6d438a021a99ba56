package views

// UploadProps is step 3. Forms: POST below it: /look. Test ids: open-cloud, continue, ca-pem, look-ca, last-look, and
// those of HandoffOffer and HandoffListProps.
type UploadProps struct {
	Migration string
	Namespace string // Namespace ID, "" when step 1 is missing
	CA        *CertProps
	CAPEM     CodeBlockProps // ID ca-pem
	Size      string         // "1 of 16 certificates · 0.7 of 32 KB"
	// CloudURL is where to do it: the Temporal Cloud UI, or /cloud/{ns}?m={m} in a rehearsal.
	CloudURL  string
	Rehearsal bool
	Commands  []CodeBlockProps  // tcld, …
	Notes     []string          // on the commands
	Handoff   *HandoffOffer     // nil where there is nothing to hand off
	Links     *HandoffListProps // nil at a portal for one person
	Existing  string            // what is known of CAs already there, as a sentence
	Status    UploadStatusProps
	Missing   *NeedProps // what must be done first
	Next      *Link
	Twin      CodeBlockProps
}

// UploadStatusProps is the line that updates by itself. id=upload-status.
type UploadStatusProps struct {
	Tag  Tag
	Text string     // "Not accepted yet"
	Look *LookProps // how to look now, nil when there is nothing to look for
	Next *Link      // shown when done
}

// LookProps looks for the CA certificate: by a button, and every Every seconds while the page is open. Form: POST
// Action, no fields.
type LookProps struct {
	Action string
	Every  string // "30"; "" where Onramp cannot look
	Seen   string // what the last look saw; "" before the first
	Ago    string // how long that is past: "12 s"
	Since  string // the same in milliseconds, from which the page counts on
	Code   *Link  // explains the fault that the last look met; nil for none
	Fix    *Link  // where that is repaired, which no upload does; nil for none
	Cannot string // why Onramp cannot look, as a sentence
	Ways   []Link // what to do about it
}

func uploadText(p UploadProps) string {
	if p.Rehearsal {
		return "Open the rehearsal cloud"
	}
	return "Open Temporal Cloud UI"
}
