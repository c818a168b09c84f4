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
	t.Run("postgres", func(t *testing.T) { test(t, Open(t, store.Config{URL: PostgresURL(t)}, lines)) })
}

// Open opens a database for one test and applies the lines; the test's end closes it.
func Open(t testing.TB, c store.Config, lines []Line) *store.DB {
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
	for _, l := range lines {
		if err := db.Migrate(t.Context(), l.Name, l.Files); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// PostgresURL makes a fresh database and returns its URL; the test's end drops
// it. The test is skipped when no server is given.
func PostgresURL(t testing.TB) string {
	t.Helper()
	base := os.Getenv("KHIEN_TEST_PG")
	if base == "" {
		t.Skip("KHIEN_TEST_PG is not set: `make test` starts a PostgreSQL and sets it")
	}
	name := "t" + strings.ReplaceAll(id.New().String(), "-", "")
	admin(t, base, "create database "+name)
	t.Cleanup(func() { admin(t, base, "drop database "+name+" with (force)") })
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
