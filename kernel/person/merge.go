package person

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// The refusals of a merge or its undoing; their sentences are "fault.<key>".
var (
	errDistinct = fault.New(fault.Conflict, keyDistinct)
	errFurther  = fault.New(fault.Conflict, keyFurther)
	errMerged   = fault.New(fault.NotFound, keyMerged)
)

const (
	keyDistinct = "person.distinct" // the two were told apart
	keyFurther  = "person.further"  // a later merge stands on this one: undo that first
	keyMerged   = "person.merged"   // no merge to undo
)

// chain bounds how many merges may stand one on another.
const chain = 50

// Canonical returns who somebody is now: the end of the merges that lead away
// from i; i itself when there is none. It reads ids alone and asks for no right.
func (s *Service) Canonical(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (id.ID, error) {
	for range chain {
		m, err := selectMerge(ctx, q, sc, i)
		if fault.Is(err, fault.NotFound) {
			return i, nil
		}
		if err != nil {
			return id.ID{}, err
		}
		i = m.kept
	}
	return id.ID{}, fmt.Errorf("person: %s: more than %d merges", i, chain)
}

// Aliases returns who each of the people is now, and all ids under which rows
// may speak of them: their own, and those of everybody who went into them. now
// has all of these ids. It reads ids alone and asks for no right.
func (s *Service) Aliases(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (now map[id.ID]id.ID, all []id.ID, err error) {
	into := map[id.ID]id.ID{}
	seen := map[id.ID]bool{}
	next := people
	for depth := 0; len(next) > 0; depth++ { // the merges that lead away, and those that lead there
		if depth > chain {
			return nil, nil, fmt.Errorf("person: more than %d merges", chain)
		}
		var found []id.ID
		for _, i := range next {
			if !seen[i] {
				seen[i], all = true, append(all, i)
				found = append(found, i)
			}
		}
		if len(found) == 0 {
			break
		}
		pairs, err := selectMergesOf(ctx, q, sc, found)
		if err != nil {
			return nil, nil, err
		}
		next = nil
		for _, p := range pairs {
			into[p[0]] = p[1]
			next = append(next, p[0], p[1])
		}
	}
	now = map[id.ID]id.ID{}
	for _, i := range all {
		end := i
		for range chain {
			if k, gone := into[end]; gone {
				end = k
			}
		}
		now[i] = end
	}
	return now, all, nil
}

// mergeBlob is what a merge keeps, sealed, to be undone: the one who went, and
// the one who stayed before and after; these are empty when nothing was learned.
type mergeBlob struct {
	Gone   blob      `json:"gone"`
	Area   area.Code `json:"area"`
	Before *blob     `json:"before,omitempty"`
	After  *blob     `json:"after,omitempty"`
	AreaB  area.Code `json:"area_before"`
	AreaA  area.Code `json:"area_after"`
}

func mergePlace(sc auth.Scope, gone id.ID, column string) []byte {
	return fmt.Appendf(nil, "person_merge|%d|%s|%s", sc.Province(), gone, column)
}

// between notes what the one who stays said before and after.
func (b *mergeBlob) between(before, after Person) {
	was, now := blobOf(before), blobOf(after)
	b.Before, b.After, b.AreaB, b.AreaA = &was, &now, before.Area, after.Area
}

// sealMerge seals what undoes a merge, with a key of its own.
func (s *Service) sealMerge(sc auth.Scope, m *merge, b mergeBlob) error {
	plain, err := json.Marshal(b)
	if err != nil {
		return err
	}
	key, wrapped := s.keys.NewKey(mergePlace(sc, m.gone, "key"))
	m.wrapped, m.sealed, m.merged = wrapped, key.Seal(plain, mergePlace(sc, m.gone, "sealed")), sc.Now()
	return nil
}

// fold lets kept learn what gone says and writes what undoes it.
func (s *Service) fold(tx *store.Tx, sc auth.Scope, kept known, gone Person, tenths int64) error {
	after := kept.learn(gone)
	b := mergeBlob{Gone: blobOf(gone), Area: gone.Area}
	if !kept.Person.equal(after) {
		b.between(kept.Person, after)
		if err := s.rewrite(tx, sc, kept.row, kept.Person, after); err != nil {
			return err
		}
	}
	m := merge{gone: gone.ID, kept: kept.row.id, tenths: tenths}
	if err := s.sealMerge(sc, &m, b); err != nil {
		return err
	}
	return insertMerge(tx, sc, m)
}

// Merge says that gone and kept are one human being, both in scope. What gone
// knew goes into kept, and gone's ID leads there from now on; event.PeopleMerged
// is told. Two who were told apart are fault.Conflict "person.distinct".
func (s *Service) Merge(tx *store.Tx, sc auth.Scope, kept, gone id.ID) error {
	k, g, err := s.both(tx, sc, kept, gone)
	if err != nil || k.row.id == g.row.id {
		return err
	}
	if err := s.apart(tx, sc, k.row.id, g.row.id, chain); err != nil {
		return err
	}
	l := compare(newSide(k.Person), newSide(g.Person))
	if err := s.empty(tx, sc, g.Person); err != nil {
		return err
	}
	if err := s.fold(tx, sc, k, g.Person, tenths(l)); err != nil {
		return err
	}
	a, b := pair(k.row.id, g.row.id)
	if err := updateReview(tx, sc, a, b, ReviewMerged, sc.Now()); err != nil {
		return err
	}
	if err := event.Tell(tx, sc.Province(), event.PeopleMerged{Kept: k.row.id, Gone: g.row.id}); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("person.merge", "person", k.row.id.String(), k.Area, map[string]any{"gone": g.row.id.String(), "bits": l.Score}))
}

func (s *Service) both(tx *store.Tx, sc auth.Scope, a, b id.ID) (x, y known, err error) {
	if !sc.Allows(auth.WritePeople) {
		return x, y, errAct
	}
	if x.row, x.Person, err = s.open(tx.Context(), tx, sc, a); err != nil {
		return x, y, err
	}
	y.row, y.Person, err = s.open(tx.Context(), tx, sc, b)
	return x, y, err
}

// apart returns errDistinct when anybody who is gone now was told apart from
// anybody who is kept.
func (s *Service) apart(tx *store.Tx, sc auth.Scope, kept, gone id.ID, depth int) error {
	others, err := selectDistinct(tx.Context(), tx, sc, gone)
	if err != nil {
		return err
	}
	for _, o := range others {
		now, err := s.Canonical(tx.Context(), tx, sc, o)
		if err != nil {
			return err
		}
		if now == kept {
			return errDistinct
		}
	}
	below, err := selectMerged(tx.Context(), tx, sc, gone)
	if err != nil || depth == 0 {
		return err
	}
	for _, m := range below {
		if err := s.apart(tx, sc, kept, m.gone, depth-1); err != nil {
			return err
		}
	}
	return nil
}

// NotTheSame says that two in scope are two human beings, for good: they are
// never merged again. Who stands merged must be undone first: fault.Conflict.
func (s *Service) NotTheSame(tx *store.Tx, sc auth.Scope, a, b id.ID) error {
	x, y, err := s.both(tx, sc, a, b)
	if err != nil {
		return err
	}
	if x.row.id == y.row.id {
		return errFurther
	}
	return s.tellApart(tx, sc, x, y)
}

func (s *Service) tellApart(tx *store.Tx, sc auth.Scope, x, y known) error {
	a, b := pair(x.row.id, y.row.id)
	if err := insertDistinct(tx, sc, a, b, sc.Now()); err != nil {
		return err
	}
	if err := updateReview(tx, sc, a, b, ReviewDistinct, sc.Now()); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("person.distinct", "person", a.String(), x.Area, map[string]any{"other": b.String()}))
}

