package declaration

import (
	"context"
	"errors"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/wire/qr"
)

// Filter picks declarations of a scope. The zero Filter picks them all.
type Filter struct {
	Kind     Kind
	Grade    qr.Grade
	Area     area.Code // where the person stays: it and everything below
	From, To day.Day   // of the declaration in Vietnam, both included
	After    *Cursor   // nil: from the first
}

// Cursor is the place in a list after a declaration.
type Cursor struct {
	Made time.Time
	ID   id.ID
}

// String writes the cursor for a link.
func (c Cursor) String() string {
	return c.Made.UTC().Format("20060102T150405.000") + "." + c.ID.String()
}

// UnmarshalText reads what String wrote.
func (c *Cursor) UnmarshalText(b []byte) error {
	const layout = "20060102T150405.000"
	bad := fault.New(fault.Invalid, "declaration.cursor").At("after", string(b))
	if len(b) < len(layout)+1 {
		return bad
	}
	t, err := time.Parse(layout, string(b[:len(layout)]))
	if err != nil {
		return bad
	}
	i, err := id.Parse(string(b[len(layout)+1:]))
	*c = Cursor{t, i}
	return err
}

// start is the beginning of a day in Vietnam.
func start(d day.Day) time.Time {
	t := d.Time()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, i18n.Zone)
}

// Pages of lists and exports.
const (
	PageSize   = 50
	exportPage = 500
	searchMost = 100
)

func allowed(sc auth.Scope, acts ...auth.Act) error {
	for _, a := range acts {
		if !sc.Allows(a) {
			return fault.New(fault.Forbidden, "auth.act")
		}
	}
	return nil
}

// List returns a page of the declarations in scope, the newest first, without
// names, and what the next page begins after; nil on the last. It is audited.
func (s *Service) List(ctx context.Context, sc auth.Scope, f Filter) (ds []Declaration, next *Cursor, err error) {
	if err := allowed(sc, auth.ReadDeclarations); err != nil {
		return nil, nil, err
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		rows, err := selectList(tx.Context(), tx, sc, f, PageSize+1)
		if err != nil {
			return err
		}
		ds, next = nil, nil
		for _, r := range rows[:min(len(rows), PageSize)] {
			ds = append(ds, r.Declaration)
		}
		if len(rows) > PageSize {
			next = &Cursor{ds[PageSize-1].Made, ds[PageSize-1].ID}
		}
		return audit.Append(tx, sc.Entry("declaration.list", "declaration", "", f.Area, map[string]any{"count": len(ds)}))
	})
	return ds, next, err
}

// Version is one version of a declaration with what it says.
type Version struct {
	Declaration
	Content
}

// Read returns a declaration in scope with all its versions, the newest first.
// It is audited, also when there is none in scope. A gate, which reads no people,
// has Check.
func (s *Service) Read(ctx context.Context, sc auth.Scope, i id.ID) (vs []Version, err error) {
	if err := allowed(sc, auth.ReadDeclarations, auth.ReadPeople); err != nil {
		return nil, err
	}
	missed := false
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		r, err := selectDeclaration(tx.Context(), tx, sc, i)
		if missed = fault.Is(err, fault.NotFound) || err == nil && !sc.Covers(r.Area); missed {
			return audit.Append(tx, sc.Entry("declaration.miss", "declaration", i.String(), 0, nil))
		}
		if err != nil {
			return err
		}
		if vs, err = s.versions(tx, sc, r); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("declaration.read", "person", r.Person.String(), r.Area, map[string]any{"declaration": i.String()}))
	})
	if err == nil && missed {
		err = errNone
	}
	return vs, err
}

