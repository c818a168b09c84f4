package main

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"strings"

	"khien/kernel/area"
)

// links says what became of every unit of 2021 that is known to have become something.
type links struct {
	old, new units
	to       map[string]map[string]string // old number -> new number -> how it is known
}

// How a link is known, best first. A unit keeps only the links of its best kind.
var hows = []string{"hand", "name", "code"}

// succeed joins the two editions. A row of the package counts when its old
// unit is the same unit of 2021 by number and name ("name": also by name alone,
// where the row has no number); then when only the number agrees, because the
// unit was renamed or merged in between and kept it ("code"). A row that leads into another province than its neighbours' is dropped.
func succeed(old units, b *book, fixes *corrections) *links {
	l := &links{old: old, new: b.units, to: map[string]map[string]string{}}
	oldBy, newBy := index(old), index(b.units)
	for _, r := range b.rows {
		to := b.target(r, newBy)
		if to == "" {
			continue
		}
		u := old[r.OldCode]
		switch {
		case u != nil && sameName(u, r.OldName) && sameDistrict(old, u, r.OldDistrict):
			l.add(r.OldCode, to, "name")
		case u != nil:
			l.add(r.OldCode, to, "code")
		}
		if from := oldBy[key(r.OldProvince, r.OldDistrict, r.OldName)]; len(from) == 1 {
			l.add(from[0], to, "name")
		}
	}
	l.dropStrays()
	for n, to := range fixes.successors() {
		l.to[n] = map[string]string{}
		for _, t := range to {
			l.add(n, t, "hand")
		}
	}
	l.provinces()
	return l
}

// target is the row's new unit: by name within its province, else by number.
func (b *book) target(r mapping, newBy map[string][]string) string {
	if to := newBy[key(r.NewProvince, "", r.NewName)]; len(to) == 1 {
		return to[0]
	}
	if b.units[r.NewCode] != nil {
		return r.NewCode
	}
	return ""
}

func (l *links) add(from, to, how string) {
	m := l.to[from]
	if m == nil {
		m = map[string]string{}
		l.to[from] = m
	}
	if was, ok := m[to]; !ok || rank(how) < rank(was) {
		m[to] = how
	}
}

func rank(how string) int {
	for i, h := range hows {
		if h == how {
			return i
		}
	}
	return len(hows)
}

// dropStrays drops links out of the province that most of the old province
// went to, and links known less well than the unit's best.
func (l *links) dropStrays() {
	votes := map[string]map[string]int{}
	for from, tos := range l.to {
		p := l.old.province(from)
		if votes[p] == nil {
			votes[p] = map[string]int{}
		}
		for to := range tos {
			votes[p][l.new.province(to)]++
		}
	}
	for from, tos := range l.to {
		home, best := winner(votes[l.old.province(from)]), len(hows)
		for to, how := range tos {
			if l.new.province(to) != home {
				delete(tos, to)
			} else {
				best = min(best, rank(how))
			}
		}
		for to, how := range tos {
			if rank(how) > best {
				delete(tos, to)
			}
		}
		if len(tos) == 0 {
			delete(l.to, from)
		}
	}
}

// provinces links every province of 2021 to the one that its communes went to:
// Resolution 202/2025/QH15 merged provinces whole.
func (l *links) provinces() {
	votes := map[string]map[string]int{}
	for from, tos := range l.to {
		for to := range tos {
			p := l.old.province(from)
			if votes[p] == nil {
				votes[p] = map[string]int{}
			}
			votes[p][l.new.province(to)]++
		}
	}
	for p, v := range votes {
		l.add(p, winner(v), "name")
	}
}

func winner(votes map[string]int) string {
	best := ""
	for k, n := range votes {
		if best == "" || n > votes[best] || n == votes[best] && k < best {
			best = k
		}
	}
	return best
}

func (us units) province(n string) string {
	for us[n] != nil && us[n].parent != "" {
		n = us[n].parent
	}
	return n
}

// index finds communes by folded province, district and full name.
func index(us units) map[string][]string {
	by := map[string][]string{}
	for n, u := range us {
		if len(n) != 5 {
			continue
		}
		p, d := us[us.province(n)], ""
		if u.parent != p.number {
			d = us[u.parent].full()
		}
		k := key(p.full(), d, u.full())
		by[k] = append(by[k], n)
	}
	return by
}

func key(province, district, commune string) string {
	p := area.Fold(province)
	for _, kind := range []string{"tinh ", "thanh pho "} {
		p = strings.TrimPrefix(p, kind)
	}
	return p + "/" + spell(district) + "/" + spell(commune)
}

// spell evens out what the two packages write differently: the place of the tone, and 01 for 1.
func spell(s string) string {
	f := strings.Fields(area.Spelling(s))
	for i := range f {
		if t := strings.TrimLeft(f[i], "0"); t != "" {
			f[i] = t
		}
	}
	return strings.Join(f, " ")
}

func sameName(u *unit, full string) bool { return spell(u.full()) == spell(full) }

func sameDistrict(us units, u *unit, full string) bool {
	return spell(us[u.parent].full()) == spell(full) || spell(us[u.parent].name) == spell(strings.TrimSpace(cutKind(full)))
}

func cutKind(full string) string {
	for _, k := range []string{"Thành phố ", "Thị xã ", "Huyện ", "Quận "} {
		if s, ok := strings.CutPrefix(full, k); ok {
			return s
		}
	}
	return full
}

func (l *links) encode() []byte {
	var b bytes.Buffer
	for _, from := range sorted(l.to) {
		tos := sorted(l.to[from])
		fmt.Fprintf(&b, "%s\t%s\n", from, strings.Join(tos, ","))
	}
	return b.Bytes()
}

func sorted[V any](m map[string]V) []string {
	ks := make([]string, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	sort.Strings(ks)
	return ks
}

// report says how many communes are linked, how, and which are not.
func (l *links) report(w io.Writer) {
	count, reached := map[string]int{}, map[string]bool{}
	for _, n := range sorted(l.old) {
		if len(n) != 5 {
			continue
		}
		how := "none"
		for to, h := range l.to[n] {
			how, reached[to] = h, true
		}
		count[how]++
		if how == "none" {
			u := l.old[n]
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", how, n, u.full(), l.old[u.parent].full(), l.old[l.old.province(n)].name)
		}
	}
	for _, n := range sorted(l.new) {
		if len(n) == 5 && !reached[n] {
			fmt.Fprintf(w, "unreached\t%s\t%s\n", n, l.new[n].full())
		}
	}
	fmt.Fprintln(w, "communes of 2021 by how their successor is known:", count)
}
