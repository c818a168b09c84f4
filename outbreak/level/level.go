// Package level proposes and keeps the epidemic level, 1 to 4, of every commune.
//
// For the steering committee, which decides; for the health office, which enters
// what the rule needs to know beside the cases. The rule of October 2021
// (Resolution 128/NQ-CP, Decision 4800/QĐ-BYT; rules.json, with its source) is data:
// new cases of the community for 100,000 people a week in four bands, the share of
// people of 18 and over with a dose, the share of older people fully vaccinated,
// and the capacity to treat.
//
// The program proposes; nobody but the committee decides, with a reason, and only
// what it has decided is told to the public (fact LevelDecided). A proposal never
// leaves the pages of staff.
package level

import (
	"context"
	"log/slog"
	"time"
	"unicode/utf8"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/web"
	"khien/outbreak"
)

// Counter answers how many confirmed cases each recording area had from a day to a
// day, of the given sources.
type Counter interface {
	NewCases(ctx context.Context, from, to day.Day, of []string) (map[area.Code]int, error)
}

// Entered is what somebody entered of an area. Shares are percent, below 0 not known.
type Entered struct {
	Area       area.Code
	AsOf       day.Day
	Population int // 0: that of the gazetteer
	OneDose    float64
	FullOlder  float64
	Capacity   Met
	Source     string
	Actor      string
	At         time.Time
}

// Decision is one act of the committee.
type Decision struct {
	ID       id.ID
	Area     area.Code
	Level    int
	Proposed int // what the program proposed then; 0 nothing
	From     day.Day
	Reason   string
	Rule     string
	Actor    string
	At       time.Time
	Undone   time.Time // zero: it stands
}

// Service is the levels of one province.
type Service struct {
	db        *store.DB
	gazetteer *area.Gazetteer
	cases     *outbreak.Service
	counter   Counter
	province  int
	home      area.Code
	now       func() time.Time
	views     *web.Views
	log       *slog.Logger
}

// Config is what New needs.
type Config struct {
	DB        *store.DB
	Gazetteer *area.Gazetteer
	Cases     *outbreak.Service
	Counter   Counter
	Province  int
	Home      area.Code // the province, in the edition whose communes have levels
	Now       func() time.Time
	Views     *web.Views // nil: no pages
	Log       *slog.Logger
}

// New returns the service of one province.
func New(c Config) *Service {
	return &Service{db: c.DB, gazetteer: c.Gazetteer, cases: c.Cases, counter: c.Counter, province: c.Province, home: c.Home,
		now: c.Now, views: c.Views, log: c.Log}
}

func (s *Service) today() day.Day { return day.Today(s.now()) }

// Bounds of what is entered.
const (
	reasonRunes   = 1000
	sourceRunes   = 200
	populationTop = 5_000_000
	backDays      = 60 // how far back a decision may be in force from
	aheadDays     = 30
)

// Row is one commune with what the rule says and what is in force.
type Row struct {
	Unit     area.Unit
	Standing Standing
	Proposal Proposal
	Entered  Entered
	InForce  Decision // Level 0: none
}

// rows assesses communes of the home province, in the order of their codes.
func (s *Service) rows(ctx context.Context, units []area.Unit) ([]Row, error) {
	today := s.today()
	r := RuleOn(today)
	counts, err := s.counter.NewCases(ctx, today-day.Day(r.Days)+1, today, r.Counted)
	if err != nil {
		return nil, err
	}
	entered, err := enteredIn(ctx, s.db, s.province, s.home)
	if err != nil {
		return nil, err
	}
	decided, err := inForce(ctx, s.db, s.province, s.home, today)
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(units))
	for i, u := range units {
		e, ok := entered[u.Code]
		if !ok {
			e = Entered{Area: u.Code, OneDose: -1, FullOlder: -1, Capacity: Unknown}
		}
		row := Row{Unit: u, Entered: e, InForce: decided[u.Code]}
		row.Standing = Standing{Cases: counts[u.Code], Population: u.Population, OneDose: e.OneDose, FullOlder: e.FullOlder,
			Capacity: e.Capacity, InForce: row.InForce.Level}
		if e.Population > 0 {
			row.Standing.Population = e.Population
		}
		row.Proposal = r.Propose(row.Standing)
		rows[i] = row
	}
	return rows, nil
}

// one assesses one commune of the home province.
func (s *Service) one(ctx context.Context, c area.Code) (Row, error) {
	u, ok := s.gazetteer.Unit(c)
	if !ok || c.Level() != area.Commune || !s.home.Contains(c) {
		return Row{}, fault.New(fault.NotFound, "level.area")
	}
	rows, err := s.rows(ctx, []area.Unit{u})
	if err != nil {
		return Row{}, err
	}
	return rows[0], nil
}

