package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/cloudops"
	"onramp/fault"
	"onramp/namespace"
)

// cloudSchema names the JSON of `onramp cloud`.
const cloudSchema = "onramp.cloud/1"

const cloudHelp = `onramp cloud: Temporal Cloud's control plane, the Cloud Ops API

  onramp cloud whoami                                      whose key it is, and when it expires
  onramp cloud namespaces                                  the namespaces of the account
  onramp cloud show NS                                     one namespace as it is
  onramp cloud ca list NS                                  its CA certificates
  onramp cloud ca add NS FILE …                            puts CA certificates beside them
  onramp cloud ca set NS FILE …                            replaces them all
  onramp cloud ca remove NS --fingerprint HEX              takes one out; SHA-256, or SHA-1 as tcld has it
  onramp cloud filters show NS                             its certificate filters
  onramp cloud filters set NS FILE                         replaces them (tcld's JSON)
  onramp cloud sign-in set NS mtls|api-key|both [--ca FILE]  how workers sign in; both at once is there on request alone
  onramp cloud create NAME --region R --retention DAYS --auth mtls|api-key [--ca FILE]
  onramp cloud key create NS --name N --days D --out FILE  an API key that may write in that namespace and nowhere else
  onramp cloud key delete NS --id ID                       deletes an API key; it cannot be put back
  onramp cloud attributes list NS                          its custom search attributes
  onramp cloud attributes add NS NAME=Type …               adds some; none can be removed again
  onramp cloud rules list                                  the connectivity rules of the account
  onramp cloud rules attach NS ID …                        attaches some: THE FIRST SHUTS EVERY OTHER WAY TO THE NAMESPACE
  onramp cloud rules detach NS ID …                        detaches some; without any it is reached over the Internet again
  onramp cloud operation ID                                how a change goes

Each change prints the difference and asks; --dry-run prints it and ends, --yes does not ask. Changes need the permission
Namespace Admin, create the role Developer or more. The key is read from --api-key-path or TEMPORAL_CLOUD_API_KEY, stays in
memory until the command ends and is sent to --server alone.
Flags of all: --server --tls-ca-path --api-key-path --data --json. See also --help of each.
`

// clouds are the subcommands of `onramp cloud`, in the order of the help.
var clouds = []command{
	{"whoami", "whose key it is, and when it expires", cloudWho},
	{"namespaces", "the namespaces of the account", cloudNamespaces},
	{"show", "one namespace as it is", cloudShow},
	{"ca list", "its CA certificates", cloudCAList},
	{"ca add", "puts CA certificates beside them", cloudCAAdd},
	{"ca set", "replaces them all", cloudCASet},
	{"ca remove", "takes one out", cloudCARemove},
	{"filters show", "its certificate filters", cloudFiltersShow},
	{"filters set", "replaces them (tcld's JSON)", cloudFiltersSet},
	{"sign-in set", "how workers sign in", cloudSignInSet},
	{"create", "makes a namespace", cloudCreate},
	{"key create", "an API key that may write in one namespace and nowhere else", cloudKeyCreate},
	{"key delete", "deletes an API key", cloudKeyDelete},
	{"attributes list", "its custom search attributes", cloudAttributesList},
	{"attributes add", "adds some", cloudAttributesAdd},
	{"rules list", "the connectivity rules of the account", cloudRulesList},
	{"rules attach", "attaches some: the first shuts every other way to the namespace", cloudRulesAttach},
	{"rules detach", "detaches some", cloudRulesDetach},
	{"operation", "how a change goes", cloudOperation},
}

