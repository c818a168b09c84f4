package event_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

// A listener that hears in batches hears all, in order, in few transactions; one
// fact that it refuses holds back what follows and nothing before it.
func TestHearAll(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		const facts = 450
		for n := range facts {
			tell(t, db, n, "same")
		}
		l, calls, refuse := recorder("a"), 0, true
		hear := l.Hear
		l.Hear, l.HearAll = nil, func(ctx context.Context, tx *store.Tx, fs []event.Fact) error {
			calls++
			for _, f := range fs {
				if b, _ := event.Decode[numbered](f); b.N == 420 && refuse {
					return errors.New("not now")
				}
				if err := hear(ctx, tx, f); err != nil {
					return err
				}
			}
			return nil
		}
		if err := bus(db).Drain(t.Context(), l); err == nil {
			t.Error("the refusal was not reported")
		}
		if got := heard(t, db, "a"); len(got) != 420 {
			t.Errorf("heard %d before the refused one, want 420", len(got))
		}
		refuse, calls = false, 0
		if err := bus(db).Drain(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if got := heard(t, db, "a"); len(got) != facts || calls != 1 {
			t.Errorf("heard %d in %d calls, want %d in 1", len(got), calls, facts)
		}
	})
}

// A batch of visits comes out of its packed form as it went in.
func TestVisitsRecordedPacked(t *testing.T) {
	at := time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)
	want := event.VisitsRecorded{Lane: 1}
	for i, how := range event.Hows {
		want.Visits = append(want.Visits, event.Visited{Visit: id.New(), Place: id.New(), Person: id.New(), Area: 20252000000000000,
			From: at.Add(time.Duration(i) * time.Hour), To: at.Add(40 * time.Hour), How: how, Left: i%2 == 0})
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got event.VisitsRecorded
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if each := len(b) / len(want.Visits); each > 95 {
		t.Errorf("%d bytes a visit", each)
	}
	for _, bad := range []string{`{"v1":"AAA"}`, `{"v1":"!"}`, `{"v1":1}`, `[]`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

// Whatever stands in a payload is read or refused, and what is read is written the same.
func FuzzVisitsRecorded(f *testing.F) {
	f.Add([]byte(`{"lane":0,"v1":""}`))
	b, err := json.Marshal(event.VisitsRecorded{Visits: []event.Visited{{Visit: id.New(), Place: id.New(), Person: id.New(), From: time.Unix(1, 0), To: time.Unix(2, 0), How: event.ByCard}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var v event.VisitsRecorded
		if json.Unmarshal(b, &v) != nil {
			return
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var w event.VisitsRecorded
		if err := json.Unmarshal(again, &w); err != nil || !cmp.Equal(v, w) {
			t.Errorf("%v: %v", err, cmp.Diff(v, w))
		}
	})
}
