package app

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/config"
	"khien/kernel/event"
	"khien/kernel/id"
	"khien/outbreak"
	"khien/outbreak/contact"
	"khien/outbreak/followup"
	"khien/sim"
)

// The promises of contacts, at 100,000 cases and 200,000 contacts.
const (
	contactsStand     = 200_000
	contactImportRows = 2_000 // rows a second
	contactRowsMost   = 5_000 // rows of one list
	contactDays       = 10    // in which they met
	contactConfirmed  = 40    // one contact in so many is confirmed and followed up
	contactChecked    = 2     // one of these in so many is checked today
	contactWorkers    = 8     // officers who decide at once
)

// benchContacts fills a node with cases and contacts by importing lists, has
// some contacts confirmed, followed up and checked, imports a further list, and
// asks the pages of tracing and follow-up as officers of the province, of a
// district and of a commune do. Nothing is traced: nobody has visited anything.
//
//	import_rows_per_s   500 contacts when all stand, a tenth of them there already; the middle of five lists
//	pages               of every page the middle, the 99th hundredth, the longest and what it weighs
func benchContacts(ctx context.Context, c *config.Config, o benchOptions) (f *figures, err error) {
	n, err := openForBench(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	b := &contactBench{listBench: listBench{n: n, f: &figures{values: map[string]any{"cases": o.cases, "contacts": o.contacts}}, cases: o.cases}, contacts: o.contacts}
	began := time.Now()
	for _, step := range []func(context.Context) error{b.fillCases, b.fillContacts, b.follow} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	b.f.values["fill_s"] = round(time.Since(began).Seconds())
	if err := b.more(ctx); err != nil {
		return nil, err
	}
	return b.f, b.pages(ctx)
}

type contactBench struct {
	listBench
	contacts int
	people   []sim.Human // of the contacts
}

func (b *contactBench) console() auth.Scope {
	return auth.Console(b.n.Province, "bench", "bench")
}

// hear lets every listener hear what was told.
func (b *contactBench) hear(ctx context.Context) error {
	bus := &event.Bus{DB: b.n.DB, Province: b.n.Province, Log: b.n.Log}
	for _, l := range b.n.listeners() {
		began := time.Now()
		if err := bus.Drain(ctx, l); err != nil {
			return err
		}
		b.say("hear "+l.Name, began)
	}
	return nil
}

// say keeps how long a step of the filling took.
func (b *contactBench) say(what string, began time.Time) {
	b.f.values["filled: "+what] = round(time.Since(began).Seconds())
}

func (b *contactBench) fillCases(ctx context.Context) (err error) {
	all, err := sim.People(b.n.Gazetteer, 7, b.cases+b.contacts+listMoreTimes*listMore)
	if err != nil {
		return err
	}
	b.humans, b.people = all[:b.cases], all[b.cases:]
	began := time.Now()
	for first := 0; first < b.cases; first += listImportsMost {
		if _, err := b.importRows(ctx, first, min(first+listImportsMost, b.cases)); err != nil {
			return err
		}
	}
	b.say("cases", began)
	return b.hear(ctx)
}

func (b *contactBench) fillContacts(ctx context.Context) error {
	began := time.Now()
	for first := 0; first < b.contacts; first += contactRowsMost {
		report, err := b.importContacts(ctx, first, min(first+contactRowsMost, b.contacts))
		if err != nil {
			return err
		}
		if report.Rejected > 0 {
			return fmt.Errorf("bench: of %d contacts %d are refused", report.Rows, report.Rejected)
		}
	}
	b.say("contacts", began)
	return b.hear(ctx)
}

func (b *contactBench) importContacts(ctx context.Context, from, to int) (contact.Report, error) {
	return b.n.Contacts.Import(ctx, b.console(), bytes.NewReader(b.contactList(from, to)))
}

// contactList invents the rows from from to to, the same every time.
func (b *contactBench) contactList(from, to int) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(strings.Split("Mã ca bệnh,Họ và tên,Năm sinh,Điện thoại,Huyện,Xã,Tiếp xúc từ,Tiếp xúc đến,Loại nơi,Mức độ", ","))
	home, _ := area.Of(area.Edition2021, b.n.Config.Province, "", "")
	communes := b.n.Gazetteer.Communes(home)
	today := time.Now().In(time.FixedZone("+07", 7*3600)).Truncate(24 * time.Hour)
	kinds, certain := []string{"gia đình", "market", "office", "school", "manual"}, []string{"chắc chắn", "nhiều khả năng", "có khả năng"}
	for i := from; i < to; i++ {
		r := rand.New(rand.NewPCG(11, uint64(i)))
		h, u := b.people[i].Person, communes[r.IntN(len(communes))]
		names, met := namesOf(b.n.Gazetteer, u.Code), today.AddDate(0, 0, -1-r.IntN(contactDays)).Add(time.Duration(r.IntN(600))*time.Minute)
		_ = w.Write([]string{"BN" + strconv.Itoa(r.IntN(b.cases)), h.Name, birthYear(h.Birth), h.Phone, names[1], names[2], met.Format("02/01/2006 15:04"),
			met.Add(time.Hour).Format("02/01/2006 15:04"), kinds[r.IntN(len(kinds))], certain[r.IntN(len(certain))]})
	}
	w.Flush()
	return out.Bytes()
}

