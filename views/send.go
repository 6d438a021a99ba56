package views

// SendProps is how a migration that was prepared is sent to who works on it. Form: POST /m/{m}/send, fields email, name, saw.
// Test ids: send-email, send, invitation, turn-mail, turn-message.
type SendProps struct {
	Alone       bool // nobody else uses this portal: nothing else is set but Migration
	Migration   string
	Edition     string
	Team        string        // that owns it
	Message     *MessageProps // for somebody who has an account
	Cannot      string        // why nobody new can be invited by the reader, as sentences; "" where they can
	Email, Name string
	Made        *LinkProps // the link that was made just now; Until is "" for who has an account
	Problems    Problems
}
