package place

import (
	"embed"
	"io/fs"

	"khien/kernel/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the tables of places, for store.DB.Migrate("place", …).
func Migrations() fs.FS { return store.MigrationFiles(migrations) }
