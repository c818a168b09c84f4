package app_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/id"
	"khien/kernel/person"
	keys "khien/kernel/secret"
	"khien/kernel/store"
	"khien/outbreak"
)

var world = auth.Console(20, "root", "test")

const (
	minhHoaCode = area.Code(20212018606412000) // in Hữu Lũng, 2021/20/186
	formula     = "=cmd|'/c calc'!A0"
)

func huong() person.Person {
	return person.Person{Name: "Nguyễn Thị Hương", Birth: "1988-05-14", Sex: "female", Phone: "+84912345678", Area: minhHoaCode, Address: "Số 5, Thôn 3",
		Papers: []person.Paper{{Kind: person.CitizenCard, Number: "020188001234"}}, Household: "HK77"}
}

func (n *node) person(t *testing.T, p person.Person) id.ID {
	t.Helper()
	var made id.ID
	err := n.DB.Tx(t.Context(), func(tx *store.Tx) (err error) { made, err = n.People.Create(tx, world, p); return err })
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// acts counts the audit rows of an act, about one object or any.
func (n *node) acts(t *testing.T, act, object string) int {
	t.Helper()
	rows, err := audit.List(t.Context(), n.DB, world, audit.Filter{Act: act, ObjectID: object, Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	return len(rows)
}

func has(t *testing.T, what string, a answer, status int, words ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: got status %d, want %d: %.300s", what, a.status, status, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			t.Errorf("%s: without %q", what, w)
		}
	}
}

// A curious clerk gives a purpose, sees their own district alone, and every look
// is a row, also one that finds nobody and one at an id of elsewhere.
func TestCuriousClerk(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		i := n.person(t, huong())
		n.account(t, "huulung", auth.Tracer, "2021/20/186")
		n.account(t, "chilang", auth.Tracer, "2021/20/187")
		mine, other := n.signIn(t, "huulung"), n.signIn(t, "chilang")
		ask := url.Values{"paper": {"020188001234"}, "purpose": {"trace"}}
		has(t, "without a purpose", mine.form("/people", url.Values{"paper": {"020188001234"}}), 422, "Nêu lý do")
		if n.acts(t, "person.find", "") != 0 {
			t.Error("a search without purpose looked")
		}
		has(t, "own district", mine.form("/people", ask), 200, "Nguyễn Thị Hương", "/people/"+i.String()+"?purpose=trace")
		has(t, "name and year", mine.form("/people", url.Values{"name": {"nguyen thi huong"}, "birth_year": {"1988"}, "purpose": {"trace"}}), 200, "Nguyễn Thị Hương")
		has(t, "name and another year", mine.form("/people", url.Values{"name": {"nguyen thi huong"}, "birth_year": {"1987"}, "purpose": {"trace"}}), 200, "Không tìm thấy")
		for _, q := range []url.Values{ask, {"phone": {"0912345678"}, "purpose": {"trace"}}, {"name": {"Nguyễn Thị Hương"}, "purpose": {"trace"}}} {
			if a := other.form("/people", q); a.status != 200 || strings.Contains(a.body, i.String()) {
				t.Errorf("another district by %v: got %d", q, a.status)
			}
		}
		if about, nobody := n.acts(t, "person.find", i.String()), n.acts(t, "person.find", ""); about != 2 || nobody != 6 {
			t.Errorf("%d rows about the one who was shown, %d of all searches; want 2 and 6", about, nobody)
		}
		page := "/people/" + i.String() + "?purpose=trace"
		has(t, "opened", mine.get(page), 200, "020188001234", "84912345678", "HK77")
		has(t, "opened without a purpose", mine.get("/people/"+i.String()), 200, "Chọn lý do")
		has(t, "guessed id", other.get(page), 404)
		has(t, "guessed id to change", other.form("/people/"+i.String(), url.Values{"name": {"X"}, "purpose": {"trace"}}), 404)
		if n.acts(t, "person.read", i.String()) != 1 || n.acts(t, "person.miss", i.String()) != 2 {
			t.Errorf("%d reads and %d misses in the trail, want 1 and 2", n.acts(t, "person.read", i.String()), n.acts(t, "person.miss", i.String()))
		}
	})
}

