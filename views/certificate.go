package views

// CertificateProps is one certificate of a migration. Forms: POST /m/{m}/certificates/{fp}/take with format,
// password, secret_name, k8s_namespace answers the file once. Test ids: take-<format>, get-<format>.
type CertificateProps struct {
	Migration string
	FP        string
	Title     string
	Left      Tag
	Until     string
	Chain     ChainProps
	Facts     DetailProps
	Used      []UseRow
	KeyHere   string // how long the key is still here, "" when it is not
	Formats   []FormatRow
	Public    []FormatRow
	Secret    string // secret_name
	Cluster   string // k8s_namespace
	Own       []CodeBlockProps
	Report    *ReportProps
	Problems  Problems
	Back      Link
}

// UseRow is a place where a certificate is used.
type UseRow struct {
	Text string
	URL  string
}

// FormatRow is a form in which a certificate leaves.
type FormatRow struct {
	Format   string
	Title    string
	What     string
	Password bool
	URL      string // of a public one
}

// formatChoices offer the formats with a key.
func formatChoices(rows []FormatRow) []Choice {
	var out []Choice
	for i, r := range rows {
		out = append(out, Choice{Value: r.Format, Label: r.Title, Hint: r.What, Selected: i == 0})
	}
	return out
}
