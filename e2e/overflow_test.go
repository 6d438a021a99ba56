package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// long is a text of n characters without a place to break it.
func long(text string, n int) string { return strings.Repeat(text, n/len(text)+1)[:n] }

// laidOut says what is wrong with how a page is laid out: it is wider than the window, or its bar does not stand in line
// with its content.
const laidOut = `(() => {
  const wrong = [], root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll('body *')].filter(e => {
      if (e.getBoundingClientRect().right <= root.clientWidth + 1) return false;
      for (let p = e.parentElement; p; p = p.parentElement) if (/auto|scroll|clip|hidden/.test(getComputedStyle(p).overflowX)) return false;
      return true;
    }).slice(0, 4).map(e => e.tagName + '.' + e.className + '#' + e.id + ' "' + e.textContent.trim().slice(0, 40) + '"');
    wrong.push(root.scrollWidth + ' px in a window of ' + root.clientWidth + ': ' + wide.join(', '));
  }
  const page = document.querySelector('.page'), style = getComputedStyle(page), box = page.getBoundingClientRect();
  const from = box.left + parseFloat(style.paddingLeft), to = box.right - parseFloat(style.paddingRight);
  const near = (a, b) => Math.abs(a - b) <= 1;
  const brand = document.querySelector('.brand').getBoundingClientRect().left, end = document.querySelector('.theme').getBoundingClientRect().right;
  if (!near(brand, from)) wrong.push('the brand begins at ' + brand + ', the content at ' + from);
  if (!near(end, to)) wrong.push('the bar ends at ' + end + ', the content at ' + to);
  for (const e of document.querySelectorAll('.banner p, .foot p:first-child, .around li:first-child a')) {
    const row = e.closest('.inside ul'), left = e.getBoundingClientRect().left + parseFloat(getComputedStyle(e).paddingLeft) + (row ? row.scrollLeft : 0);
    if (e.closest('.inside') ? left < from - 13 : !near(left, from)) wrong.push('"' + e.textContent.trim().slice(0, 30) + '" begins at ' + left + ', the content at ' + from);
  }
  return wrong;
})()`

// TestNothingOverflows: with the longest names that can be typed, no page is wider than the window, from a telephone to
// a wall, also beside a scrollbar that takes room, and the bar stands in line with the content; what has to be done
// with a certificate is in sight at 1280 px.
func TestNothingOverflows(t *testing.T) {
	p := openPortalAtHome(t)
	v := visit(t, p.url)
	name := long("Zahlungsverkehrsabwicklung", 80)
	move := func(name, ns, mode, days string) string {
		made := v.form("/new", "name", name, "lang", "python", "mode", mode, "auth", "mtls").ok(t, "a migration").path
		m := strings.TrimSuffix(made, "/namespace")
		v.form(m+"/namespace", "namespace", ns).ok(t, "its namespace")
		v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", long("Organisation", 64), "organizational_unit", long("Abteilung", 64), "common_name", long("zahlungen", 64),
			"ca_common_name", long("Zertifizierungsstelle", 64), "key_type", "ec-p256", "ca_days", "400", "leaf_days", days, "lend", "on").ok(t, "its certificates")
		return m
	}
	const ns = "zahlungsverkehrsabwicklungssystem-0001.f45a2"
	m := move(name, ns, "rehearsal", "5")
	cloud := move(name[1:]+"2", "zahlungsverkehrsabwicklungssystem-0002.f45a2", "cloud", "5")
	keyed := strings.TrimSuffix(v.form("/new", "name", name[2:]+"03", "lang", "go", "mode", "rehearsal", "auth", "api-key").ok(t, "a migration with an API key").path, "/namespace")
	const third = "zahlungsverkehrsabwicklungssystem-0003.f45a2"
	v.form(keyed+"/namespace", "namespace", third).ok(t, "its namespace")
	key := long("zahlungsverkehrsabwicklung", 50)
	v.form("/cloud/"+third+"/keys", "key_name", key, "key_days", "30").ok(t, "its key")
	v.form(keyed+"/keys", "old_id", idOfKey(t, string(v.get(keyed+"/keys").ok(t, "the API keys").body), key)).ok(t, "its replacement")
	ca := string(v.get(m+"/certificates/ca.pem").ok(t, "the CA").body)
	v.form("/cloud/"+ns, "ca_bundle", ca, "m", strings.TrimPrefix(m, "/m/")).ok(t, "the upload")
	check := v.upload(m+"/test", "key_source", "lent").ok(t, "a check").path
	v.ended(check)
	again := v.upload(m+"/test", "key_source", "lent").ok(t, "another check").path
	v.ended(again)
	more := transfersOfAllKinds(t, v, m)
	v.form(m+"/certificates/replace", "what", "ca").ok(t, "a replacement")
	v.form(cloud+"/switch").ok(t, "a change of the sign-in method")
	v.form(cloud+"/switch/both").ok(t, "its first step")
	v.form(cloud+"/switch/new", "do", "outside", "new_id", long("schluessel", 60), "new_name", key).ok(t, "its API key")
	pages := []string{"/", "/?q=zahlung", "/new", "/expiry", "/audit", "/rehearsal", "/rehearsal?m=" + strings.TrimPrefix(m, "/m/"), "/cloud", "/cloud/" + ns, "/help", "/help/CL-03", "/help?q=connection+refused", "/decode", "/search?q=zahlung", "/search?q=check+1", "/certificates/inspect",
		m, m + "/namespace", m + "/certificates", m + "/certificates?lane=own-ca", m + "/certificates/clients", m + "/certificates/key", m + "/certificates/filters", m + "/certificates/replace", certificatePage(t, p, m),
		m + "/upload", m + "/test", check, m + "/code", m + "/code/environment", m + "/transfer", more["refund"], more["stuck"], m + "/transfer/drill", more["drill"], m + "/runs", m + "/settings", m + "/report", m + "/certificates/unsaved", check + "/compare", again + "/compare" + check[strings.LastIndexByte(check, '/'):],
		"/migrations", "/migrations/import", v.checkedTogether(m, cloud), "/operations", "/assess", m + "/assess", v.assessed(m), m + "/cutover", v.crossed(m), m + "/ops", cloud + "/ops",
		keyed + "/keys", "/cloud/" + third, cloud, cloud + "/upload", cloud + "/code", cloud + "/test", cloud + "/switch", m + "/switch"}
	allWalked(t, pages, atHome)
	for _, how := range []struct {
		bar    string
		widths []int64
		b      *browser
	}{
		{"no scrollbar", []int64{320, 768, 1280, 1920}, openBrowser(t, true, 1280, 900)},
		{"beside a scrollbar", []int64{320, 1024, 1920}, openBrowserWith(t, true, 1280, 900, chromedp.Flag("hide-scrollbars", false))},
	} {
		b := how.b
		for _, path := range pages {
			t.Run(how.bar+strings.NewReplacer(m, "m", cloud, "cloud", keyed, "keyed", "/", "_").Replace(path), func(t *testing.T) {
				b.t = t
				b.open(p.url + path)
				for _, width := range how.widths {
					b.look(width, "light")
					var wrong []string
					b.do(chromedp.Evaluate(laidOut, &wrong))
					for _, s := range wrong {
						t.Errorf("%s at %d px, %s: %s", path, width, how.bar, s)
					}
				}
			})
		}
		b.t = t
		var room int64
		b.look(1280, "light")
		b.do(chromedp.Evaluate(`innerWidth - document.documentElement.clientWidth`, &room))
		if (room > 0) != (how.bar == "beside a scrollbar") {
			t.Errorf("%s: %d px are the scrollbar's", how.bar, room)
		}
		b.clean(p.url)
	}
	b := openBrowser(t, true, 1280, 900)
	b.open(p.url + "/expiry")
	b.look(1280, "light")
	var hidden []string
	b.do(chromedp.Evaluate(`[...document.querySelectorAll('tbody tr')].flatMap(row => [...row.querySelectorAll('time, .tag, a.btn')].filter(e => e.getBoundingClientRect().right > row.closest('.scroll').getBoundingClientRect().right).map(e => e.textContent.trim()))`, &hidden))
	if len(hidden) > 0 {
		t.Errorf("on the board one has to scroll to see %q", hidden)
	}
}

