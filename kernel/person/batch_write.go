package person

import (
	"slices"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/id"
)

// write seals on all processors and writes in the order of the keys, which is
// the order of the pages.
func (b *batch) write() error {
	err := atOnce(len(b.order), func(i int) (err error) {
		k := b.order[i]
		k.row, err = b.s.sealed(b.sc, k.row, k.Person)
		return err
	})
	if err != nil {
		return err
	}
	err = atOnce(len(b.merges), func(i int) error { return b.s.sealMerge(b.sc, &b.merges[i].merge, b.merges[i].blob) })
	if err != nil {
		return err
	}
	var fresh []row
	for _, k := range b.order {
		if k.new {
			fresh = append(fresh, k.row)
		} else if err := updatePerson(b.tx, b.sc, k.row, !k.moved, b.sc.Now()); err != nil {
			return err
		}
		b.in, b.out = append(b.in, k.standing(k.keys, k.was)...), append(b.out, k.standing(k.was, k.keys)...)
	}
	if err := insertPeople(b.tx, b.sc, fresh, b.sc.Now()); err != nil {
		return err
	}
	if err := deleteBlocks(b.tx, b.sc, b.out); err != nil {
		return err
	}
	if err := insertBlocks(b.tx, b.sc, b.in); err != nil {
		return err
	}
	for _, f := range b.merges {
		if err := insertMerge(b.tx, b.sc, f.merge); err != nil {
			return err
		}
	}
	return insertReviews(b.tx, b.sc, b.reviews)
}

// standing is one person in one block.
type standing struct {
	blockKey
	person id.ID
}

// standing returns the rows of keys that are not among others.
func (k *known) standing(keys, others []blockKey) (all []standing) {
	for _, key := range keys {
		if !slices.Contains(others, key) {
			all = append(all, standing{key, k.row.id})
		}
	}
	return all
}

// noted is what the audit trail keeps of one registration.
type noted struct {
	verdict Verdict
	who     Person
	near    []candidate[*known]
	full    []string
}

// note writes what became of the batch down: of one person as of that person, of
// many in one row, whose detail names them all.
func (b *batch) note([]Registered) error {
	switch len(b.verdict) {
	case 0:
		return nil
	case 1:
		return audit.Append(b.tx, b.verdict[0].entry(b.sc))
	}
	var fresh []string
	merged, like := map[string]string{}, map[string][]string{}
	for _, v := range b.verdict {
		who := v.who.ID.String()
		if v.verdict == Same {
			merged[who] = v.near[0].who.row.id.String()
			continue
		}
		fresh = append(fresh, who)
		for _, c := range v.near {
			like[who] = append(like[who], c.who.row.id.String())
		}
	}
	detail := map[string]any{"people": len(b.verdict), "new": fresh, "merged": merged, "like": like}
	return audit.Append(b.tx, b.sc.Entry("person.import", "person", "", 0, detail))
}

func (n noted) entry(sc auth.Scope) audit.Entry {
	if n.verdict == Same {
		into := n.near[0].who
		return sc.Entry("person.merge", "person", into.row.id.String(), into.Area, map[string]any{"gone": n.who.ID.String(), "bits": n.near[0].like.Score})
	}
	return sc.Entry("person.register", "person", n.who.ID.String(), n.who.Area, detailOf(n.verdict, n.near, n.full))
}
