package auth

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/web"
)

// Scope is the right to touch rows of people: which province, which areas of
// it, who acts, and why. A function that reads or writes such rows takes one
// and turns it into its SQL predicate with Where. Only Session.Scope, System and
// Console make one; the zero Scope covers nothing and allows nothing.
type Scope struct {
	province int
	areas    []area.Code
	whole    bool // the whole province, in both editions, and what has no area
	all      bool // every act: the program and the console
	roles    []Role
	account  id.ID
	kind     string
	purpose  string
	now      func() time.Time
}

// System is the scope of the program's own jobs and listeners: the whole
// province and every act. purpose names the job.
func System(province int, purpose string) Scope {
	return Scope{province: province, whole: true, all: true, kind: "system", purpose: purpose, now: time.Now}
}

// Console is the scope of a command that somebody runs on the machine itself:
// the whole province and every act. osUser is their login there.
func Console(province int, osUser, purpose string) Scope {
	return Scope{province: province, whole: true, all: true, kind: "console:" + osUser, purpose: purpose, now: time.Now}
}

// WithClock returns the scope with another clock, for replays and tests.
func (s Scope) WithClock(now func() time.Time) Scope {
	s.now = now
	return s
}

// Anywhere returns the same actor's scope without its areas. It is for the one
// row that a row in scope names by its id, such as the person of a case; never
// for a list or a search.
func (s Scope) Anywhere() Scope {
	s.whole = s.province != 0
	return s
}

// Province returns the tenant: the area number of the province.
func (s Scope) Province() int { return s.province }

// Areas returns the jurisdiction of an account as codes of one or both editions,
// a copy; nil for the program, the console and the zero Scope. Whole tells more
// than they do: it covers what has no area, too.
func (s Scope) Areas() []area.Code { return slices.Clone(s.areas) }

// Whole reports whether the scope covers the whole province, rows without an area included.
func (s Scope) Whole() bool { return s.whole }

// Account returns who acts; zero for the program and the console.
func (s Scope) Account() id.ID { return s.account }

// Actor says who acts, for logs and for rows that outlive accounts:
// "account:<id>", "system", "console:<login>".
func (s Scope) Actor() string {
	if s.account.IsZero() {
		return s.kind
	}
	return s.kind + ":" + s.account.String()
}

// Purpose says why, as given when the scope was made.
func (s Scope) Purpose() string { return s.purpose }

// Now is the time by the scope's clock, in UTC.
func (s Scope) Now() time.Time {
	if s.now == nil {
		return time.Now().UTC()
	}
	return s.now().UTC()
}

// Allows reports whether the actor's roles may do a.
func (s Scope) Allows(a Act) bool { return s.all || anyCan(s.roles, a) }

// Check returns nil when the actor may do a at c, else fault.Forbidden.
func (s Scope) Check(a Act, c area.Code) error {
	if !s.Allows(a) {
		return fault.New(fault.Forbidden, "auth.act")
	}
	if !s.Covers(c) {
		return fault.New(fault.Forbidden, "auth.area")
	}
	return nil
}

// AreaChoices are the units at and below home that the scope covers, each district
// before its communes, behind one of the text none, which stands for no unit.
func (s Scope) AreaChoices(r *http.Request, g *area.Gazetteer, home area.Code, none string) []web.Choice {
	cs := []web.Choice{{Text: web.T(r.Context(), none)}}
	var add func(c area.Code, prefix string)
	add = func(c area.Code, prefix string) {
		u, ok := g.Unit(c)
		if !ok {
			return
		}
		if s.Covers(c) {
			cs = append(cs, web.Choice{Value: c.String(), Text: prefix + u.FullName})
		}
		for _, below := range g.Children(c) {
			add(below.Code, prefix+"\u2003")
		}
	}
	add(home, "")
	return cs
}

// Covers reports whether c lies in the jurisdiction. The zero Code, "not
// known", lies only in the whole province.
func (s Scope) Covers(c area.Code) bool {
	if s.whole {
		return true
	}
	return slices.ContainsFunc(s.areas, func(a area.Code) bool { return a.Contains(c) })
}

// Where returns the predicate that holds for rows whose area column lies in the
// jurisdiction, and its arguments, the first of which is parameter $first. It
// stands in brackets. The statement must bind the province beside it.
func (s Scope) Where(column string, first int) (predicate string, args []any) {
	switch {
	case s.whole:
		return "(1 = 1)", nil
	case len(s.areas) == 0:
		return "(1 = 0)", nil
	}
	parts := make([]string, 0, len(s.areas))
	for _, a := range s.areas {
		lo, hi := a.Range()
		parts = append(parts, fmt.Sprintf("%s >= $%d and %s < $%d", column, first+len(args), column, first+len(args)+1))
		args = append(args, int64(lo), int64(hi))
	}
	return "(" + strings.Join(parts, " or ") + ")", args
}

// Entry returns an audit row of this actor, now, for this purpose; object is
// the kind and the id of what was acted on, at where it lies.
func (s Scope) Entry(act, objectKind, objectID string, at area.Code, detail map[string]any) audit.Entry {
	return audit.Entry{
		Province: s.province, At: s.Now(), Actor: s.account, ActorKind: s.kind, Act: act,
		ObjectKind: objectKind, ObjectID: objectID, Area: at, Purpose: s.purpose, Detail: detail,
	}
}

// Ground answers which units of an edition took over ground of a unit;
// area.Gazetteer does. exact is not used.
type Ground interface {
	In(c area.Code, e area.Edition) (cs []area.Code, exact bool)
}

// jurisdiction returns c and the units of the other edition that lie wholly in
// c: an officer of a district of 2021 keeps its communes of 2025. A unit that
// took ground from elsewhere too is left out.
func jurisdiction(g Ground, c area.Code) []area.Code {
	if c.IsZero() {
		return nil
	}
	other := area.Edition2025
	if c.Edition() == area.Edition2025 {
		other = area.Edition2021
	}
	cs := []area.Code{c}
	if g == nil {
		return cs
	}
	there, _ := g.In(c, other)
	for _, d := range there {
		back, _ := g.In(d, c.Edition())
		if len(back) > 0 && !slices.ContainsFunc(back, func(b area.Code) bool { return !c.Contains(b) }) {
			cs = append(cs, d)
		}
	}
	return cs
}

// isWhole reports whether an account's area is its whole province.
func isWhole(province int, c area.Code) bool {
	return c.Level() == area.Province && c.Official() == fmt.Sprintf("%02d", province)
}
