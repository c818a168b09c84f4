package store_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

// Rows whose id stands are left alone and said so, also within one call.
func TestFreshInsert(t *testing.T) {
	table := []storetest.Line{{Name: "fresh", Files: fstest.MapFS{"00001_fresh.sql": {Data: []byte(`-- +goose Up
create table fresh_row (province smallint not null, id uuid not null, other uuid, n bigint not null, word text not null, primary key (province, id));
`)}}}}
	f := store.Fresh{Table: "fresh_row", Columns: []store.Column{{Name: "province", Type: "smallint"}, {Name: "id", Type: "uuid"},
		{Name: "other", Type: "uuid"}, {Name: "n", Type: "bigint"}, {Name: "word", Type: "text"}}}
	storetest.Each(t, table, func(t *testing.T, db *store.DB) {
		a, b := id.New(), id.New()
		insert := func(rows ...[]any) (fresh []bool) {
			t.Helper()
			err := db.Tx(t.Context(), func(tx *store.Tx) (err error) {
				fresh, err = f.Insert(tx, rows)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return fresh
		}
		if got := insert([]any{20, a, id.ID{}, 1, "một"}, []any{20, a, b, 2, "hai"}); !slices.Equal(got, []bool{true, false}) {
			t.Errorf("twice in one call: got %v", got)
		}
		if got := insert([]any{20, b, a, int64(3), "ba"}, []any{20, a, b, 4, "bốn"}); !slices.Equal(got, []bool{true, false}) {
			t.Errorf("again: got %v", got)
		}
		sum, err := store.One(t.Context(), db, store.Int, "select sum(n) from fresh_row where province = 20")
		if err != nil || sum != 4 {
			t.Errorf("sum %d, %v, want 4: the first of each", sum, err)
		}
	})
}
