package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/config"
	"khien/kernel/store"
)

// Promises of the public map's first load, on a line of 1.6 Mbit/s with 150 ms
// there and back and a processor four times slower (test/browser/budget.mjs).
const (
	pageBytes = 150_000
	paintMs   = 2000
)

// Scripts of the checkout that a browser is led by.
const (
	budgetScript = "test/browser/budget.mjs"
	screenScript = "bench/screen.mjs"
)

// firstLoad is what the browser's script says of a page.
type firstLoad struct {
	Bytes   float64  `json:"gz_bytes"`
	PaintMs *float64 `json:"first_paint_ms"`
	Files   []struct {
		URL   string  `json:"url"`
		Bytes float64 `json:"bytes"`
	} `json:"files"`
}

// benchPage loads the public map of a filled node for the first time, in
// Chromium. Its peer is a page of three bytes from the same node.
//
//	gz_bytes          everything that came, as it came over the line, heads included
//	first_paint_ms    middle of three loads
//	floor_paint_ms    the same of the peer
//	files             what came, the largest first
func benchPage(ctx context.Context, c *config.Config, o benchOptions) (f *figures, err error) {
	script, err := browserScript(budgetScript)
	if err != nil {
		return nil, err
	}
	n, err := openFilled(ctx, c, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if err := n.importOutlines(ctx, o.boundaries); err != nil {
		return nil, err
	}
	if err := n.serve(ctx); err != nil {
		return nil, err
	}
	at := "http://" + n.addr + "/"
	if o.boundaries != "" {
		at += "?edition=2025"
	}
	page, err := loadIn(ctx, script, at)
	if err != nil {
		return nil, err
	}
	floor, err := loadIn(ctx, script, "http://"+n.addr+"/livez")
	if err != nil {
		return nil, err
	}
	f = &figures{values: map[string]any{"gz_bytes": page.Bytes, "first_paint_ms": *page.PaintMs,
		"floor_bytes": floor.Bytes, "floor_paint_ms": *floor.PaintMs, "files": page.Files}}
	f.atMost(pageBytes, promise{What: "public map, first load", Unit: "bytes", Measured: page.Bytes, Peer: "a page of three bytes", PeerIs: floor.Bytes})
	f.atMost(paintMs, promise{What: "public map, first paint", Unit: "ms", Measured: *page.PaintMs, Peer: "a page of three bytes", PeerIs: *floor.PaintMs})
	return f, nil
}

// importOutlines imports boundaries of 2025, which the map then shows instead of sketches.
func (n *benchNode) importOutlines(ctx context.Context, path string) error {
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	bs, _, err := n.readBoundaries(file, area.Edition2025)
	if err != nil {
		return err
	}
	return n.boundaries.Replace(ctx, bs, n.Now(), func(*store.Tx) error { return nil })
}

// browserScript finds a script of the checkout, from the working folder or from
// bin/khien's, and the program that runs it.
func browserScript(name string) (path string, err error) {
	if _, err := exec.LookPath("node"); err != nil {
		return "", errors.New("bench: Node.js leads the browser, and there is no node here (as root: apt-get install nodejs)")
	}
	folders := []string{"."}
	if exe, err := os.Executable(); err == nil {
		folders = append(folders, filepath.Dir(filepath.Dir(exe)))
	}
	for _, dir := range folders {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("bench: %s is not here: run this in a checkout of Khiên", name)
}

// loadIn has the browser load a page, and says what it says.
func loadIn(ctx context.Context, script, url string) (l firstLoad, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", script, url)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return l, fmt.Errorf("bench: the browser cannot be used: %w: %s", err, strings.TrimSpace(said.String()))
	}
	if err := json.Unmarshal(out, &l); err != nil {
		return l, fmt.Errorf("bench: %s said %.200q: %w", script, out, err)
	}
	if l.PaintMs == nil {
		return l, fmt.Errorf("bench: the browser has painted nothing of %s", url)
	}
	return l, nil
}
