package person_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/sim"
)

// BenchmarkRegistry fills a registry with 100,000 people in SQLite, then
// registers them again as citizens write themselves, and looks them up.
// go test -run xxx -bench Registry -benchtime 1x ./kernel/person
func BenchmarkRegistry(b *testing.B) {
	n := 100_000
	if testing.Short() {
		n = 20_000
	}
	g := area.Load()
	humans, err := sim.People(g, 3, n)
	if err != nil {
		b.Fatal(err)
	}
	lang, _ := area.Of(area.Edition2021, "20", "", "")
	communes := g.Communes(lang)
	r := rand.New(rand.NewPCG(3, 1))
	clerks, citizens := make([]person.Person, n), make([]person.Person, n)
	for i, h := range humans {
		clerks[i] = sim.Clerk.Written(r, h.Person, kinOf(humans, i), communes)
		citizens[i] = sim.Citizen.Written(r, h.Person, kinOf(humans, i), communes)
	}
	for b.Loop() {
		db := storetest.Open(b, store.Config{Dir: b.TempDir()}, lines)
		s := person.New(person.Config{DB: db, Keys: secret.New(bytes.Repeat([]byte{7}, 32))})
		sc := auth.System(20, "bench")
		b.ReportMetric(registerAll(b, db, s, sc, clerks), "first/s")
		b.ReportMetric(registerAll(b, db, s, sc, citizens[:n/5]), "again/s")
		find(b, "paper", func(p person.Person) error {
			if len(p.Papers) == 0 {
				return nil
			}
			_, err := s.FindByPaper(b.Context(), db, sc, p.Papers[0].Number)
			return err
		}, clerks)
		find(b, "phone", func(p person.Person) error {
			if p.Phone == "" {
				return nil
			}
			_, err := s.FindByPhone(b.Context(), db, sc, p.Phone)
			return err
		}, clerks)
		find(b, "name", func(p person.Person) error {
			_, err := s.FindByName(b.Context(), db, sc, p.Name)
			return err
		}, clerks)
	}
}

func registerAll(b *testing.B, db *store.DB, s *person.Service, sc auth.Scope, people []person.Person) (perSecond float64) {
	start := time.Now()
	for batch := range slices.Chunk(people, 1_000) {
		err := db.Tx(context.Background(), func(tx *store.Tx) error {
			for _, p := range batch {
				p.ID = id.New()
				if _, err := s.Register(tx, sc, p); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return float64(len(people)) / time.Since(start).Seconds()
}

func find(b *testing.B, by string, do func(person.Person) error, people []person.Person) {
	took := make([]time.Duration, 0, 5_000)
	for i := 0; i < len(people); i += len(people) / cap(took) {
		start := time.Now()
		if err := do(people[i]); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), by+"-p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), by+"-p99-µs")
}
