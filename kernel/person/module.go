package person

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/store"
	"khien/kernel/web"
)

//go:embed pages
var texts embed.FS

// Pages are the pages of people with their catalogs, for web.NewViews and i18n.New.
func Pages() web.Pages { return web.Pages{Name: "person", FS: texts} }

// Desk is the registry's pages: for staff, who look people up, decide reviews
// and confirm phones; and for people themselves, who see what is held about them.
type Desk struct {
	DeskConfig
}

// DeskConfig is what a Desk needs.
type DeskConfig struct {
	DB        *store.DB
	People    *Service
	Views     *web.Views
	Gazetteer *area.Gazetteer
	Home      area.Code // whose communes a form offers
	Province  int
	Now       func() time.Time

	Holders []Holder // everybody who holds something about people
	Users   []User   // everybody whose rows point at people; none: nobody is ever erased for being unused
	AskerOf func(context.Context) (Asker, bool)
	Phones  Phones
	JobOf   func(ctx context.Context, account id.ID) (auth.Role, area.Code, error)
	More    []web.Link // what other parts show of somebody, by its path below the person's: "cards"
}

// Phones answers for proven phones.
type Phones interface {
	ProvenOf(ctx context.Context, sc auth.Scope, number string) ([]Proven, error)
	Confirm(tx *store.Tx, sc auth.Scope, device, who id.ID) error
}

// Proven is a browser that has proved a telephone number.
type Proven struct {
	ID        id.ID
	Number    string
	Confirmed bool
	Person    id.ID // who its holder says to be
	Since     time.Time
}

// NewDesk returns the registry's pages.
func NewDesk(c DeskConfig) *Desk {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Desk{c}
}

// Name is the module's: route prefix, migration line and log group.
func (d *Desk) Name() string { return "person" }

// Migrations returns the tables of people.
func (d *Desk) Migrations() fs.FS { return Migrations() }

// Routes registers the pages.
func (d *Desk) Routes(rt *web.Router) {
	read, write := rt.With(auth.Require(auth.ReadPeople)), rt.With(auth.Require(auth.WritePeople))
	read.Get("/people", d.getSearch)
	read.Post("/people", d.postSearch)
	read.Get("/people/{id}", d.getPerson)
	write.Get("/people/{id}/edit", d.getEdit)
	write.Post("/people/{id}", d.postEdit)
	write.Post("/people/{id}/undo", d.postUndoMerge)
	write.Get("/people/{id}/phones", d.getPhones)
	write.Post("/people/{id}/phones", d.postPhones)
	write.Get("/people/reviews", d.getReviews)
	write.Post("/people/reviews", d.postReview)
	write.Post("/people/reviews/undo", d.postUndoReview)
	write.Get("/people/challenges", d.getChallenges)
	write.Post("/people/challenges", d.postAnswer)
	own := rt.With(d.proved)
	own.Get("/me/data", d.getOwn)
	own.Get("/me/data.json", d.getOwnJSON)
	own.Post("/me/challenges", d.postChallenge)
}

// proved lets those through who have proved a phone.
func (d *Desk) proved(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, ok := d.AskerOf(r.Context()); !ok {
			return web.ErrProve
		}
		return next(w, r)
	}
}

// Listeners is empty: people follow from no fact.
func (d *Desk) Listeners() []event.Listener { return nil }

// Jobs returns the end of people whom nothing holds any more.
func (d *Desk) Jobs() []job.Job {
	if len(d.Users) == 0 {
		return nil
	}
	return []job.Job{{Name: "person.unused", Every: 24 * time.Hour, Lease: 5 * time.Minute, Do: func(ctx context.Context, _ job.Run) error {
		_, err := d.EraseUnused(ctx)
		return err
	}}}
}
