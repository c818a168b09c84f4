package spread_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/outbreak"
	"khien/outbreak/spread"
)

const (
	here      = "2021/20/186/06412" // a commune of Hữu Lũng
	elsewhere = "2021/20/187"       // Chi Lăng
)

// A list of links tells every row's end; the same list again changes nothing, and
// what nobody knows yet means the case once that is entered.
func TestImportEdges(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		w.enter(t, "BN1", here, "2021-10-01")
		w.enter(t, "BN2", here, "2021-10-05")
		const list = "Nguồn lây,Người bị lây,Ngày tiếp xúc,Mức độ chắc chắn\n" +
			"BN1,BN2,03/10/2021,Chắc chắn\nBN1,BN2,,\nBN2,BN3,,co the\nBN2,BN2,,\n,BN2,,\nBN1,BN4,32/13/2021,\nBN1,BN5,,vô cùng\n"
		got, err := w.ImportEdges(ctx, everything, strings.NewReader(list))
		if err != nil {
			t.Fatal(err)
		}
		want := spread.Report{Rows: 7, Added: 3, Known: 1, Rejected: 3, SelfLoops: 1, Dangling: []string{"BN3"}}
		problems := got.Problems
		got.Problems = nil
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
		var at []string
		for _, p := range problems {
			at = append(at, fmt.Sprintf("%d %s", p.Row, p.Field))
		}
		if d := cmp.Diff([]string{"6 from", "7 on", "8 certainty"}, at); d != "" {
			t.Errorf("refused rows: -want +got\n%s", d)
		}

		again, err := w.ImportEdges(ctx, everything, strings.NewReader(list))
		if err != nil || again.Added != 0 || again.Known != 4 {
			t.Errorf("again: got %+v, %v", again, err)
		}
		f, err := w.Figures(ctx, everything)
		if err != nil {
			t.Fatal(err)
		}
		if f.Cases != 2 || f.Edges != 2 || !cmp.Equal(f.Dangling, []string{"BN3"}) || !cmp.Equal(f.SelfLoops, []string{"BN2"}) || f.SerialInterval.N != 1 || f.SerialInterval.Mean != 4 {
			t.Errorf("got %+v", f)
		}
		w.enter(t, "BN3", elsewhere, "2021-10-09")
		f, err = w.Figures(ctx, everything)
		if err != nil {
			t.Fatal(err)
		}
		if f.Cases != 3 || len(f.Dangling) != 0 || !cmp.Equal(f.Generations, []int{1, 1, 1}) {
			t.Errorf("once BN3 is entered: got %+v", f)
		}
	})
}

// A column that is missing is said, and an officer of a district imports nothing
// for the province.
func TestImportEdgesRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		_, err := w.ImportEdges(ctx, everything, strings.NewReader("a,b\n1,2\n"))
		if f := fault.Of(err); f == nil || f.Key != "spread.no_header" {
			t.Errorf("got %v", err)
		}
		sc := w.officer(t, "huulung", "2021/20/186", auth.HealthOfficer, auth.Import)
		if _, err := w.ImportEdges(ctx, sc, strings.NewReader("from,to\nBN1,BN2\n")); !fault.Is(err, fault.Forbidden) {
			t.Errorf("got %v", err)
		}
	})
}

// The officer of a district sees own cases with their numbers, the cases next to
// theirs as dots, and nothing beyond.
func TestAnotherDistrict(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		w.enter(t, "BN1", elsewhere, "2021-10-01")
		w.enter(t, "BN2", elsewhere, "2021-10-03")
		w.enter(t, "BN3", here, "2021-10-06")
		w.enter(t, "BN4", here, "2021-10-08")
		w.enter(t, "BN5", elsewhere, "2021-10-09")
		w.enter(t, "BN6", here, "2021-10-09")
		w.link(t, "BN1>BN2 BN2>BN3 BN3>BN4 BN1>Ông_X BN4>Bà_Y BN5>BN5")
		sc := w.officer(t, "huulung", "2021/20/186", auth.HealthOfficer, auth.ReadCases)
		got, err := w.See(ctx, sc, spread.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if f := got.Figures; f.Cases != 3 || f.Edges != 3 || !cmp.Equal(f.Generations, []int{1, 0, 1, 1}) || f.LargestCluster != 6 || !cmp.Equal(f.Dangling, []string{"Bà_Y"}) || len(f.SelfLoops) != 0 {
			t.Errorf("got %+v", f)
		}
		if len(got.Layout.Nodes) != 4 || got.Alone != 1 {
			t.Errorf("got %d nodes, %d alone", len(got.Layout.Nodes), got.Alone)
		}
		for name, want := range map[string]bool{"BN1": false, "BN2": false, "BN3": true, "BN4": true, "Bà_Y": true, "Ông_X": false, "BN5": false} {
			if strings.Contains(got.SVG, ">"+name+"<") != want {
				t.Errorf("%s in the drawing: want %v\n%s", name, want, got.SVG)
			}
		}
		whole, err := w.See(ctx, sc, spread.Filter{Case: "BN4"})
		if err != nil {
			t.Fatal(err)
		}
		if len(whole.Layout.Nodes) != 6 || strings.Contains(whole.SVG, "BN1") || strings.Contains(whole.SVG, "Ông_X") {
			t.Errorf("the chain of BN4: got %d nodes\n%s", len(whole.Layout.Nodes), whole.SVG)
		}
		if foreign, err := w.See(ctx, sc, spread.Filter{Case: "BN1"}); err != nil || len(foreign.Layout.Nodes) != 0 || foreign.Figures.Cases != 0 {
			t.Errorf("the chain of a case elsewhere: got %+v, %v", foreign, err)
		}
	})
}

