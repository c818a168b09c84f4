package person

import (
	"context"
	"slices"
	"time"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// User is a capability whose rows point at people.
type User interface {
	// InUse returns which of the people any of its rows still points at.
	InUse(ctx context.Context, people []id.ID) (map[id.ID]bool, error)
}

// unusedAfter is how long somebody stands whom nothing points at: as long as a
// visit lives (28 days, Decision 3638/QĐ-BYT's window of tracing twice over), so
// that who enters people first and their cases later loses nobody.
const unusedAfter = 28 * 24 * time.Hour

// askedAtOnce is how many people the users are asked about at once: a user may
// have to read all its rows for the answer.
const askedAtOnce = 20_000

// EraseUnused erases the people whom no User's row points at, under any id that
// a merge has made theirs, and who were not written for unusedAfter. Whoever is
// under an open challenge stays. It returns how many died.
func (d *Desk) EraseUnused(ctx context.Context) (n int, err error) {
	sc := auth.System(d.Province, "unused").WithClock(d.Now)
	var after id.ID
	for {
		people, err := selectIdle(ctx, d.DB, sc, sc.Now().Add(-unusedAfter), after, askedAtOnce)
		if err != nil || len(people) == 0 {
			return n, err
		}
		after = people[len(people)-1]
		used, err := d.used(ctx, sc, people)
		if err != nil {
			return n, err
		}
		for _, p := range people {
			if used[p] {
				continue
			}
			done := false
			err := d.DB.Tx(ctx, func(tx *store.Tx) (err error) {
				done, err = d.People.eraseIdle(tx, sc, p)
				return err
			})
			if err != nil {
				return n, err
			}
			if done {
				n++
			}
		}
	}
}

// eraseIdle erases somebody unless they were written, or somebody was merged into
// them, since they were found unused.
func (s *Service) eraseIdle(tx *store.Tx, sc auth.Scope, i id.ID) (done bool, err error) {
	r, p, err := s.open(tx.Context(), tx, sc, i)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := lockBlocks(tx, sc, []id.ID{r.id}, s.keysOf(p)); err != nil {
		return false, err
	}
	idle, err := isIdle(tx, sc, r.id, sc.Now().Add(-unusedAfter))
	if err != nil || !idle {
		return false, err
	}
	return true, s.Erase(tx, sc, r.id)
}

// used returns which of the people somebody still needs.
func (d *Desk) used(ctx context.Context, sc auth.Scope, people []id.ID) (map[id.ID]bool, error) {
	now, all, err := d.People.Aliases(ctx, d.DB, sc, people)
	if err != nil {
		return nil, err
	}
	needed := map[id.ID]bool{}
	challenged, err := selectChallenged(ctx, d.DB, sc, all)
	if err != nil {
		return nil, err
	}
	for _, i := range challenged {
		needed[now[i]] = true
	}
	for _, u := range d.Users {
		all = slices.DeleteFunc(all, func(i id.ID) bool { return needed[now[i]] })
		if len(all) == 0 {
			break
		}
		used, err := u.InUse(ctx, all)
		if err != nil {
			return nil, err
		}
		for i, is := range used {
			if is {
				needed[now[i]] = true
			}
		}
	}
	used := map[id.ID]bool{}
	for _, p := range people {
		used[p] = needed[now[p]]
	}
	return used, nil
}
