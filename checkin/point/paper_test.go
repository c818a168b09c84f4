package point_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"khien/kernel/id"
	"khien/kernel/place"
)

// long is a name that fills its field.
var long = strings.TrimSpace(strings.Repeat("Trường Phổ thông Dân tộc Nội trú Trung học cơ sở và Trung học phổ thông huyện Tràng Định ", 3))[:230]

// A poster is read back by a decoder that is none of ours, from the paper as it is printed.
func TestPostersAreReadBack(t *testing.T) {
	needs(t, "pdftoppm", "poppler-utils")
	needs(t, "zbarimg", "zbar-tools")
	w := open(t)
	names := []string{"Chợ Đồng Đăng", long, "=cmd|'/c calc'!A0 😀 ก" + "\u202e" + strings.Repeat("W", 170)}
	for i, name := range names {
		p := place.Place{ID: id.New(), Number: 12345674, Name: name, Kind: place.Market, Area: must(t, "2021/20/178/05977"), PosterIssued: 46348}
		if i > 0 {
			p.Address = strings.Repeat("Số 1 đường Trần Đăng Ninh, ", 11)
		}
		var pdf bytes.Buffer
		if err := w.Poster(&pdf, p); err != nil {
			t.Fatal(err)
		}
		link, err := w.Codes().PlaceLink(p)
		if err != nil {
			t.Fatal(err)
		}
		if got := decoded(t, pdf.Bytes(), "poster"); len(got) != 1 || got[0] != link {
			t.Errorf("%.20s: read back %q, want %q", name, got, link)
		}
	}
}

// decoded turns a PDF into pictures and returns what zbar reads on them.
func decoded(t *testing.T, pdf []byte, name string) []string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, name+".pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "pdftoppm", "-r", "110", "-gray", file, filepath.Join(dir, name))
	pages, err := filepath.Glob(filepath.Join(dir, "*.pgm"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no page: %v", err)
	}
	if out := os.Getenv("KHIEN_TEST_OUT"); out != "" { // to be looked at
		run(t, "pdftoppm", "-r", "150", "-png", file, filepath.Join(out, name+filepath.Base(dir)))
	}
	out := run(t, "zbarimg", append([]string{"--quiet", "--raw"}, pages...)...)
	return strings.Fields(out)
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

// needs skips where a tool of Debian's is missing; `make test` installs it when
// it may, and KHIEN_TEST_TOOLS=1 makes a missing one fail.
func needs(t *testing.T, tool, pkg string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err == nil {
		return
	}
	if os.Getenv("KHIEN_TEST_TOOLS") != "" {
		t.Fatalf("%s is missing: apt-get install %s", tool, pkg)
	}
	t.Skipf("%s is missing: as root, apt-get install %s", tool, pkg)
}
