package app_test

import (
	"os"
	"testing"

	"khien/app"
	"khien/checkin/declaration"
	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/i18n"
	"khien/kernel/person"
	"khien/kernel/place"
	"khien/outbreak"
	"khien/outbreak/followup"
	"khien/outbreak/spread"
	"khien/wire/qr"
)

// Every text that a page asks for, and every refusal that any package can give,
// has its sentence in both languages.
func TestEverySentenceIsThere(t *testing.T) {
	cat, err := app.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range app.Pages() {
		if err := i18n.CheckTemplates(cat, p.FS); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	for _, dir := range []string{"outbreak", "outbreak/contact", "outbreak/spread", "outbreak/level", "checkin", "epimap", "app", "kernel/area", "kernel/audit", "kernel/auth", "kernel/day", "kernel/id", "checkin/declaration", "kernel/person", "kernel/phone", "kernel/place", "checkin/point", "outbreak/followup",
		"kernel/secret", "kernel/store", "kernel/web"} {
		if err := i18n.CheckFaults(cat, os.DirFS("../"+dir)); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// Texts whose keys are made of a constant's value.
func TestEveryValueHasAName(t *testing.T) {
	cat, err := app.Catalog()
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, v := range outbreak.Classifications {
		keys = append(keys, "outbreak.classification."+string(v))
	}
	for _, v := range outbreak.Sources {
		keys = append(keys, "outbreak.source."+string(v))
	}
	for _, v := range outbreak.Outcomes {
		keys = append(keys, "outbreak.outcome."+string(v))
	}
	for _, v := range outbreak.Sexes {
		keys = append(keys, "outbreak.sex."+v)
	}
	for _, v := range spread.Certainties {
		keys = append(keys, "spread.certainty."+string(v))
	}
	for _, v := range spread.Bys {
		keys = append(keys, "spread.by."+string(v), "spread.curve."+string(v))
	}
	for _, v := range spread.Steps {
		keys = append(keys, "spread.step."+string(v))
	}
	for _, v := range []string{"population", "coverage", "coverage_unknown", "older", "older_unknown", "capacity", "held"} {
		keys = append(keys, "level.why."+v)
	}
	for _, v := range []area.Verdict{area.Matched, area.Corrected, area.Ambiguous, area.Rejected} {
		keys = append(keys, "outbreak.verdict."+string(v))
	}
	for _, v := range place.Kinds {
		keys = append(keys, "point.kind."+string(v))
	}
	for _, v := range place.States {
		keys = append(keys, "point.state."+string(v))
	}
	for _, v := range []string{"name", "kind", "province", "district", "commune", "address", "position", "hours", "stay", "phone", "code", "area"} {
		keys = append(keys, "point.list."+v)
	}
	for _, v := range auth.Roles {
		keys = append(keys, "role."+string(v))
	}
	for _, v := range person.Purposes {
		keys = append(keys, "person.purpose."+v)
	}
	for _, v := range person.Kinds {
		keys = append(keys, "person.paper."+string(v))
	}
	for _, v := range person.Sexes {
		keys = append(keys, "person.sex."+v)
	}
	for _, v := range []person.Flaw{person.BadForm, person.BadProvince, person.BadSex, person.BadYear} {
		keys = append(keys, "person.flaw."+string(v))
	}
	for _, v := range []audit.Flaw{audit.Changed, audit.Removed, audit.Inserted, audit.Headless, audit.Rewritten} {
		keys = append(keys, "auth.verify."+string(v))
	}
	for _, v := range []area.How{area.HowName, area.HowSpelling, area.HowShort, area.HowMarks, area.HowKind, area.HowAlias, area.HowTypo, area.HowDistrict, area.HowLevel} {
		keys = append(keys, "area.corrected."+string(v))
	}
	for _, v := range declaration.Kinds {
		keys = append(keys, "declaration.kind."+string(v))
	}
	for _, v := range []qr.Grade{qr.Green, qr.Yellow, qr.Red} {
		keys = append(keys, "declaration.grade."+string(v))
	}
	for _, v := range []declaration.Standing{declaration.StandsValid, declaration.StandsExpired, declaration.StandsWithdrawn, declaration.StandsCorrected} {
		keys = append(keys, "declaration.standing."+string(v))
	}
	for _, why := range qr.Whys {
		keys = append(keys, "fault.qr."+why)
	}
	for _, v := range followup.States {
		keys = append(keys, "followup.state."+string(v))
	}
	for _, v := range followup.Shows {
		keys = append(keys, "followup.show."+string(v))
	}
	for _, v := range followup.Acts {
		keys = append(keys, "followup.act."+v)
	}
	for _, v := range followup.SymptomCodes {
		keys = append(keys, "followup.symptom."+v, "followup.script."+v)
	}
	for _, v := range followup.OrderKinds {
		keys = append(keys, "followup.order.kind."+string(v), "followup.paper."+string(v)+".title", "followup.paper."+string(v)+".days")
	}
	for _, v := range followup.OrderStates {
		keys = append(keys, "followup.order.state."+string(v))
	}
	for _, v := range followup.ZoneStates {
		keys = append(keys, "followup.zone.state."+string(v))
	}
	for _, k := range keys {
		if cat.T(i18n.VI, k) == k {
			t.Errorf("no text %s", k)
		}
	}
}
