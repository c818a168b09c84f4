package point_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"khien/kernel/fault"
	"khien/kernel/place"
	"khien/wire/sheet"
)

const head = "Tên địa điểm,Loại,Huyện,Xã/Phường/Thị trấn,Địa chỉ,Toạ độ,Giờ mở cửa,Lưu lại (phút),Điện thoại người quản lý\n"

func TestAListOfPlaces(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		list := head + `Chợ Kỳ Lừa,Chợ,Thành phố Lạng Sơn,Phường Hoàng Văn Thụ,Đường Trần Đăng Ninh,"21.85, 106.76",5h-19h,60,0912 345 678
Tạp hoá bà Lan,Cửa hàng,Lạng Sơn,Hoàng Văn Thụ,,,,,912345678
UBND xã Mai Pha,Trụ sở,TP Lạng Sơn,xa Mai Pha,,,"T2-T6 7:00-11:30, 13:30-17:00",,
`
		for round, want := range []struct{ added, known int }{{3, 0}, {0, 3}} {
			r, err := w.Import(t.Context(), w.console(), strings.NewReader(list))
			if err != nil || r.Rows != 3 || r.Added != want.added || r.Known != want.known {
				t.Errorf("round %d: got %+v, %v", round, r, err)
			}
		}
		page, err := w.Places.List(t.Context(), w.console(), place.Filter{Search: "ky lua"})
		if err != nil || len(page.Places) != 1 {
			t.Fatalf("got %v, %v", page, err)
		}
		market := page.Places[0]
		if market.Hours.String() != "T2-CN 05:00-19:00" || market.Position.Lat != 21.85 || market.Kind != place.Market || !market.Seen {
			t.Errorf("got %+v", market)
		}
		if _, err := w.Codes().Place(w.token(t, market)); err != nil {
			t.Errorf("its code: %v", err)
		}
		index, err := w.Phones.Index("0912345678")
		if err != nil {
			t.Fatal(err)
		}
		if kept, err := w.Places.KeptBy(t.Context(), index); err != nil || len(kept) != 2 {
			t.Errorf("the keeper's places: got %v, %v", kept, err)
		}
	})
}

// What is wrong is said by row and field, and the rest is entered.
func TestAHostileList(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		list := head + `"=cmd|'/c calc'!A0",Chợ,Lạng Sơn,Mai Pha,,,,,
Chợ một,Ngân hàng,Lạng Sơn,Mai Pha,,,,,
Chợ hai,Chợ,Lạng Sơn,Không Có Xã Này,,,,,
Chợ ba,Chợ,Lạng Sơn,Mai Pha,,"106.76, 21.85",,,
Chợ bốn,Chợ,Lạng Sơn,Mai Pha,,,44330,,
Chợ năm,Chợ,Lạng Sơn,Mai Pha,,,,5000,
Chợ sáu,Chợ,Lạng Sơn,Mai Pha,,,,,12
,Chợ,Lạng Sơn,Mai Pha,,,,,
Chợ tám,Chợ,Lạng Sơn,Mai Pha,@SUM(1),,,,
Chợ chín,Chợ,Lạng Sơn,Mai Pha,,,,,
`
		r, err := w.Import(t.Context(), w.console(), strings.NewReader(list))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"2 name point.formula", "3 kind place.kind", "4 commune area.rejected.commune", "5 position place.position",
			"6 hours place.hours", "7 stay place.stay", "8 phone person.phone", "9 name place.name", "10 address point.formula"}
		var got []string
		for _, p := range r.Problems {
			got = append(got, fmt.Sprintf("%d %s %s", p.Row, p.Field, p.Why))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || r.Added != 1 || r.Rejected != 9 {
			t.Errorf("got %v, %d added, %d rejected, want %v", got, r.Added, r.Rejected, want)
		}
	})
}

// Merged cells leave gaps, formulas have no value: each is named by row and field.
func TestAHostileWorkbook(t *testing.T) {
	w := open(t)
	book := excelize.NewFile()
	defer book.Close()
	for cell, v := range map[string]string{"A1": "Tên địa điểm", "B1": "Huyện", "C1": "Xã", "A2": "Chợ gộp", "B2": "Lạng Sơn", "C2": "Mai Pha", "A4": "Chợ cuối", "B4": "Lạng Sơn", "C4": "Mai Pha"} {
		if err := book.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := book.MergeCell("Sheet1", "A2", "A3"); err != nil {
		t.Fatal(err)
	}
	if err := book.SetCellValue("Sheet1", "C3", "Mai Pha"); err != nil {
		t.Fatal(err)
	}
	if err := book.SetCellFormula("Sheet1", "A5", `HYPERLINK("http://evil","x")`); err != nil {
		t.Fatal(err)
	}
	if err := book.SetCellValue("Sheet1", "C5", "Mai Pha"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	r, err := w.Import(t.Context(), w.console(), &b)
	if err != nil || r.Added != 2 || len(r.Problems) != 2 || r.Problems[0].Row != 3 || r.Problems[0].Field != "name" || r.Problems[1].Row != 5 {
		t.Errorf("got %+v, %v", r, err)
	}
}

// A zip that unpacks to the moon, and what is no list at all.
func TestFilesThatAreNoList(t *testing.T) {
	w := open(t)
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	f, err := z.CreateRaw(&zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate, UncompressedSize64: 1 << 40, CompressedSize64: 4})
	if err == nil {
		_, err = f.Write([]byte("boom"))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ body, key string }{
		"zip bomb":     {bomb.String(), "sheet." + sheet.TooLarge},
		"no headings":  {"a,b\n1,2\n", "point.no_header"},
		"empty":        {"", "sheet." + sheet.Empty},
		"UTF-16":       {"\xff\xfeT\x00", "sheet." + sheet.UTF16},
		"Windows-1258": {head + "Ch\xf5,,,,,,,,\n", "sheet." + sheet.Encoding},
	} {
		_, err := w.Import(t.Context(), w.console(), strings.NewReader(c.body))
		if got := fault.Of(err); got == nil || got.Key != c.key {
			t.Errorf("%s: got %v, want %s", what, err, c.key)
		}
	}
	if n := w.Places.Book().Len(); n != 0 {
		t.Errorf("%d places were let in", n)
	}
}

// Thousands of rows: all of them, once.
func TestThousandsOfPlaces(t *testing.T) {
	w := open(t)
	const rows = 2000
	var b strings.Builder
	b.WriteString(head)
	for i := range rows {
		fmt.Fprintf(&b, "Điểm số %d,Cửa hàng,Thành phố Lạng Sơn,Phường Hoàng Văn Thụ,Ngõ %d,,7h-21h,,\n", i, i%50)
	}
	for _, want := range []int{rows, 0} {
		r, err := w.Import(t.Context(), w.console(), strings.NewReader(b.String()))
		if err != nil || r.Added != want || r.Added+r.Known != rows || len(r.Problems) != 0 {
			t.Fatalf("got %d added, %d known, %d problems, %v", r.Added, r.Known, len(r.Problems), err)
		}
	}
	if n := w.Places.Book().Len(); n != rows {
		t.Errorf("the book holds %d", n)
	}
}