// link keeps links as a list of cases tells them: "from>to from>to".
func (w *world) link(t *testing.T, text string) {
	t.Helper()
	var links []outbreak.Link
	for pair := range strings.FieldsSeq(text) {
		from, to, _ := strings.Cut(pair, ">")
		links = append(links, outbreak.Link{From: from, To: to})
	}
	err := w.db.Tx(context.Background(), func(tx *store.Tx) error { return w.KeepLinks(tx, everything, links) })
	if err != nil {
		t.Fatal(err)
	}
}

// A link is added by whoever answers for one of its cases, once, taken back and
// restored; a list does not bring back what was taken back.
func TestLinkByForm(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		w.enter(t, "BN1", elsewhere, "2021-10-01")
		mine := w.enter(t, "BN2", here, "2021-10-03")
		w.enter(t, "BN3", elsewhere, "2021-10-05")
		sc := w.officer(t, "huulung", "2021/20/186", auth.HealthOfficer, auth.WriteCases)
		draft := spread.Link{ID: id.New(), From: "BN1", To: "BN2", Certainty: outbreak.Certain, On: on(t, "2021-10-02"), Note: "cùng nhà"}
		l, err := w.Add(ctx, sc, draft)
		if err != nil || l.To != mine.ID.String() {
			t.Fatalf("got %+v, %v", l, err)
		}
		if again, err := w.Add(ctx, sc, draft); err != nil || again.ID != l.ID {
			t.Errorf("sent again: got %+v, %v", again, err)
		}
		for name, tt := range map[string]struct {
			link spread.Link
			key  string
		}{
			"the same pair":      {spread.Link{ID: id.New(), From: "BN1", To: "BN2"}, "spread.linked"},
			"another district's": {spread.Link{ID: id.New(), From: "BN1", To: "BN3"}, "spread.not_yours"},
			"itself":             {spread.Link{ID: id.New(), From: "BN2", To: mine.ID.String()}, "spread.self"},
			"no name":            {spread.Link{ID: id.New(), From: " ", To: "BN2"}, "spread.name"},
			"tomorrow":           {spread.Link{ID: id.New(), From: "BN9", To: "BN2", On: on(t, "2021-11-02")}, "outbreak.future"},
		} {
			if _, err := w.Add(ctx, sc, tt.link); fault.Of(err) == nil || fault.Of(err).Key != tt.key {
				t.Errorf("%s: got %v, want %s", name, err, tt.key)
			}
		}
		w.turns(t, sc, l)
	})
}

func (w *world) turns(t *testing.T, sc auth.Scope, l spread.Link) {
	t.Helper()
	ctx := context.Background()
	edges := func() int {
		f, err := w.Figures(ctx, everything)
		if err != nil {
			t.Fatal(err)
		}
		return f.Edges
	}
	other := w.officer(t, "caoloc", "2021/20/183", auth.HealthOfficer, auth.WriteCases)
	if _, err := w.Remove(ctx, other, l.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another district's: got %v", err)
	}
	if _, err := w.Remove(ctx, sc, l.ID); err != nil || edges() != 0 {
		t.Errorf("removed: %v, %d edges", err, edges())
	}
	err := w.db.Tx(ctx, func(tx *store.Tx) error {
		return w.KeepLinks(tx, everything, []outbreak.Link{{From: l.From, To: l.To}})
	})
	if err != nil || edges() != 0 {
		t.Errorf("told again by a list: %v, %d edges", err, edges())
	}
	if _, err := w.Restore(ctx, sc, l.ID); err != nil || edges() != 1 {
		t.Errorf("restored: %v, %d edges", err, edges())
	}
	if _, err := w.Remove(ctx, sc, l.ID); err != nil {
		t.Fatal(err)
	}
	if again, err := w.Add(ctx, sc, spread.Link{ID: id.New(), From: "BN1", To: "BN2", Note: "hỏi lại"}); err != nil || again.ID != l.ID || edges() != 1 {
		t.Errorf("added again: %+v, %v, %d edges", again, err, edges())
	}
}

