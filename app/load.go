package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"khien/kernel/area"
	"khien/kernel/config"
	"khien/kernel/day"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/sim"
	"khien/wire/qr"
)

// The volumes that the province reported on 30 August 2021 (design.md). How many
// people were behind the declarations nobody counted; ours to choose.
const (
	reportedPlaces       = 4293
	reportedDeclarations = 166_963
	assumedPeople        = 60_000
)

// loadOptions are the sizes of a load.
type loadOptions struct {
	to, accounts, login                 string
	places, declarations, people        int
	phones, workers, declared, visitRow int
}

func simLoadCommand(fs *flag.FlagSet) func(*call) error {
	o := loadOptions{workers: 4, declared: 200, visitRow: 200}
	fs.StringVar(&o.to, "to", "http://127.0.0.1:8080", "address of a server in demo mode")
	fs.StringVar(&o.accounts, "accounts", "", "the demo's accounts (default: demo.json in the data folder)")
	fs.StringVar(&o.login, "as", "tinh", "the account that loads")
	fs.IntVar(&o.places, "places", reportedPlaces, "places to register")
	fs.IntVar(&o.declarations, "declarations", reportedDeclarations, "declarations, each with a visit")
	fs.IntVar(&o.people, "people", assumedPeople, "people behind them")
	fs.IntVar(&o.phones, "phones", 10, "phones to prove by a one-time code, each with a visit of its own")
	return func(c *call) error {
		if o.places < 1 || o.declarations < 1 || o.people < 1 || o.people > o.declarations || o.phones < 0 || o.phones > 25 {
			return config.Usage{Err: errors.New("sim load: sizes begin at 1, people are no more than declarations, phones at most 25")}
		}
		if o.accounts == "" {
			o.accounts = filepath.Join(c.config.Data, demoFile)
		}
		ctx, stop := signal.NotifyContext(c.ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		r, err := loadProvince(ctx, o, func(format string, args ...any) { fmt.Fprintf(c.err, format+"\n", args...) })
		if err != nil {
			return err
		}
		if c.json {
			return c.print(r)
		}
		b, err := json.MarshalIndent(r, "", "  ")
		fmt.Fprintf(c.out, "%s\n", b)
		return err
	}
}

// loaded is what a load found afterwards, asked through the same API.
type loaded struct {
	Places          int     `json:"places"`
	Declarations    int     `json:"declarations"`
	Visits          int     `json:"visits"`
	PhonesProven    int     `json:"phones_proven"`
	PeopleSimulated int     `json:"people_simulated"`
	PeopleFound     int     `json:"people_found"`
	PlacesSeconds   float64 `json:"places_s"`
	DeclareSeconds  float64 `json:"declarations_s"`
	VisitSeconds    float64 `json:"visits_s"`
	PhoneSeconds    float64 `json:"phones_s"`
	CountSeconds    float64 `json:"count_s"`
	Seconds         float64 `json:"seconds"`
}

// loading is a load on its way.
type loading struct {
	loadOptions
	*client
	say    func(string, ...any)
	places []listedPlace
	day    day.Day
	result loaded
}

// loadProvince sends an invented province to a server through its public API, and then
// asks the server what it has.
func loadProvince(ctx context.Context, o loadOptions, say func(string, ...any)) (loaded, error) {
	g := area.Load()
	declared, err := sim.Declarations(g, demoSeed, o.people, o.places, o.declarations)
	if err != nil {
		return loaded{}, err
	}
	l := &loading{loadOptions: o, say: say, day: day.Today(time.Now()), client: newClient(o.to)}
	l.result.PeopleSimulated = o.people
	began := time.Now()
	steps := []struct {
		name string
		took *float64
		do   func(context.Context) error
	}{
		{"sign in", new(float64), l.signIn},
		{"places", &l.result.PlacesSeconds, func(ctx context.Context) error { return l.sendPlaces(ctx, g) }},
		{"declarations", &l.result.DeclareSeconds, func(ctx context.Context) error { return l.declare(ctx, declared) }},
		{"visits", &l.result.VisitSeconds, func(ctx context.Context) error { return l.visit(ctx, declared) }},
		{"phones", &l.result.PhoneSeconds, l.provePhones},
		{"count", &l.result.CountSeconds, l.count},
	}
	for _, s := range steps {
		at := time.Now()
		if err := s.do(ctx); err != nil {
			return loaded{}, fmt.Errorf("sim load: %s: %w", s.name, err)
		}
		*s.took = round(time.Since(at).Seconds())
		say("%-14s %.1f s", s.name, *s.took)
	}
	l.result.Seconds = round(time.Since(began).Seconds())
	return l.result, l.result.exact(o)
}

// exact refuses a load of which anything is missing or too much.
func (r loaded) exact(o loadOptions) error {
	if r.Places != o.places || r.Declarations != o.declarations || r.Visits != o.declarations+o.phones || r.PhonesProven != o.phones {
		return fmt.Errorf("sim load: the server has %d places, %d declarations, %d visits; sent were %d, %d, %d",
			r.Places, r.Declarations, r.Visits, o.places, o.declarations, o.declarations+o.phones)
	}
	return nil
}

// sendPlaces sends the list as an office would, by the import's form.
func (l *loading) sendPlaces(ctx context.Context, g *area.Gazetteer) error {
	list, err := sim.PlaceList(g, demoSeed, l.loadOptions.places)
	if err != nil {
		return err
	}
	before, err := l.listPlaces(ctx) // the demo has some of its own
	if err != nil {
		return err
	}
	if err := l.upload(ctx, "/places/import", "file", "dia-diem.csv", list); err != nil {
		return err
	}
	after, err := l.listPlaces(ctx)
	if err != nil {
		return err
	}
	for _, p := range after {
		if !slices.Contains(before, p) {
			l.places = append(l.places, p)
		}
	}
	if l.result.Places = len(l.places); len(l.places) != l.loadOptions.places {
		return fmt.Errorf("%d places are registered", len(l.places))
	}
	return nil
}

func (l *loading) listPlaces(ctx context.Context) (all []listedPlace, err error) {
	for after := ""; ; {
		var page struct {
			Places []listedPlace
			Next   string
		}
		if err := l.get(ctx, "/api/v1/places"+after, &page); err != nil {
			return nil, err
		}
		if all = append(all, page.Places...); page.Next == "" {
			return all, nil
		}
		after = "?after=" + escape(page.Next)
	}
}

// listedPlace is a place as the API lists it.
type listedPlace struct {
	ID    id.ID
	Token string // of its poster
}

// parts has workers do the parts of n things, of size each, and returns the first error.
func (l *loading) parts(ctx context.Context, n, size int, do func(ctx context.Context, from, to int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	from := make(chan int)
	var all sync.WaitGroup
	for range l.workers {
		all.Go(func() {
			for f := range from {
				if err := do(ctx, f, min(f+size, n)); err != nil {
					stop(err)
				}
			}
		})
	}
	for f := 0; f < n && ctx.Err() == nil; f += size {
		select {
		case from <- f:
		case <-ctx.Done():
		}
	}
	close(from)
	all.Wait()
	return context.Cause(ctx)
}

// declare sends the declarations by the hundred, as a gateway of the old apps would.
func (l *loading) declare(ctx context.Context, declared []sim.Declared) error {
	var mu sync.Mutex
	return l.parts(ctx, len(declared), l.declared, func(ctx context.Context, from, to int) error {
		var all []map[string]any
		for i, d := range declared[from:to] {
			all = append(all, map[string]any{"id": id.New(), "kind": "everyone", "who": whoOf(d.Who), "answers": answersOf(from + i)})
		}
		var answer struct {
			Results []struct{ State, Why string }
		}
		if err := l.post(ctx, "/api/v1/declarations/batch", map[string]any{"declarations": all}, &answer); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		for i, r := range answer.Results {
			if r.State != "made" {
				return fmt.Errorf("declaration %d: %s %s", from+i, r.State, r.Why)
			}
			l.result.Declarations++
		}
		return nil
	})
}

func whoOf(p person.Person) map[string]any {
	who := map[string]any{"name": p.Name, "birth": p.Birth, "sex": p.Sex, "phone": p.Phone, "address": p.Address}
	if p.Area != 0 {
		who["area"] = p.Area.String()
	}
	if len(p.Papers) > 0 {
		who["paper"] = p.Papers[0].Number
	}
	return who
}

// answersOf is healthy for most; one of fifty has a fever.
func answersOf(i int) map[string]any {
	a := map[string]any{"passed": "no", "signs": "no", "met_case": "no", "met_abroad": "no", "met_signs": "no"}
	if i%50 == 0 {
		a["signs"], a["which_signs"] = "yes", []string{"fever"}
	}
	return a
}

// visit delivers the visits place by place, as keepers do who were offline: the
// citizen card where it was shown, else what the visitor said.
func (l *loading) visit(ctx context.Context, declared []sim.Declared) error {
	at := make([][]sim.Declared, len(l.places))
	for _, d := range declared {
		at[d.Place] = append(at[d.Place], d)
	}
	return l.parts(ctx, len(at), 1, func(ctx context.Context, from, _ int) error {
		for rest := at[from]; len(rest) > 0; {
			n := min(len(rest), l.visitRow)
			if err := l.deliver(ctx, l.places[from].ID, rest[:n]); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	})
}

func (l *loading) deliver(ctx context.Context, place id.ID, some []sim.Declared) error {
	now := time.Now().UTC()
	since := now.Sub(l.day.Time().Add(-7 * time.Hour)) // of this day in Vietnam
	var rows []map[string]any
	for i, d := range some {
		from := now.Add(-since * time.Duration(i) / time.Duration(len(some)+1))
		r := map[string]any{"id": idAt(from), "at": from, "name": d.Who.Name, "phone": d.Who.Phone, "birth": d.Who.Birth}
		if card := cardOf(d.Who); card != "" {
			r = map[string]any{"id": idAt(from), "at": from, "code": card}
		}
		rows = append(rows, r)
	}
	var answer struct {
		Results []struct{ State, Why string }
	}
	if err := l.post(ctx, "/api/v1/places/"+place.String()+"/visits", map[string]any{"sent_at": now, "visits": rows}, &answer); err != nil {
		return err
	}
	for i, r := range answer.Results {
		if r.State != "recorded" {
			return fmt.Errorf("visit of %d: %s %s", i, r.State, r.Why)
		}
	}
	return nil
}

// cardOf is the text of a citizen card's code, "" when none was shown.
func cardOf(p person.Person) string {
	for _, paper := range p.Papers {
		if paper.Kind != person.CitizenCard {
			continue
		}
		text, err := qr.Citizen{Number: paper.Number, Name: p.Name, Birth: p.Birth, Sex: p.Sex, Address: p.Address, Issued: "2021-07-01"}.Text()
		if err == nil {
			return text
		}
	}
	return ""
}

// count asks of every place who was there, as a tracer would.
func (l *loading) count(ctx context.Context) error {
	if err := l.settled(ctx); err != nil {
		return err
	}
	var mu sync.Mutex
	people := map[id.ID]bool{}
	err := l.parts(ctx, len(l.places), 1, func(ctx context.Context, from, _ int) error {
		var found struct {
			Visits []struct{ Person id.ID }
			More   bool
		}
		path := fmt.Sprintf("/api/v1/places/%s/visits?day=%s&purpose=%s", l.places[from].ID, l.day, escape("đếm sau khi nạp"))
		if err := l.get(ctx, path, &found); err != nil || found.More {
			return errors.Join(err, map[bool]error{true: errors.New("a place has more visits than one look shows")}[found.More])
		}
		mu.Lock()
		defer mu.Unlock()
		l.result.Visits += len(found.Visits)
		for _, v := range found.Visits {
			people[v.Person] = true
		}
		return nil
	})
	l.result.PeopleFound = len(people)
	return err
}
