package handlers_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/migration"
)

// withCerts is a migration with certificates whose keys still wait here.
func (d *desk) withCerts(more ...string) (m string) {
	d.t.Helper()
	m = strings.TrimSuffix(d.post("/rehearse-now").to(d.t), "/namespace")
	d.post(m+"/namespace", "namespace", "docs-assembly.a2dd6").to(d.t)
	d.post(m+"/certificates", append(slices.Clone(serverLane), more...)...).to(d.t)
	return m
}

func (d *desk) view(m string) migration.View {
	d.t.Helper()
	v, err := d.acts.Book.View(d.t.Context(), strings.TrimPrefix(m, "/m/"))
	check(d.t, err)
	return v
}

// canary fails when a line of one of the keys is anywhere but in the one response that it belongs to.
func canary(t *testing.T, d *desk, m string, pages []string, keys ...string) {
	t.Helper()
	places := map[string]string{"the log": d.log.String(), "what is stored": d.snapshot()}
	for _, page := range pages {
		places[page] = d.get(page).want(t, 200).body
	}
	for _, key := range keys {
		line := keyLine(key)
		if len(line) < 40 {
			t.Fatalf("%q is no canary", line)
		}
		for where, text := range places {
			if strings.Contains(text, line) || strings.Contains(text, "PRIVATE KEY") {
				t.Errorf("%s holds a private key", where)
			}
		}
	}
	if !strings.Contains(places["the log"], "msg=request") {
		t.Error("there was nothing to look at")
	}
}

// TestFurtherClients: one more client certificate while the CA's key waits, and after it was downloaded by dropping
// it; both are listed, each has its page, and its key leaves once.
func TestFurtherClients(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.withCerts()
	d.get(m+"/certificates").want(t, 200, "Issue more client certificates", "Other formats: PKCS#12")
	d.get(m+"/certificates/clients").want(t, 200, "The key that Onramp still holds", "own: the checks", "At most 364", "364 days left")

	first := d.upload(m+"/certificates/clients", "ca_from", "held", "name", "payments-eu", "common_name", "", "leaf_days", "30", "key_type", "ec-p256", "maker", "server").to(t)
	page := d.get(first).want(t, 200, "Client certificate of payments-eu", "CN=payments-eu", "With the private key, once", "CA:FALSE", "TLS client", "digital signature", "Expires in 29 days", "CN=Payments CA", "Complete", "passed")
	page.lacks(t, "PRIVATE KEY")
	taken := d.post(first+"/take", "format", "kubernetes", "secret_name", "payments-eu", "k8s_namespace", "team-a").want(t, 200, "kind: Secret", `namespace: "team-a"`, "tls.key: ")
	d.post(first+"/take", "format", "kubernetes").want(t, 410, "already downloaded")
	d.get(first).want(t, 200, "Create the other formats where the key is", "openssl pkcs12 -export").lacks(t, "With the private key, once")

	// With the CA's key downloaded, its archive is dropped back as it is.
	caZip := d.post(m+"/certificates/ca-key.zip").want(t, 200).body
	caKey := unzip(t, caZip)["ca.key"]
	d.get(m+"/certificates/clients").want(t, 200, "It was downloaded or forgotten")
	d.upload(m+"/certificates/clients", "ca_from", "held", "name", "x", "maker", "server").want(t, 422, "no longer here")
	csr, clientKey := request(t)
	second := d.upload(m+"/certificates/clients", "ca_from", "files", "@ca_files", caZip, "name", "payments-us", "common_name", "payments-us", "organizational_unit", "US", "dns_names", "a.acme.internal, b.acme.internal", "maker", "csr", "csr", csr).to(t)
	d.get(second).want(t, 200, "DNS:a.acme.internal, DNS:b.acme.internal", "OU=US", "Create the other formats where the key is").lacks(t, "With the private key, once")

	list := d.get(m+"/certificates/clients").want(t, 200, "payments-eu", "payments-us", "CN=payments-us", time.Now().AddDate(0, 0, 30).Format("2 Jan 2006"))
	if n := strings.Count(list.body, `data-testid="client-`); n < 3 {
		t.Errorf("%d rows are listed, want 3", n)
	}
	v := d.view(m)
	if len(v.Leaves) != 2 || v.Leaves[0].Name != "payments-us" || v.Certificate.LeafSubject != "CN=payments,O=Payments" {
		t.Errorf("leaves %+v", v.Leaves)
	}
	d.get(m).want(t, 200, "Client certificate for payments-us: ")
	ca := m + "/certificates/" + v.Certificate.CAFingerprint
	d.get(ca).want(t, 200, "CA certificate", "CA:TRUE, path length 0", "Signed 3 client certificates", "Not seen in a namespace yet", "certificates.tf").lacks(t, "full-chain.pem", "With the private key")
	canary(t, d, m, []string{m, m + "/certificates", m + "/certificates/clients", first, second, ca}, caKey, clientKey, secretKey(t, taken.body))
}

