package acts

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
	"onramp/runs"
)

// TestNewWants: acts without one of the rooms that they stand on are an error, whichever it is.
func TestNewWants(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	whole := w.Checks.desk.o
	if a, err := New(whole); err != nil {
		t.Fatal(err)
	} else if err := a.Close(); err != nil {
		t.Error(err)
	}
	for i, without := range []func(*Options){func(o *Options) { o.Store = nil }, func(o *Options) { o.Runs = nil }, func(o *Options) { o.Changes = nil }, func(o *Options) { o.Checker = nil },
		func(o *Options) { o.Transfers = nil }, func(o *Options) { o.Issuer = nil }, func(o *Options) { o.Vault = nil }, func(o *Options) { o.Keyring = nil }, func(o *Options) { o.Keeper = nil }} {
		o := whole
		without(&o)
		if _, err := New(o); err == nil {
			t.Errorf("option %d was left out, and nobody says so", i)
		}
	}
}

// TestKeyDays: an API key lasts one day to two years.
func TestKeyDays(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.made(migration.Rehearsal, cloud.AuthAPIKey)
	for days, ok := range map[int]bool{-1: false, 0: false, 1: true, 730: true, 731: false} {
		key, _, err := w.Acts.Namespaces.CreateKey(w.ctx, dana, w.id(), fmt.Sprint("ci-", days), days)
		if ok != (err == nil) || ok == key.Empty() {
			t.Errorf("%d days: %v", days, err)
		}
		if !ok {
			wantFault(t, fmt.Sprint(days, " days"), err, fault.Invalid, "key_days")
		}
	}
}

// TestCASources: a CA's key comes from where the reader says, and each way says what is missing.
func TestCASources(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.kept()
	client := func(a Authority) error {
		return second(w.Certificates.IssueClient(w.ctx, dana, w.m.ID, IssueClient{Name: "payments-eu", Lane: MakerServer, Authority: a}))
	}
	wantFault(t, "a kept key that is locked", client(Authority{From: CAKept}), fault.Invalid, "ca_files")
	wantFault(t, "no files", client(Authority{From: CAFiles}), fault.Invalid, "ca_files")
	_, archive, err := w.Keys.Take(w.ctx, dana, w.m.ID, Download{CAKey: true, Leaf: w.view().Certificate.LeafFingerprint})
	w.must(err)
	wantFault(t, "a key that has left", client(Authority{From: CAHeld}), fault.Invalid, "ca_files")
	w.must(client(Authority{From: CAFiles, Files: []certsvc.File{{Name: "ca-key.zip", Content: archive}}}))
	w.must(w.Keys.OpenCA(w.ctx, dana, w.m.ID, phrase))
	w.must(client(Authority{From: CAKept}))
	// Keeping it: from the reader's own copy, of the right CA.
	w.must(w.Keys.ForgetCA(w.ctx, dana, w.m.ID, true))
	ca, _, err := certsvc.ReadAuthority([]certsvc.File{{Name: "ca-key.zip", Content: archive}}, "")
	w.must(err)
	keep := func(key []byte) error {
		return w.Keys.KeepCA(w.ctx, dana, w.m.ID, KeepCAKey{Key: key, Passphrase: phrase, Repeat: phrase})
	}
	wantFault(t, "no key to keep", keep(nil), fault.Invalid, "ca_key")
	w.must(keep(ca.Key.Reveal()))
}

