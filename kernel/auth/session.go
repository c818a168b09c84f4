package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/web"
)

// How long a session lives; OWASP ASVS 5.0 7.3.1 and 7.3.2.
const (
	sessionIdle  = 30 * time.Minute
	sessionMost  = 12 * time.Hour
	sessionTouch = time.Minute // so often at most is its last use written down
	tokenBytes   = 32
)

// Session is somebody signed in, with the account as it is at this request. Its
// zero value may do nothing.
type Session struct {
	id       id.ID
	account  Account
	created  time.Time
	seen     time.Time
	expires  time.Time
	province int
	areas    []area.Code
	now      func() time.Time
	hash     []byte
}

// OwnSession is a session as its owner sees it in their profile.
type OwnSession struct {
	ID      id.ID
	Agent   string // the browser's name for itself, cut
	Created time.Time
	Seen    time.Time
	Current bool
}

// Account returns who is signed in.
func (v Session) Account() Account { return v.account }

// Expires returns when the session ends at the latest.
func (v Session) Expires() time.Time { return v.expires }

// Can reports whether the account may do a somewhere.
func (v Session) Can(a Act) bool { return anyCan(v.account.Roles, a) }

// Scope returns the right to do a inside the account's jurisdiction, for a
// purpose that audit rows repeat; fault.Forbidden when no role of the account may.
func (v Session) Scope(a Act, purpose string) (Scope, error) {
	if !v.Can(a) {
		return Scope{}, errAct
	}
	return v.scope(purpose), nil
}

func (v Session) scope(purpose string) Scope {
	return Scope{
		province: v.province, areas: v.areas, whole: isWhole(v.province, v.account.Area), roles: v.account.Roles,
		account: v.account.ID, kind: "account", purpose: purpose, now: v.now,
	}
}

// begin makes a session and returns its token, which is shown to nobody else and kept nowhere.
func (s *Service) begin(tx *store.Tx, a Account, agent string) (token string, v Session, err error) {
	token = base64.RawURLEncoding.EncodeToString(random(tokenBytes))
	now := s.now()
	v = s.complete(Session{id: id.New(), account: a, created: now, seen: now, expires: now.Add(sessionMost), hash: tokenHash(token)})
	return token, v, insertSession(tx, s.Province, v.hash, v, fault.Cut(strings.ToValidUTF8(strings.ReplaceAll(agent, "\x00", ""), "?"), 160))
}

// complete adds what the table does not hold.
func (s *Service) complete(v Session) Session {
	v.province, v.now, v.areas = s.Province, s.Now, s.jurisdiction(v.account.Area)
	return v
}

// jurisdiction is worked out once of an area: that of a province asks after every
// commune of two editions, and each request of its officers needs it.
func (s *Service) jurisdiction(c area.Code) []area.Code {
	if known, ok := s.grounds.Load(c); ok {
		return known.([]area.Code)
	}
	cs := slices.Clip(jurisdiction(s.Ground, c))
	s.grounds.Store(c, cs)
	return cs
}

func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// Session returns the living session of a token; fault.NotFound when there is
// none, or its account may no longer sign in.
func (s *Service) Session(ctx context.Context, token string) (Session, error) {
	none := fault.New(fault.NotFound, "auth.session")
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return Session{}, none
	}
	now, hash := s.now(), tokenHash(token)
	v, err := selectSession(ctx, s.DB, s.Province, hash, now.Add(-sessionIdle), now)
	if fault.Is(err, fault.NotFound) {
		return Session{}, none
	}
	if err != nil {
		return Session{}, err
	}
	v.hash = hash
	if now.Sub(v.seen) >= sessionTouch {
		err = s.DB.Tx(ctx, func(tx *store.Tx) error { return touchSession(tx, s.Province, hash, now) })
	}
	if fault.Is(err, fault.Busy) { // a full disk: who is inside may go on reading
		err = nil
	}
	return s.complete(v), err
}

// SignOut ends one session.
func (s *Service) SignOut(ctx context.Context, v Session) error {
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		ended, err := deleteSession(tx, s.Province, v.hash)
		if err != nil || !ended {
			return err
		}
		return s.note(tx, v.scope(""), "session.end", v.account, nil)
	})
}

