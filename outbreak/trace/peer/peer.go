// Package peer asks a database the questions of package trace: in tests, that
// the answers are the same; in `khien bench trace`, how long it takes with the
// best indexes there are.
package peer

import (
	"context"
	"embed"
	"io/fs"

	"khien/kernel/store"
	"khien/outbreak/trace"
)

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed migrations/00001_presence.sql
var tables embed.FS

// Migrations returns the tables and their indexes, for line "peer".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }

// Tables returns the tables alone: whoever loads much makes the indexes after it.
func Tables() fs.FS { return store.MigrationFiles(tables) }

// Peer is one province's presences in a database that is thrown away afterwards.
type Peer struct {
	DB       *store.DB
	Province int
	// MaxStay bounds how long before a moment somebody may have come who is
	// still there: without it no index helps.
	MaxStay trace.Minute
}

// Load writes presences, and the rule's minutes of every locus.
func (p Peer) Load(ctx context.Context, ps []trace.Presence, kinds []trace.Kind, r *trace.Rule) error {
	if err := p.insertLoci(ctx, kinds, r); err != nil {
		return err
	}
	const most = 50_000 // rows a transaction
	for from := 0; from < len(ps); from += most {
		if err := p.insertPresences(ctx, from, ps[from:min(len(ps), from+most)]); err != nil {
			return err
		}
	}
	return nil
}

// First answers as trace.Asker.First.
func (p Peer) First(ctx context.Context, person uint32, w trace.Window) ([]trace.Contact, error) {
	return p.contacts(ctx, firstText, p.Province, person, w.From, w.To, p.MaxStay)
}

// Second answers as trace.Asker.Second with the F1 of the same window.
func (p Peer) Second(ctx context.Context, person uint32, w trace.Window) ([]trace.Contact, error) {
	return p.contacts(ctx, secondText, p.Province, person, w.From, w.To, p.MaxStay)
}
