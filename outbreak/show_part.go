package outbreak

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"khien/kernel/day"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/web"
)

// partSection is one kind of parts on a case's page.
type partSection struct {
	Kind PartKind
	Rows []partRow
}

// partRow is a part in the reader's words.
type partRow struct {
	ID        id.ID
	Kind      PartKind
	Title     string
	Badge     string // a word of the stylesheet; "" none
	BadgeText string
	Lines     []string
}

func (s *Service) partRow(r *http.Request, p Part) partRow {
	b := rowOf{partRow{ID: p.ID, Kind: p.Kind}, web.Lang(r.Context()), func(key string) string { return web.T(r.Context(), key) }}
	switch p.Kind {
	case SymptomPart:
		b.symptom(r, *p.Symptom)
	case TestPart:
		b.test(*p.Test)
	case HospitalPart:
		b.hospital(*p.Hospital, s.gazetteer.Title(p.Hospital.Area))
	case ExposurePart:
		b.told(*p.Exposure, s.gazetteer.Title(p.Exposure.Area))
	}
	return b.row
}

// rowOf builds a partRow in one language.
type rowOf struct {
	row  partRow
	lang i18n.Lang
	t    func(key string) string
}

// add adds a line of what is known.
func (b *rowOf) add(texts ...string) {
	if texts = slices.DeleteFunc(texts, func(s string) bool { return s == "" }); len(texts) > 0 {
		b.row.Lines = append(b.row.Lines, strings.Join(texts, " · "))
	}
}

func (b *rowOf) badge(kind, key string) { b.row.Badge, b.row.BadgeText = kind, b.t(key) }

func (b *rowOf) date(d day.Day) string { return i18n.Date(b.lang, d.Time()) }

func (b *rowOf) symptom(r *http.Request, v Symptom) {
	b.row.Title = b.t("outbreak.symptom." + v.Code)
	if v.From != 0 {
		b.add(web.T(r.Context(), "outbreak.since", "day", b.date(v.From)))
	}
	b.add(v.Note)
}

func (b *rowOf) test(v Test) {
	b.row.Title = b.t("outbreak.test." + string(v.Type))
	b.badge(resultBadge(v.Result), "outbreak.result."+orNone(string(v.Result)))
	ct := ""
	if v.Ct != 0 {
		ct = "Ct " + i18n.Number(b.lang, v.Ct)
	}
	b.add(v.Laboratory, ct)
	for _, m := range []struct {
		key string
		at  time.Time
	}{{"field.taken", v.Taken}, {"field.received", v.Received}, {"field.test_run", v.Run}, {"field.test_reported", v.Reported}} {
		if !m.at.IsZero() {
			b.add(b.t(m.key) + ": " + i18n.DateTime(b.lang, m.at))
		}
	}
}

func (b *rowOf) hospital(v HospitalStay, where string) {
	b.row.Title = v.Facility
	b.badge("info", "outbreak.ward."+string(v.Ward))
	until := b.t("outbreak.still_there")
	if v.To != 0 {
		until = b.date(v.To)
	}
	b.add(b.date(v.From) + " – " + until)
	b.add(where)
}

func (b *rowOf) told(v Told, where string) {
	b.row.Title = v.Place
	b.badge("muted", "outbreak.setting."+string(v.Kind))
	until := ""
	if !v.To.IsZero() {
		until = " – " + i18n.DateTime(b.lang, v.To)
	}
	b.add(i18n.DateTime(b.lang, v.From) + until)
	b.add(where, v.Note)
}

func orNone(v string) string {
	if v == "" {
		return "none"
	}
	return v
}

func resultBadge(v TestResult) string {
	switch v {
	case Positive:
		return "bad"
	case Negative:
		return "good"
	case Indeterminate:
		return "warn"
	}
	return "muted"
}

// historyRow is a change of the classification in the reader's words.
type historyRow struct {
	Judgement
	Who string
}

// who is an actor as colleagues know them.
func (s *Service) who(r *http.Request, actor string) string {
	kind, text, _ := strings.Cut(actor, ":")
	if i, err := id.Parse(text); err == nil && s.names != nil {
		if name := s.names.AccountName(r.Context(), i); name != "" {
			return name
		}
	}
	switch kind {
	case "system":
		return web.T(r.Context(), "outbreak.actor.system")
	case "console":
		return web.T(r.Context(), "outbreak.actor.console")
	}
	return web.T(r.Context(), "outbreak.actor.account")
}
