package app

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"khien/kernel/config"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/wire/qr"
)

// scanned is the answer of qr read.
type scanned struct {
	Kind   qr.Kind   `json:"kind"`
	Fields any       `json:"fields"`
	Flags  []qr.Flag `json:"flags"`
}

// ownCode is what may be shown of one of our codes. Without keys that is where
// it leads and which key it names. The token of a person's card is never shown:
// it is the card.
type ownCode struct {
	Signature string `json:"signature"` // "valid" or "not_checked"
	Site      string `json:"site"`
	Key       string `json:"key,omitempty"`
	Place     *id.ID `json:"place,omitempty"`
	Issuer    string `json:"issuer,omitempty"`
	Issued    string `json:"issued,omitempty"`

	Declaration *id.ID `json:"declaration,omitempty"`
	Order       *id.ID `json:"order,omitempty"`
	Grade       string `json:"grade,omitempty"`
	Until       string `json:"until,omitempty"`
}

// qrCommand reads the text of any code that is scanned; it opens no database.
func qrCommand(fs *flag.FlagSet) func(*call) error {
	text := fs.String("text", "", "what the scanner read")
	keys := fs.String("key", "", "file of public keys (docs/qr.md), to check the signature of a place code or a card")
	return func(c *call) error {
		if len(c.args) > 0 {
			return config.Usage{Err: errors.New("qr read wants --text TEXT and no more")}
		}
		trust, err := trustIn(*keys)
		if err != nil {
			return err
		}
		s, err := scan(*text, trust)
		if err != nil {
			return codeFault(err)
		}
		if c.json {
			return c.print(s)
		}
		return c.showCode(s)
	}
}

// trustIn believes every issuer of a key file; nil without one.
func trustIn(path string) (*qr.Trust, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	keys, err := qr.ReadKeys(f)
	if err != nil {
		return nil, codeFault(err)
	}
	return &qr.Trust{Keys: keys, Now: time.Now()}, nil
}

func scan(text string, trust *qr.Trust) (scanned, error) {
	code, err := qr.Read(text)
	if err != nil {
		return scanned{}, err
	}
	s := scanned{Kind: code.Kind, Flags: append([]qr.Flag{}, code.Flags...)}
	switch code.Kind {
	case qr.CitizenCard:
		s.Fields = code.Citizen
	case qr.InsuranceCard:
		s.Fields = code.Insurance
	case qr.Personal1405:
		s.Fields = code.Personal
	default:
		own, err := ownFields(code, trust)
		if err != nil {
			return scanned{}, err
		}
		if own.Signature == "not_checked" {
			s.Flags = append(s.Flags, qr.Unchecked)
		}
		s.Fields = own
	}
	return s, nil
}

// ownFields verifies a place code or a card where there are keys. A phone's code
// is verified with a secret that only the server has.
func ownFields(code qr.Code, trust *qr.Trust) (ownCode, error) {
	switch code.Kind {
	case qr.PlacePoster:
		own := ownCode{Signature: "not_checked", Site: code.Place.Site(), Key: code.Place.Key().String()}
		if trust == nil {
			return own, nil
		}
		p, err := code.Place.Verify(*trust)
		place := id.ID(p.Place)
		own.Signature, own.Place, own.Issuer, own.Issued = "valid", &place, p.Issuer, p.Issued
		return own, err
	case qr.PersonCard:
		own := ownCode{Signature: "not_checked", Site: code.Card.Site(), Key: code.Card.Key().String()}
		if trust == nil {
			return own, nil
		}
		p, err := code.Card.Verify(*trust)
		own.Signature, own.Issuer, own.Issued = "valid", p.Issuer, p.Issued
		return own, err
	}
	if code.Kind == qr.Order {
		own := ownCode{Signature: "not_checked", Site: code.Order.Site(), Key: code.Order.Key().String()}
		if trust == nil {
			return own, nil
		}
		o, err := code.Order.Verify(*trust)
		order := id.ID(o.Order)
		own.Signature, own.Order, own.Issuer, own.Issued = "valid", &order, o.Issuer, o.Signed
		return own, err
	}
	if code.Kind == qr.Declaration {
		own := ownCode{Signature: "not_checked", Site: code.Declaration.Site(), Key: code.Declaration.Key().String()}
		if trust == nil {
			return own, nil
		}
		d, err := code.Declaration.Verify(*trust)
		declared := id.ID(d.Declaration)
		own.Signature, own.Declaration, own.Issuer, own.Grade, own.Until = "valid", &declared, d.Issuer, string(d.Grade), d.Until.Format(time.RFC3339)
		return own, err
	}
	return ownCode{Signature: "not_checked", Site: code.Phone.Site()}, nil
}

// codeFault is the refusal of a code, its sentence "fault.qr.<why>".
func codeFault(err error) error {
	var e *qr.Error
	if !errors.As(err, &e) {
		return err
	}
	return fault.New(fault.Invalid, "qr."+e.Why).At(e.Field, "").With("code", string(e.Kind)).Because(err)
}

// showCode prints a code for a reader: a line per field, as JSON names it.
func (c *call) showCode(s scanned) error {
	fmt.Fprintf(c.out, "%s  %s\n", s.Kind, strings.Trim(fmt.Sprint(s.Flags), "[]"))
	return c.print(s.Fields)
}
