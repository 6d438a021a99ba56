package views

// NeedProps is something that must be there first.
type NeedProps struct {
	Tag  Tag
	Text string // "Choose the namespace"
	URL  string
}
