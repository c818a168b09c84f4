package point

import (
	"context"
	"io"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/wire/paper"
	"khien/wire/qrcode"
)

// A sheet of cards: two by four on A4, cut along the lines. Hà Nội asked for
// 5 × 5 cm at least in 2021 (laodong.vn 956840).
const (
	cardCodeMM   = 50.0
	cardWidthMM  = 94.0
	cardHeightMM = 66.0
	cardsAcross  = 2
	cardsDown    = 4
	cardsMost    = 2000 // of one document
)

// printedCard is a card with the name that stands on it.
type printedCard struct {
	Card
	name string
}

// CardSheet writes one card as PDF; the reading of its holder is audited.
func (s *Service) CardSheet(ctx context.Context, w io.Writer, sc auth.Scope, i id.ID) error {
	c, err := cardByID(ctx, s.DB, sc, i)
	if err != nil {
		return err
	}
	if !c.Withdrawn.IsZero() {
		return fault.New(fault.Conflict, "point.card_withdrawn")
	}
	return s.printCards(ctx, w, sc, []Card{c})
}

// BatchSheet writes the standing cards of a batch, eight a page.
func (s *Service) BatchSheet(ctx context.Context, w io.Writer, sc auth.Scope, batch id.ID) error {
	all, err := cardsOfBatch(ctx, s.DB, sc, batch)
	switch {
	case err != nil:
		return err
	case len(all) == 0:
		return errNoCard
	case len(all) > cardsMost:
		return fault.New(fault.Invalid, "point.many_cards").With("most", cardsMost)
	}
	return s.printCards(ctx, w, sc, all)
}

func (s *Service) printCards(ctx context.Context, w io.Writer, sc auth.Scope, cs []Card) error {
	done, err := turn()
	if err != nil {
		return err
	}
	defer done()
	all := make([]printedCard, len(cs))
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		for i, c := range cs {
			p, err := s.holderOf(tx, sc, c)
			if err != nil {
				return err
			}
			all[i] = printedCard{c, p.Name}
		}
		return nil
	})
	if err != nil {
		return err
	}
	doc := paper.New(paper.Sans, s.say("point.cards.title"), s.Now())
	for i, c := range all {
		at := i % (cardsAcross * cardsDown)
		if at == 0 {
			doc.AddPage()
		}
		x := (paper.WidthMM-cardsAcross*cardWidthMM)/2 + float64(at%cardsAcross)*cardWidthMM
		y := (paper.HeightMM-cardsDown*cardHeightMM)/2 + float64(at/cardsAcross)*cardHeightMM
		if err := s.drawCard(doc, x, y, c); err != nil {
			return err
		}
	}
	return doc.Write(w)
}

// holderOf reads who holds a card, after merges.
func (s *Service) holderOf(tx *store.Tx, sc auth.Scope, c Card) (person.Person, error) {
	i, err := s.People.Canonical(tx.Context(), tx, sc, c.Person)
	if err != nil {
		return person.Person{}, err
	}
	return s.People.Get(tx.Context(), tx, sc.Anywhere(), i)
}

// drawCard sets one card with its upper left corner at x, y.
func (s *Service) drawCard(doc *paper.Doc, x, y float64, c printedCard) error {
	u, err := s.codes.SignCard(s.token(c.Card), c.Issued)
	if err != nil {
		return err
	}
	link, err := s.codes.link(u)
	if err != nil {
		return err
	}
	code, err := qrcode.Encode(link, qrcode.M)
	if err != nil {
		return err
	}
	doc.SetDrawColor(150, 150, 150)
	doc.SetLineWidth(0.2)
	doc.Rect(x, y, cardWidthMM, cardHeightMM, "D")
	const edge = 8.0 // more than four modules of white
	if err := doc.Code(x+edge, y+(cardHeightMM-cardCodeMM)/2, cardCodeMM, code); err != nil {
		return err
	}
	doc.SetTextColor(0, 0, 0)
	b := paper.Box{X: x + edge + cardCodeMM + 4.5, Y: y + 7, W: cardWidthMM - edge - cardCodeMM - 7, H: 0}
	line := func(h float64, t paper.Words) {
		b.H = h
		b.Y += doc.Put(b, t) + 1.5
	}
	line(9, paper.Words{Text: s.say("point.card.heading"), Bold: true, Most: 10, Least: 7, Align: "L"})
	line(20, paper.Words{Text: c.name, Bold: true, Most: 13, Least: 7, Align: "L"})
	line(9, paper.Words{Text: s.say("point.card.said", "number", c.Number.String()), Most: 9, Least: 7, Align: "L"})
	line(8, paper.Words{Text: s.say("point.card.days", "issued", vn(c.Issued), "last", vn(c.LastDay())), Most: 7, Least: 6, Align: "L"})
	b.Y = y + cardHeightMM - 13
	line(10, paper.Words{Text: s.say("point.card.only"), Most: 6.5, Least: 6, Align: "L"})
	return doc.Error()
}
