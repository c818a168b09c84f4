package epimap_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

// outbreak gives a node some of everything.
func outbreak(t testing.TB, n *node) {
	n.tell(t, announced(langSon, may1,
		event.AreaCount{Area: yenVuong, Day: may1, Cases: 12},
		event.AreaCount{Area: communeC, Day: may1, Cases: 3}))
	n.tell(t, cases(7, yenVuong, may1+2)...)
	n.tell(t, cases(2, communeB, may1+3)...)
}

func TestPages(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	empty := n.get(t, "/")
	wantHas(t, "empty", empty, "Chưa có số liệu", "Bản đồ ca mắc – Tỉnh Lạng Sơn", `<option value="2021" selected>`)
	keep(t, "empty.html", empty)
	outbreak(t, n)
	for _, tt := range []struct {
		path string
		want []string
	}{
		{"/", []string{`data-series="/api/v1/map/series?edition=2021&amp;level=commune"`, `data-stream="/api/v1/map/stream?edition=2021&amp;level=commune"`,
			`<path class="area-shape l3" data-code="2021/20/186/06412"`, "Xã Yên Vượng: 17+", `data-bounds="106.`, "Ranh giới gần đúng", "Hoàng Sa", "Trường Sa",
			`<td class="num is-window" data-col="new_7">17+</td>`, "Nguồn: Sở Y tế tỉnh Lạng Sơn.", "lượt xem", `max="3" value="3"`, "&lt;5, chưa công bố", "Huyện Hữu Lũng"}},
		{"/?edition=2025", []string{`data-code="2025/20/-/`, `<option value="2025" selected>`}},
		{"/?edition=2025&level=district", []string{`<option value="commune" selected>`}},
		{"/?level=district&window=total", []string{`data-code="2021/20/186"`, "≥1, chưa công bố", `<td class="num is-window" data-col="total">17+</td>`}},
		{"/?level=province", []string{"Bản đồ ca mắc – Việt Nam", `data-code="2021/01"`, ">Quần đảo Hoàng Sa</text>", ">Quần đảo Trường Sa</text>"}},
		{"/?day_offset=0", []string{`data-day="2021-05-01"`, "01/05/2021"}},
		{"/?parent=2021/20/186", []string{`name="parent" value="2021/20/186"`, "Huyện Hữu Lũng"}},
		{"/?lang=en", []string{"Map of cases", "Communes", "visits"}},
		{"/area/2021/20/186/06412", []string{"<h1>Xã Yên Vượng</h1>", "Huyện Hữu Lũng", "area-selected", "Cộng dồn", `<dd class="figure">17`, "Đơn vị kế thừa", "/area/2025/20/-/", "Biểu đồ ca mắc mới theo ngày, từ 01/05/2021 đến 04/05/2021"}},
		{"/area/2021/20/186", []string{"<h1>Huyện Hữu Lũng</h1>", "Xã, phường, thị trấn", "/map.csv?parent="}},
		{"/area/2021/20", []string{"<h1>Tỉnh Lạng Sơn</h1>", "Huyện, thành phố"}},
		{"/area/2025/20/-/05977?day=2021-05-02", []string{"Hình thành từ các đơn vị", "Đến ngày 02/05/2021"}},
	} {
		body := n.get(t, tt.path)
		wantHas(t, tt.path, strings.ReplaceAll(body, "&#43;", "+"), tt.want...)
		keep(t, strings.NewReplacer("/", "_", "?", "_", "&", "_").Replace(tt.path)+".html", body)
		if strings.Contains(body, "ZgotmplZ") || strings.Contains(body, "style=") {
			t.Errorf("%s: something inline, or refused by the template", tt.path)
		}
	}
}

