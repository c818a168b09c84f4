package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"khien/checkin"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/place"
)

// An officer withdraws a wrong visit on the person's page and takes it back; twice
// pressed is once. The officer of another district neither sees the visit nor can
// touch it, and without a purpose nobody sees any.
func TestWrongVisit(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		now := time.Now().UTC().Truncate(time.Minute)
		who := n.person(t, person.Person{Name: "Nông Thị Nhầm", Area: minhHoaCode})
		market, err := n.Places.Create(t.Context(), world, place.Place{Name: "Chợ <b>Cai</b>", Kind: place.Market, Area: minhHoaCode})
		if err != nil {
			t.Fatal(err)
		}
		v := checkin.Visit{ID: id.New(), Place: market.ID, Person: who, Device: id.New(), Area: market.Area, From: now.Add(-2 * time.Hour), Until: now.Add(-time.Hour),
			Told: now, How: event.ByCard, Ended: checkin.EndVisitor}
		if err := n.Checkin.RecordAll(t.Context(), []checkin.Visit{v}); err != nil {
			t.Fatal(err)
		}
		if err := n.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.account(t, "huulung", auth.HealthOfficer, "2021/20/186")
		n.account(t, "khac", auth.HealthOfficer, "2021/20/187")
		mine, theirs := n.signIn(t, "huulung"), n.signIn(t, "khac")
		page := "/people/" + who.String() + "/visits"
		list := page + "?purpose=complaint"
		has(t, "asked for a purpose", mine.get(page), http.StatusOK, `name="purpose"`)
		if strings.Contains(mine.get(page).body, "Chợ") || strings.Contains(mine.get(page+"?purpose=curious").body, "Chợ") {
			t.Error("visits are shown without a purpose")
		}
		has(t, "listed", mine.get(list), http.StatusOK, "Chợ &lt;b&gt;Cai&lt;/b&gt;", "Thẻ in của hệ thống", "Huỷ lượt này")
		has(t, "elsewhere", theirs.get(list), http.StatusNotFound)

		mark := url.Values{"visit": {v.ID.String()}, "purpose": {"complaint"}, "reason": {"quét nhầm thẻ"}}
		stands := func() bool {
			_, err := n.Checkin.Visit(t.Context(), world, v.ID)
			return err == nil
		}
		theirs.form(page, mark)
		if !stands() {
			t.Fatal("an officer of elsewhere withdraws a visit")
		}
		has(t, "no reason", mine.form(page, url.Values{"visit": {v.ID.String()}, "purpose": {"complaint"}}), http.StatusUnprocessableEntity, "Chợ", "Hãy ghi lý do", " open>")
		for range 2 {
			has(t, "withdrawn", mine.form(page, mark), http.StatusSeeOther)
		}
		if stands() {
			t.Fatal("the visit stands")
		}
		has(t, "listed as withdrawn", mine.get(list), http.StatusOK, "Đã huỷ", "Khôi phục")
		mark.Set("restore", "1")
		for range 2 {
			has(t, "restored", mine.form(page, mark), http.StatusSeeOther)
		}
		if !stands() {
			t.Error("the visit does not stand again")
		}
	})
}
