package place

import (
	"crypto/rand"
	"database/sql/driver"
	"fmt"
	"math/big"
	"strings"

	"khien/kernel/fault"
)

// Number is a place's short number, eight digits of which the last checks the
// others (Luhn, ISO/IEC 7812-1), so that a slip of one digit finds no other
// place. It is printed below the code for those who cannot scan. It is no
// secret and grants nothing. The zero value is none.
type Number int32

const numberDigits = 8

// NewNumber draws a number; whoever stores it sees to it that it is free.
func NewNumber() Number {
	n, err := rand.Int(rand.Reader, big.NewInt(9_000_000))
	if err != nil {
		panic(err) // the machine has no random numbers
	}
	head := int(n.Int64()) + 1_000_000
	return Number(head*10 + luhn(head))
}

// luhn returns the digit that checks head.
func luhn(head int) int {
	sum := 0
	for double := true; head > 0; head, double = head/10, !double {
		d := head % 10
		if double {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return (10 - sum%10) % 10
}

// ParseNumber reads a number as people type it, with or without what stands
// between its halves. Anything else is fault.Invalid.
func ParseNumber(s string) (Number, error) {
	n, digits := 0, 0
	for _, r := range strings.TrimSpace(s) {
		switch {
		case r >= '0' && r <= '9' && digits < numberDigits:
			n, digits = n*10+int(r-'0'), digits+1
		case r == ' ' || r == '-' || r == '.' || r == '\u00a0':
		default:
			digits = -1 << 20
		}
	}
	if digits != numberDigits || n < 10_000_000 || luhn(n/10) != n%10 {
		return 0, fault.New(fault.Invalid, "place.number").At("number", s)
	}
	return Number(n), nil
}

// String writes "1234-5678", "" for none.
func (n Number) String() string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%04d", n/10_000, n%10_000)
}

// UnmarshalText reads what ParseNumber reads; "" is none.
func (n *Number) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*n = 0
		return nil
	}
	v, err := ParseNumber(string(b))
	if err == nil {
		*n = v
	}
	return err
}

// MarshalText writes String.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// Value stores the digits.
func (n Number) Value() (driver.Value, error) { return int64(n), nil }

// Scan reads what Value stored.
func (n *Number) Scan(src any) error {
	v, ok := src.(int64)
	if !ok {
		return fmt.Errorf("place: cannot read a %T", src)
	}
	*n = Number(v)
	return nil
}
