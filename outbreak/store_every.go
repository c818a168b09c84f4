package outbreak

import (
	"context"

	"khien/kernel/auth"
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
