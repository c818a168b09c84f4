package spread_test

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/auth/authtest"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/outbreak"
	"khien/outbreak/spread"
)

var lines = []storetest.Line{{Name: "event", Files: event.Migrations()}, {Name: "audit", Files: audit.Migrations()},
	{Name: "auth", Files: auth.Migrations()}, {Name: "person", Files: person.Migrations()}, {Name: "outbreak", Files: outbreak.Migrations()},
	{Name: "spread", Files: spread.Migrations()}}

// world is the chains of a province on one engine.
type world struct {
	*spread.Service
	cases *outbreak.Service
	db    *store.DB
	auth  *auth.Service
	now   time.Time
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
		w := &world{db: db, now: time.Date(2021, 11, 1, 3, 0, 0, 0, time.UTC)}
		now := func() time.Time { return w.now }
		if w.auth, err = auth.New(auth.Config{DB: db, Keys: keys, Province: 20, Home: must(t, "2021/20"), Ground: g, Now: now, HashKiB: 64}); err != nil {
			t.Fatal(err)
		}
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		w.cases = outbreak.New(outbreak.Config{DB: db, Gazetteer: g, People: person.New(person.Config{DB: db, Keys: keys}), Province: 20,
			Edition: area.Edition2021, Now: now, Log: log})
		w.Service = spread.New(spread.Config{DB: db, Cases: w.cases, Province: 20, Now: now, Log: log})
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

func on(t *testing.T, text string) day.Day {
	t.Helper()
	d, err := day.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// enter enters a confirmed case of an area.
func (w *world) enter(t *testing.T, number, path, onset string) outbreak.Case {
	t.Helper()
	d := on(t, "2021-10-20")
	if onset != "" {
		d = on(t, onset) + 2
	}
	c := outbreak.Case{ID: id.New(), Number: number, Classification: outbreak.Confirmed, Area: must(t, path), Source: outbreak.Community, ConfirmedOn: d, Reported: d}
	if onset != "" {
		c.Onset = on(t, onset)
	}
	c, err := w.cases.Create(context.Background(), everything, outbreak.Draft{Case: c})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// officer returns the scope of an account of an area, signed in for real.
func (w *world) officer(t *testing.T, login, path string, role auth.Role, act auth.Act) auth.Scope {
	t.Helper()
	return authtest.Scope(t, w.auth, w.now, auth.Demo{Login: login, Role: role, Area: must(t, path)}, act, "test")
}
