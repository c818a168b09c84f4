package checkin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// visitRows is the hot path's only insert; see the migration for what it costs.
var visitRows = store.Fresh{Table: "checkin_visit", Columns: []store.Column{
	{Name: "province", Type: "smallint"}, {Name: "id", Type: "uuid"}, {Name: "place", Type: "uuid"}, {Name: "person", Type: "uuid"},
	{Name: "device", Type: "uuid"}, {Name: "area", Type: "bigint"}, {Name: "from_ms", Type: "bigint"}, {Name: "until_ms", Type: "bigint"},
	{Name: "told_ms", Type: "bigint"}, {Name: "how", Type: "text"}, {Name: "ended", Type: "text"}, {Name: "companions", Type: "smallint"}, {Name: "flags", Type: "bigint"}}}

// insertVisits writes the visits whose id does not stand yet and says which were.
func insertVisits(tx *store.Tx, sc auth.Scope, visits []Visit) ([]bool, error) {
	rows := make([][]any, len(visits))
	province := sc.Province()
	for i, v := range visits {
		rows[i] = []any{province, v.ID, v.Place, v.Person, v.Device, int64(v.Area), v.From.UnixMilli(), v.Until.UnixMilli(),
			v.Told.UnixMilli(), string(v.How), string(v.Ended), v.With, int64(v.Flags)}
	}
	return visitRows.Insert(tx, rows)
}

const visitColumns = "v.id, v.place, v.person, v.device, v.area, v.from_ms, v.until_ms, v.told_ms, v.how, v.ended, v.companions, v.flags, v.withdrawn_ms"

func scanVisit(s store.Scan) (v Visit, err error) {
	var from, until, told, withdrawn int64
	err = s(&v.ID, &v.Place, &v.Person, &v.Device, &v.Area, &from, &until, &told, &v.How, &v.Ended, &v.With, &v.Flags, &withdrawn)
	v.From, v.Until, v.Told = store.Time(from), store.Time(until), store.Time(told)
	if withdrawn != 0 {
		v.Withdrawn = store.Time(withdrawn)
	}
	return v, err
}

// visitByID returns a visit in scope that stands; fault.NotFound for any other.
func visitByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Visit, error) {
	v, err := toldVisit(ctx, q, sc, i)
	if err == nil && !v.Withdrawn.IsZero() {
		return Visit{}, errNone
	}
	return v, err
}

// toldVisit returns a visit in scope, withdrawn or not; fault.NotFound for any other.
func toldVisit(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Visit, error) {
	may, args := sc.Where("v.area", 3)
	v, err := store.One(ctx, q, scanVisit, "select "+visitColumns+" from checkin_visit v where v.province = $1 and v.id = $2 and "+may,
		append([]any{sc.Province(), i}, args...)...)
	if fault.Is(err, fault.NotFound) {
		err = errNone
	}
	return v, err
}

