package area

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	"khien/kernel/fault"
	"khien/kernel/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the tables of imported boundaries, for line "area".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }

// TopicBoundaries is what an import of boundaries wakes.
const TopicBoundaries = "area_boundary"

// BoundaryStore keeps the boundaries that an administrator imported, and answers
// with approximate ones where there are none.
type BoundaryStore struct {
	db        *store.DB
	province  int
	gazetteer *Gazetteer
}

// NewBoundaryStore returns the boundaries of one installation.
func NewBoundaryStore(db *store.DB, province int, g *Gazetteer) *BoundaryStore {
	return &BoundaryStore{db, province, g}
}

// Replace puts the boundaries in the place of those of the same units. also runs
// in the same transaction.
func (b *BoundaryStore) Replace(ctx context.Context, bs Boundaries, now time.Time, also func(*store.Tx) error) error {
	return b.db.Tx(ctx, func(tx *store.Tx) error {
		tx.Wake(TopicBoundaries)
		levels := map[Level]bool{}
		for _, s := range bs.Shapes {
			if err := writeBoundary(tx, b.province, s); err != nil {
				return err
			}
			levels[s.Code.Level()] = true
		}
		for l := range levels {
			if err := raiseVersion(tx, b.province, bs.Edition, l, now); err != nil {
				return err
			}
		}
		return also(tx)
	})
}

// Shapes returns the shapes of the units of a level below a unit, sorted by
// code: imported ones, else approximate ones (approximate says which). version
// changes when they do; nil shapes when nothing is known.
func (b *BoundaryStore) Shapes(ctx context.Context, e Edition, l Level, parent Code) (shapes []Shape, approximate bool, version string, err error) {
	v, err := boundaryVersion(ctx, b.db, b.province, e, l)
	if err != nil {
		return nil, false, "", err
	}
	if v > 0 {
		if shapes, err = boundaries(ctx, b.db, b.province, e, l, parent); err != nil {
			return nil, false, "", err
		}
	}
	if len(shapes) > 0 {
		return shapes, false, fmt.Sprintf("%d-%d", e, v), nil
	}
	var below []Shape
	for _, s := range b.gazetteer.Approximate(e, l, parent.Province()) {
		if parent.Contains(s.Code) {
			below = append(below, s)
		}
	}
	return below, true, fmt.Sprintf("%d-a1", e), nil
}

func writeBoundary(tx *store.Tx, province int, s Shape) error {
	polygons, err := json.Marshal(s.Polygons)
	if err != nil {
		return fmt.Errorf("area: boundary of %s: %w", s.Code, err)
	}
	_, err = tx.Exec(`insert into area_boundary (province, code, level, edition, polygons, source) values ($1, $2, $3, $4, $5, $6)
		on conflict (province, code) do update set polygons = excluded.polygons, source = excluded.source`,
		province, s.Code, string(s.Code.Level()), int(s.Code.Edition()), string(polygons), s.Source)
	return err
}

func raiseVersion(tx *store.Tx, province int, e Edition, l Level, now time.Time) error {
	_, err := tx.Exec(`insert into area_boundary_version (province, edition, level, version, at_ms) values ($1, $2, $3, 1, $4)
		on conflict (province, edition, level) do update set version = area_boundary_version.version + 1, at_ms = excluded.at_ms`,
		province, int(e), string(l), store.Millis(now))
	return err
}

func boundaryVersion(ctx context.Context, q store.Querier, province int, e Edition, l Level) (int64, error) {
	v, err := store.One(ctx, q, store.Int, "select version from area_boundary_version where province = $1 and edition = $2 and level = $3",
		province, int(e), string(l))
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	return v, err
}

func boundaries(ctx context.Context, q store.Querier, province int, e Edition, l Level, parent Code) ([]Shape, error) {
	lo, hi := parent.Range()
	return store.All(ctx, q, func(s store.Scan) (Shape, error) {
		var sh Shape
		var polygons string
		if err := s(&sh.Code, &polygons, &sh.Source); err != nil {
			return sh, err
		}
		if err := json.Unmarshal([]byte(polygons), &sh.Polygons); err != nil {
			return sh, fmt.Errorf("area: boundary of %s: %w", sh.Code, err)
		}
		return sh, nil
	}, `select code, polygons, source from area_boundary where province = $1 and edition = $2 and level = $3
		and code >= $4 and code < $5 order by code`, province, int(e), string(l), lo, hi)
}
