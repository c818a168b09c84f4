package followup_test

import (
	"context"
	"crypto/ed25519"
	"errors"
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
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/person"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/outbreak/followup"
	"khien/wire/qr"
)

var lines = []storetest.Line{{Name: "event", Files: event.Migrations()}, {Name: "job", Files: job.Migrations()}, {Name: "audit", Files: audit.Migrations()},
	{Name: "auth", Files: auth.Migrations()}, {Name: "person", Files: person.Migrations()}, {Name: "followup", Files: followup.Migrations()}}

const (
	minhHoa = "2021/20/186/06427" // Hữu Lũng
	huuLung = "2021/20/186"
	chiLang = "2021/20/187"
	site    = "https://khien.langson.gov.vn"
)

// world is the follow-up of a province on one engine.
type world struct {
	*followup.Service
	db     *store.DB
	auth   *auth.Service
	people *person.Service
	now    time.Time
	held   map[id.ID]bool
	seq    int
}

// all may do everything, by the world's clock.
func (w *world) all() auth.Scope {
	return auth.Console(20, "test", "test").WithClock(func() time.Time { return w.now })
}

// HeldByCase answers for the cases.
func (w *world) HeldByCase(_ context.Context, people []id.ID) (map[id.ID]bool, error) {
	return w.held, nil
}

// signer signs with a key of its own, as point.Codes does with the province's.
type signer struct {
	key ed25519.PrivateKey
	now func() time.Time
}

func (s signer) SignOrder(order [16]byte, signed string) (qr.UnverifiedOrder, error) {
	return qr.SignOrder(s.key, order, signed)
}

func (s signer) Trust(mostAge int) qr.Trust {
	return qr.Trust{Keys: []qr.Key{{Public: s.key.Public().(ed25519.PublicKey), Issuer: "VN-09"}}, Issuer: "VN-09", Now: s.now(), MostAge: mostAge}
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) { test(t, build(t, db)) })
}

func build(t *testing.T, db *store.DB) *world {
	t.Helper()
	keys, err := secret.MakeFile(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{db: db, now: time.Date(2021, 7, 14, 3, 0, 0, 0, time.UTC), people: person.New(person.Config{DB: db, Keys: keys}), held: map[id.ID]bool{}}
	now := func() time.Time { return w.now }
	g := area.Load()
	if w.auth, err = auth.New(auth.Config{DB: db, Keys: keys, Province: 20, Home: must(t, "2021/20"), Ground: g, Now: now, HashKiB: 64}); err != nil {
		t.Fatal(err)
	}
	catalog, err := i18n.New(followup.Pages().FS)
	if err != nil {
		t.Fatal(err)
	}
	w.Service = followup.New(followup.Config{DB: db, Keys: keys, People: w.people, Gazetteer: g, Home: must(t, "2021/20"), Province: 20, Cases: w,
		Signer: signer{ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), now}, Site: site, Now: now, Catalog: catalog,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	return w
}

func must(t *testing.T, path string) area.Code {
	t.Helper()
	c, err := area.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func d(s string) day.Day {
	v, err := day.Parse(s)
	if err != nil {
		panic(err)
	}
	return v
}

// officer returns the scope of a member of staff of an area, signed in for real.
func (w *world) officer(t *testing.T, login, path string, role auth.Role, act auth.Act) auth.Scope {
	t.Helper()
	return authtest.Scope(t, w.auth, w.now, auth.Demo{Login: login, Role: role, Area: must(t, path)}, act, "test")
}

// somebody registers a person who lives in Minh Hòa.
func (w *world) somebody(t *testing.T, name string) id.ID {
	t.Helper()
	var i id.ID
	err := w.db.Tx(t.Context(), func(tx *store.Tx) (err error) {
		i, err = w.people.Create(tx, w.all(), person.Person{Name: name, Birth: "1988-05-14", Sex: "female", Phone: "0912345678", Address: "Số 3, Thôn Làng Hạ",
			Area: must(t, minhHoa), Papers: []person.Paper{{Kind: person.CitizenCard, Number: "020188001234"}}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// tell tells facts at once and lets the listener hear all there is.
func (w *world) tell(t *testing.T, fs ...event.Body) {
	t.Helper()
	err := w.db.Tx(t.Context(), func(tx *store.Tx) (err error) {
		for _, f := range fs {
			err = errors.Join(err, event.Tell(tx, 20, f))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.listen(t)
}

func (w *world) listen(t *testing.T) {
	t.Helper()
	b := event.Bus{DB: w.db, Province: 20, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	for _, l := range w.Listeners() {
		if err := b.Drain(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
}

// confirmed is a contact of Minh Hòa that was confirmed now, exposed yesterday.
func (w *world) confirmed(t *testing.T, who id.ID) event.ContactChanged {
	t.Helper()
	w.seq++
	c := event.ContactChanged{Contact: id.New(), Version: 1, Person: who, Case: id.New(), Degree: 1, Status: "confirmed", Area: must(t, minhHoa),
		First: w.now.Add(-25 * time.Hour), Last: w.now.Add(-24 * time.Hour), At: w.now}
	w.tell(t, c)
	return c
}

func (w *world) watch(t *testing.T, i id.ID) followup.Watch {
	t.Helper()
	got, err := w.Read(t.Context(), w.all(), i)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// states lists the states that were told of a contact, in order.
func (w *world) states(t *testing.T, contact id.ID) (all []string) {
	t.Helper()
	b := event.Bus{DB: w.db, Province: 20, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	err := b.Drain(t.Context(), event.Listener{Name: "test" + id.New().String(), Kinds: []string{event.KindFollowUpChanged},
		Hear: func(_ context.Context, _ *store.Tx, f event.Fact) error {
			c, err := event.Decode[event.FollowUpChanged](f)
			if err == nil && c.Contact == contact {
				all = append(all, c.State)
			}
			return err
		}})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
