package outbreak

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/wire/sheet"
)

// Template is a mapping that somebody saved under a name, for next time.
type Template struct {
	ID      id.ID
	Name    string // unique in the province
	Mapping Mapping
	Version int
	Changed time.Time
	Actor   string
}

// Templates returns the province's saved templates by name.
func (s *Service) Templates(ctx context.Context, sc auth.Scope) ([]Template, error) {
	if !sc.Allows(auth.Import) {
		return nil, fault.New(fault.Forbidden, "auth.act")
	}
	return templates(ctx, s.db, s.province)
}

// mappings are the templates with which a list is compared: saved ones first.
func (s *Service) mappings(ctx context.Context) (all []Mapping, err error) {
	saved, err := templates(ctx, s.db, s.province)
	for _, t := range saved {
		all = append(all, t.Mapping)
	}
	return append(all, KnownMappings...), err
}

// SaveTemplate writes a mapping under a name, over the one that has the name.
func (s *Service) SaveTemplate(ctx context.Context, sc auth.Scope, m Mapping) (t Template, err error) {
	if !sc.Allows(auth.Import) {
		return t, fault.New(fault.Forbidden, "auth.act")
	}
	m.Name = sourceName(m.Name)
	if m.Name == "" || utf8.RuneCountInString(m.Name) > mappingNameRunes {
		return t, fault.New(fault.Invalid, "outbreak.template_name").At("template_name", m.Name)
	}
	if need := m.enough(); need != "" {
		return t, fault.New(fault.Invalid, "outbreak.mapping_wants").At("map_"+need, "")
	}
	if err := m.check(); err != nil {
		return t, err
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		t, err = templateByName(tx, s.province, m.Name)
		if fault.Is(err, fault.NotFound) {
			t, err = Template{ID: id.New(), Name: m.Name}, nil
		}
		if err != nil {
			return err
		}
		t.Mapping, t.Version, t.Changed, t.Actor = m, t.Version+1, sc.Now(), sc.Actor()
		if err := writeTemplate(tx, s.province, t); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("template.save", "template", t.ID.String(), 0, map[string]any{"name": t.Name, "version": t.Version}))
	})
	return t, err
}

// RemoveTemplate deletes a saved template; one that is not there is fault.NotFound.
func (s *Service) RemoveTemplate(ctx context.Context, sc auth.Scope, i id.ID) error {
	if !sc.Allows(auth.Import) {
		return fault.New(fault.Forbidden, "auth.act")
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		t, err := templateByID(tx, s.province, i)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.NotFound, "outbreak.template")
		}
		if err != nil {
			return err
		}
		if err := deleteTemplate(tx, s.province, i); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("template.remove", "template", i.String(), 0, map[string]any{"name": t.Name}))
	})
}

// upload is a list between its sending and its import.
type upload struct {
	id     id.ID
	name   string
	sealed []byte
}

const (
	uploadPurpose = "outbreak.upload"
	uploadKept    = 24 * time.Hour
)

// KeepList keeps a list, sealed, until its sender has said how its columns are to
// be read, at most a day. i is the idempotency key.
func (s *Service) KeepList(ctx context.Context, sc auth.Scope, i id.ID, name string, r io.Reader) error {
	if !sc.Allows(auth.Import) || !sc.Allows(auth.WriteCases) {
		return fault.New(fault.Forbidden, "auth.act")
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if _, err := sampleOf(bytes.NewReader(text)); err != nil {
		return err
	}
	u := upload{id: i, name: fault.Cut(name, 120), sealed: s.keys.Seal(uploadPurpose, text, i[:])}
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		_, err := uploadOf(tx.Context(), tx, sc, i)
		if err == nil || !fault.Is(err, fault.NotFound) {
			return err
		}
		if err := insertUpload(tx, sc, u); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("list.keep", "list", i.String(), 0, map[string]any{"bytes": len(text)}))
	})
}

// OpenList opens a kept list of the same sender; fault.NotFound for any other.
func (s *Service) OpenList(ctx context.Context, sc auth.Scope, i id.ID) (name string, text []byte, err error) {
	u, err := uploadOf(ctx, s.db, sc, i)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "outbreak.upload")
	}
	if err != nil {
		return "", nil, err
	}
	text, err = s.keys.OpenSealed(uploadPurpose, u.sealed, i[:])
	return u.name, text, err
}

// DropList forgets a kept list.
func (s *Service) DropList(ctx context.Context, sc auth.Scope, i id.ID) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error { return deleteUpload(tx, sc, i) })
}

// sample is the head of a list, for whoever maps its columns.
type sample struct {
	header []string
	rows   [][]string
}

const sampleRows = 5

// sampleOf reads the headings, the first row with two texts, and a few rows.
func sampleOf(r io.Reader) (sm sample, err error) {
	t, err := sheet.Open(r, func(row []string) bool {
		n := 0
		for _, c := range row {
			if c != "" {
				n++
			}
		}
		return n > 1
	})
	if err != nil {
		return sm, FileFault(err)
	}
	defer t.Close()
	sm.header = slices.Clone(t.Header)
	for len(sm.rows) < sampleRows {
		row, _, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return sm, FileFault(err)
		}
		sm.rows = append(sm.rows, row)
	}
	if len(sm.rows) == 0 {
		return sm, fault.New(fault.Invalid, "sheet.empty")
	}
	return sm, nil
}
