package person

import (
	"context"
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

// askedAtOnce is how many people the users are asked about at once.
const askedAtOnce = 500

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
			err := d.DB.Tx(ctx, func(tx *store.Tx) error { return d.People.Erase(tx, sc, p) })
			if err != nil && !fault.Is(err, fault.NotFound) {
				return n, err
			}
			n++
		}
	}
}

// used returns which of the people somebody still needs.
func (d *Desk) used(ctx context.Context, sc auth.Scope, people []id.ID) (map[id.ID]bool, error) {
	now, all, err := d.People.Aliases(ctx, d.DB, sc, people)
	if err != nil {
		return nil, err
	}
	needed := map[id.ID]bool{}
	for _, u := range d.Users {
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
	challenged, err := selectChallenged(ctx, d.DB, sc, all)
	for _, i := range challenged {
		needed[now[i]] = true
	}
	used := map[id.ID]bool{}
	for _, p := range people {
		used[p] = needed[now[p]]
	}
	return used, err
}
