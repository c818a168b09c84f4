package point

import "khien/wire/qr"

// SignDeclaration returns the code of a health declaration.
func (c *Codes) SignDeclaration(d qr.DeclarationCode) (qr.UnverifiedDeclaration, error) {
	return qr.SignDeclaration(c.private, d)
}
