package auth

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"khien/kernel/area"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// State is where an account stands. The values are stored as written.
type State string

// The states.
const (
	Invited  State = "invited"  // waits for its owner to open the set-up link
	Active   State = "active"   // may sign in
	Disabled State = "disabled" // may not
)

// Account is the login of one member of staff. Who may read it: its owner, and
// administrators of its area. It is kept as long as audit rows name it.
type Account struct {
	ID       id.ID
	Login    string // lower case; unique in the province
	Name     string // as colleagues know them
	Roles    []Role
	Area     area.Code
	State    State
	Created  time.Time
	SignedIn time.Time // last; zero: never

	passwordHash string
	totpSealed   []byte
	totpStep     int64 // of the last code that was taken
}

// Invitation is what an administrator says of a new colleague.
type Invitation struct {
	Login string
	Name  string
	Roles []Role
	Area  area.Code
}

// Change is what an administrator may change of an account.
type Change struct {
	Name  string
	Roles []Role
	Area  area.Code
}

// AccountFilter picks accounts; After is the login that the page before ended with.
type AccountFilter struct {
	Search string // part of a name or login, without marks or with
	State  State  // "": all
	After  string
	Limit  int // 1 to 200; 0: 50
}

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{1,62}[a-z0-9]$`)

// normalLogin is the login as it is stored and looked up.
func normalLogin(s string) string { return strings.ToLower(strings.TrimSpace(norm.NFC.String(s))) }

func (s *Service) check(in *Invitation) error {
	in.Login, in.Name = normalLogin(in.Login), strings.Join(strings.Fields(norm.NFC.String(in.Name)), " ")
	switch n := utf8.RuneCountInString(in.Name); {
	case !loginForm.MatchString(in.Login):
		return fault.New(fault.Invalid, "auth.login").At("login", in.Login)
	case n == 0 || n > 100:
		return fault.New(fault.Invalid, "auth.name").At("full_name", in.Name)
	}
	names := make([]string, len(in.Roles))
	for i, r := range in.Roles {
		names[i] = string(r)
	}
	var err error
	if in.Roles, err = parseRoles(names); err != nil {
		return err
	}
	return s.checkArea(in.Area)
}

// checkArea refuses an area that the gazetteer does not have or that lies in another province.
func (s *Service) checkArea(c area.Code) error {
	if c.Province().Official() != fmt.Sprintf("%02d", s.Province) || s.Areas != nil && s.Areas.Title(c) == "" {
		return fault.New(fault.Invalid, "auth.area_unknown").At("jurisdiction", c.String())
	}
	return nil
}

// Accounts returns the accounts in scope that f picks, by login, and the After
// of the next page, "" when there is none.
func (s *Service) Accounts(ctx context.Context, sc Scope, f AccountFilter) (as []Account, next string, err error) {
	if !sc.Allows(ManageAccounts) {
		return nil, "", errAct
	}
	if f.Limit <= 0 || f.Limit > 200 {
		f.Limit = 50
	}
	limit := f.Limit
	f.Limit++
	as, err = selectAccounts(ctx, s.DB, sc, f)
	if err != nil || len(as) <= limit {
		return as, "", err
	}
	return as[:limit], as[limit-1].Login, nil
}

// Account returns one account in scope; another is fault.NotFound, so that
// guessing ids tells nothing.
func (s *Service) Account(ctx context.Context, sc Scope, i id.ID) (Account, error) {
	return s.account(ctx, s.DB, sc, i)
}

func (s *Service) account(ctx context.Context, q store.Querier, sc Scope, i id.ID) (Account, error) {
	if !sc.Allows(ManageAccounts) {
		return Account{}, errAct
	}
	a, err := selectAccount(ctx, q, sc.Province(), i)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Account{}, err
	}
	if err != nil || !sc.Covers(a.Area) {
		return Account{}, errNoAccount
	}
	return a, nil
}

// Job returns the first role of an account and the area it acts in: what people
// are told of whoever looked at them, who are not told the name.
func (s *Service) Job(ctx context.Context, i id.ID) (Role, area.Code, error) {
	a, err := selectAccount(ctx, s.DB, s.Province, i)
	if err != nil || len(a.Roles) == 0 {
		return "", a.Area, err
	}
	return a.Roles[0], a.Area, nil
}

// AccountByLogin returns an account in scope by its login, for commands.
func (s *Service) AccountByLogin(ctx context.Context, sc Scope, login string) (Account, error) {
	a, err := s.byLogin(ctx, normalLogin(login))
	if err != nil {
		return Account{}, err
	}
	return s.account(ctx, s.DB, sc, a.ID)
}

var (
	errAct       = fault.New(fault.Forbidden, "auth.act")
	errOwn       = fault.New(fault.Conflict, "auth.own_account")
	errLast      = fault.New(fault.Conflict, "auth.last_administrator")
	errNoAccount = fault.New(fault.NotFound, "auth.account")
)

// Invite makes an account that waits for its owner, and returns the set-up link
// to hand to them. The administrator gives no area outside their own, and only
// one of the whole province makes administrators and auditors.
func (s *Service) Invite(ctx context.Context, sc Scope, in Invitation) (a Account, link string, err error) {
	if err := s.check(&in); err != nil {
		return Account{}, "", err
	}
	if err := grantable(sc, in.Roles, in.Area); err != nil {
		return Account{}, "", err
	}
	a = Account{ID: id.New(), Login: in.Login, Name: in.Name, Roles: in.Roles, Area: in.Area, State: Invited, Created: s.now()}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := insertAccount(tx, s.Province, a, s.now()); err != nil {
			return taken(err, a.Login)
		}
		if link, err = s.newLink(tx, a.ID); err != nil {
			return err
		}
		return s.note(tx, sc, "account.invite", a, map[string]any{"roles": joinRoles(a.Roles), "area": a.Area.String()})
	})
	return a, link, err
}

// taken says in the form's words that the login belongs to another.
func taken(err error, login string) error {
	if store.IsDuplicate(err) {
		return fault.New(fault.Conflict, "auth.login_taken").At("login", login)
	}
	return err
}

// grantable refuses what the actor may not give to others.
func grantable(sc Scope, roles []Role, c area.Code) error {
	if err := sc.Check(ManageAccounts, c); err != nil {
		return err
	}
	if !sc.Whole() && (slices.Contains(roles, Administrator) || slices.Contains(roles, Auditor)) {
		return fault.New(fault.Forbidden, "auth.grant").At("roles", joinRoles(roles))
	}
	return nil
}

// Change gives an account another name, roles or area. Other roles or another
// area end its sessions. Nobody changes their own.
func (s *Service) Change(ctx context.Context, sc Scope, i id.ID, c Change) error {
	return s.alter(ctx, sc, i, func(tx *store.Tx, a Account) error {
		in := Invitation{Login: a.Login, Name: c.Name, Roles: c.Roles, Area: c.Area}
		if err := s.check(&in); err != nil {
			return err
		}
		if err := grantable(sc, in.Roles, in.Area); err != nil {
			return err
		}
		detail := map[string]any{}
		if in.Name != a.Name {
			detail["name"] = "changed"
		}
		rights := joinRoles(in.Roles) != joinRoles(a.Roles) || in.Area != a.Area
		if rights {
			detail["roles"] = []string{joinRoles(a.Roles), joinRoles(in.Roles)}
			detail["area"] = []string{a.Area.String(), in.Area.String()}
		}
		was := a
		s.keepOne(tx, was)
		a.Name, a.Roles, a.Area = in.Name, in.Roles, in.Area
		if err := updateAccount(tx, s.Province, a, s.now()); err != nil {
			return err
		}
		if rights {
			if err := deleteSessions(tx, s.Province, a.ID); err != nil {
				return err
			}
		}
		return s.note(tx, sc, "account.change", was, detail)
	})
}

// Disable ends the sessions of an account and its right to sign in.
func (s *Service) Disable(ctx context.Context, sc Scope, i id.ID) error {
	return s.alter(ctx, sc, i, func(tx *store.Tx, a Account) error {
		if a.State == Disabled {
			return nil
		}
		s.keepOne(tx, a)
		if err := s.shut(tx, a, Disabled); err != nil {
			return err
		}
		return s.note(tx, sc, "account.disable", a, nil)
	})
}

// shut ends sessions and open set-up links and gives the account its new state.
func (s *Service) shut(tx *store.Tx, a Account, to State) error {
	a.State = to
	if err := updateAccount(tx, s.Province, a, s.now()); err != nil {
		return err
	}
	if err := deleteSetups(tx, s.Province, a.ID); err != nil {
		return err
	}
	return deleteSessions(tx, s.Province, a.ID)
}

// Enable gives a disabled account its right to sign in back, with its old
// password and second factor; one that was never set up waits for a Reset.
func (s *Service) Enable(ctx context.Context, sc Scope, i id.ID) error {
	return s.alter(ctx, sc, i, func(tx *store.Tx, a Account) error {
		if a.State != Disabled {
			return nil
		}
		if a.State = Active; a.passwordHash == "" {
			a.State = Invited
		}
		if err := updateAccount(tx, s.Province, a, s.now()); err != nil {
			return err
		}
		return s.note(tx, sc, "account.enable", a, nil)
	})
}

// Reset takes away password, second factor, recovery codes and sessions, and
// returns a link with which the owner sets new ones. The link goes to the owner,
// by a way that proves who they are.
func (s *Service) Reset(ctx context.Context, sc Scope, i id.ID) (link string, err error) {
	err = s.alter(ctx, sc, i, func(tx *store.Tx, a Account) error {
		if a.State == Disabled {
			return fault.New(fault.Conflict, "auth.disabled")
		}
		if err := s.shut(tx, a, Invited); err != nil {
			return err
		}
		if err := updateSecrets(tx, s.Province, a.ID, "", nil, 0); err != nil {
			return err
		}
		if err := deleteRecovery(tx, s.Province, a.ID); err != nil {
			return err
		}
		if link, err = s.newLink(tx, a.ID); err != nil {
			return err
		}
		return s.note(tx, sc, "account.reset", a, nil)
	})
	return link, err
}

// alter runs an administrator's act on somebody else's account.
func (s *Service) alter(ctx context.Context, sc Scope, i id.ID, act func(*store.Tx, Account) error) error {
	if !sc.Account().IsZero() && sc.Account() == i {
		return errOwn
	}
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		a, err := s.account(tx.Context(), tx, sc, i)
		if err != nil {
			return err
		}
		if !sc.Whole() && (slices.Contains(a.Roles, Administrator) || slices.Contains(a.Roles, Auditor)) {
			return fault.New(fault.Forbidden, "auth.grant")
		}
		return act(tx, a)
	})
}

// afterAudit is behind the audit chain's 20.
const afterAudit = 30

// keepOne holds that an administrator of the whole province is left, if a is
// one. It looks when the audit chain's lock has put all such acts in order. A
// Reset needs none: its link leads back in.
func (s *Service) keepOne(tx *store.Tx, a Account) {
	if a.State != Active || !slices.Contains(a.Roles, Administrator) || !isWhole(s.Province, a.Area) {
		return
	}
	tx.AtEnd(afterAudit, func() error {
		n, err := countAdministrators(tx, s.Province)
		if err == nil && n == 0 {
			return errLast
		}
		return err
	})
}
