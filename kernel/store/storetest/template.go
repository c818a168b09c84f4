package storetest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"khien/kernel/store"
)

// Migrating takes longer than most tests. Each engine does it once for the same
// files, and a test begins with a copy of the result.
var templates struct {
	sync.Mutex
	sqlite   map[string][]byte // by fingerprint: the database file
	postgres map[string]bool   // by fingerprint: it stands on the server
}

// fingerprint names the lines by what is in their files.
func fingerprint(t testing.TB, lines []Line) string {
	t.Helper()
	h := sha256.New()
	for _, l := range lines {
		err := fs.WalkDir(l.Files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(l.Files, name)
			fmt.Fprintf(h, "%s %s %d\n%s\n", l.Name, name, len(b), b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:12])
}

// Fill puts a SQLite database with the lines applied into a folder that has none,
// and reports whether it did.
func Fill(t testing.TB, dir string, lines []Line) bool {
	t.Helper()
	path := filepath.Join(dir, file)
	if _, err := os.Stat(path); err == nil {
		return false
	}
	if err := os.WriteFile(path, sqliteTemplate(t, lines), 0o600); err != nil {
		t.Fatal(err)
	}
	return true
}

// file is the database in its folder, as package store names it.
const file = "khien.db"

func sqliteTemplate(t testing.TB, lines []Line) []byte {
	t.Helper()
	key := fingerprint(t, lines)
	templates.Lock()
	defer templates.Unlock()
	if b, ok := templates.sqlite[key]; ok {
		return b
	}
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.db")
	made(t, store.Config{Dir: dir}, lines, func(db *store.DB) error { return db.Backup(t.Context(), whole) })
	b, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	if templates.sqlite == nil {
		templates.sqlite = map[string][]byte{}
	}
	templates.sqlite[key] = b
	return b
}

// made migrates an empty database, lets then have it and closes it again.
func made(t testing.TB, c store.Config, lines []Line, then func(*store.DB) error) {
	t.Helper()
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	migrate(t, db, lines)
	if err := errors.Join(then(db), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// postgresTemplate returns the database to copy. It stays on the server for the
// other packages and for later runs; its name changes with the files.
func postgresTemplate(t testing.TB, base string, lines []Line) string {
	t.Helper()
	key := fingerprint(t, lines)
	name := "khien_" + key
	templates.Lock()
	defer templates.Unlock()
	if templates.postgres[key] {
		return name
	}
	ctx := t.Context()
	c, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Fatal(fmt.Errorf("storetest: reach postgres: %w", err))
	}
	defer c.Close(ctx)
	// Another process may be making the same one.
	if _, err := c.Exec(ctx, "select pg_advisory_lock(hashtext($1))", name); err != nil {
		t.Fatal(err)
	}
	var stands bool
	if err := c.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&stands); err != nil {
		t.Fatal(err)
	}
	if !stands {
		half := name + "_half"
		admin(t, base, "drop database if exists "+half)
		admin(t, base, "create database "+half)
		made(t, store.Config{URL: named(t, base, half)}, lines, func(*store.DB) error { return nil })
		admin(t, base, "alter database "+half+" rename to "+name)
	}
	if templates.postgres == nil {
		templates.postgres = map[string]bool{}
	}
	templates.postgres[key] = true
	return name
}
