package place

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"khien/kernel/id"
	"khien/kernel/store"
)

// topic wakes whoever holds places in memory.
const topic = "place"

// Book holds every place of the province in memory. It is safe for many
// goroutines; a look-up takes no database.
type Book struct {
	db       *store.DB
	province int

	mu       sync.RWMutex
	byID     map[id.ID]*Place
	byNumber map[Number]id.ID
}

// Load reads all places.
func (b *Book) Load(ctx context.Context) error {
	byID, byNumber := map[id.ID]*Place{}, map[Number]id.ID{}
	err := eachPlace(ctx, b.db, b.province, func(p Place) error {
		byID[p.ID], byNumber[p.Number] = &p, p.ID
		return nil
	})
	if err != nil {
		return fmt.Errorf("place: book: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, had := range b.byID { // what was put while the rows were read
		if read := byID[i]; read == nil || read.Version < had.Version {
			byID[i], byNumber[had.Number] = had, i
		}
	}
	b.byID, b.byNumber = byID, byNumber
	return nil
}

// retryAfter is how long the book waits after a database that did not answer.
const retryAfter = 2 * time.Second

// Run reads the places anew whenever one was changed, on any node, until ctx ends.
func (b *Book) Run(ctx context.Context, log *slog.Logger) {
	woken, stop := b.db.Watch(topic)
	defer stop()
	for {
		err := b.Load(ctx)
		again := (<-chan time.Time)(nil)
		if err != nil && ctx.Err() == nil {
			log.Error("places in memory are old", "err", err)
			again = time.After(retryAfter)
		}
		select {
		case <-ctx.Done():
			return
		case <-woken:
		case <-again:
		}
	}
}

// Place returns an open place.
func (b *Book) Place(i id.ID) (Place, bool) {
	p, ok := b.Any(i)
	return p, ok && !p.Closed
}

// Any returns a place, closed or open.
func (b *Book) Any(i id.ID) (Place, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	p := b.byID[i]
	if p == nil {
		return Place{}, false
	}
	return *p, true
}

// Numbered returns the open place of a short number.
func (b *Book) Numbered(n Number) (Place, bool) {
	b.mu.RLock()
	i, ok := b.byNumber[n]
	b.mu.RUnlock()
	if !ok {
		return Place{}, false
	}
	return b.Place(i)
}

// Len returns how many places there are, closed ones included.
func (b *Book) Len() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.byID)
}

// put sets places that this process has just committed.
func (b *Book) put(ps ...Place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byID == nil {
		b.byID, b.byNumber = map[id.ID]*Place{}, map[Number]id.ID{}
	}
	for _, p := range ps {
		if had := b.byID[p.ID]; had == nil || had.Version < p.Version {
			b.byID[p.ID], b.byNumber[p.Number] = &p, p.ID
		}
	}
}