// cloudCmd is `onramp cloud`.
func cloudCmd(ctx context.Context, w World, args []string) int {
	for _, c := range clouds {
		if words := strings.Fields(c.name); len(args) >= len(words) && slices.Equal(words, args[:len(words)]) {
			return c.start(ctx, w, args[len(words):])
		}
	}
	if len(args) == 0 {
		fmt.Fprint(w.Stderr, cloudHelp)
		return exitUsage
	}
	asked := slices.ContainsFunc(args, func(a string) bool { return a == "--help" || a == "-h" })
	if args[0] == "--help" || args[0] == "-h" || args[0] == "help" {
		fmt.Fprint(w.Stdout, cloudHelp)
		return exitOK
	}
	var group []command // "ca", with its own words
	for _, c := range clouds {
		if first, rest, two := strings.Cut(c.name, " "); two && first == args[0] {
			group = append(group, command{rest, c.what, c.start})
		}
	}
	out, code := w.Stderr, exitUsage
	switch {
	case len(group) > 0 && asked:
		out, code = w.Stdout, exitOK
	case len(group) > 0 && len(args) > 1 && plainWord(args[1]):
		fmt.Fprintf(out, "onramp: unknown command cloud %s %s\n", args[0], args[1])
		if near := meant(args[1], group); near != "" {
			fmt.Fprintf(out, "  Did you mean onramp cloud %s %s?\n", args[0], near)
		}
	case len(group) > 0:
		fmt.Fprintf(out, "onramp: cloud %s is not whole: a word is missing after it\n", args[0])
	case plainWord(args[0]):
		fmt.Fprintf(out, "onramp: unknown command cloud %s\n", args[0])
		if near := meant(args[0], clouds); near != "" {
			fmt.Fprintf(out, "  Did you mean onramp cloud %s?\n", near)
		}
	default: // it may be a key, pasted in the wrong place
		fmt.Fprintln(out, "onramp: unknown command after onramp cloud")
	}
	if len(group) == 0 {
		fmt.Fprintln(out, "  onramp cloud --help lists all commands.")
		return code
	}
	for _, c := range group {
		fmt.Fprintf(out, "  onramp cloud %s %-8s %s\n", args[0], c.name, c.what)
	}
	fmt.Fprintf(out, "See onramp cloud %s %s --help.\n", args[0], group[0].name)
	return code
}

// cloudFlags are those of every subcommand.
type cloudFlags struct {
	*settings
	server, roots, key, data *string
	json                     *bool
	dry, yes                 *bool // of changes; else nil
	shut                     *bool // of those that may shut every other way to a namespace; else nil
	takes                    int   // how many arguments at least, and at most without more
	more                     bool
	usage                    string
	// judge judges the arguments by themselves, before a key is read or anything is dialled; nil where there is nothing to judge.
	judge func(args []string) error
}

// newCloud declares the flags of a subcommand that takes arguments: as usage names them, and as the help writes them, with
// "…" at its end where there may be more.
func newCloud(name, what, usage, arguments string, w World) *cloudFlags {
	s := newSettings("cloud "+name, what, w)
	s.takesFiles = true
	if arguments == "" {
		s.takesFiles = false
	} else {
		s.arguments = " " + arguments
	}
	words := strings.Fields(strings.TrimSuffix(arguments, "…"))
	s.mayHold["api-key-path"] = true // what is no name of a file is refused without showing it
	return &cloudFlags{settings: s, takes: len(words), more: strings.HasSuffix(arguments, "…"), usage: usage,
		server: s.text("server", cloudops.DefaultServer, "`host:port` of the Cloud Ops API", "TEMPORAL_CLOUD_API_SERVER"),
		roots:  s.text("tls-ca-path", "", "root CA of its certificate (PEM); normally unset"),
		key:    s.text("api-key-path", "", "`file` with a Cloud Ops API key; TEMPORAL_CLOUD_API_KEY holds the key itself. It stays in memory"),
		data:   s.text("data", dataDir(w.Getenv), "`directory` where a change is noted before it is sent, so that the next call picks it up"),
		json:   s.boolean("json", "machine output ("+cloudSchema+")")}
}

// changing adds the flags of a change.
func (f *cloudFlags) changing() *cloudFlags {
	f.dry, f.yes = f.boolean("dry-run", "print the difference and end"), f.boolean("yes", "do not ask")
	return f
}

