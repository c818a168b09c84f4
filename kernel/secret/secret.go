// Package secret seals what must not be read from the database alone:
// identity numbers, phones, second factors.
//
// The master key is a file outside the database (KHIEN_KEY_FILE), 32 random
// bytes in hex, made at the first start with mode 0600. Without it a backup
// cannot be read by anyone, its owner included. Every use has a key of its own,
// derived by HKDF-SHA-256 from the master key and the name of the purpose.
//
// A key file may hold several lines. The first seals; every line opens, so that
// after a new line was put on top all rows can be sealed again at leisure. The
// last line, the oldest, makes the blind indexes: it must stay as long as they do.
//
// A person's record is sealed with a key of its own (Key), which is kept sealed
// by the master key. Erasing that one value makes every copy of the record,
// also in old backups of the record alone, unreadable.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"sync"
)

const (
	keySize   = 32 // AES-256
	idSize    = 8
	indexSize = 16
	version   = 1
)

// ErrSealed is returned for what cannot be opened: altered, cut short, moved
// from its row (another aad) or purpose, or sealed by a key that is not here.
var ErrSealed = errors.New("secret: cannot be opened")

// Keys holds the master keys. It is safe for concurrent use.
type Keys struct {
	masters []master // newest first
	derived sync.Map // "<purpose>" of the newest or id+purpose -> cipher.AEAD
	indexes sync.Map // purpose -> *sync.Pool of hash.Hash
}

type master struct {
	id  [idSize]byte
	key []byte
}

// New returns keys made of raw 32-byte master keys, newest first; for tests and
// for OpenFile. It panics on a key of another length.
func New(raw ...[]byte) *Keys {
	k := &Keys{}
	for _, r := range raw {
		if len(r) != keySize {
			panic("secret: a master key has 32 bytes")
		}
		m := master{key: slices.Clone(r)}
		copy(m.id[:], derive(r, "khien key id", idSize))
		k.masters = append(k.masters, m)
	}
	if len(k.masters) == 0 {
		panic("secret: no master key")
	}
	return k
}

// derive returns size bytes of HKDF-SHA-256; it cannot fail at these sizes.
func derive(key []byte, info string, size int) []byte {
	b, err := hkdf.Key(sha256.New, key, nil, info, size)
	if err != nil {
		panic(err)
	}
	return b
}

// ID names the newest master key without giving it away; 16 hex digits.
func (k *Keys) ID() string { return hex.EncodeToString(k.masters[0].id[:]) }

// Has reports whether the key of that ID is here.
func (k *Keys) Has(id string) bool {
	return slices.ContainsFunc(k.masters, func(m master) bool { return hex.EncodeToString(m.id[:]) == id })
}

// Seal encrypts plain with AES-256-GCM for one purpose. aad binds the result to
// its place, as "table|column|row id", and is needed again to open it.
func (k *Keys) Seal(purpose string, plain, aad []byte) []byte {
	m := k.masters[0]
	head := append([]byte{version}, m.id[:]...)
	return k.aead(m, purpose).Seal(head, nil, plain, bound(head, aad))
}

// OpenSealed returns what Seal sealed for the same purpose and aad, else ErrSealed.
func (k *Keys) OpenSealed(purpose string, sealed, aad []byte) ([]byte, error) {
	const start = 1 + idSize
	if len(sealed) < start || sealed[0] != version {
		return nil, ErrSealed
	}
	for _, m := range k.masters {
		if string(m.id[:]) == string(sealed[1:start]) {
			plain, err := k.aead(m, purpose).Open(nil, nil, sealed[start:], bound(sealed[:start], aad))
			if err != nil {
				return nil, ErrSealed
			}
			return plain, nil
		}
	}
	return nil, fmt.Errorf("%w: made by key %x, which the key file does not hold", ErrSealed, sealed[1:start])
}

// Old reports whether sealed was made by another key than the newest, so that
// it should be sealed again.
func (k *Keys) Old(sealed []byte) bool {
	return len(sealed) < 1+idSize || string(sealed[1:1+idSize]) != string(k.masters[0].id[:])
}

func (k *Keys) aead(m master, purpose string) cipher.AEAD {
	name := string(m.id[:]) + purpose
	if a, ok := k.derived.Load(name); ok {
		return a.(cipher.AEAD)
	}
	a := gcm(derive(m.key, "khien seal "+purpose, keySize))
	k.derived.Store(name, a)
	return a
}

// gcm carries its random nonce before the ciphertext.
func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	a, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return a
}

func bound(head, aad []byte) []byte { return slices.Concat(head, aad) }

// BlindIndex returns 16 bytes by which equal values are found without being
// read: a keyed hash of the normalised value, another for every purpose.
func (k *Keys) BlindIndex(purpose, normalised string) []byte {
	pool, ok := k.indexes.Load(purpose)
	if !ok {
		key := derive(k.masters[len(k.masters)-1].key, "khien index "+purpose, keySize)
		pool, _ = k.indexes.LoadOrStore(purpose, &sync.Pool{New: func() any { return hmac.New(sha256.New, key) }})
	}
	// One used before has the key's blocks hashed already, which is most of the work on a short text.
	h := pool.(*sync.Pool).Get().(hash.Hash)
	defer pool.(*sync.Pool).Put(h)
	h.Reset()
	h.Write([]byte(normalised))
	return h.Sum(nil)[:indexSize]
}

// SigningKeys returns the Ed25519 keys of one purpose, one of each master key,
// newest first: the first signs, all of them verify. Whoever holds a master key
// can sign; whoever only reads the database cannot.
func (k *Keys) SigningKeys(purpose string) []ed25519.PrivateKey {
	all := make([]ed25519.PrivateKey, len(k.masters))
	for i, m := range k.masters {
		all[i] = ed25519.NewKeyFromSeed(derive(m.key, "khien sign "+purpose, ed25519.SeedSize))
	}
	return all
}

// Key seals the record of one person.
type Key struct{ aead cipher.AEAD }

const wrapping = "wrap"

// NewKey makes a person's key and its wrapped form, to be stored at the place
// that aad names. Whoever deletes the wrapped form has erased the record.
func (k *Keys) NewKey(aad []byte) (Key, []byte) {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails
	return Key{gcm(raw)}, k.Seal(wrapping, raw, aad)
}

// Unwrap returns the key that NewKey wrapped for the same aad, else ErrSealed.
func (k *Keys) Unwrap(wrapped, aad []byte) (Key, error) {
	raw, err := k.OpenSealed(wrapping, wrapped, aad)
	if err != nil {
		return Key{}, err
	}
	return Key{gcm(raw)}, nil
}

// Rewrap seals a wrapped key again with the newest master key.
func (k *Keys) Rewrap(wrapped, aad []byte) ([]byte, error) {
	raw, err := k.OpenSealed(wrapping, wrapped, aad)
	if err != nil {
		return nil, err
	}
	return k.Seal(wrapping, raw, aad), nil
}

// Seal encrypts plain, bound to aad.
func (k Key) Seal(plain, aad []byte) []byte {
	return k.aead.Seal([]byte{version}, nil, plain, aad)
}

// Open returns what Seal sealed with the same aad, else ErrSealed.
func (k Key) Open(sealed, aad []byte) ([]byte, error) {
	if len(sealed) < 1 || sealed[0] != version {
		return nil, ErrSealed
	}
	plain, err := k.aead.Open(nil, nil, sealed[1:], aad)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
