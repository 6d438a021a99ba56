package cli

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/cloudops"
	"onramp/fault"
	"onramp/namespace"
)

// planned is a change of one namespace: read judges the arguments after the Namespace ID before anything is dialled, and
// plan works it out.
type planned struct {
	read func(args []string) error // nil where there are none
	plan func(context.Context, *cloudops.Client, namespace.ID) (cloud.Plan, error)
}

// change runs a subcommand that changes one namespace.
func (f *cloudFlags) change(ctx context.Context, args []string, p planned) int {
	var id namespace.ID
	f.judge = func(args []string) (err error) {
		if id, err = namespaceOf(args[0]); err == nil && p.read != nil {
			err = p.read(args[1:])
		}
		return err
	}
	return f.run(ctx, args, func(ctx context.Context, c *cloudops.Client, _ []string) error {
		return f.make(ctx, c, id, adminOf(id), func() (cloud.Plan, error) { return p.plan(ctx, c, id) })
	})
}

// changeCAs is a subcommand that changes a CA bundle.
func changeCAs(ctx context.Context, w World, args []string, name, what string, set bool) int {
	f := newCloud(name, what, "a Namespace ID and files of CA certificates", "NS FILE …", w).changing()
	var change cloud.CAChange
	return f.change(ctx, args, planned{func(files []string) error {
		pem, err := bundleOf(files)
		if err != nil {
			return err
		}
		if change = (cloud.CAChange{Add: pem}); set {
			change = cloud.CAChange{Set: pem}
		}
		return cloudops.JudgeCAs(change, time.Now())
	}, func(ctx context.Context, c *cloudops.Client, id namespace.ID) (cloud.Plan, error) {
		return c.PlanCAs(ctx, id, change)
	}})
}

func cloudCAAdd(ctx context.Context, w World, args []string) int {
	return changeCAs(ctx, w, args, "ca add", "put CA certificates beside those of a namespace", false)
}

func cloudCASet(ctx context.Context, w World, args []string) int {
	return changeCAs(ctx, w, args, "ca set", "replace all CA certificates of a namespace", true)
}

func cloudCARemove(ctx context.Context, w World, args []string) int {
	f := newCloud("ca remove", "take a CA certificate out of a namespace", "a Namespace ID", "NS", w).changing()
	prints := f.text("fingerprint", "", "SHA-256 or SHA-1 in `hex`, several with commas between them; required")
	f.after = append(f.after, func() error {
		if *prints == "" {
			return fault.New(fault.Invalid, "No fingerprint is given", "Take one from onramp cloud ca list.").In("fingerprint")
		}
		return nil
	})
	var change cloud.CAChange
	return f.change(ctx, args, planned{func([]string) error {
		change.Remove = strings.Split(*prints, ",")
		return cloudops.JudgeCAs(change, time.Now())
	}, func(ctx context.Context, c *cloudops.Client, id namespace.ID) (cloud.Plan, error) {
		return c.PlanCAs(ctx, id, change)
	}})
}

func cloudFiltersSet(ctx context.Context, w World, args []string) int {
	f := newCloud("filters set", "replace the certificate filters of a namespace", "a Namespace ID and a file with filters (tcld's JSON)", "NS FILE", w).changing()
	var filters certsvc.Filters
	return f.change(ctx, args, planned{func(files []string) error {
		raw, err := bundleOf(files)
		if err != nil {
			return err
		}
		if filters, err = certsvc.ParseFilters(raw); err == nil && len(filters) > 0 {
			err = filters.Validate()
		}
		if err != nil {
			return &cloud.Fallen{At: cloud.AtBundle, Err: err}
		}
		return nil
	}, func(ctx context.Context, c *cloudops.Client, id namespace.ID) (cloud.Plan, error) {
		return c.PlanFilters(ctx, id, filters)
	}})
}

