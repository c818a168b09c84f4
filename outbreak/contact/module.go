package contact

import (
	"embed"
	"io/fs"

	"khien/kernel/store"
	"khien/kernel/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed pages
var pages embed.FS

// Pages are the templates and catalogs, for web.NewViews and i18n.New.
func Pages() web.Pages { return web.Pages{Name: "contact", FS: pages} }

// Name is the capability's: migration line, metric label, log group.
func (s *Service) Name() string { return "contact" }

// Migrations returns the capability's tables.
func (s *Service) Migrations() fs.FS { return Migrations() }

// Migrations returns the tables of package contact, for line "contact".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }
