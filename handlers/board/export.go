package board

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/handlers/web"
	"onramp/migration"
)

// exported are the columns of the board's file. The first four and name, team and sign_in are read again by an import
// (acts.ReadImport), which passes over the others.
var exported = []string{"cluster", "namespace", "cloud_namespace", "region", "name", "team", "sign_in", "mode", "state", "turn", "since", "done", "last_check", "last_check_at", "expires", "days_left", "address"}

// Export is every row of the part of the board that the address asks for, as a CSV file.
func (h *Pages) Export(w http.ResponseWriter, r *http.Request) error {
	by := h.By(r)
	teams, err := h.teams(r.Context(), by)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, t := range teams {
		names[t.ID] = t.Name
	}
	q := readQuery(r.URL.Query())
	q.Mine = acts.Turns(by)
	pages, err := h.Acts.Lists.WholeBoard(r.Context(), q.BoardQuery)
	if err != nil {
		return err
	}
	web.Attachment(w, "migrations.csv")
	return h.SendStream(w, r, "text/csv; charset=utf-8", func(out io.Writer) error {
		c := csv.NewWriter(out)
		if err := c.Write(exported); err != nil {
			return err
		}
		for page, err := range pages {
			if err != nil {
				return err
			}
			for _, card := range page {
				if err := c.Write(h.exportRow(r, card, names[card.Team])); err != nil {
					return err
				}
			}
			c.Flush()
		}
		c.Flush()
		return c.Error()
	})
}

func (h *Pages) exportRow(r *http.Request, c migration.Card, team string) []string {
	source := migration.SourceData{}
	if c.Source != nil {
		source = *c.Source
	}
	check, checkedAt := "", time.Time{}
	if k := c.Checked; k != nil {
		check, checkedAt = "failed", k.At
		if k.Passed {
			check = "passed"
		}
	}
	days := ""
	if !c.Expires.IsZero() {
		left, _ := certsvc.Ladder(c.Expires, h.Now())
		days = strconv.Itoa(left)
	}
	cells := []string{source.Cluster, source.Namespace, c.Namespace, c.Region, c.Name, team, c.Auth, string(c.Mode), state(c.Summary).Word, web.Either(c.Whose.Name, turnWord(c.Whose.Who)), web.Stamp(c.Whose.Since),
		fmt.Sprintf("%d/%d", c.Done, len(c.Steps)), check, web.Stamp(checkedAt), web.Stamp(c.Expires), days, h.Base(r) + web.MovePath(c.ID)}
	for i, text := range cells {
		if exported[i] != "days_left" { // a number of ours, which may be negative
			cells[i] = web.Cell(text)
		}
	}
	return cells
}
