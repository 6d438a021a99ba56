package views

// OwnAccountProps are a person's own page.
type OwnAccountProps struct {
	Name, Email, Role, Teams string
	Can                      []string // what the role lets them do
	Sessions                 []SessionProps
}

// SessionProps is a sign-in that goes on.
type SessionProps struct {
	Handle             string
	Here               bool
	Agent, From, Since string
	Seen               string
}
