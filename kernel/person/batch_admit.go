package person

import (
	"slices"

	"khien/kernel/area"
	"khien/kernel/id"
)

// admit decides on one newcomer and lets the batch know the outcome.
func (b *batch) admit(i int) (Registered, error) {
	n := b.all[i]
	near, full := b.near(i)
	found := make([]candidate[*known], len(near))
	for j, k := range near {
		found[j] = candidate[*known]{k, b.like(i, k)}
	}
	verdict, close := decide(found)
	r := Registered{ID: n.ID, Verdict: verdict, Candidates: seen(b.sc, close), Full: full}
	b.verdict = append(b.verdict, noted{verdict, n.Person, close, full})
	if verdict == Same {
		r.ID = close[0].who.row.id
		return r, b.fold(close[0].who, n, tenths(close[0].like))
	}
	b.enter(n)
	for _, c := range close {
		x, y := pair(n.ID, c.who.row.id)
		b.reviews = append(b.reviews, Review{A: x, B: y, Score: float64(tenths(c.like)) / 10})
	}
	return r, nil
}

func (b *batch) like(i int, k *known) Likeness {
	for _, w := range b.likes[i] {
		if w.side == k.side {
			return w.like
		}
	}
	return compare(b.all[i].side, k.side)
}

// enter lets a newcomer stand.
func (b *batch) enter(n newcomer) {
	k := &known{row: row{id: n.ID, area: n.Area}, Person: n.Person, side: n.side, keys: n.keys, new: true}
	b.stand[n.ID] = k
	b.order = append(b.order, k)
	for _, key := range n.keys {
		b.join(key, n.ID)
	}
}

func (b *batch) join(key blockKey, i id.ID) {
	if m := b.blocks[key]; m != nil { // else nobody of this batch looks there
		m.gone = slices.DeleteFunc(m.gone, func(g id.ID) bool { return g == i })
		if !slices.Contains(m.before, i) {
			m.added = append(m.added, i)
		}
	}
}

// leave takes somebody out of a block. Of a full block only a part was read:
// then it is read anew, for it may have become one to look into.
func (b *batch) leave(key blockKey, i id.ID) error {
	m := b.blocks[key]
	if m == nil {
		return nil
	}
	if slices.Contains(m.added, i) {
		m.added = slices.DeleteFunc(m.added, func(a id.ID) bool { return a == i })
		return nil
	}
	m.gone = append(m.gone, i)
	if len(m.before) <= blockMost {
		return nil
	}
	var err error
	if m.before, err = selectBlock(b.tx.Context(), b.tx, b.sc, key, blockMost+1+len(m.gone)); err != nil || len(m.now()) > blockMost {
		return err
	}
	return b.readPeople(b.tx.Context(), b.tx)
}

// folded is a merge that the batch will write.
type folded struct {
	merge
	blob mergeBlob
}

// fold merges a newcomer into somebody who stands.
func (b *batch) fold(k *known, n newcomer, tenths int64) error {
	f := &folded{merge{gone: n.ID, kept: k.row.id, tenths: tenths}, mergeBlob{Gone: blobOf(n.Person), Area: n.Area}}
	b.merges = append(b.merges, f)
	after := k.learn(n.Person)
	if k.Person.equal(after) {
		return nil
	}
	f.blob.between(k.Person, after)
	was := k.keys
	if was == nil {
		was = b.s.blockKeys(blocksOf(k.side))
	}
	if !k.new && !k.old {
		k.was, k.old = was, true
		b.order = append(b.order, k)
	}
	k.moved = k.moved || k.Phone != after.Phone || area.Fold(k.Name) != area.Fold(after.Name)
	k.Person, k.side = after, newSide(after)
	k.keys = b.s.blockKeys(blocksOf(k.side))
	for _, key := range k.keys {
		if !slices.Contains(was, key) {
			b.join(key, k.row.id)
		}
	}
	for _, key := range was {
		if slices.Contains(k.keys, key) {
			continue
		}
		if err := b.leave(key, k.row.id); err != nil {
			return err
		}
	}
	return nil
}
