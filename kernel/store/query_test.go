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

// Of any number of values, all are asked for, in a few texts.
func TestMarks(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		texts := map[string]bool{}
		for n := range 450 {
			all := make([]int64, n)
			for i := range all {
				all[i] = int64(i + 1)
			}
			sum := int64(0)
			err := store.EachPart(7, all, func(marks string, args []any) error {
				texts[marks] = true
				got, err := store.One(t.Context(), db, store.Int, "select coalesce(sum(n), 0) from (select 3 as n union all select 150 union all select 449) x where $1 = 7 and n in ("+marks+")", args...)
				sum += got
				return err
			})
			want := int64(0)
			for _, v := range []int64{3, 150, 449} {
				if v <= int64(n) {
					want += v
				}
			}
			if err != nil || sum != want {
				t.Fatalf("of %d: %d, %v; want %d", n, sum, err, want)
			}
		}
		if marks, args := store.Marks(nil, []any{7}, store.Same[int]); marks != "null" || len(args) != 1 {
			t.Errorf("of none: %s, %v", marks, args)
		}
		if len(texts) > 5 {
			t.Errorf("%d texts", len(texts))
		}
	})
}
