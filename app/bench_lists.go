package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pquerna/otp/totp"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/config"
	"khien/kernel/garbage"
	"khien/kernel/i18n"
	"khien/outbreak"
	"khien/sim"
	"khien/wire/sheet"
)

// The promises of lists, at 100,000 cases.
const (
	listCases       = 100_000
	listPageLimit   = 50 * time.Millisecond
	listImportRows  = 2_000
	listExportRows  = 2_000
	listAsked       = 100 // times each page
	listAskedFew    = 2   // of fewer than listFew cases, which nobody promises anything of
	listFew         = 2_000
	listMore        = 500 // rows of a list that arrives when all stand
	listMoreTimes   = 5   // such lists, of which the middle one counts
	listExportMB    = 64  // by which an export may swell the process
	listParts       = 4   // one case in so many has a test
	listDays        = 180
	listImportsMost = 100_000 // rows of one list
)

// benchLists fills a node with cases by importing a list, asks its pages as
// officers of the province, of a district and of a commune do, and exports.
//
//	import_rows_per_s   the first list, people matched, durable, into an empty node
//	more_rows_per_s     500 further rows when all stand, a tenth of them there already; the middle of five lists
//	pages               of every page the middle, the 99th hundredth, the longest and what it weighs
//	export_*_per_s      cases a second, in each format
//	export_mb           by which the process grew while it exported XLSX
//	again_added         rows that the CSV, imported onto itself, added or changed: none
//	identity            that the CSV, imported into an empty node, comes out of it byte for byte
//	identity_rows       how many rows that one took
func benchLists(ctx context.Context, c *config.Config, o benchOptions) (f *figures, err error) {
	n, err := openForBench(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	b := &listBench{n: n, config: c, f: &figures{values: map[string]any{"cases": o.cases}}, cases: o.cases}
	for _, step := range []func(context.Context) error{b.fill, b.pages, b.export} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return b.f, nil
}

type listBench struct {
	n      *benchNode
	config *config.Config
	f      *figures
	cases  int
	humans []sim.Human
	commit float64 // ms of one durable act, the floor of every audited page
}

func (b *listBench) fill(ctx context.Context) (err error) {
	if b.humans, err = sim.People(b.n.Gazetteer, 7, b.cases+listMoreTimes*listMore); err != nil {
		return err
	}
	began := time.Now()
	for first := 0; first < b.cases; first += listImportsMost {
		report, err := b.importRows(ctx, first, min(first+listImportsMost, b.cases))
		if err != nil {
			return err
		}
		if report.Rejected > 0 || report.Ambiguous > 0 {
			return fmt.Errorf("bench: of %d rows %d are refused and %d uncertain", report.Rows, report.Rejected, report.Ambiguous)
		}
	}
	took := time.Since(began)
	rows := int(float64(b.cases) / took.Seconds())
	b.f.values["import_rows_per_s"], b.f.values["import_s"] = rows, round(took.Seconds())
	b.f.atLeast(listImportRows, promise{What: fmt.Sprintf("import of a list of %d cases with their people", b.cases), Unit: "rows/s", Measured: float64(rows)})
	took, err = b.moreLists(func(from, to int) error {
		_, err := b.importRows(ctx, from, to)
		return err
	}, b.cases)
	if err != nil {
		return err
	}
	more := int(listMore / took.Seconds())
	b.f.values["more_rows_per_s"] = more
	b.f.atLeast(listImportRows, promise{What: fmt.Sprintf("import of %d cases into %d with duplicate check", listMore, b.cases), Unit: "rows/s", Measured: float64(more),
		Peer: "the whole list, rows/s", PeerIs: float64(rows)})
	return nil
}

// moreLists imports lists of listMore rows when so many stand, of each a tenth
// already, and returns how long the middle one took: a collection of garbage or a
// folding of the log is as long as one of them.
func (b *listBench) moreLists(list func(from, to int) error, stand int) (time.Duration, error) {
	var all []time.Duration
	for i := range listMoreTimes {
		first, began := stand+i*listMore-(i+1)*listMore/10, time.Now()
		if err := list(first, first+listMore); err != nil {
			return 0, err
		}
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}

func (b *listBench) importRows(ctx context.Context, from, to int) (outbreak.Report, error) {
	return b.n.Outbreak.ImportCases(ctx, auth.Console(b.n.Province, "bench", "bench"), bytes.NewReader(b.list(from, to)))
}

// list invents the rows from from to to, the same every time.
func (b *listBench) list(from, to int) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(strings.Split("Mã bệnh nhân,Họ và tên,Giới tính,Năm sinh,Điện thoại,Phân loại,Huyện,Xã,Nguồn phát hiện,Ngày khởi phát,Ngày lấy mẫu,Ngày xác định,Ngày báo cáo,Triệu chứng,Xét nghiệm,Lây từ ca", ","))
	home, _ := area.Of(area.Edition2021, b.n.Config.Province, "", "")
	communes := b.n.Gazetteer.Communes(home)
	for i := from; i < to; i++ {
		r := rand.New(rand.NewPCG(9, uint64(i)))
		h, u := b.humans[i].Person, communes[r.IntN(len(communes))]
		on := inventedFirst.Time().AddDate(0, 0, r.IntN(listDays))
		date := func(before int) string { return on.AddDate(0, 0, -before).Format("02/01/2006") }
		names, sex, test := namesOf(b.n.Gazetteer, u.Code), "Nam", ""
		if h.Sex == "female" {
			sex = "Nữ"
		}
		if i%listParts == 0 {
			test = fmt.Sprintf(`[{"test":{"type":"rt_pcr","laboratory":"CDC Lạng Sơn","taken":"%sT08:00:00+07:00","result":"positive","ct":%d.5}}]`, on.AddDate(0, 0, -1).Format(time.DateOnly), 15+r.IntN(20))
		}
		_ = w.Write([]string{"BN" + strconv.Itoa(i), h.Name, sex, cmp.Or(h.Birth, "1980")[:4], h.Phone, "Xác định", names[1], names[2], "Cộng đồng", date(3), date(1), date(0), date(0),
			"Sốt, Ho", test, "BN" + strconv.Itoa(r.IntN(i+1))})
	}
	w.Flush()
	return out.Bytes()
}

// listPage is one page as an account of an area asks for it. What other
// capabilities list at that size is asked beside these.
type listPage struct{ name, area, path string }

func (b *listBench) casePages(ctx context.Context) ([]listPage, error) {
	home := area.Edition2021
	middle, err := b.n.Outbreak.List(ctx, auth.Console(b.n.Province, "bench", "bench"), outbreak.Filter{To: inventedFirst + listDays/2})
	if err != nil {
		return nil, err
	}
	if len(middle.Cases) == 0 {
		return nil, errors.New("bench: no cases to list")
	}
	one := middle.Cases[0]
	after := outbreak.Cursor{Reported: one.Reported, ID: one.ID}.String()
	province, _ := area.Of(home, b.n.Config.Province, "", "")
	commune := one.Area
	return []listPage{
		{"the province's first page", province.String(), "/cases"},
		{"a page in the middle", province.String(), "/cases?after=" + after},
		{"one commune's, filtered", province.String(), "/cases?area=" + commune.String()},
		{"a classification that nobody has", province.String(), "/cases?classification=probable"},
		{"by number", province.String(), "/cases?q=" + one.Number},
		{"by whole name", province.String(), "/cases?q=" + strings.ReplaceAll(b.humans[0].Name, " ", "+")},
		{"a district's first page", commune.Parent().String(), "/cases"},
		{"a commune's first page", commune.String(), "/cases"},
		{"a case in full", province.String(), "/cases/" + one.ID.String()},
		{"as JSON", province.String(), "/api/v1/cases"},
	}, nil
}

func (b *listBench) pages(ctx context.Context) error {
	pages, err := b.casePages(ctx)
	if err != nil {
		return err
	}
	b.humans = nil // a server does not hold those whom its lists once named
	return b.measure(ctx, pages, fmt.Sprintf("list of %d cases", b.cases))
}

// serving does in the background what a server does for its pages, until what it returns is called.
func (b *listBench) serving(ctx context.Context) (stop func()) {
	less := garbage.Rarely(garbage.Serving)
	work, end := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { _ = b.n.Map.Run(work) })
	all.Go(func() { b.n.Spread.Run(work) })
	return func() { end(); all.Wait(); less() }
}

