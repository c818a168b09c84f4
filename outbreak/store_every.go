package outbreak

import (
	"context"
	"slices"

	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
)

func eachBrief(ctx context.Context, q store.Querier, sc auth.Scope, visit func(Brief) error) error {
	may, args := readable(sc, 2)
	return store.Each(ctx, q, func(s store.Scan) error {
		var b Brief
		err := s(&b.ID, &b.Number, &b.Classification, &b.Area, &b.Stay, &b.Source, &b.Onset, &b.Specimen, &b.Confirmed, &b.Reported)
		if err != nil {
			return err
		}
		return visit(b)
	}, `select id, coalesce(number, ''), classification, area, stay, source, onset, specimen, confirmed_on, reported
		from outbreak_case where province = $1 and classification <> 'discarded' and `+may+" order by id", append([]any{sc.Province()}, args...)...)
}

func casesNumbered(ctx context.Context, q store.Querier, sc auth.Scope, numbers []string) (map[string]id.ID, error) {
	by := make(map[string]id.ID, len(numbers))
	for part := range slices.Chunk(numbers, 500) {
		may, args := readable(sc, 2)
		marks, args := store.Marks(part, append([]any{sc.Province()}, args...), store.Same)
		err := store.Each(ctx, q, func(s store.Scan) error {
			var n string
			var i id.ID
			err := s(&n, &i)
			by[n] = i
			return err
		}, "select number, id from outbreak_case where province = $1 and "+may+" and number in ("+marks+")", args...)
		if err != nil {
			return nil, err
		}
	}
	return by, nil
}
