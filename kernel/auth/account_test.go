package auth_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/web"
)

func TestSessionEndsByItself(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		demo(t, s, "lan", auth.Tracer, huuLung)
		token, _ := signIn(t, s, c, "lan")
		alive := func() bool { _, err := s.Session(t.Context(), token); return err == nil }
		for range 24 { // half an hour less a minute, again and again
			c.pass(29 * time.Minute)
			if !alive() {
				t.Fatal("a session in use ended")
			}
		}
		c.pass(25 * time.Minute) // 12 hours and a minute after sign-in
		if alive() {
			t.Error("a session lives longer than twelve hours")
		}
		token, _ = signIn(t, s, c, "lan")
		c.pass(30 * time.Minute)
		if alive() {
			t.Error("a session at rest lives longer than half an hour")
		}
		if err := s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := store.One(t.Context(), s.DB, store.Int, "select count(*) from auth_session where province = 20"); err != nil || n != 0 {
			t.Errorf("after the sweep: %d sessions, %v", n, err)
		}
	})
}

// What ends a session at once.
func TestSessionEndsWithTheRight(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		ctx, sys := t.Context(), auth.System(20, "test")
		for name, end := range map[string]func(auth.Account) error{
			"disable": func(a auth.Account) error { return s.Disable(ctx, sys, a.ID) },
			"reset":   func(a auth.Account) error { _, err := s.Reset(ctx, sys, a.ID); return err },
			"role": func(a auth.Account) error {
				return s.Change(ctx, sys, a.ID, auth.Change{Name: a.Name, Roles: []auth.Role{auth.Editor}, Area: a.Area})
			},
			"area": func(a auth.Account) error {
				return s.Change(ctx, sys, a.ID, auth.Change{Name: a.Name, Roles: a.Roles, Area: caoLoc})
			},
			"removed": func(a auth.Account) error {
				return s.DB.Tx(ctx, func(tx *store.Tx) error {
					_, err := tx.Exec("delete from auth_account where province = 20 and id = $1", a.ID)
					return err
				})
			},
		} {
			a := demo(t, s, name, auth.Tracer, huuLung)
			token, _ := signIn(t, s, c, name)
			if err := end(a); err != nil {
				t.Fatal(name, err)
			}
			if _, err := s.Session(ctx, token); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: got %v, want no session", name, err)
			}
		}
		a := demo(t, s, "renamed", auth.Tracer, huuLung)
		token, _ := signIn(t, s, c, "renamed")
		if err := s.Change(ctx, sys, a.ID, auth.Change{Name: "Another Name", Roles: a.Roles, Area: a.Area}); err != nil {
			t.Fatal(err)
		}
		if v, err := s.Session(ctx, token); err != nil || v.Account().Name != "Another Name" {
			t.Errorf("a new name ended the session: %v", err)
		}
	})
}

func TestSetupLinkIsGoodOnceAndForADay(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		ctx, sys := t.Context(), auth.System(20, "test")
		first, err := s.FirstRun(ctx)
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.FirstRun(ctx)
		if err != nil || first == second {
			t.Fatalf("got %q twice, %v", second, err)
		}
		open := func(link string) (auth.Setup, error) {
			return s.OpenSetup(ctx, strings.TrimPrefix(link, "https://khien.example/set-up/"))
		}
		if _, err := open(first); key(err) != "auth.link" {
			t.Errorf("an older first link: got %v", err)
		}
		// Several use the link of the first administrator at once; one succeeds.
		u, err := open(second)
		if err != nil {
			t.Fatal(err)
		}
		e, err := s.OfferSetup(u, "chief", "")
		if err != nil {
			t.Fatal(err)
		}
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				f := auth.SetupForm{Login: "chief" + string(rune('a'+i)), Name: "Chief", Password: password, Sealed: e.Sealed, Code: codeAt(t, e.Secret, c.now())}
				_, _, errs[i] = s.SetUp(context.Background(), "a", u, f, "")
			})
		}
		wg.Wait()
		good := 0
		for _, err := range errs {
			if err == nil {
				good++
			} else if key(err) != "auth.link" {
				t.Errorf("got %v", err)
			}
		}
		if good != 1 {
			t.Errorf("the first link made %d administrators", good)
		}
		if link, err := s.FirstRun(ctx); link != "" || err != nil {
			t.Errorf("got %q, %v", link, err)
		}
		a, link, err := s.Invite(ctx, sys, auth.Invitation{Login: "lan", Name: "Lan", Roles: []auth.Role{auth.Tracer}, Area: huuLung})
		if err != nil {
			t.Fatal(err)
		}
		c.pass(24*time.Hour - time.Second)
		if u, err := open(link); err != nil || u.Account.ID != a.ID {
			t.Errorf("before a day has passed: got %v", err)
		}
		c.pass(time.Second)
		if _, err := open(link); key(err) != "auth.link" {
			t.Errorf("after a day: got %v", err)
		}
		link, err = s.Reset(ctx, sys, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Disable(ctx, sys, a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := open(link); key(err) != "auth.link" {
			t.Errorf("of a disabled account: got %v", err)
		}
		if _, err := open("https://khien.example/set-up/guessed"); key(err) != "auth.link" {
			t.Errorf("guessed: got %v", err)
		}
	})
}

