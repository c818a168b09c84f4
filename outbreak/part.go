package outbreak

import (
	"embed"
	"encoding/json"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/id"
)

// PartKind is what a case has several of. The values are stored and sent as written.
type PartKind string

// The kinds.
const (
	SymptomPart  PartKind = "symptom"
	TestPart     PartKind = "test"
	HospitalPart PartKind = "hospital_stay"
	ExposurePart PartKind = "exposure"
)

// PartKinds lists them in the order in which a case's page shows them.
var PartKinds = []PartKind{SymptomPart, TestPart, HospitalPart, ExposurePart}

// Part is one symptom, test, hospital stay or exposure of a case; the field that
// its kind names is set, the others are nil.
type Part struct {
	ID       id.ID         `json:"id"`
	Kind     PartKind      `json:"kind"`
	Symptom  *Symptom      `json:"symptom,omitempty"`
	Test     *Test         `json:"test,omitempty"`
	Hospital *HospitalStay `json:"hospital_stay,omitempty"`
	Exposure *Told         `json:"exposure,omitempty"`

	Case    id.ID     `json:"-"`
	Removed bool      `json:"-"` // taken away by mistake or on purpose; can be put back
	Version int       `json:"-"` // rises by one with every change, from 1
	Changed time.Time `json:"-"`
	Actor   string    `json:"-"` // who changed it last
}

// Symptom is one that the case has or had.
type Symptom struct {
	Code string  `json:"code"` // of SymptomCodes
	From day.Day `json:"from,omitzero"`
	Note string  `json:"note,omitempty"`
}

// Test is a specimen and what a laboratory found in it.
type Test struct {
	Type       TestType   `json:"type"`
	Laboratory string     `json:"laboratory,omitempty"`
	Taken      time.Time  `json:"taken,omitzero"`
	Received   time.Time  `json:"received,omitzero"`
	Run        time.Time  `json:"run,omitzero"`
	Reported   time.Time  `json:"reported,omitzero"`
	Result     TestResult `json:"result,omitempty"`
	Ct         float64    `json:"ct,omitzero"` // cycles until the signal, of RT-PCR; 0 not known
}

// TestType is the method; the values are stored and sent as written.
type TestType string

// The methods.
const (
	RTPCR     TestType = "rt_pcr"
	Antigen   TestType = "antigen"
	Antibody  TestType = "antibody"
	OtherTest TestType = "other"
)

// TestTypes lists them in the order in which a form shows them.
var TestTypes = []TestType{RTPCR, Antigen, Antibody, OtherTest}

// TestResult is what was found; "" is not known yet.
type TestResult string

// The results.
const (
	Positive      TestResult = "positive"
	Negative      TestResult = "negative"
	Indeterminate TestResult = "indeterminate"
)

// TestResults lists them in the order in which a form shows them.
var TestResults = []TestResult{Positive, Negative, Indeterminate}

// HospitalStay is a time in one ward. Its facility is neither who answers for the
// case nor where the person stays otherwise.
type HospitalStay struct {
	Facility string    `json:"facility"`
	Area     area.Code `json:"area,omitzero"` // where the facility lies; 0 not known
	Ward     Ward      `json:"ward"`
	From     day.Day   `json:"from"`
	To       day.Day   `json:"to,omitzero"` // 0: still there
}

// Ward is the kind of ward, as Go.Data has it; the values are stored and sent as written.
type Ward string

// The wards.
const (
	IsolationWard Ward = "isolation"
	HospitalWard  Ward = "hospitalization"
	IntensiveCare Ward = "icu"
)

// Wards lists them in the order in which a form shows them.
var Wards = []Ward{IsolationWard, HospitalWard, IntensiveCare}

// Told is an exposure as the case tells it. The edge between two people is
// tracing's, and may come of it.
type Told struct {
	Kind  ToldKind  `json:"kind"`
	Place string    `json:"place"`
	Area  area.Code `json:"area,omitzero"` // where; 0 not known, or abroad
	From  time.Time `json:"from"`
	To    time.Time `json:"to,omitzero"`
	Note  string    `json:"note,omitempty"`
}

// ToldKind is the setting; the values are stored and sent as written.
type ToldKind string

// The settings.
const (
	AtHome      ToldKind = "household"
	AtWork      ToldKind = "work"
	AtSchool    ToldKind = "school"
	AtHealth    ToldKind = "health_care"
	AtGathering ToldKind = "gathering"
	OnTheWay    ToldKind = "transport"
	AtPlace     ToldKind = "place"
	Elsewhere   ToldKind = "other"
)

// ToldKinds lists them in the order in which a form shows them.
var ToldKinds = []ToldKind{AtHome, AtWork, AtSchool, AtHealth, AtGathering, OnTheWay, AtPlace, Elsewhere}

//go:embed data/*.json data/templates/*.json
var data embed.FS

// SymptomCodes lists the codes of symptoms in the order in which a form shows them.
var SymptomCodes = symptomCodes()

func symptomCodes() (codes []string) {
	var list struct {
		Symptoms []struct {
			Code string `json:"code"`
		} `json:"symptoms"`
	}
	mustRead("data/symptoms.json", &list)
	for _, s := range list.Symptoms {
		codes = append(codes, s.Code)
	}
	return codes
}

// mustRead reads a file of the program; that one cannot be read is a bug.
func mustRead(name string, to any) {
	b, err := data.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(b, to)
	}
	if err != nil {
		panic("outbreak: " + name + ": " + err.Error())
	}
}

// body is what is stored of a part beside its keys.
func (p Part) body() (string, error) {
	b, err := json.Marshal(struct {
		Symptom  *Symptom      `json:"symptom,omitempty"`
		Test     *Test         `json:"test,omitempty"`
		Hospital *HospitalStay `json:"hospital_stay,omitempty"`
		Exposure *Told         `json:"exposure,omitempty"`
	}{p.Symptom, p.Test, p.Hospital, p.Exposure})
	return string(b), err
}

// when is the day of a part on the case's line of time; 0 not known.
func (p Part) when() day.Day {
	switch p.Kind {
	case SymptomPart:
		return p.Symptom.From
	case TestPart:
		return p.Test.on()
	case HospitalPart:
		return p.Hospital.From
	}
	return dayAt(p.Exposure.From)
}

// on is the day for which a test speaks: of its taking, else the first that is known.
func (t Test) on() day.Day {
	for _, m := range []time.Time{t.Taken, t.Received, t.Run, t.Reported} {
		if !m.IsZero() {
			return day.Today(m)
		}
	}
	return 0
}

// known is the day on which a test's result was known; 0 without one.
func (t Test) known() day.Day {
	if t.Result == "" {
		return 0
	}
	for _, m := range []time.Time{t.Reported, t.Run, t.Received, t.Taken} {
		if !m.IsZero() {
			return day.Today(m)
		}
	}
	return 0
}

func dayAt(m time.Time) day.Day {
	if m.IsZero() {
		return 0
	}
	return day.Today(m)
}
