package point

import (
	"context"
	"embed"
	"io/fs"
	"time"

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
func Pages() web.Pages { return web.Pages{Name: "point", FS: pages} }

// Name is the capability's: migration line, metric label, log group.
func (s *Service) Name() string { return "point" }

// Migrations returns the capability's tables.
func (s *Service) Migrations() fs.FS { return Migrations() }

// Migrations returns the tables of package point, for line "point".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }

// Listeners is empty: nobody tells the points anything yet.
func (s *Service) Listeners() []event.Listener { return nil }

// Jobs erases the cards that ended.
func (s *Service) Jobs() []job.Job {
	return []job.Job{{Name: "point.cards", Every: 24 * time.Hour, Do: func(ctx context.Context, _ job.Run) error {
		_, err := s.PruneCards(ctx)
		return err
	}}}
}
