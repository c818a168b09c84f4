package contact

import (
	"context"
	"fmt"
	"slices"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
)

const contactColumns = `c.id, c.person, c.degree, c.status, c.reason, c.was, c.decided, c.became, c.area, c.priority, c.kind, c.first_ms, c.last_ms,
	c.rule, c.case_id, c.held, c.called_ms, c.follow, c.follow_until, c.released_ms, c.version, c.created_ms, c.changed_ms, c.actor`

func scanContact(s store.Scan) (c Contact, err error) {
	var decided int
	var first, last, called, released, created, changed int64
	err = s(&c.ID, &c.Person, &c.Degree, &c.Status, &c.Reason, &c.Was, &decided, &c.Became, &c.Area, &c.Priority, &c.Kind, &first, &last,
		&c.Rule, &c.Case, &c.Held, &called, &c.Follow, &c.Until, &released, &c.Version, &created, &changed, &c.Actor)
	c.Decided, c.First, c.Last, c.Called = decided == 1, store.Time(first), store.Time(last), store.Time(called)
	c.Released, c.Created, c.Changed = store.Time(released), store.Time(created), store.Time(changed)
	return c, err
}

// seen is the predicate of the contacts that a scope may see: those it answers
// for, and those exposed at a place in it. The first parameter is $first. The limit
// keeps PostgreSQL from reading all exposures to have them at hand.
func seen(sc auth.Scope, first int) (string, []any) {
	mine, args := sc.Where("c.area", first)
	if sc.Whole() {
		return mine, args
	}
	there, more := sc.Where("e.area", first+len(args))
	return "(" + mine + ` or exists (select 1 from contact_exposure e where e.province = c.province and e.contact = c.id and e.held = 1 and ` +
		there + " limit 1 offset 0))", append(args, more...)
}

// contactByID returns a contact that the scope may see; fault.NotFound for any other.
func contactByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Contact, error) {
	may, args := seen(sc, 3)
	return store.One(ctx, q, scanContact, "select "+contactColumns+" from contact_contact c where c.province = $1 and c.id = $2 and "+may,
		append([]any{sc.Province(), i}, args...)...)
}

// contactsByID returns contacts, whatever their areas: for the program's own work.
func contactsByID(ctx context.Context, q store.Querier, sc auth.Scope, ids []id.ID) (all []Contact, err error) {
	err = store.EachPart(sc.Province(), ids, func(marks string, args []any) error {
		some, err := store.All(ctx, q, scanContact, "select "+contactColumns+" from contact_contact c where c.province = $1 and c.id in ("+marks+")", args...)
		all = append(all, some...)
		return err
	})
	return all, err
}

// contactsOf returns the contacts that people are, whatever their areas.
func contactsOf(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (all []Contact, err error) {
	err = store.EachPart(sc.Province(), people, func(marks string, args []any) error {
		some, err := store.All(ctx, q, scanContact, "select "+contactColumns+" from contact_contact c where c.province = $1 and c.person in ("+marks+")", args...)
		all = append(all, some...)
		return err
	})
	return all, err
}

// contactsBecome returns the contacts that a case has made cases.
func contactsBecome(ctx context.Context, q store.Querier, sc auth.Scope, kase id.ID) ([]Contact, error) {
	return store.All(ctx, q, scanContact, "select "+contactColumns+" from contact_contact c where c.province = $1 and c.became = $2", sc.Province(), kase)
}

func insertContacts(tx *store.Tx, sc auth.Scope, all []Contact) error {
	if len(all) == 0 {
		return nil
	}
	b := store.Bulk{Table: "contact_contact", Columns: []string{"province", "id", "person", "degree", "status", "reason", "was", "decided", "became", "area",
		"priority", "kind", "first_ms", "last_ms", "rule", "case_id", "held", "called_ms", "follow", "follow_until", "released_ms", "version",
		"created_ms", "changed_ms", "actor"}}
	province := sc.Province()
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for _, c := range all {
			if !yield([]any{province, c.ID, c.Person, c.Degree, string(c.Status), string(c.Reason), string(c.Was), number(c.Decided), c.Became, c.Area,
				c.Priority, c.Kind, store.Millis(c.First), store.Millis(c.Last), c.Rule, c.Case, c.Held, store.Millis(c.Called), c.Follow, int(c.Until),
				store.Millis(c.Released), c.Version, store.Millis(c.Created), store.Millis(c.Changed), c.Actor}) {
				return
			}
		}
	})
	return err
}