// secretKey is the private key in a Kubernetes Secret.
func secretKey(t *testing.T, yaml string) string {
	t.Helper()
	found := regexp.MustCompile(`tls\.key: (\S+)`).FindStringSubmatch(yaml)
	if found == nil {
		t.Fatalf("no key in %s", yaml)
	}
	cmd := exec.Command("base64", "-d")
	cmd.Stdin = strings.NewReader(found[1])
	out, err := cmd.Output()
	check(t, err)
	return string(out)
}

// TestFormats: each form with the key works, once; a bad password or name takes nothing; those without a key come
// any time.
func TestFormats(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.withCerts()
	for _, f := range certsvc.Formats {
		at := d.upload(m+"/certificates/clients", "ca_from", "held", "name", "f-"+string(f.Format), "key_type", "ec-p256").to(t)
		if !f.Key {
			for range 2 {
				r := d.get(at+"/"+f.File).want(t, 200).lacks(t, "PRIVATE KEY")
				if !strings.Contains(r.header.Get("Content-Disposition"), "attachment") {
					t.Errorf("%s: %v", f.Format, r.header)
				}
			}
			d.post(at+"/take", "format", string(f.Format)).want(t, 422, "The form is not chosen")
			continue
		}
		d.get(at+"/"+f.File).want(t, 404)
		if f.Password {
			d.post(at+"/take", "format", string(f.Format), "password", "12345").want(t, 422, "too short", "With the private key, once")
		}
		if f.Format == certsvc.FormatKubernetes {
			d.post(at+"/take", "format", string(f.Format), "secret_name", "Not A Name").want(t, 422, "not a valid Kubernetes name", `value="Not A Name"`)
		}
		r := d.post(at+"/take", "format", string(f.Format), "password", "changeit").want(t, 200)
		if r.header.Get("Cache-Control") != "no-store" || !strings.Contains(r.header.Get("Content-Disposition"), f.File) {
			t.Errorf("%s: %v", f.Format, r.header)
		}
		if strings.HasPrefix(string(f.Format), "pkcs12") {
			p, err := certsvc.Inspect([]certsvc.File{{Name: "x.p12", Content: []byte(r.body)}}, "changeit").ClientPair()
			if err != nil || p.Leaf().Subject.CommonName != "f-"+string(f.Format) {
				t.Errorf("%s: %v", f.Format, err)
			}
		}
		d.post(at+"/take", "format", string(f.Format), "password", "changeit").want(t, 410)
	}
	// The migration's own pair leaves in these forms too, instead of bundle.zip.
	own := m + "/certificates/" + d.view(m).Certificate.LeafFingerprint
	d.post(own+"/take", "format", "pkcs12", "password", "changeit").want(t, 200)
	d.post(m+"/certificates/bundle.zip").want(t, 410)
	d.get(own+"/client.pem").want(t, 200, "BEGIN CERTIFICATE")
	d.get(own+"/nope.txt").want(t, 404)
	d.get(m+"/certificates/"+strings.Repeat("0", 64)).want(t, 404, "no such certificate")
	d.post(m+"/certificates/"+strings.Repeat("0", 64)+"/take", "format", "zip").want(t, 404)
}