// SignOutEverywhere ends all sessions of the account, this one too.
func (s *Service) SignOutEverywhere(ctx context.Context, v Session) error {
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := deleteSessions(tx, s.Province, v.account.ID); err != nil {
			return err
		}
		return s.note(tx, v.scope(""), "session.end_all", v.account, nil)
	})
}

// Sessions lists the account's living sessions, the last used first.
func (s *Service) Sessions(ctx context.Context, v Session) ([]OwnSession, error) {
	now := s.now()
	own, err := selectSessions(ctx, s.DB, s.Province, v.account.ID, now.Add(-sessionIdle), now)
	for i := range own {
		own[i].Current = own[i].ID == v.id
	}
	return own, err
}

// ChangePassword sets another password. All sessions end; the returned token is
// that of a new one for whoever asked.
func (s *Service) ChangePassword(ctx context.Context, from string, v Session, current, next, agent string) (token string, err error) {
	if err := s.prove(ctx, from, v, current); err != nil {
		return "", err
	}
	if err := checkPassword(next, v.account.Login); err != nil {
		return "", err
	}
	hash, err := s.hasher.hash(ctx, next)
	if err != nil {
		return "", err
	}
	return s.renew(ctx, v, agent, "account.password", func(tx *store.Tx) error {
		return updatePassword(tx, s.Province, v.account.ID, hash)
	})
}

// OfferTOTP offers the account another second factor, which ChangeTOTP takes;
// sealed is that of an offer shown before, or "".
func (s *Service) OfferTOTP(v Session, sealed string) (Enrolment, error) {
	return s.offered(v.account.Login, sealed, totpOffer(v))
}

func totpOffer(v Session) []byte { return []byte("offer|" + v.account.ID.String()) }

// ChangeTOTP sets another second factor and other recovery codes, which are
// shown once. All sessions end but a new one.
func (s *Service) ChangeTOTP(ctx context.Context, from string, v Session, current, sealed, code, agent string) (token string, codes []string, err error) {
	if err := s.prove(ctx, from, v, current); err != nil {
		return "", nil, err
	}
	secret, step, err := s.confirm(sealed, code, totpOffer(v))
	if err != nil {
		return "", nil, err
	}
	codes, hashes := s.newRecovery(v.account.ID)
	token, err = s.renew(ctx, v, agent, "account.totp", func(tx *store.Tx) error {
		if err := updateTOTP(tx, s.Province, v.account.ID, s.sealTOTP(v.account.ID, secret), step); err != nil {
			return err
		}
		return s.replaceRecovery(tx, v.account.ID, hashes)
	})
	return token, codes, err
}

// prove asks somebody signed in for their password again.
func (s *Service) prove(ctx context.Context, from string, v Session, password string) error {
	refuse := fault.New(fault.Invalid, "auth.current").At("current", "")
	return s.attempt(ctx, try{from, v.account.Login, v.account, refuse}, func() (bool, error) {
		return s.hasher.match(ctx, v.account.passwordHash, password)
	})
}

// renew changes a secret, ends all sessions and begins a new one, if that of
// whoever asks still lives: an administrator may just have ended it.
func (s *Service) renew(ctx context.Context, v Session, agent, act string, change func(*store.Tx) error) (token string, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		if alive, err := deleteSession(tx, s.Province, v.hash); err != nil {
			return err
		} else if !alive {
			return web.ErrSignIn
		}
		if err := deleteSessions(tx, s.Province, v.account.ID); err != nil {
			return err
		}
		if token, _, err = s.begin(tx, v.account, agent); err != nil {
			return err
		}
		return s.note(tx, v.scope(""), act, v.account, nil)
	})
	return token, err
}

func (s *Service) replaceRecovery(tx *store.Tx, account id.ID, hashes [][]byte) error {
	if err := deleteRecovery(tx, s.Province, account); err != nil {
		return err
	}
	for h := range slices.Values(hashes) {
		if err := insertRecovery(tx, s.Province, account, h); err != nil {
			return err
		}
	}
	return nil
}