func cloudAttributesAdd(ctx context.Context, w World, args []string) int {
	f := newCloud("attributes add", "add custom search attributes to a namespace", "a Namespace ID and attributes as NAME=Type", "NS NAME=Type …", w).changing()
	var types map[string]string
	return f.change(ctx, args, planned{func(args []string) (err error) {
		if types, err = namespace.ReadAttributes(args); err != nil {
			return &cloud.Fallen{At: cloud.AtBundle, Err: err}
		}
		return nil
	}, func(ctx context.Context, c *cloudops.Client, id namespace.ID) (cloud.Plan, error) {
		return c.PlanAttributes(ctx, id, types)
	}})
}

func cloudSignInSet(ctx context.Context, w World, args []string) int {
	f := newCloud("sign-in set", "choose how workers sign in to a namespace", "a Namespace ID, and mtls, api-key or both", "NS mtls|api-key|both", w).changing()
	ca := f.text("ca", "", "`file` with a CA certificate that goes beside what is there")
	var change cloud.SignInChange
	return f.change(ctx, args, planned{func(args []string) (err error) {
		var known bool
		change, known = map[string]cloud.SignInChange{cloud.AuthMTLS: {MTLS: true}, cloud.AuthAPIKey: {APIKeys: true}, "both": {MTLS: true, APIKeys: true}}[args[0]]
		if !known {
			return &cloud.Fallen{At: cloud.AtBundle, Err: fault.New(fault.Invalid, "This is no sign-in method", "Write mtls, api-key or both. An account has both at once on request alone.")}
		}
		if *ca == "" {
			return nil
		}
		if change.CAs, err = bundleOf([]string{*ca}); err != nil {
			return err
		}
		return cloudops.JudgeCAs(cloud.CAChange{Add: change.CAs}, time.Now())
	}, func(ctx context.Context, c *cloudops.Client, id namespace.ID) (cloud.Plan, error) {
		return c.PlanSignIn(ctx, id, change)
	}})
}

func cloudCreate(ctx context.Context, w World, args []string) int {
	f := newCloud("create", "make a namespace", "the name of a namespace, without the account ID", "NAME", w).changing()
	region := f.text("region", "", "`region` with its provider, as in aws-us-east-1; required")
	days := f.text("retention", "30", "`days` that closed workflows stay, 1 to 90")
	auth := f.oneOf("auth", cloud.AuthMTLS, "how workers sign in", cloud.AuthMTLS, cloud.AuthAPIKey)
	ca := f.text("ca", "", "`file` with the CA certificate, with --auth mtls")
	n := 0
	f.after = append(f.after, func() (err error) {
		if n, err = strconv.Atoi(*days); err != nil {
			return fault.New(fault.Invalid, "The retention is not a number of days", "Give 1 to 90.").In("retention")
		}
		if *region == "" {
			return fault.New(fault.Invalid, "No region is given", "Give one with its provider, as in aws-us-east-1.").In("region")
		}
		if (*auth == cloud.AuthMTLS) == (*ca == "") {
			return fault.New(fault.Invalid, "Client certificates need a CA certificate, and API keys need none", "Give --ca FILE with --auth mtls, and without it --auth api-key.").In("ca")
		}
		return nil
	})
	var ask cloud.NewNamespace
	f.judge = func(args []string) (err error) {
		ask = cloud.NewNamespace{Name: args[0], Region: *region, RetentionDays: n, Auth: *auth}
		if *ca != "" {
			if ask.CAs, err = bundleOf([]string{*ca}); err != nil {
				return err
			}
		}
		return cloudops.JudgeNew(ask, time.Now())
	}
	return f.run(ctx, args, func(ctx context.Context, c *cloudops.Client, _ []string) error {
		who, err := c.Who(ctx)
		if err != nil {
			return err
		}
		id := namespace.ID{Name: ask.Name, Account: who.Account}
		return f.make(ctx, c, id, "the account-level role Developer, Global Admin or Account Owner", func() (cloud.Plan, error) {
			p, err := c.PlanCreate(ctx, ask)
			if err != nil {
				return p, err
			}
			there, err := c.Look(ctx, id)
			if err == nil {
				return made(there, p)
			}
			if cloud.Where(err) == cloud.AtRight {
				return p, nil
			}
			return p, err
		})
	})
}

