package phone

import (
	"context"
	"embed"
	"io/fs"
	"time"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the tables of phones, for store.DB.Migrate("phone", …).
func Migrations() fs.FS { return store.MigrationFiles(files) }

// deviceRow is a device as stored.
type deviceRow struct {
	Device
	tokenHash, handle          []byte
	numberSealed, secretSealed []byte
	agent                      string
	seen                       time.Time
}

const deviceColumns = "id, token_hash, number_index, number_sealed, person, confirmed, handle, secret_sealed, agent, made_ms, seen_ms"

func scanDevice(s store.Scan) (r deviceRow, err error) {
	var index []byte
	var made, seen int64
	err = s(&r.ID, &r.tokenHash, &index, &r.numberSealed, &r.Person, &r.Confirmed, &r.handle, &r.secretSealed, &r.agent, &made, &seen)
	copy(r.Number[:], index)
	r.Since, r.seen = store.Time(made), store.Time(seen)
	return r, err
}

func insertDevice(tx *store.Tx, sc auth.Scope, r deviceRow) error {
	_, err := tx.Exec("insert into phone_device ("+deviceColumns+", changed_ms, withdrawn_ms, province) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, 0, $12)",
		r.ID, r.tokenHash, r.Number[:], r.numberSealed, r.Person, r.Confirmed, r.handle, r.secretSealed, r.agent, store.Millis(r.Since), store.Millis(r.seen), sc.Province())
	return err
}

func selectDevice(ctx context.Context, q store.Querier, sc auth.Scope, d id.ID) (deviceRow, error) {
	return store.One(ctx, q, scanDevice, "select "+deviceColumns+" from phone_device where province = $1 and id = $2 and withdrawn_ms = 0", sc.Province(), d)
}

func selectHandle(ctx context.Context, q store.Querier, sc auth.Scope, handle []byte) (deviceRow, error) {
	return store.One(ctx, q, scanDevice, "select "+deviceColumns+" from phone_device where province = $1 and handle = $2 and withdrawn_ms = 0", sc.Province(), handle)
}

func selectNumber(ctx context.Context, q store.Querier, sc auth.Scope, number []byte) ([]deviceRow, error) {
	return store.All(ctx, q, scanDevice, "select "+deviceColumns+" from phone_device where province = $1 and number_index = $2 and withdrawn_ms = 0 order by id desc limit 100", sc.Province(), number)
}

// selectChanged returns the devices that changed since a moment, at most as many as are told apart.
func selectChanged(ctx context.Context, q store.Querier, sc auth.Scope, since time.Time) ([]id.ID, error) {
	return store.All(ctx, q, func(s store.Scan) (d id.ID, err error) {
		err = s(&d)
		return d, err
	}, "select id from phone_device where province = $1 and changed_ms >= $2 limit $3", sc.Province(), store.Millis(since), changes)
}

// renewToken gives a living device another token; false when it lives no more.
func renewToken(tx *store.Tx, sc auth.Scope, d id.ID, hash []byte, now time.Time) (bool, error) {
	n, err := tx.Exec("update phone_device set token_hash = $3, seen_ms = $4, changed_ms = $4 where province = $1 and id = $2 and withdrawn_ms = 0", sc.Province(), d, hash, store.Millis(now))
	return n == 1, err
}

func touchDevice(tx *store.Tx, sc auth.Scope, d id.ID, now time.Time) error {
	_, err := tx.Exec("update phone_device set seen_ms = $3 where province = $1 and id = $2", sc.Province(), d, store.Millis(now))
	return err
}

func withdrawDevice(tx *store.Tx, sc auth.Scope, d id.ID, now time.Time) (bool, error) {
	n, err := tx.Exec("update phone_device set withdrawn_ms = $3, changed_ms = $3 where province = $1 and id = $2 and withdrawn_ms = 0", sc.Province(), d, store.Millis(now))
	return n == 1, err
}

func claimDevice(tx *store.Tx, sc auth.Scope, d, person id.ID, now time.Time) error {
	_, err := tx.Exec("update phone_device set person = $3, confirmed = $4, changed_ms = $5 where province = $1 and id = $2", sc.Province(), d, person, false, store.Millis(now))
	return err
}

func confirmDevice(tx *store.Tx, sc auth.Scope, d, person id.ID, now time.Time) (bool, error) {
	n, err := tx.Exec("update phone_device set person = $3, confirmed = $4, changed_ms = $5 where province = $1 and id = $2 and withdrawn_ms = 0", sc.Province(), d, person, true, store.Millis(now))
	return n == 1, err
}

// identityRow is somebody a device speaks for, as stored.
type identityRow struct {
	id, person id.ID
	self       bool
	sealed     []byte
	made       time.Time
}

func scanIdentity(s store.Scan) (r identityRow, err error) {
	var made int64
	err = s(&r.id, &r.person, &r.self, &r.sealed, &made)
	r.made = store.Time(made)
	return r, err
}

func insertIdentity(tx *store.Tx, sc auth.Scope, d id.ID, r identityRow) error {
	_, err := tx.Exec(`insert into phone_identity (province, device, id, person, self, sealed, made_ms) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (province, device, id) do nothing`, sc.Province(), d, r.id, r.person, r.self, r.sealed, store.Millis(r.made))
	return err
}

func selectIdentities(ctx context.Context, q store.Querier, sc auth.Scope, d id.ID) ([]identityRow, error) {
	return store.All(ctx, q, scanIdentity, "select id, person, self, sealed, made_ms from phone_identity where province = $1 and device = $2 order by self desc, id", sc.Province(), d)
}

func deleteIdentity(tx *store.Tx, sc auth.Scope, d, i id.ID) (bool, error) {
	n, err := tx.Exec("delete from phone_identity where province = $1 and device = $2 and id = $3 and self = $4", sc.Province(), d, i, false)
	return n == 1, err
}

func deleteSelf(tx *store.Tx, sc auth.Scope, d id.ID) error {
	_, err := tx.Exec("delete from phone_identity where province = $1 and device = $2 and self = $3", sc.Province(), d, true)
	return err
}

// codeRow is the living code of a number, and how many it had today.
type codeRow struct {
	id      id.ID
	hash    []byte
	expires time.Time
	asked   int
	askedAt time.Time
	dayFrom time.Time
}

func selectCode(tx *store.Tx, province int, number []byte) (codeRow, error) {
	return store.One(tx.Context(), tx, func(s store.Scan) (c codeRow, err error) {
		var at, from int64
		err = s(&c.id, &c.asked, &at, &from)
		c.askedAt, c.dayFrom = store.Time(at), store.Time(from)
		return c, err
	}, "select id, asked, asked_ms, day_ms from phone_code where province = $1 and number_index = $2", province, number)
}

// placeCode writes a number's code over that of was, zero for none; false when another was quicker.
func placeCode(tx *store.Tx, province int, number []byte, was id.ID, c codeRow) (bool, error) {
	args := []any{province, number, c.id, c.hash, store.Millis(c.expires), c.asked, store.Millis(c.askedAt), store.Millis(c.dayFrom)}
	if was.IsZero() {
		n, err := tx.Exec(`insert into phone_code (province, number_index, id, code_hash, tries, expires_ms, asked, asked_ms, day_ms) values ($1, $2, $3, $4, 0, $5, $6, $7, $8)
on conflict (province, number_index) do nothing`, args...)
		return n == 1, err
	}
	n, err := tx.Exec(`update phone_code set id = $3, code_hash = $4, tries = 0, expires_ms = $5, asked = $6, asked_ms = $7, day_ms = $8
where province = $1 and number_index = $2 and id = $9`, append(args, was)...)
	return n == 1, err
}

// countTry counts a try of a number's living code and returns it; where there is
// none, a hash that nothing has.
func countTry(tx *store.Tx, province int, number []byte, now time.Time) (id.ID, []byte, error) {
	c, err := store.One(tx.Context(), tx, func(s store.Scan) (c codeRow, err error) {
		err = s(&c.id, &c.hash)
		return c, err
	}, `update phone_code set tries = tries + 1 where province = $1 and number_index = $2 and tries < $3 and expires_ms > $4
returning id, code_hash`, province, number, codeTries, store.Millis(now))
	if fault.Is(err, fault.NotFound) {
		return id.New(), random(16), nil
	}
	return c.id, c.hash, err
}

func useCode(tx *store.Tx, province int, number []byte) error {
	_, err := tx.Exec("update phone_code set tries = $3 where province = $1 and number_index = $2", province, number, codeTries)
	return err
}

func insertMessage(tx *store.Tx, sc auth.Scope, m id.ID, number, text []byte, now, until time.Time) error {
	_, err := tx.Exec("insert into phone_message (province, id, number_sealed, text_sealed, state, made_ms, until_ms, sent_ms) values ($1, $2, $3, $4, $5, $6, $7, 0)",
		sc.Province(), m, number, text, messageReady, store.Millis(now), store.Millis(until))
	return err
}

// claimMessages takes the oldest messages that wait, for this caller alone: on
// PostgreSQL a second caller finds those that it waited for in another state.
func claimMessages(tx *store.Tx, sc auth.Scope, most int) ([]message, error) {
	return store.All(tx.Context(), tx, func(s store.Scan) (m message, err error) {
		var until int64
		err = s(&m.id, &m.numberSealed, &m.textSealed, &until)
		m.until, m.state = store.Time(until), messageSending
		return m, err
	}, `update phone_message set state = $3 where province = $1 and state = $2 and id in
(select id from phone_message where province = $1 and state = $2 order by made_ms limit $4)
returning id, number_sealed, text_sealed, until_ms`, sc.Province(), messageReady, messageSending, most)
}

// settleMessage writes what became of a message, and forgets to whom it went and what it said.
func settleMessage(tx *store.Tx, sc auth.Scope, m id.ID, state string, now time.Time) error {
	_, err := tx.Exec("update phone_message set state = $3, sent_ms = $4, number_sealed = null, text_sealed = null where province = $1 and id = $2", sc.Province(), m, state, store.Millis(now))
	return err
}

// sweep deletes what has served: codes and messages, withdrawn and forgotten devices with whom they spoke for.
func sweep(tx *store.Tx, sc auth.Scope, codes, withdrawn, unseen time.Time) error {
	for _, text := range []string{
		"delete from phone_code where province = $1 and asked_ms < $2",
		"delete from phone_message where province = $1 and made_ms < $2",
	} {
		if _, err := tx.Exec(text, sc.Province(), store.Millis(codes)); err != nil {
			return err
		}
	}
	for _, text := range []string{
		`delete from phone_identity where province = $1 and device in
(select id from phone_device where province = $1 and (withdrawn_ms > 0 and withdrawn_ms < $2 or seen_ms < $3))`,
		"delete from phone_device where province = $1 and (withdrawn_ms > 0 and withdrawn_ms < $2 or seen_ms < $3)",
	} {
		if _, err := tx.Exec(text, sc.Province(), store.Millis(withdrawn), store.Millis(unseen)); err != nil {
			return err
		}
	}
	return nil
}

// selectPeopleInUse returns which of the people stand in a row of this package.
func selectPeopleInUse(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (map[id.ID]bool, error) {
	used := map[id.ID]bool{}
	for _, text := range []string{"select person from phone_device where province = $1 and person in (", "select person from phone_identity where province = $1 and person in ("} {
		err := store.EachPart(sc.Province(), people, func(marks string, args []any) error {
			return store.Each(ctx, q, func(s store.Scan) error {
				var i id.ID
				err := s(&i)
				used[i] = true
				return err
			}, text+marks+")", args...)
		})
		if err != nil {
			return nil, err
		}
	}
	return used, nil
}
