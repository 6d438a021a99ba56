package assess

// Change is a row whose verdict differs between two reports; "" is a row that one of them has not.
type Change struct {
	ID        string `json:"id"`
	Namespace string `json:"namespace"`
	Subject   string `json:"subject"`
	Before    string `json:"before"`
	After     string `json:"after"`
	Title     string `json:"title"` // of the later report, where it has the row
}

// Compare says what has changed from one report to a later one: better and worse alike, in the later one's order.
func Compare(before, after Report) []Change {
	said := func(r Row) string {
		if r.Manual == r.Automated {
			return string(r.Manual)
		}
		return string(r.Manual) + ", automated " + string(r.Automated)
	}
	old := map[string]Row{}
	for _, r := range before.Rows {
		old[r.Finding] = r
	}
	out := []Change{}
	for _, r := range after.Rows {
		was, known := old[r.Finding]
		delete(old, r.Finding)
		if c := (Change{ID: r.ID, Namespace: r.Namespace, Subject: r.Subject, After: said(r), Title: r.Title}); !known {
			out = append(out, c)
		} else if c.Before = said(was); c.Before != c.After {
			out = append(out, c)
		}
	}
	for _, r := range before.Rows {
		if _, gone := old[r.Finding]; gone {
			out = append(out, Change{ID: r.ID, Namespace: r.Namespace, Subject: r.Subject, Before: said(r), Title: r.Title})
		}
	}
	return out
}
