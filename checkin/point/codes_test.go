package point_test

import (
	"crypto/ed25519"
	"strings"
	"testing"

	"khien/checkin/point"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/place"
	"khien/wire/qr"
)

// What a poster may be that counts no more, or never did.
func TestCodesThatDoNotCount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		shop := w.create(t, "Tạp hoá Bà Lan", place.Shop)
		day := shop.PosterIssued.String()
		own := w.token(t, shop)
		_, stranger, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		sign := func(private ed25519.PrivateKey, place id.ID, day string) string {
			u, err := qr.SignPlace(private, place, day)
			if err != nil {
				t.Fatal(err)
			}
			return u.Token()
		}
		mine := w.private(t)
		card, err := w.Codes().SignCard(shop.ID, shop.PosterIssued)
		if err != nil {
			t.Fatal(err)
		}
		for what, c := range map[string]struct{ token, key string }{
			"good":                      {own, ""},
			"foreign key":               {sign(stranger, shop.ID, day), "qr.unknown_key"},
			"forged, one letter turned": {own[:60] + turned(own[60:61]) + own[61:], "qr.forged"},
			"expired":                   {sign(mine, shop.ID, shop.PosterIssued.Time().AddDate(0, 0, -401).Format("2006-01-02")), "qr.expired"},
			"future-dated":              {sign(mine, shop.ID, shop.PosterIssued.Time().AddDate(0, 0, 2).Format("2006-01-02")), "qr.early"},
			"of no place":               {sign(mine, id.New(), day), "point.gone"},
			"cut short":                 {own[:100], "qr.cut_short"},
			"with a space":              {own + " ", "qr.form"},
			"a card for a place":        {card.Token(), "qr.version"},
			"nothing":                   {"", "qr.cut_short"},
			"100 KB":                    {strings.Repeat("A", 100<<10), "qr.version"},
		} {
			for range 2 { // what is remembered answers alike
				p, err := w.Codes().Place(c.token)
				if f := fault.Of(err); c.key == "" && (err != nil || p.ID != shop.ID) || c.key != "" && (f == nil || f.Key != c.key) {
					t.Errorf("%s: got %v, %v, want %s", what, p.Name, err, c.key)
				}
			}
		}
	})
}

func turned(letter string) string {
	if letter == "A" {
		return "B"
	}
	return "A"
}

// A poster of a closed place and one that was printed anew count no more; the new one does.
func TestPostersThatWereTakenBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		shop := w.create(t, "Quán phở Thìn", place.Restaurant)
		old := w.token(t, shop)
		next, err := w.Places.Reissue(t.Context(), w.console(), shop.ID)
		if err != nil {
			t.Fatal(err)
		}
		w.refuses(t, old, "point.withdrawn")
		if p, err := w.Codes().Place(w.token(t, next)); err != nil || p.ID != shop.ID {
			t.Errorf("the new poster: got %v, %v", p.Name, err)
		}
		if _, err := w.Places.Close(t.Context(), w.console(), shop.ID); err != nil {
			t.Fatal(err)
		}
		w.refuses(t, w.token(t, next), "point.closed")
		if _, err := w.Places.Reopen(t.Context(), w.console(), shop.ID); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.AddDate(0, 0, 410)
		w.refuses(t, w.token(t, next), "qr.expired")
	})
}

// A poster of another host is no poster of ours, however well it is signed.
func TestACodeOfAnotherSite(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		shop := w.create(t, "Chợ Kỳ Lừa", place.Market)
		u, err := w.Codes().SignPlace(shop)
		if err != nil {
			t.Fatal(err)
		}
		for site, key := range map[string]string{site: "", "https://khien.example": "qr.other_site"} {
			link, err := u.Link(site)
			if err != nil {
				t.Fatal(err)
			}
			code, err := qr.Read(link)
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.Codes().PlaceOf(*code.Place)
			if f := fault.Of(err); key == "" && err != nil || key != "" && (f == nil || f.Key != key) {
				t.Errorf("%s: got %v, want %q", site, err, key)
			}
		}
	})
}

// The published keys are enough to verify a poster, and another master key's are not.
func TestPublishedKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		shop := w.create(t, "Bưu điện tỉnh", place.Office)
		var lines []string
		for _, k := range w.Codes().Keys() {
			lines = append(lines, qr.WriteKey(k))
		}
		keys, err := qr.ReadKeys(strings.NewReader(strings.Join(lines, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		u, err := qr.ReadPlace(w.token(t, shop))
		if err != nil {
			t.Fatal(err)
		}
		code, err := u.Verify(qr.Trust{Keys: keys, Issuer: "VN-09", Now: w.now})
		if err != nil || id.ID(code.Place) != shop.ID || code.Issuer != "VN-09" {
			t.Errorf("got %+v, %v", code, err)
		}
		other := newKeys(t)
		if point.New(point.Config{Keys: other, Province: 20}).Codes().Keys()[0].Public.Equal(keys[0].Public) {
			t.Error("two master keys sign alike")
		}
	})
}
