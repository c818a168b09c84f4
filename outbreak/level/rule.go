package level

import (
	_ "embed"
	"encoding/json"

	"khien/kernel/day"
)

//go:embed rules.json
var rulesFile []byte

// Rule is the ministry's rule of one time, as data. Percent are of 100.
type Rule struct {
	Name        string   `json:"name"`
	Source      string   `json:"source"`
	From        day.Day  `json:"from"`
	Until       day.Day  `json:"until"`    // first day no longer in force; 0 open
	Verified    bool     `json:"verified"` // the figures were read in the decision itself
	Days        int      `json:"days"`     // over which new cases are counted
	Counted     []string `json:"counted"`  // sources of cases that are of the community; "" is not known
	Bands       [3]int   `json:"bands"`    // first number of bands 2, 3 and 4, cases for 100,000 people
	OneDoseLine float64  `json:"one_dose_line"`
	Covered     [4]int   `json:"covered"`    // level of each band where so many of 18 and over have a dose
	Uncovered   [4]int   `json:"uncovered"`  // and where not
	OlderLine   float64  `json:"older_line"` // below it, of those over OlderAge fully vaccinated, the level is one higher
	OlderAge    int      `json:"older_age"`
	// LoweringNeeds are the criteria without which a level does not fall: "coverage"
	// is the second, "capacity" the third.
	LoweringNeeds []string `json:"lowering_needs"`
}

// Rules are all known rules, the oldest first.
var Rules = readRules()

func readRules() (all []Rule) {
	if err := json.Unmarshal(rulesFile, &all); err != nil {
		panic("level: embedded rules: " + err.Error())
	}
	return all
}

// RuleOn is the rule in force on a day; before the first the first, and where none
// is in force any more the last that was: the committee decides by what there is.
func RuleOn(d day.Day) Rule {
	r := Rules[0]
	for _, next := range Rules {
		if next.From <= d {
			r = next
		}
	}
	return r
}

// Standing is what a rule looks at. Shares are percent, below 0 not known.
type Standing struct {
	Cases      int // new ones of the community, over the rule's days
	Population int // 0 not known
	OneDose    float64
	FullOlder  float64
	Capacity   Met
	InForce    int // level of now; 0 none yet
}

// Met says whether a criterion is met. The values are stored as written.
type Met int

// Whether it is.
const (
	Unknown Met = -1
	Unmet   Met = 0
	IsMet   Met = 1
)

// Proposal is what the rule says of a standing. Level 0: it cannot be said.
type Proposal struct {
	Level   int
	Band    int      // 1 to 4; 0 unknown
	Per100k float64  // new cases for 100,000 people; below 0 not known
	Why     []string // keys of the catalog, "level.why.<key>", in the order of the rule
}

// Propose applies the rule. What is not known of a criterion counts as unmet, and
// is named.
func (r Rule) Propose(s Standing) Proposal {
	p := Proposal{Per100k: -1}
	switch {
	case s.Cases == 0:
		p.Per100k = 0
	case s.Population > 0:
		p.Per100k = float64(s.Cases) * 100_000 / float64(s.Population)
	default:
		p.Why = append(p.Why, "population")
		return p
	}
	p.Band = 1
	for _, first := range r.Bands {
		if p.Per100k >= float64(first) {
			p.Band++
		}
	}
	p.Level = r.Uncovered[p.Band-1]
	if s.OneDose >= r.OneDoseLine {
		p.Level = r.Covered[p.Band-1]
	}
	p.say(s.OneDose, r.OneDoseLine, "coverage")
	if s.FullOlder < r.OlderLine && s.Cases > 0 && p.Level < 4 {
		p.Level++
		p.say(s.FullOlder, r.OlderLine, "older")
	}
	r.hold(&p, s)
	return p
}

// say names a share that is below its line, or not known.
func (p *Proposal) say(share, line float64, key string) {
	switch {
	case share < 0:
		p.Why = append(p.Why, key+"_unknown")
	case share < line:
		p.Why = append(p.Why, key)
	}
}

// hold keeps a level from falling while a criterion is unmet.
func (r Rule) hold(p *Proposal, s Standing) {
	if s.InForce <= p.Level {
		return
	}
	held := false
	for _, need := range r.LoweringNeeds {
		switch {
		case need == "coverage" && s.OneDose < r.OneDoseLine:
			held = true
		case need == "capacity" && s.Capacity != IsMet:
			held = true
			p.Why = append(p.Why, "capacity")
		}
	}
	if held {
		p.Level = s.InForce
		p.Why = append(p.Why, "held")
	}
}
