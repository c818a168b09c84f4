package person

import (
	"context"
	"iter"
	"slices"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/store"
)

// How many rows one transaction of Load writes.
const (
	loadedPeople = 2_000
	loadedBlocks = 20_000
)

// Load writes people of whom no two are one human being and none stands yet,
// without looking for them: a register that was cleaned elsewhere, into an empty
// province. They can be found when it is done, not before.
func (s *Service) Load(ctx context.Context, sc auth.Scope, people iter.Seq[Person]) error {
	if !sc.Allows(auth.WritePeople) {
		return errAct
	}
	var blocks []standing
	var part []Person
	n := 0
	flush := func() error {
		more, err := s.loadPeople(ctx, sc, part)
		blocks, n, part = append(blocks, more...), n+len(part), part[:0]
		return err
	}
	for p := range people {
		if part = append(part, p); len(part) == loadedPeople {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	slices.SortFunc(blocks, standing.compare)
	for part := range slices.Chunk(blocks, loadedBlocks) {
		if err := s.db.Tx(ctx, func(tx *store.Tx) error { return insertBlocks(tx, sc, part) }); err != nil {
			return err
		}
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		return audit.Append(tx, sc.Entry("person.load", "person", "", 0, map[string]any{"people": n}))
	})
}

// loadPeople writes the rows of people and returns those of their blocks.
func (s *Service) loadPeople(ctx context.Context, sc auth.Scope, people []Person) (blocks []standing, err error) {
	all, err := s.readyAll(people)
	if err != nil {
		return nil, err
	}
	rows := make([]row, len(all))
	err = atOnce(len(all), func(i int) (err error) {
		rows[i], err = s.sealed(sc, row{id: all[i].ID, area: all[i].Area}, all[i].Person)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, n := range all {
		blocks = append(blocks, standingIn(n.ID, n.keys)...)
	}
	return blocks, s.db.Tx(ctx, func(tx *store.Tx) error { return insertPeople(tx, sc, rows, sc.Now()) })
}
