package epimap

import (
	"slices"

	"khien/kernel/day"
)

// tail is how many days a mark stands for: the longest window shown, so that a
// window with a pending case in it does not say "0".
const tail = 14

// cell is the true count of a unit and a day, and how much of it is out in batches.
type cell struct {
	day             day.Day
	cases, released int
}

func (c cell) rest() int { return c.cases - c.released }

// batch is a public number of unannounced cases: a multiple of k, put on one day.
type batch struct {
	day   day.Day
	cases int
}

// mark says in public that a unit has pending cases. It covers tail days from
// since on, and all days from again on; again is 0 until a pending case lies
// beyond the tail. The zero mark is none.
type mark struct{ since, again day.Day }

// unit is all that is known of one recording area beyond its horizon: cells and
// batches in the order of their days, each day once.
type unit struct {
	cells   []cell
	batches []batch
	mark    mark
}

func (u *unit) pending() int {
	p := 0
	for _, c := range u.cells {
		p += c.rest()
	}
	return p
}

// settle brings the public side of the unit (batches, mark) up to its cells: see
// the package manual for the rule. What an announcement covers is taken out; a
// batch that vanishes stays as one of 0 cases.
func (u *unit) settle(k int, horizon, today day.Day) {
	u.cells = slices.DeleteFunc(u.cells, func(c cell) bool { return c.day <= horizon })
	for i := range u.batches {
		if u.batches[i].day <= horizon {
			u.batches[i].cases = 0
		}
	}
	if u.mark.since <= horizon {
		u.mark = mark{}
	}
	switch whole := u.pending() / k * k; {
	case whole > 0:
		u.release(whole, max(today, horizon+1))
		u.mark = mark{}
	case whole < 0:
		u.withdraw(-whole)
	}
	u.remark(k)
}

// release puts n pending cases out as one batch, the earliest first, on the day
// of the latest of them, or on the day latest if that is earlier. Corrections
// that wait are settled against them.
func (u *unit) release(n int, latest day.Day) {
	need := n
	for i, c := range u.cells {
		if r := c.rest(); r < 0 {
			u.cells[i].released += r
			need -= r
		}
	}
	var on day.Day
	for i, c := range u.cells {
		if take := min(need, c.rest()); take > 0 {
			u.cells[i].released += take
			need -= take
			on = c.day
		}
	}
	on = min(on, latest)
	at, found := slices.BinarySearchFunc(u.batches, on, func(b batch, d day.Day) int { return int(b.day - d) })
	if !found {
		u.batches = slices.Insert(u.batches, at, batch{day: on})
	}
	u.batches[at].cases += n
}

// withdraw takes n cases back out of batches: from the first one on or after the
// earliest correction onwards, then from those before. What no batch holds any
// more (an announcement took it) stays pending.
func (u *unit) withdraw(n int) {
	first := u.cells[slices.IndexFunc(u.cells, func(c cell) bool { return c.rest() < 0 })].day
	from := len(u.batches)
	if i := slices.IndexFunc(u.batches, func(b batch) bool { return b.day >= first }); i >= 0 {
		from = i
	}
	taken := 0
	take := func(i int) {
		t := min(n-taken, u.batches[i].cases)
		u.batches[i].cases -= t
		taken += t
	}
	for i := from; i < len(u.batches); i++ {
		take(i)
	}
	for i := from - 1; i >= 0; i-- {
		take(i)
	}
	for i, c := range u.cells {
		if back := min(taken, -c.rest()); back > 0 {
			u.cells[i].released -= back
			taken -= back
		}
	}
}

// remark puts up, keeps or takes away the mark. With k of 3 a second period of
// the mark would say that there are exactly two cases; there is none then.
func (u *unit) remark(k int) {
	if u.pending() <= 0 {
		u.mark = mark{}
		return
	}
	for _, c := range u.cells {
		switch {
		case c.rest() <= 0:
		case u.mark.since == 0:
			u.mark.since = c.day
		case k > 3 && u.mark.again == 0 && c.day >= u.mark.since+tail:
			u.mark.again = c.day
		}
	}
}
