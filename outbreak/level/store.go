package level

import (
	"context"
	"math"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// hundredths stores a percentage; -1 for what is not known.
func hundredths(percent float64) int {
	if percent < 0 {
		return -1
	}
	return int(math.Round(percent * 100))
}

func percent(hundredths int) float64 {
	if hundredths < 0 {
		return -1
	}
	return float64(hundredths) / 100
}

// enteredIn returns what was entered of the areas in a ground.
func enteredIn(ctx context.Context, q store.Querier, province int, ground area.Code) (map[area.Code]Entered, error) {
	lo, hi := ground.Range()
	all := map[area.Code]Entered{}
	err := store.Each(ctx, q, func(s store.Scan) error {
		var e Entered
		var one, full int
		var ms int64
		err := s(&e.Area, &e.AsOf, &e.Population, &one, &full, &e.Capacity, &e.Source, &e.Actor, &ms)
		e.OneDose, e.FullOlder, e.At = percent(one), percent(full), store.Time(ms)
		all[e.Area] = e
		return err
	}, `select area, as_of, population, one_dose, full_older, capacity, source, actor, at_ms from level_standing
		where province = $1 and area >= $2 and area < $3`, province, lo, hi)
	return all, err
}

func setEntered(tx *store.Tx, province int, e Entered) error {
	_, err := tx.Exec(`insert into level_standing (province, area, as_of, population, one_dose, full_older, capacity, source, actor, at_ms)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (province, area) do update set as_of = excluded.as_of, population = excluded.population, one_dose = excluded.one_dose,
			full_older = excluded.full_older, capacity = excluded.capacity, source = excluded.source, actor = excluded.actor, at_ms = excluded.at_ms`,
		province, e.Area, e.AsOf, e.Population, hundredths(e.OneDose), hundredths(e.FullOlder), int(e.Capacity), e.Source, e.Actor, store.Millis(e.At))
	return err
}

const decisionColumns = "id, area, level, proposed, from_day, reason, rule, actor, at_ms, undone_ms"

func scanDecision(s store.Scan) (d Decision, err error) {
	var at, undone int64
	err = s(&d.ID, &d.Area, &d.Level, &d.Proposed, &d.From, &d.Reason, &d.Rule, &d.Actor, &at, &undone)
	d.At = store.Time(at)
	if undone != 0 {
		d.Undone = store.Time(undone)
	}
	return d, err
}

// inForce returns the decision in force on a day of each area in a ground.
func inForce(ctx context.Context, q store.Querier, province int, ground area.Code, on day.Day) (map[area.Code]Decision, error) {
	lo, hi := ground.Range()
	all := map[area.Code]Decision{}
	err := store.Each(ctx, q, func(s store.Scan) error {
		d, err := scanDecision(s)
		all[d.Area] = d // the last one read is the last one decided
		return err
	}, "select "+decisionColumns+` from level_decision where province = $1 and area >= $2 and area < $3 and from_day <= $4 and undone_ms = 0
		order by area, from_day, at_ms, id`, province, lo, hi, on)
	return all, err
}

// decisionsOf returns the decisions about an area, the last first.
func decisionsOf(ctx context.Context, q store.Querier, province int, a area.Code) ([]Decision, error) {
	return store.All(ctx, q, scanDecision, "select "+decisionColumns+` from level_decision where province = $1 and area = $2
		order by from_day desc, at_ms desc, id desc limit 100`, province, a)
}

func decisionByID(ctx context.Context, q store.Querier, province int, i id.ID) (Decision, error) {
	return store.One(ctx, q, scanDecision, "select "+decisionColumns+" from level_decision where province = $1 and id = $2", province, i)
}

// standingFrom returns what stands of an area from exactly a day on; Level 0 nothing.
func standingFrom(tx *store.Tx, province int, a area.Code, from day.Day) (Decision, error) {
	d, err := store.One(tx.Context(), tx, scanDecision, "select "+decisionColumns+` from level_decision
		where province = $1 and area = $2 and from_day = $3 and undone_ms = 0 order by at_ms desc, id desc limit 1`, province, a, from)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return d, err
}

func insertDecision(tx *store.Tx, province int, d Decision) error {
	_, err := tx.Exec(`insert into level_decision (province, id, area, level, proposed, from_day, reason, rule, actor, at_ms, undone_ms, undone_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '')`,
		province, d.ID, d.Area, d.Level, d.Proposed, d.From, d.Reason, d.Rule, d.Actor, store.Millis(d.At))
	return err
}

func undoDecision(tx *store.Tx, province int, i id.ID, actor string, ms int64) (bool, error) {
	n, err := tx.Exec("update level_decision set undone_ms = $3, undone_by = $4 where province = $1 and id = $2 and undone_ms = 0", province, i, ms, actor)
	return n == 1, err
}
