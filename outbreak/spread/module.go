package spread

import (
	"embed"
	"io/fs"

	"khien/kernel/job"
	"khien/kernel/store"
	"khien/kernel/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed pages
var pages embed.FS

// Pages are the templates and catalogs, for web.NewViews and i18n.New.
func Pages() web.Pages { return web.Pages{Name: "spread", FS: pages} }

// Migrations returns the tables of package spread, for line "spread".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }

// Name is the capability's: migration line, metric label, log group.
func (s *Service) Name() string { return "spread" }

// Migrations returns the capability's tables.
func (s *Service) Migrations() fs.FS { return Migrations() }

// Jobs is empty: nothing of the chains waits.
func (s *Service) Jobs() []job.Job { return nil }
