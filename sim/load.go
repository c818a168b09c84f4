package sim

import (
	"fmt"
	"math/rand/v2"

	"khien/kernel/area"
	"khien/kernel/person"
)

// Declared is one declaration as it was typed: by whom in truth, in which words,
// and at which place its author checked in on that day.
type Declared struct {
	Human int
	Who   person.Person
	Place int
}

// Declarations returns n declarations of a village of so many people who check in
// at so many places. Everybody declares at least once, as far as n allows; each
// time they write themselves down anew, with the slips of people who type into a
// phone at a gate.
func Declarations(g *area.Gazetteer, seed uint64, people, places, n int) ([]Declared, error) {
	all, err := People(g, seed, people)
	if err != nil {
		return nil, err
	}
	home, err := area.Of(area.Edition2021, "20", "", "")
	if err != nil {
		return nil, err
	}
	communes, kin := g.Communes(home), map[int][]Human{}
	for _, h := range all {
		kin[h.Family] = append(kin[h.Family], h)
	}
	r := rand.New(rand.NewPCG(seed, 1405))
	declared := make([]Declared, n)
	for i := range declared {
		who := i
		if i >= people {
			who = r.IntN(people)
		}
		h := all[who]
		p := Citizen.Written(r, h.Person, kin[h.Family], communes)
		if p.Birth == "" { // a form wants it
			p.Birth = fmt.Sprint(h.year())
		}
		declared[i] = Declared{Human: who, Who: p, Place: r.IntN(places)}
	}
	r.Shuffle(n, func(i, j int) { declared[i], declared[j] = declared[j], declared[i] })
	return declared, nil
}

// placeKinds are how people call the sorts of places, with how many of a hundred
// of each there are.
var placeKinds = []struct {
	word, name string
	share      int
}{{"cửa hàng", "Cửa hàng", 40}, {"cơ quan", "Trụ sở", 14}, {"chợ", "Chợ", 4}, {"nhà hàng", "Quán ăn", 16}, {"trường học", "Trường", 10},
	{"y tế", "Trạm y tế", 6}, {"công ty", "Công ty", 6}, {"khách sạn", "Nhà nghỉ", 4}}

// PlaceList returns a list of n places of the province as an office would send
// it: CSV, with the headings that places are imported by.
func PlaceList(g *area.Gazetteer, seed uint64, n int) ([]byte, error) {
	home, err := area.Of(area.Edition2021, "20", "", "")
	if err != nil {
		return nil, err
	}
	communes := g.Communes(home)
	r := rand.New(rand.NewPCG(seed, 4293))
	b := []byte("tên địa điểm,loại,tỉnh,huyện,xã,địa chỉ,giờ mở cửa\n")
	for i := range n {
		path := g.Path(communes[r.IntN(len(communes))].Code)
		x, k := r.IntN(100), 0
		for x -= placeKinds[0].share; x >= 0 && k+1 < len(placeKinds); x -= placeKinds[k].share {
			k++
		}
		b = fmt.Appendf(b, "%s %s số %d,%s,%s,%s,%s,Thôn %d,6h-22h\n", placeKinds[k].name, path[2].Name, i+1, placeKinds[k].word,
			path[0].Name, path[1].Name, path[2].Name, 1+r.IntN(12))
	}
	return b, nil
}
