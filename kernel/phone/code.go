package phone

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"

	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/kernel/web"
)

// A code, after NIST SP 800-63B-4, 3.1.3.2: six digits, at most ten minutes,
// once. Ours dies after five.
const (
	codeDigits = 6
	codeLife   = 5 * time.Minute
	codeTries  = 5
	codesADay  = 10
)

// waits are how long a number waits after its n-th code of a day.
var waits = []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute}

var (
	errSender = fault.New(fault.Busy, "phone.no_sender")
	errCode   = fault.New(fault.Invalid, "phone.code").At("code", "")
)

// AskCode has a fresh code sent to a number, in language l; the code before it
// dies. from is the asker's address, as web.AddrKey says it. A number that no
// device has proved is treated like every other. fault.Busy (status 429) says
// how long to wait.
func (s *Service) AskCode(ctx context.Context, number, from string, l i18n.Lang) error {
	number, err := person.NormalPhone(number)
	if err != nil {
		return err
	}
	if s.Sender == nil {
		return errSender
	}
	if ok, wait := s.ask.Allow(from); !ok {
		return web.Rate(wait)
	}
	code := newCode()
	var wait time.Duration
	err = s.DB.Tx(ctx, func(tx *store.Tx) (err error) {
		if wait, err = s.place(tx, number, code); err != nil || wait > 0 {
			return err
		}
		limit := s.asks
		if !strings.HasPrefix(number, "+84") {
			limit = s.far
		}
		if ok, wait := limit.Allow(""); !ok {
			return web.Rate(wait) // what is written is undone
		}
		return s.enqueue(tx, number, s.Catalog.T(l, "phone.message", "code", code))
	})
	if err == nil && wait > 0 {
		return web.Rate(wait)
	}
	return err
}

func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // never fails (crypto/rand)
	}
	return fmt.Sprintf("%0*d", codeDigits, n)
}

// place puts the code of a number into its row, or says how long to wait.
func (s *Service) place(tx *store.Tx, number, code string) (wait time.Duration, err error) {
	now, index := s.now(), s.index(number)
	was, err := selectCode(tx, s.Province, index[:])
	fresh := fault.Is(err, fault.NotFound)
	if err != nil && !fresh {
		return 0, err
	}
	next := codeRow{id: id.New(), expires: now.Add(codeLife), asked: 1, askedAt: now, dayFrom: now}
	if !fresh && now.Sub(was.dayFrom) < 24*time.Hour {
		if wait = was.wait(now); wait > 0 {
			return wait, nil
		}
		next.asked, next.dayFrom = was.asked+1, was.dayFrom
	}
	next.hash = s.codeHash(index, next.id, code)
	placed, err := placeCode(tx, s.Province, index[:], was.id, next)
	if err == nil && !placed { // another asked at the same moment
		return waits[0], nil
	}
	return 0, err
}

// wait is how long until the number may have another code; 0 now.
func (c codeRow) wait(now time.Time) time.Duration {
	if c.asked >= codesADay {
		return c.dayFrom.Add(24 * time.Hour).Sub(now)
	}
	return max(0, c.askedAt.Add(waits[min(c.asked, len(waits))-1]).Sub(now))
}

func (s *Service) codeHash(index [16]byte, code id.ID, digits string) []byte {
	return s.Keys.BlindIndex("phone code", string(index[:])+code.String()+digits)
}

// Proof is what somebody sends to prove a number.
type Proof struct {
	Number string
	Code   string
	From   string // address, as web.AddrKey says it
	Agent  string // the browser's name for itself
	Device Device // the browser's until now, if it has one
}

// Prove checks a code. A right one makes a Device and its token, which is shown
// to nobody else and kept nowhere; the browser's own device of the same number
// gets a new token instead, and the old one dies. A wrong code, one that
// expired, was used or never sent are the one same fault.Invalid.
func (s *Service) Prove(ctx context.Context, p Proof) (token string, d Device, err error) {
	number, err := person.NormalPhone(p.Number)
	if err != nil {
		return "", Device{}, err
	}
	if ok, wait := s.prove.Allow(p.From); !ok {
		return "", Device{}, web.Rate(wait)
	}
	if ok, wait := s.tries.Allow(""); !ok {
		return "", Device{}, web.Rate(wait)
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) (err error) {
		token, d = "", Device{}
		index := s.index(number)
		code, hash, err := countTry(tx, s.Province, index[:], s.now())
		if err != nil {
			return err
		}
		if right := s.codeHash(index, code, digitsOf(p.Code)); !hmac.Equal(right, hash) {
			return nil // the try is counted
		}
		if err := useCode(tx, s.Province, index[:]); err != nil {
			return err
		}
		token, d, err = s.enrol(tx, number, p)
		return err
	})
	if err == nil && token == "" {
		return "", Device{}, errCode
	}
	return token, d, err
}

// digitsOf drops what people put between digits.
func digitsOf(s string) string {
	return strings.NewReplacer(" ", "", "-", "", ".", "").Replace(strings.TrimSpace(s))
}

// sendJob is the name of the job that sends messages.
const sendJob = "phone.send"

// enqueue writes a message down, to be sent once the transaction is durable.
func (s *Service) enqueue(tx *store.Tx, number, text string) error {
	m, now := id.New(), s.now()
	err := insertMessage(tx, s.own, m, s.Keys.Seal("phone message", []byte(number), messagePlace(s.Province, m, "number")),
		s.Keys.Seal("phone message", []byte(text), messagePlace(s.Province, m, "text")), now, now.Add(codeLife))
	if err != nil {
		return err
	}
	return job.Enqueue(tx, s.Province, sendJob, m.String(), nil, now)
}

func messagePlace(province int, m id.ID, column string) []byte {
	return fmt.Appendf(nil, "phone_message|%d|%s|%s", province, m, column)
}
