package checkin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"sync"

	"khien/kernel/fault"
	"khien/kernel/web"
)

// What the pages need to open without a network, by plain name. The readers of
// codes are kept when they are first used: many browsers bring their own.
var (
	workerFiles = []string{"app.css", "checkin.css", "app.js", "visit.js", "keep.js", "mycode.js", "icon.svg", "icon-light.svg",
		"be-vietnam-pro-latin-400.woff2", "be-vietnam-pro-latin-700.woff2", "be-vietnam-pro-vietnamese-400.woff2", "be-vietnam-pro-vietnamese-700.woff2"}
	workerLater = []string{"decoder.js", "decoder-plain.js", "zxing_reader.wasm"}
)

// workerShell is what web/src/sw.ts is told of this build.
type workerShell struct {
	Version string   `json:"version"` // another build, another cache
	Files   []string `json:"files"`
	Later   []string `json:"later"`
}

// getWorker answers with the service worker; not found where the scripts were not built.
func (s *Service) getWorker() web.Handler {
	script := sync.OnceValues(s.workerScript)
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := script()
		if err != nil {
			return err
		}
		if body == nil {
			return fault.New(fault.NotFound, "web.page")
		}
		h := w.Header()
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		_, _ = w.Write(body) // a reader that has left is no news
		return nil
	}
}

func (s *Service) workerScript() ([]byte, error) {
	main := s.Views.Asset("sw.js")
	if main == "" {
		return nil, nil
	}
	sh := workerShell{Files: s.assetsOf(workerFiles), Later: s.assetsOf(workerLater)}
	sum, err := hashOf(pages, web.Texts)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(sh)
	if err != nil {
		return nil, err
	}
	all := sha256.Sum256(append(append(sum, b...), main...))
	sh.Version = hex.EncodeToString(all[:6])
	if b, err = json.Marshal(sh); err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "const shell = %s;\nimportScripts(%q);\n", b, main), nil
}

func (s *Service) assetsOf(names []string) []string {
	urls := []string{}
	for _, name := range names {
		if url := s.Views.Asset(name); url != "" {
			urls = append(urls, url)
		}
	}
	return urls
}

// hashOf is the hash of every file: of the templates and texts that make a page.
func hashOf(all ...fs.FS) ([]byte, error) {
	sum := sha256.New()
	for _, files := range all {
		err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := fs.ReadFile(files, path)
			sum.Write(b)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("checkin: pages: %w", err)
		}
	}
	return sum.Sum(nil), nil
}

type manifest struct {
	Name       string         `json:"name"`
	ShortName  string         `json:"short_name"`
	ID         string         `json:"id"`
	Start      string         `json:"start_url"`
	Scope      string         `json:"scope"`
	Display    string         `json:"display"`
	Lang       string         `json:"lang"`
	Theme      string         `json:"theme_color"`
	Background string         `json:"background_color"`
	Icons      []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Source  string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose"`
}

// getManifest lets the keeper's page be put on the home screen.
func (s *Service) getManifest(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b, err := json.Marshal(manifest{Name: web.T(ctx, "checkin.keep.app"), ShortName: web.T(ctx, "checkin.keep.app_short"), ID: "/keep", Start: "/keep",
		Scope: "/keep", Display: "standalone", Lang: string(web.Lang(ctx)), Theme: "#0b4a72", Background: "#f4f7f9",
		Icons: []manifestIcon{{s.Views.Asset("icon.svg"), "any", "image/svg+xml", "any"}}})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/manifest+json")
	_, _ = w.Write(b) // a reader that has left is no news
	return nil
}
