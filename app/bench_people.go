package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/config"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/sim"
)

// The promises: an import with matching, and a look-up, among a million people;
// and how well people are matched on 100,000.
const (
	peopleRows     = 5_000 // a second
	peopleP50      = 1.0   // ms
	peopleP99      = 10.0
	matchPrecision = 0.999
	matchReviewed  = 0.95
	matchRecall    = 0.85
)

// benchPeople invents people as clerks write them down, loads them, and imports a
// tenth as many as citizens write themselves, four in five of whom stand already.
//
//	rows_per_s         imported, each compared with whoever may be meant, durable in parts of 1,000
//	cpu_us_per_row     of both processors, whatever else the machine does meanwhile
//	register_per_s     the same code one by one, each in a transaction
//	load_s             writing the people, without looking for one another
//	find_*_ms          a look-up among them by paper, phone, name: the rows found, read and opened
//	audited_p50_ms     a look-up by paper of an officer, with its audit row durable
//	precision, recall, reviewed   of the import, by what is known of who is who
func benchPeople(ctx context.Context, c *config.Config, o benchOptions) (f *figures, err error) {
	n, err := openForBench(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	f = &figures{values: map[string]any{"people": o.people}}
	crowd, err := n.fillPeople(ctx, f, o.people)
	if err != nil {
		return nil, err
	}
	if err := n.importPeople(ctx, f, crowd); err != nil {
		return nil, err
	}
	return f, n.findPeople(ctx, f, crowd)
}

// benchMatch measures the quality of matching with the registry itself on a
// hundred thousand newcomers, four in five of whom stand.
func benchMatch(ctx context.Context, c *config.Config, o benchOptions) (f *figures, err error) {
	n, err := openForBench(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	f = &figures{values: map[string]any{}}
	const newcomers = 100_000
	crowd, err := n.fill(ctx, f, newcomers*4/5, newcomers)
	if err != nil {
		return nil, err
	}
	q, _, err := n.importCrowd(ctx, crowd)
	if err != nil {
		return nil, err
	}
	q.tell(f)
	for _, p := range []struct {
		what            string
		measured, limit float64
	}{{"precision of automatic merges", q.precision(), matchPrecision}, {"recall with review", q.reviewedShare(), matchReviewed}, {"recall without", q.recall(), matchRecall}} {
		f.atLeast(100*p.limit, promise{What: fmt.Sprintf("%s, %d people", p.what, newcomers), Unit: "%", Measured: round(100 * p.measured),
			Peer: "reviews per 1,000 newcomers", PeerIs: round(q.asked())})
	}
	return f, nil
}

// crowd is who arrives, and who stands.
type crowd struct {
	arriving []person.Person
	human    []int         // of those arriving
	known    map[id.ID]int // who stands by id, and whose human they are
	stands   map[int]bool
	probes   []person.Person // some of those who stand
}

func (n *benchNode) fillPeople(ctx context.Context, f *figures, people int) (*crowd, error) {
	return n.fill(ctx, f, people, people/10)
}

// fill loads people and invents who arrives.
func (n *benchNode) fill(ctx context.Context, f *figures, people, arriving int) (*crowd, error) {
	fresh := arriving / 5
	humans, err := sim.People(n.Gazetteer, 3, people+fresh)
	if err != nil {
		return nil, err
	}
	lang, err := area.Of(area.Edition2021, "20", "", "")
	if err != nil {
		return nil, err
	}
	communes := n.Gazetteer.Communes(lang)
	r := rand.New(rand.NewPCG(3, 1))
	c := &crowd{known: map[id.ID]int{}, stands: map[int]bool{}}
	order := r.Perm(len(humans)) // who stands and who does not, families torn apart
	began := time.Now()
	err = n.People.Load(ctx, auth.System(n.Province, "bench"), c.clerks(r, humans, order[:people], communes))
	f.values["load_s"] = round(time.Since(began).Seconds())
	for i, h := range order[people-(arriving-fresh):] {
		p := sim.Citizen.Written(r, humans[h].Person, kin(humans, h), communes)
		p.ID = id.New()
		c.arriving, c.human = append(c.arriving, p), append(c.human, h)
		if i < arriving-fresh {
			c.stands[h] = true
		}
	}
	r.Shuffle(len(c.arriving), func(i, j int) {
		c.arriving[i], c.arriving[j] = c.arriving[j], c.arriving[i]
		c.human[i], c.human[j] = c.human[j], c.human[i]
	})
	runtime.GC() // the invented million is nobody's in a real import
	return c, err
}

// clerks writes those who stand as a clerk does.
func (c *crowd) clerks(r *rand.Rand, humans []sim.Human, which []int, communes []area.Unit) iter.Seq[person.Person] {
	return func(yield func(person.Person) bool) {
		for i, h := range which {
			p := sim.Clerk.Written(r, humans[h].Person, kin(humans, h), communes)
			p.ID = id.New()
			c.known[p.ID] = h
			if i%max(len(which)/3_000, 1) == 0 {
				c.probes = append(c.probes, p)
			}
			if !yield(p) {
				return
			}
		}
	}
}

// kin returns the others of a human's family, who stand beside them.
func kin(humans []sim.Human, i int) (all []sim.Human) {
	lo, hi := i, i+1
	for lo > 0 && humans[lo-1].Family == humans[i].Family {
		lo--
	}
	for hi < len(humans) && humans[hi].Family == humans[i].Family {
		hi++
	}
	return append(append(all, humans[lo:i]...), humans[i+1:hi]...)
}

func (n *benchNode) importPeople(ctx context.Context, f *figures, c *crowd) error {
	one := min(len(c.arriving)/20, 500) // of them, one by one
	began := time.Now()
	for _, p := range c.arriving[:one] {
		if err := n.People.Import(ctx, auth.System(n.Province, "bench"), []person.Person{p}, nil); err != nil {
			return err
		}
	}
	f.values["register_per_s"] = int(float64(one) / time.Since(began).Seconds())
	c.arriving, c.human = c.arriving[one:], c.human[one:]
	before := processorTime()
	q, took, err := n.importCrowd(ctx, c)
	if err != nil {
		return err
	}
	q.tell(f)
	f.values["cpu_us_per_row"] = int((processorTime() - before).Microseconds()) / len(c.arriving)
	rows := float64(len(c.arriving)) / took.Seconds()
	f.values["rows_per_s"], f.values["import_s"] = int(rows), round(took.Seconds())
	f.atLeast(peopleRows, promise{What: fmt.Sprintf("import of %d people with matching against %d", len(c.arriving), f.values["people"]), Unit: "rows/s",
		Measured: float64(int(rows)), Peer: "one by one, a commit each", PeerIs: float64(f.values["register_per_s"].(int))})
	return nil
}

// importCrowd imports who arrives and compares the verdicts with the truth.
func (n *benchNode) importCrowd(ctx context.Context, c *crowd) (q quality, took time.Duration, err error) {
	began := time.Now()
	err = n.People.Import(ctx, auth.System(n.Province, "bench"), c.arriving, func(first int, rs []person.Registered) error {
		for i, r := range rs {
			q.count(c, first+i, r)
		}
		return nil
	})
	return q, time.Since(began), err
}

// quality counts the verdicts by what is true.
type quality struct{ known, fresh, merged, wrong, reviewed, reviews int }

func (q *quality) count(c *crowd, i int, r person.Registered) {
	h := c.human[i]
	if c.stands[h] {
		q.known++
	} else {
		q.fresh++
	}
	isThem := func(who id.ID) bool { k, ok := c.known[who]; return ok && k == h }
	switch r.Verdict {
	case person.Same:
		if isThem(r.ID) {
			q.merged++
		} else {
			q.wrong++
		}
	case person.Unsure:
		q.reviews++
		if slices.ContainsFunc(r.Candidates, func(m person.Match) bool { return isThem(m.ID) }) {
			q.reviewed++
		}
	}
}

func (q quality) precision() float64 { return share(q.merged, q.merged+q.wrong) }
func (q quality) recall() float64    { return share(q.merged, q.known) }
func (q quality) reviewedShare() float64 {
	return share(q.merged+q.reviewed, q.known)
}
func (q quality) asked() float64 { return 1000 * share(q.reviews, q.known+q.fresh) }

func (q quality) tell(f *figures) {
	f.values["precision"], f.values["recall"], f.values["reviewed"] = q.precision(), q.recall(), q.reviewedShare()
	f.values["reviews_per_1000"], f.values["wrong_merges"] = round(q.asked()), q.wrong
}

// share rounds down at the fifth decimal: nothing becomes a promise kept by it.
func share(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(int(1e5*float64(a)/float64(b))) / 1e5
}

func (n *benchNode) findPeople(ctx context.Context, f *figures, c *crowd) error {
	sc, officer := auth.System(n.Province, "bench"), auth.Console(n.Province, "bench", "bench")
	audited, err := timed(c.probes[:min(len(c.probes), 200)], func(p person.Person) (bool, error) {
		if len(p.Papers) == 0 {
			return false, nil
		}
		found, err := n.People.FindByPaper(ctx, n.DB, officer, p.Papers[0].Number)
		return len(found) > 0, err
	})
	if err != nil {
		return err
	}
	f.values["audited_p50_ms"] = audited[0]
	for _, by := range []struct {
		name string
		find func(p person.Person) ([]person.Person, error)
		asks func(p person.Person) bool
	}{
		{"paper", func(p person.Person) ([]person.Person, error) {
			return n.People.FindByPaper(ctx, n.DB, sc, p.Papers[0].Number)
		}, func(p person.Person) bool { return len(p.Papers) > 0 }},
		{"phone", func(p person.Person) ([]person.Person, error) { return n.People.FindByPhone(ctx, n.DB, sc, p.Phone) }, func(p person.Person) bool { return p.Phone != "" }},
		{"name", func(p person.Person) ([]person.Person, error) { return n.People.FindByName(ctx, n.DB, sc, p.Name) }, func(p person.Person) bool { return true }},
	} {
		took, err := timed(c.probes, func(p person.Person) (bool, error) {
			if !by.asks(p) {
				return false, nil
			}
			found, err := by.find(p)
			if err == nil && len(found) == 0 {
				err = fmt.Errorf("bench: somebody who stands is not found by %s", by.name)
			}
			return true, err
		})
		if err != nil {
			return err
		}
		f.values["find_"+by.name+"_p50_ms"], f.values["find_"+by.name+"_p99_ms"] = took[0], took[1]
		what := fmt.Sprintf("look-up by %s among %d people", by.name, f.values["people"])
		f.atMost(peopleP50, promise{What: what + ", p50", Unit: "ms", Measured: took[0], Peer: "with its audit row durable, by paper", PeerIs: audited[0]})
		f.atMost(peopleP99, promise{What: what + ", p99", Unit: "ms", Measured: took[1], Peer: "with its audit row durable, by paper", PeerIs: audited[1]})
	}
	return nil
}

// timed returns the middle and the 99th hundredth of how long do took, in ms, of
// those it did something for.
func timed(people []person.Person, do func(person.Person) (bool, error)) (took [2]float64, err error) {
	var all []time.Duration
	for _, p := range people {
		began := time.Now()
		did, err := do(p)
		if err != nil {
			return took, err
		}
		if did {
			all = append(all, time.Since(began))
		}
	}
	if len(all) == 0 {
		return took, errors.New("bench: nobody to look up")
	}
	slices.Sort(all)
	return [2]float64{ms(all[len(all)/2]), ms(nearest(all, 99))}, nil
}

// processorTime is what this process has used of the processors.
func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
