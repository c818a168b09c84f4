package followup

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Source says from whom a check came. The values are stored and sent as written.
type Source string

// The sources.
const (
	ByOfficer Source = "officer" // who saw them
	ByPhone   Source = "phone"   // who called them
	ByLink    Source = "link"    // the contact themself
)

// SymptomCodes are the symptoms that a check may name, in the order in which they
// are asked. Texts are "followup.symptom.<value>". The list is that of the national
// declaration form of 2020 (tokhaiyte.vn) and the loss of smell or taste of the
// WHO's case definition of 2020-08-07.
var SymptomCodes = []string{"fever", "cough", "breathless", "sore_throat", "smell_taste", "tired", "diarrhoea", "rash"}

// severe are the symptoms with which somebody is told to call for help at once.
var severe = []string{"breathless"}

// Temperatures, in tenths of a degree Celsius.
const (
	coldest = 340
	hottest = 430
	fever   = 375 // from here on it is a symptom: 37,5 °C, Decision 3638/QĐ-BYT, annex on screening (unverified)
)

// Check is one check of one day from one source.
type Check struct {
	ID          id.ID // made by whoever writes it down: the idempotency key
	Watch       id.ID
	Day         day.Day
	Source      Source
	Answered    bool // false: nobody answered or opened
	Temperature int  // tenths of a degree; 0 not measured
	Symptoms    []string
	Note        string // at most noteMost runes; shown to officers only
	At          time.Time
	Undone      time.Time // zero: it stands
	Actor       string

	sealed  []byte // the note
	was     standing
	version int // of the watch after it
}

// standing is what a check changes of its watch, to be put back.
type standing struct {
	state     State
	checked   day.Day
	checkedAt time.Time
	heard     time.Time
}

// noteMost bounds a check's note, in runes.
const noteMost = 500

// Ill reports whether the check speaks of a symptom.
func (c Check) Ill() bool { return len(c.Symptoms) > 0 || c.Temperature >= fever }

// Degrees is the temperature as Vietnam writes it; "" when it was not measured.
func (c Check) Degrees() string { return degrees(c.Temperature) }

// Severe reports whether somebody should call for help at once.
func (c Check) Severe() bool {
	return slices.ContainsFunc(c.Symptoms, func(s string) bool { return slices.Contains(severe, s) })
}

func (c *Check) check() error {
	switch {
	case c.Source != ByOfficer && c.Source != ByPhone && c.Source != ByLink:
		return fault.New(fault.Invalid, "followup.source").At("check_source", string(c.Source))
	case c.Temperature != 0 && (c.Temperature < coldest || c.Temperature > hottest):
		return fault.New(fault.Invalid, "followup.temperature").At("temperature", degrees(c.Temperature))
	case !c.Answered && (c.Temperature != 0 || len(c.Symptoms) > 0):
		return fault.New(fault.Invalid, "followup.no_answer").At("answered", "")
	case len([]rune(c.Note)) > noteMost:
		return fault.New(fault.Invalid, "form.long").At("check_note", c.Note).With("max", noteMost)
	}
	for _, s := range c.Symptoms {
		if !slices.Contains(SymptomCodes, s) {
			return fault.New(fault.Invalid, "followup.symptom").At("signs", s)
		}
	}
	slices.SortFunc(c.Symptoms, func(a, b string) int { return slices.Index(SymptomCodes, a) - slices.Index(SymptomCodes, b) })
	c.Symptoms = slices.Compact(c.Symptoms)
	return nil
}

// Check writes down today's check of a watch in scope, by an officer. Symptoms
// escalate at once. The same ID, and a second check of the day from the same
// source, answers as the first did.
func (s *Service) Check(ctx context.Context, sc auth.Scope, c Check) (kept Check, err error) {
	if !sc.Allows(auth.WriteContacts) {
		return kept, errAct
	}
	if c.Source == ByLink {
		return kept, fault.New(fault.Invalid, "followup.source").At("check_source", string(c.Source))
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		w, err := watchByID(tx.Context(), tx, sc, c.Watch)
		if err != nil {
			return err
		}
		kept, err = s.check(tx, sc, w, c)
		return err
	})
	return kept, err
}

func (s *Service) check(tx *store.Tx, sc auth.Scope, w Watch, c Check) (Check, error) {
	if err := c.check(); err != nil {
		return c, err
	}
	today := s.today()
	c.Watch, c.Day, c.At, c.Actor = w.ID, today, store.Time(store.Millis(sc.Now())), sc.Actor()
	if c.ID.IsZero() {
		c.ID = id.New()
	}
	first, err := checkStanding(tx.Context(), tx, sc, c)
	if err == nil && first.Watch == w.ID && first.Undone.IsZero() {
		return first, nil
	}
	if err == nil {
		return c, fault.New(fault.Conflict, "followup.undone")
	}
	if !fault.Is(err, fault.NotFound) {
		return c, err
	}
	if !w.State.Open() || w.DueFrom != 0 && (today < w.DueFrom) {
		return c, errClosed
	}
	if err := s.keep(tx, sc, w, &c); err != nil {
		return c, err
	}
	return c, nil
}

