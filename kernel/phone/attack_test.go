package phone_test

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

const mine, other = "0912 345 678", "0987654321"

func wrong(code string) string { return fmt.Sprintf("%06d", (int(code[5]-'0')+1)%10) }

func refused(t *testing.T, what string, err error) {
	t.Helper()
	if f := fault.Of(err); f == nil || f.Key != "phone.code" {
		t.Errorf("%s: got %v", what, err)
	}
}

// A right code works once, in its time, for its number; every other is the one same refusal.
func TestCodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		code := w.code(mine)
		_, _, err := w.prove(other, code)
		refused(t, "another number's", err)
		token, d, err := w.prove("+84 912.345.678", code[:3]+" "+code[3:])
		if err != nil || len(token) != 64 {
			t.Fatalf("right: %v", err)
		}
		_, _, err = w.prove(mine, code)
		refused(t, "replayed", err)
		if got, err := w.Device(t.Context(), token); err != nil || got != d {
			t.Errorf("got %v, %v, want %v", got, err, d)
		}
		if n, err := w.Number(t.Context(), d); err != nil || n != "+84912345678" {
			t.Errorf("number: got %s, %v", n, err)
		}

		w.pass(time.Hour)
		code = w.code(mine)
		w.pass(5*time.Minute + time.Second)
		_, _, err = w.prove(mine, code)
		refused(t, "expired", err)

		code = w.code(mine)
		for range 5 {
			_, _, err = w.prove(mine, wrong(code))
			refused(t, "guessed", err)
		}
		_, _, err = w.prove(mine, code)
		refused(t, "the right one after five wrong", err)

		w.pass(time.Hour)
		old := w.code(mine)
		w.pass(time.Hour)
		fresh := w.code(mine)
		if old != fresh {
			_, _, err = w.prove(mine, old)
			refused(t, "the one before", err)
		}
		if _, _, err = w.prove(mine, fresh); err != nil {
			t.Errorf("the newest: %v", err)
		}
		for _, bad := range []string{"", "000", "１２３４５６", "'; drop table", strings.Repeat("9", 10_000)} {
			_, _, err = w.prove(other, bad)
			refused(t, fmt.Sprintf("%.10q", bad), err)
		}
	})
}

// A thousand requests send ten messages a day, and say clearly how long to wait.
func TestAThousandRequests(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var waits int
		for i := range 1000 {
			err := w.AskCode(t.Context(), mine, fmt.Sprintf("192.0.2.%d", i%250), i18n.VI)
			if f := fault.Of(err); f != nil && f.Key == "web.rate" && f.Args["seconds"].(int) > 0 {
				waits++
			} else if err != nil {
				t.Fatal(err)
			}
			w.pass(time.Minute) // sixteen hours
		}
		w.deliver()
		if got := w.gateway.count() + waitsLate(t, w); got != 10 || waits != 990 {
			t.Errorf("got %d messages, %d told to wait", got, waits)
		}
		w.pass(8 * time.Hour)
		if err := w.AskCode(t.Context(), mine, "192.0.2.1", i18n.VI); err != nil {
			t.Errorf("the next day: %v", err)
		}
	})
}

// waitsLate counts messages that were too old to be sent when the job came.
func waitsLate(t *testing.T, w *world) int {
	n, err := store.One(t.Context(), w.db, store.Int, "select count(*) from phone_message where province = 20 and state = 'late'")
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// One address that walks over many numbers is slowed, whatever it asks.
func TestManyNumbersFromOneAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		asked, tried := 0, 0
		for i := range 300 {
			if w.AskCode(t.Context(), fmt.Sprintf("09000%05d", i), "203.0.113.9", i18n.VI) == nil {
				asked++
			}
			_, _, err := w.Prove(t.Context(), phone.Proof{Number: fmt.Sprintf("09000%05d", i), Code: "123456", From: "203.0.113.9"})
			if fault.Of(err).Key == "phone.code" {
				tried++
			}
		}
		if asked < 30 || asked > 60 || tried < 60 || tried > 120 { // the bursts, and what a slow machine lets through
			t.Errorf("got %d codes and %d tries", asked, tried)
		}
	})
}