func TestRefusals(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	outbreak(t, n)
	for _, tt := range []struct {
		path   string
		status int
		says   string
	}{
		{"/area/2021/20/186/99999", 404, "Danh mục hành chính không có"},
		{"/area/", 404, "Danh mục hành chính không có"},
		{"/area/2021/20/186/06412/", 404, ""},
		{"/area/%2e%2e/2021", 404, ""},
		{"/area/2025/20/05977", 404, ""},
		{"/area/2021/20/186/06412?day=31/02/2021", 422, ""},
		{"/?window=3", 422, "Khoảng “3” không có"},
		{"/?day=2021-06-02", 422, "đến ngày 01/06/2021"},
		{"/api/v1/map/areas?day=2021-06-02", 422, "đến ngày 01/06/2021"},
		{"/api/v1/map/areas?day=2020-01-01", 422, "từ ngày 01/05/2021"},
		{"/api/v1/map/areas?day=yesterday", 422, ""},
		{"/api/v1/map/areas?edition=2025&level=district", 422, "không còn cấp huyện"},
		{"/api/v1/map/areas?edition=2023", 422, "2021 hoặc 2025"},
		{"/api/v1/map/areas?level=hamlet", 422, ""},
		{"/api/v1/map/areas?level=country", 422, ""},
		{"/api/v1/map/areas?parent=2021/20/186/06412", 422, ""},
		{"/api/v1/map/areas?parent=2021/03", 422, ""},
		{"/api/v1/map/areas?parent=2025/20&edition=2021", 422, ""},
		{"/api/v1/map/areas?parent=2021&level=commune", 422, ""},
		{"/api/v1/map/areas?levle=commune", 422, "Không có tham số “levle”"},
		{"/api/v1/map/areas?level=commune&level=district", 422, "chỉ được ghi một lần"},
		{"/api/v1/map/series?day=2021-05-01", 422, ""},
		{"/map/shapes/2021/commune.txt", 404, ""},
		{"/map/shapes/2025/district.json", 422, ""},
		{"/map/shapes/1999/country.json", 422, ""},
		{"/api/v1/map/stream?level=x", 422, ""},
	} {
		res, body := n.ask(t, tt.path)
		if res.StatusCode != tt.status {
			t.Errorf("%s: got %d, want %d", tt.path, res.StatusCode, tt.status)
		}
		wantHas(t, tt.path, body, tt.says)
	}
}

func TestFiles(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	n.tell(t, event.CountsAnnounced{Source: `=HYPERLINK("http://x","y")`, Counts: []event.AreaCount{{Area: yenVuong, Day: may1, Cases: 1234}}})
	outbreak(t, n)
	body := n.get(t, "/map.csv")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	if err != nil || !strings.HasPrefix(body, "\ufeff") {
		t.Fatal(err, body[:20])
	}
	if len(rows) != 201 {
		t.Errorf("got %d rows, want the head and 200 communes", len(rows))
	}
	for _, row := range rows {
		for _, f := range row {
			if f != "" && strings.ContainsAny(f[:1], "=+-@") {
				t.Errorf("a spreadsheet takes %q for a formula", f)
			}
		}
		if row[3] == communeB.String() && strings.Join(row[7:11], " ") != "<5 <5 <5 <5" {
			t.Errorf("got %v, want the hidden commune as <5", row)
		}
	}
	var geo struct {
		Features []struct {
			Properties map[string]any
			Geometry   struct{ Type string }
		}
	}
	if err := json.Unmarshal([]byte(n.get(t, "/map.geojson?level=district")), &geo); err != nil {
		t.Fatal(err)
	}
	if len(geo.Features) != 11 || geo.Features[0].Geometry.Type != "MultiPolygon" {
		t.Errorf("got %d features, the first %v", len(geo.Features), geo.Features[0])
	}
	for _, path := range []string{"/map/shapes/2021/commune.json", "/map/shapes/2025/country.json", "/map/shapes/2021/commune.json?parent=2021/20/186"} {
		if err := json.Unmarshal([]byte(n.get(t, path)), &geo); err != nil || len(geo.Features) == 0 {
			t.Errorf("%s: %v, %d features", path, err, len(geo.Features))
		}
	}
	res, _ := n.ask(t, "/map/shapes/2021/commune.json?v=approximate")
	if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("got Cache-Control %q", got)
	}
}

