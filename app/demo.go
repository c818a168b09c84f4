package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pquerna/otp/totp"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/web"
	"khien/outbreak"
	"khien/sim"
)

// How the demo plays.
const (
	demoSeed  = 2021
	demoFile  = "demo.json" // accounts and their secrets, mode 0600
	demoDay   = 1500 * time.Millisecond
	demoStart = 4 * time.Second // time to open the page
)

// demoAccount is an invented officer. Password and secret are made at the first
// start and shown on a page that only this machine may open.
type demoAccount struct {
	Login    string    `json:"login"`
	Name     string    `json:"name"`
	Role     auth.Role `json:"role"`
	Area     area.Code `json:"area"`
	Password string    `json:"password"`
	Secret   string    `json:"secret"`
}

// demo plays an invented outbreak on one node.
type demo struct {
	app      *App
	accounts []demoAccount
	places   []place.Place
	box      phone.Box
	playing  sync.WaitGroup
}

// startDemo makes the accounts, serves their page and begins to play. It wants
// the data folder to itself: what it plays is announced to the public.
func (a *App) startDemo(ctx context.Context) (*demo, error) {
	d := &demo{app: a}
	if err := d.load(ctx); err != nil {
		return nil, err
	}
	for _, acc := range d.accounts {
		err := a.Auth.CreateForDemo(ctx, auth.Demo{Login: acc.Login, Name: acc.Name, Role: acc.Role, Area: acc.Area,
			Password: acc.Password, TOTPSecret: acc.Secret})
		if err != nil {
			return nil, err
		}
	}
	if err := d.fillDay(ctx); err != nil {
		return nil, err
	}
	a.Phones.Sender = &d.box
	a.Router.Get("/demo", d.getAccounts, web.NoGzip())
	a.Router.Get("/demo/codes", d.getCodes, web.NoGzip())
	d.playing.Go(func() {
		if err := d.play(ctx); err != nil && !errors.Is(err, context.Canceled) {
			a.Log.Error("the demo has stopped", "err", err)
		}
	})
	return d, nil
}

func (d *demo) wait() { d.playing.Wait() }

