package snippet

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"path"
	"regexp"
	"slices"
	"strings"

	"onramp/namespace"
)

// EnvWant is what the worker is to connect to, to compare the settings with. Every field may be its zero value, for
// what is not known.
type EnvWant struct {
	Whose     string // who wants it, at the start of a sentence: "This migration"; "" for nobody
	Namespace namespace.ID
	Address   namespace.Address
	Auth      string // one of Auths
	CAPEM     string // CA certificates that the namespace holds, or is to hold
}

// compare says where the settings are for something else than what is wanted. A value that the text does not hold is
// not compared; one that may be another when the worker runs gives no certainty.
func (j *judgement) compare() {
	want := j.want
	if want.Whose == "" {
		return
	}
	j.compareNamespace()
	key, cert := j.sent(mAPIKey) || j.has(mAPIKeySecret), j.sent(mCert, mCertData) || j.has(mPairSecret)
	switch {
	case want.Auth == "mtls" && key && !cert:
		j.find(EnvFinding{Code: "AK-01", Level: "conflict", Name: j.name(mAPIKey), Title: "An API key, and no client certificate",
			Text: want.Whose + " uses client certificates. A namespace that takes those refuses a worker that only sends an API key, unless both methods are enabled for it.", To: "TEMPORAL_TLS_CLIENT_CERT_PATH, TEMPORAL_TLS_CLIENT_KEY_PATH"})
	case want.Auth == "api-key" && cert && !key:
		j.find(EnvFinding{Code: "AK-02", Level: "conflict", Name: j.name(mCert), Title: "A client certificate, and no API key",
			Text: want.Whose + " uses an API key. A namespace that takes API keys does not look at a client certificate, unless both methods are enabled for it.", To: "TEMPORAL_API_KEY"})
	}
}

// compareNamespace says that namespace or address are another's.
func (j *judgement) compareNamespace() {
	want := j.want
	owner, haveOwner := namespace.FromHost(j.host())
	if !want.Namespace.IsZero() {
		given, what := namespace.ID{}, mNamespace
		if v := j.first(mNamespace); v != "" && !placeholderText(v) {
			id, _, err := namespace.ParseID(v)
			switch {
			case err == nil:
				given = id
			case haveOwner && owner.Name == strings.ToLower(v):
				given = owner
			case strings.EqualFold(v, want.Namespace.Name) && !haveOwner:
				j.advise(mNamespace, "IN-11", want.Namespace.String())
			case namePart(v) && v != "default" && !j.other():
				j.differs(mNamespace, "This is a different namespace", "“"+short(v)+"” is another name. "+want.Whose+" uses the namespace "+want.Namespace.String()+".", masked(v), want.Namespace.String())
			}
		} else if haveOwner {
			given, what = owner, mAddress
		}
		switch {
		case given.IsZero() || given == want.Namespace:
		case given.Account != want.Namespace.Account:
			j.differs(what, "This is a different account", "The settings are for "+given.String()+". "+want.Whose+" uses the namespace "+want.Namespace.String()+": the account ID after the dot differs.", given.String(), want.Namespace.String())
		default:
			j.differs(what, "This is a different namespace", "The settings are for "+given.String()+". "+want.Whose+" uses the namespace "+want.Namespace.String()+".", given.String(), want.Namespace.String())
		}
		if haveOwner && owner != want.Namespace && what == mNamespace && (given == want.Namespace || given.IsZero()) {
			j.differs(mAddress, "The address belongs to another namespace", "It is the endpoint of "+owner.String()+". "+want.Whose+" uses the namespace "+want.Namespace.String()+".", owner.Endpoint(), want.Namespace.Endpoint())
		}
	}
	j.compareAddress(haveOwner)
}

// compareAddress says that the address is no endpoint of the namespace, where it is not the one that is wanted.
func (j *judgement) compareAddress(haveOwner bool) {
	a, _, err := namespace.ParseAddress(j.first(mAddress))
	if j.want.Address.IsZero() || err != nil || haveOwner || placeholderText(j.first(mAddress)) || strings.EqualFold(a.String(), j.want.Address.String()) || localOther(a, j.own) && namespace.HostKind(a.Host) == namespace.HostLocal {
		return
	}
	if port := j.first(mPort); port != "" && strings.EqualFold(a.Host, j.want.Address.Host) {
		return
	}
	f := EnvFinding{Level: "note", Name: j.name(mAddress), Title: "The address differs from the one expected", From: masked(j.first(mAddress)), To: j.want.Address.String(),
		Text: j.want.Whose + " uses " + j.want.Address.String() + ". A regional or private endpoint can lead to the same namespace; this text does not say."}
	if local(a.Host) {
		f.Level = "conflict"
		f.Text = j.want.Whose + " uses " + j.want.Address.String() + ". This is a server of your own, or a name of your own for a private endpoint."
	}
	j.find(f)
}

