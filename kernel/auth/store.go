package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/id"
	"khien/kernel/store"
)

const accountColumns = `a.id, a.login, a.name, a.roles, a.area, a.state, a.created_ms, a.signed_in_ms, a.password_hash, a.totp_sealed, a.totp_step`

func scanAccount(s store.Scan) (a Account, err error) {
	var roles string
	var created, signedIn int64
	err = s(&a.ID, &a.Login, &a.Name, &roles, &a.Area, &a.State, &created, &signedIn, &a.passwordHash, &a.totpSealed, &a.totpStep)
	a.Roles, a.Created, a.SignedIn = splitRoles(roles), store.Time(created), store.Time(signedIn)
	return a, err
}

func selectAccount(ctx context.Context, q store.Querier, province int, i id.ID) (Account, error) {
	return store.One(ctx, q, scanAccount, "select "+accountColumns+" from auth_account a where a.province = $1 and a.id = $2", province, i)
}

func selectLogin(ctx context.Context, q store.Querier, province int, login string) (Account, error) {
	return store.One(ctx, q, scanAccount, "select "+accountColumns+" from auth_account a where a.province = $1 and a.login = $2", province, login)
}

// selectNames returns the names of accounts, for pages that list what they did.
func selectNames(ctx context.Context, q store.Querier, province int, ids []id.ID) (map[id.ID]string, error) {
	names := map[id.ID]string{}
	for _, i := range ids {
		if _, known := names[i]; known || i.IsZero() {
			continue
		}
		a, err := store.All(ctx, q, store.Text, "select name from auth_account where province = $1 and id = $2", province, i)
		if err != nil {
			return nil, err
		}
		names[i] = strings.Join(a, "")
	}
	return names, nil
}

func selectAccounts(ctx context.Context, q store.Querier, sc Scope, f AccountFilter) ([]Account, error) {
	args := []any{sc.Province(), f.After}
	var where []string
	inside, more := sc.Where("a.area", len(args)+1)
	where, args = append(where, inside), append(args, more...)
	add := func(condition string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf(condition, len(args)))
	}
	for _, word := range strings.Fields(area.Fold(f.Search)) { // letters and digits only
		add("a.folded like $%d", "%"+word+"%")
	}
	if f.State != "" {
		add("a.state = $%d", string(f.State))
	}
	args = append(args, f.Limit)
	return store.All(ctx, q, scanAccount, "select "+accountColumns+" from auth_account a where a.province = $1 and a.login > $2 and "+strings.Join(where, " and ")+
		fmt.Sprintf(" order by a.login limit $%d", len(args)), args...)
}

func countAccounts(ctx context.Context, q store.Querier, province int) (int64, error) {
	return store.One(ctx, q, store.Int, "select count(*) from auth_account where province = $1", province)
}

func countAdministrators(tx *store.Tx, province int) (int64, error) {
	var n int64
	err := store.Each(tx.Context(), tx, func(s store.Scan) error {
		a, err := scanAccount(s)
		if err == nil && isWhole(province, a.Area) && anyCan(a.Roles, ManageAccounts) {
			n++
		}
		return err
	}, "select "+accountColumns+" from auth_account a where a.province = $1 and a.state = 'active' and a.roles like '%administrator%'", province)
	return n, err
}

// folded is what a search looks through.
func folded(a Account) string { return area.Fold(a.Name + " " + a.Login) }

func insertAccount(tx *store.Tx, province int, a Account, now time.Time) error {
	_, err := tx.Exec(`insert into auth_account (province, id, login, name, folded, roles, area, state, password_hash, totp_sealed, totp_step, created_ms, changed_ms, signed_in_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0)`,
		province, a.ID, a.Login, a.Name, folded(a), joinRoles(a.Roles), a.Area, string(a.State), a.passwordHash, a.totpSealed, a.totpStep,
		store.Millis(a.Created), store.Millis(now))
	return err
}

func updateAccount(tx *store.Tx, province int, a Account, now time.Time) error {
	_, err := tx.Exec("update auth_account set name = $3, folded = $4, roles = $5, area = $6, state = $7, changed_ms = $8 where province = $1 and id = $2",
		province, a.ID, a.Name, folded(a), joinRoles(a.Roles), a.Area, string(a.State), store.Millis(now))
	return err
}

