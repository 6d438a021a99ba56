package cli

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net"
	"os"
	"strings"

	"onramp/fault"
	"onramp/notices"
	"onramp/store"
)

// telling is who is told in time, as the flags say.
type telling struct {
	webhook *notices.Webhook // nil: none
	post    *notices.SMTP    // nil: no mails
	from    string           // of the mails
}

// tellingFlags are its flags, as they were given.
type tellingFlags struct {
	url, file, form                            *string
	addr, secured, user, password, roots, from *string
}

// tellingOf declares the flags of the webhook and the mails. What is a secret comes from a file or the environment: other
// programs of the machine see the arguments of every process.
func tellingOf(s *settings, shared *sharing) *telling {
	f := &tellingFlags{
		url:      s.text("webhook", "", "`URL` that is told before certificates expire, and of what waits or fails: https, or http on loopback; signed when ONRAMP_WEBHOOK_SECRET is set. Where its path is a secret give --webhook-file"),
		file:     s.text("webhook-file", "", "`file` that holds that URL"),
		form:     s.oneOf("webhook-form", "json", "how its receiver wants messages", notices.Forms...),
		addr:     s.text("smtp-addr", "", "`host:port` of the mail server of a shared portal, which then sends mails to people who choose them"),
		secured:  s.oneOf("smtp-tls", "starttls", "how mail is encrypted; off is for a server on loopback", "starttls", "tls", "off"),
		user:     s.text("smtp-user", "", "`name` of the account at the mail server"),
		password: s.text("smtp-password-file", "", "`file` that holds its password; or set ONRAMP_SMTP_PASSWORD"),
		roots:    s.text("smtp-ca-file", "", "PEM `file` of the roots that the mail server's certificate stands under; default the system's"),
		from:     s.text("mail-from", "", "`address` that mails come from"),
	}
	out := &telling{}
	s.after = append(s.after, func() error {
		return errors.Join(out.readWebhook(s, f), out.readMail(s, f, shared))
	})
	return out
}

func (o *telling) readWebhook(s *settings, f *tellingFlags) error {
	address := *f.url
	switch {
	case address != "" && *f.file != "":
		return wrong("webhook-file", "The webhook's address is given twice", "Give --webhook or --webhook-file, not both.")
	case *f.file != "":
		b, err := os.ReadFile(*f.file)
		if address = strings.TrimSpace(string(b)); err != nil || address == "" || strings.ContainsAny(address, "\r\n") {
			return wrong("webhook-file", "The webhook's address cannot be read", "Give a file that holds one URL and that this user may read.")
		}
	case address == "":
		if s.origin("webhook-form") != "default" {
			return wrong("webhook-form", "There is no webhook that wants this form", "Give --webhook-file, a file that holds its URL.")
		}
		return nil
	}
	secret, _ := s.w.Getenv("ONRAMP_WEBHOOK_SECRET")
	hook, err := notices.NewWebhook(notices.WebhookOptions{Address: address, Secret: secret, Form: notices.Form(*f.form), Version: Version})
	o.webhook = hook
	return err
}

// mailFlags mean nothing without --smtp-addr.
var mailFlags = []string{"smtp-tls", "smtp-user", "smtp-password-file", "smtp-ca-file", "mail-from"}

func (o *telling) readMail(s *settings, f *tellingFlags, shared *sharing) error {
	if *f.addr == "" {
		for _, name := range mailFlags {
			if s.origin(name) != "default" {
				return wrong("smtp-addr", "--"+name+" is for mails, and there is no --smtp-addr", "Give the mail server: --smtp-addr HOST:587.")
			}
		}
		return nil
	}
	if shared.public == nil {
		return wrong("public-url", "Mails are for a portal that several people share, and there is no --public-url", "Give the address that people open, --public-url https://HOST, or leave --smtp-addr out.")
	}
	p := notices.SMTPOptions{Addr: *f.addr, Secured: notices.Secured(*f.secured), User: *f.user, From: *f.from, Hello: shared.public.Hostname()}
	var errs []error
	if p.Password, _ = s.w.Getenv("ONRAMP_SMTP_PASSWORD"); *f.password != "" {
		b, err := os.ReadFile(*f.password)
		if p.Password = strings.TrimRight(string(b), "\r\n"); err != nil || p.Password == "" {
			errs = append(errs, wrong("smtp-password-file", "The mail server's password cannot be read", "Give a file that holds it and that this user may read."))
		}
	}
	if p.User == "" {
		p.Password = "" // of the environment of something else
		if *f.password != "" {
			errs = append(errs, wrong("smtp-user", "The password of the mail server has no user", "Give --smtp-user too."))
		}
	}
	if *f.roots != "" {
		b, err := os.ReadFile(*f.roots)
		p.Roots = x509.NewCertPool()
		if err != nil || !p.Roots.AppendCertsFromPEM(b) {
			errs = append(errs, wrong("smtp-ca-file", "The roots cannot be read", "Give a file of certificates in PEM form."))
		}
	}
	if errors.Join(errs...) != nil {
		return errors.Join(errs...)
	}
	post, err := notices.NewSMTP(p)
	o.post, o.from = post, p.From
	return err
}

// mailKey is the setting that holds the key of the links that stop mails.
const mailKey = "mail-key"

// people are the subscriptions of a shared portal that has a mail server, and who sends their mails; nil for none.
func (o *telling) people(ctx context.Context, p portal, db *store.DB, ln net.Listener, refresh func(context.Context) error) (*notices.Subscriptions, *notices.Mailer, error) {
	if o.post == nil {
		return nil, nil, nil
	}
	text, err := db.Setting(ctx, mailKey)
	if err != nil {
		return nil, nil, err
	}
	key, err := hex.DecodeString(text)
	if err != nil || len(key) < 32 {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		if err := db.SaveSetting(ctx, mailKey, hex.EncodeToString(key)); err != nil {
			return nil, nil, err
		}
	}
	book := store.NewNotices(db)
	subs, err := notices.NewSubscriptions(notices.SubscriptionsOptions{Store: book, Key: key, From: o.from, Base: p.address(ln)})
	if err != nil {
		return nil, nil, err
	}
	mailer, err := notices.NewMailer(notices.MailerOptions{Store: book, People: subs, Post: o.post, Refresh: refresh, Log: p.log})
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal, "The mails cannot begin", "")
	}
	return subs, mailer, nil
}