// A number that somebody holds and one that nobody holds are answered alike, to the byte.
func TestNoEnumeration(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.enrol(mine)
		w.pass(48 * time.Hour)
		ask := func(number string) string {
			b := w.browser()
			page := b.post("/phone/code", "phone", number).want(t, 200)
			api := b.do("POST", "/api/v1/phone/codes", "application/json", `{"number":"`+number+`"}`)
			api.Header.Del("Date")
			try := b.post("/phone/prove", "phone", number, "code", "000000")
			return strings.ReplaceAll(fmt.Sprint(page.body, api.StatusCode, try.StatusCode, try.body), number, "N")
		}
		if a, b := ask("0912345678"), ask("0987654321"); cutIDs(a) != cutIDs(b) {
			t.Errorf("told apart:\n%s\n\n%s", a, b)
		}
	})
}

func cutIDs(page string) string { return uuids.ReplaceAllString(page, "ID") }

// A device that is signed off is refused at once, also by a node that remembered
// it, and the stolen cookie with it.
func TestStolenCookie(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		token, d := w.enrol(mine)
		second := w.node(w.Catalog, nil)
		for _, node := range []*phone.Service{w.Service, second} {
			if _, err := node.Device(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		thief := w.with(token)
		thief.get("/api/v1/phone/device").want(t, 200)
		w.with(token).post("/phone/sign-off").want(t, http.StatusSeeOther)
		for i, node := range []*phone.Service{w.Service, second} {
			if !refusedWithin(t, node, token) {
				t.Errorf("node %d still takes the device", i)
			}
		}
		thief.get("/api/v1/phone/device").want(t, http.StatusUnauthorized)
		thief.get("/phone/who").want(t, http.StatusSeeOther)
		if _, _, err := w.ByHandle(t.Context(), [16]byte{1}); !fault.Is(err, fault.NotFound) {
			t.Errorf("unknown handle: got %v", err)
		}
		if _, err := w.Secret(t.Context(), d); !fault.Is(err, fault.NotFound) {
			t.Errorf("secret of a device signed off: got %v", err)
		}
	})
}

// Another node, with connections of its own, hears of a withdrawal.
func TestWithdrawnOnAnotherNode(t *testing.T) {
	for name, config := range map[string]func(t *testing.T) store.Config{
		"sqlite":   func(t *testing.T) store.Config { return store.Config{Dir: t.TempDir()} },
		"postgres": func(t *testing.T) store.Config { return store.Config{URL: storetest.PostgresURL(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			c := config(t)
			here, there := newWorld(t, storetest.Open(t, c, lines)), newWorld(t, storetest.Open(t, c, nil))
			token, d := here.enrol(mine)
			if _, err := there.Device(t.Context(), token); err != nil {
				t.Fatal(err)
			}
			if err := here.Withdraw(t.Context(), d, d.ID); err != nil {
				t.Fatal(err)
			}
			if !refusedWithin(t, there.Service, token) {
				t.Error("the other node still takes the device")
			}
		})
	}
}

// refusedWithin asks until the node has heard; another node hears by the
// database's wake-up, which takes 0.2 s at most where nothing else is busy.
func refusedWithin(t *testing.T, node *phone.Service, token string) bool {
	for until := time.Now().Add(20 * time.Second); ; {
		if _, err := node.Device(t.Context(), token); fault.Is(err, fault.NotFound) {
			return true
		}
		if time.Now().After(until) {
			return false
		}
		runtime.Gosched()
	}
}

// A token planted by another is never adopted: a proof makes a new one.
func TestFixation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		planted, attacker := w.enrol(other)
		victim := w.with(planted)
		code := w.code(mine)
		r := victim.post("/phone/prove", "phone", mine, "code", code).want(t, http.StatusSeeOther)
		set := r.Cookies()
		if len(set) != 1 || set[0].Value == planted || !set[0].HttpOnly || set[0].SameSite != http.SameSiteLaxMode {
			t.Fatalf("cookies: %v", set)
		}
		d, err := w.Device(t.Context(), set[0].Value)
		if err != nil || d.ID == attacker.ID || d.Number == attacker.Number {
			t.Errorf("got %v, %v", d, err)
		}
		if _, err := w.Device(t.Context(), planted); !fault.Is(err, fault.NotFound) {
			t.Errorf("the planted token lives: %v", err)
		}
		// The same number again on the same browser: the same device, another token.
		w.pass(time.Hour)
		again := victim.post("/phone/prove", "phone", mine, "code", w.code(mine)).want(t, http.StatusSeeOther).Cookies()[0].Value
		if e, err := w.Device(t.Context(), again); err != nil || e.ID != d.ID {
			t.Errorf("again: got %v, %v", e, err)
		}
		if _, err := w.Device(t.Context(), set[0].Value); !fault.Is(err, fault.NotFound) {
			t.Errorf("the old token lives: %v", err)
		}
		for _, bad := range []string{"", "x", strings.Repeat("A", 64), again[:63] + "_", again + "A", "../" + again} {
			if _, err := w.Device(t.Context(), bad); !fault.Is(err, fault.NotFound) {
				t.Errorf("token %q: got %v", bad, err)
			}
		}
		if c := r.Header.Get("Set-Cookie"); strings.Contains(c, "Secure") {
			t.Errorf("secure on plain http: %s", c)
		}
	})
}

