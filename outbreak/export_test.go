package outbreak_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/kernel/web"
	"khien/outbreak"
	"khien/wire/sheet"
)

// oneOf picks a value, now and then the zero one.
func oneOf[T any](r *rand.Rand, all []T) (v T) {
	if r.IntN(8) == 0 {
		return v
	}
	return all[r.IntN(len(all))]
}

// odd are texts that lists stumble over.
var odd = []string{"Bệnh viện Phổi", "a, \"b\"; c", "=1+1", "x;=cmd|'/c calc'!A0", "+84 912", "-- | --", "'quoted'", "'=1", "{\"json\": [1]}", "[\\n]", "&amp; <b>", "Đặng Thị Ân", "１２３", "_x0041_"}

// anyCase draws a case with everything that one may have.
func anyCase(r *rand.Rand, n int, communes []area.Unit) (d outbreak.Draft, parts []outbreak.Part) {
	on := day.On(2021, 4, 27) + day.Day(r.IntN(150))
	before := func(days int) day.Day {
		if r.IntN(3) == 0 {
			return 0
		}
		return on - day.Day(r.IntN(days))
	}
	d.Case = outbreak.Case{ID: id.New(), Classification: outbreak.Classifications[r.IntN(4)], Area: communes[r.IntN(len(communes))].Code,
		Reported: on, Sex: oneOf(r, outbreak.Sexes), Source: oneOf(r, outbreak.Sources), Investigation: outbreak.Investigations[r.IntN(3)],
		Onset: before(9), Specimen: before(4), ConfirmedOn: on}
	if r.IntN(3) > 0 {
		d.Number = fmt.Sprintf("BN %d/%d-(a)#", n, r.IntN(9))
	}
	switch r.IntN(4) {
	case 0:
		d.Area = d.Area.Parent()
	case 1:
		d.Area = d.Area.Parent().Parent()
	}
	if r.IntN(2) == 0 {
		d.Stay = communes[r.IntN(len(communes))].Code
	}
	if r.IntN(2) == 0 {
		d.BirthYear = 1930 + r.IntN(90)
	}
	if r.IntN(2) == 0 {
		d.Outcome, d.OutcomeOn = outbreak.Outcomes[r.IntN(3)], on+day.Day(r.IntN(30))
	}
	if r.IntN(2) == 0 {
		d.Who = person.Person{Name: fmt.Sprintf("Vi Thị %c%c%c", 'A'+n%26, 'a'+n/26%26, 'a'+n/676%26), Phone: fmt.Sprintf("09%08d", n)}
	}
	for range r.IntN(5) {
		parts = append(parts, anyPart(r, d.ID, on, communes))
	}
	return d, parts
}

func anyPart(r *rand.Rand, c id.ID, on day.Day, communes []area.Unit) outbreak.Part {
	p := outbreak.Part{ID: id.New(), Case: c, Kind: outbreak.PartKinds[r.IntN(4)]}
	text := odd[r.IntN(len(odd))]
	moment := func(after int) time.Time {
		if r.IntN(3) == 0 {
			return time.Time{}
		}
		return at(on-5+day.Day(after), r.IntN(24)).Add(time.Duration(r.IntN(60)) * time.Minute)
	}
	switch p.Kind {
	case outbreak.SymptomPart:
		p.Symptom = &outbreak.Symptom{Code: outbreak.SymptomCodes[r.IntN(len(outbreak.SymptomCodes))], From: on - day.Day(r.IntN(9)), Note: text}
	case outbreak.TestPart:
		p.Test = &outbreak.Test{Type: outbreak.TestTypes[r.IntN(4)], Laboratory: text, Taken: at(on-6, 8), Received: moment(1), Run: moment(2), Reported: moment(3), Result: oneOf(r, outbreak.TestResults)}
		if p.Test.Type == outbreak.RTPCR {
			p.Test.Ct = float64(r.IntN(4000)) / 100
		}
	case outbreak.HospitalPart:
		p.Hospital = &outbreak.HospitalStay{Facility: text, Area: oneOf(r, communes).Code, Ward: outbreak.Wards[r.IntN(3)], From: on}
	case outbreak.ExposurePart:
		p.Exposure = &outbreak.Told{Kind: outbreak.ToldKinds[r.IntN(8)], Place: text, Area: oneOf(r, communes).Code, From: at(on-9, 9), To: moment(0), Note: odd[r.IntN(len(odd))]}
	}
	return p
}

