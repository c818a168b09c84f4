package declaration_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"khien/checkin/declaration"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/store"
	"khien/wire/qr"
)

// The rule of the program, by the cases it names.
func TestGrades(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dev, who := w.phone("0912345678", "Nông Thị Hoa")
		for _, tt := range []struct {
			name string
			set  declaration.Answers
			want qr.Grade
		}{
			{"nothing", nil, qr.Green},
			{"met a case", declaration.Answers{"met_case": {"yes"}}, qr.Red},
			{"cannot breathe", declaration.Answers{"signs": {"yes"}, "which_signs": {"cough", "breath"}}, qr.Red},
			{"coughs", declaration.Answers{"signs": {"yes"}, "which_signs": {"cough"}}, qr.Yellow},
			{"met somebody from abroad", declaration.Answers{"met_abroad": {"yes"}}, qr.Yellow},
		} {
			a := healthy()
			for k, v := range tt.set {
				a[k] = v
			}
			d, err := w.Declare(t.Context(), declaration.By{Device: dev.Device}, draft(who, a))
			if err != nil || d.Grade != tt.want || !d.Until.Equal(w.now().Add(24*time.Hour)) {
				t.Errorf("%s: got %s until %v, %v, want %s", tt.name, d.Grade, d.Until, err, tt.want)
			}
		}
	})
}

// The same id again answers as the first did; corrected, the first version is
// kept; withdrawn, the code counts no more.
func TestLife(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dev, who := w.phone("0912345678", "Nông Thị Hoa")
		gate, _ := w.officer("chot", "2021/20/183", auth.CheckpointOfficer, auth.ReadDeclarations)
		by := declaration.By{Device: dev.Device}
		dr := draft(who, healthy())
		dr.Answers["met_case"] = []string{"yes"}
		first, err := w.Declare(t.Context(), by, dr)
		if err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		again := dr
		again.Answers = healthy()
		if got, err := w.Declare(t.Context(), by, again); err != nil || got != first {
			t.Errorf("the same id again: got %+v, %v, want %+v", got, err, first)
		}
		red, err := w.Code(first)
		if err != nil {
			t.Fatal(err)
		}
		again.Answers = healthy()
		if _, err := w.Correct(t.Context(), dev.Device, 7, again); !fault.Is(err, fault.Conflict) {
			t.Errorf("another version: %v", err)
		}
		green, err := w.Correct(t.Context(), dev.Device, 1, again)
		if err != nil || green.Grade != qr.Green || green.Version != 2 || green.Made != first.Made {
			t.Fatalf("corrected: got %+v, %v", green, err)
		}
		stands := func(text string, want declaration.Standing) {
			t.Helper()
			c, err := w.Check(t.Context(), gate, text)
			if err != nil || c.Standing != want || c.Worst != qr.Red || c.Initials != "N. T. H." || c.Year != "1988" {
				t.Errorf("got %+v, %v, want %s", c, err, want)
			}
		}
		code, err := w.Code(green)
		if err != nil {
			t.Fatal(err)
		}
		stands(red, declaration.StandsCorrected)
		stands(code, declaration.StandsValid)
		stands(strings.ToLower(green.Short[:5]+"-"+green.Short[5:]), declaration.StandsValid)
		officer, _ := w.officer("huulung", "2021/20/186", auth.HealthOfficer, auth.ReadDeclarations)
		vs, err := w.Read(t.Context(), officer, first.ID)
		if err != nil || len(vs) != 2 || vs[1].Grade != qr.Red || vs[1].Answers["met_case"][0] != "yes" || vs[0].Content.Who.Name != "Nông Thị Hoa" {
			t.Errorf("history: got %+v, %v", vs, err)
		}
		if err := w.Withdraw(t.Context(), dev.Device, first.ID); err != nil {
			t.Fatal(err)
		}
		stands(code, declaration.StandsWithdrawn)
		if _, err := w.Correct(t.Context(), dev.Device, 2, again); !fault.Is(err, fault.Conflict) {
			t.Errorf("corrected after it was withdrawn: %v", err)
		}
		facts, err := store.One(t.Context(), w.db, store.Int, "select count(*) from event_fact where province = 20 and kind = $1", event.KindDeclarationMade)
		if err != nil || facts != 3 {
			t.Errorf("%d facts, %v", facts, err)
		}
		w.pass(25 * time.Hour)
		second, _ := w.Declare(t.Context(), by, draft(who, healthy()))
		code, _ = w.Code(second)
		w.pass(25 * time.Hour)
		if c, err := w.Check(t.Context(), gate, code); err != nil || c.Standing != declaration.StandsExpired {
			t.Errorf("expired: got %+v, %v", c, err)
		}
	})
}

