package qr_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"

	"khien/wire/qr"
)

var huong = qr.Citizen{
	Number: "020188001234", OldNumber: "082345678", Name: "Hoàng Thị Hường", Birth: "1988-05-14", Sex: "female",
	Address: "Khối 8, Vĩnh Trại, Lạng Sơn, Lạng Sơn", Issued: "2021-04-15",
	Says: qr.Meaning{Province: "020", BirthYear: 1988, Sex: "female"},
}

func TestCitizenCard(t *testing.T) {
	but := func(change func(*qr.Citizen)) qr.Citizen { p := huong; change(&p); return p }
	noOld := but(func(p *qr.Citizen) { p.OldNumber = "" })
	expires := but(func(p *qr.Citizen) { p.Expires = "2028-05-14" })
	year := but(func(p *qr.Citizen) { p.Birth = "1988" })
	six := strings.Replace(card, "082345678|", "", 1)
	tests := []struct {
		name, text string
		want       qr.Citizen
		flags      []qr.Flag
	}{
		{"seven fields", card, huong, nil},
		{"dates with slashes", strings.NewReplacer("14051988", "14/05/1988", "15042021", "15/04/2021").Replace(card), huong, nil},
		{"NFD", norm.NFD.String(card), huong, []qr.Flag{qr.Decomposed}},
		{"no old number", strings.Replace(card, "082345678", "", 1), noOld, nil},
		{"six fields", six, noOld, nil},
		{"eight fields", card + "|14052028", expires, nil},
		{"eight fields, six with empty expiry", card + "|", huong, nil},
		{"never expires", card + "|Không thời hạn", huong, nil},
		{"eleven fields", card + "||Hoàng Văn Nam|Lý Thị Mai|", huong, []qr.Flag{qr.MoreFields}},
		{"year only", strings.Replace(card, "14051988", "1988", 1), year, nil},
		{"year only, zeros", strings.Replace(card, "14051988", "00001988", 1), year, nil},
		{"month and year", strings.Replace(card, "14051988", "05/1988", 1), but(func(p *qr.Citizen) { p.Birth = "1988-05" }), nil},
		{"sex in capitals without marks", strings.Replace(card, "Nữ", "NU", 1), huong, nil},
		{"odd spaces", strings.Replace(card, "Thị ", " Thị\u00a0 ", 1), huong, nil},
		{"old number of 8", strings.Replace(card, "|082345678", "|08234567", 1), but(func(p *qr.Citizen) { p.OldNumber = "08234567" }), []qr.Flag{qr.OldNumberForm}},
		{"other birth year", strings.Replace(card, "14051988", "14051989", 1), but(func(p *qr.Citizen) { p.Birth = "1989-05-14" }), []qr.Flag{qr.BirthContradicts}},
		{"other sex", strings.Replace(card, "Nữ", "Nam", 1), but(func(p *qr.Citizen) { p.Sex = "male" }), []qr.Flag{qr.SexContradicts}},
		{"Cyrillic letter", strings.Replace(card, "Hoàng", "Hоàng", 1), but(func(p *qr.Citizen) { p.Name = "Hоàng Thị Hường" }), []qr.Flag{qr.NameScript}},
		{"issued before birth", strings.Replace(card, "15042021", "15041980", 1), but(func(p *qr.Citizen) { p.Issued = "1980-04-15" }), []qr.Flag{qr.DatesOutOfOrder}},
		{"name like Y H'Linh", strings.Replace(card, "Thị Hường", "H’Linh Y", 1), but(func(p *qr.Citizen) { p.Name = "Hoàng H’Linh Y" }), nil},
	}
	for _, tt := range tests {
		c, err := qr.Read(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if d := cmp.Diff(&tt.want, c.Citizen); d != "" || c.Kind != qr.CitizenCard {
			t.Errorf("%s: %s -want +got\n%s", tt.name, c.Kind, d)
		}
		if d := cmp.Diff(append([]qr.Flag{qr.NoProof}, tt.flags...), c.Flags); d != "" {
			t.Errorf("%s: flags -want +got\n%s", tt.name, d)
		}
	}
}

func TestCitizenCardRefused(t *testing.T) {
	put := func(old, with string) string { return strings.Replace(card, old, with, 1) }
	tests := []struct{ name, text, why, field string }{
		{"cut after the number", card[:13], qr.CutShort, ""},
		{"cut in the name", card[:30], qr.CutShort, ""},
		{"cut in the address", card[:70], qr.CutShort, ""},
		{"cut before the date", card[:len(card)-8], qr.CutShort, ""},
		{"cut in the date", card[:len(card)-3], qr.CutShort, ""},
		{"13 fields", card + strings.Repeat("|", 6), qr.Fields, ""},
		{"31 February", put("14051988", "31021988"), qr.Date, "birth"},
		{"year 2999", put("14051988", "14052999"), qr.Date, "birth"},
		{"American date", put("14051988", "05141988"), qr.Date, "birth"},
		{"ISO date", put("15042021", "2021-04-15"), qr.Date, "issued"},
		{"issued some day of April", put("15042021", "00042021"), qr.Date, "issued"},
		{"no birth date", put("14051988", ""), qr.Date, "birth"},
		{"sex", put("Nữ", "X"), qr.Sex, "sex"},
		{"no name", put("Hoàng Thị Hường", " "), qr.Name, "name"},
		{"name a formula", put("Hoàng Thị Hường", "@SUM(1)"), qr.Name, "name"},
		{"name with digits", put("Hường", "Hường1"), qr.Name, "name"},
		{"long name", put("Hường", strings.Repeat("Hường ", 40)), qr.Name, "name"},
		{"long address", put("Khối 8", strings.Repeat("Khối 8", 60)), qr.Text, "address"},
		{"old number with letters", put("082345678", "O82345678"), qr.Number, "old_number"},
		{"fullwidth digits in the number", put("020188001234", "０20188001234"), qr.Unknown, ""},
		{"Arabic digits in the date", put("14051988", "١٤٠٥١٩٨٨"), qr.Date, "birth"},
	}
	for _, tt := range tests {
		_, err := qr.Read(tt.text)
		if w, f := why(t, err); w != tt.why || f != tt.field {
			t.Errorf("%s: got %q at %q, want %q at %q", tt.name, w, f, tt.why, tt.field)
		}
	}
}

// Wherever a card's text is cut, it is refused, but for what no reader can see:
// an address that ends early is followed by its date, and so never the end.
func TestCitizenCardCutAnywhere(t *testing.T) {
	for i := range len(card) {
		if c, err := qr.Read(card[:i]); err == nil {
			t.Errorf("cut after %d bytes: got %+v, want an error", i, c.Citizen)
		}
	}
}

func TestDecode(t *testing.T) {
	tests := []struct {
		number string
		want   qr.Meaning
		ok     bool
	}{
		{"020088001234", qr.Meaning{Province: "020", BirthYear: 1988, Sex: "male"}, true},
		{"020188001234", qr.Meaning{Province: "020", BirthYear: 1988, Sex: "female"}, true},
		{"079205000001", qr.Meaning{Province: "079", BirthYear: 2005, Sex: "male"}, true},
		{"001312999999", qr.Meaning{Province: "001", BirthYear: 2012, Sex: "female"}, true},
		{"001412999999", qr.Meaning{Province: "001", BirthYear: 2112, Sex: "male"}, true},
		{"156970123456", qr.Meaning{Province: "156", Abroad: true, BirthYear: 2370, Sex: "female"}, true},
		{"02018800123", qr.Meaning{}, false},
		{"0201880012345", qr.Meaning{}, false},
		{"02018800123x", qr.Meaning{}, false},
	}
	for _, tt := range tests {
		if got, ok := qr.Decode(tt.number); got != tt.want || ok != tt.ok {
			t.Errorf("%s: got %+v, %v, want %+v, %v", tt.number, got, ok, tt.want, tt.ok)
		}
	}
	c, err := qr.Read(strings.Replace(card, "020188", "003188", 1))
	if err != nil || !slices.Contains(c.Flags, qr.ProvinceUnknown) {
		t.Errorf("number of province 003: got %v, %v, want it flagged", c.Flags, err)
	}
}

var (
	old = qr.Insurance{
		Layout: 15, Number: "GD4200120012345", Name: "Nông Văn Đức", Birth: "1961-02-03", Sex: "male", Address: "Thôn Nà Pán, Tân Thanh",
		Hospital: "20 - 001", From: "2019-01-01", To: "2021-12-31", Issued: "2018-12-20", Manager: "20001", Benefit: "4",
		FiveYears: "2020-01-01", Check: "1a2b3c4d5e6f7081-7102",
	}
	oldText = "GD4200120012345|4ec3b46e672056c4836e20c490e1bba963|03/02/1961|1|5468c3b46e204ec3a02050c3a16e2c2054c3a26e205468616e68|20 - 001" +
		"|01/01/2019|31/12/2021|20/12/2018|20001|-|4|01/01/2020|1a2b3c4d5e6f7081-7102|$"
	newer = qr.Insurance{
		Layout: 17, Number: "2012345678", Name: "Lý Thị Mai", Birth: "1990", Sex: "female", Hospital: "20 - 001", From: "2023-07-01",
		Issued: "2023-07-31", Manager: "20002012345678", Benefit: "4", FiveYears: "2027-10-01", Check: "0011223344556677-1202",
		Benefit2: "4", IssuedAt: "Lạng Sơn",
	}
	newText = "2012345678|4cc3bd205468e1bb8b204d6169|1990|2|-|20 - 001|01/07/2023|-|31/07/2023|20002012345678|-|4| 01/10/2027" +
		"|0011223344556677-1202|4|4ce1baa16e672053c6a16e|$"
)

func TestInsuranceCard(t *testing.T) {
	tests := []struct {
		name, text string
		want       qr.Insurance
		flags      []qr.Flag
	}{
		{"15 parts", oldText, old, nil},
		{"17 parts", newText, newer, nil},
		{"hex in capitals", strings.Replace(oldText, "4ec3b46e672056c4836e20c490e1bba963", "4EC3B46E672056C4836E20C490E1BBA963", 1), old, nil},
		{"NFD in hex", strings.Replace(newText, "4cc3bd", "4c79cc81", 1), newer, []qr.Flag{qr.Decomposed}},
	}
	for _, tt := range tests {
		c, err := qr.Read(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if d := cmp.Diff(&tt.want, c.Insurance); d != "" || c.Kind != qr.InsuranceCard {
			t.Errorf("%s: %s -want +got\n%s", tt.name, c.Kind, d)
		}
		if d := cmp.Diff(append([]qr.Flag{qr.NoProof}, tt.flags...), c.Flags); d != "" {
			t.Errorf("%s: flags -want +got\n%s", tt.name, d)
		}
	}
	for i := range len(newText) {
		if _, err := qr.Read(newText[:i]); err == nil {
			t.Errorf("cut after %d bytes: no error", i)
		}
	}
}

func TestInsuranceCardRefused(t *testing.T) {
	put := func(was, with string) string { return strings.Replace(newText, was, with, 1) }
	tests := []struct{ name, text, why, field string }{
		{"no end mark", put("|$", "|"), qr.CutShort, ""},
		{"16 parts", put("|-|4|", "|4|"), qr.CutShort, ""},
		{"18 parts", put("|$", "|x|$"), qr.Fields, ""},
		{"odd hex", put("4cc3bd", "4cc3b"), qr.Text, "name"},
		{"not hex", put("4cc3bd", "4cc3bz"), qr.Text, "name"},
		{"Windows-1258 in hex", put("4cc3bd", "4cfd"), qr.Encoding, "name"},
		{"bidi in hex", put("4cc3bd", "4ce280ae"), qr.Bidi, "name"},
		{"NUL in hex", put("4ce1ba", "00e1ba"), qr.Control, "issued_at"},
		{"no name", put("4cc3bd205468e1bb8b204d6169", "-"), qr.Name, "name"},
		{"sex 3", put("|2|", "|3|"), qr.Sex, "sex"},
		{"date", put("01/07/2023", "31/06/2023"), qr.Date, "from"},
		{"hospital a formula", put("20 - 001", "=1+1"), qr.Text, "hospital"},
	}
	for _, tt := range tests {
		_, err := qr.Read(tt.text)
		if w, f := why(t, err); w != tt.why || f != tt.field {
			t.Errorf("%s: got %q at %q, want %q at %q", tt.name, w, f, tt.why, tt.field)
		}
	}
}

func TestPersonalCode(t *testing.T) {
	sau := qr.Personal{Paper: "******001234", Name: "HOANG THI HUONG", Birth: "1988", Declared: "self", QID: "VN20ABC123", Ext: []string{"2", "GD4200120012345", "0912000000"}}
	shown := qr.Personal{Paper: "C1234567", Name: "HOANG THI HUONG", Birth: "1988-05-14", Declared: "other", QID: "VN20ABC123"}
	tests := []struct {
		name, text string
		want       qr.Personal
		flags      []qr.Flag
	}{
		{"masked", "******001234|HOANG THI HUONG|1988-**-**|0|VN20ABC123|2<GD4200120012345<0912000000", sau, []qr.Flag{qr.Masked}},
		{"shown, no EXT", "C1234567|HOANG THI HUONG|1988-05-14|1|VN20ABC123|", shown, nil},
		{"five fields", "C1234567|HOANG THI HUONG|1988-05-14|1|VN20ABC123", shown, nil},
	}
	for _, tt := range tests {
		c, err := qr.Read(tt.text)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if d := cmp.Diff(&tt.want, c.Personal); d != "" || c.Kind != qr.Personal1405 {
			t.Errorf("%s: %s -want +got\n%s", tt.name, c.Kind, d)
		}
		if d := cmp.Diff(append([]qr.Flag{qr.NoProof}, tt.flags...), c.Flags); d != "" {
			t.Errorf("%s: flags -want +got\n%s", tt.name, d)
		}
	}
	refused := []struct{ text, why, field string }{
		{"C1234567|HOANG THI HUONG|1988-05-14|1", qr.CutShort, ""},
		{"C1234567|HOANG THI HUONG|1988-05-14|1|Q|1|2", qr.Fields, ""},
		{"C1234567|HOANG THI HUONG|1988-05-14|2|Q|", qr.Number, "declared"},
		{"C1234567|HOANG THI HUONG|1988-02-31|1|Q|", qr.Date, "birth"},
		{"C1234567|HOANG THI HUONG|1988-**-05|1|Q|", qr.Date, "birth"},
		{"C1234567|HOANG THI HUONG|----------|1|Q|", qr.Date, "birth"},
		{"C123'567|HOANG THI HUONG|1988-05-14|1|Q|", qr.Number, "paper"},
		{"C1234567|=HYPERLINK(1)|1988-05-14|1|Q|", qr.Name, "name"},
		{"C1234567|HOANG THI HUONG|1988-05-14|1||", qr.Number, "qid"},
		{"C1234567|HOANG THI HUONG|1988-05-14|1|Q|" + strings.Repeat("<", 20), qr.Fields, "ext"},
	}
	for _, tt := range refused {
		_, err := qr.Read(tt.text)
		if w, f := why(t, err); w != tt.why || f != tt.field {
			t.Errorf("%s: got %q at %q, want %q at %q", tt.text, w, f, tt.why, tt.field)
		}
	}
}

// What is written says the same again, and what could not is not written.
func TestCardsReadBack(t *testing.T) {
	if got, err := huong.Text(); err != nil || got != card {
		t.Errorf("got %q, %v, want %q", got, err, card)
	}
	if got, err := old.Text(); err != nil || got != oldText {
		t.Errorf("got %q, %v, want %q", got, err, oldText)
	}
	if got, err := newer.Text(); err != nil || got != strings.Replace(newText, "| 01", "|01", 1) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, name := range []string{"a|b", "", "Hường\u202e", " Hường", "Huơ\u0300ng"} {
		p, q, r := huong, newer, qr.Personal{Paper: "C1", Name: name, Declared: "self", QID: "Q"}
		p.Name, q.Name = name, name
		for _, w := range []interface{ Text() (string, error) }{p, q, r} {
			if text, err := w.Text(); err == nil {
				t.Errorf("name %q was written: %s", name, text)
			}
		}
	}
}
