package cli

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"onramp/custody"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/people/oidc"
	"onramp/reach"
)

// sharing is what makes the portal one for several people.
type sharing struct {
	public      *url.URL // nil: it is for one person at this machine
	proxies     []netip.Prefix
	files       *certFiles // nil: a reverse proxy ends TLS
	provider    *oidc.Provider
	metricsAddr string
	targets     []reach.Target // what checks may dial beyond Temporal Cloud's own names
}

// sharingFlags are its flags, as they were given.
type sharingFlags struct {
	addr                                        *string
	publicURL, certFile, keyFile, behind        *string
	signIn, metricsAddr, targets                *string
	issuer, clientID, secretFile, caFile, claim *string
	roles                                       *string
}

// sharingOf declares the flags of a shared portal; what they say is judged, all of it, after they were read.
func sharingOf(s *settings, addr *string) *sharing {
	f := &sharingFlags{addr: addr,
		publicURL:   s.text("public-url", "", "`https://HOST[:PORT]` that people open: makes the portal one for several people"),
		certFile:    s.text("tls-cert-file", "", "PEM `file` of the portal's certificate, read again when it changes"),
		keyFile:     s.text("tls-key-file", "", "PEM `file` of its private key, read again when it changes"),
		behind:      s.text("behind-proxy", "", "`CIDR[,CIDR]` of the reverse proxy that ends TLS; X-Forwarded-For is believed from there alone"),
		signIn:      s.text("signin", "", "how people sign in: `local|oidc`"),
		metricsAddr: s.text("metrics-addr", "127.0.0.1:0", "`host:port` of /metrics of a shared portal; port 0 takes a free one"),
		targets:     s.text("targets", "", "`PREFIX[,PREFIX]` of networks or host names that checks of a shared portal may dial beyond Temporal Cloud's own names"),
		issuer:      s.text("oidc-issuer", "", "`URL` of the OpenID Connect provider"),
		clientID:    s.text("oidc-client-id", "", "`ID` of this Onramp at the provider"),
		secretFile:  s.text("oidc-client-secret-file", "", "`file` that holds the client secret"),
		caFile:      s.text("oidc-ca-file", "", "PEM `file` of the roots that the provider's certificate stands under; default the system's"),
		claim:       s.text("oidc-groups-claim", "groups", "`name` of the claim that holds a person's groups"),
		roles:       s.text("oidc-role", "", "`GROUP=ROLE[,GROUP=ROLE]`: which role a group has: viewer, developer, cloud-admin, owner")}
	out := &sharing{}
	s.after = append(s.after, func() error { return out.judge(s, f) })
	return out
}

// alone are the flags that mean nothing without --public-url.
var alone = []string{"tls-cert-file", "tls-key-file", "behind-proxy", "signin", "metrics-addr", "targets", "oidc-issuer", "oidc-client-id", "oidc-client-secret-file", "oidc-ca-file", "oidc-role"}

func wrong(field, title, fix string) error { return fault.New(fault.Invalid, title, fix).In(field) }

// judge reads what was given. The error holds everything that is wrong.
func (o *sharing) judge(s *settings, f *sharingFlags) error {
	if err := hostPort("addr", *f.addr); err != nil {
		return err
	}
	if *f.publicURL == "" {
		if !isLoopback(*f.addr) {
			return &fault.Fault{Kind: fault.Invalid, Field: "addr", Title: fmt.Sprintf("%s can be reached by others", *f.addr),
				Cause: "Beyond this machine Onramp needs TLS and sign-in, so that nobody reads or changes what is not theirs.",
				Fix: "Give --public-url https://HOST, --signin local or oidc, and --tls-cert-file with --tls-key-file or --behind-proxy. " +
					"Or listen on loopback, 127.0.0.1:8686, and forward the port over SSH."}
		}
		for _, name := range alone {
			if s.origin(name) != "default" {
				return wrong("public-url", "--"+name+" is for a portal that several people share, and there is no --public-url", "Give the address that people open: --public-url https://HOST.")
			}
		}
		return nil
	}
	return errors.Join(o.readPublic(*f.publicURL), o.readTLS(f), o.readSignIn(f), o.readRest(f))
}

func (o *sharing) readPublic(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return wrong("public-url", "This is not an address that people can open", "Give https://HOST or https://HOST:PORT, with nothing behind it.")
	}
	o.public = &url.URL{Scheme: "https", Host: strings.ToLower(u.Host)}
	return nil
}

