package code

import (
	"archive/zip"
	"bytes"
	"net/http"

	"onramp/handlers/web"
	"onramp/snippet"
)

// CodeZip is the project of step 5, ready to run: no secret is in it, so it may be had as often as wanted.
func (h *Pages) CodeZip(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	q, err := readCodeQuery(v, r.URL.Query())
	if err != nil {
		return err
	}
	files, err := snippet.Project(h.snippetRequest(v, q))
	if err != nil {
		return err
	}
	if v.Migration.Mode.Can().OneDoor && h.Absent() == nil {
		trust, err := h.Trust()
		if err != nil {
			return err
		}
		files = snippet.ForRehearsal(files, q.shell, trust.ForShell(q.shell).Text)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		part, err := z.Create("money-transfer-" + q.lang + "/" + f.Path)
		if err == nil {
			_, err = part.Write([]byte(f.Content))
		}
		if err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return web.SendFile(w, r, "application/zip", "money-transfer-"+q.lang+".zip", b.Bytes())
}
