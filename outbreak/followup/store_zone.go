package followup

import (
	"context"
	"fmt"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

const zoneColumns = `id, name, reason, area, boundary, listed, households, people, from_day, until_day, state, year, coalesce(number, 0), signed_ms, signer,
	title, lift_year, coalesce(lift_number, 0), lifted, lifted_ms, lift_reason, lifter, lift_title, version, created_ms, actor`

func scanZone(s store.Scan) (z Zone, err error) {
	var signed, lifted, created int64
	err = s(&z.ID, &z.Name, &z.Reason, &z.Area, &z.Boundary, &z.sealed, &z.Households, &z.People, &z.From, &z.Until, &z.State, &z.Year, &z.Number, &signed,
		&z.Signer, &z.Title, &z.LiftYear, &z.LiftNumber, &z.Lifted, &lifted, &z.LiftReason, &z.Lifter, &z.LiftTitle, &z.Version, &created, &z.Actor)
	z.Signed, z.LiftedAt, z.Created = store.Time(signed), store.Time(lifted), store.Time(created)
	return z, err
}

func zoneByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Zone, error) {
	may, args := sc.Where("area", 3)
	z, err := store.One(ctx, q, scanZone, "select "+zoneColumns+" from followup_zone where province = $1 and id = $2 and "+may,
		append([]any{sc.Province(), i}, args...)...)
	if fault.Is(err, fault.NotFound) {
		err = errZone
	}
	return z, err
}

func insertZone(tx *store.Tx, sc auth.Scope, z Zone) error {
	_, err := tx.Exec(`insert into followup_zone (province, id, name, reason, area, boundary, listed, households, people, from_day, until_day, state, series,
		year, signed_ms, signer, title, lift_year, lifted, lifted_ms, lift_reason, lifter, lift_title, version, created_ms, actor)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, 0, '', '', 0, 0, 0, '', '', '', $14, $15, $16)`,
		sc.Province(), z.ID, z.Name, z.Reason, z.Area, z.Boundary, z.sealed, z.Households, z.People, z.From, z.Until, string(z.State), seriesDecision, z.Version,
		store.Millis(z.Created), z.Actor)
	return err
}

// updateZone writes what was signed of z over version was and reports whether that
// still stood.
func updateZone(tx *store.Tx, sc auth.Scope, z Zone, was int) (bool, error) {
	n, err := tx.Exec(`update followup_zone set state = $3, year = $4, number = $5, signed_ms = $6, signer = $7, title = $8, lift_year = $9, lift_number = $10,
		lifted = $11, lifted_ms = $12, lift_reason = $13, lifter = $14, lift_title = $15, version = $16 where province = $1 and id = $2 and version = $17`,
		sc.Province(), z.ID, string(z.State), z.Year, orNull(z.Number), store.Millis(z.Signed), z.Signer, z.Title, z.LiftYear, orNull(z.LiftNumber), z.Lifted,
		store.Millis(z.LiftedAt), z.LiftReason, z.Lifter, z.LiftTitle, z.Version, was)
	return n == 1, err
}

func orNull(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// listZones returns at most most zones after the one that f names, the newest first.
func listZones(ctx context.Context, q store.Querier, sc auth.Scope, f ZoneFilter, most int) ([]Zone, error) {
	may, args := sc.Where("area", 2)
	args = append([]any{sc.Province()}, args...)
	text := "select " + zoneColumns + " from followup_zone where province = $1 and " + may
	if f.State != "" {
		args = append(args, string(f.State))
		text += fmt.Sprintf(" and state = $%d", len(args))
	}
	if f.Area != 0 {
		lo, hi := f.Area.Range()
		args = append(args, lo, hi)
		text += fmt.Sprintf(" and area >= $%d and area < $%d", len(args)-1, len(args))
	}
	if !f.After.IsZero() {
		args = append(args, f.After)
		text += fmt.Sprintf(" and id < $%d", len(args))
	}
	return store.All(ctx, q, scanZone, fmt.Sprintf("%s order by id desc limit %d", text, most), args...)
}