func updateSecrets(tx *store.Tx, province int, i id.ID, passwordHash string, totpSealed []byte, totpStep int64) error {
	_, err := tx.Exec("update auth_account set password_hash = $3, totp_sealed = $4, totp_step = $5 where province = $1 and id = $2",
		province, i, passwordHash, totpSealed, totpStep)
	return err
}

func updateTOTP(tx *store.Tx, province int, i id.ID, sealed []byte, step int64) error {
	_, err := tx.Exec("update auth_account set totp_sealed = $3, totp_step = $4 where province = $1 and id = $2", province, i, sealed, step)
	return err
}

func updatePassword(tx *store.Tx, province int, i id.ID, passwordHash string) error {
	_, err := tx.Exec("update auth_account set password_hash = $3 where province = $1 and id = $2", province, i, passwordHash)
	return err
}

// takeStep marks a code as used, and reports whether it was not.
func takeStep(tx *store.Tx, province int, i id.ID, step int64) (bool, error) {
	n, err := tx.Exec("update auth_account set totp_step = $3 where province = $1 and id = $2 and totp_step < $3", province, i, step)
	return n == 1, err
}

// admit writes down that somebody signs in, and reports whether they still may
// with the password they gave. It holds the account's row, so that a Disable
// comes wholly before or wholly after the new session.
func admit(tx *store.Tx, province int, a Account, now time.Time) (bool, error) {
	n, err := tx.Exec("update auth_account set signed_in_ms = $3 where province = $1 and id = $2 and state = 'active' and password_hash = $4",
		province, a.ID, store.Millis(now), a.passwordHash)
	return n == 1, err
}

func insertRecovery(tx *store.Tx, province int, account id.ID, hash []byte) error {
	_, err := tx.Exec("insert into auth_recovery (province, account, code_hash) values ($1, $2, $3)", province, account, hash)
	return err
}

// takeRecovery uses a recovery code up, and reports whether it was there.
func takeRecovery(tx *store.Tx, province int, account id.ID, hash []byte) (bool, error) {
	n, err := tx.Exec("delete from auth_recovery where province = $1 and account = $2 and code_hash = $3", province, account, hash)
	return n == 1, err
}

func deleteRecovery(tx *store.Tx, province int, account id.ID) error {
	_, err := tx.Exec("delete from auth_recovery where province = $1 and account = $2", province, account)
	return err
}

func countRecovery(ctx context.Context, q store.Querier, province int, account id.ID) (int64, error) {
	return store.One(ctx, q, store.Int, "select count(*) from auth_recovery where province = $1 and account = $2", province, account)
}

func insertSetup(tx *store.Tx, province int, hash []byte, account id.ID, now, expires time.Time) error {
	_, err := tx.Exec("insert into auth_setup (province, token_hash, account, created_ms, expires_ms) values ($1, $2, $3, $4, $5)",
		province, hash, account, store.Millis(now), store.Millis(expires))
	return err
}

// selectSetup returns whose link it is, the zero ID for the first administrator's.
func selectSetup(ctx context.Context, q store.Querier, province int, hash []byte, now time.Time) (account id.ID, err error) {
	return store.One(ctx, q, store.ID, "select account from auth_setup where province = $1 and token_hash = $2 and expires_ms > $3", province, hash, store.Millis(now))
}

// takeSetup uses a link up, and reports whether it was there.
func takeSetup(tx *store.Tx, province int, hash []byte, now time.Time) (bool, error) {
	n, err := tx.Exec("delete from auth_setup where province = $1 and token_hash = $2 and expires_ms > $3", province, hash, store.Millis(now))
	return n == 1, err
}

func deleteSetups(tx *store.Tx, province int, account id.ID) error {
	_, err := tx.Exec("delete from auth_setup where province = $1 and account = $2", province, account)
	return err
}

func deleteFirstSetups(tx *store.Tx, province int) error {
	_, err := tx.Exec("delete from auth_setup where province = $1 and account is null", province)
	return err
}

func insertSession(tx *store.Tx, province int, hash []byte, v Session, agent string) error {
	_, err := tx.Exec(`insert into auth_session (province, token_hash, id, account, agent, created_ms, seen_ms, expires_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8)`, province, hash, v.id, v.account.ID, agent, store.Millis(v.created), store.Millis(v.seen), store.Millis(v.expires))
	return err
}

