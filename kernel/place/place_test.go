package place_test

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/place"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

var lines = []storetest.Line{{Name: "audit", Files: audit.Migrations()}, {Name: "place", Files: place.Migrations()}}

// gazetteer is read once: it is the same for all tests.
var gazetteer = area.Load()

type world struct {
	*place.Service
	db  *store.DB
	now time.Time
}

func (w *world) console() auth.Scope {
	return auth.Console(20, "test", "test").WithClock(func() time.Time { return w.now })
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		keys, err := secret.MakeFile(filepath.Join(t.TempDir(), "key"))
		if err != nil {
			t.Fatal(err)
		}
		w := &world{db: db, now: time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)}
		w.Service = place.New(place.Config{DB: db, Keys: keys, Gazetteer: gazetteer, Province: 20, Now: func() time.Time { return w.now }})
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

func market(t *testing.T) place.Place {
	return place.Place{ID: id.New(), Name: "  Chợ  Đồng Mỏ ", Kind: place.Market, Area: must(t, "2021/20/186"), Address: "Khu Thống Nhất",
		Position: place.Position{Lat: 21.66, Lon: 106.58}}
}

func TestAPlacesLife(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, sc := context.Background(), w.console()
		d := market(t)
		made, err := w.Create(ctx, sc, d)
		if err != nil {
			t.Fatal(err)
		}
		if made.Name != "Chợ Đồng Mỏ" || made.UsualStay != time.Hour || made.PosterIssued.String() != "2026-11-23" || !made.Seen || made.Number == 0 {
			t.Errorf("got %+v", made)
		}
		if again, err := w.Create(ctx, sc, d); err != nil || again.Number != made.Number {
			t.Errorf("the same id again: got %+v, %v", again, err)
		}
		if p, ok := w.Book().Place(d.ID); !ok || p.Name != made.Name {
			t.Errorf("book: got %+v, %v", p, ok)
		}
		if p, ok := w.Book().Numbered(made.Number); !ok || p.ID != d.ID {
			t.Errorf("book by number: got %+v, %v", p, ok)
		}
		made.Name = "Chợ trung tâm Đồng Mỏ"
		changed, err := w.Change(ctx, sc, made)
		if err != nil || changed.Version != 2 {
			t.Fatalf("change: got %+v, %v", changed, err)
		}
		if _, err := w.Change(ctx, sc, place.Place{ID: d.ID, Name: "x", Kind: place.Shop, Area: d.Area, Version: 1}); !fault.Is(err, fault.Conflict) {
			t.Errorf("an old version: got %v, want conflict", err)
		}
		if _, err := w.Close(ctx, sc, d.ID); err != nil {
			t.Fatal(err)
		}
		if _, ok := w.Book().Place(d.ID); ok {
			t.Error("a closed place is still open in the book")
		}
		if p, err := w.Reopen(ctx, sc, d.ID); err != nil || p.Closed || p.Version != 4 {
			t.Errorf("reopen: got %+v, %v", p, err)
		}
	})
}

func TestAnotherDistrictsOfficer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		made, err := w.Create(ctx, w.console(), market(t))
		if err != nil {
			t.Fatal(err)
		}
		var nobody auth.Scope
		for what, act := range map[string]func() error{
			"get":     func() error { _, err := w.Get(ctx, nobody, made.ID); return err },
			"change":  func() error { _, err := w.Change(ctx, nobody, made); return err },
			"close":   func() error { _, err := w.Close(ctx, nobody, made.ID); return err },
			"reissue": func() error { _, err := w.Reissue(ctx, nobody, made.ID); return err },
			"create":  func() error { _, err := w.Create(ctx, nobody, market(t)); return err },
			"list":    func() error { _, err := w.List(ctx, nobody, place.Filter{}); return err },
		} {
			if err := act(); !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: got %v, want a refusal", what, err)
			}
		}
	})
}

