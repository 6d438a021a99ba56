package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/user"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/people"
	"onramp/store"
)

// peopleCmd is `onramp people`: who may use a shared portal. It works while the portal serves; what it changes counts
// from the next request on.
func peopleCmd(ctx context.Context, w World, args []string) int {
	subs := map[string]func(context.Context, World, []string) int{"add": peopleAdd, "list": peopleList, "disable": peopleDisable, "enable": peopleEnable, "role": peopleRole, "team": peopleTeam}
	if len(args) > 0 && subs[args[0]] != nil {
		return subs[args[0]](ctx, w, args[1:])
	}
	out, code := w.Stderr, exitUsage
	if len(args) > 0 && (args[0] == "--help" || args[0] == "-h") {
		out, code = w.Stdout, exitOK
	}
	fmt.Fprint(out, `onramp people: who may use a shared portal

  onramp people add --email E --role R [--team NAME]  prints a one-time link; for an account that is there, one for a new password
  onramp people list                                  accounts, roles, teams
  onramp people role --email E --role R               gives another role
  onramp people disable --email E                     keeps an account out from its next request on
  onramp people enable --email E                      lets it in again
  onramp people team --name NAME                      makes a team

Roles: viewer, developer, cloud-admin, owner. Each takes --data DIR and --json.
`)
	return code
}

// commandActor is whoever may read the data directory: they may do everything there already.
func commandActor() custody.Actor {
	a := custody.Actor{Person: "command", Name: "onramp people", Via: "command", Role: custody.Owner}
	if u, err := user.Current(); err == nil && u.Username != "" {
		a.Name = u.Username
	}
	return a
}

// peopleFlags are those of a subcommand.
type peopleFlags struct {
	*settings
	data *string
	json *bool
}

func newPeople(name, what string, w World) peopleFlags {
	s := newSettings("people "+name, what, w)
	s.takesFiles = true // the account, and its role, may stand without their flags
	return peopleFlags{s, s.text("data", dataDir(w.Getenv), "`directory` of the portal's database"), s.boolean("json", "print JSON (onramp.people/1)")}
}

// directory is an opened database with its people.
type directory struct {
	*people.Service
	db *store.DB
}

// run opens the database, lets do work on it and reports what went wrong.
func (f peopleFlags) run(ctx context.Context, args []string, do func(context.Context, directory) error) int {
	if code, done := f.parse(args); done {
		return code
	}
	for _, text := range f.files {
		flag := f.fs.Lookup("email")
		if _, ok := custody.ParseRole(text); ok && f.fs.Lookup("role") != nil {
			flag = f.fs.Lookup("role")
		}
		if flag == nil || flag.Value.String() != "" {
			complain(f.w, wrong("", fmt.Sprintf("onramp %s does not know what the argument %q is", f.name, text), "See onramp people --help."))
			return exitUsage
		}
		_ = flag.Value.Set(text) // a text takes any
	}
	err := func() (err error) {
		db, err := store.Beside(ctx, *f.data)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		who, err := people.New(people.Options{Store: db})
		if err != nil {
			return err
		}
		return do(ctx, directory{who, db})
	}()
	if err != nil {
		return complain(f.w, err)
	}
	return exitOK
}

// shownAccount is an account as --json prints it.
type shownAccount struct {
	ID       string     `json:"id"`
	Email    string     `json:"email"`
	Name     string     `json:"name,omitempty"`
	Role     string     `json:"role"`
	Teams    []string   `json:"teams"`
	Disabled bool       `json:"disabled"`
	NoGroup  bool       `json:"no_group,omitempty"` // none of its groups at the provider has a role: it may not sign in
	LastSeen *time.Time `json:"last_seen,omitempty"`
}

func (d directory) shown(ctx context.Context, all ...people.Account) ([]shownAccount, error) {
	teams, err := d.Teams(ctx)
	out := []shownAccount{}
	for _, a := range all {
		x := shownAccount{ID: a.ID, Email: a.Email, Name: a.Name, Role: a.Role.String(), Teams: []string{}, Disabled: !a.Disabled.IsZero(), NoGroup: !a.NoGroup.IsZero()}
		for _, t := range teams {
			if slices.Contains(a.Teams, t.ID) {
				x.Teams = append(x.Teams, t.Name)
			}
		}
		if !a.LastSeen.IsZero() {
			x.LastSeen = &a.LastSeen
		}
		out = append(out, x)
	}
	return out, err
}

// team is the ID of a team by its name or ID; "" for "".
func (d directory) team(ctx context.Context, name string) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	teams, err := d.Teams(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		if strings.EqualFold(t.Name, name) || t.ID == name {
			return []string{t.ID}, nil
		}
	}
	return nil, wrong("team", "There is no such team", "Make it first: onramp people team --name NAME.")
}

