package epimap

import (
	"embed"
	"io/fs"

	"khien/kernel/event"
	"khien/kernel/job"
	"khien/kernel/store"
	"khien/kernel/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed pages
var pages embed.FS

// Pages holds the templates and the catalogs, for web.NewViews and i18n.New.
func Pages() web.Pages { return web.Pages{Name: "epimap", FS: pages} }

// Migrations returns the tables, for line "epimap".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }

// Name is "epimap".
func (s *Service) Name() string { return "epimap" }

// Migrations returns the tables of the public map.
func (s *Service) Migrations() fs.FS { return Migrations() }

// Routes registers the pages, files and streams, "/" among them.
func (s *Service) Routes(rt *web.Router) { s.routes(rt) }

// Listeners returns the one listener that feeds the projection.
func (s *Service) Listeners() []event.Listener {
	return []event.Listener{{
		Name:  "epimap",
		Kinds: []string{event.KindCaseClassified, event.KindCountsAnnounced, event.KindLevelDecided},
		Hear:  s.hear,
	}}
}

// Jobs returns none: the map does nothing by the clock.
func (s *Service) Jobs() []job.Job { return nil }
