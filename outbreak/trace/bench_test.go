package trace_test

import (
	"testing"

	"khien/outbreak/trace"
	"khien/sim"
)

func BenchmarkProvince(b *testing.B) {
	crowd := sim.Province(10_000_000)
	var ps []trace.Presence
	for _, p := range crowd.Invent() {
		ps = append(ps, trace.Presence{Person: p.Person, Locus: p.Locus, From: epoch + trace.Minute(p.From), To: epoch + trace.Minute(p.To)})
	}
	kinds := make([]trace.Kind, crowd.Loci)
	x, err := trace.Build(ps, crowd.People, kinds)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			_, _ = trace.Build(ps, crowd.People, kinds)
		}
	})
	a := trace.NewAsker(x)
	w := trace.Window{From: epoch, To: epoch + 16*1440}
	for name, rule := range map[string]trace.Rule{"1min": trace.Same(1), "15min": trace.Same(15)} {
		b.Run("f1/"+name, func(b *testing.B) {
			n, k := 0, 0
			for b.Loop() {
				n += len(a.First(uint32(k*7919%crowd.People), w, &rule))
				k++
			}
			b.ReportMetric(float64(n)/float64(k), "f1")
		})
		b.Run("f2/"+name, func(b *testing.B) {
			n, k := 0, 0
			for b.Loop() {
				p := uint32(k * 7919 % crowd.People)
				n += len(a.Second(p, a.First(p, w, &rule), w.To, &rule))
				k++
			}
			b.ReportMetric(float64(n)/float64(k), "f2")
		})
	}
}
