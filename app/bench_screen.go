package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// change is a row of the map's table that a browser has painted anew.
type change struct {
	Code string `json:"code"`
	AtMs int64  `json:"at_ms"`
}

// screen is a browser that watches the map.
type screen struct {
	cmd *exec.Cmd
	in  io.Closer // its end tells the browser to close
	end sync.WaitGroup

	mu      sync.Mutex
	changes []change
}

// openScreen opens the map in Chromium and returns when the page is live.
func openScreen(ctx context.Context, url string) (*screen, error) {
	script, err := browserScript(screenScript)
	if err != nil {
		return nil, err
	}
	s := &screen{cmd: exec.CommandContext(ctx, "node", script, url)}
	s.cmd.Stderr = os.Stderr
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || line != "watching\n" {
		_ = s.in.Close()
		return nil, fmt.Errorf("bench: the browser said %q: %w", line, s.cmd.Wait())
	}
	s.end.Go(func() { s.read(lines) })
	return s, nil
}

func (s *screen) read(lines io.Reader) {
	for d := json.NewDecoder(lines); ; {
		var c change
		if d.Decode(&c) != nil {
			return
		}
		s.mu.Lock()
		s.changes = append(s.changes, c)
		s.mu.Unlock()
	}
}

// close closes the browser.
func (s *screen) close() {
	_ = s.in.Close()
	s.end.Wait()
	_ = s.cmd.Wait() // nothing more is asked of it
}

// paintedAt returns when the act was painted. A row may change for one act only
// between its commit and the next act there.
func (s *screen) paintedAt(a act) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.changes {
		if at := time.UnixMilli(c.AtMs); c.Code == a.area.String() && !at.Before(a.committed.Truncate(time.Millisecond)) {
			return at, true
		}
	}
	return time.Time{}, false
}

// figures adds from commit to screen, over all acts; one that was not painted
// counts as latest.
func (s *screen) figures(f *figures, acts []act) {
	var late []float64
	slowest := 0.0
	for _, a := range acts {
		if at, ok := s.paintedAt(a); ok {
			late = append(late, ms(at.Sub(a.committed)))
			slowest = max(slowest, late[len(late)-1])
		}
	}
	if len(late) < len(acts) {
		slowest = ms(time.Minute)
	}
	f.values["screens"], f.values["screen_ms"], f.values["screen_max_ms"] = len(late), middleOf(late), slowest
	f.atMost(streamMs, promise{What: "live map: from commit to a browser's screen, slowest act", Unit: "ms", Measured: slowest,
		Peer: "the middle act", PeerIs: middleOf(late)})
}
