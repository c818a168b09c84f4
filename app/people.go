package app

import (
	"context"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/store"
	"khien/kernel/web"
)

// desk builds the pages of people, when everybody who holds something about
// them stands.
func (a *App) desk(views *web.Views, home area.Code) *person.Desk {
	return person.NewDesk(person.DeskConfig{DB: a.DB, People: a.People, Views: views, Gazetteer: a.Gazetteer, Home: home, Province: a.Province, Now: a.Now,
		Holders: []person.Holder{a.Phones, a.Outbreak, a.Checkin, a.Declared, a.Points, a.Contacts, a.Followed}, AskerOf: askerOf, Phones: phones{a.Phones}, JobOf: a.Auth.Job,
		More:  []web.Link{{Href: "visits", Key: "checkin.visits"}, {Href: "cards", Key: "point.cards.title"}},
		Users: []person.User{a.Outbreak, a.Contacts, a.Phones, a.Points, a.Declared, a.Followed, a.Checkin}}) // the visits last: they read all their rows
}

// askerOf is whoever proved the phone that asks.
func askerOf(ctx context.Context) (person.Asker, bool) {
	d, ok := phone.DeviceOf(ctx)
	return person.Asker{Person: d.Person, Device: d.ID, Confirmed: d.Confirmed}, ok
}

// phones answers package person, which package phone is built on.
type phones struct{ *phone.Service }

// ProvenOf lists the browsers that have proved a number.
func (p phones) ProvenOf(ctx context.Context, sc auth.Scope, number string) (all []person.Proven, err error) {
	ds, err := p.DevicesOf(ctx, sc, number)
	for _, d := range ds {
		all = append(all, person.Proven{ID: d.ID, Number: number, Confirmed: d.Confirmed, Person: d.Person, Since: d.Since})
	}
	return all, err
}

// Confirm ties a phone to a person.
func (p phones) Confirm(tx *store.Tx, sc auth.Scope, device, who id.ID) error {
	return p.Service.Confirm(tx, sc, device, who)
}
