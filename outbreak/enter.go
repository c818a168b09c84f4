package outbreak

import (
	"fmt"
	"slices"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
)

// outcome is what became of some rows of a list.
type outcome struct {
	added, changed, known, links int
	fresh, merged, reviews       int // people
	refused                      []refusal
}

type refusal struct {
	row lineRow
	why *fault.Error
}

// stands is what the database has of the rows' keys, numbers and ids.
type stands struct {
	keys, numbers, ids, parts map[string]bool
	cases                     map[id.ID]Case   // in scope
	said                      map[id.ID][]Part // removed ones too
}

// enter decides what is new of some rows and, unless it is only tried, writes it.
// The transaction may run again: rows stay as they are.
func (s *Service) enter(tx *store.Tx, sc auth.Scope, rows []lineRow, try bool) (o outcome, err error) {
	st, err := s.standingOf(tx, sc, rows)
	if err != nil {
		return o, err
	}
	var fresh, changed []lineRow
	for _, r := range rows {
		c, own := st.cases[r.draft.ID]
		switch {
		case r.own && own && r.says(c, st.said[c.ID]):
			o.known++
		case r.own && own:
			if why := r.mayChange(sc, c, st); why != nil {
				o.refused = append(o.refused, refusal{r, why})
				continue
			}
			changed = append(changed, r)
		case r.own && st.ids[string(r.draft.ID[:])], slices.ContainsFunc(r.parts, func(p Part) bool { return st.parts[string(p.ID[:])] }):
			o.refused = append(o.refused, refusal{r, errIDTaken})
			continue
		case !st.keys[string(r.key())] && st.numbers[r.draft.Number], r.own && st.numbers[r.draft.Number]:
			o.refused = append(o.refused, refusal{r, errNumberTaken})
			continue
		case st.keys[string(r.key())] && !r.own:
			o.known++
		default:
			fresh = append(fresh, r)
		}
	}
	o.added, o.changed = len(fresh), len(changed)
	if try {
		return o, nil
	}
	if err := s.enterNew(tx, sc, fresh, st, &o); err != nil {
		return o, err
	}
	if err := s.enterChanged(tx, sc, changed, st); err != nil {
		return o, err
	}
	return o, s.enterLinks(tx, sc, rows, &o)
}

func (s *Service) standingOf(tx *store.Tx, sc auth.Scope, rows []lineRow) (st stands, err error) {
	var keys [][]byte
	var numbers []string
	var own []id.ID
	for _, r := range rows {
		keys = append(keys, r.key())
		if r.draft.Number != "" {
			numbers = append(numbers, r.draft.Number)
		}
		if r.own {
			own = append(own, r.draft.ID)
		}
	}
	if st.keys, err = importKeys(tx, sc, keys); err != nil {
		return st, err
	}
	if st.numbers, err = numbersTaken(tx, sc, numbers); err != nil {
		return st, err
	}
	if st.ids, err = idsTaken(tx, sc, own); err != nil {
		return st, err
	}
	if st.parts, err = partsTaken(tx, sc, partIDs(rows)); err != nil {
		return st, err
	}
	if st.cases, err = casesByID(tx, sc, own); err != nil {
		return st, err
	}
	st.said, err = partsOf(tx.Context(), tx, sc, own, true)
	return st, err
}

