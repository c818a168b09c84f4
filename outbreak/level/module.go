package level

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

// Pages are the templates and catalogs, for web.NewViews and i18n.New.
func Pages() web.Pages { return web.Pages{Name: "level", FS: pages} }

// Migrations returns the tables of package level, for line "level".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }

// Name is the capability's: migration line, metric label, log group.
func (s *Service) Name() string { return "level" }

// Migrations returns the capability's tables.
func (s *Service) Migrations() fs.FS { return Migrations() }

// Listeners is empty: what levels count is asked for.
func (s *Service) Listeners() []event.Listener { return nil }

// Jobs is empty: nothing of the levels waits.
func (s *Service) Jobs() []job.Job { return nil }
