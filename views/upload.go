package views

// UploadProps is step 3.
// Test ids: open-cloud, continue, ca-pem.
type UploadProps struct {
	Migration string
	Namespace string // Namespace ID, "" when step 1 is missing
	CA        *CertProps
	CAPEM     CodeBlockProps // ID ca-pem
	Size      string         // "1 of 16 certificates · 0.7 of 32 KB"
	// CloudURL is where to do it: the console of Temporal Cloud, or /cloud/{ns}?m={m} in a rehearsal.
	CloudURL  string
	Rehearsal bool
	Commands  []CodeBlockProps // tcld, …
	Existing  string           // what is known of CAs already there, as a sentence
	Status    UploadStatusProps
	Missing   *NeedProps // what must be done first
	Next      *Link
	Twin      CodeBlockProps
}

// UploadStatusProps is the line that ticks itself. id=upload-status.
type UploadStatusProps struct {
	Tag  Tag
	Text string // "Saved on the Cloud side 12 s ago; a check will show that it is accepted"
	Next *Link  // shown when done
}

func uploadText(p UploadProps) string {
	if p.Rehearsal {
		return "Open the Cloud side"
	}
	return "Open Temporal Cloud"
}
