package followup

import (
	"embed"
	"io/fs"
	"time"

	"khien/kernel/store"
	"khien/kernel/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed pages
var pages embed.FS

// vietnam is how far its clocks are ahead of UTC, the whole year.
const vietnam = 7 * time.Hour

// Pages are the templates and catalogs, for web.NewViews and i18n.New.
func Pages() web.Pages { return web.Pages{Name: "followup", FS: pages} }

// Name is the capability's: migration line, metric label, log group.
func (s *Service) Name() string { return "followup" }

// Migrations returns the capability's tables.
func (s *Service) Migrations() fs.FS { return Migrations() }

// Migrations returns the tables of package followup, for line "followup".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }
