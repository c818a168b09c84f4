package event

import (
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/id"
)

// Counted says where and when a case counts: its responsible area and its day
// of confirmation (YYYY-MM-DD). The zero value counts nowhere.
type Counted struct {
	Area area.Code `json:"area"`
	Day  day.Day   `json:"day"`
}

// CaseClassified is told when a case begins to count as confirmed, ceases to,
// or counts elsewhere. It says nothing of the person.
type CaseClassified struct {
	Case id.ID   `json:"case"`
	Was  Counted `json:"was"`
	Is   Counted `json:"is"`
}

// Kinds of facts, as stored.
const (
	KindCaseClassified  = "CaseClassified"
	KindCountsAnnounced = "CountsAnnounced"
)

// FactKind names the type.
func (CaseClassified) FactKind() string { return KindCaseClassified }

// countsKey orders everything that changes public numbers: an approval covers
// the cases told before it, wherever they are.
const countsKey = "case-counts"

// FactKey is shared with CountsAnnounced.
func (CaseClassified) FactKey() string { return countsKey }

// AreaCount is the number of new cases of one area on one day; a total, not a
// change: the last one told holds. Rest says that it speaks only of the cases
// that are in none of the area's units, their commune being unknown.
type AreaCount struct {
	Rest  bool      `json:"rest,omitzero"`
	Area  area.Code `json:"area"`
	Day   day.Day   `json:"day"`
	Cases int       `json:"cases"`
}

// CountsAnnounced is told when the authority has approved numbers for the
// public, in parts of at most 1,000 counts.
type CountsAnnounced struct {
	Announcement id.ID       `json:"announcement"`
	Source       string      `json:"source"`
	Counts       []AreaCount `json:"counts"`
	// Ground and Through: everything recorded in this area up to that day is
	// covered by the announcement. Ground 0: only the areas in Counts, each up
	// to its own last day.
	Ground  area.Code `json:"ground,omitzero"`
	Through day.Day   `json:"through,omitzero"`
}

// FactKind names the type.
func (CountsAnnounced) FactKind() string { return KindCountsAnnounced }

// FactKey is shared with CaseClassified.
func (CountsAnnounced) FactKey() string { return countsKey }

// KindDeclarationMade is stored.
const KindDeclarationMade = "DeclarationMade"

// DeclarationMade is told when a health declaration is made, corrected (Version
// above 1) or withdrawn. It holds no name and no answer.
type DeclarationMade struct {
	Declaration id.ID     `json:"declaration"`
	Person      id.ID     `json:"person"`
	Kind        string    `json:"kind"`
	Grade       string    `json:"grade"`         // green, yellow, red
	Area        area.Code `json:"area,omitzero"` // where the person stays; 0 outside the province
	At          time.Time `json:"at"`
	Until       time.Time `json:"until"`
	Version     int       `json:"version"`
	Withdrawn   bool      `json:"withdrawn,omitzero"`
}

// FactKind names the type.
func (DeclarationMade) FactKind() string { return KindDeclarationMade }

// FactKey orders the facts of one declaration.
func (f DeclarationMade) FactKey() string { return f.Declaration.String() }

// KindCaseChanged is stored.
const KindCaseChanged = "CaseChanged"

// CaseChanged is told when a case is entered, or when what tracing and follow-up
// count by is another: its person, classification, area, days or outcome. It says
// what holds now. Days are 0 when not known, Person is zero for an anonymous case.
type CaseChanged struct {
	Case           id.ID     `json:"case"`
	Version        int       `json:"version"`
	Person         id.ID     `json:"person,omitzero"`
	Classification string    `json:"classification"` // suspected, probable, confirmed, discarded
	Area           area.Code `json:"area"`           // responsible
	Onset          day.Day   `json:"onset,omitzero"`
	Specimen       day.Day   `json:"specimen,omitzero"`
	Confirmed      day.Day   `json:"confirmed,omitzero"`
	Reported       day.Day   `json:"reported"`
	Outcome        string    `json:"outcome,omitzero"`
	OutcomeOn      day.Day   `json:"outcome_on,omitzero"`
}

