// Package audit is the book of who did what to whom, and why: one chain of
// rows per province in which every row's hash covers the row before it.
//
// For the auditor's page and for `khien audit verify`, which finds a row that
// was changed, removed, put in or moved. Whoever can write to the database can
// also rewrite the whole chain; against that, Report names the head (seq and
// hash), to be kept elsewhere and given back to Verify later.
//
// A row says which account or console did which act to which object, never a
// name, phone or number in clear: the rows outlive the people they speak of.
//
// Append writes in the caller's own transaction, so an act and its row stand or
// fall together. The hash is SHA-256 over every column, each with its length
// before it, and the hash of the row before. The first row follows 32 zero bytes.
package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Entry is one act. auth.Scope.Entry makes one with its first fields filled.
type Entry struct {
	Province   int
	At         time.Time // required
	Actor      id.ID     // the account; zero for the console and the program itself
	ActorKind  string    // "account", "system", "console:<operating system's login>", "public"
	Act        string    // "account.disable", "case.read"; required
	ObjectKind string    // "account", "case", "person"
	ObjectID   string    // usually an id.ID's text
	Area       area.Code // where the object lies; 0 unknown
	Purpose    string    // why, in the actor's words or a rule's name
	Detail     map[string]any
}

// Row is an Entry as it stands in the chain.
type Row struct {
	Entry
	Seq    int64 // from 1, without gaps
	ID     id.ID
	Text   string // Detail as stored: JSON, or ""
	Hash   []byte // 32 bytes
	linked bool   // the actor column held a value
}

// Append adds e to its province's chain when tx ends. It returns an error for
// an entry without province, time, actor kind or act, and for a detail that is not JSON.
func Append(tx *store.Tx, e Entry) error {
	if e.Province <= 0 || e.At.IsZero() || e.Act == "" || e.ActorKind == "" {
		return fmt.Errorf("audit: entry without province, time, actor or act: %q", e.Act)
	}
	r := Row{Entry: e, ID: id.New(), linked: !e.Actor.IsZero()}
	r.At = store.Time(store.Millis(e.At))
	if len(e.Detail) > 0 {
		b, err := json.Marshal(e.Detail)
		if err != nil {
			return fmt.Errorf("audit: detail of %s: %w", e.Act, err)
		}
		r.Text = string(b)
	}
	for _, s := range []*string{&r.ActorKind, &r.Act, &r.ObjectKind, &r.ObjectID, &r.Purpose} {
		*s = storable(*s)
	}
	g := tx.Value(gatheredKey{}, func() any { return &gathered{} }).(*gathered)
	if len(g.rows) == 0 {
		tx.AtEnd(20, func() error { return g.flush(tx) })
	}
	g.rows = append(g.rows, r)
	return nil
}

// storable drops what PostgreSQL's text cannot hold.
func storable(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

// gathered holds the rows of one transaction.
type gathered struct{ rows []Row }

type gatheredKey struct{}

// flush writes province by province in rising order, so that two transactions
// never wait for each other.
func (g *gathered) flush(tx *store.Tx) error {
	by := map[int][]Row{}
	for _, r := range g.rows {
		by[r.Province] = append(by[r.Province], r)
	}
	g.rows = nil
	for _, p := range slices.Sorted(maps.Keys(by)) {
		if err := link(tx, p, by[p]); err != nil {
			return fmt.Errorf("audit: province %d: %w", p, err)
		}
	}
	return nil
}

// link takes the head's lock, numbers and hashes the rows, and moves the head.
func link(tx *store.Tx, province int, rows []Row) error {
	h, err := takeHead(tx, province, len(rows))
	if err != nil {
		return err
	}
	seq, prev := h.Seq-int64(len(rows)), h.Hash
	for i := range rows {
		seq++
		rows[i].Seq = seq
		rows[i].Hash = rows[i].sum(prev)
		prev = rows[i].Hash
	}
	if err := insertRows(tx, rows); err != nil {
		return err
	}
	return moveHead(tx, province, prev)
}

// sum is the hash of r after a row whose hash is prev. The encoding is
// unambiguous: every column is preceded by its length.
func (r Row) sum(prev []byte) []byte {
	h := sha256.New()
	put := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	number := func(v int64) { put(binary.BigEndian.AppendUint64(nil, uint64(v))) }
	put([]byte("khien audit 1"))
	put(prev)
	number(int64(r.Province))
	number(r.Seq)
	put(r.ID[:])
	number(store.Millis(r.At))
	if r.linked {
		put(r.Actor[:])
	} else {
		put(nil)
	}
	for _, s := range []string{r.ActorKind, r.Act, r.ObjectKind, r.ObjectID} {
		put([]byte(s))
	}
	number(int64(r.Area))
	put([]byte(r.Purpose))
	put([]byte(r.Text))
	return h.Sum(nil)
}

// Head is the end of a chain: how many rows and the hash of the last.
// Its zero value means "not noted".
type Head struct {
	Seq  int64
	Hash []byte
}

// genesis is what the first row follows.
var genesis = make([]byte, sha256.Size)

// String writes the head as ParseHead reads it: "1042:9f3c…".
func (h Head) String() string { return fmt.Sprintf("%d:%s", h.Seq, hex.EncodeToString(h.Hash)) }

// ParseHead reads a head that was noted earlier.
func ParseHead(s string) (Head, error) {
	var h Head
	n, hash, ok := strings.Cut(strings.TrimSpace(s), ":")
	_, err := fmt.Sscanf(n, "%d", &h.Seq)
	b, hexErr := hex.DecodeString(hash)
	if !ok || err != nil || hexErr != nil || len(b) != sha256.Size || h.Seq < 1 || fmt.Sprint(h.Seq) != n {
		return Head{}, errors.New("audit: a head is written NUMBER:64 hex digits, as verify prints it")
	}
	h.Hash = b
	return h, nil
}
