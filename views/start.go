package views

// StartProps are the page of a one-time link.
type StartProps struct {
	Token       string
	First       bool   // it makes the first owner
	Email, Name string // Email is fixed unless First
	Next        string // where to go then, "" for the first page
	Problems    Problems
}
