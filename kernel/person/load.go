package person

import (
	"context"
	"slices"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/store"
)

// How many rows one transaction of Load writes.
const (
	loadedPeople = 2_000
	loadedBlocks = 100_000
)

// Load writes people of whom no two are one human being and none stands yet,
// without looking for them: a register that was cleaned elsewhere, into an empty
// province. They can be found when it is done, not before.
func (s *Service) Load(ctx context.Context, sc auth.Scope, people []Person) error {
	if !sc.Allows(auth.WritePeople) {
		return errAct
	}
	var blocks []standing
	for part := range slices.Chunk(people, loadedPeople) {
		all, err := s.readyAll(part)
		if err != nil {
			return err
		}
		rows := make([]row, len(all))
		err = atOnce(len(all), func(i int) (err error) {
			rows[i], err = s.sealed(sc, row{id: all[i].ID, area: all[i].Area}, all[i].Person)
			return err
		})
		if err != nil {
			return err
		}
		for _, n := range all {
			blocks = append(blocks, standingIn(n.ID, n.keys)...)
		}
		err = s.db.Tx(ctx, func(tx *store.Tx) error { return insertPeople(tx, sc, rows, sc.Now()) })
		if err != nil {
			return err
		}
	}
	slices.SortFunc(blocks, standing.compare)
	for part := range slices.Chunk(blocks, loadedBlocks) {
		if err := s.db.Tx(ctx, func(tx *store.Tx) error { return insertBlocks(tx, sc, part) }); err != nil {
			return err
		}
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		return audit.Append(tx, sc.Entry("person.load", "person", "", 0, map[string]any{"people": len(people)}))
	})
}
