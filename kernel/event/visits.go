package event

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"khien/kernel/area"
	"khien/kernel/id"
)

// KindVisitsRecorded is VisitsRecorded's, as stored.
const KindVisitsRecorded = "VisitsRecorded"

// How says by what somebody was checked in.
type How string

// The ways of checking in.
const (
	ByPoster    How = "poster"           // the visitor scanned the place's code
	ByPhone     How = "phone"            // the keeper scanned the code on the visitor's phone
	ByCard      How = "card"             // … our printed card
	ByCitizen   How = "citizen_card"     // … the citizen card
	ByInsurance How = "health_insurance" // … the health-insurance card
	ByPersonal  How = "personal_1405"    // … the personal code of Decision 1405
	ByName      How = "name"             // the keeper typed a name
)

// Hows lists them. A payload holds their places in this list: new ones come last.
var Hows = []How{ByPoster, ByPhone, ByCard, ByCitizen, ByInsurance, ByPersonal, ByName}

// Visited is one visit as others hear of it: who, where, from when to when. It
// names nobody; the ids lead to rows that a scope guards.
type Visited struct {
	Visit  id.ID
	Place  id.ID
	Person id.ID
	Area   area.Code // the place's
	From   time.Time // to the second
	To     time.Time // of the check-out; before one, From and the place's usual stay
	How    How
	Left   bool // told again, because the visitor left (or was checked out)
}

// VisitsRecorded is told of the visits of one group commit, one fact for all:
// a fact a visit would cost as much as the visit (docs/adr/030-visits.md). A
// visit is told once when it begins and once more when it ends early or late,
// both in the same Lane, so that they are heard in that order.
type VisitsRecorded struct {
	Lane   int
	Visits []Visited
}

// FactKind names the type.
func (VisitsRecorded) FactKind() string { return KindVisitsRecorded }

// FactKey orders the visits of a lane.
func (f VisitsRecorded) FactKey() string { return visitsKey(f.Lane) }

func visitsKey(lane int) string { return "visits-" + strconv.Itoa(lane) }

// A visit's record in the payload: three ids, area 8, from 5 (Unix seconds), stay
// 4 (seconds), how 1 of which the high bit says Left. Big endian. 66 bytes, 88
// characters: plain JSON takes four times as many.
const visitedBytes = 66

const leftBit = 0x80

type visitsPayload struct {
	Lane   int    `json:"lane"`
	Visits string `json:"v1"`
}

// MarshalJSON packs the visits; see visitedBytes.
func (f VisitsRecorded) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, visitedBytes*len(f.Visits))
	for _, v := range f.Visits {
		how := slices.Index(Hows, v.How)
		if how < 0 {
			return nil, fmt.Errorf("event: visit %s: how %q", v.Visit, v.How)
		}
		if v.Left {
			how |= leftBit
		}
		b = append(append(append(b, v.Visit[:]...), v.Place[:]...), v.Person[:]...)
		b = binary.BigEndian.AppendUint64(b, uint64(v.Area))
		from := v.From.Unix()
		b = append(b, byte(from>>32))
		b = binary.BigEndian.AppendUint32(b, uint32(from))
		b = binary.BigEndian.AppendUint32(b, uint32(max(0, v.To.Unix()-from)))
		b = append(b, byte(how))
	}
	return json.Marshal(visitsPayload{f.Lane, base64.RawStdEncoding.EncodeToString(b)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *VisitsRecorded) UnmarshalJSON(text []byte) error {
	var p visitsPayload
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	b, err := base64.RawStdEncoding.DecodeString(p.Visits)
	if err != nil || len(b)%visitedBytes != 0 {
		return fmt.Errorf("event: %d bytes of visits: %w", len(b), err)
	}
	f.Lane, f.Visits = p.Lane, make([]Visited, 0, len(b)/visitedBytes)
	for r := range slices.Chunk(b, visitedBytes) {
		how := int(r[65] &^ leftBit)
		if how >= len(Hows) {
			return fmt.Errorf("event: a visit's how %d is not known", how)
		}
		from := int64(r[56])<<32 | int64(binary.BigEndian.Uint32(r[57:]))
		f.Visits = append(f.Visits, Visited{
			Visit: id.ID(r[:16]), Place: id.ID(r[16:32]), Person: id.ID(r[32:48]), Area: area.Code(binary.BigEndian.Uint64(r[48:])),
			From: time.Unix(from, 0).UTC(), To: time.Unix(from+int64(binary.BigEndian.Uint32(r[61:])), 0).UTC(),
			How: Hows[how], Left: r[65]&leftBit != 0,
		})
	}
	return nil
}
