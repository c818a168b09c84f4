package person

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/garbage"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Registered is what became of a newcomer.
type Registered struct {
	ID         id.ID // who they are: the newcomer's own, or the one they were merged into
	Verdict    Verdict
	Candidates []Match  // who they are like, best first, as far as the scope sees them
	Full       []string // kinds of blocks too full to look into, "name": somebody like them may have been missed
}

// Match is somebody like a newcomer.
type Match struct {
	ID id.ID
	Likeness
}

// candidatesMost bounds how many are compared with one newcomer.
const candidatesMost = 256

// Register finds out who p is and returns it. Above MergeBits and without rival
// p is merged into the one who stands; between the thresholds p stands as a new
// person and a review is filed; else p is new. p.ID is the caller's and makes
// the call idempotent: a second one answers as the first, and changes nothing.
//
// The whole province is searched, whatever the scope covers, for one human being
// has one row: the answer tells an officer that somebody stands, and who they
// are only in their own area.
func (s *Service) Register(tx *store.Tx, sc auth.Scope, p Person) (Registered, error) {
	if !sc.Allows(auth.WritePeople) {
		return Registered{}, errAct
	}
	n, err := s.ready(p)
	if err != nil {
		return Registered{}, err
	}
	rs, err := s.register(tx, sc, []newcomer{n})
	if err != nil {
		return Registered{}, err
	}
	return rs[0], nil
}

// registered answers for an ID that was registered before.
func (s *Service) registered(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Registered, bool, error) {
	if m, err := selectMerge(ctx, q, sc, i); err == nil {
		now, err := s.Canonical(ctx, q, sc, m.kept)
		return Registered{ID: now, Verdict: Same, Candidates: []Match{{now, Likeness{Score: float64(m.tenths) / 10, Verdict: Same}}}}, true, err
	} else if !fault.Is(err, fault.NotFound) {
		return Registered{}, false, err
	}
	if _, err := selectAnywhere(ctx, q, sc, i); fault.Is(err, fault.NotFound) {
		return Registered{}, false, nil
	} else if err != nil {
		return Registered{}, false, err
	}
	r := Registered{ID: i, Verdict: Other}
	reviews, err := selectReviewsOf(ctx, q, sc, i)
	for _, v := range reviews {
		if v.State != ReviewOpen {
			continue
		}
		other := v.A
		if other == i {
			other = v.B
		}
		r.Verdict, r.Candidates = Unsure, append(r.Candidates, Match{other, Likeness{Score: v.Score, Verdict: Unsure}})
	}
	return r, err == nil, err
}

// seen returns the candidates that the scope may know of.
func seen(sc auth.Scope, all []candidate[*known]) (ms []Match) {
	for _, c := range all {
		if sc.Covers(c.who.Area) {
			ms = append(ms, Match{c.who.row.id, c.like})
		}
	}
	return ms
}

// detailOf is what the audit trail keeps of a registration: ids and sums.
func detailOf(v Verdict, near []candidate[*known], full []string) map[string]any {
	d := map[string]any{"verdict": v}
	var like []string
	for _, c := range near {
		like = append(like, c.who.row.id.String())
	}
	if like != nil {
		d["like"] = like
	}
	if full != nil {
		d["full"] = full
	}
	return d
}

func tenths(l Likeness) int64 { return tenthsOf(l.Score) }

func tenthsOf(bits float64) int64 { return int64(math.Round(bits * 10)) }

func compareIDs(a, b id.ID) int { return bytes.Compare(a[:], b[:]) }

// pair orders two ids, as pairs are stored.
func pair(a, b id.ID) (id.ID, id.ID) {
	if bytes.Compare(a[:], b[:]) > 0 {
		return b, a
	}
	return a, b
}

// Review is a pair that somebody must look at.
type Review struct {
	A, B  id.ID   // A before B
	Score float64 // bits, when filed
	State ReviewState
	Filed time.Time
}

// ReviewState is how a review stands. The values are stored as written.
type ReviewState string

// The states.
const (
	ReviewOpen     ReviewState = "open"
	ReviewMerged   ReviewState = "merged"
	ReviewDistinct ReviewState = "distinct"
)

// Reviews returns open reviews of which one side at least lies in scope, at most
// limit (of 1 to 200), after the given one; the zero Review is before all.
func (s *Service) Reviews(ctx context.Context, q store.Querier, sc auth.Scope, after Review, limit int) ([]Review, error) {
	if !sc.Allows(auth.ReadPeople) {
		return nil, errAct
	}
	return selectReviews(ctx, q, sc, after.A, after.B, min(max(limit, 1), 200))
}

