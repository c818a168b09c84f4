package followup

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/outbreak/plan"
)

const watchColumns = `id, person, case_id, whom, area, disease, protected, place, decided, last_exposure, dates, from_day, until_day, proposed,
	state, due_from, due_until, checked, checked_ms, heard_ms, closed_ms, dies_ms, fact_version, version, created_ms, changed_ms, actor,
	before_release`

func scanWatch(s store.Scan) (w Watch, err error) {
	var protected int
	var dates, proposed, before string
	var checked, heard, closed, dies, created, changed int64
	err = s(&w.ID, &w.Person, &w.Case, &w.Whom, &w.Area, &w.Disease, &protected, &w.Place, &w.Decided, &w.LastExposure, &dates, &w.From, &w.Until,
		&proposed, &w.State, &w.DueFrom, &w.DueUntil, &w.Checked, &checked, &heard, &closed, &dies, &w.fact, &w.Version, &created, &changed, &w.Actor, &before)
	if err != nil {
		return w, err
	}
	if before != "" {
		if err := json.Unmarshal([]byte(before), &w.Before); err != nil {
			return w, fmt.Errorf("followup: before the release: %w", err)
		}
	}
	w.Protected = protected == 1
	w.CheckedAt, w.heard, w.Closed, w.Dies = store.Time(checked), store.Time(heard), store.Time(closed), store.Time(dies)
	w.Created, w.Changed = store.Time(created), store.Time(changed)
	if w.Dates, err = readDates(dates); err != nil {
		return w, err
	}
	w.Proposed, err = readDates(proposed)
	return w, err
}

// datesText is "" for no dates.
func datesText(d plan.Dates) string {
	if d.End == 0 {
		return ""
	}
	return jsonText(d)
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain numbers and texts
	}
	return string(b)
}

func beforeText(b *Before) string {
	if b == nil {
		return ""
	}
	return jsonText(b)
}

func readDates(text string) (d plan.Dates, err error) {
	if text != "" {
		if err = json.Unmarshal([]byte(text), &d); err != nil {
			err = fmt.Errorf("followup: dates: %w", err)
		}
	}
	return d, err
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func watchByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Watch, error) {
	may, args := sc.Where("area", 3)
	w, err := store.One(ctx, q, scanWatch, "select "+watchColumns+" from followup_watch where province = $1 and id = $2 and "+may,
		append([]any{sc.Province(), i}, args...)...)
	if fault.Is(err, fault.NotFound) {
		err = errNone
	}
	return w, err
}

func watchByLink(ctx context.Context, q store.Querier, sc auth.Scope, hash []byte) (Watch, error) {
	return store.One(ctx, q, scanWatch, "select "+watchColumns+" from followup_watch where province = $1 and link_hash = $2", sc.Province(), hash)
}

func watchByCase(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Watch, error) {
	return store.One(ctx, q, scanWatch, "select "+watchColumns+" from followup_watch where province = $1 and case_id = $2", sc.Province(), i)
}

// watchedOf says for which contacts a watch stands, over or not.
func watchedOf(ctx context.Context, q store.Querier, sc auth.Scope, contacts []event.ContactChanged) (map[id.ID]bool, error) {
	stand := map[id.ID]bool{}
	var ids []id.ID
	for _, c := range contacts {
		ids = append(ids, c.Contact)
	}
	err := store.EachPart(sc.Province(), ids, func(in string, args []any) error {
		some, err := store.All(ctx, q, store.ID, "select id from followup_watch where province = $1 and id in ("+in+")", args...)
		for _, i := range some {
			stand[i] = true
		}
		return err
	})
	return stand, err
}