func birthYear(birth string) string {
	if len(birth) < 4 {
		return "1980"
	}
	return birth[:4]
}

// follow confirms one contact in contactConfirmed, and checks half of them today.
func (b *contactBench) follow(ctx context.Context) error {
	began := time.Now()
	chosen, err := b.first(ctx, max(listMore/10, b.contacts/contactConfirmed))
	if err != nil {
		return err
	}
	err = atOnce(ctx, chosen, func(ctx context.Context, c contact.Contact) error {
		_, err := b.n.Contacts.Decide(ctx, b.console(), contact.Decision{Contact: c.ID, Version: c.Version, Act: contact.Confirm})
		return err
	})
	if err != nil {
		return err
	}
	b.say("confirmed", began)
	if err := b.hear(ctx); err != nil {
		return err
	}
	began = time.Now()
	err = atOnce(ctx, chosen[:len(chosen)/contactChecked], func(ctx context.Context, c contact.Contact) error {
		_, err := b.n.Followed.Check(ctx, b.console(), followup.Check{ID: id.New(), Watch: c.ID, Source: followup.ByPhone, Answered: true, Temperature: 366})
		return err
	})
	b.f.values["followups"] = len(chosen)
	b.say("checked", began)
	return errors.Join(err, b.hear(ctx))
}

// first returns so many contacts, from page to page.
func (b *contactBench) first(ctx context.Context, n int) (all []contact.Contact, err error) {
	f := contact.Filter{Status: contact.Found} // some turned out to be cases themselves
	for len(all) < n {
		page, err := b.n.Contacts.List(ctx, b.console(), f)
		if err != nil {
			return nil, err
		}
		if all = append(all, page.Contacts...); page.Next == nil {
			break
		}
		f.After = page.Next
	}
	return all[:min(n, len(all))], nil
}