// elsewhere is another, empty province in the same database.
func (w *world) elsewhere(people *person.Service, province int) *outbreak.Service {
	return outbreak.New(outbreak.Config{DB: w.db, Gazetteer: area.Load(), People: people, Province: province, Edition: area.Edition2021,
		Now: func() time.Time { return w.now }, Links: w.kept, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
}

func texts(t *testing.T, l i18n.Lang) outbreak.Words {
	t.Helper()
	c, err := i18n.New(web.Texts, outbreak.Pages().FS)
	if err != nil {
		t.Fatal(err)
	}
	return func(key string, args ...any) string { return c.T(l, key, args...) }
}

// all reads every case of a province, by id, without what an import makes anew.
func all(t *testing.T, s *outbreak.Service, sc auth.Scope) map[id.ID]outbreak.Whole {
	t.Helper()
	by := map[id.ID]outbreak.Whole{}
	err := s.Export(t.Context(), sc, outbreak.ExportOptions{People: true}, func(w outbreak.Whole) error {
		w.Case.Version, w.Case.Created, w.Case.Changed, w.Case.Actor, w.Case.Person = 0, time.Time{}, time.Time{}, "", id.ID{}
		w.Who = person.Person{Name: w.Who.Name, Phone: w.Who.Phone}
		slices.SortFunc(w.Parts, func(a, b outbreak.Part) int { return bytes.Compare(a.ID[:], b.ID[:]) })
		by[w.Case.ID] = w
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return by
}

// Export then import is the identity, in every format and both languages; an
// export read onto itself adds nothing and changes nothing.
func TestExportThenImportIsTheIdentity(t *testing.T) {
	const cases = 300
	each(t, func(t *testing.T, w *world) {
		r := rand.New(rand.NewPCG(4, 4))
		communes := area.Load().Communes(must(t, "2021/20"))
		communes = append(communes, area.Load().Communes(must(t, "2021/24"))...)
		for n := range cases {
			d, parts := anyCase(r, n, communes)
			if _, err := w.Create(t.Context(), everything, d); err != nil {
				t.Fatal(err)
			}
			for _, p := range parts {
				if _, err := w.PutPart(t.Context(), everything, p); err != nil {
					t.Fatal(err)
				}
			}
			if d.Number != "" && n%3 == 0 {
				w.kept.links[outbreak.Link{From: fmt.Sprintf("BN%d", n), To: d.Number, Certainty: outbreak.Probably}] = true
			}
		}
		want, links := all(t, w.Service, everything), len(w.kept.links)
		for i, tt := range []struct {
			format sheet.Format
			lang   i18n.Lang
		}{{sheet.CSV, i18n.VI}, {sheet.XLSX, i18n.VI}, {outbreak.JSON, i18n.VI}, {sheet.CSV, i18n.EN}} {
			var b bytes.Buffer
			if err := w.ExportTo(t.Context(), everything, outbreak.ExportOptions{People: true}, tt.format, texts(t, tt.lang), &b); err != nil {
				t.Fatal(err)
			}
			own, err := w.ImportCases(t.Context(), everything, bytes.NewReader(b.Bytes()))
			if err != nil || own.Rows != cases || own.Added != 0 || own.Changed != 0 || own.Known != cases || own.Rejected != 0 {
				t.Errorf("%s, onto itself: %+v, %v", tt.format, own, err)
			}
			there, sc := w.elsewhere(w.people, 30+i), auth.Console(30+i, "test", "test")
			got, err := there.ImportCases(t.Context(), sc, bytes.NewReader(b.Bytes()))
			if err != nil || got.Rows != cases || got.Added != cases || got.Matched != cases {
				t.Fatalf("%s: %+v, %v", tt.format, got, err)
			}
			ignore := cmpopts.IgnoreFields(outbreak.Part{}, "Version", "Changed", "Actor")
			if d := cmp.Diff(want, all(t, there, sc), ignore, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("%s %s, -want +got\n%.4000s", tt.format, tt.lang, d)
			}
		}
		if len(w.kept.links) != links {
			t.Errorf("%d links, want %d", len(w.kept.links), links)
		}
	})
}

// A row of an export that was changed outside changes its case when nobody else
// has since; its parts too, those that are gone taken away.
func TestAnExportMendedOutsideIsTakenOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, err := w.Create(t.Context(), everything, draft(t, minhHoa))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range everyPart(t, c.ID) {
			if _, err := w.PutPart(t.Context(), everything, p); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		if err := w.ExportTo(t.Context(), everything, outbreak.ExportOptions{}, outbreak.JSON, nil, &b); err != nil {
			t.Fatal(err)
		}
		mended := strings.NewReplacer(`"sex":""`, `"sex":"female"`, `"icu"`, `"isolation"`).Replace(b.String())
		from, to := strings.Index(mended, `"exposures":`), strings.Index(mended, `,"sources"`)
		mended = mended[:from] + `"exposures":[]` + mended[to:]
		district := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.Import)
		if r, err := w.ImportCases(t.Context(), district, strings.NewReader(mended)); err != nil || r.Rejected != 1 || r.Changed != 0 {
			t.Errorf("by another district: %+v, %v", r, err)
		}
		for _, changed := range []int{1, 0} {
			r, err := w.ImportCases(t.Context(), everything, strings.NewReader(mended))
			if err != nil || r.Changed != changed || r.Known != 1-changed {
				t.Errorf("got %+v, %v", r, err)
			}
		}
		whole, err := w.ReadWhole(t.Context(), everything, c.ID)
		if err != nil || whole.Case.Sex != "female" || whole.Live(outbreak.HospitalPart)[0].Hospital.Ward != outbreak.IsolationWard || len(whole.Live(outbreak.ExposurePart)) != 0 || len(whole.Parts) != 4 {
			t.Errorf("got %+v, %v", whole, err)
		}
		stale := strings.Replace(b.String(), `"sex":""`, `"sex":"male"`, 1)
		r, err := w.ImportCases(t.Context(), everything, strings.NewReader(stale))
		if err != nil || r.Rejected != 1 || r.Problems[0].Why != "outbreak.changed" {
			t.Errorf("taken before another's change: %+v, %v", r, err)
		}
	})
}

// Names go out only when asked for, and only to roles that may read people.
func TestExportOfNames(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := draft(t, minhHoa)
		d.Who = person.Person{Name: "Vi Thị Mẫu", Phone: "0912345678"}
		if _, err := w.Create(t.Context(), everything, d); err != nil {
			t.Fatal(err)
		}
		for _, people := range []bool{false, true} {
			for _, f := range []sheet.Format{sheet.CSV, outbreak.JSON} {
				var b bytes.Buffer
				if err := w.ExportTo(t.Context(), everything, outbreak.ExportOptions{People: people}, f, texts(t, i18n.VI), &b); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(b.String(), "Vi Thị Mẫu") != people || strings.Contains(b.String(), "912345678") != people {
					t.Errorf("%s, people %v: %s", f, people, b.String())
				}
			}
		}
		approver := w.officer(t, "duyet", huuLung, auth.Approver, auth.ReadCases)
		if err := w.Export(t.Context(), approver, outbreak.ExportOptions{}, nil); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an approver: got %v, want forbidden", err)
		}
	})
}

// A text too long for a cell is refused, never cut.
func TestLongCells(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, err := w.Create(t.Context(), everything, draft(t, minhHoa))
		if err != nil {
			t.Fatal(err)
		}
		for range 120 {
			p := everyPart(t, c.ID)[3]
			p.Exposure.Place, p.Exposure.Note = strings.Repeat("đ", 190), strings.Repeat("ă", 190)
			if _, err := w.PutPart(t.Context(), everything, p); err != nil {
				t.Fatal(err)
			}
		}
		export := func(f sheet.Format) error {
			return w.ExportTo(t.Context(), everything, outbreak.ExportOptions{}, f, texts(t, i18n.VI), io.Discard)
		}
		if err := export(sheet.CSV); err != nil {
			t.Error(err)
		}
		if err := export(sheet.XLSX); !fault.Is(err, fault.Invalid) {
			t.Errorf("got %v, want invalid", err)
		}
	})
}

// LinksTo tells what is kept.
func (k *kept) LinksTo(_ context.Context, _ store.Querier, _ auth.Scope, to []string) (links []outbreak.Link, err error) {
	for l := range k.links {
		if slices.Contains(to, l.To) {
			links = append(links, l)
		}
	}
	return links, nil
}
