package notices

import (
	"encoding/json"
	"strings"
	"time"
)

// Form is how a webhook's receiver wants its messages.
type Form string

// The forms.
const (
	Generic Form = "json"  // onramp.expiry/1 and onramp.notice/1
	Slack   Form = "slack" // an incoming webhook of Slack
	Teams   Form = "teams" // a workflow of Microsoft Teams that begins with "When a Teams webhook request is received"
)

// Forms are all of them, as flags have them.
var Forms = []string{string(Generic), string(Slack), string(Teams)}

// message is the body about an event.
func (f Form) message(e Event, now time.Time, base string) ([]byte, error) {
	switch f {
	case Slack:
		return json.Marshal(slackMessage(e, now, base))
	case Teams:
		return json.Marshal(teamsMessage(e, now, base))
	}
	if e.Kind == Expiring {
		return json.Marshal(expiryMessage(e, now, base))
	}
	return json.Marshal(noticeMessage(e, now, base))
}

// line is the one line of a message that chat services show.
func line(e Event, now time.Time, base string) string {
	return e.Text(now) + ". " + e.Act() + ": " + e.Link(base)
}

// named is a migration in a message.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ExpiryMessage is the body about a certificate.
type ExpiryMessage struct {
	Schema    string    `json:"schema"` // onramp.expiry/1
	Type      string    `json:"type"`   // certificate.expiring or certificate.expired
	Timestamp time.Time `json:"timestamp"`
	Text      string    `json:"text"` // one line for people: chat services show it
	Data      struct {
		Migration   named `json:"migration"`
		Certificate struct {
			Subject string `json:"subject"`
			SHA256  string `json:"sha256"`
			Client  string `json:"client,omitempty"`
		} `json:"certificate"`
		NotAfter time.Time `json:"not_after"` // when it stops working: the first end in its chain
		SetBy    struct {
			Subject string `json:"subject"`
			CA      bool   `json:"ca"`
		} `json:"set_by"`
		Days    int    `json:"days"` // whole days left, negative after the end
		Rung    int    `json:"rung"` // 60, 30, 15, 10, 5 or 1; -1 after the end
		Replace string `json:"replace"`
	} `json:"data"`
}

func expiryMessage(e Event, now time.Time, base string) ExpiryMessage {
	m := ExpiryMessage{Schema: "onramp.expiry/1", Type: e.Type(), Timestamp: now, Text: line(e, now, base)}
	d, x := &m.Data, e.Ending
	d.Migration = named{e.Migration, e.Name}
	d.Certificate.Subject, d.Certificate.SHA256, d.Certificate.Client = x.Subject, x.Certificate, x.Client
	d.NotAfter, d.SetBy.Subject, d.SetBy.CA, d.Days, d.Rung, d.Replace = x.At.UTC(), x.By, x.IsCA, x.Days, e.Rung, e.Link(base)
	return m
}

// NoticeMessage is the body about anything else.
type NoticeMessage struct {
	Schema    string    `json:"schema"` // onramp.notice/1
	Type      string    `json:"type"`   // handoff.waiting, handoff.answered or check.failed
	Timestamp time.Time `json:"timestamp"`
	Text      string    `json:"text"` // one line for people
	Data      struct {
		Migration named     `json:"migration"`
		URL       string    `json:"url"`            // where to do something about it
		Step      string    `json:"step,omitempty"` // of handoff.waiting: upload
		Task      string    `json:"task,omitempty"` // of handoff.waiting, besides the steps: filters or remove-ca
		Since     time.Time `json:"since,omitzero"`
		Days      int       `json:"days,omitempty"` // it has waited
		Run       string    `json:"run,omitempty"`  // of check.failed
		Number    int       `json:"number,omitempty"`
		Title     string    `json:"title,omitempty"` // the verdict, or the answer
	} `json:"data"`
}

func noticeMessage(e Event, now time.Time, base string) NoticeMessage {
	m := NoticeMessage{Schema: "onramp.notice/1", Type: e.Type(), Timestamp: now, Text: line(e, now, base)}
	d := &m.Data
	d.Migration, d.URL, d.Title = named{e.Migration, e.Name}, e.Link(base), e.Said
	switch e.Kind {
	case Waiting:
		d.Step, d.Task, d.Title, d.Since, d.Days = "upload", e.Said, "", e.Since.UTC(), e.Days(now)
		if d.Task != "" {
			d.Step = ""
		}
	case TurnedRed:
		d.Run, d.Number = e.About, e.Number
	}
	return m
}

// slackLimit keeps a text within the 3,000 characters that Slack takes in a section, escapes included.
const slackLimit = 500

// slackEscapes are the three characters that mean something to Slack: with them a name could call a whole channel
// (https://docs.slack.dev/messaging/formatting-message-text#escaping).
var slackEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

type slackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type slackBlock struct {
	Type string    `json:"type"`
	Text slackText `json:"text"`
}

func slackMessage(e Event, now time.Time, base string) any {
	text := slackEscapes.Replace(short(e.Text(now), slackLimit))
	return struct {
		Text   string       `json:"text"` // what a notification shows
		Blocks []slackBlock `json:"blocks"`
	}{text, []slackBlock{
		{"section", slackText{"plain_text", text}},
		{"section", slackText{"mrkdwn", "<" + slackEscapes.Replace(e.Link(base)) + "|" + e.Act() + ">"}},
	}}
}

// Parts of an Adaptive Card. A text block would read Markdown in a name; a text run shows it as it is.
type (
	cardRun struct {
		Type   string `json:"type"`
		Text   string `json:"text"`
		Weight string `json:"weight,omitempty"`
	}
	cardBlock struct {
		Type    string    `json:"type"`
		Inlines []cardRun `json:"inlines"`
	}
	cardAction struct {
		Type  string `json:"type"`
		Title string `json:"title"`
		URL   string `json:"url"`
	}
	card struct {
		Schema  string       `json:"$schema"`
		Type    string       `json:"type"`
		Version string       `json:"version"`
		Body    []cardBlock  `json:"body"`
		Actions []cardAction `json:"actions"`
	}
	cardAttachment struct {
		ContentType string  `json:"contentType"`
		ContentURL  *string `json:"contentUrl"` // null
		Content     card    `json:"content"`
	}
)

// cardTitles head the cards.
var cardTitles = map[Kind]string{Expiring: "A client certificate expires", Waiting: "A Cloud admin is waited for", TurnedRed: "A check failed", Answered: "A hand-off was answered"}

// teamsMessage is a message with one Adaptive Card, the only form that workflows of Teams take
// (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using).
func teamsMessage(e Event, now time.Time, base string) any {
	c := card{Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4",
		Body: []cardBlock{
			{"RichTextBlock", []cardRun{{"TextRun", cardTitles[e.Kind], "Bolder"}}},
			{"RichTextBlock", []cardRun{{"TextRun", short(e.Text(now), slackLimit), ""}}},
		},
		Actions: []cardAction{{"Action.OpenUrl", e.Act(), e.Link(base)}}}
	return struct {
		Type        string           `json:"type"`
		Attachments []cardAttachment `json:"attachments"`
	}{"message", []cardAttachment{{"application/vnd.microsoft.card.adaptive", nil, c}}}
}

// short is a text of at most n characters.
func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