// measure asks for every page and keeps, under what, how long it took and what it
// weighs; the very first time of each apart, for that makes what all others find.
func (b *listBench) measure(ctx context.Context, pages []listPage, what string) (err error) {
	defer b.serving(ctx)()
	for !b.n.Map.Warm() || !b.n.Spread.Warm() { // until then a server says that it is not ready
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	if b.commit, err = b.durable(ctx); err != nil {
		return err
	}
	b.f.values["commit_ms"] = round(b.commit)
	tokens, all, slowest, first, longest, worst := map[string]string{}, map[string]any{}, 0.0, 0.0, 0.0, ""
	for _, p := range pages {
		if tokens[p.area] == "" {
			if tokens[p.area], err = b.officer(ctx, p.area, len(tokens)); err != nil {
				return err
			}
		}
		once, _, err := b.ask(ctx, p.path, tokens[p.area], 1)
		if err != nil {
			return err
		}
		took, size, err := b.ask(ctx, p.path, tokens[p.area], b.times())
		if err != nil {
			return err
		}
		p50, p99, most := ms(took[len(took)/2]), ms(nearest(took, 99)), ms(took[len(took)-1])
		if first = max(first, ms(once[0])); p99 >= slowest {
			slowest, worst = p99, p.name
		}
		longest = max(longest, most)
		all[p.name] = map[string]any{"first_ms": round(ms(once[0])), "p50_ms": round(p50), "p99_ms": round(p99), "max_ms": round(most), "bytes": size}
	}
	b.f.atMost(ms(listPageLimit), promise{What: fmt.Sprintf("%s: slowest of %d pages, %s, p99", what, len(pages), worst), Unit: "ms", Measured: round(slowest), Peer: "one durable act", PeerIs: round(b.commit)})
	b.f.values["pages"], b.f.values["slowest_page_ms"], b.f.values["slowest_first_ms"] = all, round(slowest), round(first)
	b.f.values["slowest_of_all_ms"] = round(longest)
	return nil
}

// nearest is the least of sorted values that so many per cent do not exceed.
func nearest[T cmp.Ordered](sorted []T, percent int) T {
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

// durable is how long the audit row of one look takes to be durable.
func (b *listBench) durable(ctx context.Context) (float64, error) {
	var all []float64
	for range 50 {
		began := time.Now()
		if _, err := b.n.Outbreak.List(ctx, auth.Console(b.n.Province, "bench", "bench"), outbreak.Filter{Search: "NONE"}); err != nil {
			return 0, err
		}
		all = append(all, ms(time.Since(began)))
	}
	return middleOf(all), nil
}

// officer signs a health officer of an area in and returns their token.
func (b *listBench) officer(ctx context.Context, path string, i int) (string, error) {
	const secret, password = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "hoa ban nở ven đường"
	at, err := area.Parse(path)
	if err != nil {
		return "", err
	}
	login := "bench" + strconv.Itoa(i)
	if err := b.n.Auth.CreateForDemo(ctx, auth.Demo{Login: login, Name: login, Role: auth.HealthOfficer, Area: at, Password: password, TOTPSecret: secret}); err != nil {
		return "", err
	}
	ticket, err := b.n.Auth.CheckPassword(ctx, "127.0.0.1", login, password)
	if err != nil {
		return "", err
	}
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		return "", err
	}
	token, _, err := b.n.Auth.SignIn(ctx, "127.0.0.1", ticket, code, "bench")
	return token, err
}

// times is how often a page is asked.
func (b *listBench) times() int {
	if b.cases < listFew {
		return listAskedFew
	}
	return listAsked
}

// ask asks for a page so many times and returns how long each took, sorted.
func (b *listBench) ask(ctx context.Context, path, token string, times int) (took []time.Duration, size int, err error) {
	for range times {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1"+path, nil)
		if err != nil {
			return nil, 0, err
		}
		r.RemoteAddr, r.RequestURI = "127.0.0.1:1", path
		r.Header.Set("Authorization", "Bearer "+token)
		to := &weighed{head: http.Header{}}
		began := time.Now()
		if err := b.answer(to, r); err != nil {
			return nil, 0, err
		}
		took = append(took, time.Since(began))
		if size = to.bytes; to.status != http.StatusOK {
			return nil, 0, fmt.Errorf("bench: %s answers %d", path, to.status)
		}
	}
	slices.Sort(took)
	return took, size, nil
}

// answer lets the router answer; one that is broken off, as by a signal, is an error here.
func (b *listBench) answer(to http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if broken := recover(); broken == http.ErrAbortHandler {
			err = cmp.Or(context.Cause(r.Context()), http.ErrAbortHandler)
		} else if broken != nil {
			panic(broken)
		}
	}()
	b.n.Router.ServeHTTP(to, r)
	return nil
}