func (o *sharing) readTLS(f *sharingFlags) error {
	var errs []error
	if *f.behind != "" {
		proxies, err := prefixes("behind-proxy", *f.behind)
		o.proxies, errs = proxies, append(errs, err)
	}
	switch {
	case *f.certFile != "" && *f.keyFile != "":
		files, err := openCertFiles(*f.certFile, *f.keyFile)
		o.files, errs = files, append(errs, err)
	case *f.certFile != "":
		errs = append(errs, wrong("tls-key-file", "The certificate's private key is missing", "Give --tls-key-file."))
	case *f.keyFile != "":
		errs = append(errs, wrong("tls-cert-file", "The private key's certificate is missing", "Give --tls-cert-file."))
	case *f.behind == "":
		errs = append(errs, wrong("tls-cert-file", "A shared portal needs TLS", "Give --tls-cert-file and --tls-key-file, or --behind-proxy with the addresses of the reverse proxy that ends it."))
	}
	return errors.Join(errs...)
}

func (o *sharing) readSignIn(f *sharingFlags) error {
	switch *f.signIn {
	case "local":
		return nil
	case "oidc":
		return o.readOIDC(f)
	case "":
		return wrong("signin", "A shared portal needs sign-in", "Give --signin local, for accounts with passwords, or --signin oidc.")
	}
	return wrong("signin", "This is no way to sign in", "Give local or oidc.")
}

func (o *sharing) readOIDC(f *sharingFlags) error {
	var errs []error
	p := oidc.Options{Issuer: *f.issuer, ClientID: *f.clientID, GroupsClaim: *f.claim}
	if u, err := url.Parse(p.Issuer); err != nil || u.Scheme != "https" || u.Host == "" {
		errs = append(errs, wrong("oidc-issuer", "The provider's address is missing", "Give the issuer's https URL, as its tokens name it."))
	}
	if p.ClientID == "" {
		errs = append(errs, wrong("oidc-client-id", "The provider does not know this Onramp", "Register Onramp there with the redirect address PUBLIC-URL/signin/callback, and give its client ID."))
	}
	if *f.secretFile != "" {
		b, err := os.ReadFile(*f.secretFile)
		if p.Secret = strings.TrimSpace(string(b)); err != nil || p.Secret == "" {
			errs = append(errs, wrong("oidc-client-secret-file", "The client secret cannot be read", "Give a file that holds it and that this user may read."))
		}
	}
	if *f.caFile != "" {
		b, err := os.ReadFile(*f.caFile)
		p.Roots = x509.NewCertPool()
		if err != nil || !p.Roots.AppendCertsFromPEM(b) {
			errs = append(errs, wrong("oidc-ca-file", "The roots cannot be read", "Give a file of certificates in PEM form."))
		}
	}
	roles, err := rolesOf(*f.roles)
	if errs = append(errs, err); errors.Join(errs...) != nil {
		return errors.Join(errs...)
	}
	p.Roles = roles
	if o.public != nil {
		p.Redirect = o.public.String() + "/signin/callback"
		o.provider, err = oidc.New(p)
	}
	return err
}

// rolesOf reads GROUP=ROLE,…. A group may hold signs, also "=": its role is behind the last.
func rolesOf(text string) (map[string]custody.Role, error) {
	out, owner := map[string]custody.Role{}, false
	for _, pair := range strings.Split(text, ",") {
		i := strings.LastIndexByte(pair, '=')
		role, ok := custody.ParseRole(strings.TrimSpace(pair[i+1:]))
		group := strings.TrimSpace(pair[:max(i, 0)])
		if i < 0 || !ok || group == "" {
			return nil, wrong("oidc-role", "The groups have no roles", "Give GROUP=ROLE for each group, with commas between them: --oidc-role onramp-owners=owner,developers=developer.")
		}
		out[group], owner = role, owner || role == custody.Owner
	}
	if !owner {
		return nil, wrong("oidc-role", "No group has the role owner", "Give one: nobody could decide anything otherwise.")
	}
	return out, nil
}

func (o *sharing) readRest(f *sharingFlags) error {
	o.metricsAddr = *f.metricsAddr
	errs := []error{hostPort("metrics-addr", o.metricsAddr)}
	if *f.targets != "" {
		targets, err := reach.ParseTargets(*f.targets)
		o.targets, errs = targets, append(errs, err)
	}
	return errors.Join(errs...)
}

// prefixes reads addresses and networks with commas between them.
func prefixes(field, text string) (out []netip.Prefix, err error) {
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		p, err := netip.ParsePrefix(part)
		if err != nil {
			at, addrErr := netip.ParseAddr(part)
			if addrErr != nil {
				return nil, wrong(field, fmt.Sprintf("%q is no network", part), "Give addresses or networks with commas between them: 10.0.0.7,10.1.0.0/16.")
			}
			p = netip.PrefixFrom(at, at.BitLen())
		}
		if p.Addr().Is4In6() {
			return nil, wrong(field, fmt.Sprintf("%q is an IPv4 network written as IPv6", part), "Write it as IPv4.")
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// site is what the pages are told; nil for a portal for one person.
func (o *sharing) site(metrics string) *web.Shared {
	if o.public == nil {
		return nil
	}
	shared := &web.Shared{Public: o.public, Proxies: o.proxies, Metrics: metrics}
	if o.provider != nil {
		shared.Provider = o.provider
	}
	return shared
}
