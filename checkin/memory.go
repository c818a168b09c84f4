package checkin

import (
	"sync"
	"time"

	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/place"
	"khien/kernel/secret"
)

// How long a scanned card is known without asking the database again. A printed
// card can be withdrawn; what is on the others cannot.
const (
	cardKnown  = 10 * time.Second
	paperKnown = 10 * time.Minute
)

// memoryMost bounds each half of what is remembered.
const memoryMost = 100_000

// memory is what this node remembers to be quick and to be suspicious. Nothing
// in it is needed: a node that starts has none. It holds no number and no code,
// only keyed hashes of them.
type memory struct {
	mu    sync.Mutex
	cards halves[[16]byte, recalled]
	last  halves[id.ID, lastSeen]
}

type recalled struct {
	scanned
	until time.Time
}

// halves is a map that forgets: when the young half is full the old one goes.
type halves[K comparable, V any] struct{ young, old map[K]V }

func (h *halves[K, V]) get(k K) (V, bool) {
	v, ok := h.young[k]
	if !ok {
		v, ok = h.old[k]
	}
	return v, ok
}

func (h *halves[K, V]) put(k K, v V) {
	if h.young == nil || len(h.young) >= memoryMost {
		h.young, h.old = make(map[K]V), h.young
	}
	h.young[k] = v
}

func newMemory() *memory { return &memory{} }

func (m *memory) key(keys *secret.Keys, code string) [16]byte {
	return [16]byte(keys.BlindIndex("checkin code", code))
}

func (m *memory) recall(key [16]byte, now time.Time) (scanned, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.cards.get(key)
	return r.scanned, ok && now.Before(r.until)
}

func (m *memory) remember(key [16]byte, s scanned, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cards.put(key, recalled{s, until})
}

// lastSeen is where somebody was seen last, and how often within the hour.
type lastSeen struct {
	at    place.Position
	place id.ID
	from  time.Time
	hour  int64
	times int
}

// What nobody does: travel faster than this between two places that are further
// apart than a position may be wrong, or make so many visits within an hour.
const (
	fastestKmH = 120
	nearM      = 3000
	manyAnHour = 30
)

// doubt returns what is odd about a visit, seen beside the person's one before.
func (m *memory) doubt(v event.Visited, at place.Position) (f Flags) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was, known := m.last.get(v.Person)
	next := lastSeen{at: at, place: v.Place, from: v.From, hour: hourOf(v.From), times: 1}
	if known && was.hour == next.hour {
		next.times = was.times + 1
	}
	m.last.put(v.Person, next)
	if next.times == manyAnHour+1 || next.times == 10*manyAnHour+1 { // enough to find the phone by
		f |= ManyFromOne
	}
	if !known || was.place == v.Place || was.at.IsZero() || at.IsZero() {
		return f
	}
	apart, between := was.at.DistanceM(at), v.From.Sub(was.from).Abs()
	if apart > nearM && apart > between.Hours()*fastestKmH*1000 {
		f |= FarAtOnce
	}
	return f
}
