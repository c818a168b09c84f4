package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"khien/app"
	"khien/kernel/auth"
	"khien/kernel/config"
	"khien/kernel/id"
	"khien/kernel/store"
)

// child is khien in a process of its own, which a test may kill.
type child struct {
	*exec.Cmd
	out strings.Builder
}

// khien starts a command of khien on the settings' data.
func khien(t *testing.T, c *config.Config, args ...string) *child {
	t.Helper()
	k := &child{Cmd: exec.Command(os.Args[0], args...)}
	k.Env = []string{"BE_KHIEN=1", "PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "KHIEN_DATA=" + c.Data, "KHIEN_ADDR=127.0.0.1:0",
		"KHIEN_METRICS_ADDR=", "KHIEN_DB=" + c.DB, "KHIEN_KEY_FILE=" + c.KeyFile}
	k.Stdout = &k.out
	return k
}

// run runs a command to its end and returns what it printed and its status.
func run(t *testing.T, c *config.Config, args ...string) (string, int) {
	t.Helper()
	k := khien(t, c, args...)
	err := k.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return k.out.String(), k.ProcessState.ExitCode()
}

// serve starts a server, with flags, and returns its address.
func serve(t *testing.T, c *config.Config, flags ...string) (*child, string) {
	t.Helper()
	k := khien(t, c, append([]string{"serve"}, flags...)...)
	pipe, err := k.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = k.Process.Kill(); _ = k.Wait() })
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		if m := regexp.MustCompile(`http://(127\.0\.0\.1:\d+)/$`).FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, pipe) }()
			return k, "http://" + m[1]
		}
	}
	t.Fatal("the server did not start")
	return nil, ""
}

