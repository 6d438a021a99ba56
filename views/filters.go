package views

// FiltersProps is the page that builds and tests certificate filters.
// Form: POST /m/{m}/certificates/filters with the fields of FilterRow, against, cert_pem, filters_json, lockout
// and the button do=test|add|remove-<n>|read|apply|clear.
// Test ids: filters-test, filters-add, filters-read, filters-apply, filters-json, filters-result.
type FiltersProps struct {
	Migration string
	Ask       *HandoffListProps // nil: nobody can be asked to set them
	Rows      []FilterRow
	Limit     string // "2 of 25 filters"
	CanAdd    bool
	Against   []Choice // against: leaf, pasted
	CertPEM   string
	Paste     string // filters_json, as sent when it was refused
	Result    *FilterResult
	JSON      CodeBlockProps
	Commands  []CodeBlockProps
	Cloud     *FilterCloud // the rehearsal's namespace; nil in a migration to Cloud
	Rules     []Pair
	Problems  Problems
}

// FilterRow is one filter of the form. The fields are f<n>_cn, f<n>_o, f<n>_ou, f<n>_san with n from 1.
type FilterRow struct {
	N              string
	CN, O, OU, SAN string
}

// FilterResult is what the filters say of a certificate.
type FilterResult struct {
	Tag     Tag
	Subject string
	Text    string
	Filters []FilterSaid
}

// FilterSaid is what one filter says.
type FilterSaid struct {
	N      string
	Tag    Tag
	Fields []FilterFieldSaid
}

// FilterFieldSaid is what one field says.
type FilterFieldSaid struct {
	State State
	Field string // CN, O, OU or SAN
	Wants string
	Text  string // "matches payments", "does not match: the certificate has nothing"
}

// FilterCloud is the rehearsal's namespace, to which filters can be applied.
type FilterCloud struct {
	Namespace string
	URL       string
	Now       string // "2 filters", "no filters: every client of an accepted CA may connect"
	CanClear  bool
	Absent    string // why it cannot be done now
	Lockout   bool   // ask for the confirmation
}