// Undo takes back the merge by which gone went: gone stands again as it was, the
// other loses what it had learned by the merge unless it was changed since, and
// the two are remembered as told apart. The later of two merges is undone first.
func (s *Service) Undo(tx *store.Tx, sc auth.Scope, gone id.ID) error {
	if !sc.Allows(auth.WritePeople) {
		return errAct
	}
	m, err := selectMerge(tx.Context(), tx, sc, gone)
	if fault.Is(err, fault.NotFound) {
		return errMerged
	}
	if err != nil {
		return err
	}
	r, err := selectPerson(tx.Context(), tx, sc, m.kept)
	if fault.Is(err, fault.NotFound) {
		return errNone
	}
	if err != nil {
		return err
	}
	now, err := s.Canonical(tx.Context(), tx, sc, m.kept)
	if err != nil {
		return err
	}
	if now != m.kept {
		return errFurther
	}
	kept, err := s.read(sc, r)
	if err != nil {
		return err
	}
	b, err := s.openMerge(sc, m)
	if err != nil {
		return err
	}
	return s.split(tx, sc, known{row: r, Person: kept}, b.Gone.person(gone, b.Area), b)
}

func (s *Service) openMerge(sc auth.Scope, m merge) (b mergeBlob, err error) {
	key, err := s.keys.Unwrap(m.wrapped, mergePlace(sc, m.gone, "key"))
	if err != nil {
		return b, fmt.Errorf("person: key of merge %s: %w", m.gone, err)
	}
	plain, err := key.Open(m.sealed, mergePlace(sc, m.gone, "sealed"))
	if err != nil {
		return b, fmt.Errorf("person: merge %s: %w", m.gone, err)
	}
	if err := json.Unmarshal(plain, &b); err != nil {
		return b, fmt.Errorf("person: merge %s: %w", m.gone, errors.New("not JSON"))
	}
	return b, nil
}

