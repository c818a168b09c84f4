package phone

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

//go:embed pages
var texts embed.FS

// Pages are the pages of phones with their catalogs, for web.NewViews and i18n.New.
func Pages() web.Pages { return web.Pages{Name: "phone", FS: texts} }

// Name is the module's: route prefix, migration line and log group.
func (s *Service) Name() string { return "phone" }

// Migrations returns the tables of phones.
func (s *Service) Migrations() fs.FS { return Migrations() }

// Listeners is empty: phones follow from no fact.
func (s *Service) Listeners() []event.Listener { return nil }

// How long rows are kept: codes and messages for the limits of a day; a
// withdrawn device as long as what it sent, 28 days;
// one that nobody used as long as its cookie.
const (
	codesKept     = 48 * time.Hour
	withdrawnKept = 28 * 24 * time.Hour
	unseenKept    = cookieDays * 24 * time.Hour
)

// Jobs sends messages and sweeps what has served.
func (s *Service) Jobs() []job.Job {
	return []job.Job{
		{Name: sendJob, Tries: 1, Do: s.send},
		{Name: "phone.sweep", Every: time.Hour, Do: func(ctx context.Context, _ job.Run) error { return s.Sweep(ctx) }},
	}
}

// Sweep deletes what has served.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		return sweep(tx, s.own, now.Add(-codesKept), now.Add(-withdrawnKept), now.Add(-unseenKept))
	})
}
