package garbage

import (
	"runtime/debug"
	"testing"
)

func set() int {
	p := debug.SetGCPercent(100)
	debug.SetGCPercent(p)
	return p
}

// TestMostAtHandDecides holds that the work that may leave most decides, that what
// was set before stands again when none is left, and that an end counts once.
func TestMostAtHandDecides(t *testing.T) {
	t.Setenv("GOGC", "")
	defer debug.SetGCPercent(debug.SetGCPercent(70))
	small := Work{least: 120, most: 120}
	large := Work{least: 300, most: 300}
	first, second, third := Rarely(small), Rarely(large), Rarely(large)
	for _, step := range []struct {
		end  func()
		left int
	}{{func() {}, 300}, {second, 300}, {second, 300}, {third, 120}, {first, 70}} {
		if step.end(); set() != step.left {
			t.Fatalf("%d per cent, not %d", set(), step.left)
		}
	}
	if Rarely(large)(); set() != 70 {
		t.Errorf("%d per cent are left of a second time, not 70", set())
	}
}

// TestWhoSetsGOGCDecides leaves alone what the administrator has chosen.
func TestWhoSetsGOGCDecides(t *testing.T) {
	t.Setenv("GOGC", "50")
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	end := Rarely(Serving)
	if set() != 50 {
		t.Errorf("%d per cent, not the 50 chosen", set())
	}
	end()
}

// TestPercent bounds what stands by bytes, on heaps from nothing to gigabytes.
func TestPercent(t *testing.T) {
	for _, c := range []struct {
		w    Work
		live uint64
		want int
	}{
		{Serving, 0, 400}, {Serving, 1 << 20, 400}, {Serving, 64 << 20, 200}, {Serving, 1 << 30, 100},
		{Importing, 96 << 20, 400}, {Importing, 384 << 20, 100}, {Importing, 3 << 30, 12}, {Importing, 64 << 30, 10},
	} {
		if got := c.w.percent(c.live); got != c.want {
			t.Errorf("%+v on %d bytes: %d per cent, not %d", c.w, c.live, got, c.want)
		}
	}
}
