package outbreak

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"khien/kernel/day"
	"khien/kernel/fault"
)

// Bounds of a case's fields.
const (
	numberRunes   = 40
	birthYearMost = 130      // years before the report
	daysBack      = 50 * 366 // an older day is a slip (1921 for 2021), and would stretch the public map's days to it
)

// numberForm is what a patient's number may be. It begins with no sign and holds
// no separator, because a spreadsheet would read a formula out of our exports:
// where a semicolon separates, "a;=1+1" is two cells.
var numberForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{M}\p{N} ./_:#()-]*$`)

// normalNumber is the number as it is stored and looked up.
func normalNumber(s string) string { return strings.Join(strings.Fields(norm.NFC.String(s)), " ") }

// check returns every field of the case that is wrong, in the form's order.
func (s *Service) check(c Case) []*fault.Error {
	var bad []*fault.Error
	refuse := func(key, field, value string) {
		bad = append(bad, fault.New(fault.Invalid, key).At(field, value))
	}
	if c.Number != "" && (utf8.RuneCountInString(c.Number) > numberRunes || !numberForm.MatchString(c.Number)) {
		refuse("outbreak.number", "number", c.Number)
	}
	if !slices.Contains(Classifications, c.Classification) {
		refuse("outbreak.choice", "classification", string(c.Classification))
	}
	if c.Source != "" && !slices.Contains(Sources, c.Source) {
		refuse("outbreak.choice", "source", string(c.Source))
	}
	if c.Investigation != "" && !slices.Contains(Investigations, c.Investigation) {
		refuse("outbreak.choice", "investigation", string(c.Investigation))
	}
	if c.Outcome != "" && !slices.Contains(Outcomes, c.Outcome) {
		refuse("outbreak.choice", "outcome", string(c.Outcome))
	}
	if c.Sex != "" && !slices.Contains(Sexes, c.Sex) {
		refuse("outbreak.choice", "sex", c.Sex)
	}
	if y := c.Reported.Time().Year(); c.BirthYear != 0 && c.Reported != 0 && (c.BirthYear > y || c.BirthYear < y-birthYearMost) {
		refuse("outbreak.birth_year", "birth_year", "")
	}
	if err := s.unitOf(c.Area, "area"); err != nil {
		bad = append(bad, fault.Of(err))
	}
	if c.Stay != 0 {
		if err := s.unitOf(c.Stay, "stay"); err != nil {
			bad = append(bad, fault.Of(err))
		}
	}
	return append(bad, s.checkDays(c)...)
}

// checkWhy refuses a reason that no page can show.
func checkWhy(d Draft) []*fault.Error {
	c := &partCheck{}
	c.text("class_why", d.Why, false)
	return c.bad
}

// checkDays refuses a day in the future or long past, and an order that cannot be.
func (s *Service) checkDays(c Case) []*fault.Error {
	var bad []*fault.Error
	refuse := func(key, field string, d day.Day) {
		bad = append(bad, fault.New(fault.Invalid, key).At(field, d.String()))
	}
	today := s.today()
	for _, d := range []struct {
		field string
		day   day.Day
	}{{"onset", c.Onset}, {"specimen", c.Specimen}, {"confirmed", c.ConfirmedOn}, {"reported", c.Reported}, {"outcome_on", c.OutcomeOn}} {
		switch {
		case d.day > today:
			refuse("outbreak.future", d.field, d.day)
		case d.day != 0 && d.day < today-daysBack:
			refuse("outbreak.past", d.field, d.day)
		}
	}
	switch {
	case c.Reported == 0:
		refuse("outbreak.required", "reported", 0)
	case c.Classification == Confirmed && c.ConfirmedOn == 0:
		refuse("outbreak.required", "confirmed", 0)
	case c.Specimen != 0 && c.ConfirmedOn != 0 && c.Specimen > c.ConfirmedOn:
		refuse("outbreak.specimen_after", "specimen", c.Specimen)
	case c.Onset != 0 && c.OutcomeOn != 0 && c.Onset > c.OutcomeOn:
		refuse("outbreak.outcome_before", "outcome_on", c.OutcomeOn)
	case (c.Outcome == "") != (c.OutcomeOn == 0):
		refuse("outbreak.outcome_pair", "outcome_on", c.OutcomeOn)
	}
	return bad
}
