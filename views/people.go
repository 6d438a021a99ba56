package views

// PeopleProps are the page where owners decide who may use the portal.
type PeopleProps struct {
	People   []PersonProps
	Teams    []Choice // all of them
	Roles    []Choice // of a new account
	Email    string   // of a new account, as it was sent
	Name     string
	Team     string // of a new team, as it was sent
	Link     *LinkProps
	Problems Problems
	// Provider: an external provider says who gets in and with which role, so that there are no invitations.
	Provider bool
}

// LinkProps is a one-time link that was just made: it is shown once.
type LinkProps struct {
	For   string
	Until string
	Code  CodeBlockProps
}

// PersonProps is an account on that page.
type PersonProps struct {
	ID, Name, Email string
	Self            bool
	Tag             Tag // its role, or that it is disabled
	Seen            string
	Disabled        bool
	Roles, Teams    []Choice
	TeamNames       string
}
