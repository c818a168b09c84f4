package sseload

import (
	"maps"
	"math"
	"slices"
	"time"
)

// arrivals is when the readers of one process heard one event.
type arrivals struct {
	ID      uint64 `json:"id"`
	FirstMs int64  `json:"first_ms"` // Unix time
	Counts  []int  `json:"counts"`   // readers by whole milliseconds after the first
	Data    string `json:"data"`
}

// report is what the readers of one process tell at the end.
type report struct {
	Left   int        `json:"left"` // readers whose stream ended before
	Events []arrivals `json:"events"`
}

// Heard is what all readers heard.
type Heard struct {
	Readers int
	Left    int // readers whose stream ended before they left
	events  map[uint64][]arrivals
}

func (h *Heard) add(r report) {
	h.Left += r.Left
	for _, a := range r.Events {
		h.events[a.ID] = append(h.events[a.ID], a)
	}
}

// IDs lists the events in order.
func (h *Heard) IDs() []uint64 { return slices.Sorted(maps.Keys(h.events)) }

// Data returns the data of an event, "" of one that nobody heard.
func (h *Heard) Data(id uint64) string {
	for _, a := range h.events[id] {
		if a.Data != "" {
			return a.Data
		}
	}
	return ""
}

// First returns when the first reader heard an event.
func (h *Heard) First(id uint64) time.Time {
	first := int64(math.MaxInt64)
	for _, a := range h.events[id] {
		first = min(first, a.FirstMs)
	}
	return time.UnixMilli(first)
}

// Late adds to l how long after from each reader heard an event; who did not
// hear it counts as later than everybody.
func (h *Heard) Late(l *Lateness, id uint64, from time.Time) {
	missing := h.Readers
	for _, a := range h.events[id] {
		for ms, n := range a.Counts {
			if n > 0 {
				l.Add(time.UnixMilli(a.FirstMs+int64(ms)).Sub(from), n)
				missing -= n
			}
		}
	}
	l.Miss(missing)
}

// slots are how finely Lateness keeps: a millisecond each, the last for all above.
const slots = 30_000

// Lateness is how late many readers heard. The zero value is ready.
type Lateness struct {
	Count  int // readings, the missed ones included
	Missed int
	counts [slots]int
}

// Add takes n readings in that came late by d; less than nothing is nothing.
func (l *Lateness) Add(d time.Duration, n int) {
	l.Count += n
	l.counts[min(max(0, int(d.Milliseconds())), slots-1)] += n
}

// Miss takes in n readings that never came.
func (l *Lateness) Miss(n int) {
	if n > 0 {
		l.Count += n
		l.Missed += n
	}
}

// At returns within how many milliseconds the share q of all readings came,
// rounded up; slots when they did not.
func (l *Lateness) At(q float64) float64 {
	left := int(math.Ceil(q * float64(l.Count)))
	for ms, n := range l.counts {
		if left -= n; left <= 0 {
			return float64(ms + 1)
		}
	}
	return slots
}
