package app

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"khien/kernel/area"
	"khien/kernel/config"
	"khien/kernel/person"
)

// matchBytes bounds what person match reads.
const matchBytes = 64 << 10

// personMatchCommand compares two people, a JSON array of two objects on
// standard input, and prints score, verdict and reasons. It stores nothing.
func personMatchCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		if len(c.args) != 0 {
			return config.Usage{Err: errors.New("person match reads two people as JSON on standard input")}
		}
		a, b, err := readTwo(os.Stdin)
		if err != nil {
			return err
		}
		answer := matchJSON{person.Compare(a, b), [2][]flawJSON{flawsOf(a), flawsOf(b)}}
		if c.json {
			return c.print(answer)
		}
		fmt.Fprintf(c.out, "%s  %.1f  (%.0f merge, %.0f review)\n", answer.Verdict, answer.Score, person.MergeBits, person.ReviewBits)
		for _, r := range answer.Reasons {
			veto := ""
			if r.Veto {
				veto = "  no automatic merge"
			}
			fmt.Fprintf(c.out, "%+6.1f  %-12s %s%s\n", r.Bits, r.Field, r.How, veto)
		}
		return nil
	}
}

// matchJSON is the contract of person match --json.
type matchJSON struct {
	person.Likeness
	Flaws [2][]flawJSON `json:"flaws"` // of the papers of either
}

type flawJSON struct {
	Paper int         `json:"paper"` // place in its list, from 0
	Flaw  person.Flaw `json:"flaw"`
}

// personJSON is a person as person match reads one; every field but name may be left out.
type personJSON struct {
	Name        string         `json:"name"`
	OtherNames  []string       `json:"other_names"`
	Birth       string         `json:"birth"`
	Sex         string         `json:"sex"`
	Phone       string         `json:"phone"`
	OtherPhones []string       `json:"other_phones"`
	Papers      []person.Paper `json:"papers"`
	Address     string         `json:"address"`
	Area        area.Code      `json:"area"`
	Household   string         `json:"household"`
	Nationality string         `json:"nationality"`
	Occupation  string         `json:"occupation"`
}

// readTwo reads exactly two people, in normal form.
func readTwo(r io.Reader) (a, b person.Person, err error) {
	d := json.NewDecoder(io.LimitReader(r, matchBytes))
	d.DisallowUnknownFields()
	var two []personJSON
	if err := d.Decode(&two); err != nil {
		return a, b, config.Usage{Err: fmt.Errorf("standard input: want a JSON array of two people of at most %d KB: %w", matchBytes>>10, err)}
	}
	if len(two) != 2 {
		return a, b, config.Usage{Err: fmt.Errorf("standard input: want a JSON array of two people, got %d", len(two))}
	}
	if a, err = two[0].person(); err != nil {
		return a, b, err
	}
	b, err = two[1].person()
	return a, b, err
}

func (j personJSON) person() (person.Person, error) {
	return person.Person{Name: j.Name, OtherNames: j.OtherNames, Birth: j.Birth, Sex: j.Sex, Phone: j.Phone, OtherPhones: j.OtherPhones,
		Papers: j.Papers, Address: j.Address, Area: j.Area, Household: j.Household, Nationality: j.Nationality, Occupation: j.Occupation}.Normal()
}

func flawsOf(p person.Person) []flawJSON {
	flaws := []flawJSON{}
	for i, paper := range p.Papers {
		for _, f := range p.Flaws(paper) {
			flaws = append(flaws, flawJSON{i, f})
		}
	}
	return flaws
}
