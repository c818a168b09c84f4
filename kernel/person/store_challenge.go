package person

import (
	"context"
	"time"

	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
)

const challengeColumns = "id, person, device, area, about, text_sealed, filed_ms, answer_sealed, answered_ms, answered_by"

func scanChallenge(s store.Scan) (c challengeRow, err error) {
	var filed, answered int64
	err = s(&c.ID, &c.Person, &c.Device, &c.Area, &c.About, &c.text, &filed, &c.answer, &answered, &c.By)
	c.Filed, c.Answered = store.Time(filed), store.Time(answered)
	return c, err
}

func insertChallenge(tx *store.Tx, sc auth.Scope, c Challenge, sealed []byte) error {
	_, err := tx.Exec(`insert into person_challenge (province, id, person, device, area, about, text_sealed, filed_ms, answered_ms, answered_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, 0, '')`, sc.Province(), c.ID, c.Person, c.Device, c.Area, c.About, sealed, store.Millis(c.Filed))
	return err
}

func answerChallenge(tx *store.Tx, sc auth.Scope, i id.ID, sealed []byte) error {
	_, err := tx.Exec("update person_challenge set answer_sealed = $3, answered_ms = $4, answered_by = $5 where province = $1 and id = $2",
		sc.Province(), i, sealed, store.Millis(sc.Now()), sc.Actor())
	return err
}

func selectChallenge(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (challengeRow, error) {
	inside, args := sc.Where("area", 3)
	return store.One(ctx, q, scanChallenge, "select "+challengeColumns+" from person_challenge where province = $1 and id = $2 and "+inside,
		append([]any{sc.Province(), i}, args...)...)
}

func selectChallenges(ctx context.Context, q store.Querier, sc auth.Scope) ([]challengeRow, error) {
	inside, args := sc.Where("area", 3)
	return store.All(ctx, q, scanChallenge, "select "+challengeColumns+" from person_challenge where province = $1 and answered_ms = 0 and "+inside+" order by filed_ms limit $2",
		append([]any{sc.Province(), found}, args...)...)
}

// selectChallengesOf returns what came from the asker's phone and, when they are
// confirmed, what the person filed from another.
func selectChallengesOf(ctx context.Context, q store.Querier, sc auth.Scope, a Asker) ([]challengeRow, error) {
	who := a.Device // a person's id is no device's: nothing more is found by it
	if a.Confirmed && !a.Person.IsZero() {
		who = a.Person
	}
	return store.All(ctx, q, scanChallenge, "select "+challengeColumns+" from person_challenge where province = $1 and (device = $2 or person = $3) order by filed_ms desc limit $4",
		sc.Province(), a.Device, who, found)
}

// eraseChallenges takes the texts that speak of somebody with them.
func eraseChallenges(tx *store.Tx, sc auth.Scope, i id.ID) error {
	_, err := tx.Exec("delete from person_challenge where province = $1 and person = $2", sc.Province(), i)
	return err
}

// selectIdle returns people written before and not since, after an id.
func selectIdle(ctx context.Context, q store.Querier, sc auth.Scope, before time.Time, after id.ID, limit int) ([]id.ID, error) {
	inside, args := sc.Where("area", 5)
	return store.All(ctx, q, store.ID, "select id from person_person where province = $1 and erased_ms = 0 and changed_ms < $2 and id > $3 and "+inside+" order by id limit $4",
		append([]any{sc.Province(), store.Millis(before), after[:], limit}, args...)...)
}

// selectChallenged returns which of the people have an unanswered challenge.
func selectChallenged(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (all []id.ID, err error) {
	err = store.EachPart(sc.Province(), people, func(marks string, args []any) error {
		some, err := store.All(ctx, q, store.ID, "select person from person_challenge where province = $1 and answered_ms = 0 and person in ("+marks+")", args...)
		all = append(all, some...)
		return err
	})
	return all, err
}

func selectCreated(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (time.Time, error) {
	ms, err := store.One(ctx, q, store.Int, "select created_ms from person_person where province = $1 and id = $2", sc.Province(), i)
	return store.Time(ms), err
}

// isIdle reports whether somebody stands who was not written since, and into
// whom nobody was merged since.
func isIdle(tx *store.Tx, sc auth.Scope, i id.ID, since time.Time) (bool, error) {
	idle, err := store.All(tx.Context(), tx, store.ID, `select id from person_person p where p.province = $1 and p.id = $2 and p.erased_ms = 0 and p.changed_ms < $3
and not exists (select 1 from person_merge m where m.province = p.province and m.kept = p.id and m.merged_ms >= $3)`, sc.Province(), i, store.Millis(since))
	return len(idle) == 1, err
}