// differs finds a value that is another's. It is certain only where the text itself holds the value, and no other part
// of it could be meant.
func (j *judgement) differs(what meaning, title, text, from, to string) {
	f := EnvFinding{Level: "danger", Name: j.name(what), Title: title, Text: text, From: from, To: to}
	if all := j.of(what); len(all) == 0 || all[0].parts.Defaulted() || !all[0].parts.Whole() {
		f.Level = "conflict"
		f.Text += onlyDefault
	} else if len(j.Parts) > 1 {
		f.Level = "conflict"
		f.Text += " The text has several parts; this one was compared."
	}
	j.find(f)
}

// advise gives a finding that lacks it the value that is wanted.
func (j *judgement) advise(what meaning, code, to string) {
	for i, f := range j.Findings {
		if f.Code == code && f.To == "" && f.Name == j.name(what) {
			j.Findings[i].To = to
			j.Findings[i].Text += " " + j.want.Whose + " uses the namespace " + to + "."
		}
	}
}

// namePart reports whether a value can be a namespace's name without its account.
func namePart(v string) bool {
	return v != "" && len(v) < 64 && !strings.ContainsAny(v, ".:/ $<{%")
}

// both says what happens where an API key and a certificate are set.
func (j *judgement) both() {
	if !j.sent(mAPIKey) || !j.sent(mCert, mCertData) {
		return
	}
	cert := mCert
	if !j.sent(mCert) {
		cert = mCertData
	}
	f := EnvFinding{Level: "conflict", Name: j.name(mAPIKey), Title: "Both an API key and a certificate",
		Text: "The SDKs do not choose: they show the certificate when they connect, and send the API key with every call. Keep the one that the namespace is set up for."}
	switch j.want.Auth {
	case "mtls":
		f.Text = "The SDKs do not choose: they show the certificate when they connect, and send the API key with every call. " + j.want.Whose + " uses the client certificate: take " + j.name(mAPIKey) + " out."
	case "api-key":
		f.Name = j.name(cert)
		f.Text = "The SDKs do not choose: they show the certificate when they connect, and send the API key with every call. " + j.want.Whose + " uses the API key: take certificate and key out."
	}
	j.find(f)
}

// authority finds the CA in the place of the client: by the text of certificate and key, else by the names of files.
func (j *judgement) authority() {
	cert, key := j.content(mCertData, mCert), j.content(mKeyData, mKey)
	leaf := firstCertificate(cert)
	own := certificates(j.want.CAPEM)
	private := publicOf(key)
	switch {
	case leaf != nil && slices.ContainsFunc(own, leaf.Equal):
		j.find(EnvFinding{Code: "KP-08", Level: "danger", Name: j.name(mCertData), Title: "This is the CA certificate that is uploaded to the namespace", Text: "A worker needs a client certificate that the CA has signed. The CA's private key stays in a safe place: if it is here too, remove it."})
	case leaf != nil && leaf.IsCA:
		j.find(EnvFinding{Code: "CH-18", Level: "danger", Name: j.name(mCertData), Title: "The client certificate is a CA", Text: "It is a CA certificate (CA:TRUE). A worker needs a client certificate that the CA has signed."})
	case leaf != nil && len(own) > 0 && !slices.ContainsFunc(own, func(ca *x509.Certificate) bool { return leaf.CheckSignatureFrom(ca) == nil }) && len(certificates(cert)) == 1:
		j.find(EnvFinding{Code: "CL-03", Level: "conflict", Name: j.name(mCertData), Title: "A different CA signed this client certificate", Text: j.want.Whose + " knows these CA certificates: " + subjects(own) + ". The client certificate's issuer is " + masked(leaf.Issuer.String()) + "."})
	}
	switch {
	case private != nil && slices.ContainsFunc(own, func(ca *x509.Certificate) bool { return same(private, ca.PublicKey) }):
		j.find(EnvFinding{Code: "KP-08", Level: "danger", Name: j.name(mKeyData), Title: "This is the private key of the CA", Text: "Whoever has it can make client certificates for the namespace. Remove it from the worker, and use the client certificate's key."})
	case private != nil && leaf != nil && !same(private, leaf.PublicKey):
		j.find(EnvFinding{Code: "KP-06", Level: "danger", Name: j.name(mKeyData), Title: "Key and certificate are not a pair", Text: "The private key was made for another certificate."})
	}
	c, k := either(j.first(mCert), j.readFrom(mCertData)), either(j.first(mKey), j.readFrom(mKeyData))
	switch {
	case authorityFile(c) && authorityFile(k):
		j.find(EnvFinding{Code: "KP-08", Level: "conflict", Name: j.nameOf(mCert, mCertData), Title: "These are the CA's certificate and key", Text: "By their names. A worker needs a client certificate that the CA has signed; the CA's certificate is uploaded to the namespace, and its key stays in a safe place.", From: masked(c)})
	case authorityFile(k):
		j.find(EnvFinding{Code: "KP-08", Level: "conflict", Name: j.nameOf(mKey, mKeyData), Title: "Is this the key of the CA?", Text: "By its name it is. A worker needs the key of its client certificate; the CA's key stays in a safe place.", From: masked(k)})
	case authorityFile(c):
		j.find(EnvFinding{Code: "KP-08", Level: "conflict", Name: j.nameOf(mCert, mCertData), Title: "Is this the CA?", Text: "By its name the client certificate is the CA's. The worker needs its client certificate; the CA is uploaded to the namespace.", From: masked(c)})
	}
}

