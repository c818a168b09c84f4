package checkin

import (
	"embed"
	"io/fs"

	"khien/kernel/event"
	"khien/kernel/store"
	"khien/kernel/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed pages
var pages embed.FS

// Pages are the templates and catalogs, for web.NewViews and i18n.New.
func Pages() web.Pages { return web.Pages{Name: "checkin", FS: pages} }

// Name is the capability's: migration line, metric label, log group.
func (s *Service) Name() string { return "checkin" }

// Migrations returns the capability's tables.
func (s *Service) Migrations() fs.FS { return Migrations() }

// Migrations returns the tables of package checkin, for line "checkin".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }

// Listeners writes the trail.
func (s *Service) Listeners() []event.Listener { return []event.Listener{s.listener()} }
