package acts

import (
	"context"
	"sync"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// How often a worker is looked for while somebody waits for it, and for how long.
const (
	watchEvery = 3 * time.Second
	watchFor   = 10 * time.Minute
)

// Watched is a look for a worker that goes on.
type Watched struct {
	Worker Worker // as it was seen last
	Err    error  // why it could not be seen
	At     time.Time
	Until  time.Time // when it ends by itself
	Seen   bool      // it has ended: the worker is there
}

// watches are the looks that go on, one for each person and migration.
type watches struct {
	every time.Duration
	work  sync.WaitGroup

	mu  sync.Mutex // guards what follows
	all map[custody.Held]*watch
}

type watch struct {
	now    Watched
	cancel context.CancelFunc
}

// WatchForWorker looks for a worker with the lent key every three seconds, for ten minutes at most, until one is seen,
// in the place of an earlier look. Errors are those of LookForWorker, whose first look it waits for; after most of them
// it goes on looking, and the fault says so.
func (c Checks) WatchForWorker(ctx context.Context, by Actor, id, queue string) (Worker, error) {
	seen, err := c.LookForWorker(ctx, by, id, queue, Credentials{Lent: true})
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied) || fault.Is(err, fault.TooMany) {
		return seen, err
	}
	key := by.Holds(id, "worker")
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), watchFor)
	w := &watch{cancel: cancel, now: Watched{Worker: seen, Err: err, At: c.now(), Until: c.now().Add(watchFor), Seen: err == nil && len(seen.Pollers) > 0}}
	c.watches.mu.Lock()
	if was := c.watches.all[key]; was != nil {
		was.cancel()
	}
	if c.watches.all == nil {
		c.watches.all = map[custody.Held]*watch{}
	}
	c.watches.all[key] = w
	c.watches.mu.Unlock()
	c.changes.Wake(id)
	if w.now.Seen {
		cancel()
		return seen, err
	}
	c.watches.work.Add(1)
	go c.keepLooking(work, by, id, seen.Queue, key, w)
	return seen, left(err, err, "Onramp keeps looking for ten minutes.")
}

func (c Checks) keepLooking(ctx context.Context, by Actor, id, queue string, key custody.Held, w *watch) {
	defer c.watches.work.Done()
	defer w.cancel()
	stop := context.AfterFunc(c.ending, w.cancel) // a look under way too, or Close would wait for it
	defer stop()
	tick := time.NewTicker(c.watches.every)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.watches.drop(key, w)
			c.changes.Wake(id)
			return
		}
		seen, err := c.look(ctx, by, id, queue, Credentials{Lent: true})
		if ctx.Err() != nil {
			continue
		}
		c.watches.mu.Lock()
		changed := len(seen.Pollers) != len(w.now.Worker.Pollers) || fault.Title(err) != fault.Title(w.now.Err) || seen.Near.TaskQueue != w.now.Worker.Near.TaskQueue
		w.now.Worker, w.now.Err, w.now.At, w.now.Seen = seen, err, c.now(), err == nil && len(seen.Pollers) > 0
		there := w.now.Seen
		done := there || fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) // the key is not lent any more, or the migration is deleted
		c.watches.mu.Unlock()
		if done && !there {
			c.watches.drop(key, w)
		}
		if changed || done {
			c.changes.Wake(id)
		}
		if done {
			return
		}
	}
}

// drop forgets a look that has ended without seeing anything.
func (ws *watches) drop(key custody.Held, w *watch) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.all[key] == w {
		delete(ws.all, key)
	}
}

// forget ends the looks for a migration's worker, and forgets them.
func (ws *watches) forget(id string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for key, w := range ws.all {
		if key.Migration == id {
			w.cancel()
			delete(ws.all, key)
		}
	}
}

// Watched returns what the look that an actor began has seen; false when there is none about this queue.
func (c Checks) Watched(by Actor, v migration.View, queue string) (Watched, bool) {
	c.watches.mu.Lock()
	defer c.watches.mu.Unlock()
	w := c.watches.all[by.Holds(v.Migration.ID, "worker")]
	if w == nil || w.now.Worker.Queue != queue {
		return Watched{}, false
	}
	return w.now, true
}