// Over TLS the cookie is kept to this host, and the plain one is not read.
func TestCookieOverTLS(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req, _ := http.NewRequest("POST", w.url+"/phone/prove", strings.NewReader(url.Values{"phone": {mine}, "code": {w.code(mine)}}.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("X-Forwarded-Proto", "https")
		r, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		c := r.Cookies()[0]
		if c.Name != "__Host-khien-phone" || !c.Secure || c.Path != "/" || c.Domain != "" {
			t.Errorf("got %v", c)
		}
		req, _ = http.NewRequest("GET", w.url+"/api/v1/phone/device", nil)
		req.Header.Set("X-Forwarded-Proto", "https")
		req.AddCookie(&http.Cookie{Name: "khien_phone", Value: c.Value})
		if r, err = http.DefaultTransport.RoundTrip(req); err != nil || r.StatusCode != http.StatusUnauthorized {
			t.Errorf("the plain cookie over TLS: got %v, %v", r.StatusCode, err)
		}
		r.Body.Close()
	})
}

// Who lost a phone proves the number on another and ends all others; a
// stranger's device they cannot end, nor learn of.
func TestLostPhone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lost, lostDevice := w.enrol(mine)
		_, stranger := w.enrol(other)
		w.pass(time.Hour)
		token, d := w.enrol(mine)
		b := w.with(token)
		none := b.post("/phone/devices/"+id.New().String()+"/withdraw").want(t, 404)
		if r := b.post("/phone/devices/" + stranger.ID.String() + "/withdraw"); r.StatusCode != 404 || uuidless(r.body) != uuidless(none.body) {
			t.Errorf("a stranger's device: got %d %s", r.StatusCode, r.body)
		}
		b.get("/phone").want(t, 200, "Tôi mất điện thoại", "0912 345 678")
		b.post("/phone/lost").want(t, http.StatusSeeOther)
		if _, err := w.Device(t.Context(), lost); !fault.Is(err, fault.NotFound) {
			t.Errorf("the lost one: %v", err)
		}
		if own, err := w.Devices(t.Context(), d); err != nil || len(own) != 1 || !own[0].Current {
			t.Errorf("got %v, %v", own, err)
		}
		if err := w.Withdraw(t.Context(), d, lostDevice.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("withdrawn twice: %v", err)
		}
	})
}

func uuidless(page string) string { return requestID.ReplaceAllString(cutIDs(page), "") }

// What the gateway says, and everything else, names no number and no code.
func TestNothingPersonalIsLogged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.gateway.fails = true
		code := w.code(mine)
		w.browser().post("/phone/prove", "phone", mine, "code", code).want(t, http.StatusSeeOther)
		log := w.log.String()
		if !strings.Contains(log, "could not be sent") {
			t.Errorf("the failure is not logged: %s", log)
		}
		for _, word := range []string{code, "912345678", "912 345 678"} {
			if strings.Contains(log, word) {
				t.Errorf("the log says %s: %s", word, log)
			}
		}
		n, err := store.One(t.Context(), w.db, store.Int, "select count(*) from phone_message where province = 20 and (number_sealed is not null or text_sealed is not null)")
		if err != nil || n != 0 {
			t.Errorf("%d messages are kept, %v", n, err)
		}
		before := w.gateway.count()
		w.deliver()
		if w.gateway.count() != before {
			t.Error("a code was sent twice")
		}
	})
}

