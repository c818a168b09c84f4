package secret_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"khien/kernel/fault"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

var lines = []storetest.Line{{Name: "secret", Files: secret.Migrations()}}

func raw(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func TestSealIsBoundToPlaceAndPurpose(t *testing.T) {
	k := secret.New(raw(1))
	plain, aad := []byte("0912345678"), []byte("person_person|phone|7")
	sealed := k.Seal("phone", plain, aad)
	if bytes.Contains(sealed, plain) || bytes.Equal(sealed, k.Seal("phone", plain, aad)) {
		t.Error("sealing shows or repeats itself")
	}
	if got, err := k.OpenSealed("phone", sealed, aad); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("got %q, %v", got, err)
	}
	refuse := func(name string, k *secret.Keys, purpose string, sealed, aad []byte) {
		t.Helper()
		if got, err := k.OpenSealed(purpose, sealed, aad); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	refuse("other place", k, "phone", sealed, []byte("person_person|phone|8"))
	refuse("other purpose", k, "name", sealed, aad)
	refuse("other key", secret.New(raw(2)), "phone", sealed, aad)
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		refuse("a flipped bit", k, "phone", bad, aad)
		refuse("cut short", k, "phone", sealed[:i], aad)
	}
}

func TestRotation(t *testing.T) {
	old, both := secret.New(raw(1)), secret.New(raw(2), raw(1))
	sealed := old.Seal("phone", []byte("x"), nil)
	if got, err := both.OpenSealed("phone", sealed, nil); err != nil || string(got) != "x" || !both.Old(sealed) {
		t.Errorf("got %q, %v, old %v", got, err, both.Old(sealed))
	}
	if !bytes.Equal(old.BlindIndex("phone", "x"), both.BlindIndex("phone", "x")) {
		t.Error("the blind index changed with the key")
	}
	if bytes.Equal(old.BlindIndex("phone", "x"), old.BlindIndex("name", "x")) || len(old.BlindIndex("a", "b")) != 16 {
		t.Error("blind indexes of two purposes are alike")
	}
	_, wrapped := old.NewKey([]byte("7"))
	again, err := both.Rewrap(wrapped, []byte("7"))
	if err != nil || both.Old(again) {
		t.Errorf("rewrap: %v", err)
	}
	if _, err := secret.New(raw(2)).Unwrap(again, []byte("7")); err != nil {
		t.Error(err)
	}
}

func TestPersonKey(t *testing.T) {
	k := secret.New(raw(1))
	key, wrapped := k.NewKey([]byte("7"))
	sealed := key.Seal([]byte("record"), []byte("7"))
	same, err := k.Unwrap(wrapped, []byte("7"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := same.Open(sealed, []byte("7")); err != nil || string(got) != "record" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := same.Open(sealed, []byte("8")); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("moved to another row: got %v", err)
	}
	if _, err := k.Unwrap(wrapped, []byte("8")); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("key moved to another row: got %v", err)
	}
	if _, err := same.Open(nil, nil); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("empty: got %v", err)
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "khien.key")
	if _, err := secret.OpenFile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: got %v", err)
	}
	ids := make([]string, 20)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			k, err := secret.MakeFile(path)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = k.ID()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("two makers, two keys: %v", ids)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o622, 0o777} {
		_ = os.Chmod(path, mode)
		if _, err := secret.OpenFile(path); !fault.Is(err, fault.Forbidden) {
			t.Errorf("mode %o: got %v", mode, err)
		}
	}
	for _, text := range []string{"", "zz", strings.Repeat("ab", 31), strings.Repeat("ab", 33), strings.Repeat("\n", 9000)} {
		bad := filepath.Join(t.TempDir(), "bad")
		_ = os.WriteFile(bad, []byte(text), 0o600)
		if _, err := secret.OpenFile(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.10q: got %v", text, err)
		}
	}
}

func TestDatabaseKnowsItsKey(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		path := filepath.Join(t.TempDir(), "khien.key")
		first, err := secret.Open(t.Context(), db, 20, path)
		if err != nil {
			t.Fatal(err)
		}
		again, err := secret.Open(t.Context(), db, 20, path)
		if err != nil || again.ID() != first.ID() {
			t.Fatalf("got %v, want %v: %v", again, first.ID(), err)
		}
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.Open(t.Context(), db, 20, path); !fault.Is(err, fault.Conflict) || fault.Of(err).Key != "secret.missing" {
			t.Errorf("missing file: got %v", err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("a new key was made for a database that has one")
		}
		if _, err := secret.MakeFile(path); err != nil {
			t.Fatal(err)
		}
		if _, err := secret.Open(t.Context(), db, 20, path); !fault.Is(err, fault.Conflict) || fault.Of(err).Key != "secret.other" {
			t.Errorf("other file: got %v", err)
		}
	})
}