// made is the plan of a namespace that is there: nothing to change where it is as asked for, else a conflict.
func made(there cloud.Detail, p cloud.Plan) (cloud.Plan, error) {
	p.Before = there.Settings
	if lines := cloudops.Difference(there.Settings, p.After); len(lines) > 0 {
		return p, &cloud.Fallen{At: cloud.AtConflict, Err: &fault.Fault{Kind: fault.Conflict, Title: "The namespace " + there.Name + " is there already, and otherwise than asked for",
			Cause: strings.Join(lines, "; ") + ".", Fix: "Choose another name, or change the one that is there: onramp cloud show " + there.Name + "."}}
	}
	p.Diff = nil
	return p, nil
}

func cloudKeyCreate(ctx context.Context, w World, args []string) int {
	f := newCloud("key create", "make an API key that may write in one namespace and nowhere else", "a Namespace ID", "NS", w).changing()
	name := f.text("name", "", "`name` of the service account and of the key; required")
	days := f.text("days", "90", "`days` until the key expires, at most 730")
	out := f.text("out", "", "`file` that the key is written to; it is shown nowhere; required")
	n := 0
	f.after = append(f.after, func() (err error) {
		if n, err = strconv.Atoi(*days); err != nil {
			return fault.New(fault.Invalid, "This is not a number of days", "Give 1 to 730.").In("days")
		}
		if *name == "" || *out == "" {
			return fault.New(fault.Invalid, "A key needs a name and a file", "Give --name and --out.").In("out")
		}
		if _, err := os.Lstat(*out); err == nil {
			return fault.New(fault.Invalid, inLine(*out)+" exists already", "Choose another file: a key that is written over is lost.").In("out")
		}
		return nil
	})
	var id namespace.ID
	life := func() time.Duration { return time.Duration(n) * 24 * time.Hour }
	f.judge = func(args []string) (err error) {
		if id, err = namespaceOf(args[0]); err != nil {
			return err
		}
		return cloudops.JudgeKey(*name, life())
	}
	return f.run(ctx, args, func(ctx context.Context, c *cloudops.Client, _ []string) error {
		ch := &change{f: f, needs: adminOf(id), out: changeJSON{Schema: cloudSchema, Namespace: id.String(), Diff: []string{}}}
		err := func() error {
			p, err := c.PlanKey(ctx, id, *name, life())
			if err != nil {
				return err
			}
			if agreed, err := ch.agree(p); err != nil || !agreed {
				return err
			}
			key, err := c.MakeKey(ctx, p, ch.progress)
			if err != nil {
				return err
			}
			paths, err := place(w, filepath.Dir(*out), false, output{filepath.Base(*out), append(key.Secret.Reveal(), '\n'), 0o600})
			if err != nil {
				return err
			}
			c.Delivered(p)
			ch.out.Applied, ch.out.Key = true, paths[0]
			ch.say("The key is in %s, and nowhere else. It expires %s.\n", inLine(paths[0]), key.Ends.Format(time.RFC3339))
			return nil
		}()
		return ch.told(err)
	})
}

func cloudKeyDelete(ctx context.Context, w World, args []string) int {
	f := newCloud("key delete", "delete an API key of a namespace, by its ID", "a Namespace ID", "NS", w).changing()
	key := f.text("id", "", "`ID` of the API key, from the list of API keys: not the key itself; required")
	f.after = append(f.after, func() error {
		if *key == "" {
			return fault.New(fault.Invalid, "No API key is named", "Give its ID, from the list of API keys.").In("id")
		}
		return nil
	})
	return f.change(ctx, args, planned{func([]string) error {
		return cloudops.JudgeKeyID(*key)
	}, func(ctx context.Context, c *cloudops.Client, id namespace.ID) (cloud.Plan, error) {
		return c.PlanDeleteKey(ctx, id, *key)
	}})
}
