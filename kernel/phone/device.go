package phone

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"time"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
)

// topic wakes every node when a device changes or is withdrawn.
const topic = "phone"

const (
	tokenBytes  = 32
	secretBytes = 32             // qr.SecretBytes
	touchEvery  = 24 * time.Hour // so often at most is the last use written down
)

var (
	errDevice = fault.New(fault.NotFound, "phone.device")
	errAct    = fault.New(fault.Forbidden, "auth.act")
)

func tokenHash(token string) [32]byte { return sha256.Sum256([]byte(token)) }

// newToken is the device's id and 256 random bits, base64url.
func newToken(d id.ID) string {
	return base64.RawURLEncoding.EncodeToString(append(d[:], random(tokenBytes)...))
}

// deviceOf returns the id that a token begins with.
func deviceOf(token string) (d id.ID, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) != len(d)+tokenBytes {
		return d, false
	}
	return id.ID(b[:len(d)]), true
}

func devicePlace(province int, d id.ID, column string) []byte {
	return fmt.Appendf(nil, "phone_device|%d|%s|%s", province, d, column)
}

// enrol makes the device of a number that has just been proved, and its token.
func (s *Service) enrol(tx *store.Tx, number string, p Proof) (token string, d Device, err error) {
	now, index := s.now(), s.index(number)
	if d = p.Device; !d.ID.IsZero() && d.Number == index {
		token = newToken(d.ID)
		hash := tokenHash(token)
		same, err := renewToken(tx, s.own, d.ID, hash[:], now)
		if err != nil || same {
			s.changed(tx)
			return token, d, err
		}
	} else if !d.ID.IsZero() {
		if _, err := s.withdraw(tx, d.ID); err != nil {
			return "", Device{}, err
		}
	}
	d = Device{ID: id.New(), Number: index, Since: now}
	token = newToken(d.ID)
	hash := tokenHash(token)
	row := deviceRow{Device: d, tokenHash: hash[:], handle: random(16), agent: browserOf(p.Agent), seen: now,
		numberSealed: s.Keys.Seal("phone", []byte(number), devicePlace(s.Province, d.ID, "number")),
		secretSealed: s.Keys.Seal("phone", random(secretBytes), devicePlace(s.Province, d.ID, "secret"))}
	return token, d, insertDevice(tx, s.own, row)
}

// changed tells every node, this one before the act is answered.
func (s *Service) changed(tx *store.Tx) {
	tx.Wake(topic)
	tx.AfterCommit(s.cache.stale)
}

// Device returns the living device of a token; fault.NotFound when there is
// none. It is answered from memory where it can be, and never later than a
// second after a withdrawal on whatever node.
func (s *Service) Device(ctx context.Context, token string) (Device, error) {
	d, ok := deviceOf(token)
	if !ok {
		return Device{}, errDevice
	}
	now, hash := s.now(), tokenHash(token)
	if err := s.cache.refresh(func(since time.Time) ([]id.ID, error) { return selectChanged(ctx, s.DB, s.own, since) }, now); err != nil {
		return Device{}, err
	}
	if known, ok := s.cache.get(d, hash, now); ok {
		return known, nil
	}
	generation := s.cache.generation()
	row, err := selectDevice(ctx, s.DB, s.own, d)
	if fault.Is(err, fault.NotFound) || err == nil && subtle.ConstantTimeCompare(row.tokenHash, hash[:]) != 1 {
		return Device{}, errDevice
	}
	if err != nil {
		return Device{}, err
	}
	s.cache.put(row.Device, hash, now, generation)
	if now.Sub(row.seen) >= touchEvery {
		err = s.DB.Tx(ctx, func(tx *store.Tx) error { return touchDevice(tx, s.own, row.ID, now) })
	}
	if fault.Is(err, fault.Busy) { // a full disk: who is known may go on reading
		err = nil
	}
	return row.Device, err
}

// Number returns the telephone number of a device, E.164, to show it to its own holder.
func (s *Service) Number(ctx context.Context, d Device) (string, error) {
	row, err := selectDevice(ctx, s.DB, s.own, d.ID)
	if err != nil {
		return "", err
	}
	return s.number(row)
}

func (s *Service) number(row deviceRow) (string, error) {
	n, err := s.Keys.OpenSealed("phone", row.numberSealed, devicePlace(s.Province, row.ID, "number"))
	if err != nil {
		return "", fmt.Errorf("phone: number of device %s: %w", row.ID, err)
	}
	return string(n), nil
}

// Own is one device of a number, as the holder of another sees it.
type Own struct {
	ID      id.ID
	Agent   string // the browser's name for itself, cut
	Since   time.Time
	Seen    time.Time // to the day
	Current bool
}

// Devices lists the living devices of d's number, the newest first, 100 at most.
func (s *Service) Devices(ctx context.Context, d Device) ([]Own, error) {
	rows, err := selectNumber(ctx, s.DB, s.own, d.Number[:])
	var own []Own
	for _, r := range rows {
		own = append(own, Own{r.ID, r.agent, r.Since, r.seen, r.ID == d.ID})
	}
	return own, err
}

