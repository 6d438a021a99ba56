package views

// StopMailsProps is where a link of a mail leads. Form: POST /unsubscribe (t). Test ids: stop, stopped.
type StopMailsProps struct {
	Token string
	To    string // the address, partly hidden
	Done  bool
}
