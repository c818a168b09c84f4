package app

import (
	"context"
	"flag"
	"fmt"
	"time"

	"khien/checkin"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/outbreak/contact"
)

// stays answers tracing, which asks who was where, from the visits.
type stays struct{ *checkin.Service }

// EachStay calls stay for every visit that began at since or later.
func (s stays) EachStay(ctx context.Context, since time.Time, stay func(contact.Stay)) error {
	return s.EachVisit(ctx, since, func(v checkin.Visit) { stay(stayOf(v)) })
}

// StaysOf returns the visits of people that began from from to to.
func (s stays) StaysOf(ctx context.Context, people []id.ID, from, to time.Time) ([]contact.Stay, error) {
	visits, err := s.VisitsOf(ctx, people, from, to)
	all := make([]contact.Stay, len(visits))
	for i, v := range visits {
		all[i] = stayOf(v)
	}
	return all, err
}

func stayOf(v checkin.Visit) contact.Stay {
	return contact.Stay{Person: v.Person, Place: v.Place, From: v.From, To: v.Until, Assumed: v.Ended == checkin.EndAssumed}
}

// importContactsCommand enters the contacts of a list.
func importContactsCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		f, err := c.oneFile()
		if err != nil {
			return err
		}
		defer f.Close()
		return c.with(func(a *App) error {
			report, err := a.Contacts.Import(c.ctx, a.console("import contacts"), f)
			if err != nil {
				return err
			}
			for i, p := range report.Problems {
				report.Problems[i].Why = a.Catalog.Fault(i18n.Lang(c.lang), p.Fault)
			}
			if c.json {
				return c.print(report)
			}
			for _, p := range report.Problems {
				fmt.Fprintf(c.out, "%6d  %-10s %s: %s\n", p.Row, p.Field, p.Value, p.Why)
			}
			fmt.Fprintln(c.out, a.Catalog.T(i18n.Lang(c.lang), "contact.import.rows", "rows", report.Rows, "added", report.Added,
				"contacts", report.Contacts, "known", report.Known, "rejected", report.Rejected))
			return nil
		})
	}
}
