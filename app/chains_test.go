package app_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// chainsJSON is what khien chains --json prints.
type chainsJSON struct {
	Cases          int   `json:"cases"`
	Edges          int   `json:"edges"`
	Generations    []int `json:"generations"`
	Clusters       *int  `json:"clusters"`
	LargestCluster *int  `json:"largest_cluster"`
	Top            []struct {
		ID  string `json:"id"`
		Out int    `json:"out"`
	} `json:"top"`
	SelfLoops      []string   `json:"self_loops"`
	Cycles         [][]string `json:"cycles"`
	Dangling       []string   `json:"dangling"`
	R              *float64   `json:"R"`
	K              *float64   `json:"k"`
	SerialInterval *struct {
		N      int     `json:"n"`
		Mean   float64 `json:"mean"`
		SD     float64 `json:"sd"`
		Median float64 `json:"median"`
	} `json:"serial_interval"`
}

// The first 288 cases of Vietnam and their 85 sources, entered by two lists.
func TestChainsOfVietnam2020(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "data", "epi", "linelist-vietnam-2020.json"))
	if err != nil {
		t.Skipf("no shared data here: %v", err)
	}
	var list struct {
		Data []struct {
			ID     string   `json:"id"`
			Day    string   `json:"positiveDate"`
			Source []string `json:"source"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	cases, edges := "Mã bệnh nhân,Huyện,Xã,Ngày báo cáo\n", "from,to\n"
	known := map[string]bool{}
	for _, c := range list.Data {
		cases += fmt.Sprintf("BN%s,Hữu Lũng,Minh Hòa,%s\n", c.ID, c.Day)
		known[c.ID] = true
	}
	for _, c := range list.Data {
		for _, s := range c.Source {
			if known[s] {
				edges += "BN" + s + ",BN" + c.ID + "\n"
			}
		}
	}
	f := chainsOf(t, cases, edges)
	if d := cmp.Diff([]int{214, 56, 16, 1, 1}, f.Generations); d != "" || f.Cases != 288 || f.Edges != 85 {
		t.Errorf("%d cases, %d edges, generations -want +got\n%s", f.Cases, f.Edges, d)
	}
	var top []string
	for _, s := range f.Top[:3] {
		top = append(top, fmt.Sprint(s.ID, " ", s.Out))
	}
	if d := cmp.Diff([]string{"BN243 10", "BN91 9", "BN34 8"}, top); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// A list with whatever can be odd is summed up and says what is odd.
func TestChainsContract(t *testing.T) {
	f := chainsOf(t, "Mã bệnh nhân,Huyện,Xã,Ngày khởi phát,Ngày báo cáo\nA,Hữu Lũng,Minh Hòa,2021-05-01,2021-05-02\nB,Hữu Lũng,Minh Hòa,2021-05-04,2021-05-05\nC,Hữu Lũng,Minh Hòa,,2021-05-06\n",
		"from,to,date\nA,B,2021-05-02\nB,C,\nC,B,\nA,A,\nX,C,\n")
	if f.Cases != 3 || f.Edges != 4 || !cmp.Equal(f.SelfLoops, []string{"A"}) || !cmp.Equal(f.Cycles, [][]string{{"B", "C"}}) || !cmp.Equal(f.Dangling, []string{"X"}) {
		t.Errorf("got %+v", f)
	}
	if f.Clusters == nil || f.LargestCluster == nil || f.R == nil || f.SerialInterval == nil || f.SerialInterval.N != 1 || f.SerialInterval.Mean != 3 {
		t.Errorf("got %+v", f)
	}
	none := chainsOf(t, "", "")
	if none.Generations == nil || none.Top == nil || none.SelfLoops == nil || none.Cycles == nil || none.Dangling == nil {
		t.Errorf("without a case a list is none: %+v", none)
	}
}

// chainsOf imports two lists and sums up what came of them.
func chainsOf(t *testing.T, cases, edges string) (f chainsJSON) {
	t.Helper()
	c := settings(t, "")
	for kind, text := range map[string]string{"cases": cases, "edges": edges} { // in either order
		path := filepath.Join(t.TempDir(), kind+".csv")
		if text == "" {
			continue
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, code := run(t, c, "import", kind, path, "--json")
		if code != 0 || strings.Contains(out, `"rejected": 1`) {
			t.Fatalf("import %s: %d %s", kind, code, out)
		}
	}
	out, code := run(t, c, "chains", "--json")
	if err := json.Unmarshal([]byte(out), &f); err != nil || code != 0 {
		t.Fatalf("got %d %s", code, out)
	}
	return f
}
