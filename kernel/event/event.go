// Package event carries facts between capabilities.
//
// A fact is written in the same transaction as the rows it speaks of (an
// outbox) and delivered at least once, in order per key, to listeners that keep
// a durable cursor. A listener's rows and its cursor change in one transaction,
// so that whatever it does in the database happens exactly once.
//
// Facts of one key share a part. A part's head is a row that the teller's
// transaction updates last: the row lock makes numbers rise in the order of
// commits, so that no cursor can run past a fact that commits late. It needs no
// sequence, no snapshot horizon and no broker, and is the same on both engines.
package event

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io/fs"
	"slices"
	"time"

	"khien/kernel/id"
	"khien/kernel/store"
)

// Parts is the number of parts of a province's outbox: how many transactions
// may tell facts at once without waiting for one another. It never changes:
// a key's part depends on it.
const Parts = 8

// Topic is what a transaction that tells a fact wakes.
const Topic = "event"

// Body is the content of a fact: a plain struct of facts.go. Kind names its
// type, Key what it is about; facts of one key are heard in order.
type Body interface {
	FactKind() string
	FactKey() string
}

// Fact is a told Body with its place in the outbox.
type Fact struct {
	Province int
	Part     int
	Seq      int64 // rises by one within the part
	ID       id.ID
	Kind     string
	At       time.Time
	Payload  json.RawMessage
}

// Decode reads the payload into the Body it was told as.
func Decode[B Body](f Fact) (B, error) {
	var b B
	if err := json.Unmarshal(f.Payload, &b); err != nil {
		return b, fmt.Errorf("event: %s %s: %w", f.Kind, f.ID, err)
	}
	return b, nil
}

// Listener hears the facts of some kinds from the first one ever told.
type Listener struct {
	Name  string   // names the durable cursor; never changes
	Kinds []string // of Body.FactKind
	// Hear runs in the transaction that moves the cursor. Its error undoes
	// both, and the fact is told again later.
	Hear func(ctx context.Context, tx *store.Tx, f Fact) error
	// HearAll hears what waits of one part at once, in order, instead of Hear:
	// for a listener whose rows cost less together. At most batchBytes of
	// payload; when it fails each fact is told alone, so that the one that is
	// refused holds back only what follows it.
	HearAll func(ctx context.Context, tx *store.Tx, fs []Fact) error
}

// told gathers a transaction's facts until its end.
type told struct{ byPart map[int][]Fact }

type toldKey struct{ province int }

// Tell writes a fact in tx.
func Tell(tx *store.Tx, province int, b Body) error {
	payload, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("event: %s: %w", b.FactKind(), err)
	}
	t := tx.Value(toldKey{province}, func() any {
		t := &told{byPart: map[int][]Fact{}}
		tx.AtEnd(10, func() error { return t.write(tx, province) })
		tx.Wake(Topic)
		return t
	}).(*told)
	part := partOf(b.FactKey())
	f := Fact{Province: province, Part: part, ID: id.New(), Kind: b.FactKind(), Payload: payload}
	f.At = f.ID.Time()
	t.byPart[part] = append(t.byPart[part], f)
	return nil
}

func partOf(key string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return int(h.Sum32() % Parts)
}

// write numbers the facts, part by part in rising order so that two
// transactions never wait for each other in a ring.
func (t *told) write(tx *store.Tx, province int) error {
	for part := range Parts {
		facts := t.byPart[part]
		if len(facts) == 0 {
			continue
		}
		last, err := advanceHead(tx, province, part, len(facts))
		if err != nil {
			return err
		}
		for i := range facts {
			facts[i].Seq = last - int64(len(facts)-1-i)
		}
		if err := insertFacts(tx, facts); err != nil {
			return err
		}
	}
	return nil
}

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the tables of the outbox, for line "event".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }

// Lag returns how long the oldest unheard fact of each listener has waited.
func Lag(ctx context.Context, q store.Querier, province int, listeners []Listener, now time.Time) (map[string]time.Duration, error) {
	lag := make(map[string]time.Duration, len(listeners))
	for _, l := range listeners {
		oldest, err := oldestUnheard(ctx, q, province, l.Name)
		if err != nil {
			return nil, err
		}
		if !oldest.IsZero() {
			lag[l.Name] = max(0, now.Sub(oldest))
		}
	}
	return lag, nil
}

func (l Listener) wants(f Fact) bool { return slices.Contains(l.Kinds, f.Kind) }

// hear tells l those of the facts that it wants.
func (l Listener) hear(tx *store.Tx, facts []Fact) error {
	var wanted []Fact
	for _, f := range facts {
		if l.wants(f) {
			wanted = append(wanted, f)
		}
	}
	if l.HearAll != nil && len(wanted) > 0 {
		return l.HearAll(tx.Context(), tx, wanted)
	}
	for _, f := range wanted {
		if err := l.Hear(tx.Context(), tx, f); err != nil {
			return err
		}
	}
	return nil
}