// TestBroughtLeaf: the client certificate of a replacement may come from elsewhere when the new CA signed it, and the
// new CA's key from the reader when it has left.
func TestBroughtLeaf(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.replacing("bundle")
	re := w.view().Replacement()
	if !w.Replacements.HasCAKey(dana, w.view()) || w.Replacements.HasCAKey(omar, w.view()) {
		t.Error("whose the waiting key is")
	}
	_, archive, err := w.Keys.Take(w.ctx, dana, w.m.ID, Download{NewCA: re.NewCA.Fingerprint})
	w.must(err)
	if w.Replacements.HasCAKey(dana, w.view()) {
		t.Error("a key that has left waits")
	}
	ca, _, err := certsvc.ReadAuthority([]certsvc.File{{Name: "ca-key.zip", Content: archive}}, "")
	w.must(err)
	take := func(l NewLeaf) error { return w.Replacements.TakeLeaf(w.ctx, dana, w.m.ID, l) }
	made := w.newLeaf()
	wantFault(t, "no key", take(made), fault.Invalid, "ca_key")
	made.CAKey = []byte("no key at all")
	wantFault(t, "what is no key", take(made), fault.Invalid, "ca_key")
	wantFault(t, "a leaf of the old CA", take(NewLeaf{Lane: LaneImport, PEM: w.view().Certificate.LeafPEM}), fault.Invalid, "leaf_pem")
	svc := certsvc.New(certsvc.Options{})
	leaf, err := svc.Leaf(ca, certsvc.LeafSpec{CommonName: "brought"})
	w.must(err)
	w.must(take(NewLeaf{Lane: LaneImport, PEM: string(leaf.CertPEM)}))
	if got := w.view().Replacement().New; got == nil || got.LeafFingerprint != leaf.Fingerprint() {
		t.Errorf("the new one is %+v", got)
	}
	w.must(w.Replacements.Back(w.ctx, dana, w.m.ID, migration.GateLeaf))
	made.CAKey = ca.Key.Reveal()
	w.must(take(made))
}

