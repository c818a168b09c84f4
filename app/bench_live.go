package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"khien/checkin"
	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/config"
	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/place"
	"khien/outbreak/contact"
)

// The promise of live tracing, while visits come.
const (
	liveLimit   = 100 * time.Millisecond // p99
	livePerS    = 5000                   // visits
	livePart    = 50                     // visits of one delivery
	liveFrom    = 16                     // who deliver at once
	livePlaces  = 200
	liveSick    = 40
	livePause   = 25 * time.Millisecond // between two that are watched
	liveGiveUp  = 10 * time.Second
	liveAtLeast = 0.95 // of the visits a second, else it was another load
)

// live is a node on which visits come, some of them to places where sick people are.
type live struct {
	*benchNode
	places []place.Place
	sick   []id.ID
	told   atomic.Int64
	waits  []float64 // ms
}

// benchLive tells 5,000 visits a second and asks, for some of them, whom the sick
// person at that place met, from the moment the visit is durable until the answer
// has the visitor. Its peer is the middle of these times.
func benchLive(ctx context.Context, c *config.Config, o benchOptions) (f *figures, err error) {
	n, err := openForBench(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	b := &live{benchNode: n}
	if err := b.make(ctx); err != nil {
		return nil, err
	}
	if err := n.serve(ctx); err != nil {
		return nil, err
	}
	took, err := b.play(ctx, o.long())
	if err != nil {
		return nil, err
	}
	slices.Sort(b.waits)
	p99, perS := nearest(b.waits, 99), float64(b.told.Load())/took.Seconds()
	f = &figures{values: map[string]any{"visits_per_s": round(perS), "asked": len(b.waits), "live_p50_ms": round(middleOf(b.waits)), "live_p99_ms": round(p99),
		"live_most_ms": round(b.waits[len(b.waits)-1])}}
	f.atMost(ms(liveLimit), promise{What: fmt.Sprintf("trace: from a visit's commit to an answer, p99 at %.0f visits/s", perS), Unit: "ms", Measured: round(p99),
		Peer: "the middle one", PeerIs: round(middleOf(b.waits))})
	f.atLeast(livePerS*liveAtLeast, promise{What: "trace: visits told meanwhile", Unit: "visits/s", Measured: round(perS)})
	return f, nil
}

// make registers places and sick people, each of whom stays at a place of their own.
func (b *live) make(ctx context.Context) error {
	home, err := area.Of(area.Edition(b.Config.Edition), b.Config.Province, "", "")
	if err != nil {
		return err
	}
	sc := b.console("bench")
	for i := range livePlaces + liveSick {
		p, err := b.Places.Create(ctx, sc, place.Place{Name: fmt.Sprintf("Cơ quan %d", i), Kind: place.Office, Area: home})
		if err != nil {
			return err
		}
		b.places = append(b.places, p)
	}
	var visits []checkin.Visit
	people := make([]person.Person, liveSick)
	for i := range people {
		people[i] = person.Person{ID: id.New(), Name: fmt.Sprintf("Người Bệnh %d", i), Area: home}
		b.sick = append(b.sick, people[i].ID)
		visits = append(visits, b.visit(b.places[i], people[i].ID, 12*time.Hour))
	}
	return errors.Join(b.People.Import(ctx, sc, people, func(int, []person.Registered) error { return nil }), b.Checkin.RecordAll(ctx, visits))
}

func (b *live) visit(p place.Place, who id.ID, stay time.Duration) checkin.Visit {
	now := b.Now().UTC()
	return checkin.Visit{ID: id.New(), Place: p.ID, Person: who, Device: who, Area: p.Area, From: now.Add(-time.Hour), Until: now.Add(stay), Told: now,
		How: event.ByPoster, Ended: checkin.EndAssumed}
}

// play lets visits come and watches some of them, until the time is over.
func (b *live) play(ctx context.Context, d time.Duration) (time.Duration, error) {
	ctx, stop := context.WithTimeout(ctx, d)
	defer stop()
	var all sync.WaitGroup
	failed := make(chan error, liveFrom)
	began := time.Now()
	for from := range liveFrom {
		all.Go(func() { failed <- b.come(ctx, from) })
	}
	err := b.watch(ctx)
	all.Wait()
	took := time.Since(began)
	for range liveFrom {
		err = errors.Join(err, <-failed)
	}
	return took, err
}

// come tells a share of the visits, in deliveries at a steady pace.
func (b *live) come(ctx context.Context, from int) error {
	pace := pacer(ctx, liveFrom*livePart*time.Second/livePerS)
	for n := from; pace() == nil; n++ {
		visits := make([]checkin.Visit, livePart)
		for i := range visits {
			visits[i] = b.visit(b.places[liveSick+(n*livePart+i)%livePlaces], id.New(), time.Hour)
		}
		if err := b.Checkin.RecordAll(ctx, visits); err != nil && ctx.Err() == nil {
			return err
		}
		b.told.Add(livePart)
	}
	return nil
}

// watch tells one visit after another and waits for each to stand in an answer.
func (b *live) watch(ctx context.Context) error {
	sc := b.console("đo thời gian truy vết")
	pace := pacer(ctx, livePause)
	for n := 0; pace() == nil; n++ {
		who, at := id.New(), n%liveSick
		if _, err := b.Checkin.Record(ctx, b.visit(b.places[at], who, time.Hour)); err != nil {
			if ctx.Err() != nil {
				break
			}
			return err
		}
		committed := time.Now()
		if err := b.appears(context.WithoutCancel(ctx), sc, b.sick[at], who, committed); err != nil {
			return err
		}
		b.waits = append(b.waits, ms(time.Since(committed)))
	}
	if len(b.waits) == 0 {
		return errors.New("bench live: nothing was asked in the time")
	}
	return nil
}

func (b *live) appears(ctx context.Context, sc auth.Scope, sick, who id.ID, since time.Time) error {
	for time.Since(since) < liveGiveUp {
		now := b.Now()
		a, err := b.Contacts.Ask(ctx, sc, contact.Query{Person: sick, From: now.Add(-2 * time.Hour), To: now.Add(time.Hour)})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(a.F1, func(l contact.Line) bool { return l.Person == who }) {
			return nil
		}
	}
	return fmt.Errorf("bench live: a visit is in no answer after %v", liveGiveUp)
}
