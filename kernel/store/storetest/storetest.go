// Package storetest runs a storage test on both engines.
//
// SQLite always runs, in the test's own temporary folder. PostgreSQL runs when
// KHIEN_TEST_PG holds the URL of a server whose user may create databases, as
// `make test` sets it (kernel/store/pgrun); each test gets a database of its own.
package storetest

import (
	"context"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"khien/kernel/id"
	"khien/kernel/store"
)

// Line is one migration line: a capability's name and files.
type Line struct {
	Name  string
	Files fs.FS
}

// Each runs test once per engine on an empty database with the lines applied.
func Each(t *testing.T, lines []Line, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, Open(t, store.Config{Dir: t.TempDir()}, lines)) })
	t.Run("postgres", func(t *testing.T) { test(t, open(t, store.Config{URL: PostgresURL(t, lines...)}, nil)) })
}

// Open opens a database for one test and applies the lines; the test's end closes it.
func Open(t testing.TB, c store.Config, lines []Line) *store.DB {
	t.Helper()
	if c.URL == "" && len(lines) > 0 && Fill(t, c.Dir, lines) {
		lines = nil
	}
	return open(t, c, lines)
}

func open(t testing.TB, c store.Config, lines []Line) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	migrate(t, db, lines)
	return db
}

func migrate(t testing.TB, db *store.DB, lines []Line) {
	t.Helper()
	for _, l := range lines {
		if err := db.Migrate(t.Context(), l.Name, l.Files); err != nil {
			t.Fatal(err)
		}
	}
}

// PostgresURL makes a database with the lines applied and returns its URL; the
// test's end drops it. The test is skipped when no server is given.
func PostgresURL(t testing.TB, lines ...Line) string {
	t.Helper()
	base := os.Getenv("KHIEN_TEST_PG")
	if base == "" {
		t.Skip("KHIEN_TEST_PG is not set: `make test` starts a PostgreSQL and sets it")
	}
	name := "t" + strings.ReplaceAll(id.New().String(), "-", "")
	text := "create database " + name
	if len(lines) > 0 {
		text += " template " + postgresTemplate(t, base, lines)
	}
	admin(t, base, text)
	t.Cleanup(func() { admin(t, base, "drop database "+name+" with (force)") })
	return named(t, base, name)
}

// named is the URL of another database of the server.
func named(t testing.TB, base, name string) string {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func admin(t testing.TB, base, text string) {
	t.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Fatal(fmt.Errorf("storetest: reach postgres: %w", err))
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, text); err != nil {
		t.Fatal(fmt.Errorf("storetest: %s: %w", text, err))
	}
}