// fileRead is a command in a value that reads a file: $(cat client.pem), $(<client.pem), file("client.pem").
var fileRead = regexp.MustCompile("(?:<|\\bcat|\\bGet-Content(?: -Raw)?|\\bbase64(?: -\\w+ ?\\d*)*|\\bfile(?:base64)?\\()[ \t]*[\"']?([^\"'`)\\s|]{1,200})")

// readFrom is the file from which a setting takes its content, "" where the text does not tell.
func (j *judgement) readFrom(what meaning) string {
	for _, a := range j.of(what) {
		for _, p := range a.parts {
			if m := fileRead.FindStringSubmatch(p.Raw); m != nil {
				return m[1]
			}
		}
	}
	return ""
}

// nameOf is the name of the first of two meanings that is set.
func (j *judgement) nameOf(a, b meaning) string {
	if j.has(a) {
		return j.name(a)
	}
	return j.name(b)
}

// authorityFile reports whether a file is a CA's by its name.
func authorityFile(p string) bool {
	name := base(p)
	name = strings.TrimSuffix(name, path.Ext(name))
	words := tokens(name)
	has := func(list ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
	}
	joined := strings.Join(words, "")
	return (has("ca", "cacert", "cakey", "rootca", "root", "authority", "certificateauthority") || strings.HasPrefix(joined, "rootca") || joined == "myca") &&
		!has("client", "leaf", "worker", "user", "signed", "server", "app", "service", "end")
}

// content is the text of a certificate or key, where one of two settings holds it.
func (j *judgement) content(what ...meaning) string {
	for _, w := range what {
		for _, a := range j.of(w) {
			if text := strings.ReplaceAll(opened(a.value), `\n`, "\n"); !a.unknown && strings.Contains(text, "-----BEGIN") {
				return text
			}
		}
	}
	return ""
}

func certificates(text string) (out []*x509.Certificate) {
	rest := []byte(text)
	for len(out) < 32 {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			return out
		}
		if c, err := x509.ParseCertificate(b.Bytes); err == nil && b.Type == "CERTIFICATE" {
			out = append(out, c)
		}
	}
	return out
}

func firstCertificate(text string) *x509.Certificate {
	if all := certificates(text); len(all) > 0 {
		return all[0]
	}
	return nil
}

// publicOf is the public key of the private key in a text, nil where that cannot be read without more.
func publicOf(text string) crypto.PublicKey {
	rest := []byte(text)
	for range 8 {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			return nil
		}
		var key any
		var err error
		switch b.Type {
		case "PRIVATE KEY":
			key, err = x509.ParsePKCS8PrivateKey(b.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(b.Bytes)
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(b.Bytes)
		default:
			continue
		}
		if s, ok := key.(crypto.Signer); ok && err == nil {
			return s.Public()
		}
	}
	return nil
}

func same(a, b crypto.PublicKey) bool {
	x, err := x509.MarshalPKIXPublicKey(a)
	if err != nil {
		return false
	}
	y, err := x509.MarshalPKIXPublicKey(b)
	return err == nil && bytes.Equal(x, y)
}

func subjects(list []*x509.Certificate) string {
	var out []string
	for _, c := range list[:min(4, len(list))] {
		out = append(out, clip(c.Subject.String(), 80))
	}
	return strings.Join(out, "; ")
}
