// Command build turns web/src and the npm packages pinned in web/package-lock.json into web/dist: bundles,
// styles and typeface under names that carry their content's hash, a gzip copy beside each, and manifest.json.
//
//	go run ./web/build          build (run `npm ci` in web/ once before)
//	go run ./web/build -sizes   build, then print what each file weighs gzipped
//
// The same input gives the same bytes. Without a build the pages still work, plainer (see package assets).
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// entries are the bundles. Each is known by the last part of its name: app.css, app.js, map.js, map.css.
var entries = []string{"build/app.css", "src/app.ts", "src/map.ts", "src/icon.svg",
	"src/checkin.css", "src/visit.ts", "src/keep.ts", "src/mycode.ts", "src/sw.ts", "src/decoder.ts", "src/decoder-plain.ts",
	"src/chains.css", "src/chains.ts", "src/followup.css"}

func main() {
	sizes := flag.Bool("sizes", false, "print the gzipped size of each file")
	dir := flag.String("web", "web", "the web folder")
	flag.Parse()

	if err := build(*dir, *sizes); err != nil {
		fmt.Fprintln(os.Stderr, "web/build:", err)
		os.Exit(1)
	}
}

func build(dir string, sizes bool) error {
	web, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(web, "node_modules")); err != nil {
		return errors.New("no web/node_modules: run `npm ci` in web/ first")
	}
	if err := cutFonts(web); err != nil {
		return err
	}

	result := api.Build(options(web))
	if len(result.Errors) > 0 {
		return fmt.Errorf("esbuild:\n%s", strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), ""))
	}
	if err := empty(filepath.Join(web, "dist")); err != nil {
		return err
	}
	if err := write(web, result); err != nil {
		return err
	}
	if sizes {
		return printSizes(os.Stdout, result)
	}
	return nil
}

// cutFonts runs build/fonts.mjs with Node, which npm has brought along.
func cutFonts(web string) error {
	cmd := exec.Command("node", "build/fonts.mjs")
	cmd.Dir = web
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("node build/fonts.mjs: %w\n%s", err, out)
	}
	return nil
}

// options asks for what a phone of 2017 understands: ES2017, Chrome 61, one classic script per bundle.
func options(web string) api.BuildOptions {
	var points []string
	for _, e := range entries {
		points = append(points, filepath.Join(web, e))
	}
	return api.BuildOptions{
		AbsWorkingDir:     web,
		EntryPoints:       points,
		Outdir:            filepath.Join(web, "dist"),
		EntryNames:        "[name]-[hash]",
		AssetNames:        "[name]-[hash]",
		Bundle:            true,
		Format:            api.FormatIIFE,
		Target:            api.ES2017,
		Engines:           []api.Engine{{Name: api.EngineChrome, Version: "61"}},
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone,
		Charset:           api.CharsetUTF8,
		Metafile:          true,
		Define:            map[string]string{"globalThis": "self"}, // which Chrome has since 71 only
		Loader:            map[string]api.Loader{".woff2": api.LoaderFile, ".svg": api.LoaderCopy, ".wasm": api.LoaderFile},
	}
}

// empty removes an earlier build and keeps .gitkeep.
func empty(dist string) error {
	files, err := os.ReadDir(dist)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, f := range files {
		if f.Name() == ".gitkeep" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dist, f.Name())); err != nil {
			return err
		}
	}
	return os.MkdirAll(dist, 0o755)
}

// write stores the bundles, a .gz of each that shrinks, and the manifest from plain to hashed names.
func write(web string, result api.BuildResult) error {
	manifest := map[string]string{}
	for _, f := range result.OutputFiles {
		name := filepath.Base(f.Path)
		manifest[plain(name)] = name
		if err := os.WriteFile(f.Path, f.Contents, 0o644); err != nil {
			return err
		}
		packed := squeeze(f.Contents)
		if len(packed) > len(f.Contents)*9/10 {
			continue
		}
		if err := os.WriteFile(f.Path+".gz", packed, 0o644); err != nil {
			return err
		}
	}

	body, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(web, "dist", "manifest.json"), append(body, '\n'), 0o644)
}

// plain gives app.css for app-6VK2XQ3L.css.
func plain(hashed string) string {
	ext := filepath.Ext(hashed)
	stem := strings.TrimSuffix(hashed, ext)
	return stem[:strings.LastIndexByte(stem, '-')] + ext
}

// squeeze is gzip -9 without a time stamp, so that the same input gives the same bytes.
func squeeze(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a constant in range
	w.Write(body)
	w.Close()
	return b.Bytes()
}

// printSizes lists the files, largest first, and for each script how many of its bytes are ours.
func printSizes(out *os.File, result api.BuildResult) error {
	var meta struct {
		Outputs map[string]struct {
			Inputs map[string]struct {
				BytesInOutput int `json:"bytesInOutput"`
			} `json:"inputs"`
		} `json:"outputs"`
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return err
	}

	slices.SortFunc(result.OutputFiles, func(a, b api.OutputFile) int { return len(b.Contents) - len(a.Contents) })
	total := 0
	for _, f := range result.OutputFiles {
		name, gz := filepath.Base(f.Path), min(len(squeeze(f.Contents)), len(f.Contents))
		total += gz
		ours, all := 0, 0
		for input, m := range meta.Outputs["dist/"+name].Inputs {
			all += m.BytesInOutput
			if !strings.HasPrefix(input, "node_modules/") {
				ours += m.BytesInOutput
			}
		}
		note := ""
		if strings.HasSuffix(name, ".js") && all > 0 {
			note = fmt.Sprintf("  (about %d ours)", gz*ours/all)
		}
		fmt.Fprintf(out, "%8d %8d gz  %s%s\n", len(f.Contents), gz, name, note)
	}
	fmt.Fprintf(out, "%17d gz  all\n", total)
	return nil
}
