package followup

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
)

// Show is which watches of a day a list shows. The values stand in addresses.
type Show string

// The lists.
const (
	ShowDue     Show = "due"     // to be checked on the day and not yet checked
	ShowAlerts  Show = "alerts"  // ill or silent
	ShowOverdue Show = "overdue" // open, and not checked on the day before either
	ShowDone    Show = "done"    // checked on the day
	ShowDecide  Show = "decide"  // without days, or with an extension proposed
	ShowAll     Show = "all"     // open
	ShowClosed  Show = "closed"
)

// Shows lists them in the order in which the page does.
var Shows = []Show{ShowDue, ShowAlerts, ShowOverdue, ShowDone, ShowDecide, ShowAll, ShowClosed}

// Filter picks watches of a scope.
type Filter struct {
	Day   day.Day // 0: today
	Area  area.Code
	Show  Show // "": ShowDue
	After *Cursor
}

// Cursor is the place in a list after a watch.
type Cursor struct {
	rank    int
	checked day.Day
	id      id.ID
}

// String writes the cursor for a link.
func (c Cursor) String() string { return fmt.Sprintf("%d.%d.%s", c.rank, c.checked, c.id) }

// UnmarshalText reads what String wrote.
func (c *Cursor) UnmarshalText(b []byte) error {
	bad := fault.New(fault.Invalid, "followup.cursor").At("after", string(b))
	rank, rest, _ := strings.Cut(string(b), ".")
	checked, last, ok := strings.Cut(rest, ".")
	r, err := strconv.ParseUint(rank, 10, 8)
	d, err2 := strconv.ParseUint(checked, 10, 31)
	i, err3 := id.Parse(last)
	if !ok || err != nil || err2 != nil || err3 != nil {
		return bad
	}
	*c = Cursor{int(r), day.Day(d), i}
	return nil
}

// PageSize is the number of watches on a page.
const PageSize = 30

// Row is a watch as a list shows it.
type Row struct {
	Watch
	Who Who
}

// Page is one page of a list. Next is nil on the last page.
type Page struct {
	Rows []Row
	Next *Cursor
	Days []Progress // of the week up to the day
}

// Progress is how many checks of a day were due and are done.
type Progress struct {
	Day  day.Day
	Due  int
	Done int
	Ill  int // of them: with symptoms
}

// progressDays is how many days the picture shows.
const progressDays = 7

// List returns a page of the watches in scope, those first that need an officer
// most, with their people for roles that may read people, and writes that they
// were read.
func (s *Service) List(ctx context.Context, sc auth.Scope, f Filter) (page Page, err error) {
	if !sc.Allows(auth.ReadContacts) {
		return page, errAct
	}
	if f.Day == 0 {
		f.Day = s.today()
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		page = Page{}
		all, err := listWatches(tx.Context(), tx, sc, f, PageSize+1)
		if err != nil {
			return err
		}
		if len(all) > PageSize {
			all = all[:PageSize]
			last := all[PageSize-1]
			page.Next = &Cursor{last.State.rank(), last.Checked, last.ID}
		}
		for _, w := range all {
			who, err := s.who(tx, sc, w.Person)
			if err != nil {
				return err
			}
			page.Rows = append(page.Rows, Row{w, who})
		}
		if page.Days, err = progressOf(tx.Context(), tx, sc, f.Area, f.Day-progressDays+1, f.Day); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("followup.list", "followup", "", f.Area, map[string]any{"day": f.Day, "show": f.Show, "rows": len(page.Rows)}))
	})
	return page, err
}

// Who is the person of a watch, as far as the reader may know them; the zero Who
// for a role that may not read people.
type Who struct {
	Name    string
	Birth   string
	Sex     string
	Phone   string
	Address string    // "" when they live outside the reader's area
	Area    area.Code // 0 then
}

// Born is the birth as far as it is known, as Vietnam writes it.
func (w Who) Born() string { return birth(w.Birth) }

// who reads somebody whom a row in scope names, wherever they live; of one who
// lives elsewhere only who they are and how to reach them.
func (s *Service) who(tx *store.Tx, sc auth.Scope, i id.ID) (Who, error) {
	if !sc.Allows(auth.ReadPeople) {
		return Who{}, nil
	}
	p, err := s.People.Get(tx.Context(), tx, sc.Anywhere(), i)
	if fault.Is(err, fault.NotFound) { // erased
		return Who{}, nil
	}
	if err != nil {
		return Who{}, err
	}
	w := Who{Name: p.Name, Birth: p.Birth, Sex: p.Sex, Phone: p.Phone}
	if sc.Covers(p.Area) {
		w.Address, w.Area = p.Address, p.Area
	}
	return w, nil
}

// InUse returns which of the people a watch or an order speaks of.
func (s *Service) InUse(ctx context.Context, people []id.ID) (map[id.ID]bool, error) {
	return peopleInUse(ctx, s.DB, s.system("in_use"), people)
}

// HeldAbout is person.Holder: the asker's own follow-up and orders, when an
// officer has confirmed who they are. What comes over a link comes from no phone.
func (s *Service) HeldAbout(ctx context.Context, a person.Asker) (held []person.Held, err error) {
	if !a.Confirmed || a.Person.IsZero() {
		return nil, nil
	}
	sc := s.system("own_data")
	_, all, err := s.People.Aliases(ctx, s.DB, sc, []id.ID{a.Person})
	if err != nil {
		return nil, err
	}
	watches, err := watchesOf(ctx, s.DB, sc, all)
	if err != nil {
		return nil, err
	}
	for _, w := range watches {
		held = append(held, person.Held{ID: w.ID, What: "followup.held.watch", At: w.Created, Dies: w.Dies, Rule: "followup.held.rule", Fields: []person.HeldField{
			{Label: "followup.held.state", Key: "followup.state." + string(w.State)}, {Label: "followup.held.from", Text: vn(w.From)}, {Label: "followup.held.until", Text: vn(w.Until)}}})
		checks, err := checksOf(ctx, s.DB, sc, w.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range checks {
			held = append(held, s.heldCheck(w, c))
		}
	}
	orders, err := ordersOfPeople(ctx, s.DB, sc, all)
	for _, o := range orders {
		held = append(held, person.Held{ID: o.ID, What: "followup.held.order", At: o.Created, Rule: "followup.held.order.rule", Fields: []person.HeldField{
			{Label: "followup.order", Key: "followup.order.kind." + string(o.Kind)}, {Label: "followup.held.number", Text: o.Numbered()}, {Label: "followup.held.state", Key: "followup.order.state." + string(o.State)}}})
	}
	return held, err
}

func (s *Service) heldCheck(w Watch, c Check) person.Held {
	h := person.Held{ID: c.ID, What: "followup.held.check", At: c.At, Dies: w.Dies, Rule: "followup.held.rule",
		Fields: []person.HeldField{{Label: "followup.source", Key: "followup.source." + string(c.Source)}, {Label: "field.temperature", Text: degrees(c.Temperature)}}}
	for _, sy := range c.Symptoms {
		h.Fields = append(h.Fields, person.HeldField{Label: "followup.symptoms", Key: "followup.symptom." + sy})
	}
	return h
}

// vn writes a day as Vietnam does, "" for none.
func vn(d day.Day) string {
	if d == 0 {
		return ""
	}
	return d.Time().Format("02/01/2006")
}
