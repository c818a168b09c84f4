package store

import "sync"

// wakes holds who waits for what. A wake-up is a hint: it carries nothing, may
// come too often, and whoever hears it looks at the rows.
type wakes struct {
	mu       sync.Mutex
	watchers map[string]map[chan struct{}]bool
}

// Watch returns a channel that receives after commits that woke topic, here or
// on another node; wake-ups that nobody has taken yet fall together. stop ends it.
func (d *DB) Watch(topic string) (woken <-chan struct{}, stop func()) {
	return d.wakes.watch(topic)
}

func (w *wakes) watch(topic string) (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watchers == nil {
		w.watchers = map[string]map[chan struct{}]bool{}
	}
	if w.watchers[topic] == nil {
		w.watchers[topic] = map[chan struct{}]bool{}
	}
	w.watchers[topic][c] = true
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.watchers[topic], c)
	}
}

func (w *wakes) wake(topics []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range topics {
		for c := range w.watchers[t] {
			nudge(c)
		}
	}
}

func (w *wakes) all() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, cs := range w.watchers {
		for c := range cs {
			nudge(c)
		}
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
