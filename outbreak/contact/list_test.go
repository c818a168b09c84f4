package contact_test

import (
	"regexp"
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
			"area": {Area: must(t, minhHoa)}, "case": {Case: id.New()}, "case and status": {Case: id.New(), Status: contact.Found}, "after": {After: &contact.Cursor{Priority: 5, ID: id.New()}}}
		scopes := map[string]auth.Scope{"all": everything, "province": w.officer(t, "tinh", "2021/20", auth.HealthOfficer, auth.Trace),
			"district": w.officer(t, "huyen", "2021/20/186", auth.HealthOfficer, auth.Trace), "commune": w.officer(t, "xaminhhoa", minhHoa, auth.HealthOfficer, auth.Trace)}
		for who, sc := range scopes {
			for what, f := range filters {
				plan, err := w.PlanOfList(t.Context(), sc, f)
				if err != nil || len(plan) == 0 {
					t.Fatalf("%s, %s: %v, %v", who, what, plan, err)
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
