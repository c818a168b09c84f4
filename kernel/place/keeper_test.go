package place_test

import (
	"bytes"
	"context"
	"testing"

	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/place"
	"khien/kernel/store"
)

func TestAKeepersPlaces(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		lan, son, thief := place.Keeper{Device: id.New(), Phone: [16]byte{1}}, place.Keeper{Device: id.New(), Phone: [16]byte{2}}, place.Keeper{Device: id.New(), Phone: [16]byte{3}}
		d := market(t)
		made, err := w.Register(ctx, lan, "+84912345678", d)
		if err != nil || made.Seen || made.Origin != place.ByKeeper {
			t.Fatalf("got %+v, %v", made, err)
		}
		if again, err := w.Register(ctx, lan, "+84912345678", d); err != nil || again.Number != made.Number {
			t.Errorf("the same id again: got %+v, %v", again, err)
		}
		if _, err := w.Register(ctx, thief, "+84900000000", d); !fault.Is(err, fault.Conflict) {
			t.Errorf("a stranger with the same id: got %v, want conflict", err)
		}
		if _, ok := w.Book().Place(d.ID); !ok {
			t.Error("a keeper's place does not work at once")
		}
		refusedAll(t, w, thief, made)
		if err := w.AddKeeper(ctx, lan, d.ID, son.Phone, "+84987654321"); err != nil {
			t.Fatal(err)
		}
		if ok, err := w.Keeps(ctx, son.Phone, d.ID); err != nil || !ok {
			t.Errorf("the second phone: got %v, %v", ok, err)
		}
		all, err := w.Keepers(ctx, son, d.ID)
		if err != nil || len(all) != 2 || all[0].Masked() != "091•••••78" {
			t.Errorf("keepers: got %v, %v", all, err)
		}
		if err := w.RemoveKeeper(ctx, son, d.ID, lan.Phone); err != nil {
			t.Fatal(err)
		}
		if err := w.RemoveKeeper(ctx, son, d.ID, son.Phone); !fault.Is(err, fault.Conflict) {
			t.Errorf("the last keeper: got %v, want conflict", err)
		}
		if kept, err := w.KeptBy(ctx, lan.Phone); err != nil || len(kept) != 0 {
			t.Errorf("who was taken off still keeps %v, %v", kept, err)
		}
	})
}

// refusedAll tries every act of a keeper with a phone that keeps nothing.
func refusedAll(t *testing.T, w *world, k place.Keeper, p place.Place) {
	t.Helper()
	ctx := t.Context()
	for what, act := range map[string]func() error{
		"read":    func() error { _, err := w.Kept(ctx, k, p.ID); return err },
		"change":  func() error { _, err := w.KeeperChange(ctx, k, p); return err },
		"close":   func() error { _, err := w.KeeperClose(ctx, k, p.ID); return err },
		"reopen":  func() error { _, err := w.KeeperReopen(ctx, k, p.ID); return err },
		"reissue": func() error { _, err := w.KeeperReissue(ctx, k, p.ID); return err },
		"keepers": func() error { _, err := w.Keepers(ctx, k, p.ID); return err },
		"add":     func() error { return w.AddKeeper(ctx, k, p.ID, k.Phone, "+84900000000") },
		"remove":  func() error { return w.RemoveKeeper(ctx, k, p.ID, [16]byte{1}) },
	} {
		if err := act(); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s by a stranger's phone: got %v, want not found", what, err)
		}
	}
}

