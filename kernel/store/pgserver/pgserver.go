// Package pgserver starts a PostgreSQL of its own from Debian's binaries, for
// tests and benchmarks.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrMissing says that there are no binaries.
var ErrMissing = errors.New("PostgreSQL is not installed; as root: apt-get install postgresql")

// binaries returns the folder that holds initdb and postgres.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.Sort(found)
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	p, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrMissing
	}
	return filepath.Dir(p), nil
}

// Install installs Debian's package, when the user may; else it is ErrMissing.
func Install() error {
	if os.Getuid() != 0 {
		return ErrMissing
	}
	fmt.Fprintln(os.Stderr, "pgserver: installing Debian's postgresql")
	for _, args := range [][]string{{"update", "-q"}, {"install", "-y", "-q", "--no-install-recommends", "postgresql"}} {
		c := exec.Command("apt-get", args...)
		c.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		c.Stdout, c.Stderr = os.Stderr, os.Stderr
		if err := c.Run(); err != nil {
			return fmt.Errorf("apt-get %s: %w", args[0], err)
		}
	}
	return nil
}

// Server runs until Stop.
type Server struct {
	URL     string // postgres://, of a user who may make databases
	dir     string
	process *exec.Cmd
}

// Start starts a server on a free loopback port, with its data in a temporary
// folder, as an unprivileged user, since PostgreSQL refuses root. Without durable
// it does not sync, which tests do not need and benchmarks do. It installs
// nothing: without binaries it is ErrMissing.
func Start(durable bool) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	return start(bin, durable)
}

func start(bin string, durable bool) (*Server, error) {
	dir, err := os.MkdirTemp("", "khien-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	as, err := unprivileged(dir)
	if err != nil {
		s.Stop()
		return nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "khien", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
	initdb.SysProcAttr, initdb.Dir = as, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		s.Stop()
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := s.serve(bin, data, as, durable); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// unprivileged returns how to start a process as another user than root, and
// gives that user the folder.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, uid, gid)
}

// settings are, for a durable server, those that docs/quan-tri.md asks of an
// administrator with 8 GB of memory or more; and else whatever is quickest.
func settings(durable bool) []string {
	if durable {
		return []string{"-c", "shared_buffers=2GB", "-c", "wal_compression=lz4", "-c", "max_wal_size=8GB", "-c", "checkpoint_timeout=15min"}
	}
	return []string{"-c", "shared_buffers=256MB", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off"}
}

func (s *Server) serve(bin, data string, as *syscall.SysProcAttr, durable bool) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	args := []string{"-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-k", s.dir,
		"-c", "max_connections=200", "-c", "log_min_messages=panic"}
	args = append(args, settings(durable)...)
	s.process = exec.Command(filepath.Join(bin, "postgres"), args...)
	s.process.SysProcAttr, s.process.Dir, s.process.Stderr = as, s.dir, os.Stderr
	if err := s.process.Start(); err != nil {
		return err
	}
	s.URL = fmt.Sprintf("postgres://khien@127.0.0.1:%d/postgres?sslmode=disable", port)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, s.URL)
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Stop ends the server that this process started and removes its folder.
func (s *Server) Stop() {
	if s.process != nil && s.process.Process != nil {
		_ = s.process.Process.Signal(syscall.SIGINT) // fast shutdown
		_ = s.process.Wait()
	}
	_ = os.RemoveAll(s.dir)
}
