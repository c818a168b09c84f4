// Package contact keeps the people who were exposed to a case, and who found out.
//
// For the tracer, whose list fills within a second of a positive result: whom
// the case met, where, for how long and how certainly (F1), whom those met after
// that (F2, when somebody confirms the F1 or asks). A contact is one row per
// human being, however many cases they met.
//
// Who was where stands in memory (package trace), on every node, built from the
// visits at start and kept by facts. Households are asked of the registry at the
// moment of the question. The database is the truth of what was found and
// decided: what a person decided is never overwritten by tracing again, and an
// exposure that no longer holds is withdrawn, not deleted.
//
// A meeting is certain when both left their check-out behind, probable when one
// end is only assumed, possible when both are, and one step less certain where
// more people were met at the place than the rule calls a crowd.
package contact

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/place"
	"khien/kernel/store"
	"khien/kernel/web"
	"khien/outbreak/trace"
)

// Kept is how long the index reaches back, and visits live.
const Kept = 28 * 24 * time.Hour

// Bounds of what tracing writes; the rest is answered when asked.
const (
	storedMost = 1000 // F1 of one case
	secondMost = 50   // F2 of one F1
	doubtMost  = 500  // people whose check-outs are looked up for one question
)

// Status is how a contact stands. The values are stored and sent as written.
type Status string

// The statuses.
const (
	Found      Status = "found"
	Confirmed  Status = "confirmed"
	Dismissed  Status = "dismissed"
	BecameCase Status = "became_case"
	Released   Status = "released"
)

// Statuses lists them in the order in which a form shows them.
var Statuses = []Status{Found, Confirmed, BecameCase, Released, Dismissed}

// Reason says why a contact was dismissed. The values are stored as written.
type Reason string

// The reasons; Withdrawn is the program's own: no source holds any more.
const (
	NotThere    Reason = "not_there"
	WrongPerson Reason = "wrong_person"
	TooShort    Reason = "too_short"
	Protected   Reason = "protected"
	OtherReason Reason = "other"
	Withdrawn   Reason = "withdrawn"
)

// Reasons lists what a person may choose.
var Reasons = []Reason{NotThere, WrongPerson, TooShort, Protected, OtherReason}

// Certainty of an exposure. The values are stored and sent as written.
type Certainty string

// The certainties.
const (
	Certain  Certainty = "certain"
	Probable Certainty = "probable"
	Possible Certainty = "possible"
)

var certainties = []Certainty{Certain, Probable, Possible}

// Contact is a person exposed to a case.
type Contact struct {
	ID       id.ID
	Person   id.ID
	Degree   int // 1: of a case, 2: of a contact
	Status   Status
	Reason   Reason // of a dismissal
	Was      Status // before it became a case or was withdrawn
	Decided  bool   // a person decided; tracing leaves the status alone
	Became   id.ID  // the case that they became
	Area     area.Code
	Priority int64  // higher first
	Kind     string // of the exposure that weighs most
	First    time.Time
	Last     time.Time
	Rule     string // under which it was made
	Case     id.ID  // the first of their cases
	Held     int    // exposures that hold
	Called   time.Time
	Follow   string  // state of the follow-up; "" none
	Until    day.Day // its last day
	Released time.Time
	Version  int
	Created  time.Time
	Changed  time.Time
	Actor    string
}

// Exposure is the edge between a contact and a case: where, when, how certain.
type Exposure struct {
	ID        id.ID
	Contact   id.ID
	Case      id.ID
	Via       id.ID // the F1 whom an F2 met, a person; zero: the case itself
	As, With  id.ID // the ids under which the contact, and whom they met, were there; zero: not known
	Locus     id.ID
	Kind      string
	Area      area.Code
	From, To  time.Time
	Begun     Begun
	Minutes   int
	Certainty Certainty
	Origin    string // trace, manual
	Held      bool   // false: withdrawn
	Rule      string
	Noted     time.Time
	Actor     string
}

// Begun is when the two visits of an exposure began, of the contact and of whom they
// met: they die of age by that. Zero: not known, or none.
type Begun struct{ As, With time.Time }

// The origins.
const (
	byTrace = "trace"
	byHand  = "manual"
)

// Stay is a presence as visits tell it. Assumed: nobody has checked them out.
type Stay struct {
	Person, Place id.ID
	From, To      time.Time
	Assumed       bool
}

// Stays answers who was where.
type Stays interface {
	// EachStay calls stay for every visit that begins after since.
	EachStay(ctx context.Context, since time.Time, stay func(Stay)) error
	// StaysOf returns the visits of people that begin from from to to.
	StaysOf(ctx context.Context, people []id.ID, from, to time.Time) ([]Stay, error)
}

// Config is what New needs.
type Config struct {
	DB        *store.DB
	People    *person.Service
	Places    *place.Service
	Stays     Stays
	Numbers   Numbers // nil: no lists are imported
	Gazetteer *area.Gazetteer
	Province  int
	Home      area.Code
	Now       func() time.Time
	Views     *web.Views // nil: no pages
	Log       *slog.Logger
}

// Service is the tracing of one province.
type Service struct {
	Config
	system   auth.Scope
	rules    []Rule
	follower *event.Follower
	nudge    chan struct{}

	loading sync.Mutex // one load at a time
	tracing sync.Mutex // one retrace at a time on a node

	mu     sync.RWMutex
	live   *trace.Live // nil: not loaded
	floor  time.Time   // the index knows nothing before
	stale  bool        // facts were missed: the index is to be built anew
	watch  *watch
	due    map[id.ID]bool
	coming map[id.ID]coming // cases that were told of, until they are traced
	sealed time.Time
}

// New returns the service; its index is built by Run, or by the first question.
func New(c Config) (*Service, error) {
	rules, err := LoadRules()
	if err != nil {
		return nil, err
	}
	s := &Service{Config: c, system: auth.System(c.Province, "contact").WithClock(c.Now), rules: rules, nudge: make(chan struct{}, 1),
		watch: newWatch(), due: map[id.ID]bool{}, coming: map[id.ID]coming{}}
	s.follower = &event.Follower{DB: c.DB, Province: c.Province, Hear: s.heard, Log: c.Log,
		Kinds: []string{event.KindVisitsRecorded, event.KindVisitsErased, event.KindCaseChanged, event.KindContactChanged, event.KindPeopleMerged}}
	s.follower.Missed = s.missed
	return s, nil
}

func (s *Service) now() time.Time { return s.Now().UTC() }

var (
	errNone     = fault.New(fault.NotFound, "contact.none")
	errCase     = fault.New(fault.NotFound, "contact.case")
	errAct      = fault.New(fault.Forbidden, "auth.act")
	errPurpose  = fault.New(fault.Invalid, "contact.purpose")
	errReason   = fault.New(fault.Invalid, "contact.reason")
	errChanged  = fault.New(fault.Conflict, "contact.changed")
	errStatus   = fault.New(fault.Conflict, "contact.status")
	errWhen     = fault.New(fault.Invalid, "contact.when")
	errSelf     = fault.New(fault.Invalid, "contact.self")
	errWho      = fault.New(fault.Invalid, "contact.who")
	errTaken    = fault.New(fault.Conflict, "contact.taken")
	errNoPerson = fault.New(fault.Invalid, "contact.no_person")
)
