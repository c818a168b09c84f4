package person

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// newcomer is somebody made ready to be looked for; it is never changed.
type newcomer struct {
	Person
	side   *side
	blocks []block
	keys   []blockKey
}

func (s *Service) ready(p Person) (newcomer, error) {
	if err := p.normalise(); err != nil {
		return newcomer{}, err
	}
	if p.ID.IsZero() {
		p.ID = id.New()
	}
	n := newcomer{Person: p, side: newSide(p)}
	n.blocks = blocksOf(n.side)
	n.keys = s.blockKeys(n.blocks)
	return n, nil
}

// readyAll makes many ready, on all processors.
func (s *Service) readyAll(people []Person) ([]newcomer, error) {
	all := make([]newcomer, len(people))
	return all, atOnce(len(people), func(i int) (err error) {
		if all[i], err = s.ready(people[i]); err != nil {
			if f := fault.Of(err); f != nil {
				return f.InRow(i + 1)
			}
		}
		return err
	})
}

// atOnce calls do for 0 to n-1 on all processors and returns the error of the lowest.
func atOnce(n int, do func(i int) error) error {
	workers := min(runtime.GOMAXPROCS(0), n/16+1)
	errs := make([]error, n)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				errs[i] = do(i)
			}
		})
	}
	wg.Wait()
	return cmp.Or(errs...)
}

// RegisterAll registers many in the caller's transaction, as Register would one
// after the other. A person that Register would refuse refuses them all, as a
// fault that names the row, from 1.
func (s *Service) RegisterAll(tx *store.Tx, sc auth.Scope, people []Person) ([]Registered, error) {
	if !sc.Allows(auth.WritePeople) {
		return nil, errAct
	}
	all, err := s.readyAll(people)
	if err != nil {
		return nil, err
	}
	return s.register(tx, sc, all)
}

// register reads who may be meant, decides on one after the other in memory,
// and then writes what came of it.
func (s *Service) register(tx *store.Tx, sc auth.Scope, all []newcomer) ([]Registered, error) {
	b := s.batch(sc, all)
	if err := b.lock(tx); err != nil {
		return nil, err
	}
	if err := b.read(tx.Context(), tx); err != nil {
		return nil, err
	}
	return b.run(tx)
}

func (s *Service) batch(sc auth.Scope, all []newcomer) *batch {
	return &batch{s: s, sc: sc, all: all, stand: map[id.ID]*known{}, blocks: map[blockKey]*members{}, done: map[id.ID]Registered{}}
}

// run decides and writes, when all has been read.
func (b *batch) run(tx *store.Tx) ([]Registered, error) {
	b.tx = tx
	rs := make([]Registered, len(b.all))
	for i := range b.all {
		r, ok := b.done[b.all[i].ID]
		if !ok {
			var err error
			if r, err = b.admit(i); err != nil {
				return nil, err
			}
			b.done[b.all[i].ID] = r
		}
		rs[i] = r
	}
	if err := b.write(); err != nil {
		return nil, err
	}
	return rs, b.note(rs)
}

// known is somebody who stands, opened, as the batch has left them so far.
type known struct {
	row row
	Person
	side  *side
	keys  []blockKey
	was   []blockKey // before this batch; nil for those it brought
	new   bool
	old   bool // changed by this batch
	moved bool // and found by another name or phone
}

// members are who stands in a block.
type members struct {
	before      []id.ID // in the order of their ids, at most one more than blockMost
	added, gone []id.ID // by this batch
}

// batch is one run of register.
type batch struct {
	s      *Service
	tx     *store.Tx
	sc     auth.Scope
	all    []newcomer
	stand  map[id.ID]*known
	blocks map[blockKey]*members
	done   map[id.ID]Registered
	likes  [][]weighed

	order   []*known // those new or changed, in the order in which they became so
	merges  []*folded
	reviews []Review
	in, out []standing // rows of blocks written and deleted
	verdict []noted
}

// weighed is what comparing a newcomer with who stood before the batch gave.
type weighed struct {
	side *side
	like Likeness
}

// lock makes others who write into the same blocks wait.
func (b *batch) lock(tx *store.Tx) error {
	var ids []id.ID
	for _, n := range b.all {
		ids = append(ids, n.ID)
	}
	return lockBlocks(tx, b.sc, ids, b.asked())
}

