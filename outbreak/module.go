package outbreak

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"khien/kernel/auth"
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
func Pages() web.Pages { return web.Pages{Name: "outbreak", FS: pages} }

// Name is the capability's: migration line, metric label, log group.
func (s *Service) Name() string { return "outbreak" }

// Migrations returns the capability's tables.
func (s *Service) Migrations() fs.FS { return Migrations() }

// Migrations returns the tables of package outbreak, for line "outbreak".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }

// Listeners is empty: nobody tells the outbreak anything yet.
func (s *Service) Listeners() []event.Listener { return nil }

// Jobs forgets lists that nobody came back for.
func (s *Service) Jobs() []job.Job {
	return []job.Job{{Name: "outbreak_uploads", Every: time.Hour, Do: func(ctx context.Context, _ job.Run) error {
		sc := auth.System(s.province, "outbreak_uploads").WithClock(s.now)
		return s.db.Tx(ctx, func(tx *store.Tx) error { return deleteUploads(tx, sc, s.now().Add(-uploadKept)) })
	}}}
}
