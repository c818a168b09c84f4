package store_test

import (
	"testing"

	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

// What is planned for its values answers as anything else does, in and outside a
// transaction, and leaves no plan for any values behind.
func TestPlanned(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		const text = "select n + $1 from (select 1 as n union all select 2) x where n > $2 order by n"
		same := func(q store.Querier) {
			t.Helper()
			for at := range int64(3) {
				got, err := store.All(t.Context(), store.Planned(q), store.Int, text, 10, at)
				if err != nil || int64(len(got)) != 2-at || at < 2 && got[0] != 11+at {
					t.Errorf("after %d: %v, %v", at, got, err)
				}
			}
		}
		same(db)
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			same(tx)
			if tx.Engine() != store.Postgres {
				return nil
			}
			for want, q := range []store.Querier{store.Planned(tx), tx} {
				if _, err := store.All(t.Context(), q, store.Int, text, 10, 0); err != nil {
					return err
				}
				kept, err := store.One(t.Context(), tx, store.Int, "select count(*) from pg_prepared_statements where statement = $1", text)
				if err != nil || kept != int64(want) {
					t.Errorf("%d plans are kept, want %d; %v", kept, want, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