// Whoever asks for a declaration of another phone gets the bytes that one gets
// who asks for none.
func TestAnothersDeclaration(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dev, who := w.phone("0912345678", "Nông Thị Hoa")
		d, err := w.Declare(t.Context(), declaration.By{Device: dev.Device}, draft(who, healthy()))
		if err != nil {
			t.Fatal(err)
		}
		thief, _ := w.phone("0987654321", "Lý Văn Bảo")
		// He claims her name, birth and number, and becomes her for tracing.
		if _, err := w.phones.Say(t.Context(), thief.Device, phone.Identity{ID: id.New(), Self: true, Name: "Nông Thị Hoa", Birth: "1988-05-14", Sex: "female", Area: w.area("2021/20/186")}); err != nil {
			t.Fatal(err)
		}
		b := w.with(thief)
		for _, q := range []struct{ method, path, body string }{
			{"GET", "/api/v1/declarations/", ""}, {"PUT", "/api/v1/declarations/", `{"version":1,"answers":{"signs":"no"}}`}, {"DELETE", "/api/v1/declarations/", ""},
			{"GET", "/declare/", ""},
		} {
			nobodys, hers := strings.ToUpper(id.New().String()), strings.ToUpper(d.ID.String())
			none, real := b.json(q.method, q.path+nobodys, q.body), b.json(q.method, q.path+hers, q.body)
			if none.StatusCode != 404 || real.StatusCode != 404 || clean(none.body, nobodys) != clean(real.body, hers) {
				t.Errorf("%s %s: told apart:\n%d %s\n%d %s", q.method, q.path, none.StatusCode, none.body, real.StatusCode, real.body)
			}
		}
		if r := b.get("/api/v1/declarations").want(t, 200); strings.Contains(r.body, d.ID.String()) {
			t.Errorf("the list shows another phone's: %s", r.body)
		}
		// He declares in her name, with her number: the registry knows her, his phone sees his own words.
		hers := fmt.Sprintf(`{"id":"%s","kind":"everyone","who":{"name":"Nông Thị Hoa","birth":"1988-05-14","sex":"female","phone":"0912345678"},"answers":%s}`, id.New(),
			`{"passed":"no","signs":"no","met_case":"no","met_abroad":"no","met_signs":"no"}`)
		b.json("POST", "/api/v1/declarations", hers).want(t, 201)
		if r := b.get("/api/v1/declarations").want(t, 200); strings.Count(r.body, `"id"`) != 1 || strings.Contains(r.body, d.ID.String()) || strings.Contains(r.body, "2021/20/186") {
			t.Errorf("a claim opens: %s", r.body)
		}
		again := draft(who, healthy())
		again.ID = d.ID
		if got, err := w.Declare(t.Context(), declaration.By{Device: thief.Device}, again); !fault.Is(err, fault.Conflict) || !got.ID.IsZero() {
			t.Errorf("the id again from another phone: got %+v, %v", got, err)
		}
		if got, err := w.HeldAbout(t.Context(), person.Asker{Person: who.Person, Device: thief.ID}); err != nil || len(got) != 1 || got[0].ID == d.ID {
			t.Errorf("a claim is shown %v, %v", got, err)
		}
		if got, err := w.HeldAbout(t.Context(), person.Asker{Person: d.Person, Device: thief.ID, Confirmed: true}); err != nil || len(got) != 2 {
			t.Errorf("who is confirmed is shown %v, %v", got, err)
		}
	})
}

// clean takes out what is of the request: the id it named and its own name.
func clean(body, i string) string {
	body = requestID.ReplaceAllString(body, "")
	return strings.ReplaceAll(strings.ReplaceAll(body, i, ""), strings.ToLower(i), "")
}