// TestPagesTellWhatTheyAre: each page has a description, a title of its own and links that say where they lead: what
// Lighthouse asks of a page that is to be found.
func TestPagesTellWhatTheyAre(t *testing.T) {
	p := openPortalAtHome(t)
	pages := furnished(t, p)
	allWalked(t, pages, atHome)
	b := openBrowser(t, true, 1280, 900)
	titles := map[string]string{}
	for _, path := range pages {
		b.open(p.url + path)
		var wrong []string
		b.do(chromedp.Evaluate(`(() => {
  const wrong = [], vague = ['click here', 'click this', 'go', 'here', 'information', 'learn more', 'more', 'more info', 'more information', 'right here', 'read more', 'see more', 'start', 'this', 'link'];
  const described = document.querySelector('meta[name=description]')?.content.trim() ?? '';
  if (described.length < 30 || described.length > 200) wrong.push('described as "' + described + '"');
  if (!document.documentElement.lang) wrong.push('no language');
  if (!document.querySelector('meta[name=viewport]')) wrong.push('no viewport');
  for (const a of document.querySelectorAll('a[href]')) {
    const text = (a.getAttribute('aria-label') ?? a.textContent).trim().replace(/\s+/g, " ").toLowerCase();
    if (!text || vague.includes(text)) wrong.push('a link says "' + text + '"');
    if (/^javascript:/.test(a.getAttribute('href'))) wrong.push('a link that is none');
  }
  return wrong;
})()`, &wrong))
		for _, s := range wrong {
			t.Errorf("%s: %s", path, s)
		}
		var title string
		b.do(chromedp.Title(&title))
		page, _, _ := strings.Cut(twoRuns.ReplaceAllString(path, "/compare"), "?") // of which this shows a part
		if parts := strings.SplitN(page, "/", 4); parts[1] == "m" {
			title = parts[2] + ": " + title // the same page of another migration
		}
		if other, ok := titles[title]; ok && other != page {
			t.Errorf("%s and %s have the same title %q", path, other, title)
		}
		titles[title] = page
	}
	t.Log(fmt.Sprint(len(titles), " pages"))
}
