package trace_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/outbreak/trace"
)

// Of gives a person's presences that touch the window, sealed ones and new ones.
func TestLiveOf(t *testing.T) {
	l := trace.NewLive(epoch.Time())
	stay := func(locus uint32, from, to trace.Minute) trace.Stay {
		return trace.Stay{Person: idOf('p', 1), Locus: idOf('l', locus), Kind: 2, From: (epoch + from).Time(), To: (epoch + to).Time()}
	}
	l.Add(stay(1, 0, 10), stay(2, 20, 40))
	l.Seal(epoch.Time())
	l.Add(stay(3, 5, 30))
	got := l.Of(idOf('p', 1), (epoch + 10).Time(), (epoch + 25).Time())
	if d := cmp.Diff([]trace.Stay{stay(3, 5, 30), stay(2, 20, 40)}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if got := l.Of(idOf('p', 9), time.Time{}, time.Now()); got != nil {
		t.Errorf("a stranger: got %v", got)
	}
}