// selectSession returns a living session with its account as it is now.
func selectSession(ctx context.Context, q store.Querier, province int, hash []byte, idle, now time.Time) (Session, error) {
	return store.One(ctx, q, func(s store.Scan) (v Session, err error) {
		var created, seen, expires int64
		v.account, err = scanAccount(func(dest ...any) error {
			return s(append([]any{&v.id, &created, &seen, &expires}, dest...)...)
		})
		v.created, v.seen, v.expires = store.Time(created), store.Time(seen), store.Time(expires)
		return v, err
	}, `select s.id, s.created_ms, s.seen_ms, s.expires_ms, `+accountColumns+`
from auth_session s join auth_account a on a.province = s.province and a.id = s.account
where s.province = $1 and s.token_hash = $2 and s.seen_ms > $3 and s.expires_ms > $4 and a.state = 'active'`,
		province, hash, store.Millis(idle), store.Millis(now))
}

func selectSessions(ctx context.Context, q store.Querier, province int, account id.ID, idle, now time.Time) ([]OwnSession, error) {
	return store.All(ctx, q, func(s store.Scan) (v OwnSession, err error) {
		var created, seen int64
		err = s(&v.ID, &v.Agent, &created, &seen)
		v.Created, v.Seen = store.Time(created), store.Time(seen)
		return v, err
	}, `select id, agent, created_ms, seen_ms from auth_session
where province = $1 and account = $2 and seen_ms > $3 and expires_ms > $4 order by seen_ms desc, id desc limit 100`,
		province, account, store.Millis(idle), store.Millis(now))
}

func touchSession(tx *store.Tx, province int, hash []byte, now time.Time) error {
	_, err := tx.Exec("update auth_session set seen_ms = $3 where province = $1 and token_hash = $2", province, hash, store.Millis(now))
	return err
}

func deleteSession(tx *store.Tx, province int, hash []byte) (bool, error) {
	n, err := tx.Exec("delete from auth_session where province = $1 and token_hash = $2", province, hash)
	return n == 1, err
}

func deleteSessions(tx *store.Tx, province int, account id.ID) error {
	_, err := tx.Exec("delete from auth_session where province = $1 and account = $2", province, account)
	return err
}

func deleteDead(tx *store.Tx, province int, idle, now, tries time.Time) error {
	if _, err := tx.Exec("delete from auth_session where province = $1 and (seen_ms <= $2 or expires_ms <= $3)", province, store.Millis(idle), store.Millis(now)); err != nil {
		return err
	}
	if _, err := tx.Exec("delete from auth_setup where province = $1 and expires_ms <= $2", province, store.Millis(now)); err != nil {
		return err
	}
	_, err := tx.Exec("delete from auth_try where province = $1 and tried_ms <= $2", province, store.Millis(tries))
	return err
}

// countTry counts one more try before it is made, and returns how many have
// failed in a row if it does too; 0 when the login is locked.
func countTry(tx *store.Tx, province int, hash []byte, now, forget time.Time) (int64, error) {
	ns, err := store.All(tx.Context(), tx, store.Int, `insert into auth_try (province, login_hash, failed, until_ms, tried_ms) values ($1, $2, 1, 0, $3)
on conflict (province, login_hash) do update set tried_ms = excluded.tried_ms,
	failed = case when auth_try.tried_ms < $4 then 1 else auth_try.failed + 1 end
where auth_try.until_ms <= excluded.tried_ms returning failed`, province, hash, store.Millis(now), store.Millis(forget))
	if err != nil || len(ns) == 0 {
		return 0, err
	}
	return ns[0], nil
}

func lockTry(tx *store.Tx, province int, hash []byte, until time.Time) error {
	_, err := tx.Exec("update auth_try set until_ms = $3 where province = $1 and login_hash = $2", province, hash, store.Millis(until))
	return err
}

// forgiveTry takes back one count and its lock: the try was good.
func forgiveTry(tx *store.Tx, province int, hash []byte) error {
	_, err := tx.Exec("update auth_try set failed = failed - 1, until_ms = 0 where province = $1 and login_hash = $2 and failed > 0", province, hash)
	return err
}

func deleteTries(tx *store.Tx, province int, hash []byte) error {
	_, err := tx.Exec("delete from auth_try where province = $1 and login_hash = $2", province, hash)
	return err
}
