package outbreak_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/area"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/store"
	"khien/outbreak"
)

const head = "date,province,district,commune,new_cases\n"

func (w *world) importText(t *testing.T, text string) (outbreak.Report, error) {
	t.Helper()
	return w.ImportCounts(t.Context(), everything, "test", strings.NewReader(text))
}

// sums are the announced numbers by area, and the rest apart.
func (w *world) sums(t *testing.T) map[string]int {
	t.Helper()
	got := map[string]int{}
	err := store.Each(t.Context(), w.db, func(s store.Scan) error {
		var c area.Code
		var rest, n int
		if err := s(&c, &rest, &n); err != nil {
			return err
		}
		key := c.String()
		if rest == 1 {
			key += " rest"
		}
		got[key] += n
		return nil
	}, "select area, rest, cases from outbreak_count where province = 20")
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestFourVerdicts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		report, err := w.importText(t, "\ufeffNgày;Tỉnh/Thành phố;Quận/Huyện;Phường/Xã;Số ca mắc mới\n"+
			"14/05/2021;Lạng Sơn;Hữu Lũng;Hòa Thắng;4\n"+
			"14/05/2021;Tỉnh Lạng Sơn;huyen huu lung;Minh Hoà;2\n"+
			"14/05/2021;Lạng Sơn;Việt Yên;Quang Châu;1\n"+
			"14/05/2021;Lạng Sơn;Hữu Lũng;Không Đâu Có;3\n"+
			"31/02/2021;Lạng Sơn;Hữu Lũng;Minh Hòa;7\n"+
			"15/05/2021;Lạng Sơn;Hữu Lũng;Minh Hòa;-1\n"+
			"15/05/2099;Lạng Sơn;Hữu Lũng;Minh Hòa;1\n"+
			"15/05/2021;Lạng Sơn;Hữu Lũng;Minh Hòa;nhiều\n"+
			"15/05/2021;Lạng Sơn;Hữu Lũng;;9\n")
		if err != nil {
			t.Fatal(err)
		}
		type end struct {
			Row     int
			Verdict area.Verdict
			Field   string
		}
		var got []end
		for _, p := range report.Problems {
			got = append(got, end{p.Row, p.Verdict, p.Field})
		}
		want := []end{{3, area.Corrected, "commune"}, {4, area.Ambiguous, "commune"}, {5, area.Rejected, "commune"}, {6, area.Rejected, "date"},
			{7, area.Rejected, "new_cases"}, {8, area.Rejected, "date"}, {9, area.Rejected, "new_cases"}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("problems, -want +got\n%s", d)
		}
		if report.Rows != 9 || report.Matched+report.Corrected+report.Ambiguous+report.Rejected != 9 || report.Added != 3 {
			t.Errorf("got %+v", report)
		}
		if d := cmp.Diff(map[string]int{"2021/20/186/06460": 4, "2021/20/186/06457": 2, "2021/20/186": 9}, w.sums(t)); d != "" {
			t.Errorf("stored, -want +got\n%s", d)
		}
	})
}

// A later list puts its number in the place of the older one; the same list
// again says nothing new.
func TestLaterListHolds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, step := range []struct {
			text           string
			added, changed int
		}{
			{"2021-05-14,Lạng Sơn,Hữu Lũng,Minh Hòa,2\n2021-05-14,Lạng Sơn,Hữu Lũng,Hòa Thắng,1\n", 2, 0},
			{"2021-05-14,Lạng Sơn,Hữu Lũng,Minh Hòa,2\n2021-05-14,Lạng Sơn,Hữu Lũng,Hòa Thắng,1\n", 0, 0},
			{"2021-05-14,Lạng Sơn,Hữu Lũng,Minh Hoà,3\n", 1, 1},
			{"2021-05-15,Lạng Sơn,Hữu Lũng,Minh Hòa,0\n", 1, 0},
		} {
			report, err := w.importText(t, head+step.text)
			if err != nil || report.Added != step.added || report.Changed != step.changed {
				t.Errorf("%q: got %d added, %d changed, %v; want %d, %d", step.text, report.Added, report.Changed, err, step.added, step.changed)
			}
		}
		if d := cmp.Diff(map[string]int{"2021/20/186/06457": 3, "2021/20/186/06460": 1}, w.sums(t)); d != "" {
			t.Errorf("stored, -want +got\n%s", d)
		}
	})
}

func TestBrokenListsChangeNothing(t *testing.T) {
	good := head + "2021-05-14,Lạng Sơn,Hữu Lũng,Minh Hòa,2\n"
	tests := []struct {
		name, text, key string
		row             int
	}{
		{"empty", "", "sheet.empty", 0},
		{"no rows", head, "sheet.empty", 0},
		{"windows-1258", good + "2021-05-15,L\xe1ng S\xf5n,H\xfdu L\xf5ng,Minh H\xf2a,2\n", "sheet.encoding", 3},
		{"utf-16", "\xff\xfed\x00a\x00t\x00e\x00", "sheet.utf16", 1},
		{"missing number", "date,province,district,commune\n2021-05-14,Lạng Sơn,Hữu Lũng,Minh Hòa\n", "sheet.no_column", 1},
		{"missing province", "date,district,commune,new_cases\n2021-05-14,Hữu Lũng,Minh Hòa,2\n", "sheet.no_column", 1},
		{"missing date", "province,district,commune,new_cases\nLạng Sơn,Hữu Lũng,Minh Hòa,2\n", "sheet.no_header", 1},
		{"a line of 50 MB", good + "2021-05-15," + strings.Repeat("x", 50<<20) + ",,,1\n", "sheet.long_line", 3},
		{"an open quote", good + "2021-05-15,\"Lạng Sơn,Hữu Lũng,Minh Hòa,2\n", "sheet.quote", 3},
	}
	each(t, func(t *testing.T, w *world) {
		for _, tt := range tests {
			_, err := w.importText(t, tt.text)
			f := fault.Of(err)
			if f == nil || f.Key != tt.key || f.Row != tt.row || f.Kind != fault.Invalid {
				t.Errorf("%s: got %v, want %s in row %d", tt.name, err, tt.key, tt.row)
			}
		}
		if got := w.sums(t); len(got) != 0 {
			t.Errorf("broken lists left %v", got)
		}
	})
}

