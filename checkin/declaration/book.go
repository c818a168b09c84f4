package declaration

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/store"
)

// definitionTopic wakes every node when a form or the rules have a new version.
const definitionTopic = "declaration.definition"

// definitionBytes bounds a file of a form or of rules.
const definitionBytes = 256 << 10

//go:embed forms/*.json
var programs embed.FS

// definition is a file: a form, or the rules.
type definition struct {
	Form  *Form  `json:"form,omitempty"`
	Rules *Rules `json:"rules,omitempty"`
}

// what names the line of versions: a kind, or "rules".
func (d definition) what() (string, int) {
	if d.Rules != nil {
		return "rules", d.Rules.Version
	}
	return string(d.Form.Kind), d.Form.Version
}

func readDefinition(r io.Reader) (definition, error) {
	dec := json.NewDecoder(io.LimitReader(r, definitionBytes))
	dec.DisallowUnknownFields()
	var d definition
	err := dec.Decode(&d)
	switch {
	case err != nil:
	case (d.Form == nil) == (d.Rules == nil):
		err = errors.New(`want either "form" or "rules"`)
	case d.Form != nil:
		err = d.Form.check()
	default:
		err = d.Rules.check()
	}
	if err != nil {
		return definition{}, fault.New(fault.Invalid, "declaration.definition").With("why", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return d, nil
}

// book holds all versions of forms and rules in memory.
type book struct {
	woken <-chan struct{}

	mu    sync.RWMutex
	forms map[Kind][]Form
	rules []Rules
}

func newBook(woken <-chan struct{}) *book {
	b := &book{woken: woken, forms: map[Kind][]Form{}}
	names, err := programs.ReadDir("forms")
	if err != nil {
		panic(err) // embedded
	}
	for _, n := range names {
		text, err := programs.ReadFile("forms/" + n.Name())
		if err == nil {
			var d definition
			if d, err = readDefinition(bytes.NewReader(text)); err == nil {
				b.add(d)
			}
		}
		if err != nil {
			panic(fmt.Sprintf("declaration: %s: %v %v", n.Name(), err, fault.Of(err).Args))
		}
	}
	return b
}

func (b *book) add(d definition) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d.Rules != nil {
		if !slices.ContainsFunc(b.rules, func(r Rules) bool { return r.Version == d.Rules.Version }) {
			b.rules = append(b.rules, *d.Rules)
		}
		return
	}
	k := d.Form.Kind
	if !slices.ContainsFunc(b.forms[k], func(f Form) bool { return f.Version == d.Form.Version }) {
		b.forms[k] = append(b.forms[k], *d.Form)
	}
}

// form returns the form of a kind in force on a day, and version 0 for none.
func (b *book) form(k Kind, on day.Day) (best Form) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, f := range b.forms[k] {
		if f.From <= on && f.Version > best.Version {
			best = f
		}
	}
	return best
}

func (b *book) rule(on day.Day) (best Rules) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, r := range b.rules {
		if r.From <= on && r.Version > best.Version {
			best = r
		}
	}
	return best
}

// version returns one version of a form, in force or not.
func (b *book) version(k Kind, version int) (Form, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i := slices.IndexFunc(b.forms[k], func(f Form) bool { return f.Version == version })
	if i < 0 {
		return Form{}, false
	}
	return b.forms[k][i], true
}

func (b *book) ruleVersion(version int) (Rules, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	i := slices.IndexFunc(b.rules, func(r Rules) bool { return r.Version == version })
	if i < 0 {
		return Rules{}, false
	}
	return b.rules[i], true
}

// newest returns the highest version of a line of versions.
func (b *book) newest(what string) (version int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, r := range b.rules {
		if what == "rules" {
			version = max(version, r.Version)
		}
	}
	for _, f := range b.forms[Kind(what)] {
		version = max(version, f.Version)
	}
	return version
}

// Load reads the forms and rules that the database holds.
func (s *Service) Load(ctx context.Context) error {
	bodies, err := selectDefinitions(ctx, s.DB, s.Province)
	if err != nil {
		return err
	}
	for _, text := range bodies {
		d, err := readDefinition(strings.NewReader(text))
		if err != nil {
			return fmt.Errorf("declaration: a stored form: %w", err)
		}
		s.book.add(d)
	}
	return nil
}

// fresh reads what another node has defined since the last request.
func (s *Service) fresh(ctx context.Context) error {
	select {
	case <-s.book.woken:
		return s.Load(ctx)
	default:
		return nil
	}
}

// Form returns the form of a kind that is in force today.
func (s *Service) Form(ctx context.Context, k Kind) (Form, error) {
	if err := s.fresh(ctx); err != nil {
		return Form{}, err
	}
	f := s.book.form(k, day.Today(s.now()))
	if f.Version == 0 {
		return Form{}, fault.New(fault.NotFound, "declaration.kind")
	}
	return f, nil
}

// Define adds a version of a form or of the rules, read from its file. Its
// version is one more than the newest; declarations made before keep theirs.
func (s *Service) Define(ctx context.Context, sc auth.Scope, file io.Reader) (what string, version int, err error) {
	if !sc.Allows(auth.DefineForms) || !sc.Whole() {
		return "", 0, fault.New(fault.Forbidden, "auth.act")
	}
	d, err := readDefinition(file)
	if err != nil {
		return "", 0, err
	}
	if err := s.Load(ctx); err != nil {
		return "", 0, err
	}
	what, version = d.what()
	if want := s.book.newest(what) + 1; version != want {
		return "", 0, fault.New(fault.Conflict, "declaration.version").With("want", want).With("version", version)
	}
	body, err := json.Marshal(d)
	if err != nil {
		return "", 0, err
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if err := insertDefinition(tx, s.Province, what, version, string(body), sc.Actor(), s.now()); err != nil {
			return err
		}
		tx.Wake(definitionTopic)
		return audit.Append(tx, sc.Entry("declaration.define", "form", fmt.Sprintf("%s %d", what, version), 0, nil))
	})
	if err == nil {
		s.book.add(d)
	}
	return what, version, err
}

func (s *Service) rulesToday() Rules { return s.book.rule(day.Today(s.now())) }

// Newest returns the newest version of a form, named by its kind, or of "rules",
// in force or to come, as its file has it; fault.NotFound for another name.
func (s *Service) Newest(ctx context.Context, what string) (any, error) {
	if err := s.Load(ctx); err != nil {
		return nil, err
	}
	version := s.book.newest(what)
	if r, ok := s.book.ruleVersion(version); ok && what == "rules" {
		return definition{Rules: &r}, nil
	}
	if f, ok := s.book.version(Kind(what), version); ok {
		return definition{Form: &f}, nil
	}
	return nil, fault.New(fault.NotFound, "declaration.kind")
}