// ownCA writes a CA by openssl in some form; files are given to the form as they are.
func ownCA(t *testing.T, script string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("bash", "-ec", script)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files := map[string]string{}
	list, err := os.ReadDir(dir)
	check(t, err)
	for _, f := range list {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		check(t, err)
		files[f.Name()] = string(b)
	}
	return files
}

const (
	extensions = ` -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null`
	ecCA       = `openssl ecparam -name secp384r1 -genkey -noout -out ca.key; openssl req -x509 -new -key ca.key -subj "/O=Acme/CN=Acme CA" -days 500 -out ca.pem` + extensions + "\n"
)

// TestOwnCA: a CA that was made elsewhere, in whatever form and order, signs; its key is kept nowhere.
func TestOwnCA(t *testing.T) {
	for name, tt := range map[string]struct {
		script string
		send   []string // files
		pass   string
	}{
		"SEC1, key first":       {ecCA, []string{"ca.key", "ca.pem"}, ""},
		"PKCS#1":                {strings.ReplaceAll(ecCA, "ecparam -name secp384r1 -genkey -noout -out ca.key", "genrsa -traditional -out ca.key 2048"), []string{"ca.pem", "ca.key"}, ""},
		"PKCS#8 in DER":         {ecCA + "openssl pkcs8 -topk8 -nocrypt -in ca.key -outform DER -out k.der; openssl x509 -in ca.pem -outform DER -out c.der", []string{"k.der", "c.der"}, ""},
		"encrypted PKCS#8":      {ecCA + "openssl pkcs8 -topk8 -in ca.key -passout pass:secret -out e.key", []string{"e.key", "ca.pem"}, "secret"},
		"encrypted, old":        {ecCA + "openssl ec -aes256 -in ca.key -passout pass:secret -out e.key 2>/dev/null", []string{"ca.pem", "e.key"}, "secret"},
		"PKCS#12":               {ecCA + "openssl pkcs12 -export -in ca.pem -inkey ca.key -passout pass:secret -out ca.p12", []string{"ca.p12"}, "secret"},
		"both in one text":      {ecCA + "cat ca.key ca.pem > both.pem", []string{"both.pem"}, ""},
		"with others beside it": {ecCA + "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.key", []string{"other.key", "ca.pem", "ca.key"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := sit(t, deskOptions{})
			m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
			files := ownCA(t, tt.script)
			form := []string{"lane", "own-ca", "maker", "server", "organization", "Acme", "common_name", "worker", "key_type", "ec-p256", "leaf_days", "", "passphrase", tt.pass}
			for _, f := range tt.send {
				form = append(form, "@ca_files", files[f])
			}
			d.upload(m+"/certificates", form...).to(t)
			d.get(m+"/certificates").want(t, 200, "Signed by your CA", "CN=Acme CA", "499 days left", "Download bundle.zip").lacks(t, "Download ca-key.zip")
			d.post(m+"/certificates/ca-key.zip").want(t, 404)
			bundle := unzip(t, d.post(m+"/certificates/bundle.zip").want(t, 200).body)
			if bundle["ca.key"] != "" {
				t.Error("the CA's key is in the bundle")
			}
			plain := ownCAKey(files["ca.key"])
			for _, file := range bundle {
				if strings.Contains(file, keyLine(plain)) {
					t.Error("the CA's key is in the bundle")
				}
			}
			canary(t, d, m, []string{m, m + "/certificates", m + "/certificates/clients"}, plain, bundle["client.key"])
		})
	}
}

func ownCAKey(pem string) string { return pem[strings.Index(pem, "-----BEGIN"):] }

