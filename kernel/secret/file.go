package secret

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"khien/kernel/fault"
	"khien/kernel/store"
)

// Open reads the master key from path, and makes the file when the database has
// never been sealed with a key. A database that was, whose file is not here or
// holds other keys, is refused as fault.Conflict: nobody could read its rows,
// and new ones would be sealed with a key that the old ones do not know.
func Open(ctx context.Context, db *store.DB, province int, path string) (*Keys, error) {
	need, err := selectKeyID(ctx, db, province)
	if err != nil {
		return nil, err
	}
	k, err := OpenFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && need != "":
		return nil, fault.New(fault.Conflict, "secret.missing").With("file", path).With("key", need)
	case errors.Is(err, fs.ErrNotExist):
		k, err = MakeFile(path)
	}
	if err != nil {
		return nil, err
	}
	if need == "" {
		if need, err = noteKeyID(ctx, db, province, k.ID()); err != nil {
			return nil, err
		}
	}
	if !k.Has(need) {
		return nil, fault.New(fault.Conflict, "secret.other").With("file", path).With("key", need)
	}
	return k, nil
}

// OpenFile reads an existing key file: one key of 64 hex digits a line, newest
// first. It refuses a file that others than its owner can reach; a missing file
// is fs.ErrNotExist.
func OpenFile(path string) (*Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("secret: key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("secret: key file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Forbidden, "secret.mode").With("file", path).With("mode", info.Mode().Perm().String())
	}
	if info.Size() > 4096 {
		return nil, fault.New(fault.Invalid, "secret.format").With("file", path)
	}
	b := make([]byte, info.Size())
	n, _ := f.Read(b)
	var raw [][]byte
	for line := range strings.Lines(string(b[:n])) {
		key, err := hex.DecodeString(strings.TrimSpace(line))
		if err != nil || len(key) != keySize {
			return nil, fault.New(fault.Invalid, "secret.format").With("file", path)
		}
		raw = append(raw, key)
	}
	if len(raw) == 0 {
		return nil, fault.New(fault.Invalid, "secret.format").With("file", path)
	}
	return New(raw...), nil
}

// MakeFile writes a new key file, whole or not at all, and never over another:
// when one has come to stand there meanwhile, that one is read.
func MakeFile(path string) (*Keys, error) {
	raw := make([]byte, keySize)
	_, _ = rand.Read(raw) // never fails
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("secret: make key file: %w", err)
	}
	f, err := os.CreateTemp(dir, ".key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("secret: make key file: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.WriteString(hex.EncodeToString(raw) + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path) // fails when path exists
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("secret: make key file: %w", err)
	}
	if err := syncDir(dir); err != nil {
		return nil, fmt.Errorf("secret: make key file: %w", err)
	}
	return OpenFile(path)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
