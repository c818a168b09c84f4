package app_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"khien/app"
	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/config"
	"khien/kernel/id"
	"khien/kernel/phone"
	"khien/kernel/place"
)

// crowd are phones before a poster, each with the visits that were acknowledged to it.
type crowd struct {
	place  place.Place
	poster string
	tokens []string
	client *http.Client
}

// gather makes a place and phones whose holders have said who they are.
func gather(t *testing.T, a *app.App, phones int) *crowd {
	t.Helper()
	console := auth.Console(a.Province, "test", "kiểm tra")
	at, err := area.Parse("2021/20/186")
	if err != nil {
		t.Fatal(err)
	}
	c := &crowd{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: phones}, Timeout: 20 * time.Second}}
	if c.place, err = a.Places.Create(t.Context(), console, place.Place{Name: "Chợ Hữu Lũng", Kind: place.Market, Area: at}); err != nil {
		t.Fatal(err)
	}
	u, err := a.Points.Codes().SignPlace(c.place)
	if err != nil {
		t.Fatal(err)
	}
	c.poster = u.Token()
	for i := range phones {
		all, err := a.Phones.EnrolForDemo(t.Context(), console, fmt.Sprintf("09%08d", i))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Phones.Say(t.Context(), all[0].Device, phone.Identity{ID: id.New(), Self: true, Name: fmt.Sprintf("Nguyễn Văn %c", 'A'+i%26), Birth: fmt.Sprint(1950 + i%50)}); err != nil {
			t.Fatal(err)
		}
		c.tokens = append(c.tokens, all[0].Token)
	}
	return c
}

// visit posts a visit of one phone and returns the status, 0 for no answer.
func (c *crowd) visit(base string, who int, i id.ID) int {
	body := fmt.Sprintf(`{"id":"%s","place":"%s","at":"%s"}`, i, c.poster, i.Time().Format(time.RFC3339Nano))
	r, err := http.NewRequest("POST", base+"/api/v1/visits", bytes.NewReader([]byte(body)))
	if err != nil {
		return 0
	}
	r.AddCookie(&http.Cookie{Name: "khien_phone", Value: c.tokens[who]})
	a, err := c.client.Do(r)
	if err != nil {
		return 0
	}
	defer a.Body.Close()
	_, _ = io.Copy(io.Discard, a.Body)
	return a.StatusCode
}

// The server is killed while phones post visits as fast as it takes them: after
// the restart each that was acknowledged stands, once, in the table and in the
// trail; and what the phones tell again changes nothing.
func TestKillUnderVisits(t *testing.T) {
	eachSettings(t, func(t *testing.T, s *config.Config) {
		const phones, enough = 32, 3000
		var c *crowd
		open(t, s, func(a *app.App) { c = gather(t, a, phones) })
		k, addr := serve(t, s)
		acked, tried := make([][]id.ID, phones), make([][]id.ID, phones)
		var all sync.WaitGroup
		answers := make(chan struct{}, enough)
		for who := range phones {
			all.Go(func() {
				for {
					i := id.New()
					tried[who] = append(tried[who], i)
					if c.visit(addr, who, i) != http.StatusCreated {
						return
					}
					acked[who] = append(acked[who], i)
					select {
					case answers <- struct{}{}:
					default:
						_ = k.Process.Kill()
					}
				}
			})
		}
		all.Wait()
		_ = k.Wait()
		_, again := serve(t, s)
		total := 0
		for who := range phones {
			total += len(tried[who])
			for _, i := range tried[who][max(0, len(tried[who])-20):] { // its outbox delivers once more
				if got := c.visit(again, who, i); got != http.StatusCreated {
					t.Errorf("told again: got %d", got)
				}
			}
		}
		c.hold(t, s, acked, total)
	})
}

// hold holds that every visit stands once and is found by its place.
func (c *crowd) hold(t *testing.T, s *config.Config, acked [][]id.ID, total int) {
	t.Helper()
	open(t, s, func(a *app.App) {
		console := auth.Console(a.Province, "test", "kiểm tra sau khi tắt máy")
		if err := a.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := a.Checkin.Count(t.Context(), console); err != nil || n != int64(total) {
			t.Errorf("%d visits stand, %v, want %d", n, err, total)
		}
		if err := a.Places.Book().Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, ids := range acked {
			for _, i := range ids {
				if _, err := a.Checkin.Visit(t.Context(), console, i); err != nil {
					t.Errorf("acknowledged and gone: %s %v", i, err)
				}
			}
		}
		found, err := a.Checkin.CountOfPlace(t.Context(), console, c.place.ID)
		if err != nil || found != int64(total) {
			t.Errorf("%d visits are found by their place, %v, want %d", found, err, total)
		}
	})
}
