package views

import "slices"

// NeedProps is something that must be there first.
type NeedProps struct {
	Tag  Tag
	Text string // "Choose the namespace"
	URL  string
}

// missing are those that are not there.
func missing(ns []NeedProps) []NeedProps {
	return slices.DeleteFunc(slices.Clone(ns), func(n NeedProps) bool { return n.Tag.State == Good })
}