// TestOwnCABrowser: the browser's request is signed by the CA that was brought, and the page stays.
func TestOwnCABrowser(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	d.get(m+"/certificates?lane=own-ca").want(t, 200, "data-browser-lane", "Used in memory for this signature", `name="ca_files"`, "Where the client runs")
	files := ownCA(t, ecCA)
	csr, key := request(t)
	d.upload(m+"/certificates", "lane", "own-ca", "maker", "csr", "common_name", "worker", "csr", csr, "ca_text", files["ca.pem"]+files["ca.key"]).to(t)
	d.get(m+"/certificates").want(t, 200, "CN=worker", "Signed by your CA").lacks(t, "Download bundle.zip")
	canary(t, d, m, []string{m + "/certificates"}, files["ca.key"], key)
}

// TestBadCAs: what is wrong with a CA is told at its field, whichever form brought it; nothing is made or stored.
func TestBadCAs(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.withCerts()
	good := ownCA(t, ecCA+`openssl pkcs8 -topk8 -in ca.key -passout pass:secret -out e.key
openssl pkcs12 -export -in ca.pem -inkey ca.key -passout pass:secret -out ca.p12
openssl genrsa -out rsa1024.key 1024 2>/dev/null; openssl req -x509 -new -key rsa1024.key -subj "/CN=Small CA" -days 500 -out rsa1024.pem`+extensions+`
openssl req -x509 -new -sha1 -key ca.key -subj "/CN=Old CA" -days 500 -out sha1.pem`+extensions+`
openssl req -x509 -new -key ca.key -subj "/CN=No CA" -days 500 -out noca.pem -addext basicConstraints=critical,CA:FALSE
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.key
openssl req -x509 -new -key ca.key -subj "/CN=Short CA" -days 1 -out short.pem`+extensions)
	var nested bytes.Buffer
	z := zip.NewWriter(&nested)
	inner, err := z.Create("inner.zip")
	check(t, err)
	_, err = inner.Write([]byte("PK\x03\x04 and so on"))
	check(t, err)
	check(t, z.Close())
	csr, _ := request(t)
	forged := []byte(csr)
	i := bytes.Index(forged, []byte("-----END")) - 12
	forged[i] = map[bool]byte{true: 'B', false: 'A'}[forged[i] == 'A']
	before := d.snapshot()
	for name, tt := range map[string]struct {
		files []string // contents
		more  []string
		want  string
	}{
		"nothing":               {nil, nil, "The CA is missing"},
		"a wrong passphrase":    {[]string{good["ca.pem"], good["e.key"]}, []string{"passphrase", "nope"}, "passphrase does not open"},
		"no passphrase":         {[]string{good["ca.pem"], good["e.key"]}, nil, "protected by a passphrase"},
		"a wrong store":         {[]string{good["ca.p12"]}, []string{"passphrase", "nope"}, "passphrase does not open"},
		"RSA-1024":              {[]string{good["rsa1024.pem"], good["rsa1024.key"]}, nil, "CH-14"},
		"SHA-1":                 {[]string{good["sha1.pem"], good["ca.key"]}, nil, "CH-13"},
		"no CA":                 {[]string{good["noca.pem"], good["ca.key"]}, nil, "CH-31"},
		"another's key":         {[]string{good["ca.pem"], good["other.key"]}, nil, "KP-06"},
		"the key alone":         {[]string{good["ca.key"]}, nil, "no CA certificate"},
		"the certificate alone": {[]string{good["ca.pem"]}, nil, "key is not in these files"},
		"two CAs":               {[]string{good["ca.pem"], good["ca.key"], good["rsa1024.pem"], good["rsa1024.key"]}, nil, "several CAs"},
		"a zip of zips":         {[]string{nested.String()}, nil, "contains another archive"},
		"junk":                  {[]string{"\x00\x01\x02 junk"}, nil, "KP-39"},
		"a CA about to end":     {[]string{good["short.pem"], good["ca.key"]}, nil, "expires too soon"},
		"absurd validity":       {[]string{good["ca.pem"], good["ca.key"]}, []string{"leaf_days", "99999999999"}, "days"},
		"negative validity":     {[]string{good["ca.pem"], good["ca.key"]}, []string{"leaf_days", "-3"}, "-3 days"},
		"beyond the CA":         {[]string{good["ca.pem"], good["ca.key"]}, []string{"leaf_days", "3000"}, "longer than this CA allows"},
		"a control character":   {[]string{good["ca.pem"], good["ca.key"]}, []string{"common_name", "a\x1b[31m"}, "common name"},
		"the CA's name":         {[]string{good["ca.pem"], good["ca.key"]}, []string{"common_name", "acme ca", "organization", "ACME"}, "CH-21"},
		"a bad DNS name":        {[]string{good["ca.pem"], good["ca.key"]}, []string{"dns_names", "-x"}, "not a DNS name"},
		"a forged request":      {[]string{good["ca.pem"], good["ca.key"]}, []string{"maker", "csr", "csr", string(forged)}, "KP-27"},
		"a key as request":      {[]string{good["ca.pem"], good["ca.key"]}, []string{"maker", "csr", "csr", good["other.key"]}, "IN-16"},
		"a made-up maker":       {[]string{good["ca.pem"], good["ca.key"]}, []string{"maker", "dana"}, "one of"},
	} {
		form := []string{"lane", "own-ca", "common_name", "worker", "name", "worker", "ca_from", "files", "key_type", "ec-p256"}
		for _, f := range tt.files {
			form = append(form, "@ca_files", f)
		}
		form = override(form, append([]string{"maker", "server", "leaf_days", ""}, tt.more...))
		r := d.upload(m+"/certificates", form...)
		if name == "a made-up maker" {
			r.want(t, 422, "not chosen")
		} else {
			r.want(t, 422, tt.want, `data-testid="problems"`)
		}
		r.lacks(t, "PRIVATE KEY", "\x1b")
		// The form for one more client takes the migration's own CA only, and says what is wrong just so.
		want := tt.want
		if slices.Contains([]string{"RSA-1024", "SHA-1", "a CA about to end", "absurd validity", "negative validity", "beyond the CA", "a control character", "the CA's name", "a bad DNS name", "a forged request", "a key as request"}, name) {
			want = "" // another CA: that is told
		}
		d.upload(m+"/certificates/clients", form...).want(t, 422, want, `data-testid="problems"`).lacks(t, "PRIVATE KEY", "\x1b")
	}
	if d.snapshot() != before {
		t.Error("a refused form changed what is stored")
	}
	d.upload(m+"/certificates/clients", "name", "x", "maker", "server", "ca_from", "files", "@ca_files", good["ca.pem"]+good["ca.key"]).want(t, 422, "This is another CA: CN=Acme CA", "CH-01")
	d.upload(m+"/certificates/clients", "name", "", "maker", "server", "ca_from", "held").want(t, 422, "Enter the service")
	d.upload(m+"/certificates/clients", "name", "a\u202eb", "maker", "server", "ca_from", "held", "common_name", "w").want(t, 422, "cannot be used as a client name")
	d.upload(m+"/certificates/clients", "name", "x", "ca_from", "held", "leaf_days", "ten").want(t, 422, "whole number")
	many := []string{"name", "x", "ca_from", "files"}
	for range 51 {
		many = append(many, "@ca_files", "x")
	}
	d.upload(m+"/certificates/clients", many...).want(t, 422, "Too many files")
	d.upload(m+"/certificates/clients", "name", "x", "ca_text", strings.Repeat("x", 10<<20)).want(t, 413)
	if d.snapshot() != before {
		t.Error("a refused form changed what is stored")
	}
	canary(t, d, m, []string{m + "/certificates"}, good["ca.key"], good["other.key"])
}

