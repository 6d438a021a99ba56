package views

// AccountProps are who is signed in, at a portal that several people share.
type AccountProps struct {
	Name, Role string
	People     bool   // decides who may use the portal
	Current    string // path of the page that is shown
}

// SignInProps are the page that lets a person in.
type SignInProps struct {
	Email    string // as it was sent
	Next     string // where to go afterwards
	Problem  string // why it failed; "" for not yet
	Again    bool   // a second look at somebody who is signed in
	Provider string // where an external provider signs people in: the address that begins it; "" for passwords
}

func signInAction(p SignInProps) string {
	if p.Again {
		return "/again"
	}
	return "/signin"
}

func signInWord(p SignInProps) string {
	if p.Again {
		return "Confirm"
	}
	return "Sign in"
}
