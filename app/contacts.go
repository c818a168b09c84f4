package app

import (
	"context"
	"time"

	"khien/checkin"
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
