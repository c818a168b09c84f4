package followup

import (
	"errors"

	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/wire/qr"
)

// Code is the text of the QR code of a signed order.
func (s *Service) Code(o Order) (string, error) {
	u, err := s.Signer.SignOrder([16]byte(o.ID), day.Today(o.Signed).String())
	if err != nil {
		return "", err
	}
	return u.Link(s.Site)
}

// verified reads a token of ours.
func (s *Service) verified(token string) (qr.OrderCode, error) {
	u, err := qr.ReadOrder(token)
	if err != nil {
		return qr.OrderCode{}, refused(err)
	}
	code, err := u.Verify(s.Signer.Trust(qr.OrderDays))
	return code, refused(err)
}

// refused turns a refusal of package qr into ours.
func refused(err error) error {
	var q *qr.Error
	if !errors.As(err, &q) {
		return err
	}
	return fault.New(fault.Invalid, "qr."+q.Why).Because(err)
}
