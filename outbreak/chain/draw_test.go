package chain_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"khien/kernel/day"
	"khien/outbreak/chain"
)

var ink = chain.Ink{Line: "#88a", Second: "#c80", Dot: "#258", Spread: "#a12", Ring: "#c80", Text: "#222"}

// tangled has trees, second sources, rings, self-loops and ids that nobody told.
func tangled(seed uint64, n, more int) *chain.Graph {
	r := rand.New(rand.NewPCG(seed, 9))
	var cs []chain.Case
	var es []chain.Edge
	for i := range n {
		c := chain.Case{ID: fmt.Sprint("BN", i)}
		if r.IntN(5) > 0 {
			c.Onset = day.Day(44000 + i/40 + r.IntN(5))
		}
		cs = append(cs, c)
		if i > 0 && r.IntN(4) > 0 {
			es = append(es, chain.Edge{From: fmt.Sprint("BN", max(0, i-1-r.IntN(60))), To: c.ID})
		}
	}
	for range more {
		es = append(es, chain.Edge{From: fmt.Sprint("BN", r.IntN(n+3)), To: fmt.Sprint("BN", r.IntN(n))})
	}
	return chain.New(cs, es)
}

// Every case with an edge has a place of its own, and every edge leads from place to place.
func TestLayoutKeepsAll(t *testing.T) {
	for seed := range uint64(60) {
		g := tangled(seed, 80, 25)
		l, f := g.Layout(), g.Figures()
		places, ids := map[[2]int32]bool{}, map[string]bool{}
		for _, n := range l.Nodes {
			if n.X < 0 || int(n.X) >= l.Days || n.Y < 0 || int(n.Y) >= l.Rows {
				t.Fatalf("seed %d: %+v lies outside %d × %d", seed, n, l.Days, l.Rows)
			}
			if places[[2]int32{n.X, n.Y}] {
				t.Fatalf("seed %d: %+v stands on another", seed, n)
			}
			places[[2]int32{n.X, n.Y}], ids[n.ID] = true, true
		}
		if len(ids)+l.Alone != f.Cases+len(f.Dangling) || len(l.Links) != f.Edges {
			t.Fatalf("seed %d: %d placed, %d alone of %d; %d links of %d", seed, len(ids), l.Alone, f.Cases+len(f.Dangling), len(l.Links), f.Edges)
		}
		for _, k := range l.Links {
			if !places[[2]int32{k.FromX, k.FromY}] || !places[[2]int32{k.ToX, k.ToY}] {
				t.Fatalf("seed %d: %+v leads nowhere", seed, k)
			}
		}
	}
}

// Every tile at every level is well-formed and small, whatever the ids say.
func TestTiles(t *testing.T) {
	cs := []chain.Case{{ID: `<script>"&'`, Onset: 44000}, {ID: "b", Onset: 44001}}
	hostile := chain.New(cs, []chain.Edge{{From: cs[0].ID, To: "b"}}).Layout()
	big := tangled(1, 20_000, 3_000).Layout()
	for level := range chain.LevelMost + 1 {
		wellFormed(t, hostile, chain.Level(level, 0, 0))
		v := chain.Level(level, 0, 0)
		for ty := 0; float64(ty*chain.TilePx) < float64(big.Rows)*v.RowPx && ty < 6; ty++ {
			if n := wellFormed(t, big, chain.Level(level, 0, ty)); n > 200<<10 {
				t.Errorf("level %d, tile %d: %d bytes", level, ty, n)
			}
		}
	}
}

func wellFormed(t *testing.T, l *chain.Layout, v chain.View) int {
	t.Helper()
	var b strings.Builder
	if err := l.Draw(&b, v, ink); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return b.Len()
		} else if err != nil {
			t.Fatalf("%v in %.200s", err, b.String())
		}
	}
}

// Whoever is drawn is found where they are drawn.
func TestAt(t *testing.T) {
	l := tangled(2, 50, 0).Layout()
	v := chain.Level(chain.LevelMost, 0, 0)
	v.Height, v.Width = l.Rows*16, l.Days*16
	for _, n := range l.Nodes {
		got, ok := l.At(v, (float64(n.X)+0.5)*v.DayPx, (float64(n.Y)+0.5)*v.RowPx)
		if !ok || got.X != n.X || got.Y != n.Y {
			t.Errorf("got %+v, %v, want %+v", got, ok, n)
		}
	}
	if n, ok := l.At(v, -500, -500); ok {
		t.Errorf("nobody is there, got %+v", n)
	}
}

func BenchmarkLayout(b *testing.B) {
	g := tangled(1, 22_000, 2_000)
	var l *chain.Layout
	b.Run("layout", func(b *testing.B) {
		for b.Loop() {
			l = g.Layout()
		}
	})
	for level := range chain.LevelMost + 1 {
		b.Run(fmt.Sprint("tile", level), func(b *testing.B) {
			for b.Loop() {
				_ = l.Draw(io.Discard, chain.Level(level, 0, 0), ink)
			}
		})
	}
	if path := os.Getenv("CHAIN_SVG"); path != "" {
		f, _ := os.Create(path)
		v := chain.Level(4, 0, 0)
		v.Width, v.Height = 1400, 900
		_ = l.Draw(f, v, ink)
		_ = f.Close()
	}
}
