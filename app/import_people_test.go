package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A list with a twin, a contradiction, a place that is none, a formula for a name
// and a row that cannot be; sent twice, it changes nothing more.
func TestImportPeople(t *testing.T) {
	c := settings(t, "")
	path := filepath.Join(t.TempDir(), "people.csv")
	text := "Họ và tên,Ngày sinh,Giới tính,Số CCCD,Điện thoại,Xã,Huyện,Số hộ\n" +
		"Nguyễn Thị Hương,14/05/1988,Nữ,020188001234,0912345678,Minh Hòa,Hữu Lũng,HK1\n" +
		"NGUYEN THI HUONG,1988,Nữ,020188001234,,Minh Hòa,Hữu Lũng,\n" +
		"Hoàng Văn Nam,02/01/1970,Nam,020188009999,0987654321,Xã Lạ,Hữu Lũng,\n" +
		"=cmd|'/c calc'!A0,1990,Nam,,,Minh Hòa,Hữu Lũng,\n" +
		"Vi Thị Sai,31/02/1990,Nữ,,,Minh Hòa,Hữu Lũng,\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	type report struct {
		Rows, New, Merged, Reviews, Rejected int
		Problems                             []struct {
			Row               int
			Field, Value, Why string
		}
	}
	for n, want := range []report{{Rows: 5, New: 3, Merged: 1, Rejected: 1}, {Rows: 5, New: 3, Merged: 1, Rejected: 1}} {
		out, code := run(t, c, "import", "people", path, "--json")
		var got report
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
			t.Fatalf("got %d %s", code, out)
		}
		if len(got.Problems) != 2 || got.Problems[0].Row != 4 || got.Problems[0].Field != "commune" || got.Problems[1].Row != 6 || got.Problems[1].Field != "birth" || got.Problems[1].Why == "" {
			t.Errorf("problems: %+v", got.Problems)
		}
		got.Problems = nil
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("run %d: %s", n+1, d)
		}
	}
	if out, code := run(t, c, "import", "people", path+".none"); code != 1 {
		t.Errorf("no file: got %d %s", code, out)
	}
}
