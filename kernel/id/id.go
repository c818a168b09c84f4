// Package id makes and reads the identifiers of people, places and acts.
//
// An ID is a UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then random bits.
// It is made by whoever creates the thing, an offline phone included, and is the
// idempotency key of that act. An ID is no secret and grants nothing.
package id

import (
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/google/uuid"

	"khien/kernel/fault"
)

// ID is 16 bytes; its zero value means "none" and is never stored.
type ID [16]byte

// New returns a fresh ID; IDs of one process rise. It panics only when the
// machine has no random numbers to give.
func New() ID { return ID(uuid.Must(uuid.NewV7())) }

// Parse reads the 36-character form. Anything else is fault.Invalid.
func Parse(s string) (ID, error) {
	if len(s) != 36 {
		return ID{}, fault.New(fault.Invalid, "id").At("id", s)
	}
	u, err := uuid.Parse(s)
	if err != nil {
		return ID{}, fault.New(fault.Invalid, "id").At("id", s).Because(err)
	}
	return ID(u), nil
}

// IsZero reports whether the ID is "none".
func (i ID) IsZero() bool { return i == ID{} }

// Time returns the moment the ID was made, by its maker's clock, to the millisecond.
func (i ID) Time() time.Time {
	ms := int64(0)
	for _, b := range i[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms).UTC()
}

// String returns the 36-character form, lower case.
func (i ID) String() string { return uuid.UUID(i).String() }

// MarshalText writes the 36-character form; a zero ID is the empty text.
func (i ID) MarshalText() ([]byte, error) {
	if i.IsZero() {
		return []byte{}, nil
	}
	return []byte(i.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (i *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*i = ID{}
		return nil
	}
	v, err := Parse(string(b))
	if err == nil {
		*i = v
	}
	return err
}

// Value stores 16 bytes, or null for the zero ID.
func (i ID) Value() (driver.Value, error) {
	if i.IsZero() {
		return nil, nil
	}
	return i[:], nil
}

// Scan reads 16 bytes (SQLite), the text form (PostgreSQL) or null.
func (i *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i = ID{}
		return nil
	case []byte:
		if len(v) == 16 {
			copy(i[:], v)
			return nil
		}
		return i.UnmarshalText(v)
	case string:
		return i.UnmarshalText([]byte(v))
	}
	return fmt.Errorf("id: cannot read a %T", src)
}