// Withdraw ends a device of d's number, d itself or another; any other id is
// fault.NotFound. What the device sent stays.
func (s *Service) Withdraw(ctx context.Context, d Device, which id.ID) error {
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		row, err := selectDevice(ctx, tx, s.own, which)
		if fault.Is(err, fault.NotFound) || err == nil && row.Number != d.Number {
			return errDevice
		}
		if err != nil {
			return err
		}
		_, err = s.withdraw(tx, which)
		return err
	})
}

// WithdrawOthers ends every device of d's number but d, and returns how many:
// for somebody who has lost a telephone and proved its number on another.
func (s *Service) WithdrawOthers(ctx context.Context, d Device) (n int, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		rows, err := selectNumber(ctx, tx, s.own, d.Number[:])
		n = 0
		for _, r := range rows {
			if err != nil || r.ID == d.ID {
				continue
			}
			var ended bool
			if ended, err = s.withdraw(tx, r.ID); ended {
				n++
			}
		}
		return err
	})
	return n, err
}

func (s *Service) withdraw(tx *store.Tx, which id.ID) (bool, error) {
	ended, err := withdrawDevice(tx, s.own, which, s.now())
	s.changed(tx)
	return ended, err
}

// Secret is what a phone needs to show its code that changes (qr.ShowPhone).
type Secret struct {
	Handle [16]byte
	Secret []byte // qr.SecretBytes
}

// Secret returns handle and secret of a device, for that device alone.
func (s *Service) Secret(ctx context.Context, d Device) (Secret, error) {
	row, err := selectDevice(ctx, s.DB, s.own, d.ID)
	if err != nil {
		return Secret{}, err
	}
	return s.secret(row)
}

func (s *Service) secret(row deviceRow) (Secret, error) {
	b, err := s.Keys.OpenSealed("phone", row.secretSealed, devicePlace(s.Province, row.ID, "secret"))
	if err != nil {
		return Secret{}, fmt.Errorf("phone: secret of device %s: %w", row.ID, err)
	}
	return Secret{[16]byte(row.handle), b}, nil
}

// ByHandle returns the living device of a handle and its secret, for whoever
// verifies its code; fault.NotFound when there is none or it was withdrawn.
func (s *Service) ByHandle(ctx context.Context, handle [16]byte) (Device, []byte, error) {
	row, err := selectHandle(ctx, s.DB, s.own, handle[:])
	if fault.Is(err, fault.NotFound) {
		return Device{}, nil, errDevice
	}
	if err != nil {
		return Device{}, nil, err
	}
	sec, err := s.secret(row)
	return row.Device, sec.Secret, err
}

// DevicesOf lists the living devices of a telephone number for staff who may
// write people, with an audit row. fault.Invalid for what is no number.
func (s *Service) DevicesOf(ctx context.Context, sc auth.Scope, number string) (ds []Device, err error) {
	if !sc.Allows(auth.WritePeople) {
		return nil, errAct
	}
	index, err := s.Index(number)
	if err != nil {
		return nil, err
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		rows, err := selectNumber(ctx, tx, sc, index[:])
		ds = nil
		for _, r := range rows {
			ds = append(ds, r.Device)
		}
		if err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("phone.find", "device", "", 0, map[string]any{"found": len(ds)}))
	})
	return ds, err
}

// Confirm ties a device to a person for good: an officer saw the person, their
// citizen card and this phone beside one another. Only then does the device see
// what is held about that person from elsewhere. The person must lie in scope.
func (s *Service) Confirm(tx *store.Tx, sc auth.Scope, device, who id.ID) error {
	if !sc.Allows(auth.WritePeople) {
		return errAct
	}
	p, err := s.People.Get(tx.Context(), tx, sc, who)
	if err != nil {
		return err
	}
	ok, err := confirmDevice(tx, sc, device, p.ID, s.now())
	if err != nil {
		return err
	}
	if !ok {
		return errDevice
	}
	s.changed(tx)
	return audit.Append(tx, sc.Entry("phone.confirm", "person", p.ID.String(), p.Area, map[string]any{"device": device.String()}))
}

// Enrolled is a device made without a code.
type Enrolled struct {
	Device
	Token string
}

// EnrolForDemo makes devices of invented numbers without a code, for demos,
// loads and tests; sc must be the console's or the program's own.
func (s *Service) EnrolForDemo(ctx context.Context, sc auth.Scope, numbers ...string) (all []Enrolled, err error) {
	if !sc.Account().IsZero() || !sc.Whole() {
		return nil, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		all = nil
		for _, n := range numbers {
			normal, err := person.NormalPhone(n)
			if err != nil {
				return err
			}
			token, d, err := s.enrol(tx, normal, Proof{Agent: "demo"})
			if err != nil {
				return err
			}
			all = append(all, Enrolled{d, token})
		}
		return nil
	})
	return all, err
}