// open opens the data in this process, between two servers.
func open(t *testing.T, c *config.Config, use func(a *app.App)) {
	t.Helper()
	a, err := app.Open(t.Context(), c, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	use(a)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

func eachSettings(t *testing.T, test func(t *testing.T, c *config.Config)) {
	t.Run("sqlite", func(t *testing.T) { test(t, settings(t, "")) })
	t.Run("postgres", func(t *testing.T) { test(t, settings(t, postgres(t))) })
}

// The server is killed under 1,000 concurrent posts: what it acknowledged is
// there once, what was posted again after the restart is there once, and the
// audit chain holds.
func TestKillUnderPosts(t *testing.T) {
	eachSettings(t, func(t *testing.T, c *config.Config) {
		open(t, c, func(a *app.App) {
			(&node{App: a}).account(t, "huulung", auth.HealthOfficer, "2021/20/186")
		})
		k, addr := serve(t, c)
		b := (&node{url: addr}).signIn(t, "huulung")
		const posts = 1000
		ids := make([]id.ID, posts)
		acked := make([]bool, posts)
		var done sync.WaitGroup
		var killed sync.Once
		places := make(chan struct{}, 100)
		answers := make(chan struct{}, posts)
		for i := range posts {
			ids[i] = id.New()
			done.Go(func() {
				places <- struct{}{}
				defer func() { <-places }()
				acked[i] = post(b, ids[i], i) == http.StatusCreated
				answers <- struct{}{}
				if len(answers) == posts/3 {
					killed.Do(func() { _ = k.Process.Kill() })
				}
			})
		}
		done.Wait()
		_ = k.Wait()
		count := 0
		for _, ok := range acked {
			if ok {
				count++
			}
		}
		if count == 0 || count == posts {
			t.Fatalf("%d of %d acknowledged: the kill came too early or too late", count, posts)
		}
		_, b.base = serve(t, c)
		for i := range posts { // the phones try again, all of them
			if got := post(b, ids[i], i); got != http.StatusCreated {
				t.Errorf("post %d again: got %d", i, got)
			}
		}
		if got := countCases(t, b); got != posts {
			t.Errorf("got %d cases, want %d (%d were acknowledged before the kill)", got, posts, count)
		}
		if out, code := run(t, c, "audit", "verify", "--json"); code != 0 {
			t.Errorf("audit verify: %d %s", code, out)
		}
	})
}

func post(b *browser, i id.ID, n int) int {
	body, err := json.Marshal(caseOf(i, fmt.Sprintf("BN%d", n), minhHoa))
	if err != nil {
		return 0
	}
	r, err := b.Post(b.base+"/api/v1/cases", "application/json", strings.NewReader(string(body)))
	if err != nil {
		return 0
	}
	defer r.Body.Close()
	_, _ = io.Copy(io.Discard, r.Body)
	return r.StatusCode
}

func countCases(t *testing.T, b *browser) (n int) {
	t.Helper()
	seen := map[string]bool{}
	for after := ""; ; {
		var page struct {
			Cases []struct{ ID string }
			Next  string
		}
		a := b.get("/api/v1/cases" + after)
		if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.status != 200 {
			t.Fatalf("list: %d %s", a.status, a.body)
		}
		for _, c := range page.Cases {
			if seen[c.ID] {
				t.Errorf("case %s is listed twice", c.ID)
			}
			seen[c.ID] = true
		}
		if page.Next == "" {
			return len(seen)
		}
		after = "?after=" + page.Next
	}
}

// list is a list of counts that takes a while to import.
func list(t *testing.T, rows int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("ngày,tỉnh,huyện,xã,số ca\n")
	communes := []string{"Minh Hòa", "Hòa Thắng", "Hồ Sơn", "Vân Nham", "Yên Bình", "Thanh Sơn"}
	for i := range rows {
		fmt.Fprintf(&b, "%02d/%02d/%d,Lạng Sơn,Hữu Lũng,%s,%d\n", 1+i/len(communes)%28, 1+i/len(communes)/28%12, 1990+i/len(communes)/28/12, communes[i%len(communes)], 1+i%3)
	}
	path := filepath.Join(t.TempDir(), "counts.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// An import is killed at many moments: each time it is there whole or not at
// all, and the next run makes it whole.
func TestKillDuringImport(t *testing.T) {
	eachSettings(t, func(t *testing.T, c *config.Config) {
		const rows = 60_000
		path := list(t, rows)
		open(t, c, func(*app.App) {})
		killed := 0
		for try := range 6 {
			k := khien(t, c, "import", "cases-by-area", path, "--json")
			if err := k.Start(); err != nil {
				t.Fatal(err)
			}
			waitForWork(t, k, try)
			_ = k.Process.Kill()
			if k.Wait() != nil {
				killed++
			}
			if got := countsStored(t, c); got != 0 && got != rows {
				t.Fatalf("try %d left %d of %d rows", try, got, rows)
			}
		}
		if killed == 0 {
			t.Error("no import was killed in time")
		}
		out, code := run(t, c, "import", "cases-by-area", path, "--json")
		if got := countsStored(t, c); code != 0 || got != rows {
			t.Errorf("the whole import: %d, %d rows, want %d: %s", code, got, rows, out)
		}
		if out, code := run(t, c, "audit", "verify", "--json"); code != 0 {
			t.Errorf("audit verify: %d %s", code, out)
		}
	})
}

// waitForWork lets the process use some of the processor, more at each try, so
// that the kill finds it reading, matching and writing.
func waitForWork(t *testing.T, k *child, try int) {
	t.Helper()
	want := 10 + 12*try // hundredths of a second of processor time
	for {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", k.Process.Pid))
		if err != nil {
			return
		}
		_, after, _ := strings.Cut(string(b), ") ")
		f := strings.Fields(after)
		var user, system int
		if len(f) < 13 || f[0] == "Z" {
			return
		}
		_, _ = fmt.Sscan(f[11], &user)
		_, _ = fmt.Sscan(f[12], &system)
		if user+system >= want {
			return
		}
	}
}

func countsStored(t *testing.T, c *config.Config) (n int64) {
	t.Helper()
	open(t, c, func(a *app.App) {
		var err error
		n, err = store.One(context.Background(), a.DB, store.Int, "select count(*) from outbreak_count where province = 20")
		if err != nil {
			t.Fatal(err)
		}
	})
	return n
}

// One changed byte of the audit table is found.
func TestChangedAuditByteIsFound(t *testing.T) {
	eachSettings(t, func(t *testing.T, c *config.Config) {
		if out, code := run(t, c, "import", "cases-by-area", list(t, 60), "--json"); code != 0 {
			t.Fatalf("import: %d %s", code, out)
		}
		if out, code := run(t, c, "audit", "verify", "--json"); code != 0 {
			t.Fatalf("verify: %d %s", code, out)
		}
		open(t, c, func(a *app.App) {
			err := a.DB.Tx(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec("update audit_entry set detail = replace(detail, '60', '61') where province = 20 and act = 'counts.import'")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
		out, code := run(t, c, "audit", "verify", "--json")
		var v struct {
			OK     bool  `json:"ok"`
			BadSeq int64 `json:"bad_seq"`
		}
		if err := json.Unmarshal([]byte(out), &v); err != nil || code != 1 || v.OK || v.BadSeq == 0 {
			t.Errorf("got %d %s, want 1 and the bad row", code, out)
		}
	})
}

// A second server on the same folder is refused and says who holds it.
func TestSecondServe(t *testing.T) {
	c := settings(t, "")
	serve(t, c)
	k := khien(t, c, "serve")
	var errs strings.Builder
	k.Stderr = &errs
	err := k.Run()
	if k.ProcessState.ExitCode() != 1 || !strings.Contains(errs.String(), c.Data) {
		t.Errorf("got %v, %q; want status 1 and the folder's name", err, errs.String())
	}
}