// Two records are merged, taken apart, told apart, and that is taken back.
func TestReviewPage(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		p := huong()
		p.Papers, p.Birth = nil, "1988"
		n.person(t, huong())
		err := n.DB.Tx(t.Context(), func(tx *store.Tx) error {
			p.Phone = "+84987654321"
			r, err := n.People.Register(tx, world, p)
			if r.Verdict != person.Unsure {
				t.Errorf("got %+v", r)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		n.account(t, "can-bo", auth.HealthOfficer, "2021/20/186")
		b := n.signIn(t, "can-bo")
		for _, decision := range []string{"same", "distinct"} {
			page := b.get("/people/reviews")
			has(t, "a pair", page, 200, "Cùng một người", "Không phải một người", "Để sau", "Còn 1 cặp", "khác", "Ngày sinh: cùng năm")
			fields := hidden(page.body, `/people/reviews"`)
			fields.Set("decision", decision)
			done := b.form("/people/reviews", fields)
			has(t, decision, done, http.StatusSeeOther)
			after := b.get(done.header.Get("Location"))
			has(t, "after "+decision, after, 200, "Hoàn tác", "Không còn cặp nào", "hôm nay đã xét 1")
			has(t, "undo of "+decision, b.form("/people/reviews/undo", hidden(after.body, `/people/reviews/undo"`)), http.StatusSeeOther)
		}
		has(t, "the pair again", b.get("/people/reviews"), 200, "Còn 1 cặp")
	})
}

// A case of somebody who may stand already says so on its page.
func TestCaseHintsAtReview(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.account(t, "can-bo", auth.HealthOfficer, "2021/20/186")
		b := n.signIn(t, "can-bo")
		var page answer
		for _, phone := range []string{"0912345678", "0987654321"} {
			made := b.form("/cases", url.Values{"id": {id.New().String()}, "classification": {"confirmed"}, "area": {minhHoaCode.String()}, "reported": {"2021-05-14"},
				"confirmed": {"2021-05-14"}, "name": {"Nguyễn Thị Hương Giang"}, "birth_year": {"1988"}, "sex": {"female"}, "phone": {phone}})
			has(t, "case", made, http.StatusSeeOther)
			page = b.get(made.header.Get("Location"))
		}
		has(t, "the second case", page, 200, "có thể trùng với 1 người khác", "/people/reviews?person=")
		link := regexp.MustCompile(`/people/reviews\?person=[0-9a-f-]+`).FindString(page.body)
		has(t, "the pair", b.get(link), 200, "Cùng một người", "Nguyễn Thị Hương Giang")
	})
}

// hidden returns the hidden fields of the form that posts to an action.
func hidden(body, action string) url.Values {
	v := url.Values{}
	_, form, _ := strings.Cut(body, `action="`+action)
	form, _, _ = strings.Cut(form, "</form>")
	for _, m := range regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		v.Set(m[1], m[2])
	}
	return v
}

// prove makes a browser that has proved a number and says to be somebody.
func (n *node) prove(t *testing.T, number string) (*browser, id.ID) {
	t.Helper()
	all, err := n.Phones.EnrolForDemo(t.Context(), world, number)
	if err != nil {
		t.Fatal(err)
	}
	b := n.stranger(t)
	at, _ := url.Parse(n.url)
	b.Jar.SetCookies(at, []*http.Cookie{{Name: "khien_phone", Value: all[0].Token, Path: "/"}})
	return b, all[0].ID
}

