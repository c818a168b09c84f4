package audit_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

var lines = []storetest.Line{{Name: "audit", Files: audit.Migrations()}}

var at = time.Date(2021, 5, 14, 7, 30, 0, 0, time.UTC)

func entry(province, n int) audit.Entry {
	return audit.Entry{Province: province, At: at.Add(time.Duration(n) * time.Minute), Actor: id.New(), ActorKind: "account", Act: "case.read",
		ObjectKind: "case", ObjectID: fmt.Sprint("c", n), Area: 20212018606412000, Purpose: "trace", Detail: map[string]any{"n": n}}
}

func write(t *testing.T, db *store.DB, es ...audit.Entry) {
	t.Helper()
	err := db.Tx(context.Background(), func(tx *store.Tx) error {
		for _, e := range es {
			if err := audit.Append(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, db *store.DB, province int, noted audit.Head) audit.Report {
	t.Helper()
	r, err := audit.Verify(t.Context(), db, province, noted)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each tampering gets a province of its own with ten rows.
func TestVerifyFindsTampering(t *testing.T) {
	const row = "where province = $1 and seq = "
	tests := []struct {
		name  string
		texts []string
		bad   int64
		flaw  audit.Flaw
	}{
		{"untouched", nil, 0, ""},
		{"seq", []string{"update audit_entry set seq = 1000 " + row + "4"}, 4, audit.Removed},
		{"id", []string{"update audit_entry set id = (select e.id from audit_entry e where e.province = $1 and e.seq = 5) " + row + "4"}, 4, audit.Changed},
		{"at_ms", []string{"update audit_entry set at_ms = at_ms + 1 " + row + "4"}, 4, audit.Changed},
		{"actor", []string{"update audit_entry set actor = (select e.actor from audit_entry e where e.province = $1 and e.seq = 5) " + row + "4"}, 4, audit.Changed},
		{"actor gone", []string{"update audit_entry set actor = null " + row + "4"}, 4, audit.Changed},
		{"actor_kind", []string{"update audit_entry set actor_kind = 'accounu' " + row + "4"}, 4, audit.Changed},
		{"act", []string{"update audit_entry set act = 'case.reae' " + row + "4"}, 4, audit.Changed},
		{"object_kind", []string{"update audit_entry set object_kind = 'casf' " + row + "4"}, 4, audit.Changed},
		{"object_id", []string{"update audit_entry set object_id = 'c9' " + row + "4"}, 4, audit.Changed},
		{"area", []string{"update audit_entry set area = area + 1 " + row + "4"}, 4, audit.Changed},
		{"purpose", []string{"update audit_entry set purpose = 'tracf' " + row + "4"}, 4, audit.Changed},
		{"detail", []string{"update audit_entry set detail = '{\"n\":7}' " + row + "4"}, 4, audit.Changed},
		{"a letter moved to the next column", []string{"update audit_entry set act = 'case.rea', object_kind = 'dcase' " + row + "4"}, 4, audit.Changed},
		{"hash", []string{"update audit_entry set hash = (select h.hash from audit_head h where h.province = $1) " + row + "4"}, 4, audit.Changed},
		{"last hash and head alike", []string{
			"update audit_entry set hash = (select e.hash from audit_entry e where e.province = $1 and e.seq = 3) " + row + "10",
			"update audit_head set hash = (select e.hash from audit_entry e where e.province = $1 and e.seq = 3) where province = $1",
		}, 10, audit.Changed},
		{"first removed", []string{"delete from audit_entry " + row + "1"}, 1, audit.Removed},
		{"middle removed", []string{"delete from audit_entry " + row + "6"}, 6, audit.Removed},
		{"middle removed and closed up", []string{
			"delete from audit_entry " + row + "6",
			"update audit_entry set seq = 6 " + row + "7", "update audit_entry set seq = 7 " + row + "8",
			"update audit_entry set seq = 8 " + row + "9", "update audit_entry set seq = 9 " + row + "10",
			"update audit_head set seq = 9 where province = $1",
		}, 6, audit.Changed},
		{"tail removed", []string{"delete from audit_entry where province = $1 and seq > 7"}, 8, audit.Removed},
		{"all removed", []string{"delete from audit_entry where province = $1"}, 1, audit.Removed},
		{"two swapped", []string{
			"update audit_entry set seq = 0 " + row + "5", "update audit_entry set seq = 5 " + row + "6", "update audit_entry set seq = 6 " + row + "0",
		}, 5, audit.Changed},
		{"copied behind the end", []string{`insert into audit_entry (province, seq, id, at_ms, actor, actor_kind, act, object_kind, object_id, area, purpose, detail, hash)
select province, 11, id, at_ms, actor, actor_kind, act, object_kind, object_id, area, purpose, detail, hash from audit_entry ` + row + "10"}, 11, audit.Inserted},
		{"copied before the start", []string{`insert into audit_entry (province, seq, id, at_ms, actor, actor_kind, act, object_kind, object_id, area, purpose, detail, hash)
select province, 0, id, at_ms, actor, actor_kind, act, object_kind, object_id, area, purpose, detail, hash from audit_entry ` + row + "10"}, 0, audit.Inserted},
		{"head's number", []string{"update audit_head set seq = 9 where province = $1"}, 10, audit.Inserted},
		{"head's hash", []string{"update audit_head set hash = (select e.hash from audit_entry e where e.province = $1 and e.seq = 9) where province = $1"}, 10, audit.Headless},
		{"head gone", []string{"delete from audit_head where province = $1"}, 1, audit.Headless},
		{"moved to another province", []string{"update audit_entry set province = 99 " + row + "3"}, 3, audit.Removed},
	}
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		for i, tt := range tests {
			province := i + 1
			for n := range 10 {
				write(t, db, entry(province, n))
			}
			err := db.Tx(t.Context(), func(tx *store.Tx) error {
				for _, text := range tt.texts {
					if n, err := tx.Exec(text, province); err != nil || n == 0 {
						return fmt.Errorf("%d rows by %q: %w", n, text, err)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			r := verify(t, db, province, audit.Head{})
			if r.Bad != tt.bad || r.Flaw != tt.flaw || r.OK() != (tt.flaw == "") {
				t.Errorf("%s: got %d %q, want %d %q", tt.name, r.Bad, r.Flaw, tt.bad, tt.flaw)
			}
		}
	})
}

// Someone who rewrites the whole chain is found by a head that was noted before.
func TestVerifyAgainstNotedHead(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		write(t, db, entry(20, 1), entry(20, 2))
		noted, err := audit.ParseHead(verify(t, db, 20, audit.Head{}).Head.String())
		if err != nil {
			t.Fatal(err)
		}
		write(t, db, entry(20, 3))
		if r := verify(t, db, 20, noted); !r.OK() || r.Rows != 3 {
			t.Errorf("grown chain: got %+v", r)
		}
		wipe := func() {
			_ = db.Tx(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec("delete from audit_entry where province = 20")
				if err == nil {
					_, err = tx.Exec("delete from audit_head where province = 20")
				}
				return err
			})
		}
		wipe()
		if r := verify(t, db, 20, noted); r.Bad != 1 || r.Flaw != audit.Removed {
			t.Errorf("emptied: got %+v", r)
		}
		write(t, db, entry(20, 7))
		if r := verify(t, db, 20, noted); r.Bad != 2 || r.Flaw != audit.Removed {
			t.Errorf("shorter: got %+v", r)
		}
		write(t, db, entry(20, 8), entry(20, 9))
		if r := verify(t, db, 20, audit.Head{}); !r.OK() {
			t.Errorf("a rewritten chain is whole in itself: got %+v", r)
		}
		if r := verify(t, db, 20, noted); r.Bad != 2 || r.Flaw != audit.Rewritten {
			t.Errorf("rewritten: got %+v", r)
		}
	})
}

func TestConcurrentAppendsMakeOneChain(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				err := db.Tx(context.Background(), func(tx *store.Tx) error {
					for n := range 1 + i%3 {
						if err := audit.Append(tx, entry(20+n, i)); err != nil {
							return err
						}
					}
					if i%10 == 9 {
						return fmt.Errorf("undone")
					}
					return nil
				})
				if err != nil && i%10 != 9 {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for province, want := range map[int]int64{20: 90, 21: 60, 22: 30} {
			if r := verify(t, db, province, audit.Head{}); !r.OK() || r.Rows != want {
				t.Errorf("province %d: got %+v, want %d rows", province, r, want)
			}
		}
	})
}

func TestAppendInsideTheEndOfATransaction(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			tx.AtEnd(10, func() error { return audit.Append(tx, entry(20, 2)) })
			tx.AtEnd(30, func() error { return audit.Append(tx, entry(20, 3)) })
			return audit.Append(tx, entry(20, 1))
		})
		if err != nil {
			t.Fatal(err)
		}
		if r := verify(t, db, 20, audit.Head{}); !r.OK() || r.Rows != 3 {
			t.Errorf("got %+v", r)
		}
	})
}

