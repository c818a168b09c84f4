package qr_test

import (
	"strings"
	"testing"

	"khien/wire/qr"
)

func TestOrderCode(t *testing.T) {
	u, err := qr.SignOrder(private, place, issued)
	if err != nil {
		t.Fatal(err)
	}
	link, err := u.Link(site)
	if err != nil || !strings.HasPrefix(link, site+"/order/") {
		t.Fatalf("got %s, %v", link, err)
	}
	c, err := qr.Read(link)
	if err != nil || c.Kind != qr.Order || c.Order.Site() != site {
		t.Fatalf("got %+v, %v", c, err)
	}
	want := qr.OrderCode{Order: place, Signed: issued, Key: qr.IDOf(public(private)), Issuer: "VN-09"}
	if got, err := c.Order.Verify(trust); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for name, text := range map[string]string{
		"cut":             link[:len(link)-1],
		"a place's token": site + "/order/" + signed(t, private, issued).Token(),
		"no site":         "https://KHIEN/order/" + u.Token(),
	} {
		if _, err := qr.Read(text); err == nil {
			t.Errorf("%s was read", name)
		}
	}
	changed := []byte(u.Token())
	changed[40] ^= 1
	if o, err := qr.ReadOrder(string(changed)); err == nil {
		if _, err := o.Verify(trust); err == nil {
			t.Error("a changed code was taken")
		}
	}
}