// load reads the accounts, or makes them with fresh secrets where there is no
// other: an installation that somebody has set up is no place to play.
func (d *demo) load(ctx context.Context) error {
	path := filepath.Join(d.app.Config.Data, demoFile)
	b, err := os.ReadFile(path)
	if err == nil {
		return json.Unmarshal(b, &d.accounts)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("app: demo accounts: %w", err)
	}
	real, _, err := d.app.Auth.Accounts(ctx, d.scope(), auth.AccountFilter{Limit: 1})
	if err != nil {
		return err
	}
	if len(real) > 0 {
		return fault.New(fault.Conflict, "app.demo_real")
	}
	if d.accounts, err = d.invent(); err != nil {
		return err
	}
	if b, err = json.MarshalIndent(d.accounts, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

func (d *demo) invent() (all []demoAccount, err error) {
	for _, acc := range []demoAccount{
		{Login: "huulung", Name: "Cán bộ y tế Hữu Lũng", Role: auth.HealthOfficer},
		{Login: "chilang", Name: "Cán bộ y tế Chi Lăng", Role: auth.HealthOfficer},
		{Login: "tinh", Name: "Cán bộ y tế tỉnh", Role: auth.HealthOfficer},
		{Login: "truyvet", Name: "Tổ truy vết tỉnh", Role: auth.Tracer},
		{Login: "chot", Name: "Cán bộ chốt kiểm dịch", Role: auth.CheckpointOfficer},
		{Login: "congbo", Name: "Người công bố số liệu", Role: auth.Approver},
		{Login: "kiemtra", Name: "Thanh tra", Role: auth.Auditor},
		{Login: "quantri", Name: "Quản trị hệ thống", Role: auth.Administrator},
	} {
		district := map[string]string{"huulung": "186", "chilang": "187"}[acc.Login]
		if acc.Area, err = area.Of(area.Edition2021, d.app.Config.Province, district, ""); err != nil {
			return nil, err
		}
		acc.Password, acc.Secret = randomText(10), randomText(20)
		all = append(all, acc)
	}
	return all, nil
}

func randomText(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

// play enters the invented cases day by day, and at the end of each day the
// province announces its numbers. A day that was played before is not played again.
func (d *demo) play(ctx context.Context) error {
	cases, err := sim.Outbreak(d.app.Gazetteer, demoSeed)
	if err != nil || len(cases) == 0 {
		return err
	}
	if err := pause(ctx, demoStart); err != nil {
		return err
	}
	for on := cases[0].Confirmed; on <= cases[len(cases)-1].Confirmed; on++ {
		today := slices.DeleteFunc(slices.Clone(cases), func(c sim.Case) bool { return c.Confirmed != on })
		if err := d.playDay(ctx, on, today); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) playDay(ctx context.Context, on day.Day, cases []sim.Case) error {
	played, err := d.app.Outbreak.Announced(ctx, demoID("announce", int(on)))
	if err != nil || played {
		return err
	}
	for _, c := range cases {
		if err := d.enter(ctx, c); err != nil {
			return err
		}
	}
	if err := pause(ctx, demoDay/2); err != nil {
		return err
	}
	ground, err := area.Of(area.Edition2021, d.app.Config.Province, "", "")
	if err != nil {
		return err
	}
	if _, err := d.app.Outbreak.Announce(ctx, d.scope(), demoID("announce", int(on)), ground, on); err != nil {
		return err
	}
	return pause(ctx, demoDay/2)
}

func (d *demo) scope() auth.Scope { return auth.System(d.app.Province, "demo") }

func (d *demo) enter(ctx context.Context, c sim.Case) error {
	var n int
	if _, err := fmt.Sscanf(c.Number, "MP%d", &n); err != nil {
		return fmt.Errorf("app: demo case %s: %w", c.Number, err)
	}
	_, err := d.app.Outbreak.Create(ctx, d.scope(), outbreak.Draft{
		Case: outbreak.Case{ID: demoID("case", n), Number: c.Number, Sex: c.Sex, BirthYear: c.BirthYear, Classification: outbreak.Confirmed,
			Area: c.Commune, Stay: c.Commune, Source: outbreak.Source(c.Source), Onset: c.Onset, Specimen: c.Specimen,
			ConfirmedOn: c.Confirmed, Reported: c.Confirmed},
		Who: person.Person{Name: c.Name, Phone: c.Phone},
	})
	if fault.Is(err, fault.Conflict) { // an officer has changed it since
		return nil
	}
	return err
}

// demoID is the same at every start, so that nothing is played twice.
func demoID(kind string, n int) id.ID {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("khien demo "+kind), uint64(n)))
	var i id.ID
	copy(i[:], sum[:16])
	i[6], i[8] = i[6]&0x0f|0x70, i[8]&0x3f|0x80 // version 7, RFC 9562 variant
	return i
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

type demoPage struct {
	Accounts     []demoLine
	Posters      []demoPoster
	Keeper, Card string
}

type demoLine struct {
	demoAccount
	AreaName, Code string
}

// getAccounts shows how to sign in, to this machine alone.
func (d *demo) getAccounts(w http.ResponseWriter, r *http.Request) error {
	if !here(r) {
		return fault.New(fault.NotFound, "web.page")
	}
	var p demoPage
	for _, acc := range d.accounts {
		code, err := totp.GenerateCode(acc.Secret, d.app.Now())
		if err != nil {
			return fmt.Errorf("app: demo code: %w", err)
		}
		p.Accounts = append(p.Accounts, demoLine{acc, d.app.Gazetteer.Title(acc.Area), code})
	}
	var err error
	if p.Posters, err = d.posters(); err != nil {
		return err
	}
	if p.Card, err = demoCard(); err != nil {
		return err
	}
	p.Keeper = demoKeeper
	w.Header().Set("Cache-Control", "no-store")
	return d.app.views.Render(w, r, http.StatusOK, "app/demo.html", p)
}

type codesPage struct{ Shown []phone.Shown }

// getCodes shows the messages that went to phones, to this machine alone.
func (d *demo) getCodes(w http.ResponseWriter, r *http.Request) error {
	if !here(r) {
		return fault.New(fault.NotFound, "web.page")
	}
	w.Header().Set("Cache-Control", "no-store")
	return d.app.views.Render(w, r, http.StatusOK, "app/codes.html", codesPage{d.box.Shown()})
}

// here reports whether a browser on this machine asks. Behind a proxy that nobody
// has named every stranger comes from this machine: who was forwarded does not.
// Nor does one who asks by a name of its own: a stranger's page may have given
// that name our address.
func here(r *http.Request) bool {
	forwarded := r.Header.Get("Forwarded") + r.Header.Get("X-Forwarded-For") + r.Header.Get("X-Real-Ip") + r.Header.Get("Via")
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return web.Addr(r).IsLoopback() && forwarded == "" && (host == "localhost" || err == nil && a.IsLoopback())
}
