package views

// ClientsProps lists the client certificates of a migration and issues further ones.
// Forms: POST /m/{m}/certificates/clients with name, common_name, organization, organizational_unit, dns_names,
// leaf_days, key_type, maker, csr and the CA (below); POST /m/{m}/certificates/batch.zip with rows, rows_file,
// key_type and the CA. The CA: ca_from (held, files), ca_files, ca_text, passphrase. Both multipart.
// Test ids: issue-client, make-batch, client-<n>.
type ClientsProps struct {
	Migration string
	Missing   *NeedProps
	CA        string // the CA's subject
	CAUntil   string
	Clients   []ClientRow
	Unlisted  string // how many more there are, as a sentence
	Form      ClientForm
	Batch     BatchForm
	Problems  Problems // of the form that was sent
	Of        string   // "client" or "batch": whose problems they are
	Twin      CodeBlockProps
}

// ClientRow is one client certificate.
type ClientRow struct {
	Name, Subject, Fingerprint, FullPrint string
	URL                                   string
	Until                                 string // when it stops working, with its CA where that ends first
	Left                                  Tag
	Note                                  string // "under another CA"
}

// CAForm is where the CA's key comes from.
type CAForm struct {
	Sources []Choice // ca_from
}

// ClientForm asks for one more client certificate.
type ClientForm struct {
	CA                                              CAForm
	Name, CommonName, Organization, Unit, DNS, Days string
	DaysHint                                        string
	KeyTypes                                        []Choice
	Makers                                          []Choice // maker: server, csr
	CSR                                             string
}

// BatchForm asks for many.
type BatchForm struct {
	CA       CAForm
	Rows     string
	KeyTypes []Choice
	Hint     string
}

// of are the problems of one of the two forms of the page.
func of(p ClientsProps, form string) Problems {
	if p.Of == form {
		return p.Problems
	}
	return nil
}

// reasonOr is the hint of a choice, or why it cannot be had.
func reasonOr(c Choice) string {
	if c.Disabled && c.Reason != "" {
		return c.Reason
	}
	return c.Hint
}
