package point_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"khien/checkin/point"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/place"
	"khien/kernel/store"
	"khien/wire/qr"
)

func (w *world) person(t *testing.T, name string) id.ID {
	t.Helper()
	var who id.ID
	err := w.DB.Tx(t.Context(), func(tx *store.Tx) (err error) {
		who, err = w.People.Create(tx, w.console(), person.Person{Name: name, Birth: "1950", Area: must(t, "2021/20/178/05977")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// cardOf prints a card and returns what the paper says.
func (w *world) cardOf(t *testing.T, c point.Card) qr.CardCode {
	t.Helper()
	var pdf bytes.Buffer
	if err := w.CardSheet(t.Context(), &pdf, w.console(), c.ID); err != nil {
		t.Fatal(err)
	}
	got := decoded(t, pdf.Bytes(), "card")
	if len(got) != 1 {
		t.Fatalf("read back %q", got)
	}
	return w.verify(t, got[0])
}

func (w *world) verify(t *testing.T, link string) qr.CardCode {
	t.Helper()
	read, err := qr.Read(link)
	if err != nil || read.Card == nil {
		t.Fatalf("%q: got %+v, %v", link, read, err)
	}
	code, err := read.Card.Verify(w.Codes().Trust(qr.CardDays))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// A card leads to its holder, until it is withdrawn; the paper is read by a
// decoder that is none of ours.
func TestACardsLife(t *testing.T) {
	needs(t, "pdftoppm", "poppler-utils")
	needs(t, "zbarimg", "zbar-tools")
	each(t, func(t *testing.T, w *world) {
		ctx, who := t.Context(), w.person(t, "Hoàng Thị Nguyệt")
		key := id.New()
		c, err := w.IssueCard(ctx, w.console(), key, who)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.IssueCard(ctx, w.console(), id.New(), who); err != nil || again.ID != c.ID {
			t.Errorf("a second card while one stands: got %v, %v", again.ID, err)
		}
		code := w.cardOf(t, c)
		if got, err := w.Holder(ctx, code.Token); err != nil || got != who {
			t.Errorf("got %v, %v, want %v", got, err, who)
		}
		if _, err := w.Holder(ctx, [16]byte{1}); !fault.Is(err, fault.NotFound) {
			t.Errorf("an invented token: got %v", err)
		}
		if _, err := w.WithdrawCard(ctx, w.console(), c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Holder(ctx, code.Token); !fault.Is(err, fault.NotFound) {
			t.Errorf("a withdrawn card: got %v", err)
		}
		if err := w.CardSheet(ctx, &bytes.Buffer{}, w.console(), c.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("a withdrawn card is printed: %v", err)
		}
		next, err := w.IssueCard(ctx, w.console(), id.New(), who)
		if err != nil || next.ID == c.ID {
			t.Errorf("after withdrawing: got %v, %v", next.ID, err)
		}
	})
}

// A card that ended is forgotten, and its holder with it.
func TestCardsDie(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		who := w.person(t, "Hoàng Thị Nguyệt")
		first, err := w.IssueCard(t.Context(), w.console(), id.New(), who)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.WithdrawCard(t.Context(), w.console(), first.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.IssueCard(t.Context(), w.console(), id.New(), who); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			days int
			died int64
			held bool
		}{{27, 0, true}, {2, 1, true}, {1000, 0, true}, {100, 1, false}} {
			w.now = w.now.AddDate(0, 0, step.days)
			n, err := w.PruneCards(t.Context())
			if err != nil || n != step.died {
				t.Errorf("after %d days more: %d died, %v, want %d", step.days, n, err, step.died)
			}
			if used, err := w.InUse(t.Context(), []id.ID{who}); err != nil || used[who] != step.held {
				t.Errorf("after %d days more: in use %v, %v", step.days, used[who], err)
			}
		}
	})
}

// A sheet of more than one page: each code is there once and leads to its holder.
func TestACardSheet(t *testing.T) {
	needs(t, "pdftoppm", "poppler-utils")
	needs(t, "zbarimg", "zbar-tools")
	w := open(t)
	names := []string{"Nông Văn Dền", "Công Tằng Tôn Nữ Thị Quỳnh Phương Hoài Diễm Nguyễn Hoàng Thuỳ Dương", "Vi Thị Ẩn"}
	batch, holders := id.New(), map[id.ID]bool{}
	for i := range 10 {
		who := w.person(t, fmt.Sprint(names[i%3], " ", string(rune('A'+i))))
		holders[who] = true
		if _, err := w.IssueCardIn(t.Context(), w.console(), who, batch); err != nil {
			t.Fatal(err)
		}
	}
	var pdf bytes.Buffer
	if err := w.BatchSheet(t.Context(), &pdf, w.console(), batch); err != nil {
		t.Fatal(err)
	}
	links := decoded(t, pdf.Bytes(), "cards")
	slices.Sort(links)
	if len(links) != 10 || len(slices.Compact(links)) != 10 {
		t.Fatalf("read back %d codes", len(links))
	}
	for _, link := range links {
		who, err := w.Holder(t.Context(), w.verify(t, link).Token)
		if err != nil || !holders[who] {
			t.Errorf("a card of %v, %v", who, err)
		}
		delete(holders, who)
	}
}

// A place's code is no card's, though the same key signed it.
func TestAPosterIsNoCard(t *testing.T) {
	w := open(t)
	if _, err := w.Holder(t.Context(), id.New()); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
}

// A list of people gets its cards once; what is wrong is said by row and field.
func TestCardsForAList(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		list := "Họ và tên,Năm sinh,Xã,Điện thoại\nHoàng Thị Nguyệt,1950,Phường Vĩnh Trại,\nLý Văn Sìn,1948,Phường Vĩnh Trại,0912345678\n" +
			"=1+1,1948,Phường Vĩnh Trại,\nVi Thị Ẩn,1948,Xã Không Có,\nVi Thị Ẩn,31/02/1948,Phường Vĩnh Trại,\n,1948,Phường Vĩnh Trại,\n"
		first, err := w.IssueList(t.Context(), w.console(), strings.NewReader(list))
		if err != nil || first.Issued != 2 || first.Had != 0 || first.Away != 0 {
			t.Fatalf("got %+v, %v", first, err)
		}
		var wrong []string
		for _, p := range first.Problems {
			wrong = append(wrong, fmt.Sprint(p.Row, " ", p.Field))
		}
		if got, want := strings.Join(wrong, ", "), "4 person, 5 commune, 6 birth, 7 person"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		again, err := w.IssueList(t.Context(), w.console(), strings.NewReader(list))
		if err != nil || again.Issued != 0 || again.Had != 2 {
			t.Errorf("again: got %+v, %v", again, err)
		}
		var pdf bytes.Buffer
		if err := w.BatchSheet(t.Context(), &pdf, w.console(), first.Batch); err != nil || pdf.Len() == 0 {
			t.Errorf("the sheet: %v", err)
		}
	})
}

// A short number leads to the place's page, and counting through them is slow.
func TestAShortNumber(t *testing.T) {
	w := open(t)
	shop := w.create(t, "Tạp hoá Bà Lan", place.Shop)
	link, err := w.ByNumber(shop.Number.String())
	if err != nil || link != "/v#"+w.token(t, shop) {
		t.Errorf("got %s, %v", link, err)
	}
	for _, bad := range []string{"1234-5675", "12", "'; drop"} {
		if link, err := w.ByNumber(bad); err == nil {
			t.Errorf("%s: got %s", bad, link)
		}
	}
}

// What is held about a keeper and about the holder of a card: the one hears of
// their places by their phone alone, the other of cards only once an officer has
// confirmed that they are who they say.
func TestWhatIsHeld(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		who := w.person(t, "Hoàng Thị Nguyệt")
		if _, err := w.IssueCard(t.Context(), w.console(), id.New(), who); err != nil {
			t.Fatal(err)
		}
		all, err := w.Phones.EnrolForDemo(t.Context(), w.console(), "0912345678")
		if err != nil {
			t.Fatal(err)
		}
		device := all[0].Device
		shop := w.create(t, "Tạp hoá Bà Lan", place.Shop)
		if err := w.Places.OfficerAddKeeper(t.Context(), w.console(), shop.ID, device.Number, "+84912345678"); err != nil {
			t.Fatal(err)
		}
		for confirmed, want := range map[bool]string{false: "point.held.keeper", true: "point.held.keeper, point.held.card"} {
			held, err := w.HeldAbout(t.Context(), person.Asker{Person: who, Device: device.ID, Confirmed: confirmed})
			var got []string
			for _, h := range held {
				got = append(got, h.What)
			}
			if err != nil || strings.Join(got, ", ") != want {
				t.Errorf("confirmed %v: got %v, %v, want %s", confirmed, got, err, want)
			}
		}
		if held, err := w.HeldAbout(t.Context(), person.Asker{Person: who, Confirmed: false}); err != nil || len(held) != 0 {
			t.Errorf("without a phone: got %v, %v", held, err)
		}
	})
}
