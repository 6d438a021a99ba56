package views

// MailsProps are when a person gets mails. Form: POST /account/mails (every, hour, day). Test ids: mails, save-mails.
type MailsProps struct {
	Now      Tag    // "Daily at 08:00", "No mails"
	Text     string // when the next comes, and when the last went
	Trouble  string // why the last could not be sent; "": it could
	Missing  string // why there can be none; "": there can
	Fix      string // what to do about that
	To, From string // addresses
	Zone     string // of the hours
	Every    []Choice
	Hours    []Choice
	Days     []Choice
	Problems Problems
}