// run parses, opens the client and does the work.
func (f *cloudFlags) run(ctx context.Context, args []string, do func(context.Context, *cloudops.Client, []string) error) int {
	if code, done := f.parse(args); done {
		return code
	}
	if len(f.files) < f.takes || len(f.files) > f.takes && !f.more {
		return complain(f.w, fault.New(fault.Invalid, "onramp "+f.name+" takes "+f.usage, "See onramp "+f.name+" --help."))
	}
	var err error
	if f.judge != nil {
		if err = f.judge(f.files); err != nil && f.dry != nil {
			err = (&change{f: f, out: changeJSON{Schema: cloudSchema, Diff: []string{}}}).told(err)
		}
	}
	var client *cloudops.Client
	if err == nil {
		client, err = f.open()
	}
	if err == nil {
		err = do(ctx, client, f.files)
		err = errors.Join(err, client.Close())
	}
	if err == nil {
		return exitOK
	}
	code := complain(f.w, err)
	switch cloud.Where(err) {
	case cloud.AtBundle:
		return exitInput
	case cloud.AtNetwork:
		return 11
	case cloud.AtKey:
		return 13
	case cloud.AtRight, cloud.AtConflict, cloud.AtChange:
		return 14
	}
	return code
}

func (f *cloudFlags) open() (*cloudops.Client, error) {
	unreadable := func(where, flag string, err error) error {
		return &cloud.Fallen{At: where, Err: fault.New(fault.Invalid, "The file that --"+flag+" names cannot be read: "+reason(err), "Give the path of a file that you can read.").In(flag)}
	}
	var key []byte
	if *f.key != "" {
		if what := contentOf(*f.key); what != "" {
			return nil, &cloud.Fallen{At: cloud.AtKey, Err: fault.New(fault.Invalid, "--api-key-path holds "+what+", and takes the name of a file", "It was not used and is not shown. Put the key into a file.").In("api-key-path")}
		}
		var err error
		if key, err = readFile(*f.key); err != nil {
			return nil, unreadable(cloud.AtKey, "api-key-path", err)
		}
	} else if v, ok := f.w.Getenv("TEMPORAL_CLOUD_API_KEY"); ok {
		key = []byte(v)
	}
	var roots []byte
	if *f.roots != "" {
		var err error
		if roots, err = readFile(*f.roots); err != nil {
			return nil, unreadable(cloud.AtNetwork, "tls-ca-path", err)
		}
	}
	return cloudops.Open(cloudops.Options{Server: *f.server, RootsPEM: roots, Key: certsvc.NewSecret(key), Journal: cloudops.NewJournal(filepath.Join(*f.data, "cloud-operations"))})
}

// namespaceOf reads a Namespace ID.
func namespaceOf(text string) (namespace.ID, error) {
	id, _, err := namespace.ParseID(text)
	if err != nil {
		return id, &cloud.Fallen{At: cloud.AtRight, Err: fault.From(err)}
	}
	return id, nil
}

// changeJSON is a change as --json prints it.
type changeJSON struct {
	Schema    string           `json:"schema"`
	Namespace string           `json:"namespace"`
	Before    *cloud.Settings  `json:"before"`
	After     *cloud.Settings  `json:"after"`
	Diff      []string         `json:"diff"`
	Warnings  []string         `json:"warnings,omitempty"`
	Operation *cloud.Operation `json:"operation"`
	Applied   bool             `json:"applied"`
	DryRun    bool             `json:"dry_run,omitempty"`
	Resumed   *cloud.Operation `json:"resumed,omitempty"` // a change of an earlier call that this one saw to its end
	Key       string           `json:"key,omitempty"`     // the file with the new API key
	Fault     *faultJSON       `json:"fault,omitempty"`
}

type faultJSON struct {
	Title string `json:"title"`
	Cause string `json:"cause,omitempty"`
	Fix   string `json:"fix,omitempty"`
}

func inJSON(err error) *faultJSON {
	f := fault.From(err)
	if f == nil {
		return nil
	}
	return &faultJSON{f.Title, f.Cause, f.Fix}
}

// change is one change from plan to end.
type change struct {
	f     *cloudFlags
	needs string // the permission that it takes
	out   changeJSON
}