// The list of spring 2021: every row and case is accounted for, Lạng Sơn's 96
// as 90 in its own districts and 6 named.
func TestPublishedListOf2021(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		report, err := w.ImportCounts(t.Context(), everything, "2021", shared(t, "epi/cases-2021-by-commune.csv"))
		if err != nil {
			t.Fatal(err)
		}
		by := report.By
		if report.Rows != 7230 || report.Cases != 27035 || report.Matched+report.Corrected+report.Ambiguous+report.Rejected != 7230 ||
			by["matched"]+by["corrected"]+by["ambiguous"]+by["rejected"] != 27035 {
			t.Errorf("got %d rows, %d cases, %+v", report.Rows, report.Cases, by)
		}
		placed, named := 0, map[string]int{}
		for code, n := range w.sums(t) {
			if strings.HasPrefix(code, "2021/20/") {
				placed += n
			}
		}
		for _, p := range report.Problems {
			if p.Verdict == area.Ambiguous && strings.HasPrefix(p.Value, "Lạng Sơn / ") {
				named[p.Value] += p.Cases
			}
		}
		want := map[string]int{"Lạng Sơn / Đông Anh / Kim Chung": 1, "Lạng Sơn / Việt Yên / Quang Châu": 3, "Lạng Sơn / Việt Yên / Nếnh": 1, "Lạng Sơn / Móng Cái / Hải Yên": 1}
		if d := cmp.Diff(want, named); d != "" || placed != 90 {
			t.Errorf("placed %d, want 90; named, -want +got\n%s", placed, d)
		}
		again, err := w.ImportCounts(t.Context(), everything, "2021", shared(t, "epi/cases-2021-by-commune.csv"))
		if err != nil || again.Added != 0 || again.Rows != 7230 {
			t.Errorf("again: got %d added of %d, %v; want 0", again.Added, again.Rows, err)
		}
	})
}

func TestPublishedTableByProvince(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		report, err := w.ImportCounts(t.Context(), everything, "table", shared(t, "epi/cases-2021-by-province.csv"))
		if err != nil {
			t.Fatal(err)
		}
		sums := w.sums(t)
		if report.Rows != 182*62 || report.Ambiguous != 0 || report.Rejected != 0 || sums["2021/20"] != 219 || len(sums) != 62 {
			t.Errorf("got %d rows, %d ambiguous, %d rejected, Lạng Sơn %d, %d provinces", report.Rows, report.Ambiguous, report.Rejected, sums["2021/20"], len(sums))
		}
		again, err := w.ImportCounts(t.Context(), everything, "table", shared(t, "epi/cases-2021-by-province.csv"))
		if err != nil || again.Added != 0 {
			t.Errorf("again: got %d added, %v; want 0", again.Added, err)
		}
	})
}

// A file's name goes into pages and files of the public: it is plain text there.
func TestSourceIsPlainText(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		name := "=cmd|'/c calc'!A0;=1+1 \u202e Sở Y tế <b>"
		if _, err := w.ImportCounts(t.Context(), everything, name, strings.NewReader(head+"2021-05-14,Lạng Sơn,Hữu Lũng,Minh Hòa,2\n")); err != nil {
			t.Fatal(err)
		}
		all, err := w.Announcements(t.Context(), w.now.AddDate(10, 0, 0))
		if err != nil || len(all) != 1 {
			t.Fatalf("got %v, %v", all, err)
		}
		if want := "cmd /c calc A0 1 1 Sở Y tế b"; all[0].Source != want {
			t.Errorf("got %q, want %q", all[0].Source, want)
		}
	})
}

// What is told sums to what is stored, each number of an area and day once.
func TestCountsAreTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var b strings.Builder
		b.WriteString(head)
		for i := range 2500 {
			fmt.Fprintf(&b, "%02d/%02d/%d,Lạng Sơn,Hữu Lũng,Minh Hòa,1\n", 1+i%28, 1+i/28%12, 2010+i/28/12)
		}
		if _, err := w.importText(t, b.String()); err != nil {
			t.Fatal(err)
		}
		told := 0
		bus := &event.Bus{DB: w.db, Province: 20}
		l := event.Listener{Name: "test", Kinds: []string{event.KindCountsAnnounced}, Hear: hearCounts(&told)}
		if err := bus.Drain(t.Context(), l); err != nil || told != 2500 {
			t.Errorf("told %d, %v; want 2500", told, err)
		}
	})
}