// Of two administrators who disable each other at once, one stays.
func TestLastAdministratorStays(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		ctx := t.Context()
		one := demo(t, s, "one", auth.Administrator, langSon)
		_, first := signIn(t, s, c, "one")
		if err := s.Disable(ctx, manage(t, first), one.ID); key(err) != "auth.own_account" {
			t.Errorf("oneself: got %v", err)
		}
		if err := s.Disable(ctx, auth.Console(20, "root", "test"), one.ID); key(err) != "auth.last_administrator" {
			t.Errorf("the last, from the console: got %v", err)
		}
		if link, err := s.Reset(ctx, auth.Console(20, "root", "lost phone"), one.ID); err != nil || link == "" {
			t.Errorf("reset of the last, who lost their phone: got %v", err)
		}
		one = demo(t, s, "eins", auth.Administrator, langSon)
		_, first = signIn(t, s, c, "eins")
		demo(t, s, "local", auth.Administrator, huuLung) // does not count
		two := demo(t, s, "two", auth.Administrator, langSon5)
		_, second := signIn(t, s, c, "two")
		var errs [2]error
		var wg sync.WaitGroup
		wg.Go(func() { errs[0] = s.Disable(context.Background(), manage(t, first), two.ID) })
		wg.Go(func() {
			errs[1] = s.Change(context.Background(), manage(t, second), one.ID, auth.Change{Name: "One", Roles: []auth.Role{auth.Editor}, Area: langSon})
		})
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("got %v and %v, want one of them refused", errs[0], errs[1])
		}
		for _, err := range errs {
			if err != nil && key(err) != "auth.last_administrator" {
				t.Errorf("got %v", err)
			}
		}
		if r, err := audit.Verify(ctx, s.DB, 20, audit.Head{}); err != nil || !r.OK() {
			t.Errorf("got %+v, %v", r, err)
		}
	})
}

func TestGuessedIDs(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		demo(t, s, "local", auth.Administrator, huuLung)
		far := demo(t, s, "far", auth.Tracer, caoLoc)
		_, v := signIn(t, s, c, "local")
		sc := manage(t, v)
		for _, i := range []id.ID{far.ID, id.New(), {}} {
			_, err := s.Account(t.Context(), sc, i)
			if key(err) != "auth.account" {
				t.Errorf("read %v: got %v", i, err)
			}
			if err := s.Disable(t.Context(), sc, i); key(err) != "auth.account" {
				t.Errorf("disable %v: got %v", i, err)
			}
		}
		if _, err := s.AccountByLogin(t.Context(), sc, "far"); key(err) != "auth.account" {
			t.Errorf("by login: got %v", err)
		}
		if _, _, err := s.Accounts(t.Context(), auth.Scope{}, auth.AccountFilter{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the zero scope: got %v", err)
		}
	})
}

func TestAccountsPageByPage(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, _ *clock) {
		ctx, sys := t.Context(), auth.System(20, "test")
		for _, login := range []string{"dung", "ann", "chi", "binh", "emi"} {
			if _, _, err := s.Invite(ctx, sys, auth.Invitation{Login: login, Name: "Nông Thị " + login, Roles: []auth.Role{auth.Tracer}, Area: huuLung}); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for after, pages := "", 0; pages == 0 || after != ""; pages++ {
			as, next, err := s.Accounts(ctx, sys, auth.AccountFilter{Search: "NONG thi", After: after, Limit: 2})
			if err != nil || pages > 3 {
				t.Fatal(pages, err)
			}
			for _, a := range as {
				got = append(got, a.Login)
			}
			after = next
		}
		if want := "ann binh chi dung emi"; strings.Join(got, " ") != want {
			t.Errorf("got %v, want %s", got, want)
		}
		for search, want := range map[string]int{"nông": 5, "%": 5, "_": 5, "nong chi": 1, "'": 5, "zz": 0} {
			as, _, err := s.Accounts(ctx, sys, auth.AccountFilter{Search: search})
			if err != nil || len(as) != want {
				t.Errorf("%q: got %d, %v, want %d", search, len(as), err, want)
			}
		}
		if _, _, err := s.Invite(ctx, sys, auth.Invitation{Login: "ANN", Name: "Two", Roles: []auth.Role{auth.Tracer}, Area: huuLung}); key(err) != "auth.login_taken" {
			t.Errorf("a login twice: got %v", err)
		}
		for _, login := range []string{"", "a", "có dấu", "a b", "-a-", strings.Repeat("a", 65), "a\r\nb", "<b>"} {
			if _, _, err := s.Invite(ctx, sys, auth.Invitation{Login: login, Name: "X", Roles: []auth.Role{auth.Tracer}, Area: huuLung}); key(err) != "auth.login" {
				t.Errorf("login %q: got %v", login, err)
			}
		}
	})
}