// updateContact writes c over the version before it, and reports whether that stood.
func updateContact(tx *store.Tx, sc auth.Scope, c Contact) (bool, error) {
	n, err := tx.Exec(`update contact_contact set person = $3, degree = $4, status = $5, reason = $6, was = $7, decided = $8, became = $9, area = $10,
		priority = $11, kind = $12, first_ms = $13, last_ms = $14, case_id = $15, held = $16, called_ms = $17, follow = $18, follow_until = $19,
		released_ms = $20, version = $21, changed_ms = $22, actor = $23 where province = $1 and id = $2 and version = $24`,
		sc.Province(), c.ID, c.Person, c.Degree, string(c.Status), string(c.Reason), string(c.Was), number(c.Decided), c.Became, c.Area,
		c.Priority, c.Kind, store.Millis(c.First), store.Millis(c.Last), c.Case, c.Held, store.Millis(c.Called), c.Follow, int(c.Until),
		store.Millis(c.Released), c.Version, store.Millis(c.Changed), c.Actor, c.Version-1)
	return n == 1, err
}

// among returns where a list of contacts is read from, with the predicate of those
// that the scope may see. The contacts of people and of one case are few: they are
// looked up one by one. Others are walked from the top of a list, which is soon full.
func among(sc auth.Scope, f Filter) (from, may string, args []any) {
	args = []any{sc.Province()}
	var few string
	switch {
	case f.people != nil:
		var marks string
		marks, args = store.Marks(f.people, args, store.Same)
		few = "select m.id from contact_contact m where m.province = $1 and m.person in (" + marks + ")"
	case !f.Case.IsZero():
		few, args = "select e.contact as id from contact_exposure e where e.province = $1 and e.case_id = $2 and e.held = 1", append(args, f.Case)
	}
	may, more := seen(sc, len(args)+1)
	if args = append(args, more...); few == "" {
		return "contact_contact c", may, args
	}
	return "(select distinct id from (" + few + ") y) x cross join contact_contact c", "c.id = x.id and " + may, args
}

// narrow holds for who answers for communes alone.
func narrow(sc auth.Scope) bool {
	return !sc.Whole() && !slices.ContainsFunc(sc.Areas(), func(a area.Code) bool { return a.Level() != area.Commune && a.Level() != area.Hamlet })
}

// walkMost is how far down a list somebody's contacts are looked for one by one.
const walkMost = 500

// listContacts returns a page of contacts, the highest priority first. The list of
// all is walked from its top, which fills the page of whoever has many of them; when
// that does not, those of the scope are few, and are picked by their areas.
func listContacts(ctx context.Context, q store.Querier, sc auth.Scope, f Filter, most int) ([]Contact, error) {
	return listWalking(ctx, q, sc, f, most, walkMost)
}

func listWalking(ctx context.Context, q store.Querier, sc auth.Scope, f Filter, most, steps int) ([]Contact, error) {
	q = store.Planned(q)
	if f.looked() || f.Area != 0 || sc.Whole() || narrow(sc) {
		text, args := listQuery(sc, f, most)
		return store.All(ctx, q, scanContact, text, args...)
	}
	end, err := stepsDown(ctx, q, sc, f, steps)
	if err != nil {
		return nil, err
	}
	f.to = end
	text, args := listQuery(sc, f, most)
	all, err := store.All(ctx, q, scanContact, text, args...)
	if err != nil || len(all) == most || end == nil {
		return all, err
	}
	f.to = nil
	text, args = pickedQuery(sc, f, most)
	return store.All(ctx, q, scanContact, text, args...)
}

// looked is whether the filter names few contacts.
func (f Filter) looked() bool { return f.people != nil || !f.Case.IsZero() }