// make plans a change, shows the difference, asks, and applies.
func (f *cloudFlags) make(ctx context.Context, c *cloudops.Client, id namespace.ID, needs string, plan func() (cloud.Plan, error)) error {
	ch := &change{f: f, needs: needs, out: changeJSON{Schema: cloudSchema, Namespace: id.String(), Diff: []string{}}}
	err := ch.carry(ctx, c, id, plan)
	return ch.told(err)
}

func (ch *change) carry(ctx context.Context, c *cloudops.Client, id namespace.ID, plan func() (cloud.Plan, error)) error {
	if !*ch.f.dry && !id.IsZero() {
		done, found, err := c.Resume(ctx, id, ch.progress)
		if found {
			ch.out.Resumed = &done.Operation
			ch.say("An earlier change (operation %s) ended as %s.\n", inLine(done.Operation.ID), done.Operation.State)
		}
		if err != nil {
			return err
		}
	}
	p, err := plan()
	if err != nil {
		return err
	}
	agreed, err := ch.agree(p)
	if err != nil || !agreed {
		return err
	}
	a, err := c.Apply(ctx, p, ch.progress)
	if a.Operation.ID != "" {
		ch.out.Operation = &a.Operation
	}
	if err != nil {
		return err
	}
	ch.out.Applied = true
	ch.say("Done: %s is as shown.\n", p.Namespace)
	return nil
}

// agree shows a plan and asks. What would change nothing needs no asking, and nothing else.
func (ch *change) agree(p cloud.Plan) (bool, error) {
	ch.out.Namespace, ch.out.Before, ch.out.After, ch.out.Diff = p.Namespace.String(), &p.Before, &p.After, p.Diff
	ch.out.Warnings = p.Warnings
	if p.Nothing() {
		ch.out.Diff, ch.out.Applied = []string{}, ch.out.Resumed != nil && ch.out.Resumed.State == cloud.Fulfilled
		ch.say("Nothing to change: %s is so already.\n", p.Namespace)
		return false, nil
	}
	ch.say("%s\n", p.Namespace)
	for _, line := range p.Diff {
		ch.say("  %s\n", inLine(line))
	}
	for _, text := range p.Warnings {
		ch.say("Warning: %s\n", inLine(text))
	}
	if *ch.f.dry {
		ch.out.DryRun = true
		ch.say("Nothing was changed (--dry-run). It needs: %s.\n", ch.needs)
		return false, nil
	}
	if p.Shuts {
		return ch.agreeToShut(p)
	}
	if *ch.f.yes {
		return true, nil
	}
	fmt.Fprintf(ch.f.w.Stderr, "This needs: %s. Make this change at %s? [y/N] ", ch.needs, inLine(*ch.f.server))
	answer, err := bufio.NewReader(ch.f.w.Stdin).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true, nil
	case "":
		if err != nil {
			fmt.Fprintln(ch.f.w.Stderr)
			return false, fault.New(fault.Invalid, "Nobody answered, so nothing was changed", "Answer the question, or give --yes.")
		}
	}
	ch.say("Nothing was changed.\n")
	return false, nil
}

func (ch *change) say(format string, a ...any) {
	if !*ch.f.json {
		fmt.Fprintf(ch.f.w.Stdout, format, a...)
	}
}

// progress tells on stderr that something is under way, once for each state.
func (ch *change) progress(o cloud.Operation) {
	if ch.out.Operation == nil || ch.out.Operation.State != o.State {
		fmt.Fprintf(ch.f.w.Stderr, "operation %s: %s\n", inLine(o.ID), inLine(o.State))
	}
	ch.out.Operation = &o
}

// told prints the JSON of a change and hands the error on.
func (ch *change) told(err error) error {
	if !*ch.f.json {
		return err
	}
	ch.out.Fault = inJSON(err)
	if code := printJSON(ch.f.w, ch.out); code != exitOK {
		return errors.Join(err, errors.New("the answer could not be written"))
	}
	return err
}

