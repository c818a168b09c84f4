package contact_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/outbreak/contact"
)

// numbers answers for the cases of the tests, as package outbreak does.
type numbers map[string]id.ID

func (n numbers) CasesNumbered(_ context.Context, _ auth.Scope, asked []string) (map[string]id.ID, error) {
	by := map[string]id.ID{}
	for _, a := range asked {
		if i, ok := n[a]; ok {
			by[a] = i
		}
	}
	return by, nil
}

const list = `Mã ca bệnh,Họ và tên,Năm sinh,Điện thoại,Huyện,Xã,Tiếp xúc từ,Tiếp xúc đến,Loại nơi,Mức độ chắc chắn
BN1,Lương Thị Bình,1984,0912345601,Hữu Lũng,Minh Hòa,12/01/2022 08:00,12/01/2022 09:30,hộ gia đình,chắc chắn
BN1,Vi Văn Dũng,1990,0912345602,Chi Lăng,Vân An,13/01/2022,,,
BN1,Lương Thị Bình,1984,0912345601,Hữu Lũng,Minh Hòa,13/01/2022 10:00,13/01/2022 10:20,,
BN9,Nông Thị Em,1995,0912345603,Hữu Lũng,Minh Hòa,13/01/2022 10:00,,,
BN1,,1995,,Hữu Lũng,Minh Hòa,13/01/2022 10:00,,,
BN1,Nông Văn Phú,1970,,Hữu Lũng,Minh Hòa,31/02/2022,,,
BN1,Nông Văn Quý,1970,,Hữu Lũng,Xã Không Có,13/01/2022,,,
BN1,Nông Văn Sáu,1970,,Hữu Lũng,Minh Hòa,13/01/2022 10:00,13/01/2022 09:00,,
BN1,Vi Văn Dũng,1990,0912345602,Chi Lăng,Vân An,13/01/2022,,,
`

// A list's rows stand for themselves: good ones are exposures of one contact for a
// person, bad ones are named by row and field, and a second time adds nothing.
func TestImport(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		w.settle(t)
		stood := len(w.list(t, contact.Filter{})) // whom the case met at a place
		w.Numbers = numbers{"BN1": s.kase.Case}
		for run, want := range []contact.Report{{Rows: 9, Added: 3, Known: 1, Contacts: 2, Rejected: 5}, {Rows: 9, Known: 4, Rejected: 5}} {
			got, err := w.Import(t.Context(), w.scope(), strings.NewReader(list))
			if err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, p := range got.Problems {
				said += fmt.Sprintf("%d %s; ", p.Row, p.Field)
			}
			if wanted := "5 case; 6 name; 7 met_from; 8 commune; 9 met_to; "; said != wanted {
				t.Errorf("run %d: refused %q, want %q", run+1, said, wanted)
			}
			got.Problems = nil
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
				t.Errorf("run %d: got %+v, want %+v", run+1, got, want)
			}
		}
		held := 0
		all := w.list(t, contact.Filter{})
		for _, c := range all {
			held += c.Held
		}
		if len(all) != stood+2 || held != stood+3 {
			t.Errorf("got %d contacts with %d exposures, want %d and %d", len(all), held, stood+2, stood+3)
		}
	})
}

// An officer of another district enters nothing of this one's case.
func TestImportOutOfScope(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		w.Numbers = numbers{"BN1": s.kase.Case}
		other := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.WriteContacts)
		got, err := w.Import(t.Context(), other, strings.NewReader(list))
		if err != nil || got.Added != 0 || got.Rejected+got.Known != got.Rows {
			t.Errorf("got %+v, %v; want nothing added", got, err)
		}
	})
}

// No list makes the reader panic, and every row is accounted for or the file refused.
func FuzzImport(f *testing.F) {
	f.Add([]byte(list))
	f.Add([]byte("case;name;from\nBN1;A;2022-01-13 10:00\n"))
	f.Add([]byte("\xef\xbb\xbfF0,Tên,Ngày tiếp xúc\n,,\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, report, err := contact.ReadList(text)
		if err == nil && rows+report.Rejected != report.Rows {
			t.Errorf("%d rows: %d read, %d rejected", report.Rows, rows, report.Rejected)
		}
	})
}
