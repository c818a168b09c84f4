package auth

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
var files embed.FS

// Texts holds the pages of staff and their catalogs, for web.NewViews under the
// name "auth" and for i18n.New. The catalogs also say the refusals of packages
// audit and secret.
//
//go:embed pages
var Texts embed.FS

// Migrations returns the tables of accounts and sessions, for store.DB.Migrate("auth", …).
func Migrations() fs.FS { return store.MigrationFiles(files) }

// Name is the module's name: its migration line and its log group.
func (s *Service) Name() string { return "auth" }

// Migrations returns the module's tables.
func (s *Service) Migrations() fs.FS { return Migrations() }

// Pages returns the pages of staff with their catalogs, for web.NewViews.
func Pages() web.Pages { return web.Pages{Name: "auth", FS: Texts} }

// Listeners returns none: accounts follow from no fact.
func (s *Service) Listeners() []event.Listener { return nil }

// Jobs returns the sweep of dead sessions and links.
func (s *Service) Jobs() []job.Job {
	return []job.Job{{Name: "auth.sweep", Every: time.Hour, Do: func(ctx context.Context, _ job.Run) error { return s.Sweep(ctx) }}}
}
