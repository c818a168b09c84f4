// Package app puts Khiên together: it is the only package that imports every
// capability. It opens the database, builds the modules, answers the questions
// they ask one another, and runs servers, listeners and jobs.
package app

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"khien/checkin"
	"khien/checkin/declaration"
	"khien/checkin/point"
	"khien/epimap"
	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/config"
	"khien/kernel/event"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/web"
	"khien/outbreak"
	"khien/outbreak/contact"
	"khien/outbreak/followup"
	"khien/outbreak/level"
	"khien/outbreak/spread"
	assets "khien/web"
)

// Module is all that app knows of a capability.
type Module interface {
	Name() string // route prefix, migration line, metric label, log group
	Migrations() fs.FS
	Routes(*web.Router)
	Listeners() []event.Listener
	Jobs() []job.Job
}

//go:embed pages
var pages embed.FS

// App is one node of one province.
type App struct {
	Config    *config.Config
	Province  int
	DB        *store.DB
	Keys      *secret.Keys
	Gazetteer *area.Gazetteer
	Catalog   *i18n.Catalog
	Auth      *auth.Service
	People    *person.Service
	Phones    *phone.Service
	Places    *place.Service
	Points    *point.Service
	Checkin   *checkin.Service
	Declared  *declaration.Service
	Outbreak  *outbreak.Service
	Spread    *spread.Service
	Followed  *followup.Service
	Levels    *level.Service
	Contacts  *contact.Service
	Map       *epimap.Service
	Hub       *web.Hub
	Router    *web.Router
	Metrics   *prometheus.Registry
	Log       *slog.Logger
	Now       func() time.Time
	Demo      bool // Serve plays an invented outbreak

	views      *web.Views
	boundaries *area.BoundaryStore
	modules    []Module
}

// Open opens the database, brings its tables up to date and builds every
// module. The caller must Close the App.
func Open(ctx context.Context, c *config.Config, log *slog.Logger) (*App, error) {
	province, err := strconv.Atoi(c.Province)
	if err != nil {
		return nil, config.Usage{Err: fmt.Errorf("app: province %q", c.Province)}
	}
	a := &App{Config: c, Province: province, Gazetteer: area.Load(), Log: log, Now: time.Now, Metrics: prometheus.NewRegistry()}
	if a.DB, err = store.Open(ctx, store.Config{Dir: c.Data, URL: c.DB}); err != nil {
		return nil, err
	}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.DB.Close())
	}
	return a, nil
}

// Close closes the database, when everything that writes has stopped.
func (a *App) Close() error { return a.DB.Close() }

func (a *App) build(ctx context.Context) error {
	if err := a.migrate(ctx); err != nil {
		return err
	}
	var err error
	if a.Keys, err = secret.Open(ctx, a.DB, a.Province, a.Config.KeyFile); err != nil {
		return err
	}
	if a.Catalog, err = Catalog(); err != nil {
		return err
	}
	if a.views, err = views(); err != nil {
		return err
	}
	a.Hub = web.NewHub(web.HubConfig{})
	if err := a.services(a.views); err != nil {
		return err
	}
	if err := a.upgrade(ctx); err != nil {
		return err
	}
	if err := errors.Join(a.Places.Book().Load(ctx), a.Declared.Load(ctx)); err != nil {
		return err
	}
	return a.routes(a.views)
}

// upgrade does what a migration's statements cannot: what is sealed must be opened.
func (a *App) upgrade(ctx context.Context) error {
	return a.People.Upgrade(ctx, auth.System(a.Province, "upgrade"), func(people int) {
		if people%50_000 == 0 {
			a.Log.Info("people are made findable anew after an upgrade", "people", people)
		}
	})
}

// Pages are the pages and texts of every package that shows something.
func Pages() []web.Pages {
	return []web.Pages{{Name: "app", FS: pages}, auth.Pages(), person.Pages(), phone.Pages(), outbreak.Pages(), spread.Pages(), level.Pages(), epimap.Pages(),
		point.Pages(), declaration.Pages(), checkin.Pages(), contact.Pages(), followup.Pages()}
}

// Catalog holds all texts in both languages. They are embedded, and read once.
func Catalog() (*i18n.Catalog, error) { return catalog() }

var catalog = sync.OnceValues(func() (*i18n.Catalog, error) {
	texts := []fs.FS{web.Texts}
	for _, p := range Pages() {
		texts = append(texts, p.FS)
	}
	return i18n.New(texts...)
})

// views are all pages. They are embedded, and parsed once.
var views = sync.OnceValues(func() (*web.Views, error) {
	c, err := Catalog()
	if err != nil {
		return nil, err
	}
	return web.NewViews(c, assets.New(), Pages()...)
})

// hashKiB is auth.Config's; this package's tests, which sign in hundreds of times,
// have less.
var hashKiB uint32