// override puts fields at the end of a form, in the place of those of the same name.
func override(form, more []string) []string {
	last := map[string]string{}
	for i := 0; i < len(more); i += 2 {
		last[more[i]] = more[i+1]
	}
	var out []string
	for i := 0; i < len(form); i += 2 {
		if _, ok := last[form[i]]; !ok {
			out = append(out, form[i], form[i+1])
		}
	}
	for name, value := range last {
		out = append(out, name, value)
	}
	return out
}

// TestBatch: a CSV gives one archive with a folder for each row and every certificate listed; a bad row gives its
// number, and nothing is made.
func TestBatch(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.withCerts()
	rows := "name,cn,days,ou\neu,payments-eu,30,EU\nus,,,\n"
	r := d.upload(m+"/certificates/batch.zip", "ca_from", "held", "rows", "name,cn,days\n", "@rows_file", rows, "key_type", "ec-p256").want(t, 200)
	if r.header.Get("Content-Type") != "application/zip" || !strings.Contains(r.header.Get("Content-Disposition"), "-clients.zip") || r.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", r.header)
	}
	files := unzip(t, r.body)
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "README.txt ca.pem eu/client.key eu/client.pem us/client.key us/client.pem" {
		t.Errorf("the archive holds %s", got)
	}
	for _, name := range []string{"eu", "us"} {
		if _, _, err := certsvc.ReadPair([]byte(files[name+"/client.pem"]), []byte(files[name+"/client.key"])); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	v := d.view(m)
	if len(v.Leaves) != 2 || v.Leaves[0].Name != "eu" || v.Leaves[0].Lane != "batch" || v.Leaves[0].Subject != "CN=payments-eu,OU=EU" {
		t.Errorf("leaves %+v", v.Leaves)
	}
	d.get(m+"/certificates/clients").want(t, 200, "payments-eu", "CN=us")
	d.get(m).want(t, 200, "Batch: 2 client certificates under CN=Payments CA")
	canary(t, d, m, []string{m, m + "/certificates/clients"}, files["eu/client.key"], files["us/client.key"])

	before := d.snapshot()
	var many strings.Builder
	many.WriteString("name\n")
	for i := range 201 {
		fmt.Fprintf(&many, "w%d\n", i)
	}
	for _, tt := range []struct {
		rows, keyType string
		want          []string
	}{
		{"name,cn,days\n../etc,x,1\nok,y,ten\nok,z,1\nlate,l,9999\n", "", []string{"Row 2: ", "Row 3: ", "Row 4: ", "Row 5: ", "already used in row 3"}},
		{"name,cn,days\ngood,good,10\nbeyond,b,3000\n", "", []string{"Row 3: ", "longer than this CA allows"}},
		{"name,cn\ngood,good\nsame,Payments CA\n", "", nil},
		{"name,cn\nctl,a\x01b\n", "", []string{"Row 2: "}},
		{"", "", []string{"no rows"}},
		{"a,b\n1,2\n", "", []string{"does not name the columns"}},
		{"name\nx\n", "dsa", []string{"key type"}},
		{many.String(), "rsa-4096", []string{"201 RSA keys"}},
	} {
		r := d.upload(m+"/certificates/batch.zip", "ca_from", "held", "rows", tt.rows, "key_type", tt.keyType)
		if tt.want == nil {
			r.want(t, 200) // another organization: the names differ
			before = d.snapshot()
			continue
		}
		r.want(t, 422, append(tt.want, `data-testid="problems"`)...).lacks(t, "PRIVATE KEY", "\x01")
		if d.snapshot() != before {
			t.Errorf("%q changed what is stored", tt.rows)
		}
	}
	key := otherKey(t)
	fields := []string{"name", "common_name", "organization", "organizational_unit", "dns_names", "leaf_days", "csr", "key_type", "maker", "ca_from", "passphrase"}
	for _, field := range fields { // a key pasted anywhere comes back nowhere
		d.upload(m+"/certificates/clients", "name", "x", "ca_from", "held", "maker", "csr", field, key).want(t, 422).lacks(t, "PRIVATE KEY", keyLine(key))
		d.upload(m+"/certificates", "lane", "own-ca", "maker", "csr", field, key).want(t, 422).lacks(t, "PRIVATE KEY", keyLine(key))
	}
	for _, rows := range []string{key, "name,cn\n" + key, "name,cn\nx," + strings.ReplaceAll(key, "\n", " "), strings.Join(strings.Split(key, "\n")[1:4], "\n"), "name,cn\nx," + strings.Join(strings.Split(key, "\n")[1:4], "")} {
		d.upload(m+"/certificates/batch.zip", "ca_from", "held", "rows", rows).want(t, 422).lacks(t, "PRIVATE KEY", keyLine(key))
	}
	canary(t, d, m, []string{m + "/certificates/clients"}, key)
	d.upload(m+"/certificates/batch.zip", "ca_from", "files", "rows", "name\nx\n").want(t, 422, "The CA is missing")
	if d.snapshot() != before {
		t.Error("a refused batch changed what is stored")
	}
}

