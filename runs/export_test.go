package runs

// Listeners counts who listens to a name.
func (f *Fanout[K]) Listeners(name K) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.all[name])
}
