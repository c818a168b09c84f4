package person

import (
	"context"
	"slices"
	"sync"

	"khien/kernel/auth"
	"khien/kernel/garbage"
	"khien/kernel/id"
	"khien/kernel/store"
)

// imported is how many people one transaction of Import takes: some 100 ms, in
// which nobody else can write to SQLite.
const imported = 1_000

// Import registers many, each as Register would after the one before, and calls
// each with those of every transaction once they are durable; first is the place
// of the first of them. An error leaves the transactions before it standing, and
// a second Import of the same people, with the same IDs, goes on from there.
func (s *Service) Import(ctx context.Context, sc auth.Scope, people []Person, each func(first int, rs []Registered) error) error {
	if !sc.Allows(auth.WritePeople) {
		return errAct
	}
	defer garbage.Rarely(garbage.Importing)()
	parts := make(chan part, 2) // made ready while those before are written
	run, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	wg.Go(func() {
		defer close(parts)
		for first := 0; first < len(people); first += imported {
			select {
			case parts <- s.part(run, sc, first, people[first:min(first+imported, len(people))]):
			case <-run.Done():
				return
			}
		}
	})
	own := map[int64]*batch{}
	for p := range parts {
		if p.err != nil {
			return p.err
		}
		rs, err := s.importPart(ctx, p, own)
		if err == nil && each != nil {
			err = each(p.first, rs)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// part is a batch of an import, with all that could be read before its turn.
type part struct {
	first   int
	batch   *batch
	version int64 // of the registry before it was read; 0: nothing was read
	err     error
}

// part makes people ready and, on SQLite, reads what stands near them while the
// writer is busy with the part before. Whether that still holds is seen then.
// PostgreSQL reads behind the locks.
func (s *Service) part(ctx context.Context, sc auth.Scope, first int, people []Person) part {
	all, err := s.readyAll(people)
	p := part{first: first, batch: s.batch(sc, all), err: err}
	if err != nil || s.db.Engine() != store.SQLite {
		return p
	}
	if p.version, p.err = selectVersion(ctx, s.db, sc); p.err == nil {
		p.err = p.batch.read(ctx, s.db)
	}
	return p
}

// ownKept is how many batches of an import are remembered: no part was read
// before more of them.
const ownKept = 6

// importPart writes a part. own are the batches of this import by the version of
// the registry that each made.
func (s *Service) importPart(ctx context.Context, p part, own map[int64]*batch) (rs []Registered, err error) {
	var made int64
	b := p.batch
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		b = p.batch
		if tx.Engine() != store.SQLite {
			b = s.batch(b.sc, b.all) // a second try begins anew
		}
		now, err := selectVersion(ctx, tx, b.sc)
		if err != nil {
			return err
		}
		if p.version == 0 || !b.catchUp(p.version, now, own) {
			b = s.batch(b.sc, b.all)
			if err := b.lock(tx); err != nil {
				return err
			}
			if err := b.read(tx.Context(), tx); err != nil {
				return err
			}
		}
		if rs, err = b.run(tx); err != nil {
			return err
		}
		made, err = selectVersion(ctx, tx, b.sc)
		return err
	})
	own[made] = b
	delete(own, made-ownKept)
	return rs, err
}

// catchUp brings what was read at version then up to now, when all that has
// happened since are batches of this import; false when it cannot be known.
func (b *batch) catchUp(then, now int64, own map[int64]*batch) bool {
	for v := then + 1; v <= now; v++ {
		if own[v] == nil || !b.follow(own[v]) {
			return false
		}
	}
	return true
}

// follow takes over what an earlier batch has changed; what was read may have
// seen it already.
func (b *batch) follow(o *batch) bool {
	for _, n := range b.all {
		if _, done := o.done[n.ID]; done {
			return false
		}
	}
	for _, k := range o.order {
		if _, asked := b.stand[k.row.id]; asked {
			b.stand[k.row.id] = k.left()
		}
	}
	for _, x := range o.out {
		m := b.blocks[x.blockKey]
		if m == nil {
			continue
		}
		if len(m.before) > blockMost { // only a part was read
			return false
		}
		m.before = slices.DeleteFunc(m.before, func(i id.ID) bool { return i == x.person })
	}
	for _, x := range o.in {
		m := b.blocks[x.blockKey]
		if m == nil || slices.Contains(m.before, x.person) {
			continue
		}
		m.before = append(m.before, x.person)
		slices.SortFunc(m.before, compareIDs)
		if b.stand[x.person] == nil {
			b.stand[x.person] = o.stand[x.person].left()
		}
	}
	return true
}

// left is somebody as a batch has left them, for the next.
func (k *known) left() *known {
	return &known{row: k.row, Person: k.Person, side: k.side, keys: k.keys}
}
