package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"khien/kernel/fault"
)

// LockFolder takes the data folder for one server. A second one gets
// fault.Conflict that says which process holds it. The lock ends with the
// process, however it ends. Commands beside the server need no lock: the
// database itself orders their writes.
func LockFolder(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: data folder: %w", err)
	}
	path := filepath.Join(dir, "serve.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: lock data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 20)
		n, _ := f.Read(holder)
		_ = f.Close()
		return nil, fault.New(fault.Conflict, "store.served").With("folder", dir).With("process", string(holder[:n]))
	}
	_ = f.Truncate(0)
	_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	return func() { _ = f.Close() }, nil
}