func TestCaching(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	outbreak(t, n)
	const path = "/api/v1/map/areas?edition=2021&level=commune"
	res, _ := n.ask(t, path, "Accept-Encoding", "gzip")
	tag := res.Header.Get("ETag")
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Cache-Control") != "public, max-age=5" || tag == "" {
		t.Errorf("got headers %v", res.Header)
	}
	if res, _ := n.ask(t, path, "If-None-Match", tag); res.StatusCode != http.StatusNotModified {
		t.Errorf("got %d, want 304", res.StatusCode)
	}
	n.tell(t, cases(5, communeC, may1+4)...)
	if res, _ := n.ask(t, path, "If-None-Match", tag); res.StatusCode != http.StatusOK {
		t.Errorf("after a change: got %d, want 200", res.StatusCode)
	}
}

// A case that is confirmed changes the stream, and the cells are those of the series.
func TestStream(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	outbreak(t, n)
	version := n.numbers(t, "").Version
	res, err := http.Get(n.URL + "/api/v1/map/stream?edition=2021&level=commune&since=" + itoa(version))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	events := bufio.NewReader(res.Body)
	n.tell(t, cases(1, communeC, may1+3)...)
	wantEvent(t, events, "delta", `"v":`+itoa(version+1), `"from":`+itoa(version), `"hidden":[["`+communeC.String()+`",["2021-05-04"`)
	n.tell(t, cases(4, communeC, may1+3)...)
	wantEvent(t, events, "delta", `"cells":[["2021/20","2021-05-04",5],["`+communeC.String()+`","2021-05-04",5]]`, `"hidden":[["`+communeC.String()+`",[],"\u003c5"]]`)
	n.tell(t, announced(0, 0, event.AreaCount{Area: communeC, Day: may1 - 5, Cases: 1}))
	wantEvent(t, events, "reset", `"version":`+itoa(version+3))

	res, err = http.Get(n.URL + "/api/v1/map/stream?since=1")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	wantEvent(t, bufio.NewReader(res.Body), "delta") // the ring still has it
	other := newNode(t, n.db, newClock())
	res, err = http.Get(other.URL + "/api/v1/map/stream?since=1")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	wantEvent(t, bufio.NewReader(res.Body), "reset")
}