// An officer sees their own area; a gate everybody's grade and nobody's answers.
func TestScope(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dev, who := w.phone("0912345678", "Nông Thị Hoa")
		d, err := w.Declare(t.Context(), declaration.By{Device: dev.Device}, draft(who, healthy()))
		if err != nil {
			t.Fatal(err)
		}
		here, _ := w.officer("huulung", "2021/20/186", auth.HealthOfficer, auth.ReadDeclarations)
		there, _ := w.officer("chilang", "2021/20/187", auth.HealthOfficer, auth.ReadDeclarations)
		for _, tt := range []struct {
			name string
			sc   auth.Scope
			want int
		}{{"here", here, 1}, {"there", there, 0}} {
			list, _, err := w.List(t.Context(), tt.sc, declaration.Filter{})
			if err != nil || len(list) != tt.want {
				t.Errorf("%s: lists %d, %v", tt.name, len(list), err)
			}
			for _, words := range []string{"nong thi hoa", "0912 345 678"} {
				found, err := w.Search(t.Context(), tt.sc, words)
				if err != nil || len(found) != tt.want {
					t.Errorf("%s: finds %d by %s, %v", tt.name, len(found), words, err)
				}
			}
			rows := 0
			if err := w.Export(t.Context(), tt.sc, declaration.Filter{}, func(declaration.Version) error { rows++; return nil }); err != nil || rows != tt.want {
				t.Errorf("%s: exports %d, %v", tt.name, rows, err)
			}
		}
		if _, err := w.Read(t.Context(), there, d.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("read from elsewhere: %v", err)
		}
		if missed, err := store.One(t.Context(), w.db, store.Int, "select count(*) from audit_entry where province = 20 and act = 'declaration.miss'"); err != nil || missed != 1 {
			t.Errorf("%d misses are written down, %v, want 1", missed, err)
		}
		gate, token := w.officer("chot", "2021/20/186", auth.CheckpointOfficer, auth.ReadDeclarations)
		if _, err := w.Read(t.Context(), gate, d.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a gate reads what somebody answered: %v", err)
		}
		b := w.browser("khien_session", token)
		b.get("/declarations/"+d.ID.String()).want(t, 403)
		if page := b.get("/declarations").want(t, 200); strings.Contains(page.body, "/declarations/"+d.ID.String()) {
			t.Error("a gate is led to what it may not read")
		}
		if _, _, err := w.List(t.Context(), auth.Scope{}, declaration.Filter{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("nobody lists: %v", err)
		}
		rows, err := store.One(t.Context(), w.db, store.Int, "select count(*) from audit_entry where province = 20 and act in ('declaration.list', 'declaration.search', 'declaration.export')")
		if err != nil || rows != 9 {
			t.Errorf("%d audit rows, %v", rows, err)
		}
	})
}

// Declarations stay findable when the people they were made for turn out to be one.
func TestMergedPeople(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dev, one := w.phone("0912345678", "Nông Thị Hoa")
		all, err := w.phones.EnrolForDemo(t.Context(), everything, "0987654321")
		if err != nil {
			t.Fatal(err)
		}
		two, err := w.phones.Say(t.Context(), all[0].Device, phone.Identity{ID: id.New(), Self: true, Name: "Nông Hoa", Birth: "1971", Area: w.area("2021/20/186")})
		if err != nil || two.Person == one.Person {
			t.Fatalf("got %v, %v", two, err)
		}
		for _, d := range []struct {
			by  phone.Device
			who phone.Identity
		}{{dev.Device, one}, {all[0].Device, two}} {
			if _, err := w.Declare(t.Context(), declaration.By{Device: d.by}, draft(d.who, healthy())); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return w.people.Merge(tx, everything, one.Person, two.Person) }); err != nil {
			t.Fatal(err)
		}
		if found, err := w.Search(t.Context(), everything, "nong thi hoa"); err != nil || len(found) != 2 {
			t.Errorf("found %d, %v", len(found), err)
		}
		if got, err := w.HeldAbout(t.Context(), person.Asker{Person: one.Person, Device: dev.ID, Confirmed: true}); err != nil || len(got) != 2 {
			t.Errorf("held %d, %v", len(got), err)
		}
	})
}