// split sets gone beside kept again.
func (s *Service) split(tx *store.Tx, sc auth.Scope, kept known, gone Person, b mergeBlob) error {
	if b.Before != nil {
		back := kept.unlearn(b.Before.person(kept.row.id, b.AreaB), b.After.person(kept.row.id, b.AreaA))
		if err := s.rewrite(tx, sc, kept.row, kept.Person, back); err != nil {
			return err
		}
	}
	if err := s.revive(tx, sc, gone); err != nil {
		return err
	}
	if err := closeMerge(tx, sc, gone.ID, sc.Now()); err != nil {
		return err
	}
	if err := s.tellApart(tx, sc, kept, known{row: row{id: gone.ID}, Person: gone}); err != nil {
		return err
	}
	if err := event.Tell(tx, sc.Province(), event.PeopleMerged{Kept: kept.row.id, Gone: gone.ID, Undone: true}); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("person.undo", "person", kept.row.id.String(), kept.Area, map[string]any{"gone": gone.ID.String()}))
}

// revive writes the row of somebody who had gone, with a new key.
func (s *Service) revive(tx *store.Tx, sc auth.Scope, p Person) error {
	r, err := s.sealed(sc, row{id: p.ID}, p)
	if err != nil {
		return err
	}
	found, err := revivePerson(tx, sc, r, sc.Now())
	if err != nil {
		return err
	}
	keys := s.keysOf(p)
	if !found {
		return s.insert(tx, sc, p, keys)
	}
	return insertBlocks(tx, sc, standingIn(p.ID, keys))
}

// unlearn returns p as it would be had it not gone from before to after: a field
// that still says after says before; of a list goes what after had added.
func (p Person) unlearn(before, after Person) Person {
	back := func(now *string, before, after string) {
		if *now == after {
			*now = before
		}
	}
	back(&p.Name, before.Name, after.Name)
	back(&p.Birth, before.Birth, after.Birth)
	back(&p.Sex, before.Sex, after.Sex)
	back(&p.Phone, before.Phone, after.Phone)
	back(&p.Address, before.Address, after.Address)
	back(&p.Household, before.Household, after.Household)
	back(&p.Nationality, before.Nationality, after.Nationality)
	back(&p.Occupation, before.Occupation, after.Occupation)
	if p.Area == after.Area {
		p.Area = before.Area
	}
	p.OtherNames = without(p.OtherNames, before.OtherNames, after.OtherNames)
	p.OtherPhones = without(p.OtherPhones, before.OtherPhones, after.OtherPhones)
	p.Papers = without(p.Papers, before.Papers, after.Papers)
	return p
}

func without[T comparable](now, before, after []T) []T {
	return slices.DeleteFunc(slices.Clone(now), func(v T) bool { return slices.Contains(after, v) && !slices.Contains(before, v) })
}

// eraseMerges destroys the copies that merges into i keep, and into those who
// went into i, with the reviews and the challenges of all of them.
func (s *Service) eraseMerges(tx *store.Tx, sc auth.Scope, i id.ID) error {
	all := []id.ID{i}
	for n := 0; n < len(all); n++ {
		below, err := selectMerged(tx.Context(), tx, sc, all[n])
		if err != nil {
			return err
		}
		for _, m := range below {
			all = append(all, m.gone)
		}
		if err := eraseMerge(tx, sc, all[n]); err != nil {
			return err
		}
		if err := deleteReviews(tx, sc, all[n]); err != nil {
			return err
		}
		if err := eraseChallenges(tx, sc, all[n]); err != nil {
			return err
		}
	}
	return nil
}
