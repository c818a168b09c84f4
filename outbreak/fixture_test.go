package outbreak_test

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/auth/authtest"
	"khien/kernel/event"
	"khien/kernel/person"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/outbreak"
)

var lines = []storetest.Line{{Name: "event", Files: event.Migrations()}, {Name: "audit", Files: audit.Migrations()},
	{Name: "auth", Files: auth.Migrations()}, {Name: "person", Files: person.Migrations()}, {Name: "outbreak", Files: outbreak.Migrations()}}

// world is the outbreak of a province on one engine.
type world struct {
	*outbreak.Service
	db     *store.DB
	auth   *auth.Service
	now    time.Time
	kept   *kept
	people *person.Service
}

var everything = auth.Console(20, "test", "test")

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	g := area.Load()
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		keys, err := secret.MakeFile(filepath.Join(t.TempDir(), "key"))
		if err != nil {
			t.Fatal(err)
		}
		w := &world{db: db, now: time.Date(2021, 11, 1, 3, 0, 0, 0, time.UTC), kept: &kept{map[outbreak.Link]bool{}}}
		now := func() time.Time { return w.now }
		if w.auth, err = auth.New(auth.Config{DB: db, Keys: keys, Province: 20, Home: must(t, "2021/20"), Ground: g, Now: now, HashKiB: 64}); err != nil {
			t.Fatal(err)
		}
		w.people = person.New(person.Config{DB: db, Keys: keys})
		w.Service = outbreak.New(outbreak.Config{DB: db, Gazetteer: g, People: w.people, Province: 20,
			Edition: area.Edition2021, Now: now, Links: w.kept, Keys: keys, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		test(t, w)
	})
}

func must(t *testing.T, path string) area.Code {
	t.Helper()
	c, err := area.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// officer returns the scope of a health officer of an area, signed in for real.
func (w *world) officer(t *testing.T, login, path string, role auth.Role, act auth.Act) auth.Scope {
	t.Helper()
	return authtest.Scope(t, w.auth, w.now, auth.Demo{Login: login, Role: role, Area: must(t, path)}, act, "test")
}

// shared opens a file of the data beside the project, or skips the test.
func shared(t *testing.T, name string) *os.File {
	t.Helper()
	dir := os.Getenv("KHIEN_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "data", name))
	if err != nil {
		t.Skipf("no shared data here: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