// watchesOf returns the watches of people under any of their ids, the oldest first.
func watchesOf(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (all []Watch, err error) {
	for part := range slices.Chunk(people, 500) {
		in, args := store.Marks(part, []any{sc.Province()}, store.Same)
		ws, err := store.All(ctx, q, scanWatch, "select "+watchColumns+" from followup_watch where province = $1 and person in ("+in+") order by created_ms, id", args...)
		if err != nil {
			return nil, err
		}
		all = append(all, ws...)
	}
	return all, nil
}

// writeWatch writes w, which stood at version was; 0 for a new one. It reports
// whether that still stood.
func writeWatch(tx *store.Tx, sc auth.Scope, w Watch, was int) (bool, error) {
	args := []any{sc.Province(), w.ID, w.Person, w.Case, string(w.Whom), w.Area, w.Disease, oneIf(w.Protected), string(w.Place), w.Decided,
		w.LastExposure, datesText(w.Dates), w.From, w.Until, datesText(w.Proposed), w.Proposed.End, string(w.State), w.State.rank(), w.DueFrom, w.DueUntil,
		w.Checked, store.Millis(w.CheckedAt), store.Millis(w.heard), store.Millis(w.Closed), store.Millis(w.Dies), w.fact, w.Version,
		store.Millis(w.Created), store.Millis(w.Changed), w.Actor, beforeText(w.Before)}
	if was == 0 {
		_, err := tx.Exec(`insert into followup_watch (province, id, person, case_id, whom, area, disease, protected, place, decided, last_exposure, dates,
			from_day, until_day, proposed, proposed_until, state, rank, due_from, due_until, checked, checked_ms, heard_ms, closed_ms, dies_ms, fact_version,
			version, created_ms, changed_ms, actor, before_release)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)`, args...)
		return true, err
	}
	n, err := tx.Exec(`update followup_watch set person = $3, case_id = $4, whom = $5, area = $6, disease = $7, protected = $8, place = $9, decided = $10,
		last_exposure = $11, dates = $12, from_day = $13, until_day = $14, proposed = $15, proposed_until = $16, state = $17, rank = $18, due_from = $19,
		due_until = $20, checked = $21, checked_ms = $22, heard_ms = $23, closed_ms = $24, dies_ms = $25, fact_version = $26, version = $27,
		created_ms = $28, changed_ms = $29, actor = $30, before_release = $31 where province = $1 and id = $2 and version = $32`, append(args, was)...)
	return n == 1, err
}

func insertStep(tx *store.Tx, sc auth.Scope, st Step) error {
	_, err := tx.Exec(`insert into followup_step (province, watch, version, act, reason, from_day, until_day, was_until, at_ms, actor)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		sc.Province(), st.Watch, st.Version, st.Act, st.Reason, st.From, st.Until, st.WasUntil, store.Millis(st.At), st.Actor)
	return err
}

// stepsMost bounds a history that is shown.
const stepsMost = 200

// stepsOf returns what happened to a watch that the caller has read, the newest first.
func stepsOf(ctx context.Context, q store.Querier, sc auth.Scope, watch id.ID) ([]Step, error) {
	return store.All(ctx, q, func(s store.Scan) (st Step, err error) {
		var at int64
		err = s(&st.Watch, &st.Version, &st.Act, &st.Reason, &st.From, &st.Until, &st.WasUntil, &at, &st.Actor)
		st.At = store.Time(at)
		return st, err
	}, fmt.Sprintf(`select watch, version, act, reason, from_day, until_day, was_until, at_ms, actor from followup_step
		where province = $1 and watch = $2 order by version desc limit %d`, stepsMost), sc.Province(), watch)
}

// setLink gives a watch the token of its link, sealed and as a hash.
func setLink(tx *store.Tx, sc auth.Scope, i id.ID, hash, sealed []byte) error {
	_, err := tx.Exec("update followup_watch set link_hash = $3, link_sealed = $4 where province = $1 and id = $2", sc.Province(), i, hash, sealed)
	return err
}

func sealedLink(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) ([]byte, error) {
	return store.One(ctx, q, func(s store.Scan) (b []byte, err error) {
		err = s(&b)
		return b, err
	}, "select link_sealed from followup_watch where province = $1 and id = $2", sc.Province(), i)
}

// moveDays changes how many checks are due in an area from from to until, both included.
func moveDays(tx *store.Tx, sc auth.Scope, a area.Code, from, until day.Day, by int) error {
	if from == 0 || until < from {
		return nil
	}
	b := store.Bulk{Table: "followup_day", Columns: []string{"province", "area", "day", "due", "done", "ill"},
		OnConflict: "on conflict (province, area, day) do update set due = followup_day.due + excluded.due"}
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for d := from; d <= until; d++ {
			if !yield([]any{sc.Province(), a, d, by, 0, 0}) {
				return
			}
		}
	})
	return err
}

// countDone changes how many checks of a day are done in an area, and how many of
// them spoke of symptoms.
func countDone(tx *store.Tx, sc auth.Scope, a area.Code, on day.Day, done, ill int) error {
	_, err := tx.Exec(`insert into followup_day (province, area, day, due, done, ill) values ($1, $2, $3, 0, $4, $5)
		on conflict (province, area, day) do update set done = followup_day.done + $4, ill = followup_day.ill + $5`, sc.Province(), a, on, done, ill)
	return err
}

// progressOf sums the days from from to until in a part of the scope.
func progressOf(ctx context.Context, q store.Querier, sc auth.Scope, in area.Code, from, until day.Day) ([]Progress, error) {
	may, args := sc.Where("area", 4)
	args = append([]any{sc.Province(), from, until}, args...)
	text := "select day, cast(sum(due) as bigint), cast(sum(done) as bigint), cast(sum(ill) as bigint) from followup_day where province = $1 and day >= $2 and day <= $3 and " + may
	if in != 0 {
		lo, hi := in.Range()
		text += fmt.Sprintf(" and area >= $%d and area < $%d", len(args)+1, len(args)+2)
		args = append(args, lo, hi)
	}
	return store.All(ctx, q, func(s store.Scan) (p Progress, err error) {
		err = s(&p.Day, &p.Due, &p.Done, &p.Ill)
		return p, err
	}, text+" group by day order by day", args...)
}

// listWatches returns at most most watches of a list after the cursor.
func listWatches(ctx context.Context, q store.Querier, sc auth.Scope, f Filter, most int) ([]Watch, error) {
	may, args := sc.Where("area", 2)
	args = append([]any{sc.Province()}, args...)
	text := "select " + watchColumns + " from followup_watch where province = $1 and " + may
	add := func(part string, values ...any) {
		marks := make([]any, len(values))
		for i, v := range values {
			args = append(args, v)
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		text += " and " + fmt.Sprintf(part, marks...)
	}
	if f.Area != 0 {
		lo, hi := f.Area.Range()
		add("area >= %s and area < %s", lo, hi)
	}
	const answered = "(select 1 from followup_check c where c.province = followup_watch.province and c.watch = followup_watch.id and c.day = %s and c.answered = 1 and c.undone_ms = 0)"
	switch f.Show {
	case ShowDone:
		add("due_from <= %s and due_until >= %s and exists "+answered, f.Day, f.Day, f.Day)
	case ShowOverdue:
		add("rank < %s and due_from < %s and due_until >= %s and checked < %s", closedRank, f.Day, f.Day, f.Day-1)
	case ShowAlerts:
		add("rank <= %s", Silent.rank())
	case ShowDecide:
		add("(rank = %s or proposed_until > 0 and rank < %s)", Waiting.rank(), closedRank)
	case ShowAll:
		add("rank < %s", closedRank)
	case ShowClosed:
		add("rank = %s", closedRank)
	default:
		add("due_from <= %s and due_until >= %s and not exists "+answered, f.Day, f.Day, f.Day)
	}
	if f.After != nil {
		add("(rank, checked, id) > (%s, %s, %s)", f.After.rank, f.After.checked, f.After.id)
	}
	return store.All(ctx, store.Planned(q), scanWatch, fmt.Sprintf("%s order by rank, checked, id limit %d", text, most), args...)
}

// silentSince returns open watches of which nothing was heard since a moment.
func silentSince(ctx context.Context, q store.Querier, sc auth.Scope, since time.Time, today day.Day, most int) ([]Watch, error) {
	return store.All(ctx, q, scanWatch, fmt.Sprintf("select "+watchColumns+` from followup_watch where province = $1 and state = 'running' and heard_ms < $2
		and due_from <= $3 and due_until >= $3 order by heard_ms, id limit %d`, most), sc.Province(), store.Millis(since), today)
}

// over returns the watches that ran to their last day and wait for nothing.
func over(ctx context.Context, q store.Querier, sc auth.Scope, today day.Day, most int) ([]Watch, error) {
	return store.All(ctx, q, scanWatch, fmt.Sprintf("select "+watchColumns+` from followup_watch where province = $1 and state = 'running' and until_day < $2
		and proposed_until = 0 order by until_day, id limit %d`, most), sc.Province(), today)
}

// dead returns closed watches whose day has come.
func dead(ctx context.Context, q store.Querier, sc auth.Scope, now time.Time, most int) ([]Watch, error) {
	return store.All(ctx, q, scanWatch, fmt.Sprintf("select "+watchColumns+` from followup_watch where province = $1 and dies_ms > 0 and dies_ms <= $2
		order by dies_ms, id limit %d`, most), sc.Province(), store.Millis(now))
}

func deleteWatch(tx *store.Tx, sc auth.Scope, i id.ID) error {
	for _, text := range []string{"delete from followup_check where province = $1 and watch = $2", "delete from followup_step where province = $1 and watch = $2",
		"delete from followup_watch where province = $1 and id = $2"} {
		if _, err := tx.Exec(text, sc.Province(), i); err != nil {
			return err
		}
	}
	return nil
}

func postponeDeath(tx *store.Tx, sc auth.Scope, i id.ID, to time.Time) error {
	_, err := tx.Exec("update followup_watch set dies_ms = $3 where province = $1 and id = $2", sc.Province(), i, store.Millis(to))
	return err
}

// peopleInUse returns which of the people a watch or an order speaks of.
func peopleInUse(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (map[id.ID]bool, error) {
	used := map[id.ID]bool{}
	for _, text := range []string{"select person from followup_watch where province = $1 and person in (", "select person from followup_order where province = $1 and person in ("} {
		err := store.EachPart(sc.Province(), people, func(marks string, args []any) error {
			return store.Each(ctx, q, func(s store.Scan) error {
				var p id.ID
				err := s(&p)
				used[p] = true
				return err
			}, text+marks+")", args...)
		})
		if err != nil {
			return nil, err
		}
	}
	return used, nil
}
