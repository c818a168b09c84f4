package person

import (
	"embed"
	"io/fs"

	"khien/kernel/event"
	"khien/kernel/job"
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
	People  *Service
	Views   *web.Views
	Holders []Holder // everybody who holds something about people
}

// NewDesk returns the registry's pages.
func NewDesk(c DeskConfig) *Desk { return &Desk{c} }

// Name is the module's: route prefix, migration line and log group.
func (d *Desk) Name() string { return "person" }

// Migrations returns the tables of people.
func (d *Desk) Migrations() fs.FS { return Migrations() }

// Routes registers the pages.
func (d *Desk) Routes(*web.Router) {}

// Listeners is empty: people follow from no fact.
func (d *Desk) Listeners() []event.Listener { return nil }

// Jobs is empty: nothing of people waits.
func (d *Desk) Jobs() []job.Job { return nil }
