package qr_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"khien/wire/qr"
)

// FuzzRead: no panic; an error is ours and comes alone; one field is set, the
// one of the kind; what was read is written and read as the same again.
func FuzzRead(f *testing.F) {
	link, _ := signed(f, private, issued).Link(site)
	for _, s := range []string{card, oldText, newText, link, "******001234|HOANG THI HUONG|1988-**-**|0|VN20ABC123|2<x", strings.Replace(card, "082345678|", "", 1), card + "||a|b|"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := qr.Read(text)
		if err != nil {
			var e *qr.Error
			if !errors.As(err, &e) || !slices.Contains(qr.Whys, e.Why) || !reflect.DeepEqual(c, qr.Code{}) {
				t.Fatalf("got %+v, %v", c, err)
			}
			return
		}
		if len(text) > qr.TextBytes {
			t.Fatalf("read %d bytes", len(text))
		}
		again, err := write(c)
		if w, _ := why(t, err); w == qr.TooLong { // NFC and hex may lengthen
			return
		}
		if err != nil {
			t.Fatalf("%q was read and cannot be written: %v", text, err)
		}
		if ours := c.Place != nil || c.Card != nil || c.Phone != nil || c.Declaration != nil || c.Order != nil; ours && again != text {
			t.Fatalf("two texts of one code: %q and %q", text, again)
		}
	})
}

func write(c qr.Code) (string, error) {
	switch {
	case c.Citizen != nil && c.Kind == qr.CitizenCard:
		return c.Citizen.Text()
	case c.Insurance != nil && c.Kind == qr.InsuranceCard:
		return c.Insurance.Text()
	case c.Personal != nil && c.Kind == qr.Personal1405:
		return c.Personal.Text()
	case c.Place != nil && c.Kind == qr.PlacePoster:
		return c.Place.Link(c.Place.Site())
	case c.Card != nil && c.Kind == qr.PersonCard:
		return c.Card.Link(c.Card.Site())
	case c.Phone != nil && c.Kind == qr.PersonPhone:
		return c.Phone.Link(c.Phone.Site())
	case c.Declaration != nil && c.Kind == qr.Declaration:
		return c.Declaration.Link(c.Declaration.Site())
	case c.Order != nil && c.Kind == qr.Order:
		return c.Order.Link(c.Order.Site())
	}
	return "", errors.New("no field of the kind")
}

// The writers check by reading; the fuzz targets look for one that panics, or
// that writes what other words would be.
func FuzzCitizen(f *testing.F) {
	f.Add("020188001234", "082345678", "Hoàng Thị Hường", "1988-05-14", "female", "Lạng Sơn", "2021-04-15", "")
	f.Fuzz(func(t *testing.T, number, old, name, birth, sex, address, issued, expires string) {
		p := qr.Citizen{Number: number, OldNumber: old, Name: name, Birth: birth, Sex: sex, Address: address, Issued: issued, Expires: expires}
		text, err := p.Text()
		if err != nil {
			return
		}
		c, err := qr.Read(text)
		p.Says, _ = qr.Decode(number)
		if err != nil || *c.Citizen != p {
			t.Fatalf("wrote %+v, read %+v, %v", p, c.Citizen, err)
		}
	})
}

func FuzzInsurance(f *testing.F) {
	f.Add(15, "GD4200120012345", "Nông Văn Đức", "1961-02-03", "male", "Tân Thanh", "20 - 001", "2021-12-31", "4")
	f.Add(17, "2012345678", "Lý Thị Mai", "1990", "female", "", "", "", "")
	f.Fuzz(func(t *testing.T, layout int, number, name, birth, sex, address, hospital, to, benefit string) {
		p := qr.Insurance{Layout: layout, Number: number, Name: name, Birth: birth, Sex: sex, Address: address, Hospital: hospital, To: to, Benefit: benefit}
		text, err := p.Text()
		if err != nil {
			return
		}
		if c, err := qr.Read(text); err != nil || *c.Insurance != p {
			t.Fatalf("wrote %+v, read %+v, %v", p, c.Insurance, err)
		}
	})
}

func FuzzPersonal(f *testing.F) {
	f.Add("******001234", "HOANG THI HUONG", "1988", "self", "VN20ABC123", "2<0912000000")
	f.Fuzz(func(t *testing.T, paper, name, birth, declared, qid, ext string) {
		p := qr.Personal{Paper: paper, Name: name, Birth: birth, Declared: declared, QID: qid}
		if ext != "" {
			p.Ext = strings.Split(ext, "<")
		}
		text, err := p.Text()
		if err != nil {
			return
		}
		if c, err := qr.Read(text); err != nil || !reflect.DeepEqual(*c.Personal, p) {
			t.Fatalf("wrote %+v, read %+v, %v", p, c.Personal, err)
		}
	})
}

// FuzzOwn: of every token that is read there is one text, and none but those
// that were signed verifies.
func FuzzOwn(f *testing.F) {
	card, _ := qr.SignCard(private, place, issued)
	phone, _ := qr.ShowPhone(place, make([]byte, qr.SecretBytes), noon)
	real := []string{signed(f, private, issued).Token(), card.Token(), phone.Token()}
	for _, token := range real {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if u, err := qr.ReadPlace(token); err == nil {
			_, err := u.Verify(trust)
			check(t, token, u.Token(), err, real)
		}
		if u, err := qr.ReadCard(token); err == nil {
			_, err := u.Verify(trust)
			check(t, token, u.Token(), err, real)
		}
		if u, err := qr.ReadPhone(token); err == nil {
			_, err := u.Verify(func([16]byte) ([]byte, error) { return make([]byte, qr.SecretBytes), nil }, noon, qr.Online)
			check(t, token, u.Token(), err, real)
		}
	})
}

func check(t *testing.T, token, again string, verified error, real []string) {
	if again != token {
		t.Fatalf("two texts of one code: %q and %q", token, again)
	}
	if verified == nil && !slices.Contains(real, token) {
		t.Fatalf("forged: %q", token)
	}
}

func FuzzReadKeys(f *testing.F) {
	f.Add(qr.WriteKey(trust.Keys[0]) + " 2026-01-01 # x\n")
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := qr.ReadKeys(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, k := range keys {
			again, err := qr.ReadKeys(strings.NewReader(qr.WriteKey(k)))
			if err != nil || len(again) != 1 || !reflect.DeepEqual(again[0], k) {
				t.Fatalf("wrote %+v, read %+v, %v", k, again, err)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("020188001234")
	f.Fuzz(func(t *testing.T, number string) {
		m, ok := qr.Decode(number)
		if ok && (m.BirthYear < 1900 || m.BirthYear > 2399 || len(m.Province) != 3) {
			t.Fatalf("got %+v of %q", m, number)
		}
	})
}
