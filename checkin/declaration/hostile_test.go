package declaration_test

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/xuri/excelize/v2"

	"khien/checkin/declaration"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
)

var requestID = regexp.MustCompile(`(urn:khien:request:|Mã yêu cầu: )\w+`)

// What strangers send is refused by field, and nothing of it is stored.
func TestBadInput(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dev, _ := w.phone("0912345678", "Nông Thị Hoa")
		b := w.with(dev)
		answers := func(more string) string {
			return `{"passed":"no","signs":"no","met_case":"no","met_abroad":"no","met_signs":"no"` + more + `}`
		}
		body := func(id, rest, answers string) string {
			return fmt.Sprintf(`{"id":"%s","kind":"everyone"%s,"answers":%s}`, id, rest, answers)
		}
		fresh := func() string { return id.New().String() }
		for _, tt := range []struct {
			name, body string
			status     int
			want       string
		}{
			{"no JSON", `{"id":`, 400, ""},
			{"unknown member", body(fresh(), `,"grade":"green"`, answers("")), 422, "grade"},
			{"unknown question", body(fresh(), "", answers(`,"__proto__":"x"`)), 422, "__proto__"},
			{"unknown kind", strings.Replace(body(fresh(), "", answers("")), "everyone", "vip", 1), 422, "kind"},
			{"another version", body(fresh(), `,"form":9`, answers("")), 409, "declaration.old_form"},
			{"no such choice", body(fresh(), "", strings.Replace(answers(""), `"met_case":"no"`, `"met_case":"no' or '1'='1"`, 1)), 422, "q.met_case"},
			{"two answers to one", body(fresh(), "", strings.Replace(answers(""), `"met_case":"no"`, `"met_case":["no","yes"]`, 1)), 422, "declaration.one"},
			{"a number", body(fresh(), "", strings.Replace(answers(""), `"met_case":"no"`, `"met_case":1`, 1)), 422, "answers"},
			{"a long text", body(fresh(), "", strings.Replace(answers(`,"passed_where":"`+strings.Repeat("ạ", 1001)+`"`), `"passed":"no"`, `"passed":"yes"`, 1)), 422, "declaration.long"},
			{"a control character", body(fresh(), "", strings.Replace(answers(`,"passed_where":"a\u0000b"`), `"passed":"no"`, `"passed":"yes"`, 1)), 422, "declaration.letters"},
			{"nobody of this phone", body(fresh(), `,"for":"`+fresh()+`"`, answers("")), 422, "for"},
			{"id that is none", body("1", "", answers("")), 422, "id"},
			{"a birth that never was", body(fresh(), `,"who":{"name":"A B","birth":"31/02/1988"}`, answers("")), 422, "birth"},
			{"no birth", body(fresh(), `,"who":{"name":"A B","birth":""}`, answers("")), 422, "birth"},
			{"a name that turns the writing", body(fresh(), `,"who":{"name":"A\u202eB","birth":"1988"}`, answers("")), 422, "name"},
			{"an area that is none", body(fresh(), `,"who":{"name":"A B","birth":"1988","area":"2021/20/999"}`, answers("")), 422, "area"},
			{"600 KB", body(fresh(), "", answers(`,"passed_where":"`+strings.Repeat("a", 600<<10)+`"`)), 413, "web.too_large"},
		} {
			b.json("POST", "/api/v1/declarations", tt.body).want(t, tt.status, tt.want)
		}
		nonsense := strings.Replace(body(fresh(), "", `{"left_from":"A","goes_to":"B","left_on":"2021-02-31","vehicle":"car",`+answers("")[1:]), "everyone", "domestic", 1)
		b.json("POST", "/api/v1/declarations", nonsense).want(t, 422, "declaration.day", "không phải là ngày có thật")
		b.json("POST", "/api/v1/declarations", strings.Replace(nonsense, "2021-02-31", "1821-05-14", 1)).want(t, 422, "declaration.day_far")
		b.json("POST", "/api/v1/declarations", strings.Replace(body(fresh(), "", answers("")), `"answers":{`, `"answers":{"signs":"no",`, 1)).want(t, 201) // a member twice: the last holds
		w.browser().json("POST", "/api/v1/declarations", body(fresh(), "", answers(""))).want(t, 401)
		if n, err := store.One(t.Context(), w.db, store.Int, "select count(*) from declaration_declaration where province = 20"); err != nil || n != 1 {
			t.Errorf("%d stand, %v", n, err)
		}
	})
}

// One id from many requests at the same moment is one declaration, and all are
// answered alike.
func TestReplayAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dev, who := w.phone("0912345678", "Nông Thị Hoa")
		dr := draft(who, healthy())
		shorts := make([]string, 16)
		var all sync.WaitGroup
		for i := range shorts {
			all.Go(func() {
				d, err := w.Declare(t.Context(), declaration.By{Device: dev.Device}, dr)
				if err != nil {
					t.Error(err)
				}
				shorts[i] = d.Short
			})
		}
		all.Wait()
		for _, s := range shorts {
			if s != shorts[0] || s == "" {
				t.Fatalf("answers differ: %v", shorts)
			}
		}
	})
}