// TestInspect: anything in any order is recognised, paired and judged; nothing of it is stored or logged.
func TestInspect(t *testing.T) {
	d := sit(t, deskOptions{})
	m, k := d.rehearsed()
	before := d.snapshot()
	d.get("/certificates/inspect").want(t, 200, "Inspect certificates", `enctype="multipart/form-data"`)
	d.get("/help").want(t, 200, `href="/certificates/inspect"`)
	d.get(m+"/certificates").want(t, 200, `href="/certificates/inspect"`)
	d.get(m+"/upload").want(t, 200, `href="/certificates/inspect"`)

	d.upload("/certificates/inspect", "@files", k.key, "@files", k.ca, "text", k.cert).want(t, 200, "2 certificates and 1 private key in 3 files", "Client certificate: CN=payments", "Private key of the client certificate",
		"Root CA: CN=Payments CA", "Its private key is in", "Complete", "rules passed", "digital signature").lacks(t, "PRIVATE KEY", "ca-key-warning")
	files := ownCA(t, ecCA+"openssl pkcs12 -export -in ca.pem -inkey ca.key -passout pass:secret -out ca.p12; openssl req -new -key ca.key -subj /CN=asks -out r.csr; openssl pkey -in ca.key -pubout -out pub.pem")
	d.upload("/certificates/inspect", "@files", files["ca.key"], "@files", files["ca.pem"]).want(t, 200, "holds the private key of a CA", "Never upload it", "never upload", "has not stored it").lacks(t, "PRIVATE KEY")
	d.upload("/certificates/inspect", "@files", files["ca.p12"]).want(t, 200, "Key store", "locked")
	d.upload("/certificates/inspect", "@files", files["ca.p12"], "passphrase", "secret").want(t, 200, "holds the private key of a CA", "Acme CA").lacks(t, "secret")
	d.upload("/certificates/inspect", "@files", files["ca.p12"], "passphrase", "nope").want(t, 200, "does not open")
	d.upload("/certificates/inspect", "text", files["r.csr"]+files["pub.pem"]).want(t, 200, "Signing request (CSR): CN=asks", "Public key", "KP-05")
	d.upload("/certificates/inspect", "text", "<script>alert(1)</script>\x1b").want(t, 200, "KP-39").lacks(t, "<script>alert", "\x1b")
	d.upload("/certificates/inspect").want(t, 422, "nothing to inspect")
	d.fragment("/certificates/inspect", "text", k.cert).want(t, 200, `id="main"`, "Issuer missing")
	d.upload("/certificates/inspect", "text", strings.Repeat("x", 10<<20)).want(t, 413)
	// A key where a certificate is uploaded is refused as loudly.
	d.post("/cloud/docs-assembly.a2dd6", "ca_bundle", files["ca.key"]).want(t, 422, "The bundle contains a private key. Onramp did not keep it").lacks(t, "PRIVATE KEY")
	d.post(m+"/certificates", "lane", "import", "ca_pem", files["ca.key"], "leaf_pem", k.cert).want(t, 422, "IN-16").lacks(t, "PRIVATE KEY")
	if d.snapshot() != before {
		t.Error("inspecting changed what is stored")
	}
	canary(t, d, m, []string{m + "/certificates"}, k.key, files["ca.key"])
}