func TestAPosterIssuedAnewTwiceADay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, sc := context.Background(), w.console()
		made, err := w.Create(ctx, sc, market(t))
		if err != nil {
			t.Fatal(err)
		}
		next, err := w.Reissue(ctx, sc, made.ID)
		if err != nil || next.PosterIssued != made.PosterIssued+1 {
			t.Fatalf("got %v, %v", next.PosterIssued, err)
		}
		if _, err := w.Reissue(ctx, sc, made.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("a third day's code: got %v, want conflict", err)
		}
		w.now = w.now.AddDate(0, 0, 30)
		if p, err := w.Reissue(ctx, sc, made.ID); err != nil || p.PosterIssued.String() != "2026-12-23" {
			t.Errorf("a month later: got %v, %v", p.PosterIssued, err)
		}
	})
}

// Another process's change reaches the book by the wake-up alone.
func TestTheBookHearsOfOthers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := place.New(w.Config)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { other.Book().Run(ctx, slog.New(slog.NewTextHandler(io.Discard, nil))); close(done) }()
		defer func() { stop(); <-done }()
		made, err := w.Create(ctx, w.console(), market(t))
		if err != nil {
			t.Fatal(err)
		}
		deadline := time.NewTimer(10 * time.Second)
		defer deadline.Stop()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			if _, ok := other.Book().Place(made.ID); ok {
				return
			}
			select {
			case <-tick.C:
			case <-deadline.C:
				t.Fatal("the other book never heard")
			}
		}
	})
}

func TestListFindsWithoutMarks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, sc := context.Background(), w.console()
		var first place.Place
		for i, name := range []string{"Chợ Đồng Mỏ", "Chợ Kỳ Lừa", "UBND xã Đồng Tân", "100% Cà phê_Đồng"} {
			p, err := w.Create(ctx, sc, place.Place{Name: name, Kind: place.Other, Area: must(t, "2021/20/186")})
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = p
			}
		}
		for search, want := range map[string]int{"": 4, "dong": 3, "Chợ": 2, "dong cho": 1, "kỳ lừa": 1, "%": 4, "khong co": 0, first.Number.String(): 1} {
			page, err := w.List(ctx, sc, place.Filter{Search: search})
			if err != nil || len(page.Places) != want {
				t.Errorf("%q: got %d, %v, want %d", search, len(page.Places), err, want)
			}
		}
		if page, err := w.List(ctx, sc, place.Filter{State: place.StateUnseen}); err != nil || len(page.Places) != 0 {
			t.Errorf("unseen: got %d, %v", len(page.Places), err)
		}
	})
}

func TestWhatAPlaceMaySay(t *testing.T) {
	w := place.New(place.Config{Gazetteer: gazetteer, Province: 20})
	ok := place.Place{Name: "Chợ", Kind: place.Market, Area: must(t, "2021/20/186")}
	for field, spoil := range map[string]func(*place.Place){
		"name":     func(p *place.Place) { p.Name = " \x00…" },
		"kind":     func(p *place.Place) { p.Kind = "bank" },
		"area":     func(p *place.Place) { p.Area = 0 },
		"address":  func(p *place.Place) { p.Address = strings.Repeat("ơ", 301) },
		"stay":     func(p *place.Place) { p.UsualStay = 40 * time.Hour },
		"position": func(p *place.Place) { p.Position = place.Position{Lat: 106.7, Lon: 21.8} },
	} {
		p := ok
		spoil(&p)
		if f := fault.Of(w.Check(&p)); f == nil || f.Kind != fault.Invalid || f.Field != field {
			t.Errorf("%s: got %v", field, f)
		}
	}
	hidden := ok
	hidden.Name = "Chợ\u202e \u200bKỳ\tLừa\u2066"
	if err := w.Check(&hidden); err != nil || hidden.Name != "Chợ Kỳ Lừa" {
		t.Errorf("what nobody sees: got %q, %v", hidden.Name, err)
	}
	if err := w.Check(&ok); err != nil {
		t.Errorf("a good place: %v", err)
	}
}