func TestNewPasswords(t *testing.T) {
	for password, want := range map[string]string{
		"ngắn thôi":                "auth.password_short",
		"\u1ea3\u1ea3\u1ea3\u1ea3": "auth.password_short",
		"1234567890":               "auth.password_common",
		"9876543210":               "auth.password_common",
		"0912345678":               "auth.password_common",
		"aaaaaaaaaaaa":             "auth.password_common",
		"abcabcabcabc":             "auth.password_common",
		"Mật khẩu 2021":            "auth.password_common",
		"matkhau@123":              "auth.password_common",
		"P@ssword12345":            "auth.password_common",
		"LangSon@2021":             "auth.password_common",
		"anhyeuem1314":             "auth.password_common",
		"1q2w3e4r5t":               "auth.password_common",
		"vithilan2021":             "auth.password_login",
		strings.Repeat("ả", 100):   "auth.password_long",
		"\xff\xfe0123456789":       "auth.password_long",
		"bảy con ngựa ô":           "",
		"chín con trâu vàng":       "",
		"kT7#mmq0zP":               "",
		"cán bộ xã đi xe đạp":      "",
	} {
		err := auth.CheckNewPassword(password, "vithilan")
		if got := key(err); want == "" && err != nil || want != "" && got != want {
			t.Errorf("%q: got %v, want %q", password, err, want)
		}
	}
}

// An officer of a district of 2021 keeps the communes of 2025 that lie wholly in it.
func TestJurisdictionAcrossEditions(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		g := area.Load()
		demo(t, s, "lung", auth.HealthOfficer, huuLung)
		demo(t, s, "tinh", auth.HealthOfficer, langSon)
		_, v := signIn(t, s, c, "lung")
		sc, err := v.Scope(auth.WriteCases, "test")
		if err != nil {
			t.Fatal(err)
		}
		inside := 0
		for _, u := range g.Communes(langSon5) {
			back, _ := g.In(u.Code, area.Edition2021)
			whole := len(back) > 0
			for _, b := range back {
				whole = whole && huuLung.Contains(b)
			}
			if whole {
				inside++
			}
			if got := sc.Covers(u.Code); got != whole {
				t.Errorf("%s: covered %v, want %v", u.FullName, got, whole)
			}
		}
		if inside == 0 {
			t.Error("no commune of 2025 lies in Hữu Lũng")
		}
		if sc.Covers(0) || sc.Covers(langSon) || sc.Covers(caoLoc) || !sc.Covers(huuLung) || sc.Whole() {
			t.Errorf("got areas %v", sc.Areas())
		}
		if p, args := sc.Where("area", 5); len(args) != 2*(inside+1) || !strings.HasPrefix(p, "(area >= $5 and area < $6 or area >= $7") {
			t.Errorf("got %s %v", p, args)
		}
		if err := sc.Check(auth.WriteCases, caoLoc); key(err) != "auth.area" {
			t.Errorf("got %v", err)
		}
		if err := sc.Check(auth.Announce, huuLung); key(err) != "auth.act" {
			t.Errorf("got %v", err)
		}
		if _, err := v.Scope(auth.ManageAccounts, "test"); !errors.Is(err, error(fault.Of(err))) || !fault.Is(err, fault.Forbidden) {
			t.Errorf("got %v", err)
		}
		_, v = signIn(t, s, c, "tinh")
		if sc, err = v.Scope(auth.ReadCases, "test"); err != nil || !sc.Whole() || !sc.Covers(0) || !sc.Covers(langSon5) || !sc.Covers(huuLung) {
			t.Errorf("the whole province: %+v, %v", sc, err)
		}
	})
}

func TestDenyByDefault(t *testing.T) {
	for _, r := range append(auth.Roles, "", "god") {
		for _, a := range []auth.Act{"", "unknown", "*"} {
			if auth.Can(r, a) {
				t.Errorf("%q may %q", r, a)
			}
		}
	}
	if auth.Can(auth.Editor, auth.ReadCases) || auth.Can(auth.Administrator, auth.ReadCases) || auth.Can(auth.Auditor, auth.ManageAccounts) {
		t.Error("a role may do more than its job")
	}
}

// A session that an administrator has just ended cannot make itself a new one.
func TestEndedSessionCannotRenewItself(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		a := demo(t, s, "lan", auth.Tracer, huuLung)
		_, v := signIn(t, s, c, "lan")
		if err := s.Disable(t.Context(), auth.System(20, "test"), a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ChangePassword(t.Context(), "a", v, password, "chín con trâu vàng", ""); !errors.Is(err, web.ErrSignIn) {
			t.Errorf("got %v", err)
		}
		if err := s.Enable(t.Context(), auth.System(20, "test"), a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.CheckPassword(t.Context(), "a", "lan", password); err != nil {
			t.Errorf("the old password: got %v", err)
		}
	})
}
