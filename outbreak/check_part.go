package outbreak

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"khien/kernel/day"
	"khien/kernel/fault"
)

// Bounds of a part's fields.
const (
	textRunes = 200
	ctMost    = 60.0 // cycles; no machine runs more
)

// normal is a part as it is stored: texts of one form, moments to the minute.
func (p Part) normal() Part {
	minute := func(ts ...*time.Time) {
		for _, t := range ts {
			if !t.IsZero() {
				*t = t.UTC().Truncate(time.Minute)
			}
		}
	}
	plain := func(ss ...*string) {
		for _, s := range ss {
			*s = strings.Join(strings.Fields(norm.NFC.String(*s)), " ")
		}
	}
	switch {
	case p.Symptom != nil:
		v := *p.Symptom
		plain(&v.Note)
		p.Symptom = &v
	case p.Test != nil:
		v := *p.Test
		plain(&v.Laboratory)
		minute(&v.Taken, &v.Received, &v.Run, &v.Reported)
		p.Test = &v
	case p.Hospital != nil:
		v := *p.Hospital
		plain(&v.Facility)
		p.Hospital = &v
	case p.Exposure != nil:
		v := *p.Exposure
		plain(&v.Place, &v.Note)
		minute(&v.From, &v.To)
		p.Exposure = &v
	}
	return p
}

// checkPart returns every field of a part that is wrong.
func (s *Service) checkPart(p Part) []*fault.Error {
	set := 0
	for _, is := range []bool{p.Symptom != nil, p.Test != nil, p.Hospital != nil, p.Exposure != nil} {
		if is {
			set++
		}
	}
	c := &partCheck{s: s}
	switch {
	case set == 1 && p.Kind == SymptomPart && p.Symptom != nil:
		c.symptom(*p.Symptom)
	case set == 1 && p.Kind == TestPart && p.Test != nil:
		c.test(*p.Test)
	case set == 1 && p.Kind == HospitalPart && p.Hospital != nil:
		c.hospital(*p.Hospital)
	case set == 1 && p.Kind == ExposurePart && p.Exposure != nil:
		c.told(*p.Exposure)
	default:
		c.refuse("outbreak.choice", "kind", string(p.Kind))
	}
	return c.bad
}

// partCheck gathers what is wrong.
type partCheck struct {
	s   *Service
	bad []*fault.Error
}

func (c *partCheck) refuse(key, field, value string) {
	c.bad = append(c.bad, fault.New(fault.Invalid, key).At(field, fault.Cut(value, 80)))
}

func choose[T ~string](c *partCheck, all []T, field string, v T) {
	if !slices.Contains(all, v) {
		c.refuse("outbreak.choice", field, string(v))
	}
}

func (c *partCheck) text(field, v string, required bool) {
	hidden := strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
	switch {
	case required && v == "":
		c.refuse("outbreak.text_wanted", field, "")
	case hidden || !utf8.ValidString(v) || utf8.RuneCountInString(v) > textRunes:
		c.refuse("outbreak.text", field, v)
	}
}

// days refuses one in the future or long past, and a last before its first.
func (c *partCheck) days(fields []string, ds []day.Day) {
	last, today := day.Day(0), c.s.today()
	for i, d := range ds {
		switch {
		case d == 0:
		case d > today:
			c.refuse("outbreak.future", fields[i], d.String())
		case d < today-daysBack:
			c.refuse("outbreak.past", fields[i], d.String())
		case d < last:
			c.refuse("outbreak.order", fields[i], d.String())
		}
		last = max(last, d)
	}
}

// moments is days for times of day; a clock that is a little fast is none's fault.
func (c *partCheck) moments(fields []string, ms []time.Time) {
	var last time.Time
	now := c.s.now().Add(10 * time.Minute)
	for i, m := range ms {
		switch {
		case m.IsZero():
			continue
		case m.After(now):
			c.refuse("outbreak.future", fields[i], m.Format(time.RFC3339))
		case day.Today(m) < c.s.today()-daysBack:
			c.refuse("outbreak.past", fields[i], m.Format(time.RFC3339))
		case m.Before(last):
			c.refuse("outbreak.order", fields[i], m.Format(time.RFC3339))
		}
		last = m
	}
}

func (c *partCheck) symptom(v Symptom) {
	choose(c, SymptomCodes, "symptom", v.Code)
	c.days([]string{"from"}, []day.Day{v.From})
	c.text("part_note", v.Note, v.Code == "other")
}

func (c *partCheck) test(v Test) {
	choose(c, TestTypes, "test_type", v.Type)
	if v.Result != "" {
		choose(c, TestResults, "test_result", v.Result)
	}
	c.text("laboratory", v.Laboratory, false)
	if v.Taken.IsZero() && v.Received.IsZero() && v.Run.IsZero() && v.Reported.IsZero() {
		c.refuse("outbreak.required", "taken", "")
	}
	c.moments([]string{"taken", "received", "test_run", "test_reported"}, []time.Time{v.Taken, v.Received, v.Run, v.Reported})
	if v.Ct < 0 || v.Ct > ctMost || v.Ct != v.Ct || v.Ct != 0 && v.Type != RTPCR {
		c.refuse("outbreak.ct", "ct", "")
	}
}

func (c *partCheck) hospital(v HospitalStay) {
	c.text("facility", v.Facility, true)
	choose(c, Wards, "ward", v.Ward)
	if v.Area != 0 {
		if err := c.s.unitOf(v.Area, "where"); err != nil {
			c.bad = append(c.bad, fault.Of(err))
		}
	}
	if v.From == 0 {
		c.refuse("outbreak.required", "from", "")
	}
	c.days([]string{"from", "to"}, []day.Day{v.From, v.To})
}

func (c *partCheck) told(v Told) {
	choose(c, ToldKinds, "setting", v.Kind)
	c.text("told_at", v.Place, true)
	c.text("part_note", v.Note, false)
	if v.Area != 0 {
		if err := c.s.unitOf(v.Area, "where"); err != nil {
			c.bad = append(c.bad, fault.Of(err))
		}
	}
	if v.From.IsZero() {
		c.refuse("outbreak.required", "begun", "")
	}
	c.moments([]string{"begun", "ended"}, []time.Time{v.From, v.To})
}
