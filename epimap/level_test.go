package epimap_test

import (
	"strings"
	"testing"

	"khien/kernel/event"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

// What the committee has decided is shown from its day on, in the table and on the
// area's page, and goes when it is taken back; it touches no number.
func TestLevels(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		c := newClock() // 2021-06-01
		n := newNode(t, db, c)
		n.tell(t, cases(5, yenVuong, may1)...)
		before := n.texts(t, "", yenVuong)
		page := func() string { return n.get(t, "/area/"+yenVuong.String()) }
		if strings.Contains(page(), "badge-level") {
			t.Error("a level before any was decided")
		}
		n.tell(t, event.LevelDecided{Area: yenVuong, Level: 3, From: may1 + 10})
		n.tell(t, event.LevelDecided{Area: yenVuong, Level: 2, From: may1 + 40}) // June 10: not yet
		wantHas(t, "the area's page", page(), "badge-level-3", "3 · Cao", "11/05/2021")
		wantHas(t, "the table", n.get(t, "/"), "badge-level-3")
		if got := n.texts(t, "", yenVuong); got != before {
			t.Errorf("numbers: got %q, want %q", got, before)
		}
		if old := n.get(t, "/area/"+yenVuong.String()+"?day=2021-05-01"); strings.Contains(old, "badge-level") && !strings.Contains(old, "3 · Cao") {
			t.Error("a level that was not in force yet")
		}
		c.add(15 * 24 * 3600e9)
		wantHas(t, "the area's page on its day", page(), "badge-level-2")
		n.tell(t, event.LevelDecided{Area: yenVuong, Level: 0, From: may1 + 40})
		wantHas(t, "taken back", page(), "badge-level-3")
	})
}
