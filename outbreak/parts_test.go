package outbreak_test

import (
	"testing"

	"khien/outbreak"
)

// FuzzParts feeds a list's cell of parts: nothing panics, and what is read is of the column's kind.
func FuzzParts(f *testing.F) {
	for _, text := range []string{`[{"test":{"type":"rt_pcr","taken":"2021-05-12T08:00:00+07:00","ct":23.5}}]`, `[{"symptom":{"code":"fever","from":"2021-05-10"}}]`,
		`Sốt, ho`, `[`, `[{}]`, `[null]`, `[{"id":"x"}]`, `[{"hospital_stay":{"area":"2021/01"}}]{}`, `[{"exposure":{"from":""}}]`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range outbreak.PartKinds {
			parts, ok := outbreak.ReadParts(k, text)
			for _, p := range parts {
				if ok && (p.Kind != k || p.ID.IsZero()) {
					t.Errorf("read a %s of id %s from a cell of %s", p.Kind, p.ID, k)
				}
			}
		}
	})
}
