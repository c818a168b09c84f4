package job

import (
	"context"
	"time"

	"khien/kernel/id"
	"khien/kernel/store"
)

func insertRun(tx *store.Tx, province int, name, key string, payload []byte, at time.Time) error {
	_, err := tx.Exec(`insert into job_run (province, name, key, payload, state, run_ms)
		values ($1, $2, $3, $4, 'ready', $5) on conflict (province, name, key) do nothing`,
		province, name, key, string(payload), store.Millis(at))
	return err
}

func runStands(ctx context.Context, q store.Querier, province int, name, key string) (bool, error) {
	n, err := store.One(ctx, q, store.Int,
		"select count(*) from job_run where province = $1 and name = $2 and key = $3", province, name, key)
	return n > 0, err
}

func anyDue(ctx context.Context, q store.Querier, province int, name string, now time.Time) (bool, error) {
	n, err := store.One(ctx, q, store.Int,
		`select count(*) from (select 1 from job_run where province = $1 and name = $2
			and state in ('ready', 'running') and run_ms <= $3 limit 1) due`, province, name, store.Millis(now))
	return n > 0, err
}

// claimRun takes the run that has been due longest, nil when there is none.
// run_ms of a running run is the end of its lease.
func claimRun(tx *store.Tx, province int, name string, node id.ID, now, lease time.Time) (*Run, error) {
	runs, err := store.All(tx.Context(), tx, func(s store.Scan) (*Run, error) {
		r := &Run{Name: name}
		var payload string
		err := s(&r.Key, &payload, &r.Try)
		r.Payload = []byte(payload)
		return r, err
	}, `update job_run set state = 'running', node = $3, run_ms = $5, try = try + 1
		where province = $1 and name = $2 and state in ('ready', 'running') and run_ms <= $4
		and key in (select key from job_run where province = $1 and name = $2
			and state in ('ready', 'running') and run_ms <= $4 order by run_ms, key limit 1)
		returning key, payload, try`, province, name, node, store.Millis(now), store.Millis(lease))
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	return runs[0], nil
}

func renewLease(tx *store.Tx, province int, r Run, node id.ID, lease time.Time) (bool, error) {
	n, err := tx.Exec(`update job_run set run_ms = $5
		where province = $1 and name = $2 and key = $3 and state = 'running' and node = $4`,
		province, r.Name, r.Key, node, store.Millis(lease))
	return n == 1, err
}

// settleRun writes the outcome if the run is still this node's.
func settleRun(tx *store.Tx, province int, r Run, node id.ID, state string, at time.Time, why string) error {
	_, err := tx.Exec(`update job_run set state = $5, run_ms = $6, why = $7
		where province = $1 and name = $2 and key = $3 and state = 'running' and node = $4`,
		province, r.Name, r.Key, node, state, store.Millis(at), why)
	return err
}

// Prune deletes the runs that were done before a moment.
func Prune(ctx context.Context, db *store.DB, province int, before time.Time) error {
	return db.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("delete from job_run where province = $1 and state = 'done' and run_ms < $2", province, store.Millis(before))
		return err
	})
}

// DeadRuns returns how many runs have failed for good, for the readiness page.
func DeadRuns(ctx context.Context, q store.Querier, province int) (int64, error) {
	return store.One(ctx, q, store.Int, "select count(*) from job_run where province = $1 and state = 'dead'", province)
}
