package store_test

import (
	"testing"

	"khien/kernel/store"
)

// Parameters lose their names only where the place says the same.
func TestUnnamed(t *testing.T) {
	for text, want := range map[string]string{
		"select 1": "select 1",
		"select a from t where b = $1 and c in ($2, $3)":          "select a from t where b = ? and c in (?, ?)",
		"select a from t where b = cast($1 as bigint) and c < $2": "select a from t where b = cast(? as bigint) and c < ?",
		"$1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11":                      "? ? ? ? ? ? ? ? ? ? ?",
		"select 'it''s', $1":                                      "select 'it''s', ?",
		"update t set a = $2 where b = $1":                        "update t set a = $2 where b = $1",
		"select a from t where b = $1 or c = $1":                  "select a from t where b = $1 or c = $1",
		"select a from t where b = $1 or c = $3":                  "select a from t where b = $1 or c = $3",
		"select a from t where b = $10":                           "select a from t where b = $10",
		"select '$1', $2":                                         "select '$1', $2",
		"select \"$1\" from t where b = $2":                       "select \"$1\" from t where b = $2",
		"select a from t where b = $1 and c = '?'":                "select a from t where b = $1 and c = '?'",
	} {
		if got := store.Unnamed(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
