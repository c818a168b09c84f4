package point

import (
	"context"
	"crypto/sha256"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/store"
	"khien/wire/qr"
)

// Card is a person's printed card. It grants one thing: that a keeper checks its
// bearer in. Who may read it: officers of the person's area. Withdrawn, it opens
// nothing; it dies 28 days after, or when it is too old to count.
type Card struct {
	ID        id.ID
	Number    place.Number // to be read to an officer when the card is lost
	Person    id.ID
	Area      area.Code // the person's, when it was issued
	Batch     id.ID     // cards issued together; a single one's own id
	Issued    day.Day
	At        time.Time
	Withdrawn time.Time // zero: it stands
	Actor     string
}

// LastDay is the last day on which the card counts.
func (c Card) LastDay() day.Day { return c.Issued + qr.CardDays }

var errNoCard = fault.New(fault.NotFound, "point.card")

// cardTokens names the purpose with which the tokens of cards are derived.
const cardTokens = "point card token"

// token is what the card's code carries: it is derived, not stored.
func (s *Service) token(c Card) [16]byte {
	return [16]byte(s.Keys.BlindIndex(cardTokens, c.ID.String()))
}

func hashOf(token [16]byte) []byte {
	sum := sha256.Sum256(token[:])
	return sum[:]
}

// IssueCard makes a card for somebody in the officer's area. Its ID is the
// idempotency key. Somebody who has a standing card keeps that one: a new one
// wants the old one withdrawn.
func (s *Service) IssueCard(ctx context.Context, sc auth.Scope, i, who id.ID) (c Card, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		c, err = s.issueCard(tx, sc, i, who, i)
		return err
	})
	return c, err
}

// IssueCards makes cards for many in the officer's area, as one batch that is
// printed together. Who has a standing card keeps it, and it is not of the batch;
// who is not in the officer's area gets none and is left out.
func (s *Service) IssueCards(ctx context.Context, sc auth.Scope, batch id.ID, people []id.ID) (cs []Card, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		cs = nil
		for _, who := range people {
			c, err := s.issueCard(tx, sc, id.New(), who, batch)
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			cs = append(cs, c)
		}
		return nil
	})
	return cs, err
}

func (s *Service) issueCard(tx *store.Tx, sc auth.Scope, i, who, batch id.ID) (Card, error) {
	if !sc.Allows(auth.WritePeople) {
		return Card{}, fault.New(fault.Forbidden, "auth.act")
	}
	p, err := s.People.Get(tx.Context(), tx, sc, who)
	if err != nil {
		return Card{}, err
	}
	all, err := cardsOf(tx.Context(), tx, sc, who)
	if err != nil {
		return Card{}, err
	}
	for _, c := range all {
		if c.Withdrawn.IsZero() {
			return c, nil
		}
	}
	c := Card{ID: i, Person: who, Area: p.Area, Batch: batch, Issued: day.Today(sc.Now()), At: store.Time(store.Millis(sc.Now())), Actor: sc.Actor()}
	if c.Number, err = s.freeCardNumber(tx, sc); err != nil {
		return Card{}, err
	}
	if err := insertCard(tx, sc, c, hashOf(s.token(c))); err != nil {
		return Card{}, err
	}
	return c, audit.Append(tx, sc.Entry("card.issue", "person", who.String(), p.Area, map[string]any{"card": c.ID}))
}

func (s *Service) freeCardNumber(tx *store.Tx, sc auth.Scope) (place.Number, error) {
	for range 20 {
		n := place.NewNumber()
		if taken, err := countNumber(tx, sc, int64(n)); err != nil || taken == 0 {
			return n, err
		}
	}
	return 0, fault.New(fault.Busy, "place.numbers")
}

