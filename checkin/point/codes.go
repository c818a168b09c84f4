package point

import (
	"crypto/ed25519"
	"errors"
	"sync"
	"time"

	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/place"
	"khien/wire/qr"
)

// signing names the purpose of the province's signing key.
const signing = "qr codes v1"

// checkedMost bounds the verified codes that are remembered.
const checkedMost = 1 << 16

// Codes signs and verifies the codes of one province. It is safe for many goroutines.
type Codes struct {
	private ed25519.PrivateKey
	keys    []qr.Key
	issuer  string
	site    string
	now     func() time.Time
	book    *place.Book

	mu      sync.RWMutex
	checked map[string]qr.PlaceCode // by token: a signature holds for ever, days and places are asked each time
}

func newCodes(c Config) *Codes {
	cs := &Codes{issuer: issuerOf(c.Province), site: c.Site, now: c.Now, checked: map[string]qr.PlaceCode{}}
	if c.Places != nil {
		cs.book = c.Places.Book()
	}
	for i, private := range c.Keys.SigningKeys(signing) {
		if i == 0 {
			cs.private = private
		}
		cs.keys = append(cs.keys, qr.Key{Public: private.Public().(ed25519.PublicKey), Issuer: cs.issuer})
	}
	return cs
}

// Keys returns the public keys, the one that signs first.
func (c *Codes) Keys() []qr.Key { return c.keys }

// Trust is what the province believes of a code that is mostAge days old at most.
func (c *Codes) Trust(mostAge int) qr.Trust {
	return qr.Trust{Keys: c.keys, Issuer: c.issuer, Sites: []string{c.site}, Now: c.now(), MostAge: mostAge}
}

// SignPlace returns the code of a place's poster.
func (c *Codes) SignPlace(p place.Place) (qr.UnverifiedPlace, error) {
	return qr.SignPlace(c.private, p.ID, p.PosterIssued.String())
}

// PlaceLink returns the text of a poster's code.
func (c *Codes) PlaceLink(p place.Place) (string, error) {
	u, err := c.SignPlace(p)
	if err != nil {
		return "", err
	}
	return c.link(u)
}

// link returns the text of a code; fault.Invalid for a public address that no
// code may lead to.
func (c *Codes) link(u interface {
	Link(site string) (string, error)
}) (string, error) {
	text, err := u.Link(c.site)
	if err != nil {
		return "", fault.New(fault.Invalid, "point.site").With("site", c.site).Because(err)
	}
	return text, nil
}

// SignCard returns the code of a printed card.
func (c *Codes) SignCard(token [16]byte, issued day.Day) (qr.UnverifiedCard, error) {
	return qr.SignCard(c.private, token, issued.String())
}

// SignOrder returns the code of an order that was signed on a day (yyyy-mm-dd).
func (c *Codes) SignOrder(order [16]byte, signed string) (qr.UnverifiedOrder, error) {
	return qr.SignOrder(c.private, order, signed)
}

// Place returns the open place of a poster's token, what stands behind # of its
// link, if the poster counts now. Refusals: fault.Invalid "qr.…" for what is no
// code of the province's, fault.NotFound for a place that is not in the book,
// fault.Conflict for one that is closed ("point.closed") and for a poster that
// was withdrawn ("point.withdrawn").
func (c *Codes) Place(token string) (place.Place, error) {
	code, err := c.verified(token)
	if err != nil {
		return place.Place{}, err
	}
	return c.standing(code)
}

// PlaceOf is Place for a code that qr.Read has read, whose site it asks, too.
func (c *Codes) PlaceOf(u qr.UnverifiedPlace) (place.Place, error) {
	code, err := u.Verify(c.Trust(qr.PosterDays))
	if err != nil {
		return place.Place{}, refused(err)
	}
	return c.standing(code)
}

// standing asks what only the province knows.
func (c *Codes) standing(code qr.PlaceCode) (place.Place, error) {
	p, known := c.book.Any(id.ID(code.Place))
	switch {
	case !known:
		return place.Place{}, fault.New(fault.NotFound, "point.gone")
	case p.Closed:
		return place.Place{}, fault.New(fault.Conflict, "point.closed").With("name", p.Name)
	case code.Issued < p.PosterIssued.String():
		return place.Place{}, fault.New(fault.Conflict, "point.withdrawn").With("name", p.Name)
	}
	return p, nil
}

// verified checks a token, by its signature the first time and by its days each time.
func (c *Codes) verified(token string) (qr.PlaceCode, error) {
	c.mu.RLock()
	code, known := c.checked[token]
	c.mu.RUnlock()
	if known {
		return code, c.inDays(code)
	}
	u, err := qr.ReadPlace(token)
	if err != nil {
		return qr.PlaceCode{}, refused(err)
	}
	if code, err = u.Verify(c.Trust(qr.PosterDays)); err != nil {
		return qr.PlaceCode{}, refused(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.checked) >= checkedMost {
		clear(c.checked)
	}
	c.checked[token] = code
	return code, nil
}

// inDays asks of a code whose signature is known what qr.Trust asks of its days.
func (c *Codes) inDays(code qr.PlaceCode) error {
	today := day.Today(c.now())
	issued, err := day.Parse(code.Issued)
	switch {
	case err != nil:
		return err
	case issued > today+1:
		return fault.New(fault.Invalid, "qr."+qr.Early)
	case today > issued+qr.PosterDays:
		return fault.New(fault.Invalid, "qr."+qr.Expired)
	}
	return nil
}

// refused turns a refusal of package qr into ours.
func refused(err error) error {
	var q *qr.Error
	if !errors.As(err, &q) {
		return err
	}
	return fault.New(fault.Invalid, "qr."+q.Why).Because(err)
}
