package point

import (
	"context"
	"time"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

const cardColumns = "id, number, person, area, batch, issued, issued_ms, withdrawn_ms, actor"

func scanCard(s store.Scan) (c Card, err error) {
	var issued, withdrawn int64
	err = s(&c.ID, &c.Number, &c.Person, &c.Area, &c.Batch, &c.Issued, &issued, &withdrawn, &c.Actor)
	c.At, c.Withdrawn = store.Time(issued), store.Time(withdrawn)
	return c, err
}

// cardByID returns a card of somebody in the scope's area.
func cardByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Card, error) {
	may, args := sc.Where("area", 3)
	c, err := store.One(ctx, q, scanCard, "select "+cardColumns+" from point_card where province = $1 and id = $2 and "+may,
		append([]any{sc.Province(), i}, args...)...)
	if fault.Is(err, fault.NotFound) {
		return Card{}, errNoCard
	}
	return c, err
}

// cardByHash returns the card of a token's hash.
func cardByHash(ctx context.Context, q store.Querier, sc auth.Scope, hash []byte) (Card, error) {
	c, err := store.One(ctx, q, scanCard, "select "+cardColumns+" from point_card where province = $1 and token_hash = $2", sc.Province(), hash)
	if fault.Is(err, fault.NotFound) {
		return Card{}, errNoCard
	}
	return c, err
}

// cardsOf returns the cards of somebody, the newest first, 100 at most. Whoever
// calls has asked whether the scope may read the person.
func cardsOf(ctx context.Context, q store.Querier, sc auth.Scope, person id.ID) ([]Card, error) {
	return store.All(ctx, q, scanCard, "select "+cardColumns+` from point_card where province = $1 and person = $2
		order by issued_ms desc, id desc limit 100`, sc.Province(), person)
}

// cardsOfBatch returns the standing cards of a batch in scope, in the order in which they were issued.
func cardsOfBatch(ctx context.Context, q store.Querier, sc auth.Scope, batch id.ID) ([]Card, error) {
	may, args := sc.Where("area", 3)
	return store.All(ctx, q, scanCard, "select "+cardColumns+` from point_card where province = $1 and batch = $2 and withdrawn_ms = 0 and `+may+
		" order by id", append([]any{sc.Province(), batch}, args...)...)
}

func insertCard(tx *store.Tx, sc auth.Scope, c Card, hash []byte) error {
	_, err := tx.Exec(`insert into point_card (province, id, number, token_hash, person, area, batch, issued, issued_ms, withdrawn_ms, actor)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10)`,
		sc.Province(), c.ID, c.Number, hash, c.Person, c.Area, c.Batch, c.Issued, store.Millis(c.At), c.Actor)
	return err
}

// withdrawCard notes when a card was withdrawn and reports whether it still stood.
func withdrawCard(tx *store.Tx, sc auth.Scope, i id.ID) (bool, error) {
	n, err := tx.Exec("update point_card set withdrawn_ms = $3 where province = $1 and id = $2 and withdrawn_ms = 0",
		sc.Province(), i, store.Millis(sc.Now()))
	return n == 1, err
}

// countNumber returns 1 when a card has the number.
func countNumber(tx *store.Tx, sc auth.Scope, n int64) (int64, error) {
	return store.One(tx.Context(), tx, store.Int, "select count(*) from point_card where province = $1 and number = $2", sc.Province(), n)
}

// cardHolders returns which of the people have a card.
func cardHolders(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (map[id.ID]bool, error) {
	holders := map[id.ID]bool{}
	return holders, store.EachPart(sc.Province(), people, func(marks string, args []any) error {
		return store.Each(ctx, q, func(s store.Scan) error {
			var i id.ID
			err := s(&i)
			holders[i] = true
			return err
		}, "select person from point_card where province = $1 and person in ("+marks+")", args...)
	})
}

// deleteCards removes the cards that ended: withdrawn before a moment, or issued before a day.
func deleteCards(tx *store.Tx, sc auth.Scope, withdrawn time.Time, issued day.Day) (int64, error) {
	return tx.Exec(`delete from point_card where province = $1 and (withdrawn_ms > 0 and withdrawn_ms < $2 or issued < $3)`,
		sc.Province(), store.Millis(withdrawn), issued)
}
