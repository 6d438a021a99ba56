package views

// CloudRow is one namespace of the rehearsal cloud.
type CloudRow struct {
	ID      string
	URL     string
	CAs     string // "1 CA certificate"
	Created string
}