// keep writes a check and what follows from it: who answered is heard, who is ill
// stands first, who was silent is so no more.
func (s *Service) keep(tx *store.Tx, sc auth.Scope, was Watch, c *Check) error {
	c.was = standing{was.State, was.Checked, was.CheckedAt, was.heard}
	now, act := was, actAnswered
	if c.Answered {
		now.Checked, now.CheckedAt, now.heard = c.Day, c.At, c.At
		if now.State == Silent {
			now.State = Running
		}
	}
	if c.Ill() {
		now.State, act = Symptoms, actSymptoms
	}
	c.version = was.Version + 1
	if c.Note != "" {
		c.sealed = s.Keys.Seal(notes, []byte(c.Note), s.notePlace(c.ID))
	}
	others, err := answeredOn(tx.Context(), tx, sc, was.ID, c.Day)
	if err != nil {
		return err
	}
	if err := insertCheck(tx, sc, *c); err != nil {
		return err
	}
	if c.Answered && others == 0 {
		if err := countDone(tx, sc, was.Area, c.Day, 1, oneIf(c.Ill())); err != nil {
			return err
		}
	}
	return s.save(tx, sc, was, &now, act, "")
}

// notes names the purpose with which notes are sealed.
const notes = "followup note"

func (s *Service) notePlace(i id.ID) []byte {
	return []byte("followup_check|" + i.String() + "|note")
}

// Undo takes back a check that was a slip: by who wrote it, within UndoFor, while
// nothing came after it. Once more is the same.
func (s *Service) Undo(ctx context.Context, sc auth.Scope, i id.ID) (w Watch, err error) {
	if !sc.Allows(auth.WriteContacts) {
		return w, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		c, err := checkByID(tx.Context(), tx, sc, i)
		if err != nil {
			return err
		}
		if w, err = watchByID(tx.Context(), tx, sc, c.Watch); err != nil {
			return err
		}
		return s.undo(tx, sc, &w, c)
	})
	return w, err
}

func (s *Service) undo(tx *store.Tx, sc auth.Scope, w *Watch, c Check) error {
	switch {
	case !c.Undone.IsZero():
		return nil
	case c.Actor != sc.Actor() || sc.Now().Sub(c.At) > UndoFor:
		return fault.New(fault.Conflict, "followup.undo_late").With("minutes", int(UndoFor/time.Minute))
	case c.version != w.Version:
		return fault.New(fault.Conflict, "followup.undo_after")
	}
	if err := undoCheck(tx, sc, c.ID, sc.Now()); err != nil {
		return err
	}
	others, err := answeredOn(tx.Context(), tx, sc, w.ID, c.Day)
	if err != nil {
		return err
	}
	if c.Answered && others == 0 {
		if err := countDone(tx, sc, w.Area, c.Day, -1, -oneIf(c.Ill())); err != nil {
			return err
		}
	}
	was := *w
	w.State, w.Checked, w.CheckedAt, w.heard = c.was.state, c.was.checked, c.was.checkedAt, c.was.heard
	return s.save(tx, sc, was, w, actUndone, "")
}

// Read returns a watch in scope and writes that it was read.
func (s *Service) Read(ctx context.Context, sc auth.Scope, i id.ID) (w Watch, err error) {
	if !sc.Allows(auth.ReadContacts) {
		return w, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if w, err = watchByID(tx.Context(), tx, sc, i); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("followup.read", "followup", w.ID.String(), w.Area, nil))
	})
	return w, err
}

// Record is a watch with all that belongs to it.
type Record struct {
	Watch
	Who    Who
	Checks []Check // the newest first, those that stand
	Steps  []Step  // the newest first
	Orders []Order // the newest first, without what they say
}

// Open returns a watch in scope with its person, checks and history, and writes
// that it was read.
func (s *Service) Open(ctx context.Context, sc auth.Scope, i id.ID) (r Record, err error) {
	if !sc.Allows(auth.ReadContacts) {
		return r, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		r = Record{}
		if r.Watch, err = watchByID(tx.Context(), tx, sc, i); err != nil {
			return err
		}
		if r.Who, err = s.who(tx, sc, r.Person); err != nil {
			return err
		}
		if r.Checks, err = checksOf(tx.Context(), tx, sc, i); err != nil {
			return err
		}
		for n := range r.Checks {
			if err := s.unseal(&r.Checks[n]); err != nil {
				return err
			}
		}
		if r.Steps, err = stepsOf(tx.Context(), tx, sc, i); err != nil {
			return err
		}
		if r.Orders, err = ordersOf(tx.Context(), tx, sc, i); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("followup.read", "followup", i.String(), r.Area, nil))
	})
	return r, err
}

func (s *Service) unseal(c *Check) error {
	if len(c.sealed) == 0 {
		return nil
	}
	b, err := s.Keys.OpenSealed(notes, c.sealed, s.notePlace(c.ID))
	c.Note = string(b)
	return err
}

// degrees writes tenths as Vietnam does: "37,5"; "" for none.
func degrees(tenths int) string {
	if tenths == 0 {
		return ""
	}
	return fmt.Sprintf("%d,%d", tenths/10, tenths%10)
}

// Tenths reads a temperature as people write it, "37,5", "37.5" or "37", in tenths
// of a degree; 0 for the empty text. What is none is fault.Invalid.
func Tenths(text string) (int, error) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "°C"))
	if text == "" {
		return 0, nil
	}
	whole, part, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	if part == "" {
		part = "0"
	}
	w, err := strconv.ParseUint(whole, 10, 8)
	p, err2 := strconv.ParseUint(part, 10, 8)
	t := int(w*10 + p)
	if err != nil || err2 != nil || len(part) > 1 || t < coldest || t > hottest {
		return 0, fault.New(fault.Invalid, "followup.temperature").At("temperature", text)
	}
	return t, nil
}
