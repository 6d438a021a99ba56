package views

// OwnAccountProps are a person's own page.
type OwnAccountProps struct {
	Name, Email, Role, Teams string
	Can                      []string // what the role lets them do
	Mails, Calendar          string   // how they stand, in a few words
	Sessions                 []SessionProps
}

// SessionProps is a sign-in that goes on.
type SessionProps struct {
	Handle             string
	Here               bool
	Agent, From, Since string
	Seen               string
}
