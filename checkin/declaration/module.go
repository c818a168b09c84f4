package declaration

import (
	"embed"
	"io/fs"

	"khien/kernel/event"
	"khien/kernel/web"
)

//go:embed pages
var texts embed.FS

// Pages are the pages of declarations with their catalogs, for web.NewViews and i18n.New.
func Pages() web.Pages { return web.Pages{Name: "declaration", FS: texts} }

// Name is the module's: route prefix, migration line and log group.
func (s *Service) Name() string { return "declaration" }

// Migrations returns the tables of declarations.
func (s *Service) Migrations() fs.FS { return Migrations() }

// Listeners is empty: declarations follow from no fact.
func (s *Service) Listeners() []event.Listener { return nil }