// stepsDown returns where in the list of all the contact stands that so many stand
// before; nil when there is none.
func stepsDown(ctx context.Context, q store.Querier, sc auth.Scope, f Filter, steps int) (*Cursor, error) {
	which, args := f.where([]any{sc.Province()}, "c.priority")
	all, err := store.All(ctx, q, func(scan store.Scan) (*Cursor, error) {
		var c Cursor
		return &c, scan(&c.Priority, &c.ID)
	}, "select c.priority, c.id from contact_contact c where c.province = $1"+which+top(1)+fmt.Sprintf(" offset %d", steps), args...)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

func listQuery(sc auth.Scope, f Filter, most int) (text string, args []any) {
	if !f.looked() && narrow(sc) {
		return pickedQuery(sc, f, most)
	}
	from, may, args := among(sc, f)
	which, args := f.where(args, "c.priority")
	return "select " + contactColumns + " from " + from + " where c.province = $1 and " + may + which + top(most), args
}

// pickedQuery picks the top of those who live in a scope's areas and the top of those
// who were exposed in them, each by an index that alone says who they are, and reads
// the rows of what is left: a commune has a thousand, a page fifty.
func pickedQuery(sc auth.Scope, f Filter, most int) (text string, args []any) {
	mine, own := sc.Where("c.area", 2)
	args = append([]any{sc.Province()}, own...)
	there, own := sc.Where("e.area", len(args)+1)
	which, args := f.where(append(args, own...), "c.priority + 0") // by the area alone
	pick := func(from, may string) string {
		return "select id from (select distinct c.id, c.priority from " + from + " where c.province = $1 and " + may + which + top(most) + ") p"
	}
	return "select " + contactColumns + " from (" + pick("contact_contact c", mine) + " union " +
		pick("contact_exposure e cross join contact_contact c", "e.province = $1 and e.held = 1 and c.id = e.contact and "+there) +
		") few cross join contact_contact c where c.province = $1 and c.id = few.id" + top(most), args
}

func top(most int) string {
	return fmt.Sprintf(" order by c.priority desc, c.id desc limit %d", most)
}

// unindexed is a column by which SQLite, which counts no rows, looks nothing up: most
// contacts have the same status, few are of a rare kind. PostgreSQL, which counts
// them, takes the case away.
func unindexed(column string) string { return "case when 1 = 1 then " + column + " end" }

// where returns the conditions of a filter on contacts c, each after an "and", and
// the arguments with theirs. priority is that column, or an expression of it that no
// index serves.
func (f Filter) where(args []any, priority string) (text string, all []any) {
	add := func(asked bool, format string, values ...any) {
		if !asked {
			return
		}
		marks := make([]any, len(values))
		for i, v := range values {
			args = append(args, v)
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		text += " and " + fmt.Sprintf(format, marks...)
	}
	status, degree := "c.status", "c.degree"
	if f.Kind != "" {
		degree = unindexed(degree)
	}
	if f.Kind != "" || f.Degree != 0 {
		status = unindexed(status)
	}
	add(f.Status != "", status+" = %s", string(f.Status))
	add(f.Degree != 0, degree+" = %s", f.Degree)
	add(f.Kind != "", "c.kind = %s", f.Kind)
	if f.Area != 0 {
		lo, hi := f.Area.Range()
		add(true, "c.area >= %s and c.area < %s", lo, hi)
	}
	add(f.Uncalled, "c.called_ms = 0")
	if f.people != nil && !f.Case.IsZero() {
		add(true, "exists (select 1 from contact_exposure e where e.province = $1 and e.contact = c.id and e.case_id = %s and e.held = 1)", f.Case)
	}
	if f.to != nil {
		add(true, "("+priority+", c.id) >= (%s, %s)", f.to.Priority, f.to.ID)
	}
	if f.After != nil {
		add(true, "("+priority+", c.id) < (%s, %s)", f.After.Priority, f.After.ID)
	}
	return text, args
}

// releasedBefore returns contacts that were released before a moment.
func releasedBefore(ctx context.Context, q store.Querier, sc auth.Scope, before time.Time, most int) ([]id.ID, error) {
	return store.All(ctx, q, store.ID, fmt.Sprintf(`select id from contact_contact where province = $1 and released_ms > 0 and released_ms < $2
		order by released_ms, id limit %d`, most), sc.Province(), store.Millis(before))
}

// dismissedBefore returns contacts that were dismissed before a moment.
func dismissedBefore(ctx context.Context, q store.Querier, sc auth.Scope, before time.Time, most int) ([]id.ID, error) {
	return store.All(ctx, q, store.ID, fmt.Sprintf(`select id from contact_contact where province = $1 and status = 'dismissed' and changed_ms < $2
		order by changed_ms, id limit %d`, most), sc.Province(), store.Millis(before))
}

// eraseContacts forgets contacts with their exposures.
func eraseContacts(tx *store.Tx, sc auth.Scope, contacts []id.ID) error {
	return store.EachPart(sc.Province(), contacts, func(marks string, args []any) error {
		if _, err := tx.Exec("delete from contact_exposure where province = $1 and contact in ("+marks+")", args...); err != nil {
			return err
		}
		_, err := tx.Exec("delete from contact_contact where province = $1 and id in ("+marks+")", args...)
		return err
	})
}