// TestIssuerOf: of several CAs the one that signed is a certificate's, then one of its issuer's name, then the first.
func TestIssuerOf(t *testing.T) {
	svc := certsvc.New(certsvc.Options{})
	ca := func(name string) certsvc.Issued {
		c, err := svc.CA(certsvc.CASpec{CommonName: name, KeyType: certsvc.ECP256})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	other, first, second := ca("other"), ca("same"), ca("same")
	leaf, err := svc.Leaf(first, certsvc.LeafSpec{CommonName: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		cas  []*x509.Certificate
		want *x509.Certificate
	}{
		{"the signer first", []*x509.Certificate{first.Cert, second.Cert, other.Cert}, first.Cert},
		{"the signer last", []*x509.Certificate{other.Cert, second.Cert, first.Cert}, first.Cert},
		{"a namesake", []*x509.Certificate{other.Cert, second.Cert}, second.Cert},
		{"strangers", []*x509.Certificate{other.Cert}, other.Cert},
	} {
		if got := issuerOf(leaf.Cert, tt.cas); !got.Equal(tt.want) {
			t.Errorf("%s: %s", tt.name, certsvc.SubjectOf(got))
		}
	}
}

// TestFiltersWhereTheyCanBe: filters are set where Onramp can set them, on a namespace.
func TestFiltersWhereTheyCanBe(t *testing.T) {
	filters := []byte(`{"filters":[{"commonName":"payments"}]}`)
	for _, tt := range []struct {
		name string
		set  func(*world)
		ok   bool
	}{
		{"a rehearsal", func(w *world) { w.issued() }, true},
		{"Temporal Cloud", func(w *world) { w.issuedIn(migration.Cloud) }, false},
		{"no namespace", func(w *world) {
			var err error
			w.m, err = w.Migrations.Create(w.ctx, dana, "Payments", "go", migration.Rehearsal, cloud.AuthMTLS)
			w.must(err)
		}, false},
	} {
		w := newWorld(t)
		tt.set(w)
		err := w.Acts.Namespaces.SaveFilters(w.ctx, dana, w.m.ID, filters)
		if tt.ok {
			w.must(err)
			if ns, err := w.cloud.Namespace(w.ctx, w.id()); err != nil || string(ns.Filters) != string(filters) {
				t.Errorf("%s: %s, %v", tt.name, ns.Filters, err)
			}
		} else {
			wantFault(t, tt.name, err, fault.Conflict, "")
		}
		w.end()
	}
}

// TestDropTakesAll: what is dropped waits no more, and is lent no more.
func TestDropTakesAll(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.issued()
	waiting := func() (out []bool) {
		leaf := w.view().Certificate.LeafFingerprint
		for _, d := range []Download{{Leaf: leaf}, {CAKey: true, Leaf: leaf}} {
			_, ok := w.Keys.Waiting(dana, w.m.ID, d)
			out = append(out, ok)
		}
		_, lent := w.Keys.Lent(dana, w.m.ID)
		return append(out, lent)
	}
	if got := waiting(); !slices.Equal(got, []bool{true, true, true}) {
		t.Errorf("before: %v", got)
	}
	w.must(w.Keys.Drop(w.ctx, dana, w.m.ID))
	if got := waiting(); !slices.Equal(got, []bool{false, false, false}) {
		t.Errorf("after: %v", got)
	}
}

// TestPractisable: the switches are for rehearsals with a namespace and client certificates.
func TestPractisable(t *testing.T) {
	for name, set := range map[string]func(*world){
		"with certificates": (*world).issued,
		"without":           func(w *world) { w.made(migration.Rehearsal, cloud.AuthMTLS) },
		"with API keys":     func(w *world) { w.made(migration.Rehearsal, cloud.AuthAPIKey) },
		"in Temporal Cloud": func(w *world) { w.issuedIn(migration.Cloud) },
	} {
		w := newWorld(t)
		set(w)
		if got := w.Places.CanPractise(w.view()); got != (name == "with certificates") {
			t.Errorf("%s: %v", name, got)
		}
		w.end()
	}
}

// bending gives a run what a switch of it says.
type bending struct {
	cloud.Breaker
	how func(*cloud.Setup)
}

func (b bending) Bend(_ namespace.ID, s cloud.Setup) (cloud.Setup, error) {
	b.how(&s)
	return s, nil
}

// TestBend: a pair that a switch gives is not from the reader's files; one that it leaves alone still is.
func TestBend(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.issued()
	for name, tt := range map[string]struct {
		how  func(*cloud.Setup)
		from bool
	}{
		"nothing":         {func(*cloud.Setup) {}, true},
		"another address": {func(s *cloud.Setup) { s.Address = "localhost:1" }, true},
		"another key":     {func(s *cloud.Setup) { s.KeyPEM = []byte("other") }, false},
		"another leaf":    {func(s *cloud.Setup) { s.CertPEM = []byte("other") }, false},
	} {
		w.Places.o.Rehearsal.Breaks = bending{w.cloud, tt.how}
		target := doctor.Target{Address: "localhost:7233", CertPEM: []byte("leaf"), KeyPEM: []byte("key"), CertPath: "client.pem", KeyPath: "client.key"}
		w.must(second(w.Places.bend(w.view(), &target)))
		if got := target.CertPath != "" && target.KeyPath != ""; got != tt.from {
			t.Errorf("%s: from files %v", name, got)
		}
	}
}

// TestBreakWithoutKey: a switch whose check needs a key that nobody lent is turned on and no check is started.
func TestBreakWithoutKey(t *testing.T) {
	needs := map[bool]string{}
	for _, b := range cloud.Breaks {
		needs[b.NeedsKey] = b.ID
	}
	for _, tt := range []struct{ key, lent, started bool }{{true, true, true}, {true, false, false}, {false, false, true}} {
		w := newWorld(t)
		w.tested()
		if !tt.lent {
			w.must(w.Keys.TakeBack(w.ctx, dana, w.m.ID))
		}
		run, started, err := w.Acts.Rehearsal.Break(w.ctx, dana, w.m.ID, needs[tt.key])
		if err != nil || started != tt.started || started != (run.ID != "") {
			t.Errorf("%s, lent %v: started %v, %v", needs[tt.key], tt.lent, started, err)
		}
		if on := w.cloud.Broken()[w.id().String()]; !slices.Equal(on, []string{needs[tt.key]}) {
			t.Errorf("on are %v", on)
		}
		w.settle()
		w.end()
	}
}

// TestLastAsked: what a switch asked, and what was reported from elsewhere, is not what the reader asked last.
func TestLastAsked(t *testing.T) {
	row := func(queue, from string) runs.Row {
		return runs.Row{TaskQueue: queue, Outcome: migration.Outcome{From: from}}
	}
	for _, tt := range []struct {
		past []runs.Row
		want string
	}{
		{nil, ""},
		{[]runs.Row{row("Q", ""), row("P", "")}, "Q"},
		{[]runs.Row{row(cloud.PracticeQueue, ""), row("Q", "worker-1"), row("P", "")}, "P"},
		{[]runs.Row{row(cloud.PracticeQueue, "")}, ""},
	} {
		if got := LastAsked(tt.past).TaskQueue; got != tt.want {
			t.Errorf("%+v: %q, want %q", tt.past, got, tt.want)
		}
	}
}

// TestCredentialsOfAForm: the migration's own certificate stands for one that is left out; a key never.
func TestCredentialsOfAForm(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.issued()
	d, v := w.Checks.desk, w.view()
	var got doctor.Target
	w.must(d.with(dana, v, Credentials{KeyPEM: []byte("key")}, &got))
	if string(got.CertPEM) != v.Certificate.LeafPEM {
		t.Error("the known certificate is not used")
	}
	got = doctor.Target{}
	w.must(d.with(dana, v, Credentials{CertPEM: []byte("leaf"), KeyPEM: []byte("key")}, &got))
	if string(got.CertPEM) != "leaf" {
		t.Error("the given certificate is not used")
	}
	if err := d.with(dana, v, Credentials{CertPEM: []byte("leaf")}, &got); !fault.Is(err, fault.Invalid) || fault.From(err).Field != "key_pem" {
		t.Errorf("no key: %v", err)
	}
	v.Certificate = nil
	fields := []string{}
	for _, f := range fault.All(d.with(dana, v, Credentials{}, &got)) {
		fields = append(fields, f.Field)
	}
	if !slices.Equal(fields, []string{"cert_pem", "key_pem"}) {
		t.Errorf("missing are %v", fields)
	}
}

// TestPrintable: characters that change how a line reads are not shown, others are.
func TestPrintable(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"payments é 支払", "payments é 支払"}, {"a\nb", "a\uFFFDb"}, {"a\x7fb", "a\uFFFDb"}, {"a\u0085b\u00a0c", "a\uFFFDb\u00a0c"}, {"a\u202eb\u202fc", "a\uFFFDb\u202fc"}, {"a\u2066b\u2069c\u206ad", "a\uFFFDb\uFFFDc\u206ad"},
		{strings.Repeat("é", 200), strings.Repeat("é", 200)}, {strings.Repeat("é", 201), strings.Repeat("é", 200) + "…"},
	} {
		if got := Printable(tt.in); got != tt.want {
			t.Errorf("%q is shown as %q, want %q", tt.in, got, tt.want)
		}
	}
	for r, want := range map[rune]bool{'a': false, 'é': false, ' ': true, '\t': true, '\x00': true, '\uFFFD': true} {
		if unnameable(r) != want {
			t.Errorf("%U in a name: %v", r, !want)
		}
	}
}

