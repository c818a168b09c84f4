package audit

import (
	"embed"
	"io/fs"

	"khien/kernel/store"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the tables of the chain, for store.DB.Migrate("audit", …).
func Migrations() fs.FS { return store.MigrationFiles(files) }
