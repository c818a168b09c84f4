package contact_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/outbreak/contact"
)

// byNothing matches the steps of a plan that read a whole table, or look an exposure
// up by its area alone where the contact is known. SQLite counts no rows: a new index
// can make it choose these, and nobody feels it before there are 100,000.
var byNothing = regexp.MustCompile(`SCAN (c|m|e)\b|SEARCH e USING (COVERING )?INDEX contact_exposure_contact \(province=\?\)`)

// Whoever lists contacts, by whatever filter: their indexes are asked.
func TestListsAskTheirIndexes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if w.db.Engine() != store.SQLite {
			return // PostgreSQL plans by its statistics, which an empty table has not
		}
		filters := map[string]contact.Filter{"all": {}, "status": {Status: contact.Found}, "degree": {Degree: 1}, "kind": {Kind: "bus"}, "uncalled": {Uncalled: true},
			"area": {Area: must(t, minhHoa)}, "case": {Case: id.New()}, "case and status": {Case: id.New(), Status: contact.Found}, "after": {After: &contact.Cursor{Priority: 5, ID: id.New()}},
			"degree of a status": {Status: contact.Found, Degree: 2}, "kind of a status": {Status: contact.Found, Degree: 1, Kind: "bus"}}
		scopes := map[string]auth.Scope{"all": everything, "province": w.officer(t, "tinh", "2021/20", auth.HealthOfficer, auth.Trace),
			"district": w.officer(t, "huyen", "2021/20/186", auth.HealthOfficer, auth.Trace), "commune": w.officer(t, "xaminhhoa", minhHoa, auth.HealthOfficer, auth.Trace)}
		for who, sc := range scopes {
			for what, f := range filters {
				plan, err := w.PlanOfList(t.Context(), sc, f)
				if err != nil || len(plan) == 0 {
					t.Fatalf("%s, %s: %v, %v", who, what, plan, err)
				}
				if who == "commune" && f.Case.IsZero() && strings.Count(strings.Join(plan, " "), "_area (") != 2 {
					t.Errorf("%s, %s: not by both areas: %s", who, what, plan)
				}
				if kind, rare := strings.CutSuffix(what, " of a status"); rare && who != "commune" && !strings.Contains(plan[0], "contact_contact_"+kind+" (") {
					t.Errorf("%s, %s: %s", who, what, plan[0])
				}
				correlated := false
				for _, step := range plan {
					if byNothing.MatchString(step) || correlated && !regexp.MustCompile(`contact=\?`).MatchString(step) {
						t.Errorf("%s, %s: %s", who, what, step)
					}
					correlated = regexp.MustCompile(`^CORRELATED`).MatchString(step)
				}
			}
		}
	})
}

// An officer of a district gets the same page however far the list of all is walked
// for it: theirs lie at its top, at its end, between, or anywhere but here.
func TestListHoweverFarWalked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		w.Numbers = numbers{"BN1": s.kase.Case}
		rows := "Mã ca bệnh,Họ và tên,Năm sinh,Huyện,Xã,Tiếp xúc từ,Tiếp xúc đến\n"
		for i := range 24 {
			home := "Chi Lăng,Vân An"
			if i < 3 || i == 12 || i > 20 {
				home = "Hữu Lũng,Minh Hòa"
			}
			rows += fmt.Sprintf("BN1,Vi Văn %c,%d,%s,%d/01/2022 08:00,%d/01/2022 09:00\n", 'A'+i, 1960+i, home, 3+i/3, 3+i/3)
		}
		if got, err := w.Import(t.Context(), w.scope(), strings.NewReader(rows)); err != nil || got.Added != 24 {
			t.Fatalf("%+v, %v", got, err)
		}
		all := w.list(t, contact.Filter{})
		for i, path := range []string{"2021/20/186", chiLang, "2021/20/178"} {
			sc := w.officer(t, fmt.Sprint("huyen", i), path, auth.HealthOfficer, auth.Trace)
			for _, most := range []int{1, 3, 7, 100} {
				for _, steps := range []int{0, 1, 5, 23, 1000} {
					w.sameWalk(t, sc, all, most, steps)
				}
			}
		}
	})
}

// sameWalk pages through the whole list.
func (w *world) sameWalk(t *testing.T, sc auth.Scope, all []contact.Contact, most, steps int) {
	t.Helper()
	var want, got []id.ID
	for _, c := range all {
		if f, err := w.Read(t.Context(), sc, c.ID); err == nil {
			want = append(want, f.ID)
		}
	}
	for f := (contact.Filter{}); ; {
		page, err := w.ListWalking(t.Context(), sc, f, most, steps)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page {
			got = append(got, c.ID)
		}
		if len(page) < most {
			break
		}
		f.After = &contact.Cursor{Priority: page[most-1].Priority, ID: page[most-1].ID}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d a page, %d steps: got %d contacts %v, want %d %v", most, steps, len(got), got, len(want), want)
	}
}