func TestAppendRefusesWhatNobodyCouldRead(t *testing.T) {
	db := storetest.Open(t, store.Config{Dir: t.TempDir()}, lines)
	for name, spoil := range map[string]func(*audit.Entry){
		"no province": func(e *audit.Entry) { e.Province = 0 },
		"no time":     func(e *audit.Entry) { e.At = time.Time{} },
		"no act":      func(e *audit.Entry) { e.Act = "" },
		"no actor":    func(e *audit.Entry) { e.ActorKind = "" },
		"bad detail":  func(e *audit.Entry) { e.Detail = map[string]any{"f": func() {}} },
	} {
		e := entry(20, 1)
		spoil(&e)
		if err := db.Tx(t.Context(), func(tx *store.Tx) error { return audit.Append(tx, e) }); err == nil {
			t.Errorf("%s: got nil, want an error", name)
		}
	}
}

func TestListPagesAndFilters(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		var es []audit.Entry
		for n := range 25 {
			e := entry(20, n)
			e.Act = []string{"case.read", "case.write", "caseload"}[n%3]
			if n == 24 {
				e.Area, e.ObjectID, e.Purpose = 0, "odd\x00\xff", "100%"
			}
			es = append(es, e)
		}
		write(t, db, es...)
		write(t, db, entry(21, 1))
		s := auth.System(20, "test")
		list := func(f audit.Filter) (seqs []int64) {
			t.Helper()
			rows, err := audit.List(t.Context(), db, s, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				seqs = append(seqs, r.Seq)
			}
			return seqs
		}
		first := list(audit.Filter{Limit: 10})
		second := list(audit.Filter{Limit: 10, Before: first[9]})
		if fmt.Sprint(first, second) != "[25 24 23 22 21 20 19 18 17 16] [15 14 13 12 11 10 9 8 7 6]" {
			t.Errorf("got %v then %v", first, second)
		}
		for want, f := range map[int]audit.Filter{
			17: {Act: "case."}, 9: {Act: "case.read"}, 1: {Actor: es[3].Actor}, 5: {From: at, To: at.Add(5 * time.Minute)}, 0: {ActorKind: "system"},
		} {
			if got := len(list(f)); got != want {
				t.Errorf("%+v: got %d rows, want %d", f, got, want)
			}
		}
		rows, err := audit.List(t.Context(), db, s, audit.Filter{Limit: 1})
		if err != nil || rows[0].ObjectID != "odd\uFFFD" || rows[0].Text != `{"n":24}` || rows[0].Purpose != "100%" {
			t.Errorf("got %+v, %v", rows, err)
		}
		if _, err := audit.List(t.Context(), db, s, audit.Filter{Limit: 1000}); err == nil {
			t.Error("a page of 1000 rows was not refused")
		}
		if rows, err := audit.List(t.Context(), db, auth.Scope{}, audit.Filter{}); err != nil || rows != nil {
			t.Errorf("the zero scope saw %v, %v", rows, err)
		}
	})
}

func TestParseHead(t *testing.T) {
	good := "12:" + strings.Repeat("ab", 32)
	if h, err := audit.ParseHead(good); err != nil || h.String() != good {
		t.Errorf("got %v, %v", h, err)
	}
	for _, s := range []string{"", "12", "12:", "0:" + strings.Repeat("ab", 32), "-1:" + strings.Repeat("ab", 32), "12x:" + strings.Repeat("ab", 32), good + "ab"} {
		if _, err := audit.ParseHead(s); err == nil {
			t.Errorf("%q was read", s)
		}
	}
	var _ = area.Code(0)
}
