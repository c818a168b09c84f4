package followup

import (
	"context"
	"strings"
	"time"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/id"
	"khien/kernel/store"
)

const checkColumns = `id, watch, day, source, answered, temperature, symptoms, note, at_ms, undone_ms, was_state, was_checked, was_checked_ms,
	was_heard_ms, version, actor`

func scanCheck(s store.Scan) (c Check, err error) {
	var answered int
	var symptoms string
	var at, undone, checked, heard int64
	err = s(&c.ID, &c.Watch, &c.Day, &c.Source, &answered, &c.Temperature, &symptoms, &c.sealed, &at, &undone, &c.was.state, &c.was.checked, &checked,
		&heard, &c.version, &c.Actor)
	c.Answered = answered == 1
	if symptoms != "" {
		c.Symptoms = strings.Split(symptoms, ",")
	}
	c.At, c.Undone, c.was.checkedAt, c.was.heard = store.Time(at), store.Time(undone), store.Time(checked), store.Time(heard)
	return c, err
}

func insertCheck(tx *store.Tx, sc auth.Scope, c Check) error {
	_, err := tx.Exec(`insert into followup_check (province, id, watch, day, source, answered, temperature, symptoms, note, at_ms, undone_ms, was_state,
		was_checked, was_checked_ms, was_heard_ms, version, actor) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13, $14, $15, $16)`,
		sc.Province(), c.ID, c.Watch, c.Day, string(c.Source), oneIf(c.Answered), c.Temperature, strings.Join(c.Symptoms, ","), c.sealed, store.Millis(c.At),
		string(c.was.state), c.was.checked, store.Millis(c.was.checkedAt), store.Millis(c.was.heard), c.version, c.Actor)
	return err
}

func undoCheck(tx *store.Tx, sc auth.Scope, i id.ID, at time.Time) error {
	_, err := tx.Exec("update followup_check set undone_ms = $3 where province = $1 and id = $2", sc.Province(), i, store.Millis(at))
	return err
}

// checkByID returns a check whose watch the caller then reads in scope.
func checkByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Check, error) {
	return store.One(ctx, q, scanCheck, "select "+checkColumns+" from followup_check where province = $1 and id = $2", sc.Province(), i)
}

// checkStanding returns the check of c's ID, or the one of its day and source that
// stands. A call that nobody answered and a later one that somebody did are two.
func checkStanding(ctx context.Context, q store.Querier, sc auth.Scope, c Check) (Check, error) {
	return store.One(ctx, q, scanCheck, "select "+checkColumns+` from followup_check where province = $1 and (id = $2
		or watch = $3 and day = $4 and source = $5 and answered = $6 and undone_ms = 0) order by undone_ms desc limit 1`,
		sc.Province(), c.ID, c.Watch, c.Day, string(c.Source), oneIf(c.Answered))
}

// answeredOn returns how many checks of one watch and day were answered and stand.
func answeredOn(ctx context.Context, q store.Querier, sc auth.Scope, watch id.ID, on day.Day) (int64, error) {
	return store.One(ctx, q, store.Int, "select count(*) from followup_check where province = $1 and watch = $2 and day = $3 and answered = 1 and undone_ms = 0",
		sc.Province(), watch, on)
}

// checksOf returns the checks of a watch that the caller has read, the newest first.
func checksOf(ctx context.Context, q store.Querier, sc auth.Scope, watch id.ID) ([]Check, error) {
	return store.All(ctx, q, scanCheck, "select "+checkColumns+` from followup_check where province = $1 and watch = $2 and undone_ms = 0
		order by day desc, at_ms desc, id desc limit 400`, sc.Province(), watch)
}