// asked are the blocks in which the batch looks.
func (b *batch) asked() (keys []blockKey) {
	for _, n := range b.all {
		for i, k := range n.keys {
			if n.blocks[i].kind.compared() {
				keys = append(keys, k)
			}
		}
	}
	slices.SortFunc(keys, blockKey.compare)
	return slices.Compact(keys)
}

// read reads who was registered before, who stands in the blocks, and what is
// known of them.
func (b *batch) read(ctx context.Context, q store.Querier) error {
	if err := b.readDone(ctx, q); err != nil {
		return err
	}
	keys := b.asked()
	for _, k := range keys {
		b.blocks[k] = &members{}
	}
	err := selectMembers(ctx, q, b.sc, keys, func(k blockKey, i id.ID) {
		m := b.blocks[k]
		m.before = append(m.before, i)
	})
	if err != nil {
		return err
	}
	if err := b.readPeople(ctx, q); err != nil {
		return err
	}
	return b.weigh()
}

// readDone answers for the ids that were registered before.
func (b *batch) readDone(ctx context.Context, q store.Querier) error {
	var ids []id.ID
	for _, n := range b.all {
		ids = append(ids, n.ID)
	}
	stand, err := selectStanding(ctx, q, b.sc, ids)
	for _, i := range stand {
		r, ok, bad := b.s.registered(ctx, q, b.sc, i)
		if bad != nil {
			return bad
		}
		if ok {
			b.done[i] = r
		}
	}
	return err
}

func (b *batch) readPeople(ctx context.Context, q store.Querier) error {
	var ids []id.ID
	for _, m := range b.blocks {
		slices.SortFunc(m.before, compareIDs)
		if len(m.before) > blockMost {
			continue
		}
		for _, i := range m.before {
			if _, asked := b.stand[i]; !asked {
				b.stand[i] = nil
				ids = append(ids, i)
			}
		}
	}
	slices.SortFunc(ids, compareIDs)
	rows, err := selectRows(ctx, q, b.sc, ids)
	if err != nil {
		return err
	}
	all := make([]*known, len(rows))
	err = atOnce(len(rows), func(i int) error {
		p, err := b.s.read(b.sc, rows[i])
		if fault.Is(err, fault.NotFound) { // erased
			return nil
		}
		k := &known{row: rows[i], Person: p, side: newSide(p)}
		all[i] = k
		return err
	})
	for _, k := range all {
		if k != nil {
			b.stand[k.row.id] = k
		}
	}
	return err
}

// weigh compares every newcomer with those who stood before, on all processors.
func (b *batch) weigh() error {
	b.likes = make([][]weighed, len(b.all))
	return atOnce(len(b.all), func(i int) error {
		if _, done := b.done[b.all[i].ID]; done {
			return nil
		}
		near, _ := b.near(i)
		for _, k := range near {
			b.likes[i] = append(b.likes[i], weighed{k.side, compare(b.all[i].side, k.side)})
		}
		return nil
	})
}

// near returns who stands in the blocks of a newcomer, in the order of the
// blocks and their ids, and the kinds of those too full to look into.
func (b *batch) near(i int) (near []*known, full []string) {
	n := b.all[i]
	var seen []id.ID
	for j, k := range n.keys {
		if !n.blocks[j].kind.compared() {
			continue
		}
		in := b.blocks[k].now()
		if len(in) > blockMost {
			if kind := n.blocks[j].kind.String(); !slices.Contains(full, kind) {
				full = append(full, kind)
			}
			continue
		}
		for _, m := range in {
			if slices.Contains(seen, m) || len(seen) == candidatesMost {
				continue
			}
			seen = append(seen, m)
			if who := b.stand[m]; who != nil {
				near = append(near, who)
			}
		}
	}
	return near, full
}

// now returns who stands in the block, in the order of their ids.
func (m *members) now() []id.ID {
	if len(m.added) == 0 && len(m.gone) == 0 {
		return m.before
	}
	in := slices.DeleteFunc(slices.Clone(m.before), func(i id.ID) bool { return slices.Contains(m.gone, i) })
	in = append(in, m.added...)
	slices.SortFunc(in, compareIDs)
	return in
}