// A phone sees what came from itself until an officer has seen its holder's card.
func TestOwnData(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		i := n.person(t, huong())
		n.account(t, "huulung", auth.HealthOfficer, "2021/20/186")
		officer := n.signIn(t, "huulung")
		has(t, "looked at", officer.get("/people/"+i.String()+"?purpose=trace"), 200)
		b, device := n.prove(t, "0912345678")
		has(t, "who they say", b.form("/phone/who", url.Values{"name": {"Nguyễn Thị Hương"}, "birth": {"14/05/1988"}, "sex": {"female"}, "area": {minhHoaCode.String()}, "id": {id.New().String()}}), http.StatusSeeOther)
		claimed := b.get("/me/data")
		has(t, "claimed", claimed, 200, "chỉ hiện những gì gửi từ chính điện thoại này")
		for _, secret := range []string{"020188001234", "HK77", "Thôn 3", "Hữu Lũng ·", "Mở hồ sơ"} {
			if strings.Contains(claimed.body, secret) || strings.Contains(b.get("/me/data.json").body, secret) {
				t.Errorf("a claim shows %q", secret)
			}
		}
		has(t, "a stranger", n.stranger(t).get("/me/data"), http.StatusSeeOther)

		has(t, "phones", officer.get("/people/"+i.String()+"/phones"), 200, device.String(), "Tôi đã xem căn cước")
		has(t, "without having seen", officer.form("/people/"+i.String()+"/phones", url.Values{"device": {device.String()}}), 422)
		_, foreign := n.prove(t, "0987000111")
		has(t, "a phone of another number", officer.form("/people/"+i.String()+"/phones", url.Values{"device": {foreign.String()}, "seen": {"1"}}), 404)
		has(t, "confirmed", officer.form("/people/"+i.String()+"/phones", url.Values{"device": {device.String()}, "seen": {"1"}}), http.StatusSeeOther)

		own := b.get("/me/data")
		has(t, "own", own, 200, "020188001234", "HK77", "Mở hồ sơ", "Truy vết", "Cán bộ", "Hữu Lũng", "Xoá khi không còn")
		if strings.Contains(own.body, "huulung") {
			t.Error("the officer's name is shown")
		}
		var export struct {
			Confirmed bool             `json:"confirmed"`
			Held      []map[string]any `json:"held"`
			Looks     []map[string]any `json:"looks"`
		}
		a := b.get("/me/data.json")
		if err := json.Unmarshal([]byte(a.body), &export); err != nil || !export.Confirmed || len(export.Held) == 0 || len(export.Looks) == 0 {
			t.Errorf("export: %+v, %v", export, err)
		}
	})
}

func TestChallengeIsAnswered(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		b, _ := n.prove(t, "0912345678")
		other, _ := n.prove(t, "0987000111")
		key := id.New().String()
		file := url.Values{"id": {key}, "text": {"Tôi không sống ở đó <b>nữa</b>"}}
		for range 2 { // the second is the first
			has(t, "filed", b.form("/me/challenges", file), http.StatusSeeOther)
		}
		has(t, "without a text", b.form("/me/challenges", url.Values{"id": {id.New().String()}, "text": {" "}}), 422)
		n.account(t, "tinh", auth.HealthOfficer, "2021/20")
		n.account(t, "huulung", auth.HealthOfficer, "2021/20/186")
		staff := n.signIn(t, "tinh")
		page := staff.get("/people/challenges")
		has(t, "staff", page, 200, "Tôi không sống ở đó &lt;b&gt;nữa&lt;/b&gt;")
		if strings.Count(page.body, key) == 0 || strings.Contains(n.signIn(t, "huulung").get("/people/challenges").body, key) {
			t.Error("one who has said no name is the province's to answer, nobody else's")
		}
		has(t, "answered", staff.form("/people/challenges", url.Values{"challenge": {key}, "text": {"Đã sửa địa chỉ."}}), http.StatusSeeOther)
		has(t, "twice", staff.form("/people/challenges", url.Values{"challenge": {key}, "text": {"Khác."}}), 409)
		has(t, "the answer", b.get("/me/data"), 200, "Đã sửa địa chỉ.", "Đã trả lời")
		if strings.Contains(other.get("/me/data").body, "Đã sửa") {
			t.Error("another phone reads the answer")
		}
		rows, err := store.One(t.Context(), n.DB, store.Int, "select count(*) from person_challenge where province = 20 and text_sealed is not null and answered_ms > 0")
		if err != nil || rows != 1 {
			t.Errorf("%d rows, %v", rows, err)
		}
	})
}

// Contradictory numbers are kept and said; names that a spreadsheet would run
// leave no file as they came.
func TestBadPeople(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		p := huong()
		p.Sex, p.Birth, p.Name = "male", "1970-01-02", formula
		i := n.person(t, p)
		n.account(t, "huulung", auth.HealthOfficer, "2021/20/186")
		b := n.signIn(t, "huulung")
		has(t, "flaws", b.get("/people/"+i.String()+"?purpose=correct"), 200, "số này ghi giới tính khác", "số này ghi năm sinh khác", "020188001234")
		for _, name := range []string{formula, "@SUM(1)", "+1", "-1", "=1+1"} {
			w := b.form("/cases", url.Values{"id": {id.New().String()}, "classification": {"confirmed"}, "area": {minhHoaCode.String()}, "reported": {"2021-05-14"},
				"confirmed": {"2021-05-14"}, "name": {name}})
			has(t, name, w, http.StatusSeeOther)
		}
		lines := strings.Split(b.get("/cases/export").body, "\n")
		for _, l := range lines {
			for _, cell := range strings.Split(strings.TrimPrefix(l, "\ufeff"), ",") {
				if cell = strings.Trim(cell, `"`); cell != "" && strings.ContainsAny(cell[:1], "=@+-") {
					t.Errorf("an export's cell begins %q", cell)
				}
			}
		}
		if len(lines) < 6 {
			t.Errorf("exported %d lines", len(lines))
		}
	})
}

