package place_test

import (
	"testing"
	"time"

	"khien/kernel/place"
)

func TestHoursAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"":              "",
		"24/7":          "24/7",
		"cả ngày":       "24/7",
		"7h-21h30":      "T2-CN 07:00-21:30",
		"07:00 – 17:00": "T2-CN 07:00-17:00",
		"T2-T6 7:00-11:30, 13:30-17:00; T7 7:00-11:30": "T2-T6 07:00-11:30, 13:30-17:00; T7 07:00-11:30",
		"Thứ 2 - Thứ 6: 7h00-17h00; Chủ nhật nghỉ":     "T2-T6 07:00-17:00",
		"CN 18h-2h":          "CN 18:00-02:00",
		"T7-T2 8h-12h":       "T2 08:00-12:00; T7-CN 08:00-12:00",
		"Mon-Fri 8:00-17:00": "T2-T6 08:00-17:00",
		"0h-24h":             "24/7",
	} {
		var h place.Hours
		if err := h.UnmarshalText([]byte(text)); err != nil || h.String() != want {
			t.Errorf("%q: got %q, %v, want %q", text, h.String(), err, want)
		}
		var again place.Hours
		if err := again.UnmarshalText([]byte(h.String())); err != nil || again.String() != h.String() {
			t.Errorf("%q does not read itself: %q, %v", h.String(), again.String(), err)
		}
	}
	for _, bad := range []string{"25:00-26:00", "T9 7:00-8:00", "7:00-7:00", "sáng", "7:00-12:00, 11:00-13:00", "7:70-8:00", "7-8-9", "T2", "=1+1"} {
		var h place.Hours
		if err := h.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q: read as %q", bad, h.String())
		}
	}
}

func TestOpenOverMidnight(t *testing.T) {
	var h place.Hours
	if err := h.UnmarshalText([]byte("T7 18h-2h; T2-T6 7:00-11:30, 13:30-17:00")); err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s+"+07:00")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for moment, want := range map[string]bool{ // 2026-11-23 is a Monday
		"2026-11-23T06:59:00": false, "2026-11-23T07:00:00": true, "2026-11-23T11:30:00": false, "2026-11-23T16:59:00": true,
		"2026-11-28T17:59:00": false, "2026-11-28T23:00:00": true, "2026-11-29T01:59:00": true, "2026-11-29T02:00:00": false,
	} {
		if got := h.Open(at(moment)); got != want {
			t.Errorf("%s: got %v, want %v", moment, got, want)
		}
	}
	if !(place.Hours{}).Open(at("2026-11-23T03:00:00")) {
		t.Error("hours that are not known are no closed door")
	}
}

func FuzzHours(f *testing.F) {
	for _, s := range []string{"T2-T6 7:00-11:30, 13:30-17:00; T7 7:00-11:30", "7h-21h30", "24/7", "CN 18h-2h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var h, again place.Hours
		if h.UnmarshalText([]byte(s)) != nil {
			return
		}
		if err := again.UnmarshalText([]byte(h.String())); err != nil || again.String() != h.String() {
			t.Errorf("%q: %q does not read itself: %q, %v", s, h.String(), again.String(), err)
		}
	})
}

func TestNumberFindsASlip(t *testing.T) {
	n, err := place.ParseNumber("1234-5674")
	if err != nil || n.String() != "1234-5674" {
		t.Fatalf("got %v, %v", n, err)
	}
	for _, bad := range []string{"1234-5675", "1244-5674", "123-4567", "12345674 1", "abcd-efgh", ""} {
		if n, err := place.ParseNumber(bad); err == nil {
			t.Errorf("%q: read as %v", bad, n)
		}
	}
}

func TestDistance(t *testing.T) {
	langSon, huuNghi := place.Position{Lat: 21.853, Lon: 106.761}, place.Position{Lat: 21.972, Lon: 106.711}
	if d := langSon.DistanceM(huuNghi); d < 14_000 || d > 14_400 {
		t.Errorf("got %.0f m", d)
	}
	if d := langSon.DistanceM(place.Position{}); d != -1 {
		t.Errorf("got %v", d)
	}
}
