package epimap

import (
	"errors"
	"runtime"
	"sync"
)

// keptBytes bounds what is kept of each kind with a view: pages, answers.
const keptBytes = 48 << 20

// keep holds what has been made of a view, by key. What is asked for by several
// at once is made once, and whoever asks for something else does not wait.
type keep[K comparable, V any] struct {
	turns chan struct{} // bounds how many are made at a time; nil: no bound

	mu    sync.Mutex
	made  map[K]*making[V]
	bytes int
}

// making is one thing in the making; done is closed when value or err is there.
type making[V any] struct {
	done  chan struct{}
	value V
	err   error
}

// newTurns lets as many be made at a time as there are processors, less one for
// those who ask for what is kept.
func newTurns() chan struct{} { return make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1)) }

// get returns what is kept, or makes it; render says how many bytes it weighs. When
// the room is full, everything kept is forgotten. An error is not kept.
func (k *keep[K, V]) get(key K, render func() (V, int, error)) (V, error) {
	k.mu.Lock()
	m, ok := k.made[key]
	if !ok {
		if k.made == nil {
			k.made = map[K]*making[V]{}
		}
		m = &making[V]{done: make(chan struct{}), err: errUnmade}
		k.made[key] = m
	}
	k.mu.Unlock()
	if ok {
		<-m.done
		return m.value, m.err
	}
	k.fill(key, m, render)
	return m.value, m.err
}

// errUnmade is what those hear who waited for a making that panicked.
var errUnmade = errors.New("epimap: what was waited for was not made")

func (k *keep[K, V]) fill(key K, m *making[V], render func() (V, int, error)) {
	bytes := 0
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.bytes+bytes > keptBytes {
			clear(k.made)
			k.made[key], k.bytes = m, 0
		}
		if m.err != nil {
			delete(k.made, key)
		}
		k.bytes += bytes
		close(m.done)
	}()
	if k.turns != nil {
		k.turns <- struct{}{}
		defer func() { <-k.turns }()
	}
	m.value, bytes, m.err = render()
}
