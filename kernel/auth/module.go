package auth

import (
	"embed"
	"io/fs"
)

//go:embed migrations/*.sql
var files embed.FS

// Texts holds the pages of staff and their catalogs, for web.NewViews under the
// name "auth" and for i18n.New. The catalogs also say the refusals of packages
// audit, secret and person.
//
//go:embed pages
var Texts embed.FS

// Migrations returns the tables of accounts and sessions, for store.DB.Migrate("auth", …).
func Migrations() fs.FS {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return sub
}

// Name is the module's name: its migration line and its log group.
func (s *Service) Name() string { return "auth" }

// Migrations returns the module's tables.
func (s *Service) Migrations() fs.FS { return Migrations() }
