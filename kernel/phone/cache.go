package phone

import (
	"crypto/subtle"
	"sync"
	"time"

	"khien/kernel/id"
)

// The cache of devices: who makes a visit should not cost a query.
const (
	cacheMost = 1 << 16     // devices in memory, about 300 bytes each
	cacheLife = time.Minute // after which a device is read again, whatever was heard
	skewMost  = time.Minute // between the clocks of two nodes
	changes   = 1000        // more at once, and all is forgotten
)

// cache holds living devices in two halves: when
// the young one is full it becomes the old one, and what was old is forgotten.
type cache struct {
	woken <-chan struct{}

	mu     sync.Mutex
	young  map[id.ID]entry
	old    map[id.ID]entry
	gen    uint64    // rises with every change that was heard of
	looked time.Time // when changes were last read
	due    bool      // a change was heard of and is not read yet
	latest time.Time // that the clock has shown
}

type entry struct {
	device Device
	hash   [32]byte // of the token
	until  time.Time
}

func newCache(woken <-chan struct{}, now time.Time) *cache {
	return &cache{woken: woken, young: map[id.ID]entry{}, looked: now}
}

// stale says that something has changed.
func (c *cache) stale() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due, c.gen = true, c.gen+1
}

// refresh forgets what has changed, when something has: changed returns the
// devices that changed since a moment.
func (c *cache) refresh(changed func(since time.Time) ([]id.ID, error), now time.Time) error {
	select {
	case <-c.woken:
		c.stale()
	default:
	}
	c.mu.Lock()
	c.tick(now)
	due, since, gen := c.due, c.looked.Add(-skewMost), c.gen
	c.mu.Unlock()
	if !due {
		return nil
	}
	ids, err := changed(since)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(ids) >= changes {
		c.young, c.old = map[id.ID]entry{}, nil
	}
	for _, d := range ids {
		delete(c.young, d)
		delete(c.old, d)
	}
	c.gen++
	if c.looked = now; gen+1 == c.gen { // nothing new was heard of meanwhile
		c.due = false
	}
	return nil
}

// tick forgets all when the clock was put back: what was kept would outlive its
// minute, and what changes now would seem to have changed before.
func (c *cache) tick(now time.Time) {
	if now.Before(c.latest.Add(-skewMost)) {
		c.young, c.old, c.looked = map[id.ID]entry{}, nil, now
		c.gen++
		c.latest = now
	}
	if now.After(c.latest) {
		c.latest = now
	}
}

func (c *cache) get(d id.ID, hash [32]byte, now time.Time) (Device, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.young[d]
	if !ok {
		e, ok = c.old[d]
	}
	if !ok || !now.Before(e.until) || subtle.ConstantTimeCompare(e.hash[:], hash[:]) != 1 {
		return Device{}, false
	}
	return e.device, true
}

func (c *cache) generation() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gen
}

// put keeps a device that was read when the cache was of a generation; a
// change since then may have been to this very one.
func (c *cache) put(d Device, hash [32]byte, now time.Time, gen uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if gen != c.gen {
		return
	}
	if len(c.young) >= cacheMost/2 {
		c.young, c.old = map[id.ID]entry{}, c.young
	}
	c.young[d.ID] = entry{d, hash, now.Add(cacheLife)}
}
