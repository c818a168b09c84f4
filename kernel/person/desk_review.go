package person

import (
	"net/http"
	"net/url"
	"strings"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/web"
)

type reviewPage struct {
	A, B          id.ID
	Names         [2]string
	Filed         Review
	Fields        []pairField
	Reasons       []reasonText
	Likeness      Likeness
	Open, Decided int
	Person        string // whose reviews alone are shown, or ""
	Next          string // where "later" leads
	Undo          *undoable
}

// pairField is one line of two people beside one another.
type pairField struct {
	Label, A, B string
	Differs     bool
}

// reasonText is a reason in words.
type reasonText struct {
	Text string
	Bits string
	Kind string // of the stylesheet: good speaks for one human being, bad against
}

// undoable is the act that was just done.
type undoable struct {
	A, B     id.ID
	Decision string
}

const reviewing = "review"

// skipped bounds how many reviews one page passes over whose other side lies
// elsewhere.
const skipped = 200

func (d *Desk) getReviews(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WritePeople, reviewing)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	page := reviewPage{Person: q.Get("person"), Undo: undoOf(q)}
	if page.Open, page.Decided, err = d.People.ReviewCount(r.Context(), d.DB, sc, today(d.Now())); err != nil {
		return err
	}
	list, err := d.reviews(r, sc, q)
	if err != nil {
		return err
	}
	for _, v := range list {
		a, errA := d.People.Get(r.Context(), d.DB, sc, v.A)
		b, errB := d.People.Get(r.Context(), d.DB, sc, v.B)
		if fault.Is(errA, fault.NotFound) || fault.Is(errB, fault.NotFound) || a.ID == b.ID {
			continue // one lives elsewhere, or they were merged by another way
		}
		if errA != nil || errB != nil {
			return firstError(errA, errB)
		}
		d.fill(r, &page, v, a, b)
		break
	}
	return d.Views.Render(w, r, http.StatusOK, "person/reviews.html", page)
}

func firstError(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// reviews are those after the cursor, or those of one person.
func (d *Desk) reviews(r *http.Request, sc auth.Scope, q url.Values) ([]Review, error) {
	var after Review
	if a, b, ok := strings.Cut(q.Get("after"), "."); ok {
		x, errA := id.Parse(a)
		y, errB := id.Parse(b)
		if errA == nil && errB == nil {
			after = Review{A: x, B: y}
		}
	}
	if who, err := id.Parse(q.Get("person")); err == nil {
		all, err := d.People.ReviewsOf(r.Context(), d.DB, sc, who)
		for i, v := range all {
			if v.A == after.A && v.B == after.B {
				return all[i+1:], err
			}
		}
		return all, err
	}
	return d.People.Reviews(r.Context(), d.DB, sc, after, skipped)
}

func (d *Desk) fill(r *http.Request, p *reviewPage, v Review, a, b Person) {
	p.Filed, p.A, p.B, p.Names = v, a.ID, b.ID, [2]string{a.Name, b.Name}
	p.Likeness = Compare(a, b)
	next := url.Values{"after": {v.A.String() + "." + v.B.String()}}
	if p.Person != "" {
		next.Set("person", p.Person)
	}
	p.Next = "/people/reviews?" + next.Encode()
	left, right := d.facts(r, a), d.facts(r, b)
	p.Fields = besides(left, right)
	for _, x := range p.Likeness.Reasons {
		kind := "good"
		if x.Bits < 0 {
			kind = "bad"
		}
		text := web.T(r.Context(), "person.field."+x.Field) + ": " + web.T(r.Context(), "person.how."+x.How)
		p.Reasons = append(p.Reasons, reasonText{text, signed(web.Lang(r.Context()), x.Bits), kind})
	}
}

func signed(l i18n.Lang, bits float64) string {
	if bits > 0 {
		return "+" + i18n.Number(l, bits)
	}
	return i18n.Number(l, bits)
}

// besides lays the lines of two people side by side, by their names.
func besides(a, b []web.Cell) (all []pairField) {
	used := map[int]bool{}
	for _, x := range a {
		f := pairField{Label: x.Name, A: x.Text}
		for i, y := range b {
			if y.Name == x.Name && !used[i] {
				used[i], f.B = true, y.Text
				break
			}
		}
		f.Differs = f.A != f.B
		all = append(all, f)
	}
	for i, y := range b {
		if !used[i] {
			all = append(all, pairField{Label: y.Name, B: y.Text, Differs: true})
		}
	}
	return all
}

// undoOf reads the act that an address says was just done.
func undoOf(q url.Values) *undoable {
	a, errA := id.Parse(q.Get("a"))
	b, errB := id.Parse(q.Get("b"))
	if decision := q.Get("done"); errA == nil && errB == nil && (decision == "same" || decision == "distinct") {
		return &undoable{a, b, decision}
	}
	return nil
}

type reviewForm struct {
	A        id.ID  `form:"a,required"`
	B        id.ID  `form:"b,required"`
	Decision string `form:"decision,required,max=10"`
	Person   string `form:"person,max=40"`
}

func (d *Desk) postReview(w http.ResponseWriter, r *http.Request) error {
	var f reviewForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	sc, err := auth.ScopeOf(r.Context(), auth.WritePeople, reviewing)
	if err != nil {
		return err
	}
	err = d.DB.Tx(r.Context(), func(tx *store.Tx) error {
		switch f.Decision {
		case "same":
			return d.People.Merge(tx, sc, f.A, f.B)
		case "distinct":
			return d.People.NotTheSame(tx, sc, f.A, f.B)
		}
		return fault.New(fault.Invalid, "person.decision")
	})
	if err != nil {
		return err
	}
	q := url.Values{"a": {f.A.String()}, "b": {f.B.String()}, "done": {f.Decision}}
	if f.Person != "" {
		q.Set("person", f.Person)
	}
	return web.Redirect(w, r, "/people/reviews?"+q.Encode(), "")
}

// postUndoReview takes back the decision just made, and shows the pair again.
func (d *Desk) postUndoReview(w http.ResponseWriter, r *http.Request) error {
	var f reviewForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	sc, err := auth.ScopeOf(r.Context(), auth.WritePeople, reviewing)
	if err != nil {
		return err
	}
	err = d.DB.Tx(r.Context(), func(tx *store.Tx) error {
		if f.Decision == "same" {
			if err := d.People.Undo(tx, sc, f.B); err != nil {
				return err
			}
		}
		return d.People.Reopen(tx, sc, f.A, f.B)
	})
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/people/reviews", "person.reopened")
}
