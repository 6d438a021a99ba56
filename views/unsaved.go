package views

// UnsavedProps is what a reader who goes on would lose. Test ids: download-bundle, download-ca-key, continue.
type UnsavedProps struct {
	Keys KeysProps
	Lost []string // each with what it is needed for
	Next *Link
}