func partIDs(rows []lineRow) (ids []id.ID) {
	for _, r := range rows {
		for _, p := range r.parts {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// says reports whether a row says what its case says. Of a person it is enough
// that one is there: who they are is changed where people are.
func (r lineRow) says(c Case, parts []Part) bool {
	d := r.draft.Case
	d.Person, d.Version, d.Created, d.Changed, d.Actor = c.Person, c.Version, c.Created, c.Changed, c.Actor
	if d != c || r.draft.Who.Name != "" && c.Person.IsZero() {
		return false
	}
	stand := map[id.ID]Part{}
	for _, p := range parts {
		if slices.Contains(r.kinds, p.Kind) && !p.Removed {
			stand[p.ID] = p
		}
	}
	for _, p := range r.parts {
		was, ok := stand[p.ID]
		if !ok || !was.same(p) {
			return false
		}
		delete(stand, p.ID)
	}
	return len(stand) == 0
}

// mayChange says why a row may not change its case: nil when the list was taken
// from the case as it stands, and both areas are the importer's.
func (r lineRow) mayChange(sc auth.Scope, c Case, st stands) *fault.Error {
	if r.draft.Version != (Whole{Case: c, Parts: st.said[c.ID]}).Revision() {
		return fault.New(fault.Conflict, "outbreak.changed").At("version", "")
	}
	mine := map[id.ID]bool{}
	for _, p := range st.said[c.ID] {
		mine[p.ID] = true
	}
	for _, p := range r.parts {
		if st.parts[string(p.ID[:])] && !mine[p.ID] {
			return errIDTaken
		}
	}
	for _, a := range []area.Code{c.Area, r.draft.Area} {
		if err := sc.Check(auth.WriteCases, a); err != nil {
			return fault.Of(err).At("area", "")
		}
	}
	if r.draft.Number != c.Number && st.numbers[r.draft.Number] {
		return errNumberTaken
	}
	return nil
}

// enterNew creates the cases of rows with their people and parts.
func (s *Service) enterNew(tx *store.Tx, sc auth.Scope, rows []lineRow, st stands, o *outcome) error {
	drafts := make([]*Draft, len(rows))
	for i := range rows {
		d := rows[i].draft
		drafts[i] = &d
	}
	rs, err := s.registerAll(tx, sc, drafts)
	if err != nil {
		return err
	}
	o.meet(rs)
	cases, keys := make([]Case, len(rows)), make([][]byte, len(rows))
	var parts []Part
	for i, d := range drafts {
		cases[i] = newCase(sc, d.Case)
		if key := rows[i].key(); !st.keys[string(key)] {
			keys[i] = key
		}
		for _, p := range rows[i].parts {
			p.Case, p.Version, p.Changed, p.Actor = d.ID, 1, cases[i].Changed, sc.Actor()
			parts = append(parts, p)
		}
	}
	if err := insertCases(tx, sc, cases, keys); err != nil {
		return fmt.Errorf("outbreak: list: %w", err)
	}
	if err := insertParts(tx, sc, parts); err != nil {
		return err
	}
	for _, c := range cases {
		if err := s.told(tx, sc, "case.create", Case{}, c); err != nil {
			return err
		}
	}
	return nil
}

func (o *outcome) meet(rs []person.Registered) {
	for _, r := range rs {
		switch r.Verdict {
		case person.Same:
			o.merged++
		case person.Unsure:
			o.reviews++
		default:
			o.fresh++
		}
	}
}

// enterChanged writes over cases what their rows say, and over their parts of the
// kinds that the list has.
func (s *Service) enterChanged(tx *store.Tx, sc auth.Scope, rows []lineRow, st stands) error {
	for _, r := range rows {
		d := r.draft
		d.Version = st.cases[d.ID].Version
		c, err := s.change(tx, sc, d)
		if err != nil {
			return err
		}
		if err := s.replaceParts(tx, sc, c, r, st.said[c.ID]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) replaceParts(tx *store.Tx, sc auth.Scope, c Case, r lineRow, stand []Part) error {
	told := map[id.ID]Part{}
	for _, p := range r.parts {
		told[p.ID] = p
	}
	now := store.Time(store.Millis(sc.Now()))
	for _, was := range stand {
		p, still := told[was.ID]
		delete(told, was.ID)
		if !slices.Contains(r.kinds, was.Kind) || still && !was.Removed && was.same(p) || !still && was.Removed {
			continue
		}
		act := "case.part.change"
		if !still {
			act, p = "case.part.remove", was
			p.Removed = true
		}
		p.Case, p.Version, p.Changed, p.Actor = c.ID, was.Version+1, now, sc.Actor()
		if _, err := updatePart(tx, sc, p, was.Version); err != nil {
			return err
		}
		if err := s.notePart(tx, sc, act, c, p); err != nil {
			return err
		}
	}
	for _, p := range r.parts {
		if _, fresh := told[p.ID]; !fresh {
			continue
		}
		p.Case, p.Version, p.Changed, p.Actor = c.ID, 1, now, sc.Actor()
		if err := insertParts(tx, sc, []Part{p}); err != nil {
			return err
		}
		if err := s.notePart(tx, sc, "case.part.add", c, p); err != nil {
			return err
		}
	}
	return nil
}

// enterLinks hands the sources that the rows tell to whoever keeps them.
func (s *Service) enterLinks(tx *store.Tx, sc auth.Scope, rows []lineRow, o *outcome) error {
	no := map[int]bool{}
	for _, r := range o.refused {
		no[r.row.row] = true
	}
	var links []Link
	for _, r := range rows {
		to := r.draft.Number
		if to == "" {
			to = r.draft.ID.String()
		}
		if no[r.row] || r.draft.Number == "" && !r.own {
			continue
		}
		for _, from := range r.sources {
			links = append(links, Link{From: from, To: to, Certainty: Probably})
		}
	}
	o.links = len(links)
	if s.links == nil || len(links) == 0 {
		return nil
	}
	return s.links.KeepLinks(tx, sc, links)
}
