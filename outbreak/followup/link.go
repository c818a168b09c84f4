package followup

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// The token of a contact's own link: random, and of nothing else. It opens today's
// form, never what was answered before, and ends with the watch.
const (
	tokenBytes = 16
	links      = "followup link" // names the purpose with which tokens are sealed
)

var errLink = fault.New(fault.NotFound, "followup.link")

func hashOf(token []byte) []byte {
	sum := sha256.Sum256(token)
	return sum[:]
}

func linkPlace(i id.ID) []byte { return []byte("followup_watch|" + i.String() + "|link") }

// Link returns the address of a contact's own form, made when there is none yet;
// anew ends the one there was. Who reads it is written down.
func (s *Service) Link(ctx context.Context, sc auth.Scope, i id.ID, anew bool) (link string, err error) {
	if !sc.Allows(auth.WriteContacts) {
		return "", errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		w, err := watchByID(tx.Context(), tx, sc, i)
		if err != nil {
			return err
		}
		if !w.State.Open() {
			return errClosed
		}
		sealed, err := sealedLink(tx.Context(), tx, sc, i)
		if err != nil {
			return err
		}
		token := make([]byte, tokenBytes)
		if len(sealed) > 0 && !anew {
			if token, err = s.Keys.OpenSealed(links, sealed, linkPlace(i)); err != nil {
				return err
			}
		} else {
			_, _ = rand.Read(token) // never fails (crypto/rand)
			if err := setLink(tx, sc, i, hashOf(token), s.Keys.Seal(links, token, linkPlace(i))); err != nil {
				return err
			}
		}
		link = s.Site + "/f/" + base64.RawURLEncoding.EncodeToString(token)
		return audit.Append(tx, sc.Entry("followup.link", "followup", i.String(), w.Area, map[string]any{"anew": anew || len(sealed) == 0}))
	})
	return link, err
}

// Today is what a contact's link opens: whether today's answer is in, and no
// answer.
type Today struct {
	Done   bool
	CanFix bool // the answer may still be taken back
	Days   int  // that are left, today included
	check  id.ID
}

// byToken returns the open watch of a link. Every other token, known once or never,
// is the same refusal.
func (s *Service) byToken(ctx context.Context, q store.Querier, sc auth.Scope, token string) (Watch, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != tokenBytes {
		return Watch{}, errLink
	}
	w, err := watchByLink(ctx, q, sc, hashOf(b))
	if fault.Is(err, fault.NotFound) || err == nil && (!w.State.Open() || !w.Due(s.today())) {
		return Watch{}, errLink
	}
	return w, err
}

// Own returns what a link opens today.
func (s *Service) Own(ctx context.Context, token string) (Today, error) {
	sc := s.system("own_link")
	w, err := s.byToken(ctx, s.DB, sc, token)
	if err != nil {
		return Today{}, err
	}
	t := Today{Days: int(w.Until-s.today()) + 1}
	c, err := checkStanding(ctx, s.DB, sc, Check{ID: id.New(), Watch: w.ID, Day: s.today(), Source: ByLink, Answered: true})
	if fault.Is(err, fault.NotFound) {
		return t, nil
	}
	t.Done, t.check = true, c.ID
	t.CanFix = c.version == w.Version && sc.Now().Sub(c.At) <= UndoFor
	return t, err
}

// AnswerOwn writes down what a contact says of themself today; a second answer of
// the day changes nothing.
func (s *Service) AnswerOwn(ctx context.Context, token string, c Check) (kept Check, err error) {
	sc := s.system("own_link")
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		w, err := s.byToken(tx.Context(), tx, sc, token)
		if err != nil {
			return err
		}
		c.Source, c.Answered = ByLink, true
		kept, err = s.check(tx, sc, w, c)
		return err
	})
	return kept, err
}

// UndoOwn takes today's answer back, within UndoFor, so that it can be given anew.
func (s *Service) UndoOwn(ctx context.Context, token string) error {
	sc := s.system("own_link")
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		w, err := s.byToken(tx.Context(), tx, sc, token)
		if err != nil {
			return err
		}
		c, err := checkStanding(tx.Context(), tx, sc, Check{ID: id.New(), Watch: w.ID, Day: s.today(), Source: ByLink, Answered: true})
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.undo(tx, sc, &w, c)
	})
}