// TestReportOfAnother: a report about another namespace is refused by the names of both.
func TestReportOfAnother(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.issued()
	for name, says := range map[string]string{"orders.a2dd6": "It is about orders.a2dd6, but", "": "It is about none, but"} {
		rep := passed(w.Places.Target(w.view()))
		rep.TestedFrom, rep.Target.Namespace = "worker-1", name
		text, err := json.Marshal(rep)
		w.must(err)
		_, err = w.Checks.Record(w.ctx, dana, w.m.ID, text, "Omar", runs.ViaPaste)
		wantFault(t, name, err, fault.Invalid, "report")
		if f := fault.From(err); !strings.Contains(f.Cause, says) {
			t.Errorf("%q: %q", name, f.Cause)
		}
	}
}

// TestInvitesMakeRoom: what is over goes first, and then the oldest.
func TestInvitesMakeRoom(t *testing.T) {
	at := time.Now()
	g := invites{all: map[[32]byte]invite{}}
	for i := range maxInvites {
		g.all[[32]byte{byte(i)}] = invite{"payments", "Omar", at.Add(time.Duration(i-2) * time.Minute), dana} // the first three are over
	}
	g.makeRoom("payments", at)
	if len(g.all) != maxInvites-3 {
		t.Errorf("%d of %d are left: three were over, and there is room", len(g.all), maxInvites)
	}
	for i := range 3 {
		g.all[[32]byte{byte(200 + i)}] = invite{"payments", "Omar", at.Add(time.Hour), dana}
	}
	g.makeRoom("payments", at)
	if _, there := g.all[[32]byte{3}]; there || len(g.all) != maxInvites-1 {
		t.Errorf("%d are left, and the oldest among them: %v", len(g.all), there)
	}
}
