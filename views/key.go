package views

// KeyProps is where the key of a migration's CA is, and its keeping.
// Forms (all POST under /m/{m}/certificates/key): keep (fields ca_source=held|file, ca_key, ca_key_file,
// key_passphrase, passphrase, repeat), open (passphrase), lock, forget (field sure=on).
// Test ids: key-state, keep-key, open-key, lock-key, forget-key.
type KeyProps struct {
	Migration string
	Missing   *NeedProps // what must be there first
	Tag       Tag
	Text      string // one sentence: where the key is now
	Subject   string // of the CA
	Print     string // its SHA-256, grouped
	Kept      bool
	Open      bool
	Other     string   // the kept key belongs to another CA than the present one: why that matters
	Sources   []Choice // where the key to keep comes from
	Idle      string   // "15 minutes"
	SignURL   string   // where certificates are signed with it
	Problems  Problems
	AuditURL  string
}
