package area

import (
	"embed"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

//go:embed data
var files embed.FS

// Unit is one administrative unit of one edition.
type Unit struct {
	Code           Code
	Name           string    // without the kind word: "Minh Hòa", "01"
	Kind           string    // "xã", "phường", "thị trấn", "đặc khu", "huyện", "quận", "thị xã", "thành phố", "tỉnh"
	FullName       string    // with it: "Xã Minh Hòa"
	Population     int       // persons; 0 unknown
	PopulationYear int       // 0 unknown
	AreaKm2        float64   // official; 0 unknown
	From, Until    time.Time // the edition was in force in [From, Until), dates of Vietnam in UTC; zero Until: still
}

// Gazetteer is the list of all units. It does not change after Load and may be
// used from many goroutines.
type Gazetteer struct {
	units    []Unit // by Code: a unit's descendants follow it
	byCode   map[Code]int
	official map[Edition]map[string]Code // by number; widths differ by level
	next     map[Code][]Code             // successors as stored: communes, provinces, districts without communes
	prev     map[Code][]Code
	aliases  map[Code][]string

	names    sync.Map // Code of a parent -> *siblings, made when first asked
	children sync.Map // Code of a parent -> []Unit by name, made when first asked
	once     sync.Once
	all      []sought        // every unit folded, for Find
	borne    map[string]bool // every unit's loose name
	memory   memory          // of rows already matched

	sketches sync.Map // approximate shapes already drawn
}

// The dates between which an edition's units are said to be in force. The
// first is that of Thủ Đức, the last change before the list (Resolution
// 1111/NQ-UBTVQH14); most units of 2021 are older.
var (
	from2021 = time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)
	from2025 = time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC)
)

var load = sync.OnceValue(func() *Gazetteer {
	g := &Gazetteer{
		units:    make([]Unit, 0, 16<<10),
		byCode:   make(map[Code]int, 16<<10),
		official: map[Edition]map[string]Code{Edition2021: make(map[string]Code, 12<<10), Edition2025: make(map[string]Code, 4<<10)},
		next:     make(map[Code][]Code, 12<<10),
		prev:     make(map[Code][]Code, 4<<10),
		aliases:  map[Code][]string{},
	}
	for _, e := range []Edition{Edition2021, Edition2025} {
		g.readUnits(e)
	}
	for i, u := range g.units {
		g.byCode[u.Code] = i
		g.official[u.Code.Edition()][u.Code.Official()] = u.Code
	}
	g.readSuccessors()
	g.readFigures()
	return g
})

// Load returns the gazetteer that is built into the program, parsed once.
func Load() *Gazetteer { return load() }

// text returns an embedded file, "" if there is none.
func text(name string) string {
	b, err := files.ReadFile("data/" + name)
	if err != nil {
		return ""
	}
	return string(b)
}

// rows calls f with the fields of each row of a tab-separated file; "#" begins a comment.
func rows(name string, f func(fields []string)) {
	for line := range strings.Lines(text(name)) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && line[0] != '#' {
			f(strings.Split(line, "\t"))
		}
	}
}

func (g *Gazetteer) readUnits(e Edition) {
	from, until := from2021, from2025
	if e == Edition2025 {
		from, until = from2025, time.Time{}
	}
	var province, district string
	first := len(g.units)
	rows(fmt.Sprintf("units-%d.tsv", e), func(f []string) {
		number, commune := f[0], ""
		switch len(number) {
		case 2:
			province, district = number, ""
		case 3:
			district = number
		default:
			commune = number
		}
		c, err := Of(e, province, district, commune)
		if err != nil {
			panic("area: embedded units: " + err.Error())
		}
		g.units = append(g.units, Unit{Code: c, Name: f[2], Kind: f[1], FullName: upperFirst(f[1]) + " " + f[2], From: from, Until: until})
		if len(f) > 3 {
			g.aliases[c] = strings.Split(f[3], "|")
		}
	})
	us := g.units[first:]
	sort.Slice(us, func(i, j int) bool { return us[i].Code < us[j].Code })
}

func upperFirst(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:n]) + s[n:]
}

func (g *Gazetteer) readSuccessors() {
	old, new := g.official[Edition2021], g.official[Edition2025]
	rows("successors.tsv", func(f []string) {
		from := old[f[0]]
		for n := range strings.SplitSeq(f[1], ",") {
			to := new[n]
			if from == 0 || to == 0 {
				panic("area: embedded successors: " + f[0] + " to " + n)
			}
			g.next[from] = append(g.next[from], to)
			g.prev[to] = append(g.prev[to], from)
		}
	})
	for _, cs := range g.prev {
		sortCodes(cs)
	}
}

func sortCodes(cs []Code) {
	sort.Slice(cs, func(i, j int) bool { return cs[i] < cs[j] })
}