// WithdrawCard ends a card: from now on it checks nobody in. Twice changes nothing.
func (s *Service) WithdrawCard(ctx context.Context, sc auth.Scope, i id.ID) (c Card, err error) {
	if !sc.Allows(auth.WritePeople) {
		return Card{}, fault.New(fault.Forbidden, "auth.act")
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if c, err = cardByID(tx.Context(), tx, sc, i); err != nil {
			return err
		}
		stood, err := withdrawCard(tx, sc, i)
		if err != nil || !stood {
			return err
		}
		return audit.Append(tx, sc.Entry("card.withdraw", "person", c.Person.String(), c.Area, map[string]any{"card": c.ID}))
	})
	return c, err
}

// CardsOf returns the cards of somebody in scope, the newest first, and who it
// is; the reading is audited.
func (s *Service) CardsOf(ctx context.Context, sc auth.Scope, who id.ID) (all []Card, p person.Person, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if p, err = s.People.Get(tx.Context(), tx, sc, who); err != nil {
			return err
		}
		all, err = cardsOf(tx.Context(), tx, sc, who)
		return err
	})
	return all, p, err
}

// withdrawnKept is how long a withdrawn card is remembered: as long as the
// visits that were noted by it.
const withdrawnKept = 28 * 24 * time.Hour

// PruneCards erases the cards that count no more and returns how many: what they
// held of somebody dies with them.
func (s *Service) PruneCards(ctx context.Context) (n int64, err error) {
	sc := auth.System(s.Province, "card_prune").WithClock(s.Now)
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		n, err = deleteCards(tx, sc, sc.Now().Add(-withdrawnKept), day.Today(sc.Now())-qr.CardDays)
		return err
	})
	return n, err
}

// Holder returns whose a card is by the token of its verified code, for checking
// its bearer in and nothing else; fault.NotFound for one that was withdrawn or
// never was. That the code is ours and not too old its verification says.
func (s *Service) Holder(ctx context.Context, token [16]byte) (id.ID, error) {
	sc := auth.System(s.Province, "card_check_in").WithClock(s.Now)
	c, err := cardByHash(ctx, s.DB, sc, hashOf(token))
	if err != nil {
		return id.ID{}, err
	}
	if !c.Withdrawn.IsZero() {
		return id.ID{}, errNoCard
	}
	return s.People.Canonical(ctx, s.DB, sc, c.Person)
}

// HeldAbout says which places the phone keeps, and which cards are held about
// somebody whom an officer confirmed; a phone that only claims to be them is
// told of none.
func (s *Service) HeldAbout(ctx context.Context, a person.Asker) ([]person.Held, error) {
	held, err := s.keptBy(ctx, a)
	if err != nil || !a.Confirmed || a.Person.IsZero() {
		return held, err
	}
	all, err := cardsOf(ctx, s.DB, auth.System(s.Province, "own_data").WithClock(s.Now), a.Person)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		h := person.Held{ID: c.ID, What: "point.held.card", At: c.At, Rule: "point.held.card.rule",
			Fields: []person.HeldField{{Label: "point.card.number", Text: c.Number.String()}, {Label: "point.card.issued", Text: vn(c.Issued)}}}
		if !c.Withdrawn.IsZero() {
			h.Fields = append(h.Fields, person.HeldField{Label: "point.card.withdrawn", Text: vn(day.Today(c.Withdrawn))})
		}
		held = append(held, h)
	}
	return held, nil
}

// keptBy says that a number is held as a keeper's, at which places.
func (s *Service) keptBy(ctx context.Context, a person.Asker) (held []person.Held, err error) {
	if a.Device.IsZero() {
		return nil, nil
	}
	number, err := s.Phones.Number(ctx, phone.Device{ID: a.Device})
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	index, err := s.Phones.Index(number)
	if err != nil {
		return nil, err
	}
	kept, err := s.Places.KeptBy(ctx, index)
	for _, p := range kept {
		held = append(held, person.Held{ID: p.ID, What: "point.held.keeper", At: p.Created, Rule: "point.held.keeper.rule",
			Fields: []person.HeldField{{Label: "field.place_name", Text: p.Name}, {Label: "field.keeper_phone", Text: number}}})
	}
	return held, err
}
