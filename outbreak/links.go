package outbreak

import (
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/store"
)

// Certainty says how sure it is that one case infected another.
type Certainty string

// The certainties, as the tracers' handbook grades them; "" is read as Probable.
const (
	Certain  Certainty = "certain"
	Probably Certainty = "probable"
	Possibly Certainty = "possible"
)

// Link is one case infecting another, as somebody told it. From and To are case
// numbers as a list writes them, or the ids of cases without one: a source that
// nobody knows is kept by its name, and means that case once it is entered.
type Link struct {
	From, To  string
	Certainty Certainty
	On        day.Day // of the exposure; 0 not known
	Note      string  // who says so; "" nobody in particular
}

// LinkKeeper keeps the sources that a list of cases tells beside its cases.
type LinkKeeper interface {
	// KeepLinks writes links in the transaction of their cases. One told before
	// changes nothing.
	KeepLinks(tx *store.Tx, sc auth.Scope, links []Link) error
}
