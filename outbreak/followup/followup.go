// Package followup carries a contact from the day of the decision to release, and
// a case through its isolation: the plan of days, the daily checks, the orders on
// paper, and the zones that are locked down around them.
//
// For tracers and officers of quarantine, who check people every day and see first
// who is ill and who has fallen silent; for the contact, who answers three
// questions a day behind a link of their own; for whoever signs orders; for the
// post that has to know whether an order stands.
//
// The days come from one engine, package plan, by the rule in force on the day of
// the decision; nothing here adds days. A later exposure is proposed as an
// extension, and an officer decides. Whoever reports symptoms, and whoever reports
// nothing for SilentAfter, is told at once and stands first in every list.
//
// A watch has the id of its contact, or of its case. Checks and watches die
// KeptAfter their end, unless a case holds the person.
package followup

import (
	"context"
	"log/slog"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/web"
	"khien/outbreak/plan"
	"khien/wire/qr"
)

// State is where a watch stands. The values are stored and sent as written.
type State string

// The states. FollowUpChanged tells all but Waiting.
const (
	Waiting   State = "waiting"   // no rule in force gives its days: an officer sets them
	Running   State = "running"   //
	Symptoms  State = "symptoms"  // reported, and nobody has dealt with them yet
	Silent    State = "silent"    // nothing heard for SilentAfter
	Completed State = "completed" // to its end, or released by an officer
	Ended     State = "ended"     // without one: no contact any more, or a case by now
)

// States lists them in the order in which lists show them.
var States = []State{Symptoms, Silent, Waiting, Running, Completed, Ended}

// Open reports whether somebody is still watched.
func (s State) Open() bool { return s != Completed && s != Ended }

// rank orders lists: the lowest needs an officer first.
func (s State) rank() int {
	for i, o := range States {
		if o == s {
			return min(i, closedRank)
		}
	}
	return closedRank
}

// closedRank is that of both states of a watch that is over.
const closedRank = 4

// Places where somebody may be watched, in the order in which a form shows them.
var Places = []plan.Phase{plan.Home, plan.Facility}

// Numbers of ours, not of a rule.
const (
	// SilentAfter is how long nothing may be heard: a day, and half a day of grace.
	SilentAfter = 36 * time.Hour
	// UndoFor is how long a slip can be taken back.
	UndoFor = 15 * time.Minute
	// KeptAfter is how long checks and watches live after their end: as long as a visit.
	KeptAfter = 28 * 24 * time.Hour
	// OrderKeptAfter is how long an order names its person after its last day: an
	// appeal against a decision may be brought for a year (Law 93/2015/QH13, article 116).
	OrderKeptAfter = 366
	// Disease is what is followed up; ICD-10.
	Disease = "U07.1"
)

// Watch is the follow-up of one contact, or the isolation of one case.
type Watch struct {
	ID           id.ID // of the contact, or of the case
	Person       id.ID // of kernel/person
	Case         id.ID // of an isolation; zero while no case is known
	Whom         plan.Whom
	Area         area.Code // responsible area
	Disease      string
	Protected    bool       // vaccinated or recovered, as the rule's source says; an officer's word
	Place        plan.Phase // plan.Home or plan.Facility: where its quarantine is
	Decided      day.Day    // the rule in force on this day holds
	LastExposure day.Day
	Dates        plan.Dates // none while Waiting
	From, Until  day.Day    // first and last day; 0 while Waiting
	Proposed     plan.Dates // an extension that waits for an officer; none: its End is 0
	Before       *Before    // what an officer's release cut short; nil: none did
	State        State
	DueFrom      day.Day // first day with a check
	DueUntil     day.Day // last one
	Checked      day.Day // of the last check that was answered; 0 none
	CheckedAt    time.Time
	Closed       time.Time // zero: open
	Dies         time.Time // zero: open
	Version      int
	Created      time.Time
	Changed      time.Time
	Actor        string

	fact  int       // version of the last fact that was heard
	heard time.Time // of the last answer, or of the beginning
}

// Before is a watch as it was before an officer released it.
type Before struct {
	State    State      `json:"state"`
	Dates    plan.Dates `json:"dates"`
	Proposed plan.Dates `json:"proposed"`
}