// A batch: a bad row changes nothing else, and the whole again is known.
func TestBatch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sc, _ := w.officer("chot", "2021/20/186", auth.CheckpointOfficer, auth.WriteDeclarations)
		by := declaration.By{Scope: sc}
		drafts := make([]declaration.Draft, 200)
		for i := range drafts {
			drafts[i] = declaration.Draft{ID: id.New(), Kind: declaration.Everyone, Lang: "vi", Content: declaration.Content{
				Who: declaration.Who{Name: fmt.Sprintf("Nông Văn %c%c", 'A'+i%26, 'a'+i/26), Birth: fmt.Sprint(1940 + i%60), Phone: fmt.Sprintf("0912%06d", i)}, Answers: healthy()}}
		}
		drafts[7].Who.Name, drafts[8].Answers, drafts[9].ID, drafts[10].At = "", declaration.Answers{}, drafts[3].ID, w.now().Add(-40*24*time.Hour)
		rs, err := w.DeclareAll(t.Context(), by, drafts)
		if err != nil {
			t.Fatal(err)
		}
		count := func() (made, known, refused int) {
			for _, r := range rs {
				switch r.State {
				case declaration.Made:
					made++
				case declaration.Known:
					known++
				case declaration.Refused:
					refused++
				}
			}
			return
		}
		if m, k, r := count(); m != 196 || k != 1 || r != 3 || rs[9].ID != drafts[3].ID {
			t.Errorf("got %d made, %d known, %d refused", m, k, r)
		}
		if rs, err = w.DeclareAll(t.Context(), by, drafts); err != nil {
			t.Fatal(err)
		}
		if m, k, r := count(); m != 0 || k != 197 || r != 3 {
			t.Errorf("again: got %d made, %d known, %d refused", m, k, r)
		}
		if _, err := w.DeclareAll(t.Context(), by, make([]declaration.Draft, 201)); !fault.Is(err, fault.Invalid) {
			t.Errorf("201: %v", err)
		}
		if _, err := w.DeclareAll(t.Context(), declaration.By{}, drafts); !fault.Is(err, fault.Forbidden) {
			t.Errorf("nobody: %v", err)
		}
	})
}

// Declarations die 28 days after their validity, with their answers and their
// history; those of people whom a case holds stay as long as it does.
func TestDeath(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dev, who := w.phone("0912345678", "Nông Thị Hoa")
		other, sick := w.phone("0987654321", "Lý Văn Bảo")
		_, err := w.Declare(t.Context(), declaration.By{Device: dev.Device}, draft(who, healthy()))
		if err != nil {
			t.Fatal(err)
		}
		kept, err := w.Declare(t.Context(), declaration.By{Device: other.Device}, draft(sick, healthy()))
		if err != nil {
			t.Fatal(err)
		}
		w.held[sick.Person] = true
		buried := func(want int) {
			t.Helper()
			if n, err := w.Bury(t.Context()); err != nil || n != want {
				t.Errorf("buried %d, %v, want %d", n, err, want)
			}
		}
		w.pass(28 * 24 * time.Hour)
		buried(0)
		w.pass(25 * time.Hour)
		buried(1)
		if _, _, err := w.Mine(t.Context(), other.Device, kept.ID); err != nil {
			t.Errorf("what a case holds is gone: %v", err)
		}
		delete(w.held, sick.Person)
		buried(0)
		w.pass(25 * time.Hour)
		buried(1)
		for _, table := range []string{"declaration_declaration", "declaration_past"} {
			if n, err := store.One(t.Context(), w.db, store.Int, "select count(*) from "+table+" where province = 20"); err != nil || n != 0 {
				t.Errorf("%s: %d rows left, %v", table, n, err)
			}
		}
	})
}

