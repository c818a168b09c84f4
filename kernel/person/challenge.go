package person

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Challenge is what somebody says is wrong in what is held about them, and what
// the authority answered. Whoever filed it reads it, and staff who may write
// people in its area; its texts are sealed, and die with the person.
type Challenge struct {
	ID       id.ID
	Person   id.ID // zero: the phone has not said who it is
	Device   id.ID // that filed it
	Area     area.Code
	About    string // Held.What of what is wrong, or ""
	Text     string
	Filed    time.Time
	Answer   string
	Answered time.Time // zero: not yet
	By       string    // auth.Scope.Actor of who answered
}

// challengeRunes bounds both texts.
const challengeRunes = 2_000

// challengesOpen bounds what one phone may have unanswered.
const challengesOpen = 10

var (
	errChallenge = fault.New(fault.NotFound, "person.challenge")
	errAnswered  = fault.New(fault.Conflict, "person.answered")
)

func challengePlace(sc auth.Scope, i id.ID, column string) []byte {
	return fmt.Appendf(nil, "person_challenge|%d|%s|%s", sc.Province(), i, column)
}

const challengePurpose = "person challenge"

// File files a challenge for whoever proved a phone. Its ID is the idempotency key.
func (s *Service) File(tx *store.Tx, sc auth.Scope, a Asker, c Challenge) error {
	c.Text = strings.TrimSpace(c.Text)
	if n := utf8.RuneCountInString(c.Text); n == 0 || n > challengeRunes {
		return fault.New(fault.Invalid, "person.challenge_text").At("text", "").With("most", challengeRunes)
	}
	mine, err := selectChallengesOf(tx.Context(), tx, sc, a)
	if err != nil {
		return err
	}
	open := 0
	for _, m := range mine {
		if m.ID == c.ID {
			return nil
		}
		if m.Answered.IsZero() {
			open++
		}
	}
	if open >= challengesOpen {
		return fault.New(fault.Busy, "person.challenges").With("most", challengesOpen)
	}
	c.Device, c.Filed = a.Device, sc.Now()
	if c.Person, err = s.Canonical(tx.Context(), tx, sc, a.Person); err != nil {
		return err
	}
	if !c.Person.IsZero() {
		if r, err := selectAnywhere(tx.Context(), tx, sc, c.Person); err == nil {
			c.Area = r.area
		}
	}
	sealed := s.keys.Seal(challengePurpose, []byte(c.Text), challengePlace(sc, c.ID, "text"))
	if err := insertChallenge(tx, sc, c, sealed); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("person.challenge", "person", c.Person.String(), c.Area, map[string]any{"challenge": c.ID.String()}))
}

// Challenges returns the unanswered challenges in scope, the oldest first, 50 at
// most, and writes down of whom each that was read is.
func (s *Service) Challenges(ctx context.Context, q store.Querier, sc auth.Scope) ([]Challenge, error) {
	if !sc.Allows(auth.WritePeople) {
		return nil, errAct
	}
	rows, err := selectChallenges(ctx, q, sc)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	all, err := s.openChallenges(sc, rows)
	if err != nil {
		return nil, err
	}
	read := make([]audit.Entry, len(all))
	for i, c := range all {
		read[i] = sc.Entry("person.challenge_read", "person", c.Person.String(), c.Area, map[string]any{"challenge": c.ID.String()})
	}
	return all, s.note(ctx, q, read...)
}

// ChallengesOf returns what the asker has filed, answers included.
func (s *Service) ChallengesOf(ctx context.Context, q store.Querier, sc auth.Scope, a Asker) ([]Challenge, error) {
	rows, err := selectChallengesOf(ctx, q, sc, a)
	if err != nil {
		return nil, err
	}
	return s.openChallenges(sc, rows)
}

// Answer answers a challenge in scope, once.
func (s *Service) Answer(tx *store.Tx, sc auth.Scope, i id.ID, answer string) error {
	if !sc.Allows(auth.WritePeople) {
		return errAct
	}
	answer = strings.TrimSpace(answer)
	if n := utf8.RuneCountInString(answer); n == 0 || n > challengeRunes {
		return fault.New(fault.Invalid, "person.challenge_text").At("text", "").With("most", challengeRunes)
	}
	c, err := selectChallenge(tx.Context(), tx, sc, i)
	if fault.Is(err, fault.NotFound) {
		return errChallenge
	}
	if err != nil {
		return err
	}
	if !c.Answered.IsZero() {
		return errAnswered
	}
	if err := answerChallenge(tx, sc, i, s.keys.Seal(challengePurpose, []byte(answer), challengePlace(sc, i, "answer"))); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("person.answer", "person", c.Person.String(), c.Area, map[string]any{"challenge": i.String()}))
}

// challengeRow is a challenge as stored.
type challengeRow struct {
	Challenge
	text, answer []byte
}

func (s *Service) openChallenges(sc auth.Scope, rows []challengeRow) (all []Challenge, err error) {
	for _, r := range rows {
		text, err := s.keys.OpenSealed(challengePurpose, r.text, challengePlace(sc, r.ID, "text"))
		if err != nil {
			return nil, fmt.Errorf("person: challenge %s: %w", r.ID, err)
		}
		r.Text = string(text)
		if r.answer != nil {
			if text, err = s.keys.OpenSealed(challengePurpose, r.answer, challengePlace(sc, r.ID, "answer")); err != nil {
				return nil, fmt.Errorf("person: answer to challenge %s: %w", r.ID, err)
			}
			r.Answer = string(text)
		}
		all = append(all, r.Challenge)
	}
	return all, nil
}