func (s *Service) versions(tx *store.Tx, sc auth.Scope, r row) ([]Version, error) {
	c, err := s.content(r)
	if err != nil {
		return nil, err
	}
	vs := []Version{{r.Declaration, c}}
	old, err := selectPast(tx.Context(), tx, sc, r.ID)
	for i := len(old) - 1; i >= 0 && err == nil; i-- {
		p := old[i]
		was := r
		was.Version, was.sealed = p.Version, p.sealed
		if c, err = s.content(was); err == nil {
			p.Kind, p.Person, p.Area = r.Kind, r.Person, r.Area
			vs = append(vs, Version{p.Declaration, c})
		}
	}
	return vs, err
}

// Search returns the newest declarations in scope of people who have this name,
// phone or paper, as the registry finds them; 100 at most. It is audited there and here.
func (s *Service) Search(ctx context.Context, sc auth.Scope, words string) (vs []Version, err error) {
	if err := allowed(sc, auth.ReadDeclarations, auth.ReadPeople); err != nil {
		return nil, err
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		people, err := s.find(tx, sc, strings.TrimSpace(words))
		if err != nil {
			return err
		}
		_, all, err := s.People.Aliases(tx.Context(), tx, sc, people) // declarations made before they were merged
		if err != nil {
			return err
		}
		rows, err := selectOfPeople(tx.Context(), tx, sc, all, searchMost)
		vs = nil
		for _, r := range rows {
			c, err := s.content(r)
			if err != nil {
				return err
			}
			vs = append(vs, Version{r.Declaration, c})
		}
		if err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("declaration.search", "declaration", "", 0, map[string]any{"count": len(vs)}))
	})
	return vs, err
}

func (s *Service) find(tx *store.Tx, sc auth.Scope, words string) (ids []id.ID, err error) {
	if words == "" {
		return nil, nil
	}
	var people []person.Person
	ctx := tx.Context()
	if _, notPhone := person.NormalPhone(words); notPhone == nil {
		people, err = s.People.FindByPhone(ctx, tx, sc, words)
	} else if strings.ContainsAny(words, "0123456789") {
		people, err = s.People.FindByPaper(ctx, tx, sc, words)
	} else {
		people, err = s.People.FindByName(ctx, tx, sc, words)
	}
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	return ids, err
}

// Standing says how a scanned code stands. The values are sent as written.
type Standing string

// The standings.
const (
	StandsValid     Standing = "valid"
	StandsExpired   Standing = "expired"
	StandsWithdrawn Standing = "withdrawn"
	StandsCorrected Standing = "corrected" // another grade or end than the code says
)

// Checked is what a gate learns of a code: enough to compare with the face, no more.
type Checked struct {
	Declaration
	Standing Standing
	Initials string   // "N. V. B."
	Year     string   // of birth
	Worst    qr.Grade // of all its versions: who corrected red to green is asked why
}

// Check reads a declaration's code, or the ten letters below it, and says how it
// stands now, wherever its person stays: a traveller is from elsewhere. It is
// audited. fault.Invalid "qr.…" says what is wrong with the code.
func (s *Service) Check(ctx context.Context, sc auth.Scope, text string) (c Checked, err error) {
	if err := allowed(sc, auth.ReadDeclarations); err != nil {
		return Checked{}, err
	}
	code, err := s.readCode(text)
	if err != nil {
		return Checked{}, err
	}
	sc = sc.Anywhere() // the one row that the code in the traveller's hand names
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		r, err := s.rowOf(tx, sc, code, text)
		if err != nil {
			return err
		}
		vs, err := s.versions(tx, sc, r)
		if err != nil {
			return err
		}
		c = s.checked(vs, code)
		return audit.Append(tx, sc.Entry("declaration.check", "person", r.Person.String(), r.Area, map[string]any{"declaration": r.ID.String(), "standing": c.Standing}))
	})
	return c, err
}

