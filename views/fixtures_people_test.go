package views

import "onramp/fault"

// signedIn is the frame of a page of a portal that several people share.
func signedIn(title, nav string, p AccountProps) Frame {
	f := frame(title, nav, nil)
	f.DataDir, f.Account = "", &p
	return f
}

// signedOut is the frame before anybody has signed in there.
func signedOut(title string) Frame {
	f := frame(title, "", nil)
	f.DataDir, f.SignedOut = "", true
	return f
}

var owner = AccountProps{Name: "Dana Petrova", Role: "Owner", People: true}

func peoplePages() []page {
	return []page{
		shown("sign-in", SignInPage, signedOut("Sign in"), SignInProps{Next: "/m/payments/test"}),
		shown("sign-in-refused", SignInPage, signedOut("Sign in"), SignInProps{Email: "dana@example.com", Next: "/", Problem: "The email address or the password is wrong. Check both."}),
		shown("sign-in-again", SignInPage, signedIn("Confirm that it is you", "", owner), SignInProps{Again: true, Email: "dana@example.com", Next: "/people"}),
		shown("sign-in-provider", SignInPage, signedOut("Sign in"), SignInProps{Next: "/", Provider: "/signin/provider?next=%2F"}),
		shown("start", StartPage, signedOut("Welcome"), StartProps{Token: "t0", First: true}),
		shown("start-refused", StartPage, signedOut("Welcome"), StartProps{Token: "t0", Email: "omar@example.com", Name: "Omar", Problems: Problems{
			{Kind: fault.Invalid, Field: "password", Title: "The password is too short", Fix: "Use at least 12 characters"}}}),
		shown("people", PeoplePage, signedIn("People", "people", owner), peopleProps()),
		shown("people-invited", PeoplePage, signedIn("People", "people", owner), peopleInvited()),
		shown("own-account", OwnAccountPage, signedIn("Your account", "", AccountProps{Name: "Omar", Role: "Developer", Current: "/account"}), OwnAccountProps{Name: "Omar", Email: "omar@example.com", Role: "Developer", Teams: "Payments", Mails: "weekly on Monday at 08:00", Calendar: "none",
			Can: []string{"See and work on your teams’ migrations: certificates, checks, code, transfers."},
			Sessions: []SessionProps{{Handle: "s1", Here: true, Agent: "Firefox", From: "192.0.2.7", Since: "22 Nov 2026, 09:10", Seen: "22 Nov 2026, 10:41"},
				{Handle: "s2", Agent: "Chrome", From: "2001:db8::7", Since: "22 Nov 2026, 07:02", Seen: "22 Nov 2026, 10:20"}}}),
	}
}

func peopleProps() PeopleProps {
	teams := []Choice{{Value: "default", Label: "Default team", Selected: true}, {Value: "t1", Label: "Payments and reconciliation, Europe"}}
	roles := []Choice{{Value: "viewer", Label: "Viewer"}, {Value: "developer", Label: "Developer", Selected: true}, {Value: "cloud-admin", Label: "Cloud admin"}, {Value: "owner", Label: "Owner"}}
	return PeopleProps{Roles: roles, Teams: teams, People: []PersonProps{
		{ID: "u1", Name: "Dana Petrova", Email: "dana@example.com", Self: true, Tag: Tag{Idle, "Owner"}, Seen: "last seen 22 Nov 2026, 10:41", Roles: roles, Teams: teams, TeamNames: "Default team"},
		{ID: "u2", Name: "an.uncommonly.long.address.of.somebody@a-subsidiary.example.com", Email: "an.uncommonly.long.address.of.somebody@a-subsidiary.example.com", Tag: Tag{Idle, "Developer"}, Seen: "never signed in", Roles: roles, Teams: teams, TeamNames: "Default team, Payments and reconciliation, Europe"},
		{ID: "u3", Name: "Omar", Email: "omar@example.com", Tag: Tag{Bad, "Disabled"}, Disabled: true, Seen: "last seen 1 Nov 2026, 10:41", Roles: roles, Teams: teams, TeamNames: "no team"},
	}}
}

func peopleInvited() PeopleProps {
	p := peopleProps()
	p.Link = &LinkProps{For: "omar@example.com", Until: "25 Nov 2026, 10:41", Code: CodeBlockProps{ID: "invitation", Name: "Link", Label: "The link", TestID: "invitation",
		Text: "https://onramp.example.com/start?t=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}
	p.Problems = Problems{{Kind: fault.Conflict, Field: "team_name", Title: "There is a team of this name already", Fix: "Choose another name"}}
	return p
}
