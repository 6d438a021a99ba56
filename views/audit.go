package views

// AuditProps is the audit of everything that a person changed.
// Test ids: audit-row-<id>, audit-csv, audit-json.
type AuditProps struct {
	Operator  bool   // its reader may see how this Onramp is doing
	Migration string // shown of this migration only; "" for all
	Verbs     []Link
	Scope     []Link // of all migrations, of this one
	Rows      []AuditRow
	CSV, JSON string
	Older     *Link
}

// AuditRow is one line. Its id is "r" and the number.
type AuditRow struct {
	ID           string
	URL          string // permalink
	When, Stamp  string // UTC
	Tag          Tag    // the verb
	Who          string // the person's name; "" in lines of versions that knew one person only
	Migration    string
	MigrationURL string
	Subject      string
	Print        string // start of the certificate's SHA-256
	FullPrint    string
	CAPrint      string
	Days         string
	Details      string // where the key was made, why it was locked
}
