// Package point is the QR points of a province: the registering of places, by
// an officer, by a keeper with a proven phone, or by the thousand from a list;
// their posters; the printed cards of people; and the public keys of all codes.
//
// A poster's code says which place it is of and when it was issued, signed by
// the province (docs/qr.md). That it was withdrawn, or that its place is closed,
// only the province knows: Codes.Place asks all of it at once.
//
// A card leads to a person in our database only, and grants one thing: that a
// keeper checks its bearer in.
package point

import (
	"log/slog"
	"strconv"
	"time"

	"khien/kernel/area"
	"khien/kernel/i18n"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/web"
)

// Config is what New needs.
type Config struct {
	DB        *store.DB
	Keys      *secret.Keys
	Places    *place.Service
	People    *person.Service
	Phones    *phone.Service
	Gazetteer *area.Gazetteer
	Province  int
	Edition   area.Edition // of lists that do not say theirs
	Site      string       // https://host that the codes lead to
	Now       func() time.Time
	Catalog   *i18n.Catalog // nil: no paper
	Views     *web.Views    // nil: no pages
	Log       *slog.Logger
}

// Service is the QR points of one province.
type Service struct {
	Config
	codes *Codes
	tries *web.Limiter // of short numbers, by address
	paper *web.Limiter // single posters, by address: each takes some 20 ms
}

// New returns the service of one province.
func New(c Config) *Service {
	return &Service{Config: c, codes: newCodes(c), tries: web.NewLimiter(triesASecond, triesAtOnce, triersMost),
		paper: web.NewLimiter(1, 20, triersMost)}
}

// Codes returns what signs and verifies the province's codes.
func (s *Service) Codes() *Codes { return s.codes }

// issuers are the codes of ISO 3166-2:VN by the statistics office's number of a
// province, as of 2021.
var issuers = map[int]string{1: "HN", 2: "03", 4: "04", 6: "53", 8: "07", 10: "02", 11: "71", 12: "01", 14: "05", 15: "06", 17: "14",
	19: "69", 20: "09", 22: "13", 24: "54", 25: "68", 26: "70", 27: "56", 30: "61", 31: "HP", 33: "66", 34: "20", 35: "63", 36: "67",
	37: "18", 38: "21", 40: "22", 42: "23", 44: "24", 45: "25", 46: "26", 48: "DN", 49: "27", 51: "29", 52: "31", 54: "32", 56: "34",
	58: "36", 60: "40", 62: "28", 64: "30", 66: "33", 67: "72", 68: "35", 70: "58", 72: "37", 74: "57", 75: "39", 77: "43", 79: "SG",
	80: "41", 82: "46", 83: "50", 84: "51", 86: "49", 87: "45", 89: "44", 91: "47", 92: "CT", 93: "73", 94: "52", 95: "55", 96: "59"}

// issuerOf names a province on its keys; a number that ISO 3166-2 does not know
// is named by itself.
func issuerOf(province int) string {
	if code, ok := issuers[province]; ok {
		return "VN-" + code
	}
	return "VN-" + strconv.Itoa(province)
}
