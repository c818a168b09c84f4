package declaration_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"khien/checkin/declaration"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

// How many declarations are durable a second: in batches of 200 of an account,
// everybody new, and one by one of phones that are known. Wanted: thousands.
func BenchmarkDeclare(b *testing.B) {
	engines := map[string]func(b *testing.B) store.Config{
		"sqlite":   func(b *testing.B) store.Config { return store.Config{Dir: b.TempDir()} },
		"postgres": func(b *testing.B) store.Config { return store.Config{URL: storetest.PostgresURL(b)} },
	}
	for name, config := range engines {
		b.Run(name+"/batch", func(b *testing.B) {
			w := newWorld(b, storetest.Open(b, config(b), lines))
			sc, _ := w.officer("tong-dai", "2021/20", auth.HealthOfficer, auth.WriteDeclarations)
			b.ResetTimer()
			for n := 0; n < b.N; n += declaration.BatchMost {
				if n == 2000 { // what autovacuum does within a minute: PostgreSQL plans a table it knows nothing of by reading all of it
					if err := w.db.Tx(b.Context(), func(tx *store.Tx) error { _, err := tx.Exec("analyze"); return err }); err != nil {
						b.Fatal(err)
					}
				}
				drafts := make([]declaration.Draft, min(declaration.BatchMost, b.N-n))
				for i := range drafts {
					k := n + i
					drafts[i] = declaration.Draft{ID: id.New(), Kind: declaration.Everyone, Content: declaration.Content{Answers: healthy(), Who: declaration.Who{
						Name: invented(k), Birth: fmt.Sprintf("%d-%02d-%02d", 1930+k%80, 1+k/7%12, 1+k/3%28), Phone: fmt.Sprintf("09%08d", k), Area: w.area("2021/20/186")}}}
				}
				if _, err := w.DeclareAll(b.Context(), declaration.By{Scope: sc}, drafts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "declarations/s")
		})
		b.Run(name+"/phones", func(b *testing.B) {
			w := newWorld(b, storetest.Open(b, config(b), lines))
			_, who := w.phone("0912345678", "Nông Thị Hoa")
			numbers := make([]string, 1+b.N/100) // each within what one phone may
			for i := range numbers {
				numbers[i] = fmt.Sprintf("09%08d", i)
			}
			phones, err := w.phones.EnrolForDemo(b.Context(), everything, numbers...)
			if err != nil {
				b.Fatal(err)
			}
			var n atomic.Int64
			b.SetParallelism(32)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := w.Declare(b.Context(), declaration.By{Device: phones[int(n.Add(1))%len(phones)].Device}, draft(who, healthy())); err != nil {
						b.Error(err)
						return
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "declarations/s")
		})
	}
}

// invented makes a name of four syllables of a number; names repeat as names do.
func invented(k int) string {
	family := []string{"Nông", "Hoàng", "Lương", "Vi", "Nguyễn", "Lý", "Triệu", "Hứa"}
	middle := []string{"Văn", "Thị", "Minh", "Thu", "Quang", "Hồng"}
	given := []string{"An", "Bảo", "Chi", "Dũng", "Hà", "Hoa", "Khánh", "Lan", "Nam", "Oanh", "Phúc", "Sơn", "Tuấn", "Vân"}
	return family[k%8] + " " + middle[k/8%6] + " " + given[k/48%14] + " " + given[k/672%14]
}