// Somebody whom nothing holds any more dies: their key is destroyed, and a copy
// of the database made before is of no use to who has that copy alone.
func TestUnusedPeopleDie(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		now := time.Now()
		d := person.NewDesk(person.DeskConfig{DB: n.DB, People: n.People, Province: 20, Now: func() time.Time { return now }, Users: []person.User{n.Outbreak, n.Phones, n.Points, n.Declared, n.Checkin}})
		lonely := n.person(t, huong())
		phoned := n.person(t, person.Person{Name: "Hoàng Thị Máy", Area: minhHoaCode})
		c, err := n.Outbreak.Create(t.Context(), world, outbreak.Draft{Case: outbreak.Case{Classification: outbreak.Suspected, Area: minhHoaCode, Reported: day.Today(now)},
			Who: person.Person{Name: "Vi Thị Bệnh"}})
		if err != nil {
			t.Fatal(err)
		}
		_, device := n.prove(t, "0912345678")
		err = n.DB.Tx(t.Context(), func(tx *store.Tx) error { return n.Phones.Confirm(tx, world, device, phoned) })
		if err != nil {
			t.Fatal(err)
		}
		if died, err := d.EraseUnused(t.Context()); died != 0 || err != nil {
			t.Errorf("on the first day %d died, %v", died, err)
		}
		now = now.Add(29 * 24 * time.Hour)
		if died, err := d.EraseUnused(t.Context()); died != 1 || err != nil {
			t.Errorf("after 29 days %d died, %v, want 1", died, err)
		}
		for i, want := range map[id.ID]bool{lonely: false, phoned: true, c.Person: true} {
			if _, err := n.People.Get(t.Context(), n.DB, world, i); (err == nil) != want {
				t.Errorf("%s: %v, alive %v", i, err, want)
			}
		}
		left, err := store.One(t.Context(), n.DB, store.Int, "select count(*) from person_person where province = 20 and erased_ms > 0 and (key_wrapped is not null or sealed is not null)")
		if err != nil || left != 0 {
			t.Errorf("%d keys or records left, %v", left, err)
		}
	})
}

// A backup without the key file tells nobody who anybody is.
func TestBackupWithoutTheKey(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		i := n.person(t, huong())
		rows, err := n.DB.Query(t.Context(), "select key_wrapped, sealed, name_index, phone_index from person_person where province = 20")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var cols [4][]byte
			if err := rows.Scan(&cols[0], &cols[1], &cols[2], &cols[3]); err != nil {
				t.Fatal(err)
			}
			for _, c := range cols {
				for _, word := range []string{"Hương", "huong", "912345678", "020188001234", "1988"} {
					if bytes.Contains(c, []byte(word)) {
						t.Errorf("a column says %q in clear", word)
					}
				}
			}
		}
		thief := person.New(person.Config{DB: n.DB, Keys: keys.New(bytes.Repeat([]byte{9}, 32))})
		if p, err := thief.Get(t.Context(), n.DB, world, i); err == nil || p.Name != "" {
			t.Errorf("another key reads %+v", p)
		}
		if found, err := thief.FindByPaper(t.Context(), n.DB, world, "020188001234"); err != nil || len(found) != 0 {
			t.Errorf("another key finds %d, %v", len(found), err)
		}
	})
}

// Whose rows point at people must be asked before anybody is erased: a package
// with such a column that is not in this list was forgotten in App.desk.
func TestEveryUserOfPeopleIsAsked(t *testing.T) {
	asked := []string{"checkin", "checkin/declaration", "checkin/point", "kernel/person", "kernel/phone", "outbreak", "outbreak/contact", "outbreak/followup"}
	var have []string
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "node_modules":
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".sql"):
			return nil
		}
		b, err := os.ReadFile(path)
		if err == nil && regexp.MustCompile(`(?m)^\s*person uuid`).Match(b) {
			if dir := filepath.ToSlash(filepath.Dir(filepath.Dir(path)))[3:]; !slices.Contains(have, dir) {
				have = append(have, dir)
			}
		}
		return err
	})
	slices.Sort(have)
	if err != nil || !slices.Equal(have, asked) {
		t.Errorf("%v point at people, %v are asked, %v", have, asked, err)
	}
}
