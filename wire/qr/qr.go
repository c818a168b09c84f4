// Package qr reads the text of the codes that a checkpoint, a shop or a clinic
// scans, and writes our own. It says which code it is and what it says.
//
// A scan identifies; it does not authenticate. Nothing on a citizen card, a
// health-insurance card or a personal code of Decision 1405 is signed: whoever
// has a printer makes one, and whoever has a photo shows one. What they say is a
// claim that an officer compares with the card and the face. Only our own codes
// carry a signature, and a signature proves who issued the code, never who holds
// it or where they stand (docs/qr.md, docs/adr/020-codes.md).
//
// Ours cannot be read before they are verified: UnverifiedPlace → Verify →
// PlaceCode, and so for the card and the phone. Each has exactly one token.
//
// What is known of the other three, and what is not:
//
//   - Citizen card (CCCD with chip, 2021): seven fields, as public parsers and
//     the press describe them; six (no old number) and eight (expiry) occur. The
//     order on the card of 2024 is not published: of nine fields and more the
//     first seven are read when each has its form, and MoreFields is flagged.
//   - Insurance card (BHYT): 15 parts (to 2021) and 17 parts (since), after public
//     parsers. The meaning of the check string and of parts 9, 11 and 14 is not
//     verified, nor is the check string computed.
//   - Personal code (Decision 1405/QĐ-BTTTT of 2021-09-11, version 1.1): the six
//     fields are known from the press, not from a code that we scanned. The order
//     inside EXT is not established; it is kept in pieces without names.
//
// Reading is total and bounded: at most TextBytes, no panic, no clock, no
// network. The line end that a hand scanner types is for the caller to trim.
package qr

import "strings"

// Kind says which code a text is. The values are stored and sent as written.
type Kind string

// The kinds.
const (
	CitizenCard   Kind = "citizen_card"     // căn cước công dân, thẻ căn cước
	InsuranceCard Kind = "health_insurance" // thẻ bảo hiểm y tế
	Personal1405  Kind = "personal_1405"    // mã QR cá nhân, Decision 1405/QĐ-BTTTT
	PlacePoster   Kind = "place"            // ours: điểm quét QR
	PersonCard    Kind = "person_card"      // ours, printed: checks in and nothing else
	PersonPhone   Kind = "person_phone"     // ours, on a phone, new every PhoneStep
	Declaration   Kind = "declaration"      // ours: the grade of a declaration, until when
	Order         Kind = "order"            // ours, printed: a signed order of quarantine
)

// Flag marks what is odd about a code that was read all the same. The values are
// stored and sent as written.
type Flag string

// The flags.
const (
	BirthContradicts Flag = "birth_contradicts"    // the number's digits say another birth year
	SexContradicts   Flag = "sex_contradicts"      // the number's digits say the other sex
	ProvinceUnknown  Flag = "province_unknown"     // the number begins with no province's code
	OldNumberForm    Flag = "old_number_form"      // the old number has neither 9 nor 12 digits
	DatesOutOfOrder  Flag = "dates_out_of_order"   // issued before birth, or ends before it begins
	MoreFields       Flag = "more_fields"          // fields that nobody has described, not read
	Decomposed       Flag = "decomposed"           // came in NFD, was put in NFC
	NameScript       Flag = "name_script"          // a letter of the name is not of a Vietnamese name's kind
	NameForm         Flag = "name_form"            // not in capitals without marks, as the decision asks
	Masked           Flag = "masked"               // number or birth date hidden in part
	Unchecked        Flag = "signature_unchecked"  // set by whoever shows a code without its keys
	NoProof          Flag = "identifies_not_proof" // every code that is not ours
)

// TextBytes is the longest text that is read. The largest QR code, 40-L, holds
// 2,953 bytes (ISO/IEC 18004).
const TextBytes = 4096

// Code is one scanned code: of the fields after Flags the one that Kind names is
// set, the others are nil.
type Code struct {
	Kind  Kind
	Flags []Flag // none twice; of ours nil

	Citizen   *Citizen
	Insurance *Insurance
	Personal  *Personal
	Place     *UnverifiedPlace
	Card      *UnverifiedCard
	Phone     *UnverifiedPhone

	Declaration *UnverifiedDeclaration
	Order       *UnverifiedOrder
}

// Read reads the text of a scanned code. Every refusal is an *Error.
func Read(text string) (Code, error) {
	if why := unclean(text); why != "" {
		return Code{}, &Error{Why: why}
	}
	if isLink(text) {
		return readLink(text)
	}
	if strings.ContainsAny(text, likeBar) {
		return Code{}, &Error{Why: Separator}
	}
	return readFields(strings.SplitN(text, "|", fieldsMost+1))
}

// fieldsMost is more than any code that is known has.
const fieldsMost = 24

// readFields tells the three cards apart by their first and third fields.
func readFields(f []string) (Code, error) {
	switch {
	case len(f) == 1:
		return Code{}, &Error{Why: Unknown}
	case len(f) > fieldsMost:
		return Code{}, &Error{Why: Fields}
	case isInsuranceNumber(f[0]):
		return readInsurance(f)
	case len(f) > 2 && isISO(f[2]):
		return readPersonal(f)
	case isDigits(f[0], 12):
		return readCitizen(f)
	}
	return Code{}, &Error{Why: Unknown}
}