// atOnce does one thing of each contact, some at a time, as officers do.
func atOnce(ctx context.Context, all []contact.Contact, do func(context.Context, contact.Contact) error) error {
	var wg sync.WaitGroup
	errs := make([]error, contactWorkers)
	for w := range contactWorkers {
		wg.Go(func() {
			for i := w; i < len(all) && errs[w] == nil; i += contactWorkers {
				errs[w] = do(ctx, all[i])
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// more imports lists of which a tenth stands already.
func (b *contactBench) more(ctx context.Context) error {
	took, err := b.moreLists(func(from, to int) error {
		report, err := b.importContacts(ctx, from, to)
		if err == nil && (report.Rejected > 0 || report.Known != listMore/10) {
			err = fmt.Errorf("bench: of %d contacts %d are refused and %d known", report.Rows, report.Rejected, report.Known)
		}
		return err
	}, b.contacts)
	if err != nil {
		return err
	}
	rows := round(listMore / took.Seconds())
	b.f.values["import_rows_per_s"] = rows
	b.f.atLeast(contactImportRows, promise{What: fmt.Sprintf("import of %d contacts into %d with duplicate check", listMore, b.contacts), Unit: "rows/s", Measured: rows})
	return b.hear(ctx)
}

func (b *contactBench) pages(ctx context.Context) error {
	pages, err := b.contactPages(ctx)
	if err != nil {
		return err
	}
	b.humans, b.people = nil, nil // a server does not hold those whom its lists once named
	return b.measure(ctx, pages, fmt.Sprintf("%d contacts of %d cases", b.contacts, b.cases))
}

// contactPages are what an officer of each level opens, the middle of the list too.
func (b *contactBench) contactPages(ctx context.Context) (all []listPage, err error) {
	watched, err := b.n.Followed.List(ctx, b.console(), followup.Filter{Show: followup.ShowAll})
	if err != nil || len(watched.Rows) == 0 {
		return nil, errors.Join(err, errors.New("bench: nobody is followed up"))
	}
	one := watched.Rows[0]
	listed, err := b.n.Contacts.List(ctx, b.console(), contact.Filter{Area: one.Area})
	if err != nil || len(listed.Contacts) == 0 {
		return nil, errors.Join(err, errors.New("bench: no contacts to list"))
	}
	middle := listed.Contacts[len(listed.Contacts)/2]
	after := contact.Cursor{Priority: middle.Priority, ID: middle.ID}.String()
	cases, err := b.n.Outbreak.List(ctx, b.console(), outbreak.Filter{})
	if err != nil {
		return nil, err
	}
	home, _ := area.Of(area.Edition2021, b.n.Config.Province, "", "")
	who, place := b.people[0].Person, one.Area.String()
	for _, at := range []struct {
		whose string
		area  area.Code
	}{{"the province's", home}, {"a district's", one.Area.Parent()}, {"a commune's", one.Area}} {
		for _, path := range []string{"/contacts", "/contacts?status=all", "/contacts?status=all&after=" + after, "/contacts?status=confirmed", "/contacts?status=became_case",
			"/contacts?status=released", "/contacts?status=dismissed", "/contacts?degree=1", "/contacts?degree=2", "/contacts?kind=household", "/contacts?kind=bus", "/contacts?uncalled=1",
			"/contacts?area=" + place, "/contacts?case=" + middle.Case.String(), "/contacts?q=" + strings.ReplaceAll(who.Name, " ", "+"), "/contacts?q=" + who.Phone,
			"/contacts/" + middle.ID.String(), "/contacts/new", "/trace",
			"/followups", "/followups?show=alerts", "/followups?show=overdue", "/followups?show=done", "/followups?show=decide", "/followups?show=all", "/followups?show=closed",
			"/followups?area=" + place, "/followups/" + one.ID.String(), "/followups/" + one.ID.String() + "/call", "/followups/" + one.ID.String() + "/days", "/orders", "/orders?state=draft", "/zones",
			"/cases", "/chains", "/curves", "/levels", "/", "/api/v1/contacts", "/api/v1/contacts/" + middle.ID.String(), "/api/v1/followups", "/api/v1/followups/" + one.ID.String(),
			"/api/v1/orders", "/api/v1/zones", "/api/v1/cases", "/api/v1/levels", "/api/v1/curves"} {
			all = append(all, listPage{at.whose + " " + plain(path), at.area.String(), path})
		}
	}
	return append(all, listPage{"a case in full", home.String(), "/cases/" + cases.Cases[0].ID.String()}), nil
}

// plain is a path without what differs from run to run.
func plain(path string) string {
	path, query, _ := strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if _, err := id.Parse(p); err == nil {
			parts[i] = "{id}"
		}
	}
	name, value, _ := strings.Cut(query, "=")
	if path = strings.Join(parts, "/"); query == "" {
		return path
	}
	if strings.Contains(value, "after=") {
		return path + " in the middle"
	}
	if name == "q" || name == "area" || name == "case" {
		if name == "q" && strings.ContainsAny(value, "0123456789") {
			return path + " by phone"
		}
		return path + " by " + name
	}
	return path + " " + name + " " + value
}