// One phone declares for a bus, not for a province.
func TestOnePhoneIsSlowed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dev, who := w.phone("0912345678", "Nông Thị Hoa")
		made := 0
		for range 300 {
			_, err := w.Declare(t.Context(), declaration.By{Device: dev.Device}, draft(who, healthy()))
			if err == nil {
				made++
			} else if f := fault.Of(err); f == nil || f.Key != "web.rate" {
				t.Fatal(err)
			}
		}
		if made < 120 || made > 150 { // the burst, and what a slow machine lets through
			t.Errorf("%d were made", made)
		}
	})
}

// Formulas in names and answers come out of every export as texts.
func TestExportsAreHarmless(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sc, token := w.officer("huulung", "2021/20/186", auth.HealthOfficer, auth.WriteDeclarations)
		names := []string{`=cmd|'/c calc'!A0`, `@SUM(1)`, `+1+1`, `-2+3`, `%0A`, `Nông Thị Hoa`}
		for _, name := range names {
			a := healthy()
			a["passed"], a["passed_where"] = []string{"yes"}, []string{`=HYPERLINK("https://evil.example")`}
			_, err := w.Declare(t.Context(), declaration.By{Scope: sc}, declaration.Draft{ID: id.New(), Kind: declaration.Everyone, Lang: "vi", Content: declaration.Content{
				Who: declaration.Who{Name: name, Birth: "1988", Area: w.area("2021/20/186"), Address: "=1+1"}, Answers: a}})
			if err != nil {
				t.Fatal(err)
			}
		}
		b := w.browser("khien_session", token)
		csvFile := b.get("/declarations/export?format=csv").want(t, 200)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(csvFile.body, "\ufeff"))).ReadAll()
		if err != nil || len(rows) != len(names)+1 {
			t.Fatalf("csv: %d rows, %v", len(rows), err)
		}
		book, err := excelize.OpenReader(strings.NewReader(b.get("/declarations/export?format=xlsx").want(t, 200).body))
		if err != nil {
			t.Fatal(err)
		}
		typed, err := book.GetRows(book.GetSheetName(0))
		if err != nil || len(typed) != len(rows) {
			t.Fatalf("xlsx: %d rows, %v", len(typed), err)
		}
		for i, row := range append(rows, typed...) {
			for j, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@%|\t\r") {
					t.Errorf("row %d, column %d: a formula: %s", i, j, cell)
				}
			}
		}
		b.get("/declarations?from=2021-11-01&area=2021/20/186&grade=green").want(t, 200, "Xanh")
		b.get("/declarations?from=nonsense").want(t, 422)
		b.get("/declarations?name=Hoa").want(t, 422)
		b.get("/declarations?after=x").want(t, 422)
		b.post("/declarations", "who", "Nông Thị Hoa").want(t, 200, "Nông Thị Hoa")
		b.post("/declarations", "code", "https://khien.example/d#AAAA").want(t, 422)
		b.post("/declarations", "code", "020188000001|082345678|NÔNG THỊ HOA|14051988|Nữ|Phai Vệ|01012021").want(t, 422, "không phải mã")
		b.post("/declarations", "code", "ABCDE-FGHJK").want(t, 422, "Không có tờ khai này")
		page := b.post("/declarations/new", "id", id.New().String(), "kind", "everyone", "form", "1", "_read", "1", "scan", "020188000001|082345678|Nông Thị Hoa|14051988|Nữ|12 Phai Vệ|01012021")
		page.want(t, 200, `value="Nông Thị Hoa"`, `value="1988-05-14"`, `value="020188000001"`, "12 Phai Vệ")
		b.post("/declarations/new", "id", id.New().String(), "kind", "everyone", "form", "1", "_read", "1", "scan", "junk").want(t, 200)
		b.post("/declarations/new", "id", id.New().String(), "kind", "everyone", "form", "1", "name", "Lý Bảo", "birth", "1970", "q.passed", "no", "q.signs", "no", "q.met_case", "no",
			"q.met_abroad", "no", "q.met_signs", "no").want(t, 200, "Xanh", "data:image/png")
	})
}

// A search finds what stands under every id that merges made somebody's, and a
// question about more people than a statement has parameters is answered.
func TestManyIDs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dev, who := w.phone("0912345678", "Nông Thị Hoa")
		_, kept := w.phone("0987654321", "Nông Thị Hoà")
		d, err := w.Declare(t.Context(), declaration.By{Device: dev.Device}, draft(who, healthy()))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return w.people.Merge(tx, everything, kept.Person, who.Person) }); err != nil {
			t.Fatal(err)
		}
		if vs, err := w.Search(t.Context(), everything, "0987654321"); err != nil || len(vs) != 1 || vs[0].ID != d.ID {
			t.Errorf("search of who was merged: got %v, %v", vs, err)
		}
		if held, err := w.HeldAbout(t.Context(), person.Asker{Person: kept.Person, Device: id.New(), Confirmed: true}); err != nil || len(held) != 1 {
			t.Errorf("held about who was merged: got %v, %v", held, err)
		}
		many := []id.ID{who.Person}
		for range 70_000 {
			many = append(many, id.New())
		}
		if used, err := w.InUse(t.Context(), many); err != nil || !used[who.Person] {
			t.Errorf("in use of %d: got %d, %v", len(many), len(used), err)
		}
	})
}