// line is the migrations of one package.
type line struct {
	name  string
	files fs.FS
}

// lines are those of the kernel and of every capability, in the order in which
// they are applied.
func lines() []line {
	return []line{
		{"event", event.Migrations()}, {"job", job.Migrations()}, {"audit", audit.Migrations()}, {"secret", secret.Migrations()},
		{"auth", auth.Migrations()}, {"person", person.Migrations()}, {"area", area.Migrations()},
		{"phone", phone.Migrations()},
		{"spread", spread.Migrations()}, {"level", level.Migrations()},
		{"outbreak", outbreak.Migrations()}, {"epimap", epimap.Migrations()},
		{"place", place.Migrations()}, {"point", point.Migrations()}, {"declaration", declaration.Migrations()},
		{"checkin", checkin.Migrations()},
		{"followup", followup.Migrations()},
		{"contact", contact.Migrations()},
	}
}

// migrate brings all tables up to date.
func (a *App) migrate(ctx context.Context) error {
	for _, l := range lines() {
		if err := a.DB.Migrate(ctx, l.name, l.files); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) services(views *web.Views) error {
	edition := area.Edition(a.Config.Edition)
	home, err := area.Of(edition, a.Config.Province, "", "")
	if err != nil {
		return err
	}
	if _, ok := a.Gazetteer.Unit(home); !ok {
		return config.Usage{Err: fmt.Errorf("app: no province %s in the gazetteer of %d", a.Config.Province, edition)}
	}
	a.Auth, err = auth.New(auth.Config{DB: a.DB, Keys: a.Keys, Province: a.Province, Home: home, Ground: a.Gazetteer,
		Areas: areas{a.Gazetteer, home}, Views: views, BaseURL: a.Config.PublicURL, Menu: menu, Now: a.Now, HashKiB: hashKiB})
	if err != nil {
		return err
	}
	a.People = person.New(person.Config{DB: a.DB, Keys: a.Keys})
	sms, err := sender(a.Config)
	if err != nil {
		return err
	}
	a.Phones = phone.New(phone.Config{Sender: sms, DB: a.DB, Keys: a.Keys, People: a.People, Gazetteer: a.Gazetteer, Home: home, Province: a.Province,
		Now: a.Now, Catalog: a.Catalog, Views: views, Log: a.Log})
	a.Outbreak = outbreak.New(outbreak.Config{DB: a.DB, Gazetteer: a.Gazetteer, People: a.People, Province: a.Province,
		Edition: edition, Now: a.Now, Views: views, Keys: a.Keys, Names: accountNames{a.Auth, a.Province}, Log: a.Log})
	a.Spread = spread.New(spread.Config{DB: a.DB, Cases: a.Outbreak, Province: a.Province, Now: a.Now, Views: views, Log: a.Log})
	a.Outbreak.KeepLinksWith(a.Spread)
	a.Levels = level.New(level.Config{DB: a.DB, Gazetteer: a.Gazetteer, Cases: a.Outbreak, Counter: a.Spread, Province: a.Province, Home: home,
		Now: a.Now, Views: views, Log: a.Log})
	a.boundaries = area.NewBoundaryStore(a.DB, a.Province, a.Gazetteer)
	a.Map, err = epimap.New(epimap.Config{DB: a.DB, Gazetteer: a.Gazetteer, Boundaries: a.boundaries, Province: a.Province,
		K: a.Config.K, Edition: edition, Now: a.Now, Hub: a.Hub, Views: views, Log: a.Log})
	if err != nil {
		return err
	}
	a.Places = place.New(place.Config{DB: a.DB, Keys: a.Keys, Gazetteer: a.Gazetteer, Province: a.Province, Now: a.Now})
	a.Points = point.New(point.Config{DB: a.DB, Keys: a.Keys, Places: a.Places, Gazetteer: a.Gazetteer, Province: a.Province,
		Edition: edition, Site: a.Config.PublicURL, People: a.People, Phones: a.Phones, Now: a.Now, Catalog: a.Catalog, Views: views, Log: a.Log})
	a.Checkin = checkin.New(checkin.Config{DB: a.DB, Keys: a.Keys, People: a.People, Places: a.Places, Codes: a.Points.Codes(), Cards: a.Points,
		Phones: a.Phones, Holds: a.Outbreak, Province: a.Province, Now: a.Now, Views: views, Site: a.Config.PublicURL, Log: a.Log})
	a.Declared = declaration.New(declaration.Config{DB: a.DB, Keys: a.Keys, People: a.People, Phones: a.Phones, Gazetteer: a.Gazetteer, Home: home,
		Province: a.Province, Signer: a.Points.Codes(), Site: a.Config.PublicURL, Cases: a.Outbreak, Now: a.Now, Views: views, Log: a.Log})
	a.Followed = followup.New(followup.Config{DB: a.DB, Keys: a.Keys, People: a.People, Gazetteer: a.Gazetteer, Home: home, Province: a.Province,
		Cases: a.Outbreak, Signer: a.Points.Codes(), Site: a.Config.PublicURL, Now: a.Now, Catalog: a.Catalog, Views: views, Log: a.Log})
	a.Contacts, err = contact.New(contact.Config{DB: a.DB, People: a.People, Places: a.Places, Stays: stays{a.Checkin}, Numbers: a.Outbreak, Gazetteer: a.Gazetteer,
		Province: a.Province, Home: home, Now: a.Now, Views: views, Log: a.Log})
	if err != nil {
		return err
	}
	a.modules = []Module{a.Auth, a.desk(views, home), a.Phones, a.Outbreak, a.Spread, a.Levels, a.Map, a.Points, a.Checkin, a.Declared, a.Contacts, a.Followed}
	return nil
}

// menu has the pages of staff, each for those who may do its act.
var menu = []auth.MenuItem{
	{Act: auth.ReadCases, Link: web.Link{Href: "/cases", Key: "outbreak.nav"}},
	{Act: auth.ReadContacts, Link: web.Link{Href: "/contacts", Key: "contact.nav"}},
	{Act: auth.ReadContacts, Link: web.Link{Href: "/followups", Key: "followup.nav"}},
	{Act: auth.ReadDeclarations, Link: web.Link{Href: "/declarations", Key: "declaration.nav"}},
	{Act: auth.ReadPeople, Link: web.Link{Href: "/people", Key: "person.nav"}},
	{Act: auth.ReadCases, Link: web.Link{Href: "/announcements", Key: "outbreak.nav.announce"}},
	{Act: auth.KeepPlaces, Link: web.Link{Href: "/keep", Key: "checkin.nav.keep"}},
	{Act: auth.ReadPlaces, Link: web.Link{Href: "/places", Key: "point.nav"}},
	{Act: auth.ManageAccounts, Link: web.Link{Href: "/accounts", Key: "auth.nav.accounts"}},
	{Act: auth.ReadAudit, Link: web.Link{Href: "/audit", Key: "auth.nav.audit"}},
}

func (a *App) routes(views *web.Views) (err error) {
	a.Router, err = web.NewRouter(web.Config{Catalog: a.Catalog, Views: views, Log: a.Log, Metrics: a.Metrics,
		Origins: a.Config.Origins, Proxies: a.Config.Proxies, Nav: []web.Link{{Href: "/", Key: "app.nav.map"}, {Href: "/v", Key: "checkin.nav"}, {Href: "/declare", Key: "declaration.nav.public"}}})
	if err != nil {
		return err
	}
	a.Router.Use(a.Auth.Middleware, a.Phones.Middleware)
	for _, m := range a.modules {
		m.Routes(a.Router)
	}
	return nil
}

// listeners and jobs of every module.
func (a *App) listeners() (all []event.Listener) {
	for _, m := range a.modules {
		all = append(all, m.Listeners()...)
	}
	return all
}

// Keeping of what has been dealt with.
const (
	factsKept = 14 * 24 * time.Hour // for a node that comes back and for another that takes the facts over
	runsKept  = 7 * 24 * time.Hour
)

func (a *App) jobs() []job.Job {
	all := []job.Job{
		{Name: "prune_facts", Every: time.Hour, Do: func(ctx context.Context, _ job.Run) error {
			_, err := event.Prune(ctx, a.DB, a.Province, a.listeners(), a.Now().Add(-factsKept))
			return err
		}},
		{Name: "prune_runs", Every: time.Hour, Do: func(ctx context.Context, _ job.Run) error {
			return job.Prune(ctx, a.DB, a.Province, a.Now().Add(-runsKept))
		}},
	}
	for _, m := range a.modules {
		all = append(all, m.Jobs()...)
	}
	return all
}

// accountNames answers outbreak who an account is.
type accountNames struct {
	auth     *auth.Service
	province int
}

// AccountName is the name as colleagues know it; "" for nobody.
func (n accountNames) AccountName(ctx context.Context, i id.ID) string {
	a, err := n.auth.Account(ctx, auth.System(n.province, "account_name"), i)
	if err != nil {
		return ""
	}
	return a.Name
}

// areas names areas for the accounts' pages.
type areas struct {
	g    *area.Gazetteer
	home area.Code
}

// Title says the path of a unit.
func (as areas) Title(c area.Code) string { return as.g.Title(c) }

// Options returns the province, its districts and its communes.
func (as areas) Options() []area.Code {
	var all []area.Code
	var add func(c area.Code)
	add = func(c area.Code) {
		all = append(all, c)
		for _, u := range as.g.Children(c) {
			add(u.Code)
		}
	}
	add(as.home)
	return all
}