// weighed is an answer of which only the weight is kept.
type weighed struct {
	head   http.Header
	status int
	bytes  int
}

// Header is the answer's.
func (w *weighed) Header() http.Header { return w.head }

// WriteHeader keeps the status.
func (w *weighed) WriteHeader(status int) { w.status = status }

// Write weighs.
func (w *weighed) Write(p []byte) (int, error) {
	w.status = cmp.Or(w.status, http.StatusOK)
	w.bytes += len(p)
	return len(p), nil
}

func (b *listBench) export(ctx context.Context) error {
	var own bytes.Buffer
	for _, format := range []sheet.Format{sheet.CSV, outbreak.JSON, sheet.XLSX} {
		var to io.Writer = io.Discard
		if format == sheet.CSV {
			to = &own
		}
		before, began := heapNow(), time.Now()
		if err := b.exportTo(ctx, format, to); err != nil {
			return err
		}
		rows := int(float64(b.cases) / time.Since(began).Seconds())
		grown := max(0, heapNow()-before)
		b.f.values["export_"+string(format)+"_per_s"] = rows
		b.f.atLeast(listExportRows, promise{What: fmt.Sprintf("export of %d cases as %s", b.cases, format), Unit: "cases/s", Measured: float64(rows)})
		if format == sheet.XLSX {
			b.f.values["export_mb"] = grown
			b.f.atMost(listExportMB, promise{What: fmt.Sprintf("memory that stays after an export of %d cases as XLSX", b.cases), Unit: "MB", Measured: float64(grown)})
		}
	}
	if err := b.again(ctx, own.Bytes()); err != nil {
		return err
	}
	return b.identity(ctx, own.Bytes())
}

