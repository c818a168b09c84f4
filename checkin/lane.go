package checkin

import (
	"context"
	"fmt"
	"sync"
	"time"

	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// lanes is how many group commits may be under way at once; a visit's lane hangs
// on its id, so that its beginning and its end are told in order. It never
// changes.
const lanes = 2

// laneMost bounds the visits of one commit.
const laneMost = 512

func laneOf(visit id.ID) int { return int(visit[15]) % lanes }

// lane gathers the visits that wait and commits them together: whoever finds
// nobody at work commits what waits, and then hands the work to one of those
// who have come in the meantime. There is no timer: a commit takes as long as it
// takes, and the next one takes all who came during it.
type lane struct {
	number int
	db     *store.DB
	scope  auth.Scope

	mu      sync.Mutex
	working bool
	waiting []*entry
}

// entry is what one request has in a lane.
type entry struct {
	visits []Visit
	fresh  []bool
	err    error
	turn   chan bool // true: done; false: it is yours to commit what waits
}

var entries = sync.Pool{New: func() any { return &entry{turn: make(chan bool, 1)} }}

// put returns when the visits are durable, and says of each whether it is new.
// It does not return early: an answer may go unheard, but a visit is told as it is.
func (l *lane) put(ctx context.Context, visits []Visit) ([]bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e := entries.Get().(*entry)
	e.visits, e.fresh, e.err = visits, nil, nil
	l.mu.Lock()
	l.waiting = append(l.waiting, e)
	mine := !l.working
	l.working = true
	l.mu.Unlock()
	if !mine {
		mine = !<-e.turn
	}
	if mine {
		l.work()
		<-e.turn
	}
	fresh, err := e.fresh, e.err
	e.visits = nil
	entries.Put(e)
	return fresh, err
}

// work commits one group, the first of which is the caller's own, and hands on.
func (l *lane) work() {
	group := l.take()
	l.commit(group)
	l.mu.Lock()
	var next *entry
	if len(l.waiting) > 0 {
		next = l.waiting[0]
	} else {
		l.working = false
	}
	l.mu.Unlock()
	if next != nil {
		next.turn <- false
	}
	for _, e := range group {
		e.turn <- true
	}
}

func (l *lane) take() []*entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, visits := 0, 0
	for n < len(l.waiting) && (n == 0 || visits+len(l.waiting[n].visits) <= laneMost) {
		visits += len(l.waiting[n].visits)
		n++
	}
	group := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return group
}

// commit writes a group. When a row of it cannot be written each entry is
// written alone, so that its neighbours are not lost with it.
func (l *lane) commit(group []*entry) {
	err := l.write(group)
	if err == nil {
		return
	}
	if k := fault.KindOf(err); len(group) > 1 && k != fault.Busy {
		for _, e := range group {
			e.err = l.write([]*entry{e})
		}
		return
	}
	for _, e := range group {
		e.err = err
	}
}

// beginTime is how long a group waits for the database to take it.
const beginTime = 20 * time.Second

func (l *lane) write(group []*entry) (err error) {
	defer func() {
		if p := recover(); p != nil { // those who wait must not wait for ever
			err = fmt.Errorf("checkin: panic in lane %d: %v", l.number, p)
		}
	}()
	ctx, stop := context.WithTimeout(context.Background(), beginTime)
	defer stop()
	var visits []Visit
	for _, e := range group {
		visits = append(visits, e.visits...)
	}
	var fresh []bool
	err = l.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if fresh, err = insertVisits(tx, l.scope, visits); err != nil {
			return err
		}
		return l.tell(tx, visits, fresh)
	})
	if err != nil {
		return err
	}
	for _, e := range group {
		e.fresh, fresh = fresh[:len(e.visits):len(e.visits)], fresh[len(e.visits):]
	}
	return nil
}

// tell tells the new ones, in one fact.
func (l *lane) tell(tx *store.Tx, visits []Visit, fresh []bool) error {
	f := event.VisitsRecorded{Lane: l.number, Visits: make([]event.Visited, 0, len(visits))}
	for i, v := range visits {
		if fresh[i] {
			told := v.fact()
			told.Left = false // not told before, even of one who has left already
			f.Visits = append(f.Visits, told)
		}
	}
	if len(f.Visits) == 0 {
		return nil
	}
	return event.Tell(tx, l.scope.Province(), f)
}

func (v Visit) fact() event.Visited {
	return event.Visited{Visit: v.ID, Place: v.Place, Person: v.Person, Area: v.Area, From: v.From, To: v.Until, How: v.How, Left: v.Ended != EndAssumed}
}
