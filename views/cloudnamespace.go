package views

// CloudNamespaceProps stands for Temporal Cloud's Namespace → Edit → CA Certificates → Save.
// Form: POST /cloud/{ns}, fields ca_bundle and m. Test ids: ca-bundle, save-ca, back.
type CloudNamespaceProps struct {
	ID        string
	Migration string // id of the migration to go back to, sent as field m; "" for none
	Absent    *AbsentProps
	Bundle    string // in the textarea: as sent, else as saved
	Size      string // "1 of 16 certificates · 0.7 of 32 KB"
	Endpoint  string
	CAs       []CloudCARow
	Auth      *CloudAuthProps
	Filters   string
	CA        CodeBlockProps // the CA certificate of that migration, to paste; empty where the namespace has it already
	Saved     string         // "Saved. …" after a save, "" otherwise
	Problems  Problems
	Back      *Link
}

// CloudAuthProps is how workers sign in to a namespace of the rehearsal cloud.
// Forms: POST /cloud/{ns}/auth, field auth; POST /cloud/{ns}/keys, fields key_name, key_days; POST
// /cloud/{ns}/keys/delete, field key. All send m. Test ids: auth-<value>, save-auth, create-key, new-key, delete-key.
type CloudAuthProps struct {
	ID, Migration string
	Auths         []Choice
	Saw, KeysSaw  string // the editions of the method and of the keys, as in Frame
	Keyed         bool   // it takes API keys now
	Both          bool   // and client certificates too
	Keys          []CloudKeyRow
	Name, Days    string
	New           CodeBlockProps // the key just made: shown in this answer and never again
	Problems      Problems
	Back          *Link  // to the migration, where the key is wanted
	Switch        *Link  // to the change of the method with an overlap, for who came from a migration
	Cut           string // who would be cut off by another method alone; "" for nobody
	Replace       *Link  // to the replacement of a key, for who came from a migration that has one
}

// CloudKeyRow is one API key, without the key.
type CloudKeyRow struct {
	ID, Name, Created, Until string
	Tag                      Tag
}

// CloudCARow is one accepted CA certificate.
type CloudCARow struct {
	Subject, Fingerprint, Until string
	Tag                         Tag
}

// noKeys says what a namespace without an API key means for workers.
func noKeys(both bool) string {
	if both {
		return "No API key: only client certificates sign in."
	}
	return "No API key: every worker is refused."
}