func (b *listBench) exportTo(ctx context.Context, f sheet.Format, w io.Writer) error {
	t := func(key string, args ...any) string { return b.n.Catalog.T(i18n.VI, key, args...) }
	return b.n.Outbreak.ExportTo(ctx, auth.Console(b.n.Province, "bench", "bench"), outbreak.ExportOptions{People: true}, f, t, w)
}

// heapNow is what the program holds, in MB.
func heapNow() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc >> 20)
}

// again imports the export onto itself, as far as one list may be long: nothing
// may be added, changed or refused.
func (b *listBench) again(ctx context.Context, text []byte) error {
	if b.cases+listMore > listImportsMost {
		lines := bytes.SplitAfterN(text, []byte("\n"), listImportsMost+2)
		text = bytes.Join(lines[:min(len(lines), listImportsMost+1)], nil)
	}
	began := time.Now()
	report, err := b.n.Outbreak.ImportCases(ctx, auth.Console(b.n.Province, "bench", "bench"), bytes.NewReader(text))
	if err != nil {
		return err
	}
	b.f.values["again_rows"], b.f.values["again_added"] = report.Rows, report.Added+report.Changed
	b.f.values["again_rows_per_s"] = int(float64(report.Rows) / time.Since(began).Seconds())
	if report.Added+report.Changed+report.Rejected > 0 {
		return fmt.Errorf("bench: an export onto itself adds %d, changes %d, is refused %d", report.Added, report.Changed, report.Rejected)
	}
	return nil
}

// identity imports the export into an empty node, in as many lists as one may be
// long, and exports it from there: ids, numbers, people, parts and sources come
// out as they went in.
func (b *listBench) identity(ctx context.Context, text []byte) (err error) {
	n, err := openForBench(ctx, b.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	other, began := &listBench{n: n}, time.Now()
	rows, err := other.importLists(ctx, text)
	if err != nil {
		return err
	}
	b.f.values["identity_rows"], b.f.values["identity_rows_per_s"] = rows, int(float64(rows)/time.Since(began).Seconds())
	var out bytes.Buffer
	if err := other.exportTo(ctx, sheet.CSV, &out); err != nil {
		return err
	}
	same := bytes.Equal(text, out.Bytes())
	if b.f.values["identity"] = same; !same {
		return fmt.Errorf("bench: out of an empty node an export comes otherwise: %s", firstOther(text, out.Bytes()))
	}
	return nil
}

// importLists imports an export, cut into lists that each have its heading.
func (b *listBench) importLists(ctx context.Context, text []byte) (rows int, err error) {
	lines := bytes.SplitAfter(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	for part := range slices.Chunk(lines[1:], listImportsMost) {
		list := bytes.Join(append([][]byte{lines[0]}, part...), nil)
		report, err := b.n.Outbreak.ImportCases(ctx, auth.Console(b.n.Province, "bench", "bench"), bytes.NewReader(list))
		if err != nil {
			return rows, err
		}
		if report.Added != len(part) {
			return rows, fmt.Errorf("bench: of %d rows of an export, an empty node takes %d", len(part), report.Added)
		}
		rows += report.Added
	}
	return rows, nil
}

// firstOther is the first line in which two texts differ, by its number alone:
// it speaks of a person.
func firstOther(a, b []byte) string {
	as, bs := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(as), len(bs)) {
		if !bytes.Equal(as[i], bs[i]) {
			return fmt.Sprintf("line %d", i+1)
		}
	}
	return fmt.Sprintf("%d lines, then %d", len(as), len(bs))
}