// An officer's look is undone when the keeper makes another place of it.
func TestSeenUntilItMoves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, lan := t.Context(), place.Keeper{Device: id.New(), Phone: [16]byte{1}}
		p, err := w.Register(ctx, lan, "+84912345678", market(t))
		if err != nil {
			t.Fatal(err)
		}
		if page, err := w.List(ctx, w.console(), place.Filter{State: place.StateUnseen}); err != nil || len(page.Places) != 1 {
			t.Errorf("unseen: got %d, %v", len(page.Places), err)
		}
		if p, err = w.MarkSeen(ctx, w.console(), p.ID); err != nil || !p.Seen {
			t.Fatalf("got %+v, %v", p, err)
		}
		p.UsualStay *= 2
		if p, err = w.KeeperChange(ctx, lan, p); err != nil || !p.Seen {
			t.Fatalf("a longer stay: got %+v, %v", p, err)
		}
		p.Name = "Karaoke Đồng Mỏ"
		if p, err = w.KeeperChange(ctx, lan, p); err != nil || p.Seen {
			t.Fatalf("another name: got %+v, %v", p, err)
		}
	})
}

// The number is not in the database in clear.
func TestKeepersNumbersAreSealed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lan := place.Keeper{Device: id.New(), Phone: [16]byte{1}}
		p, err := w.Register(t.Context(), lan, "+84912345678", market(t))
		if err != nil {
			t.Fatal(err)
		}
		row, err := store.One(t.Context(), w.db, func(s store.Scan) (b []byte, err error) { err = s(&b); return b, err },
			"select phone_sealed from place_keeper where province = $1", 20)
		if err != nil || len(row) == 0 || bytes.Contains(row, []byte("912345678")) {
			t.Errorf("stored %q, %v", row, err)
		}
		all, err := w.OfficerKeepers(t.Context(), w.console(), p.ID)
		if err != nil || len(all) != 1 || all[0].Number != "+84912345678" {
			t.Errorf("got %v, %v", all, err)
		}
	})
}

// What an officer has closed, its keeper opens no more, even if they had closed
// it before; what the keeper alone closed, they open again.
func TestAnOfficersClosingStands(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, lan := t.Context(), place.Keeper{Device: id.New(), Phone: [16]byte{1}}
		p, err := w.Register(ctx, lan, "+84912345678", market(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, act := range []func(context.Context, place.Keeper, id.ID) (place.Place, error){w.KeeperClose, w.KeeperReopen, w.KeeperClose} {
			if _, err := act(ctx, lan, p.ID); err != nil {
				t.Errorf("a keeper's own closing: %v", err)
			}
		}
		closed, err := w.Close(ctx, w.console(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Close(ctx, w.console(), p.ID); err != nil || again.Version != closed.Version {
			t.Errorf("closing twice: got version %d, %v, want %d", again.Version, err, closed.Version)
		}
		for what, act := range map[string]func() (place.Place, error){
			"opens":   func() (place.Place, error) { return w.KeeperReopen(ctx, lan, p.ID) },
			"closes":  func() (place.Place, error) { return w.KeeperClose(ctx, lan, p.ID) },
			"changes": func() (place.Place, error) { return w.KeeperChange(ctx, lan, closed) },
		} {
			if _, err := act(); !fault.Is(err, fault.Conflict) {
				t.Errorf("the keeper %s what an officer closed: got %v, want conflict", what, err)
			}
		}
		if now, ok := w.Book().Any(p.ID); !ok || !now.Closed {
			t.Errorf("the place is %+v", now)
		}
		if p, err := w.Reopen(ctx, w.console(), p.ID); err != nil || p.Closed {
			t.Errorf("the officer: got %v, %v", p.Closed, err)
		}
	})
}

// A place that calls itself as another of its commune is shown beside it.
func TestNamesakes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		honest, err := w.Create(t.Context(), w.console(), market(t))
		if err != nil {
			t.Fatal(err)
		}
		d := market(t)
		d.Name = "CHO DONG MO"
		other, err := w.Register(t.Context(), place.Keeper{Device: id.New(), Phone: [16]byte{1}}, "+84912345678", d)
		if err != nil {
			t.Fatal(err)
		}
		if all, err := w.Namesakes(t.Context(), w.console(), other); err != nil || len(all) != 1 || all[0].ID != honest.ID {
			t.Errorf("got %v, %v", all, err)
		}
		if n, err := w.Unseen(t.Context(), w.console()); err != nil || n != 1 {
			t.Errorf("unseen: got %d, %v", n, err)
		}
	})
}