// Enter sets what is known of an area beside its cases.
func (s *Service) Enter(ctx context.Context, sc auth.Scope, e Entered) error {
	if _, err := s.one(ctx, e.Area); err != nil {
		return err
	}
	if err := sc.Check(auth.WriteCases, e.Area); err != nil {
		return err
	}
	if err := s.checkEntered(e); err != nil {
		return err
	}
	e.Actor, e.At = sc.Actor(), sc.Now()
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		if err := setEntered(tx, s.province, e); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("level.enter", "area", e.Area.String(), e.Area, map[string]any{"as_of": e.AsOf, "population": e.Population,
			"one_dose": e.OneDose, "full_older": e.FullOlder, "capacity": e.Capacity, "source": e.Source}))
	})
}

func (s *Service) checkEntered(e Entered) error {
	switch {
	case e.AsOf == 0 || e.AsOf > s.today():
		return fault.New(fault.Invalid, "level.as_of").At("as_of", e.AsOf.String())
	case e.OneDose > 100:
		return fault.New(fault.Invalid, "level.share").At("one_dose", "")
	case e.FullOlder > 100:
		return fault.New(fault.Invalid, "level.share").At("full_older", "")
	case e.Population < 0 || e.Population > populationTop:
		return fault.New(fault.Invalid, "level.population").At("people", "")
	case e.Source == "" || utf8.RuneCountInString(e.Source) > sourceRunes:
		return fault.New(fault.Invalid, "level.source").At("data_source", "")
	}
	return nil
}

// Decide sets an area's level by an act of the committee. The ID is the
// idempotency key. It is told to the public at once.
func (s *Service) Decide(ctx context.Context, sc auth.Scope, d Decision) (Decision, error) {
	row, err := s.one(ctx, d.Area)
	if err != nil {
		return Decision{}, err
	}
	if err := sc.Check(auth.DecideLevel, d.Area); err != nil {
		return Decision{}, err
	}
	today := s.today()
	switch {
	case d.Level < 1 || d.Level > 4:
		return d, fault.New(fault.Invalid, "level.level").At("level", "")
	case d.From == 0 || d.From < today-backDays || d.From > today+aheadDays:
		return d, fault.New(fault.Invalid, "level.from").At("from_day", d.From.String()).With("back", backDays).With("ahead", aheadDays)
	case d.Reason == "" || utf8.RuneCountInString(d.Reason) > reasonRunes:
		return d, fault.New(fault.Invalid, "level.reason").At("reason_given", "")
	}
	d.Proposed, d.Rule, d.Actor, d.At = row.Proposal.Level, RuleOn(today).Name, sc.Actor(), store.Time(store.Millis(sc.Now()))
	if d.ID.IsZero() {
		d.ID = id.New()
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		before, err := decisionByID(tx.Context(), tx, s.province, d.ID)
		if err == nil {
			if before.Actor != sc.Actor() || before.Area != d.Area {
				return fault.New(fault.Conflict, "level.decided")
			}
			d = before
			return nil
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := insertDecision(tx, s.province, d); err != nil {
			return err
		}
		return s.told(tx, sc, "level.decide", d, d)
	})
	return d, err
}

// told writes the audit row of an act upon a decision, and the fact of what now
// holds from its day on.
func (s *Service) told(tx *store.Tx, sc auth.Scope, act string, d, holds Decision) error {
	err := audit.Append(tx, sc.Entry(act, "level", d.ID.String(), d.Area, map[string]any{"level": d.Level, "proposed": d.Proposed, "from": d.From, "reason": d.Reason, "rule": d.Rule}))
	if err != nil {
		return err
	}
	return event.Tell(tx, s.province, event.LevelDecided{Decision: d.ID, Area: d.Area, Level: holds.Level, From: d.From, Actor: sc.Actor(), At: sc.Now()})
}

// Undo takes a decision back. What stood from that day on before it stands again;
// the public is told level 0 where nothing did.
func (s *Service) Undo(ctx context.Context, sc auth.Scope, i id.ID) (d Decision, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		d, err = decisionByID(tx.Context(), tx, s.province, i)
		if fault.Is(err, fault.NotFound) || err == nil && !sc.Covers(d.Area) {
			return fault.New(fault.NotFound, "level.decision")
		}
		if err != nil {
			return err
		}
		if err := sc.Check(auth.DecideLevel, d.Area); err != nil {
			return err
		}
		done, err := undoDecision(tx, s.province, i, sc.Actor(), store.Millis(sc.Now()))
		if err != nil || !done {
			return err
		}
		before, err := standingFrom(tx, s.province, d.Area, d.From)
		if err != nil {
			return err
		}
		return s.told(tx, sc, "level.undo", d, before)
	})
	return d, err
}