// readCode verifies the signature of a code; nil for what may be the short text.
func (s *Service) readCode(text string) (*qr.DeclarationCode, error) {
	text = strings.TrimSpace(text)
	if shortOf(text) != "" {
		return nil, nil
	}
	u, err := qr.ReadDeclaration(text)
	if err != nil {
		var scanned qr.Code
		if scanned, err = qr.Read(text); err == nil && scanned.Declaration == nil {
			return nil, fault.New(fault.Invalid, "declaration.not_a_code").At("code", "")
		}
		if err == nil {
			u = *scanned.Declaration
		}
	}
	if err != nil {
		return nil, codeFault(err)
	}
	t := s.Signer.Trust(0)
	d, err := u.Verify(t)
	if e := (*qr.Error)(nil); errors.As(err, &e) && e.Why == qr.Expired && d.Declaration != [16]byte{} {
		err = nil // how it ended is for the row to say
	}
	if err != nil {
		return nil, codeFault(err)
	}
	return &d, nil
}

func codeFault(err error) error {
	var e *qr.Error
	if !errors.As(err, &e) {
		return err
	}
	return fault.New(fault.Invalid, "qr."+e.Why).At("code", "").With("code", string(e.Kind)).Because(err)
}

// shortOf reads the ten letters as people type them, "" for what is something else.
func shortOf(text string) string {
	if len(text) > 2*shortLength {
		return ""
	}
	s := strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(text))
	if len(s) != shortLength || strings.Trim(s, shortAlphabet) != "" {
		return ""
	}
	return s
}

func (s *Service) rowOf(tx *store.Tx, sc auth.Scope, code *qr.DeclarationCode, text string) (r row, err error) {
	if code != nil {
		r, err = selectDeclaration(tx.Context(), tx, sc, id.ID(code.Declaration))
	} else {
		r, err = selectShort(tx.Context(), tx, sc, shortOf(strings.TrimSpace(text)))
	}
	if fault.Is(err, fault.NotFound) {
		err = errNone
	}
	return r, err
}

func (s *Service) checked(vs []Version, code *qr.DeclarationCode) Checked {
	d, who := vs[0].Declaration, vs[0].Who
	c := Checked{Declaration: d, Standing: StandsValid, Initials: initials(who.Name), Year: who.Birth[:min(4, len(who.Birth))], Worst: d.Grade}
	for _, v := range vs {
		if severity(v.Grade) > severity(c.Worst) {
			c.Worst = v.Grade
		}
	}
	switch {
	case !d.Withdrawn.IsZero():
		c.Standing = StandsWithdrawn
	case !d.Valid(s.now()):
		c.Standing = StandsExpired
	case code != nil && (code.Grade != d.Grade || code.Until.Unix() != d.Until.Unix()):
		c.Standing = StandsCorrected
	}
	return c
}

func severity(g qr.Grade) int {
	return map[qr.Grade]int{qr.Green: 0, qr.Yellow: 1, qr.Red: 2}[g]
}

// initials writes "N. V. B." for Nông Văn Ba.
func initials(name string) string {
	var b strings.Builder
	for i, w := range strings.Fields(name) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string([]rune(w)[:1]) + ".")
	}
	return b.String()
}

// Export calls row for every declaration of the filter with what it says, in
// constant memory, after it has written down what is exported.
func (s *Service) Export(ctx context.Context, sc auth.Scope, f Filter, row func(Version) error) error {
	if err := allowed(sc, auth.ReadDeclarations, auth.Export); err != nil {
		return err
	}
	err := s.DB.Tx(ctx, func(tx *store.Tx) error {
		return audit.Append(tx, sc.Entry("declaration.export", "declaration", "", f.Area, map[string]any{"from": f.From, "to": f.To}))
	})
	for err == nil {
		rows, readErr := selectList(ctx, s.DB, sc, f, exportPage)
		if err = readErr; err != nil {
			return err
		}
		for _, r := range rows {
			c, err := s.content(r)
			if err != nil {
				return err
			}
			if err := row(Version{r.Declaration, c}); err != nil {
				return err
			}
			f.After = &Cursor{r.Made, r.ID}
		}
		if len(rows) < exportPage {
			return nil
		}
	}
	return err
}