// Due reports whether a check is due on a day.
func (w Watch) Due(on day.Day) bool { return w.DueFrom != 0 && w.DueFrom <= on && on <= w.DueUntil }

// Step is one change of a watch.
type Step struct {
	Watch    id.ID
	Version  int    // of the watch after it
	Act      string // of Acts
	Reason   string // an officer's words; "" where the program acted by a rule
	From     day.Day
	Until    day.Day
	WasUntil day.Day
	At       time.Time
	Actor    string
}

// The acts of steps; their texts are "followup.act.<value>".
const (
	actBegun     = "begun"
	actReopened  = "reopened"
	actDecided   = "decided"
	actExtended  = "extended"
	actReduced   = "reduced"
	actExposure  = "exposure"
	actProposed  = "proposed"
	actDeclined  = "declined"
	actArea      = "area"
	actAnswered  = "answered"
	actSymptoms  = "symptoms"
	actHandled   = "handled"
	actSilent    = "silent"
	actUndone    = "undone"
	actReleased  = "released"
	actResumed   = "resumed"
	actCompleted = "completed"
	actDismissed = "dismissed"
	actWithdrawn = "withdrawn"
	actCase      = "became_case"
	actDiscarded = "discarded"
	actRecovered = "recovered"
	actDied      = "died"
	actMoved     = "moved"
	actLink      = "link"
)

// Acts lists the acts that a history may show.
var Acts = []string{actBegun, actReopened, actDecided, actExtended, actReduced, actExposure, actProposed, actDeclined, actArea, actAnswered, actSymptoms, actHandled,
	actSilent, actUndone, actReleased, actResumed, actCompleted, actDismissed, actWithdrawn, actCase, actDiscarded, actRecovered, actDied, actMoved, actLink}

// CaseHolder answers whose records a case holds; outbreak does.
type CaseHolder interface {
	HeldByCase(ctx context.Context, people []id.ID) (map[id.ID]bool, error)
}

// Signer signs the codes of orders with the province's key; point.Codes does.
type Signer interface {
	SignOrder(order [16]byte, signed string) (qr.UnverifiedOrder, error)
	Trust(mostAge int) qr.Trust
}

// Config is what New needs.
type Config struct {
	DB        *store.DB
	Keys      *secret.Keys
	People    *person.Service
	Gazetteer *area.Gazetteer
	Home      area.Code // the province
	Province  int
	Rules     plan.Rules // nil: plan.Ministry
	Cases     CaseHolder // nil: no case holds anybody
	Signer    Signer
	Site      string // https://host of links and codes
	Now       func() time.Time
	Catalog   *i18n.Catalog
	Views     *web.Views // nil: no pages
	Log       *slog.Logger
}

// Service follows people up. It is safe for concurrent use.
type Service struct {
	Config
	tries *web.Limiter // links and codes, by address
}

// What one address may try of links and codes: a family behind one router fills
// its forms, a program that guesses does not get far.
const (
	triesASecond = 0.5
	triesAtOnce  = 30
	triersMost   = 50_000
)

// New returns a Service.
func New(c Config) *Service {
	if c.Rules == nil {
		c.Rules = plan.Ministry()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Service{Config: c, tries: web.NewLimiter(triesASecond, triesAtOnce, triersMost)}
}

func (s *Service) system(purpose string) auth.Scope {
	return auth.System(s.Province, purpose).WithClock(s.Now)
}

func (s *Service) today() day.Day { return day.Today(s.Now()) }

// Refusals.
var (
	errNone    = fault.New(fault.NotFound, "followup.none")
	errAct     = fault.New(fault.Forbidden, "auth.act")
	errChanged = fault.New(fault.Conflict, "followup.changed")
	errClosed  = fault.New(fault.Conflict, "followup.closed")
	errResume  = fault.New(fault.Conflict, "followup.no_release")
	errOver    = fault.New(fault.Conflict, "followup.plan_over")
	errIsCase  = fault.New(fault.Conflict, "followup.is_case")
	errReason  = fault.New(fault.Invalid, "followup.reason").At("watch_reason", "")
	errDays    = fault.New(fault.Invalid, "followup.days")
)
