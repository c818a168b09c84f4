package auth

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"khien/kernel/audit"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/web"
)

// verifyTime is how long the check of a whole chain may take on a page; a larger
// one is checked by `khien audit verify`.
const verifyTime = 2 * time.Minute

const auditPageSize = 50

// pageURL is path with the pairs that say something.
func pageURL(path string, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// auditPage is audit.html.
type auditPage struct {
	Form   web.Form
	Table  web.Table
	Pager  web.Pager
	Report *audit.Report // after a check
}

func (s *Service) getAudit(w http.ResponseWriter, r *http.Request) error {
	return s.showAudit(w, r, http.StatusOK, nil, nil)
}

// auditForm is the filter: who, what, on what, on which days.
type auditForm struct {
	Actor  string    `form:"actor,max=100"`  // a login, or "console:root"
	Act    string    `form:"act,max=60"`     // "account.disable", or "account."
	Object string    `form:"object,max=100"` // an id
	Since  time.Time `form:"since"`
	Until  time.Time `form:"until"` // that day included
	Before int64     `form:"before"`
}

func (s *Service) showAudit(w http.ResponseWriter, r *http.Request, status int, report *audit.Report, form *web.Form) error {
	ctx := r.Context()
	sc, err := ScopeOf(ctx, ReadAudit, "audit_page")
	if err != nil {
		return err
	}
	page := auditPage{Form: web.FormOf(r, nil), Report: report}
	if form != nil {
		page.Form = *form
	}
	f := audit.Filter{}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		var in auditForm
		if err := web.Decode(r, &in); err != nil {
			page.Form = web.FormOf(r, err)
			return s.Views.Render(w, r, http.StatusUnprocessableEntity, "auth/audit.html", page)
		}
		if f, err = s.auditFilter(r, in); err != nil {
			return err
		}
		if in.Before > 0 {
			page.Pager.First = pageURL("/audit", filterPairs(r)...)
		}
	}
	f.Limit = auditPageSize + 1
	rows, err := audit.List(ctx, s.DB, sc, f)
	if err != nil {
		return err
	}
	if len(rows) > auditPageSize {
		rows = rows[:auditPageSize]
		page.Pager.Next = pageURL("/audit", append(filterPairs(r), "before", strconv.FormatInt(rows[auditPageSize-1].Seq, 10))...)
	}
	if page.Table, err = s.auditTable(r, rows); err != nil {
		return err
	}
	return s.Views.Render(w, r, status, "auth/audit.html", page)
}

func filterPairs(r *http.Request) []string {
	q := r.URL.Query()
	var pairs []string
	for _, name := range []string{"actor", "act", "object", "since", "until"} {
		pairs = append(pairs, name, q.Get(name))
	}
	return pairs
}

// auditFilter reads days as Vietnam's, and an actor by login.
func (s *Service) auditFilter(r *http.Request, in auditForm) (audit.Filter, error) {
	f := audit.Filter{Act: in.Act, ObjectID: in.Object, Before: in.Before}
	if !in.Since.IsZero() {
		f.From = midnight(in.Since)
	}
	if !in.Until.IsZero() {
		f.To = midnight(in.Until.AddDate(0, 0, 1))
	}
	switch {
	case in.Actor == "":
	case in.Actor == "system", in.Actor == "public", strings.HasPrefix(in.Actor, "console:"):
		f.ActorKind = in.Actor
	default:
		a, err := s.byLogin(r.Context(), normalLogin(in.Actor))
		switch {
		case fault.Is(err, fault.NotFound):
			f.Actor = id.New() // nobody: an empty page
		case err != nil:
			return f, err
		default:
			f.Actor = a.ID
		}
	}
	return f, nil
}

// midnight is the beginning of a civil day in Vietnam.
func midnight(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, i18n.Zone)
}

func (s *Service) auditTable(r *http.Request, rows []audit.Row) (web.Table, error) {
	ctx := r.Context()
	l := web.Lang(ctx)
	var ids []id.ID
	for _, row := range rows {
		ids = append(ids, row.Actor)
	}
	names, err := selectNames(ctx, s.DB, s.Province, ids)
	if err != nil {
		return web.Table{}, err
	}
	t := web.Table{Caption: web.T(ctx, "auth.audit")}
	for _, k := range []string{"seq", "at", "actor", "act", "object", "area", "purpose", "detail"} {
		t.Head = append(t.Head, web.Cell{Text: web.T(ctx, "auth.audit."+k), Number: k == "seq"})
	}
	for _, row := range rows {
		who := row.ActorKind
		if n := names[row.Actor]; n != "" {
			who = n
		}
		t.Rows = append(t.Rows, []web.Cell{
			{Text: i18n.Number(l, row.Seq), Number: true}, {Text: i18n.DateTime(l, row.At)}, {Text: who}, {Text: row.Act},
			{Text: row.ObjectKind + " " + row.ObjectID}, {Text: s.title(row.Area)}, {Text: row.Purpose}, {Text: row.Text},
		})
	}
	return t, nil
}

// postVerify checks the chain, against a head noted earlier when one is given.
func (s *Service) postVerify(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	sc, err := ScopeOf(ctx, ReadAudit, "audit_page")
	if err != nil {
		return err
	}
	var in struct {
		Noted string `form:"noted,max=100"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	var noted audit.Head
	if in.Noted != "" {
		if noted, err = audit.ParseHead(in.Noted); err != nil {
			form := web.FormOf(r, fault.New(fault.Invalid, "auth.noted").At("noted", in.Noted))
			return s.showAudit(w, r, http.StatusUnprocessableEntity, nil, &form)
		}
	}
	report, err := audit.Verify(ctx, s.DB, s.Province, noted)
	if err != nil {
		return err
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		return audit.Append(tx, sc.Entry("audit.verify", "audit", "", 0, map[string]any{"rows": report.Rows, "bad": report.Bad, "flaw": report.Flaw}))
	})
	if err != nil {
		return err
	}
	return s.showAudit(w, r, http.StatusOK, &report, nil)
}
