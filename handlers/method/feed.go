package method

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"

	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// feed is the address of the stream that keeps the steps up to date, from what the page shows already: a form that somebody
// is filling in is not swapped for the same one.
func (h *Pages) feed(ctx context.Context, v web.Visit) (string, error) {
	_, have, err := h.steps(ctx, v)
	return web.MovePath(v.Migration.ID, "events") + "?" + url.Values{"on": {"switch"}, "have": {have}}.Encode(), err
}

// steps are the steps as they stand, and a short name of exactly this text.
func (h *Pages) steps(ctx context.Context, v web.Visit) (text, name string, err error) {
	p, err := h.props(ctx, v, fields{})
	if err != nil {
		return "", "", err
	}
	if text, err = web.RenderParts(ctx, views.MethodSteps(p)); err != nil {
		return "", "", err
	}
	sum := sha256.Sum256([]byte(text))
	return text, hex.EncodeToString(sum[:8]), nil
}

// Follow sends the steps whenever they change: a check ends, another tab goes on, a worker comes or goes. It ends with the
// change. have is that of the page's address.
func (h *Pages) Follow(ctx context.Context, s *web.EventStream, v web.Visit, have string) {
	for now, err := range h.Acts.Replacements.Watch(ctx, v.Migration.ID) {
		if err != nil {
			return
		}
		if !migration.SwitchOf(now).Open() {
			_ = s.Send("", "end", "") // the reader left: nobody is there to be told
			return
		}
		text, name, err := h.steps(ctx, web.Visit{View: now, By: v.By})
		if err != nil {
			return
		}
		if name == have {
			err = s.Beat()
		} else {
			have, err = name, s.Send("", "swap", text)
		}
		if err != nil {
			return
		}
	}
}
