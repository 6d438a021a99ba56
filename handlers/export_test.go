package handlers

// Feeds are the names of what a page can follow beside a run.
func (h *Handlers) Feeds() (names []string) {
	for _, f := range h.feeds() {
		names = append(names, f.name)
	}
	return names
}
