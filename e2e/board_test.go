package e2e

import (
	"encoding/csv"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBoard: a list of forty namespaces becomes forty migrations; the board is narrowed, what is shown is checked together
// while the page follows, the rows are exported, and the address brings the same view back after a reload.
func TestBoard(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--rehearsal", "off")
	b := openBrowser(t, true, 1280, 900)
	list := filepath.Join(t.TempDir(), "namespaces.csv")
	text := "\uFEFFcluster;namespace;cloud_namespace;region;name\r\n"
	for i := range 40 { // names that no DNS knows: a check of them says so at once
		text += fmt.Sprintf("eu-1;app-%d;app-%d.a1b2c;aws-eu-west-1;App %02d\r\n", i, i, i)
	}
	put(t, list, []byte(text))
	b.open(p.url + "/migrations/import")
	b.do(chromedp.SetUploadFiles(`[data-testid="list-file"]`, []string{list}, chromedp.ByQuery))
	b.click("plan-import")
	b.has("40 migrations would be made")
	b.clickTo("confirm-import", "/migrations?sort=newest")
	b.has("All 40")
	b.fill(`[data-testid="board-search"]`, "app-1")
	b.clickTo("board-go", "q=app-1")
	b.has("All 11") // app-1 and app-10 to app-19
	view := b.path()
	b.click("check-shown")
	b.has("What will be dialled")
	b.has("app-19.a1b2c.tmprl.cloud:7233")
	b.clickTo("start-many", "/migrations/checks/")
	b.has("11 of 11 done")
	b.has("Failed 11")
	page := b.path()
	b.open(p.url + view)
	b.has("All 11")
	b.has("Your last check of many migrations: done")
	before := b.loaded()
	b.do(chromedp.Reload())
	b.until("the same rows after a reload", func() bool {
		return strings.Count(b.loaded(), `data-testid="board-row-`) == 11 && b.path() == view
	})
	if strings.Count(before, `data-testid="board-row-`) != 11 {
		t.Error("the view was another")
	}
	_, file := p.get(strings.Replace(view, "/migrations?", "/migrations.csv?", 1))
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil || len(rows) != 12 || rows[1][0] != "eu-1" {
		t.Errorf("exported %d rows, %v", len(rows), err)
	}
	b.clean(p.url)
	// without JavaScript
	plain := openBrowser(t, false, 320, 700)
	plain.open(p.url + page)
	plain.has("11 of 11 done")
	plain.clean(p.url)
}
