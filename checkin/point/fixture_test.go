package point_test

import (
	"context"
	"crypto/ed25519"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"khien/checkin/point"
	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/kernel/web"
)

var lines = []storetest.Line{{Name: "audit", Files: audit.Migrations()}, {Name: "place", Files: place.Migrations()},
	{Name: "person", Files: person.Migrations()}, {Name: "phone", Files: phone.Migrations()}, {Name: "job", Files: job.Migrations()},
	{Name: "point", Files: point.Migrations()}}

const site = "https://khien.langson.gov.vn"

// gazetteer is read once: it is the same for all tests.
var gazetteer = area.Load()

type world struct {
	*point.Service
	now time.Time
}

func (w *world) console() auth.Scope {
	return auth.Console(20, "test", "test").WithClock(func() time.Time { return w.now })
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) { test(t, build(t, db)) })
}

// open returns a world on SQLite alone, for what asks no database.
func open(t *testing.T) *world {
	t.Helper()
	return build(t, storetest.Open(t, store.Config{Dir: t.TempDir()}, lines))
}

func build(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.now }
	keys := newKeys(t)
	catalog, err := i18n.New(web.Texts, point.Pages().FS)
	if err != nil {
		t.Fatal(err)
	}
	places := place.New(place.Config{DB: db, Keys: keys, Gazetteer: gazetteer, Province: 20, Now: now})
	people := person.New(person.Config{DB: db, Keys: keys})
	phones := phone.New(phone.Config{DB: db, Keys: keys, People: people, Gazetteer: gazetteer, Province: 20, Now: now, Catalog: catalog,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	w.Service = point.New(point.Config{DB: db, Keys: keys, Places: places, People: people, Phones: phones, Gazetteer: gazetteer, Province: 20, Edition: area.Edition2021,
		Site: site, Now: now, Catalog: catalog})
	return w
}

func newKeys(t *testing.T) *secret.Keys {
	t.Helper()
	keys, err := secret.MakeFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func must(t *testing.T, path string) area.Code {
	t.Helper()
	c, err := area.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) create(t *testing.T, name string, kind place.Kind) place.Place {
	t.Helper()
	p, err := w.Places.Create(t.Context(), w.console(), place.Place{ID: id.New(), Name: name, Kind: kind, Area: must(t, "2021/20/178/05977")})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) token(t *testing.T, p place.Place) string {
	t.Helper()
	u, err := w.Codes().SignPlace(p)
	if err != nil {
		t.Fatal(err)
	}
	return u.Token()
}

func (w *world) private(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	return w.Keys.SigningKeys("qr codes v1")[0]
}

func (w *world) refuses(t *testing.T, token, key string) {
	t.Helper()
	if _, err := w.Codes().Place(token); fault.Of(err) == nil || fault.Of(err).Key != key {
		t.Errorf("got %v, want %s", err, key)
	}
}

// IssueCardIn issues one card of a batch.
func (w *world) IssueCardIn(ctx context.Context, sc auth.Scope, who, batch id.ID) (c point.Card, err error) {
	cs, err := w.IssueCards(ctx, sc, batch, []id.ID{who})
	if err != nil {
		return c, err
	}
	return cs[0], nil
}