// Who claims another's name, birth and number becomes the same human being for
// tracing, and sees nothing that they did not say themselves.
func TestClaimOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sc := auth.Console(20, "test", "test")
		var victim person.Registered
		err := w.db.Tx(t.Context(), func(tx *store.Tx) (err error) {
			victim, err = w.people.Register(tx, sc, person.Person{Name: "Nông Thị Hoa", Birth: "1988-05-14", Sex: "female", Phone: "0912345678",
				Papers: []person.Paper{{Kind: person.CitizenCard, Number: "020188000001"}}, Address: "12 Phai Vệ", Household: "HB-17", Occupation: "giáo viên"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		token, _ := w.enrol(other)
		b := w.with(token)
		b.post("/phone/who", "id", id.New().String(), "name", "Nông Thị Hoa", "birth", "14/05/1988", "sex", "female", "paper", "020188000001").want(t, http.StatusSeeOther)
		d, err := w.Device(t.Context(), token)
		if err != nil || d.Confirmed {
			t.Fatalf("got %v, %v", d, err)
		}
		if who, err := w.people.Canonical(t.Context(), w.db, sc, d.Person); who != victim.ID || d.Person == victim.ID {
			t.Errorf("the registry took the claim %s for %s, %v, want %s under an id of its own", d.Person, who, err, victim.ID)
		}
		for _, path := range []string{"/phone", "/phone/who", "/api/v1/phone/device"} {
			page := b.get(path).want(t, 200).body
			for _, secret := range []string{"Phai Vệ", "HB-17", "giáo viên", "912345678"} {
				if strings.Contains(page, secret) {
					t.Errorf("%s shows %s", path, secret)
				}
			}
		}
		// An officer who saw the card: confirmed, until the holder says to be somebody else.
		confirm := func(sc auth.Scope, who id.ID) error {
			return w.db.Tx(t.Context(), func(tx *store.Tx) error { return w.Confirm(tx, sc, d.ID, who) })
		}
		if err := confirm(auth.Scope{}, victim.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("nobody confirms: %v", err)
		}
		if err := confirm(sc, id.New()); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody is confirmed: %v", err)
		}
		if err := confirm(sc, victim.ID); err != nil {
			t.Fatal(err)
		}
		if d, err = w.Device(t.Context(), token); err != nil || !d.Confirmed || d.Person != victim.ID {
			t.Errorf("confirmed: got %v, %v", d, err)
		}
		b.post("/phone/who", "id", id.New().String(), "name", "Lý Văn Bảo", "birth", "1970").want(t, http.StatusSeeOther)
		if d, err = w.Device(t.Context(), token); err != nil || d.Confirmed || d.Person == victim.ID {
			t.Errorf("another: got %v, %v", d, err)
		}
	})
}

// A clock that runs an hour ahead and is put back leaves no stolen phone alive.
func TestClockPutBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.pass(time.Hour)
		_, other := w.enrol("0912000111")
		token, d := w.enrol("0912345678")
		for range 2 {
			if err := w.Withdraw(t.Context(), other, other.ID); err != nil && !fault.Is(err, fault.NotFound) {
				t.Fatal(err)
			}
			if _, err := w.Device(t.Context(), token); err != nil {
				t.Fatal(err)
			}
		}
		w.pass(-time.Hour)
		if err := w.Withdraw(t.Context(), d, d.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Device(t.Context(), token); !fault.Is(err, fault.NotFound) {
			t.Errorf("a withdrawn phone: got %v, %v, want not found", got.ID, err)
		}
	})
}

// The names that one number may say are counted over all its devices: who proves
// it anew has no more of them.
func TestNamesAreCountedByNumber(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ds, err := w.EnrolForDemo(t.Context(), auth.System(20, "test"), mine, mine)
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for i := range 130 { // nameless, so that nothing is stored
			if _, err := w.Say(t.Context(), ds[i%2].Device, phone.Identity{ID: id.New(), Self: true}); fault.Is(err, fault.Busy) {
				refused++
			}
		}
		if refused < 5 {
			t.Errorf("%d of 130 names are refused, want some", refused)
		}
	})
}

// Numbers abroad that are paid by the message get a few, from however many addresses.
func TestPaidNumbersAbroad(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sent := 0
		for i := range 130 {
			err := w.AskCode(t.Context(), fmt.Sprintf("+88216%07d", i), fmt.Sprintf("192.0.2.%d", i), i18n.VI)
			if err == nil {
				sent++
			} else if !fault.Is(err, fault.Busy) {
				t.Fatal(err)
			}
		}
		if sent < 100 || sent > 110 {
			t.Errorf("%d of 130 messages are sent, want about 100", sent)
		}
		if err := w.AskCode(t.Context(), mine, "192.0.2.1", i18n.VI); err != nil {
			t.Errorf("a number of ours: %v", err)
		}
	})
}