// adminOf is the permission that most changes take.
func adminOf(id namespace.ID) string { return "Namespace Admin on " + id.String() }

// bundleOf joins files of CA certificates.
func bundleOf(files []string) ([]byte, error) {
	var all [][]byte
	for _, name := range files {
		b, err := readFile(name)
		if err != nil {
			return nil, &cloud.Fallen{At: cloud.AtBundle, Err: fault.New(fault.Invalid, inLine(name)+" cannot be read: "+reason(err), "Give a PEM file with the CA certificate.")}
		}
		all = append(all, b)
	}
	return []byte(strings.Join(texts(all), "\n")), nil
}

func texts(all [][]byte) []string {
	var out []string
	for _, b := range all {
		out = append(out, string(b))
	}
	return out
}

func cloudWho(ctx context.Context, w World, args []string) int {
	f := newCloud("whoami", "say whose Cloud Ops API key it is", "no argument", "", w)
	return f.run(ctx, args, func(ctx context.Context, c *cloudops.Client, _ []string) error {
		who, err := c.Who(ctx)
		if err != nil {
			return err
		}
		if *f.json {
			return inFull(printJSON(w, struct {
				Schema string `json:"schema"`
				cloud.Identity
			}{cloudSchema, who}))
		}
		fmt.Fprintf(w.Stdout, "%s (%s) in the account %s\n", inLine(who.Name), who.Kind, inLine(who.Account))
		if who.Role != "" {
			fmt.Fprintf(w.Stdout, "  role: %s\n", who.Role)
		}
		if who.Scope != "" {
			fmt.Fprintf(w.Stdout, "  only in one namespace: %s\n", inLine(who.Scope))
		}
		if who.KeyName != "" {
			fmt.Fprintf(w.Stdout, "  key: %s\n", inLine(who.KeyName))
		}
		if !who.KeyEnds.IsZero() {
			fmt.Fprintf(w.Stdout, "  the key expires: %s\n", who.KeyEnds.Format(time.RFC3339))
		}
		return nil
	})
}

// inFull is an error where an answer could not be written.
func inFull(code int) error {
	if code == exitOK {
		return nil
	}
	return errors.New("the answer could not be written")
}

func cloudNamespaces(ctx context.Context, w World, args []string) int {
	f := newCloud("namespaces", "list the namespaces of the account", "no argument", "", w)
	return f.run(ctx, args, func(ctx context.Context, c *cloudops.Client, _ []string) error {
		all, err := c.List(ctx)
		if err != nil {
			return err
		}
		if *f.json {
			return inFull(printJSON(w, map[string]any{"schema": cloudSchema, "namespaces": all}))
		}
		if len(all) == 0 {
			fmt.Fprintln(w.Stdout, "The list is empty. Temporal Cloud does not say what it leaves out for a key's rights.")
		}
		for _, n := range all {
			fmt.Fprintf(w.Stdout, "%-40s %-10s %-16s %s\n", inLine(n.Name), inLine(n.State), inLine(n.Region), signIn(n.MTLS, n.APIKeys))
		}
		return nil
	})
}

func signIn(mtls, keys bool) string {
	var all []string
	if mtls {
		all = append(all, "client certificates")
	}
	if keys {
		all = append(all, "API keys")
	}
	if len(all) == 0 {
		return "no sign-in method"
	}
	return strings.Join(all, " and ")
}

func cloudOperation(ctx context.Context, w World, args []string) int {
	f := newCloud("operation", "say how a change goes", "the ID of an operation", "ID", w)
	return f.run(ctx, args, func(ctx context.Context, c *cloudops.Client, ids []string) error {
		op, err := c.Operation(ctx, ids[0])
		if err != nil {
			return err
		}
		if *f.json {
			return inFull(printJSON(w, map[string]any{"schema": cloudSchema, "operation": op}))
		}
		fmt.Fprintf(w.Stdout, "%s: %s\n", inLine(op.ID), op.State)
		if op.Why != "" {
			fmt.Fprintf(w.Stdout, "  %s\n", inLine(op.Why))
		}
		return nil
	})
}
