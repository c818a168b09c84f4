// Package outbreak keeps the cases and the published counts of an epidemic.
//
// For health officers, who enter and change the cases of their area; for the
// approver, who announces numbers to the public; for whoever imports what the
// authority has published. Contacts, tracing and chains come on top of it.
//
// A case's responsible area drives the rights: who answers for that area may
// read and change it. Its place of stay gives reading only. The two, and the
// facility, are three different things: a case that its health office sent to a
// hospital elsewhere must not vanish from its list (SORMAS issue 2430).
//
// Case definitions are the WHO's: suspected, probable, confirmed, discarded.
// Only confirmed cases count, in their responsible area, on the day of their
// confirmation.
package outbreak

import (
	"log/slog"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/web"
)

// Classification is the WHO's. The values are stored and sent as written.
type Classification string

// The classifications.
const (
	Suspected Classification = "suspected"
	Probable  Classification = "probable"
	Confirmed Classification = "confirmed"
	Discarded Classification = "discarded"
)

// Classifications lists them in the order in which a form shows them.
var Classifications = []Classification{Suspected, Probable, Confirmed, Discarded}

// Source says how a case was found, as the ministry's dashboard of 2021 counts
// it (reference outbreak.md 2: cộng đồng, cách ly, phong toả, sàng lọc, nhập cảnh).
type Source string

// The sources; "" is not known.
const (
	Community    Source = "community"
	Quarantine   Source = "quarantine"
	LockdownZone Source = "lockdown_zone"
	Screening    Source = "screening"
	Imported     Source = "imported"
)

// Sources lists them in the order in which a form shows them.
var Sources = []Source{Community, Quarantine, LockdownZone, Screening, Imported}

// Outcome is how a case ended; "" is not yet.
type Outcome string

// The outcomes.
const (
	Recovered Outcome = "recovered"
	Died      Outcome = "died"
	Lost      Outcome = "lost" // not to be found any more
)

// Outcomes lists them in the order in which a form shows them.
var Outcomes = []Outcome{Recovered, Died, Lost}

// Investigation is how far the health office has got with a case.
type Investigation string

// The states, as SORMAS has them.
const (
	Pending Investigation = "pending"
	Done    Investigation = "done"
	GivenUp Investigation = "discarded" // it will not be investigated
)

// Investigations lists them in the order in which a form shows them.
var Investigations = []Investigation{Pending, Done, GivenUp}

// Sexes lists what a case may say, FHIR's administrative gender; "" is not known.
var Sexes = []string{"female", "male", "other"}

// Case is a person with a confirmed, probable or suspected infection, or one
// whose suspicion was discarded. Days are 0 when not known.
type Case struct {
	ID             id.ID
	Number         string         // the health service's number, such as BN3245; "" none; unique in the province
	Person         id.ID          // of kernel/person; zero: anonymous
	Sex            string         // of Sexes
	BirthYear      int            // 0 not known
	Classification Classification // required
	Area           area.Code      // responsible area: province, district or commune; required
	Stay           area.Code      // place of stay; 0 not known
	Source         Source
	Investigation  Investigation
	Onset          day.Day
	Specimen       day.Day
	ConfirmedOn    day.Day // required for a confirmed case
	Reported       day.Day // required
	Outcome        Outcome
	OutcomeOn      day.Day
	Version        int // rises by one with every change, from 1
	Created        time.Time
	Changed        time.Time
	Actor          string // who changed it last, as auth.Scope.Actor says
}

// Service is the outbreak's.
type Service struct {
	db        *store.DB
	gazetteer *area.Gazetteer
	people    *person.Service
	province  int
	edition   area.Edition
	now       func() time.Time
	views     *web.Views
	links     LinkKeeper
	names     Namer
	keys      *secret.Keys
	log       *slog.Logger
}

// Config is what New needs. Edition is that of new cases and of lists that do
// not say theirs.
type Config struct {
	DB        *store.DB
	Gazetteer *area.Gazetteer
	People    *person.Service
	Province  int
	Edition   area.Edition
	Now       func() time.Time
	Views     *web.Views   // nil: no pages
	Names     Namer        // nil: the history says only that it was an account
	Links     LinkKeeper   // nil: sources that a list tells are not kept
	Keys      *secret.Keys // seals a list between its sending and its import; nil: lists are imported at once
	Log       *slog.Logger
}

// New returns the service of one province.
func New(c Config) *Service {
	return &Service{db: c.DB, gazetteer: c.Gazetteer, people: c.People, province: c.Province, edition: c.Edition,
		now: c.Now, views: c.Views, links: c.Links, names: c.Names, keys: c.Keys, log: c.Log}
}

// KeepLinksWith names who keeps the sources that lists tell, where that one asks
// this service for its cases. It is called before the first list is read.
func (s *Service) KeepLinksWith(k LinkKeeper) { s.links = k }

func (s *Service) today() day.Day { return day.Today(s.now()) }

// Age returns the age in years at the end of the year of reporting; -1 when not known.
func (c Case) Age() int {
	if c.BirthYear == 0 || c.Reported == 0 {
		return -1
	}
	return c.Reported.Time().Year() - c.BirthYear
}

// unitOf returns the unit of a code that a case may carry.
func (s *Service) unitOf(c area.Code, field string) error {
	if _, ok := s.gazetteer.Unit(c); !ok || c.Level() == area.Country {
		return fault.New(fault.Invalid, "outbreak.area").At(field, c.String())
	}
	return nil
}