func peopleAdd(ctx context.Context, w World, args []string) int {
	f := newPeople("add", "make an account, or a link for a new password", w)
	email, name := f.text("email", "", "`address` of the person"), f.text("name", "", "`name` that colleagues know them by")
	role, team := f.text("role", "", "`viewer|developer|cloud-admin|owner`; for an account that is there it is left out"), f.text("team", "", "`name` of the team; default the one that is there from the start")
	return f.run(ctx, args, func(ctx context.Context, d directory) error {
		n := people.NewAccount{Email: *email, Name: *name}
		n.Role, _ = custody.ParseRole(*role)
		var err error
		if n.Teams, err = d.team(ctx, *team); err != nil {
			return err
		}
		a, token, err := d.Add(ctx, commandActor(), n)
		if err != nil {
			return err
		}
		base, err := d.db.Setting(ctx, publicURL)
		if err != nil {
			return err
		}
		link, until := base+"/start?"+url.Values{"t": {token}}.Encode(), time.Now().Add(people.PasswordFor).UTC().Truncate(time.Second)
		if *f.json {
			shown, err := d.shown(ctx, a)
			if err != nil {
				return err
			}
			return printLine(w, map[string]any{"schema": "onramp.people/1", "account": shown[0], "link": link, "until": until})
		}
		if base == "" {
			fmt.Fprintln(w.Stderr, "onramp: no shared portal has served this directory yet: put its address before the link")
		}
		_, err = fmt.Fprintf(w.Stdout, "%s\nFor %s, a %s. It works once, until %s.\n", link, a.Email, a.Role, until.Format(time.RFC3339))
		return err
	})
}

// printLine prints one line of JSON.
func printLine(w World, v any) error {
	text, err := jsonLine(v)
	if err == nil {
		_, err = fmt.Fprintln(w.Stdout, text)
	}
	return err
}

func peopleList(ctx context.Context, w World, args []string) int {
	f := newPeople("list", "who may use the portal", w)
	return f.run(ctx, args, func(ctx context.Context, d directory) error {
		all, err := d.Accounts(ctx, commandActor())
		if err != nil {
			return err
		}
		shown, err := d.shown(ctx, all...)
		if err != nil {
			return err
		}
		if *f.json {
			return printLine(w, map[string]any{"schema": "onramp.people/1", "accounts": shown})
		}
		out := tabwriter.NewWriter(w.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(out, "EMAIL\tNAME\tROLE\tTEAMS\tSTATE")
		for _, a := range shown {
			state := "active"
			switch {
			case a.Disabled:
				state = "disabled"
			case a.NoGroup:
				state = "no group with a role"
			}
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", a.Email, a.Name, a.Role, strings.Join(a.Teams, ", "), state)
		}
		return out.Flush()
	})
}

// changed says what an account is after a change.
func (f peopleFlags) changed(ctx context.Context, d directory, email string) error {
	a, err := d.Find(ctx, email)
	if err != nil {
		return err
	}
	shown, err := d.shown(ctx, a)
	if err != nil {
		return err
	}
	if *f.json {
		return printLine(f.w, map[string]any{"schema": "onramp.people/1", "account": shown[0]})
	}
	state := "may sign in"
	switch {
	case !a.Disabled.IsZero():
		state = "is disabled"
	case !a.NoGroup.IsZero():
		state = "may not sign in: none of their groups has a role"
	}
	_, err = fmt.Fprintf(f.w.Stdout, "%s is a %s and %s.\n", a.Email, a.Role, state)
	return err
}

// find is the account of --email; an Invalid fault where none is given.
func (d directory) find(ctx context.Context, email string) (string, error) {
	if strings.TrimSpace(email) == "" {
		return "", wrong("email", "No account is named", "Give --email: see onramp people list.")
	}
	a, err := d.Find(ctx, email)
	if fault.Is(err, fault.NotFound) {
		err = wrong("email", "There is no such account", "See onramp people list.")
	}
	return a.ID, err
}

func peopleRole(ctx context.Context, w World, args []string) int {
	f := newPeople("role", "give an account another role", w)
	email, role := f.text("email", "", "`address` of the account"), f.text("role", "", "`viewer|developer|cloud-admin|owner`")
	return f.run(ctx, args, func(ctx context.Context, d directory) error {
		id, err := d.find(ctx, *email)
		if err != nil {
			return err
		}
		to, _ := custody.ParseRole(*role)
		if err := d.SetRole(ctx, commandActor(), id, to); err != nil {
			return err
		}
		return f.changed(ctx, d, id)
	})
}

func peopleDisable(ctx context.Context, w World, args []string) int {
	f := newPeople("disable", "keep an account out from its next request on", w)
	email := f.text("email", "", "`address` of the account")
	return f.run(ctx, args, func(ctx context.Context, d directory) error {
		id, err := d.find(ctx, *email)
		if err == nil {
			err = d.Disable(ctx, commandActor(), id)
		}
		if err != nil {
			return err
		}
		return f.changed(ctx, d, id)
	})
}

func peopleEnable(ctx context.Context, w World, args []string) int {
	f := newPeople("enable", "let a disabled account in again", w)
	email := f.text("email", "", "`address` of the account")
	return f.run(ctx, args, func(ctx context.Context, d directory) error {
		id, err := d.find(ctx, *email)
		if err == nil {
			err = d.Enable(ctx, commandActor(), id)
		}
		if err != nil {
			return err
		}
		return f.changed(ctx, d, id)
	})
}

func peopleTeam(ctx context.Context, w World, args []string) int {
	f := newPeople("team", "make a team", w)
	name := f.text("name", "", "`name` of the team")
	return f.run(ctx, args, func(ctx context.Context, d directory) error {
		t, err := d.AddTeam(ctx, commandActor(), *name)
		if err != nil {
			return err
		}
		if *f.json {
			return printLine(w, map[string]any{"schema": "onramp.people/1", "team": map[string]string{"id": t.ID, "name": t.Name}})
		}
		_, err = fmt.Fprintf(w.Stdout, "%s is a team now.\n", t.Name)
		return err
	})
}
