// Package garbage says how rarely the program looks for memory that it no longer
// needs. Go by itself lets as much garbage stand as lives: on a small heap that is
// many looks a second, a tenth of a busy server's work.
package garbage

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// Work is how much garbage one kind of work may leave standing: so many bytes, but
// at least and at most so many per cent of what lives.
type Work struct {
	least, most int // per cent
	bytes       uint64
}

// What a server leaves is never less than Go would leave. An import makes garbage
// and little else; on a heap that holds a whole list it collects more often than Go.
var (
	Serving   = Work{least: 100, most: 400, bytes: 128 << 20}
	Importing = Work{least: 10, most: 400, bytes: 384 << 20}
)

// lookEvery is how often what stands is fitted to what lives.
const lookEvery = 250 * time.Millisecond

var now struct {
	sync.Mutex
	works  map[Work]int // how many of each are at hand
	before int          // per cent, when none is
	set    int
	stop   chan struct{}
}

// Rarely lets garbage stand longer for a work, until what it returns is called.
// Many may be at hand: the one that may leave most decides. Whoever sets GOGC
// has decided otherwise, and it does nothing.
func Rarely(w Work) (end func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	now.Lock()
	defer now.Unlock()
	if len(now.works) == 0 {
		now.works, now.before, now.stop = map[Work]int{}, debug.SetGCPercent(100), make(chan struct{})
		now.set = 100
		go follow(now.stop)
	}
	now.works[w]++
	fit()
	return sync.OnceFunc(func() { ended(w) })
}

func ended(w Work) {
	now.Lock()
	defer now.Unlock()
	if now.works[w]--; now.works[w] == 0 {
		delete(now.works, w)
	}
	if len(now.works) > 0 {
		fit()
		return
	}
	close(now.stop)
	debug.SetGCPercent(now.before)
}

// follow fits what stands to what lives, until it is stopped.
func follow(stop <-chan struct{}) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-stop:
			return
		case <-look.C:
		}
		now.Lock()
		if now.stop == stop && len(now.works) > 0 {
			fit()
		}
		now.Unlock()
	}
}

// fit sets what may stand; setting it stops the program for a moment, so that what
// is set already stays. now is held.
func fit() {
	if p := percent(live()); p != now.set {
		debug.SetGCPercent(p)
		now.set = p
	}
}

// percent is by how many per cent of what lives the heap may grow, now being held.
func percent(live uint64) (most int) {
	for w := range now.works {
		most = max(most, w.percent(live))
	}
	return most
}

func (w Work) percent(live uint64) int {
	return max(w.least, int(min(uint64(w.most), w.bytes*100/max(1, live))))
}

func live() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