// FactKind names the type.
func (CaseChanged) FactKind() string { return KindCaseChanged }

// FactKey orders the facts of one case.
func (f CaseChanged) FactKey() string { return "case-" + f.Case.String() }

// KindContactChanged is stored.
const KindContactChanged = "ContactChanged"

// ContactChanged is told when a contact is found, and when their degree, status,
// area or last exposure is another. It says what holds now.
type ContactChanged struct {
	Contact id.ID     `json:"contact"`
	Version int       `json:"version"`
	Person  id.ID     `json:"person"`
	Case    id.ID     `json:"case"`   // the first of their cases
	Degree  int       `json:"degree"` // 1: of a case, 2: of a contact
	Status  string    `json:"status"` // found, confirmed, dismissed, became_case, released
	Area    area.Code `json:"area"`   // responsible
	First   time.Time `json:"first"`  // beginning of the first exposure
	Last    time.Time `json:"last"`   // end of the last one
	At      time.Time `json:"at"`
}

// FactKind names the type.
func (ContactChanged) FactKind() string { return KindContactChanged }

// FactKey orders the facts of one contact.
func (f ContactChanged) FactKey() string { return "contact-" + f.Contact.String() }

// KindLevelDecided is stored.
const KindLevelDecided = "LevelDecided"

// LevelDecided is told when the committee has decided an area's epidemic level.
type LevelDecided struct {
	Decision id.ID     `json:"decision"`
	Area     area.Code `json:"area"`
	Level    int       `json:"level"` // 1 to 4
	From     day.Day   `json:"from"`  // first day in force
	Actor    string    `json:"actor"` // as auth.Scope.Actor says
	At       time.Time `json:"at"`
}

// FactKind names the type.
func (LevelDecided) FactKind() string { return KindLevelDecided }

// FactKey orders the levels of one area.
func (f LevelDecided) FactKey() string { return "level-" + f.Area.String() }

// KindFollowUpChanged is stored.
const KindFollowUpChanged = "FollowUpChanged"

// FollowUpChanged is told when the watch over a contact begins, hears of
// symptoms, falls silent, or ends. It says what holds now and no symptom.
type FollowUpChanged struct {
	Contact id.ID     `json:"contact"`
	Person  id.ID     `json:"person"`
	State   string    `json:"state"` // running, symptoms, silent, completed, ended
	From    day.Day   `json:"from"`
	Until   day.Day   `json:"until"`            // last day
	Checked day.Day   `json:"checked,omitzero"` // day of the last check
	At      time.Time `json:"at"`
}

// FactKind names the type.
func (FollowUpChanged) FactKind() string { return KindFollowUpChanged }

// FactKey orders the follow-up of one contact.
func (f FollowUpChanged) FactKey() string { return "contact-" + f.Contact.String() }

// KindVisitsErased is stored.
const KindVisitsErased = "VisitsErased"

// VisitsErased is told when visits are no more: one fact for all that began in
// [From, To). Without People they died of age, all but those of people whom a case
// holds; else some of People's were withdrawn, or stand again, and what stands must
// be read anew.
// It does not say where anybody was.
type VisitsErased struct {
	Lane   int       `json:"lane"`
	People []id.ID   `json:"people,omitempty"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
}

// FactKind names the type.
func (VisitsErased) FactKind() string { return KindVisitsErased }

// FactKey is shared with the VisitsRecorded of the lane: a visit is told before it
// is told to be gone.
func (f VisitsErased) FactKey() string { return visitsKey(f.Lane) }

// KindPeopleMerged is stored.
const KindPeopleMerged = "PeopleMerged"

// PeopleMerged is told when two of whom rows may speak turn out to be one human
// being, and when that is undone. A newcomer who is taken for somebody known
// while they are registered is not told: nothing speaks of them yet.
type PeopleMerged struct {
	Kept   id.ID `json:"kept"`
	Gone   id.ID `json:"gone"`
	Undone bool  `json:"undone,omitzero"` // they are two again
}

// FactKind names the type.
func (PeopleMerged) FactKind() string { return KindPeopleMerged }

// FactKey orders all merges: one stands on another.
func (PeopleMerged) FactKey() string { return "people-merged" }