// The indicators of tracing, and a curve by day, week and source.
func TestTracingAndCurve(t *testing.T) {
	each(t, func(t *testing.T, w *world) { // today is 2021-11-01
		ctx := context.Background()
		w.enter(t, "BN1", here, "2021-09-01")
		w.enter(t, "BN2", here, "2021-10-25")
		w.enter(t, "BN3", here, "2021-10-24")
		w.enter(t, "BN4", here, "2021-10-30")
		w.enter(t, "BN5", here, "")
		w.link(t, "BN1>BN2 BN2>BN3 X>BN4")
		got, err := w.See(ctx, everything, spread.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		q := got.Tracing
		if q.New != 4 || q.NewSourced != 3 || q.NewInChains != 2 || q.Active != 2 || q.Sourceless != 2 || q.LongGaps != 1 || q.Backwards != 1 || q.WithoutOnset != 1 || q.ToReport.N != 4 || q.ToReport.Mean != 2 {
			t.Errorf("got %+v", q)
		}
		days, err := w.CurveOf(ctx, everything, spread.CurveFilter{By: spread.ByOnset, Step: spread.Daily})
		if err != nil || days.Sum != 4 || days.Undated != 1 || len(days.Columns) != 60 || days.Totals[0] != 4 {
			t.Errorf("by day: got %+v, %v", days, err)
		}
		weeks, err := w.CurveOf(ctx, everything, spread.CurveFilter{By: spread.ByOnset, Step: spread.Weekly, From: on(t, "2021-10-20"), To: on(t, "2021-10-31")})
		if err != nil || len(weeks.Columns) != 2 || weeks.Columns[0].From != on(t, "2021-10-18") || weeks.Columns[0].Sum != 1 || weeks.Columns[1].Sum != 2 || weeks.Earlier != 1 {
			t.Errorf("by week: got %+v, %v", weeks, err)
		}
		sc := w.officer(t, "caoloc", "2021/20/183", auth.HealthOfficer, auth.ReadCases)
		if none, err := w.CurveOf(ctx, sc, spread.CurveFilter{By: spread.ByOnset, Step: spread.Daily}); err != nil || none.Sum+none.Undated != 0 {
			t.Errorf("another district's curve: got %+v, %v", none, err)
		}
	})
}

// Whatever a list holds, every row ends in one of three ways.
func FuzzEdges(f *testing.F) {
	f.Add("from,to\nBN1,BN2\n")
	f.Add("Nguồn lây;Người bị lây;Ngày\nBN1;BN2;44330\n;;\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		links, r, err := spread.ReadEdges(strings.NewReader(text))
		if err == nil && r.Rows != len(links)+r.Rejected {
			t.Errorf("%d rows, %d read, %d refused", r.Rows, len(links), r.Rejected)
		}
	})
}

// What is kept is told again for an export, by number, and no case that is not the
// reader's.
func TestLinksTo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		w.enter(t, "BN1", elsewhere, "2021-10-01")
		w.enter(t, "BN2", here, "2021-10-03")
		w.enter(t, "BN3", here, "2021-10-06")
		w.link(t, "BN1>BN2 X>BN2 BN2>BN3")
		if _, err := w.Add(ctx, everything, spread.Link{ID: id.New(), From: "BN1", To: "BN3", Certainty: outbreak.Certain, Note: "cùng xe"}); err != nil {
			t.Fatal(err)
		}
		officer := w.officer(t, "huulung", "2021/20/186", auth.HealthOfficer, auth.Export)
		for _, tt := range []struct {
			sc   auth.Scope
			want string
		}{{everything, "BN1>BN2 X>BN2 BN2>BN3 BN1>BN3"}, {officer, "X>BN2 BN2>BN3"}} {
			links, err := w.LinksTo(ctx, w.db, tt.sc, []string{"BN2", "BN3", "BN9"})
			var got []string
			for _, l := range links {
				got = append(got, l.From+">"+l.To)
			}
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, %v, want %s", got, err, tt.want)
			}
		}
	})
}
