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