// A running node shows and streams by itself what another one heard, and writes
// its visits when it stops.
func TestRun(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		n := newNode(t, db, newClock())
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			if err := n.s.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		defer running.Wait()
		defer stop()
		n.get(t, "/")
		res, err := http.Get(n.URL + "/api/v1/map/stream?edition=2021&level=district")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		events := bufio.NewReader(res.Body)
		for range 3 {
			err := db.Tx(t.Context(), func(tx *store.Tx) error { return event.Tell(tx, 20, cases(1, yenVuong, may1)[0]) })
			if err == nil {
				err = n.bus.Drain(t.Context(), n.s.Listeners()[0])
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		wantEvent(t, events, "reset", `"version":1`) // the first day has moved from today
		stop()
		running.Wait()
		again := newNode(t, db, newClock())
		if err := again.s.FlushVisits(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantHas(t, "visits", again.get(t, "/"), "2 lượt xem")
	})
}

func itoa(n int64) string {
	b, _ := json.Marshal(n) // a number
	return string(b)
}

func wantEvent(t *testing.T, r *bufio.Reader, name string, wants ...string) {
	t.Helper()
	var lines []string
	for {
		line, err := r.ReadString('\n')
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if line = strings.TrimSpace(line); line == "" && len(lines) > 0 && strings.Contains(strings.Join(lines, " "), "data: ") {
			break
		}
		lines = append(lines, line)
		if err == io.EOF {
			t.Fatalf("the stream ended after %q", lines)
		}
	}
	wantHas(t, "event", strings.Join(lines, "\n"), append(wants, "event: "+name)...)
}

func TestVisits(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	for range 3 {
		n.get(t, "/")
	}
	n.get(t, "/area/2021/20")
	n.get(t, "/", "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1)")
	n.get(t, "/", "Sec-Purpose", "prefetch;prerender")
	n.get(t, "/api/v1/map/areas")
	for range 2 {
		if err := n.s.FlushVisits(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	again := newNode(t, n.db, newClock())
	if err := again.s.FlushVisits(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantHas(t, "visits", again.get(t, "/"), "5 lượt xem")
}

func TestOpenAPI(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	wantHas(t, "openapi", n.get(t, "/api/v1/openapi.json"), `"/map/areas"`, `"/map/series"`, `"/map/stream"`, `"first_day"`, `"AreasWire"`)
	wantHas(t, "docs", n.get(t, "/api/v1/docs"), "/api/v1/map/areas")
}

// The page stays small: the whole of it, and the drawing in it.
func TestSizes(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	outbreak(t, n)
	for _, path := range []string{"/", "/?edition=2025", "/?level=province", "/area/2021/20", "/api/v1/map/series", "/api/v1/map/areas", "/map/shapes/2021/commune.json", "/map/shapes/2021/country.json"} {
		_, body := n.ask(t, path, "Accept-Encoding", "gzip")
		t.Logf("%-40s %6d bytes packed", path, len(body))
		if strings.HasPrefix(path, "/?") || path == "/" {
			if len(body) > 30<<10 {
				t.Errorf("%s: %d bytes packed, want at most 30 KB", path, len(body))
			}
		}
	}
}

func FuzzQuery(f *testing.F) {
	n := newNode(f, openLite(f), newClock())
	for _, seed := range []string{"", "edition=2025&level=commune&day=2021-05-01", "parent=2021/20/186", "level=%00&day_offset=9", "parent=2025/20/-/05977&edition=2021", "day=1/1/1970&window=14"} {
		f.Add(seed)
	}
	handler := n.Config.Handler
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/", "/api/v1/map/areas", "/api/v1/map/series", "/map.csv"} {
			r, err := http.NewRequest(http.MethodGet, path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.URL.RawQuery = query
			w := &discard{header: http.Header{}}
			handler.ServeHTTP(w, r)
			if w.status != 200 && w.status != 422 && w.status != 404 {
				t.Errorf("%s?%s: got %d", path, query, w.status)
			}
		}
	})
}

type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

func BenchmarkAreas(b *testing.B) {
	n := newNode(b, openLite(b), newClock())
	outbreak(b, n)
	for _, bm := range []struct{ name, tag string }{{"whole", ""}, {"unchanged", "ask"}} {
		b.Run(bm.name, func(b *testing.B) {
			r, err := http.NewRequest(http.MethodGet, "/api/v1/map/areas?edition=2021&level=commune", nil)
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", "gzip")
			w := &discard{header: http.Header{}}
			n.Config.Handler.ServeHTTP(w, r)
			if bm.tag != "" {
				r.Header.Set("If-None-Match", w.header.Get("ETag"))
			}
			b.ReportAllocs()
			for b.Loop() {
				n.Config.Handler.ServeHTTP(&discard{header: http.Header{}}, r)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
		})
	}
}

func BenchmarkPage(b *testing.B) {
	n := newNode(b, openLite(b), newClock())
	outbreak(b, n)
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	for b.Loop() {
		n.Config.Handler.ServeHTTP(&discard{header: http.Header{}}, r)
	}
}

// BenchmarkRefresh brings a node forward by one announcement, with a year of numbers for 200 communes.
func BenchmarkRefresh(b *testing.B) {
	n := newNode(b, openLite(b), newClock())
	for _, u := range area.Load().Communes(langSon) {
		a := announced(0, 0)
		for d := range 365 {
			a.Counts = append(a.Counts, event.AreaCount{Area: u.Code, Day: may1 - 364 + day.Day(d), Cases: 1 + d%7})
		}
		n.tell(b, a)
	}
	i := 0
	for b.Loop() {
		i++
		n.tell(b, announced(0, 0, event.AreaCount{Area: yenVuong, Day: may1, Cases: i}))
	}
}