// OpenReviews returns how many open reviews speak of somebody.
func (s *Service) OpenReviews(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (n int, err error) {
	if !sc.Allows(auth.ReadPeople) {
		return 0, errAct
	}
	all, err := selectReviewsOf(ctx, q, sc, i)
	for _, r := range all {
		if r.State == ReviewOpen {
			n++
		}
	}
	return n, err
}

// upgradedAtOnce is how many people one transaction of Upgrade takes.
const upgradedAtOnce = 1_000

// Upgrade writes the blocks of everybody anew when the tables come from a version
// that made others, and calls tell with how many people are done. Nobody may be
// registered before it has ended: their like would not be found. A second call
// after a cut begins anew; one that finds nothing to do costs one row.
func (s *Service) Upgrade(ctx context.Context, sc auth.Scope, tell func(people int)) error {
	if !sc.Allows(auth.WritePeople) {
		return errAct
	}
	if old, err := isOutdated(ctx, s.db, sc); err != nil || !old {
		return err
	}
	defer garbage.Rarely(garbage.Importing)()
	var last row
	for n := 0; ; tell(n) {
		rows, err := s.writeBlocksAfter(ctx, sc, last.id)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return s.db.Tx(ctx, func(tx *store.Tx) error { return deleteOutdated(tx, sc) })
		}
		n, last = n+len(rows), rows[len(rows)-1]
	}
}

// writeBlocksAfter writes those of the next by their ids.
func (s *Service) writeBlocksAfter(ctx context.Context, sc auth.Scope, after id.ID) (rows []row, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if rows, err = selectIDs(tx.Context(), tx, sc, after, upgradedAtOnce); err != nil {
			return err
		}
		all := make([][]standing, len(rows))
		err := atOnce(len(rows), func(i int) error {
			p, err := s.read(sc, rows[i])
			all[i] = standingIn(rows[i].id, s.keysOf(p))
			return err
		})
		if err != nil {
			return err
		}
		return insertBlocks(tx, sc, slices.Concat(all...))
	})
	return rows, err
}

// learn returns kept with what other adds to it: a fuller name, a more precise
// birth date, what was not known; and other's name, phones and papers beside its own.
func (kept Person) learn(other Person) Person {
	p := kept
	p.OtherNames, p.OtherPhones, p.Papers = slices.Clone(kept.OtherNames), slices.Clone(kept.OtherPhones), slices.Clone(kept.Papers)
	for _, name := range append([]string{other.Name}, other.OtherNames...) {
		p.learnName(name)
	}
	if b, o := readBirth(p.Birth), readBirth(other.Birth); b.year == 0 || o.year == b.year && (len(other.Birth) > len(p.Birth) || b.newYear() && o.whole()) {
		p.Birth = cmp.Or(other.Birth, p.Birth)
	}
	p.Sex = cmp.Or(p.Sex, other.Sex)
	for _, phone := range append([]string{other.Phone}, other.OtherPhones...) {
		switch {
		case phone == "" || phone == p.Phone || slices.Contains(p.OtherPhones, phone) || len(p.OtherPhones) == listed:
		case p.Phone == "":
			p.Phone = phone
		default:
			p.OtherPhones = append(p.OtherPhones, phone)
		}
	}
	for _, paper := range other.Papers {
		if !slices.Contains(p.Papers, paper) && len(p.Papers) < listed {
			p.Papers = append(p.Papers, paper)
		}
	}
	p.Address, p.Area = cmp.Or(p.Address, other.Address), cmp.Or(p.Area, other.Area)
	p.Household, p.Nationality, p.Occupation = cmp.Or(p.Household, other.Household), cmp.Or(p.Nationality, other.Nationality), cmp.Or(p.Occupation, other.Occupation)
	return p
}

// learnName adds a name unless it is written already; a name with marks takes the
// place of the same without.
func (p *Person) learnName(name string) {
	was, now := nameOf(p.Name), nameOf(name)
	same := slices.EqualFunc(was, now, func(a, b syllable) bool { return a.bare == b.bare })
	if same && isPlain(was) && !isPlain(now) {
		p.Name = name
	}
	if same || len(p.OtherNames) == listed {
		return
	}
	for _, o := range p.OtherNames {
		if slices.EqualFunc(nameOf(o), now, func(a, b syllable) bool { return a.full == b.full }) {
			return
		}
	}
	p.OtherNames = append(p.OtherNames, name)
}
