package person

import (
	"context"
	"time"

	"khien/kernel/id"
)

// Asker is whoever asks what is held about them: somebody who proved a phone.
type Asker struct {
	Person    id.ID // who the phone says it is; zero: it has not said
	Device    id.ID // the proven phone
	Confirmed bool  // an officer saw the citizen card of Person beside this phone
}

// Holder is a capability that holds something about people. Who is not
// Confirmed only claims to be Person: a Holder answers them with what came from
// Device alone.
type Holder interface {
	HeldAbout(ctx context.Context, a Asker) ([]Held, error)
}

// Held is one thing held about somebody, as they may see it.
type Held struct {
	ID     id.ID  // of the row; zero when it has none of its own
	What   string // catalog key: "checkin.held.visit"
	At     time.Time
	Fields []HeldField
	Dies   time.Time // when it is erased; zero: when Rule says
	Rule   string    // catalog key of the sentence that says when it dies and why so late
}

// HeldField is one line of it.
type HeldField struct {
	Label string // catalog key: "field.place"
	Text  string // what is held, in the person's own words or as a date is written
	Key   string // instead of Text, the catalog key of a constant's name
}
