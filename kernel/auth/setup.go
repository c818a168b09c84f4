package auth

import (
	"context"
	"encoding/base64"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/web"
)

// setupFor is how long a set-up link lives.
const setupFor = 24 * time.Hour

var errLink = fault.New(fault.NotFound, "auth.link")

// Setup is an open set-up link.
type Setup struct {
	Account Account // zero for the first administrator, who chooses a login and name
	First   bool
	hash    []byte
}

// SetupForm is what the owner of a link chooses. Login and Name count for the
// first administrator only.
type SetupForm struct {
	Login, Name string
	Password    string
	Sealed      string // of the Enrolment shown
	Code        string
}

// newLink makes the account's one valid link.
func (s *Service) newLink(tx *store.Tx, account id.ID) (string, error) {
	if err := deleteSetups(tx, s.Province, account); err != nil {
		return "", err
	}
	return s.insertLink(tx, account)
}

func (s *Service) insertLink(tx *store.Tx, account id.ID) (string, error) {
	token := base64.RawURLEncoding.EncodeToString(random(tokenBytes))
	now := s.now()
	return s.BaseURL + "/set-up/" + token, insertSetup(tx, s.Province, tokenHash(token), account, now, now.Add(setupFor))
}

// FirstRun returns the set-up link of the first administrator, and "" when there
// is an account already. Each call makes an earlier link void.
func (s *Service) FirstRun(ctx context.Context) (link string, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		n, err := countAccounts(tx.Context(), tx, s.Province)
		if link = ""; err != nil || n > 0 {
			return err
		}
		if err := deleteFirstSetups(tx, s.Province); err != nil {
			return err
		}
		if link, err = s.insertLink(tx, id.ID{}); err != nil {
			return err
		}
		return audit.Append(tx, audit.Entry{Province: s.Province, At: s.now(), ActorKind: "system", Act: "account.first_link", ObjectKind: "account"})
	})
	return link, err
}

// OpenSetup returns what a link is for; fault.NotFound when it was used, has
// expired or never was.
func (s *Service) OpenSetup(ctx context.Context, token string) (Setup, error) {
	u := Setup{hash: tokenHash(token)}
	account, err := selectSetup(ctx, s.DB, s.Province, u.hash, s.now())
	if fault.Is(err, fault.NotFound) {
		return Setup{}, errLink
	}
	if u.First = account.IsZero(); err != nil || u.First {
		return u, err
	}
	u.Account, err = selectAccount(ctx, s.DB, s.Province, account)
	if err == nil && u.Account.State != Invited {
		err = errLink
	}
	return u, err
}

// OfferSetup offers the second factor of a set-up; sealed is that of an offer
// shown before, or "".
func (s *Service) OfferSetup(u Setup, login, sealed string) (Enrolment, error) {
	if !u.First {
		login = u.Account.Login
	}
	if login = normalLogin(login); login == "" {
		login = "admin"
	}
	return s.offered(login, sealed, u.hash)
}

// SetUp uses the link up: the account gets its password and second factor and
// may sign in. It returns the recovery codes, to be shown once, and the token of
// a first session.
func (s *Service) SetUp(ctx context.Context, from string, u Setup, f SetupForm, agent string) (token string, codes []string, err error) {
	if ok, wait := s.perAddr.Allow(from); !ok {
		return "", nil, web.Rate(wait)
	}
	a, err := s.setUpAccount(u, f)
	if err != nil {
		return "", nil, err
	}
	if err := checkPassword(f.Password, a.Login); err != nil {
		return "", nil, err
	}
	secret, step, err := s.confirm(f.Sealed, f.Code, u.hash)
	if err != nil {
		return "", nil, err
	}
	if a.passwordHash, err = s.hasher.hash(ctx, f.Password); err != nil {
		return "", nil, err
	}
	a.totpSealed, a.totpStep = s.sealTOTP(a.ID, secret), step
	codes, hashes := s.newRecovery(a.ID)
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := s.finishSetup(tx, u, a, hashes); err != nil {
			return err
		}
		if _, err := admit(tx, s.Province, a, s.now()); err != nil {
			return err
		}
		var v Session
		if token, v, err = s.begin(tx, a, agent); err != nil {
			return err
		}
		return s.note(tx, v.scope(""), "account.set_up", a, nil)
	})
	return token, codes, err
}

// setUpAccount is the account as it will be.
func (s *Service) setUpAccount(u Setup, f SetupForm) (Account, error) {
	if !u.First {
		a := u.Account
		a.State = Active
		return a, nil
	}
	in := Invitation{Login: f.Login, Name: f.Name, Roles: []Role{Administrator}, Area: s.Home}
	if err := s.check(&in); err != nil {
		return Account{}, err
	}
	return Account{ID: id.New(), Login: in.Login, Name: in.Name, Roles: in.Roles, Area: in.Area, State: Active, Created: s.now()}, nil
}

func (s *Service) finishSetup(tx *store.Tx, u Setup, a Account, recovery [][]byte) error {
	ok, err := takeSetup(tx, s.Province, u.hash, s.now())
	if err != nil {
		return err
	}
	if !ok {
		return errLink
	}
	if u.First {
		tx.AtEnd(afterAudit, func() error { return s.onlyOne(tx) })
		err = taken(insertAccount(tx, s.Province, a, s.now()), a.Login)
	} else {
		err = s.activate(tx, a)
	}
	if err != nil {
		return err
	}
	if err := deleteTries(tx, s.Province, s.loginHash(a.Login)); err != nil {
		return err
	}
	return s.replaceRecovery(tx, a.ID, recovery)
}

// activate sets up an invited account, which nobody has disabled meanwhile.
func (s *Service) activate(tx *store.Tx, a Account) error {
	now, err := selectAccount(tx.Context(), tx, s.Province, a.ID)
	if err != nil || now.State != Invited {
		return errLink.Because(err)
	}
	now.State = Active
	if err := updateAccount(tx, s.Province, now, s.now()); err != nil {
		return err
	}
	return updateSecrets(tx, s.Province, a.ID, a.passwordHash, a.totpSealed, a.totpStep)
}

// onlyOne holds that two first links, of two nodes, make one administrator.
func (s *Service) onlyOne(tx *store.Tx) error {
	n, err := countAccounts(tx.Context(), tx, s.Province)
	if err == nil && n != 1 {
		return errLink
	}
	return err
}

// Demo is an account of invented people, for demonstrations and tests.
type Demo struct {
	Login, Name string
	Role        Role
	Area        area.Code
	Password    string
	TOTPSecret  string // base32
}

// CreateForDemo makes an account that can sign in at once, or does nothing when
// the login is there. Never call it for real data: its password is in a script.
func (s *Service) CreateForDemo(ctx context.Context, d Demo) error {
	in := Invitation{Login: d.Login, Name: d.Name, Roles: []Role{d.Role}, Area: d.Area}
	if err := s.check(&in); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, d.Password)
	if err != nil {
		return err
	}
	a := Account{ID: id.New(), Login: in.Login, Name: in.Name, Roles: in.Roles, Area: in.Area, State: Active, Created: s.now(), passwordHash: hash}
	a.totpSealed = s.sealTOTP(a.ID, d.TOTPSecret)
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := insertAccount(tx, s.Province, a, s.now()); err != nil {
			return err
		}
		return s.note(tx, System(s.Province, "demo"), "account.demo", a, nil)
	})
	if store.IsDuplicate(err) {
		return nil
	}
	return err
}