// A new question is a file: it is asked at once, and what was declared before
// keeps its form.
func TestDefine(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dev, who := w.phone("0912345678", "Nông Thị Hoa")
		old, err := w.Declare(t.Context(), declaration.By{Device: dev.Device}, draft(who, healthy()))
		if err != nil {
			t.Fatal(err)
		}
		file := func(version int, question string) string {
			return fmt.Sprintf(`{"form":{"kind":"everyone","version":%d,"from":"2021-10-01","source":"test","title":{"vi":"Tờ khai","en":"Declaration"},
"sections":[{"title":{"vi":"A","en":"A"},"questions":[%s]}]}}`, version, question)
		}
		const smell = `{"key":"smell","type":"yesno","required":true,"text":{"vi":"Bạn có mất khứu giác không?","en":"Have you lost your sense of smell?","zh":"您是否丧失嗅觉？"}}`
		for name, bad := range map[string]string{"no JSON": "x", "unknown member": `{"form":{"kind":"everyone","colour":1}}`, "no text": file(2, `{"key":"a","type":"yesno","text":{"vi":"A"}}`),
			"a key twice": file(2, smell+","+smell), "no choices": file(2, `{"key":"a","type":"choice","text":{"vi":"A","en":"A"}}`), "a condition ahead": file(2, `{"key":"a","type":"text","if":{"question":"b","is":["yes"]},"text":{"vi":"A","en":"A"}}`),
			"both": `{"form":{},"rules":{}}`, "key of markup": file(2, `{"key":"a\"><script>","type":"text","text":{"vi":"A","en":"A"}}`)} {
			if _, _, err := w.Define(t.Context(), everything, strings.NewReader(bad)); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := w.Define(t.Context(), everything, strings.NewReader(file(5, smell))); !fault.Is(err, fault.Conflict) {
			t.Errorf("a version ahead: %v", err)
		}
		officer, _ := w.officer("huulung", "2021/20/186", auth.HealthOfficer, auth.ReadDeclarations)
		if _, _, err := w.Define(t.Context(), officer, strings.NewReader(file(2, smell))); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an officer defines: %v", err)
		}
		if what, v, err := w.Define(t.Context(), everything, strings.NewReader(file(2, smell))); err != nil || what != "everyone" || v != 2 {
			t.Fatalf("got %s %d, %v", what, v, err)
		}
		b := w.with(dev)
		b.get("/declare/form?kind=everyone").want(t, 200, "Bạn có mất khứu giác không?")
		b.get("/declare/form?kind=everyone&lang=zh").want(t, 200, "您是否丧失嗅觉？", "提交申报", `lang="zh"`)
		b.get("/declare/"+old.ID.String()+"?lang=vi").want(t, 200, "bạn có tiếp xúc với người bệnh") // its own form
		stale := draft(who, healthy())
		stale.Form = 1
		if _, err := w.Declare(t.Context(), declaration.By{Device: dev.Device}, stale); !fault.Is(err, fault.Conflict) {
			t.Errorf("an old form: %v", err)
		}
		if got, err := w.Declare(t.Context(), declaration.By{Device: dev.Device}, draft(who, declaration.Answers{"smell": {"no"}})); err != nil || got.Form != 2 {
			t.Errorf("the new form: got %+v, %v", got, err)
		}
		if m := w.catalog.Missing(); len(m) > 0 {
			t.Errorf("texts missing: %v", m)
		}
	})
}

// The way of a phone through the pages, without JavaScript.
func TestPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.browser().get("/declare").want(t, http.StatusSeeOther)
		if got := r.Header.Get("Location"); got != "/phone?next=%2Fdeclare" {
			t.Errorf("a stranger is led to %s", got)
		}
		dev, _ := w.phone("0912345678", "Nông Thị Hoa")
		b := w.with(dev)
		b.get("/declare").want(t, 200, "Nông Thị Hoa", "Nhập cảnh")
		b.get("/declare/form?kind=everyone").want(t, 200, "phần 1 trên 3", "Sức khoẻ")
		b.get("/declare/form?kind=love").want(t, 404)
		i := id.New().String()
		send := []string{"id", i, "kind", "everyone", "form", "1", "q.passed", "no", "q.signs", "no", "q.met_abroad", "no", "q.met_signs", "no"}
		b.post("/declare/form", send...).want(t, 422, "bạn có tiếp xúc với người bệnh hoặc nghi ngờ mắc COVID-19 không? – chưa trả lời.", `href="#f-q.met_case"`)
		b.do("POST", "/declare/form?lang=en", "application/x-www-form-urlencoded", "id="+i+"&kind=everyone&form=1").want(t, 422, "– not answered.")
		r = b.post("/declare/form?lang=vi", append(send, "q.met_case", "no")...).want(t, http.StatusSeeOther)
		at := r.Header.Get("Location")
		b.get(at).want(t, 200, "Xanh", "data:image/png;base64,", "Xếp mức theo bảng số 1", "Đã nhận tờ khai")
		b.get("/declare/mine").want(t, 200, i)
		if page := b.get("/declare/form?kind=everyone").want(t, 200).body; strings.Count(page, " checked") != 5 {
			t.Errorf("the last answers are not there: %d", strings.Count(page, " checked"))
		}
		b.get("/declare/"+i+"/correct").want(t, 200, `name="version" value="1"`)
		b.post("/declare/"+i+"/correct", "id", i, "version", "1", "form", "1", "q.passed", "yes", "q.passed_where", "Bắc Giang", "q.signs", "no", "q.met_case", "no", "q.met_abroad", "no", "q.met_signs", "no").want(t, http.StatusSeeOther)
		b.get("/declare/"+i).want(t, 200, "Bắc Giang", "Bản thứ 2")
		b.post("/declare/"+i+"/withdraw").want(t, http.StatusSeeOther)
		if page := b.get("/declare/"+i).want(t, 200, "Đã rút").body; strings.Contains(page, "data:image/png") {
			t.Error("a withdrawn declaration shows its code")
		}
	})
}
