package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"khien/kernel/audit"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/web"
)

// How tries at one login are slowed. Four mistakes are free; from the fifth in a
// row the login is locked for 30 seconds, then twice as long each time.
const (
	triesFree   = 4
	lockFirst   = 30 * time.Second
	lockMost    = 15 * time.Minute
	tryMemory   = 24 * time.Hour // then the count begins anew
	ticketFor   = 5 * time.Minute
	ticketBytes = 32
)

var (
	errCredentials = fault.New(fault.Invalid, "auth.credentials")
	errCode        = fault.New(fault.Invalid, "auth.code_refused")
	errTicket      = fault.New(fault.Invalid, "auth.ticket")
)

// CheckPassword is the first half of signing in: it returns a ticket for SignIn,
// good for five minutes. from names the address that asks (web.AddrKey). Every
// refusal is the same fault.Invalid, whatever was wrong.
func (s *Service) CheckPassword(ctx context.Context, from, login, password string) (ticket string, err error) {
	login = normalLogin(login)
	a, err := s.byLogin(ctx, login)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	err = s.attempt(ctx, try{from, login, a, errCredentials}, func() (bool, error) {
		ok, err := s.hasher.match(ctx, a.passwordHash, password)
		return ok && a.State == Active, err
	})
	if err != nil {
		return "", err
	}
	return s.ticket(a), nil
}

// byLogin looks up what somebody typed; what no login can look like is looked up as "".
func (s *Service) byLogin(ctx context.Context, login string) (Account, error) {
	if !loginForm.MatchString(login) {
		login = ""
	}
	return selectLogin(ctx, s.DB, s.Province, login)
}

// SignIn is the second half: a code of the authenticator or a recovery code. It
// returns the token of a new session.
func (s *Service) SignIn(ctx context.Context, from, ticket, code, agent string) (token string, v Session, err error) {
	a, err := s.openTicket(ctx, ticket)
	if err != nil {
		return "", Session{}, err
	}
	factor := ""
	err = s.attempt(ctx, try{from, a.Login, a, errCode}, func() (ok bool, err error) {
		ok, factor, err = s.takeCode(ctx, a, plainCode(code))
		return ok, err
	})
	if err != nil {
		return "", Session{}, err
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if ok, err := admit(tx, s.Province, a, s.now()); err != nil {
			return err
		} else if !ok {
			return errTicket
		}
		if err := deleteTries(tx, s.Province, s.loginHash(a.Login)); err != nil {
			return err
		}
		if token, v, err = s.begin(tx, a, agent); err != nil {
			return err
		}
		return s.note(tx, v.scope(""), "session.begin", a, map[string]any{"factor": factor})
	})
	return token, v, err
}

// takeCode uses a code up; factor says of which kind it was.
func (s *Service) takeCode(ctx context.Context, a Account, code string) (ok bool, factor string, err error) {
	if len(code) != 6 {
		hash := s.recoveryHash(a.ID, code)
		err = s.DB.Tx(ctx, func(tx *store.Tx) error { ok, err = takeRecovery(tx, s.Province, a.ID, hash); return err })
		return ok, "recovery", err
	}
	secret, err := s.openTOTP(a)
	if err != nil {
		return false, "", err
	}
	step := matchStep(secret, code, s.now(), a.totpStep)
	if step == 0 {
		return false, "totp", nil
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error { ok, err = takeStep(tx, s.Province, a.ID, step); return err })
	return ok, "totp", err
}

// try is one attempt to prove who one is.
type try struct {
	from   string  // the address
	login  string  // as typed, normalised
	of     Account // zero when there is none
	refuse *fault.Error
}

// attempt counts a try before it is made, so that a hundred at once are no
// better than one by one, and refuses a locked login whatever good says. It does
// the same work for a login that nobody has.
func (s *Service) attempt(ctx context.Context, t try, good func() (bool, error)) error {
	if ok, wait := s.perAddr.Allow(t.from); !ok {
		return web.Rate(wait)
	}
	hash := s.loginHash(t.login)
	locked := false
	err := s.DB.Tx(ctx, func(tx *store.Tx) error {
		now := s.now()
		failed, err := countTry(tx, s.Province, hash, now, now.Add(-tryMemory))
		if locked = failed == 0; err != nil || failed <= triesFree {
			return err
		}
		return lockTry(tx, s.Province, hash, now.Add(lockFor(failed)))
	})
	if err != nil {
		return err
	}
	ok, err := good()
	if locked {
		ok = false
	}
	if err == nil && !ok {
		if err := s.DB.Tx(ctx, func(tx *store.Tx) error { return s.noteRefusal(tx, t, locked) }); err != nil {
			return err
		}
		return t.refuse
	}
	if locked {
		return err
	}
	forgive := s.DB.Tx(ctx, func(tx *store.Tx) error { return forgiveTry(tx, s.Province, hash) })
	if err == nil {
		err = forgive
	}
	return err
}

// lockFor is how long a login is locked after so many failures in a row.
func lockFor(failed int64) time.Duration {
	d := lockFirst
	for n := int64(triesFree + 1); n < failed && d < lockMost; n++ {
		d *= 2
	}
	return min(d, lockMost)
}

func (s *Service) loginHash(login string) []byte { return s.Keys.BlindIndex("auth login", login) }

// note writes an audit row about an account.
func (s *Service) note(tx *store.Tx, sc Scope, act string, a Account, detail map[string]any) error {
	e := sc.Entry(act, "account", a.ID.String(), a.Area, detail)
	e.At = s.now()
	return audit.Append(tx, e)
}

// noteRefusal writes down that somebody was refused; never what they typed,
// which may be a password in the wrong field.
func (s *Service) noteRefusal(tx *store.Tx, t try, locked bool) error {
	e := audit.Entry{Province: s.Province, At: s.now(), ActorKind: "public", Act: "session.refuse", ObjectKind: "account", Area: t.of.Area}
	if !t.of.ID.IsZero() {
		e.ObjectID = t.of.ID.String()
	}
	if locked {
		e.Detail = map[string]any{"locked": true}
	}
	return audit.Append(tx, e)
}

// ticket proves for a while that the password of a was given. It dies with the password.
func (s *Service) ticket(a Account) string {
	b := make([]byte, 0, ticketBytes)
	b = append(b, a.ID[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(s.now().Add(ticketFor).UnixMilli()))
	b = append(b, passwordPrint(a)...)
	return base64.RawURLEncoding.EncodeToString(s.Keys.Seal("auth ticket", b, s.place()))
}

func (s *Service) openTicket(ctx context.Context, ticket string) (Account, error) {
	raw, err := base64.RawURLEncoding.DecodeString(ticket)
	if err != nil {
		return Account{}, errTicket
	}
	b, err := s.Keys.OpenSealed("auth ticket", raw, s.place())
	if err != nil || len(b) != ticketBytes || s.now().UnixMilli() > int64(binary.BigEndian.Uint64(b[16:])) {
		return Account{}, errTicket
	}
	a, err := selectAccount(ctx, s.DB, s.Province, id.ID(b[:16]))
	switch {
	case err != nil && !fault.Is(err, fault.NotFound):
		return Account{}, err
	case err != nil || a.State != Active || string(passwordPrint(a)) != string(b[24:]):
		return Account{}, errTicket
	}
	return a, nil
}

func passwordPrint(a Account) []byte {
	sum := sha256.Sum256([]byte(a.passwordHash))
	return sum[:8]
}

// place binds what is sealed for this province.
func (s *Service) place() []byte { return binary.BigEndian.AppendUint32(nil, uint32(s.Province)) }