// toldVisits returns those of the visits that were told, withdrawn or not, by id.
func toldVisits(ctx context.Context, q store.Querier, sc auth.Scope, ids []id.ID) (map[id.ID]Visit, error) {
	found := make(map[id.ID]Visit, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	marks, args := marksOf(ids, sc.Province())
	err := store.Each(ctx, q, func(s store.Scan) error {
		v, err := scanVisit(s)
		found[v.ID] = v
		return err
	}, "select "+visitColumns+" from checkin_visit v where v.province = $1 and v.id in ("+marks+")", args...)
	return found, err
}

// marksOf returns the parameters $n… of ids after those given, and all arguments.
func marksOf(ids []id.ID, first ...any) (string, []any) {
	marks, args := make([]string, len(ids)), first
	for i, v := range ids {
		args = append(args, v)
		marks[i] = fmt.Sprintf("$%d", len(args))
	}
	return strings.Join(marks, ", "), args
}

// endVisit ends a visit that stands and whose end was only assumed, and reports
// whether it was. One that is withdrawn gets its end, and none is reported.
func endVisit(tx *store.Tx, sc auth.Scope, v Visit) (bool, error) {
	const text = `update checkin_visit set until_ms = $3, ended = $4, flags = $5 where province = $1 and id = $2 and ended = 'assumed'`
	args := []any{sc.Province(), v.ID, v.Until.UnixMilli(), string(v.Ended), int64(v.Flags)}
	n, err := tx.Exec(text+" and withdrawn_ms = 0", args...)
	if n == 1 || err != nil {
		return n == 1, err
	}
	_, err = tx.Exec(text, args...)
	return false, err
}

// withdrawVisit marks a visit that stands as withdrawn at a moment, or one that is
// withdrawn as standing again (the zero moment), and reports whether it was so.
func withdrawVisit(tx *store.Tx, sc auth.Scope, visit id.ID, at time.Time) (bool, error) {
	text, ms := "update checkin_visit set withdrawn_ms = $3 where province = $1 and id = $2 and withdrawn_ms > 0", int64(0)
	if !at.IsZero() {
		text, ms = "update checkin_visit set withdrawn_ms = $3 where province = $1 and id = $2 and withdrawn_ms = 0", at.UnixMilli()
	}
	n, err := tx.Exec(text, sc.Province(), visit, ms)
	return n == 1, err
}

// addFlags sets flags on a visit, if it stands.
func addFlags(tx *store.Tx, sc auth.Scope, visit id.ID, f Flags) error {
	_, err := tx.Exec("update checkin_visit set flags = flags | $3 where province = $1 and id = $2", sc.Province(), visit, int64(f))
	return err
}

// bucket is a part of an hour's trail. Its number is the hour since 1970 times
// bucketsMost, and counts up within the hour.
type bucket struct {
	number int64
	visits int64
}

func lastBucket(ctx context.Context, q store.Querier, sc auth.Scope, hour int64) (b bucket, err error) {
	b, err = store.One(ctx, q, func(s store.Scan) (b bucket, err error) {
		err = s(&b.number, &b.visits)
		return b, err
	}, `select bucket, visits from checkin_bucket where province = $1 and bucket >= $2 and bucket < $3 order by bucket desc limit 1`,
		sc.Province(), hour*bucketsMost, (hour+1)*bucketsMost)
	if fault.Is(err, fault.NotFound) {
		return bucket{number: hour * bucketsMost}, nil
	}
	return b, err
}

func countBucket(tx *store.Tx, sc auth.Scope, number int64, visits int) error {
	_, err := tx.Exec(`insert into checkin_bucket (province, bucket, visits) values ($1, $2, $3)
		on conflict (province, bucket) do update set visits = checkin_bucket.visits + excluded.visits`, sc.Province(), number, visits)
	return err
}

var trailRows = store.Fresh{Table: "checkin_trail", Certain: true, Columns: []store.Column{{Name: "province", Type: "smallint"}, {Name: "visit", Type: "uuid"},
	{Name: "bucket", Type: "bigint"}, {Name: "subject", Type: "uuid"}}}

// insertTrail writes a bucket's rows, which come sorted.
func insertTrail(tx *store.Tx, sc auth.Scope, number int64, rows []step) error {
	all, province := make([][]any, len(rows)), sc.Province()
	for i, r := range rows {
		all[i] = []any{province, r.visit, number, r.subject}
	}
	_, err := trailRows.Insert(tx, all)
	return err
}

// askedAtOnce bounds the ids of one statement: engines bound its parameters, and
// whoever has themself typed in a thousand times has as many ids.
const askedAtOnce = 500

// The look-ups ask bucket after bucket for a subject. SQLite, which knows nothing
// of the tables' sizes, would rather read the trail of all the buckets: "cross
// join" keeps it to the order that is written, "+ 0" keeps it from handing the
// bounds of the buckets on to the trail.

// which visits a look-up returns.
const (
	standing = "v.withdrawn_ms = 0"
	told     = "(1 = 1)" // the withdrawn ones, too
)

// visitsOf returns the visits of a person (under each of their ids) or a place
// that began from from to to, as far as they lie in scope, oldest first, at most most.
func visitsOf(ctx context.Context, q store.Querier, sc auth.Scope, which string, subjects []id.ID, from, to time.Time, most int) (all []Visit, err error) {
	for part := range slices.Chunk(subjects, askedAtOnce) {
		marks, args := marksOf(part, sc.Province(), hourOf(from)*bucketsMost, (hourOf(to)+1)*bucketsMost, from.UnixMilli(), to.UnixMilli())
		may, more := sc.Where("v.area", len(args)+1)
		some, err := store.All(ctx, q, scanVisit, `select `+visitColumns+` from checkin_bucket b cross join checkin_trail t cross join checkin_visit v
		where b.province = $1 and b.bucket + 0 >= $2 and b.bucket + 0 < $3
		and t.province = b.province and t.bucket = b.bucket and t.subject in (`+marks+`)
		and v.province = t.province and v.id = t.visit and `+which+` and v.from_ms >= $4 and v.from_ms < $5 and `+may+
			fmt.Sprintf(" order by v.from_ms, v.id limit %d", most), append(args, more...)...)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	if len(subjects) > askedAtOnce {
		slices.SortFunc(all, func(a, b Visit) int { return cmp.Or(a.From.Compare(b.From), slices.Compare(a.ID[:], b.ID[:])) })
	}
	return all[:min(len(all), most)], nil
}

// takeScan notes that a phone's code was taken at a place, and returns where it
// was taken first.
func takeScan(tx *store.Tx, sc auth.Scope, step uint32, handle, place id.ID) (id.ID, error) {
	_, err := tx.Exec(`insert into checkin_scan (province, step, handle, place) values ($1, $2, $3, $4)
		on conflict (province, step, handle) do nothing`, sc.Province(), int64(step), handle, place)
	if err != nil {
		return id.ID{}, err
	}
	return store.One(tx.Context(), tx, store.ID, "select place from checkin_scan where province = $1 and step = $2 and handle = $3",
		sc.Province(), int64(step), handle)
}

func deleteScans(tx *store.Tx, sc auth.Scope, before uint32) error {
	_, err := tx.Exec("delete from checkin_scan where province = $1 and step < $2", sc.Province(), int64(before))
	return err
}

// oldBuckets returns buckets that ended before an hour, oldest first, after one.
func oldBuckets(ctx context.Context, q store.Querier, sc auth.Scope, hour, after int64, most int) ([]int64, error) {
	return store.All(ctx, q, store.Int, fmt.Sprintf(`select bucket from checkin_bucket where province = $1 and bucket < $2 and bucket > $3
		order by bucket limit %d`, most), sc.Province(), hour*bucketsMost, after)
}

// made is who made a visit, and whether it was withdrawn.
type made struct {
	step
	withdrawn bool
}

// inBucket returns who made which visit in a bucket.
func inBucket(ctx context.Context, q store.Querier, sc auth.Scope, number int64) ([]made, error) {
	return store.All(ctx, q, func(s store.Scan) (m made, err error) {
		var at int64
		err = s(&m.subject, &m.visit, &at)
		m.withdrawn = at > 0
		return m, err
	}, `select v.person, v.id, v.withdrawn_ms from checkin_trail t join checkin_visit v on v.province = t.province and v.id = t.visit
		where t.province = $1 and t.bucket = $2 and t.subject = v.place order by v.id`, sc.Province(), number)
}

// deleteVisits erases visits of a bucket with their trail.
func deleteVisits(tx *store.Tx, sc auth.Scope, number int64, visits []id.ID) error {
	marks, args := marksOf(visits, sc.Province())
	if _, err := tx.Exec("delete from checkin_visit where province = $1 and id in ("+marks+")", args...); err != nil {
		return err
	}
	marks, args = marksOf(visits, sc.Province(), number)
	_, err := tx.Exec("delete from checkin_trail where province = $1 and bucket = $2 and visit in ("+marks+")", args...)
	return err
}

// deleteBucket forgets a bucket in which nothing is left.
func deleteBucket(tx *store.Tx, sc auth.Scope, number int64) error {
	if _, err := tx.Exec("delete from checkin_trail where province = $1 and bucket = $2", sc.Province(), number); err != nil {
		return err
	}
	_, err := tx.Exec("delete from checkin_bucket where province = $1 and bucket = $2", sc.Province(), number)
	return err
}

// countsOf counts the visits of a place since a moment, and those that last at now.
func countsOf(ctx context.Context, q store.Querier, sc auth.Scope, place id.ID, since, now time.Time) (all, inside int64, err error) {
	counts, err := store.One(ctx, q, func(s store.Scan) (c [2]int64, err error) {
		err = s(&c[0], &c[1])
		return c, err
	}, `select count(*), coalesce(sum(case when v.until_ms > $5 then 1 else 0 end), 0)
		from checkin_bucket b cross join checkin_trail t cross join checkin_visit v
		where b.province = $1 and b.bucket + 0 >= $3 and t.province = b.province and t.bucket = b.bucket and t.subject = $2
		and v.province = t.province and v.id = t.visit and v.withdrawn_ms = 0 and v.from_ms >= $4`, sc.Province(), place, hourOf(since)*bucketsMost, since.UnixMilli(), now.UnixMilli())
	return counts[0], counts[1], err
}

func countVisits(ctx context.Context, q store.Querier, sc auth.Scope) (int64, error) {
	may, args := sc.Where("area", 2)
	return store.One(ctx, q, store.Int, "select count(*) from checkin_visit where province = $1 and withdrawn_ms = 0 and "+may, append([]any{sc.Province()}, args...)...)
}

// eachVisitor calls visitor for every person of a visit, withdrawn or not, some many times.
func eachVisitor(ctx context.Context, q store.Querier, sc auth.Scope, visitor func(id.ID)) error {
	return store.Each(ctx, q, func(s store.Scan) error {
		var i id.ID
		err := s(&i)
		visitor(i)
		return err
	}, "select person from checkin_visit where province = $1", sc.Province())
}

// eachVisit calls visit for every visit that stands and began at a moment or later.
func eachVisit(ctx context.Context, q store.Querier, sc auth.Scope, since time.Time, visit func(Visit)) error {
	return store.Each(ctx, q, func(s store.Scan) error {
		v, err := scanVisit(s)
		visit(v)
		return err
	}, "select "+visitColumns+" from checkin_visit v where v.province = $1 and v.from_ms >= $2 and v.withdrawn_ms = 0", sc.Province(), since.UnixMilli())
}
