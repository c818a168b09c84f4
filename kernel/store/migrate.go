package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings the tables of one capability up to date, forward only. Its
// versions are kept in table <name>_migration. Files that end in .sqlite.sql or
// .postgres.sql run on that engine alone.
func (d *DB) Migrate(ctx context.Context, name string, files fs.FS) error {
	db, err := d.migrationDB()
	if err != nil {
		return err
	}
	defer db.Close()
	dialect, opts := database.DialectSQLite3, []goose.ProviderOption{}
	if d.engine == Postgres {
		dialect = database.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("store: migrate %s: %w", name, err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	versions, err := database.NewStore(dialect, name+"_migration")
	if err != nil {
		return fmt.Errorf("store: migrate %s: %w", name, err)
	}
	opts = append(opts, goose.WithStore(versions))
	p, err := goose.NewProvider("", db, engineFS{files, d.engine}, opts...)
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("store: migrate %s: %w", name, err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: migrate %s: %w", name, kind(err))
	}
	if d.engine == SQLite {
		return d.group.settle(ctx)
	}
	return nil
}

// migrationDB is a handle of its own: the writer's connection is never lent.
func (d *DB) migrationDB() (*sql.DB, error) {
	if d.engine == Postgres {
		return sql.Open("pgx", d.url)
	}
	db, err := sql.Open("sqlite", dsn(d.path, "_txlock=immediate"))
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// engineFS hides the files that are meant for the other engine.
type engineFS struct {
	fs.FS
	engine Engine
}

// ReadDir lists the files of this engine.
func (e engineFS) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(e.FS, name)
	if err != nil {
		return nil, err
	}
	other := ".postgres.sql"
	if e.engine == Postgres {
		other = ".sqlite.sql"
	}
	var own []fs.DirEntry
	for _, f := range all {
		if !strings.HasSuffix(f.Name(), other) {
			own = append(own, f)
		}
	}
	return own, nil
}

// MigrationFiles returns what stands in the folder "migrations" of a package's
// embedded files.
func MigrationFiles(embedded embed.FS) fs.FS {
	sub, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // only for a path that is none
	}
	return sub
}
