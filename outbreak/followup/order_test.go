package followup_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/outbreak/followup"
)

var chair = followup.Signature{Name: "Hoàng Văn Ký", Title: "Chủ tịch"}

// drafted is a draft of quarantine in a facility for a new contact.
func (w *world) drafted(t *testing.T, name string) followup.Order {
	t.Helper()
	c := w.confirmed(t, w.somebody(t, name))
	o, err := w.Prepare(t.Context(), w.all(), followup.Ready{ID: id.New(), Watch: c.Contact, Kind: followup.OrderFacility, Place: "Trường Quân sự tỉnh, phường Đông Kinh, thành phố Lạng Sơn"})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Numbers rise by one in a year and a series, without a gap and without a twin,
// whoever signs at once and whatever fails between.
func TestNumbersHaveNoGaps(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var drafts []id.ID
		for n := range 12 {
			drafts = append(drafts, w.drafted(t, fmt.Sprintf("Người Thứ %d", n)).ID)
		}
		var wait sync.WaitGroup
		for _, part := range [][]id.ID{drafts[:4], drafts[4:8], drafts[8:]} {
			wait.Go(func() {
				if _, err := w.Sign(t.Context(), w.all(), part, chair); err != nil {
					t.Error(err)
				}
			})
			wait.Go(func() { // one that fails at its end takes no number
				if _, err := w.Sign(t.Context(), w.all(), append(slices.Clone(part[:0]), id.New()), chair); !fault.Is(err, fault.NotFound) {
					t.Errorf("an order that is none: got %v", err)
				}
			})
		}
		wait.Wait()
		again, err := w.Sign(t.Context(), w.all(), drafts, chair)
		if err != nil {
			t.Fatal(err)
		}
		var numbers []int
		for _, o := range again {
			numbers = append(numbers, o.Number)
		}
		slices.Sort(numbers)
		if want := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}; !slices.Equal(numbers, want) {
			t.Errorf("got numbers %v, want %v", numbers, want)
		}
		w.now = time.Date(2021, 12, 31, 17, 0, 0, 0, time.UTC) // midnight of the new year in Vietnam
		late := w.drafted(t, "Người Năm Mới")
		signed, err := w.Sign(t.Context(), w.all(), []id.ID{late.ID}, chair)
		if err != nil || signed[0].Year != 2022 || signed[0].Numbered() != "01/QĐ-UBND" {
			t.Errorf("in the new year: got %d, %s, %v", signed[0].Year, signed[0].Numbered(), err)
		}
	})
}

// An order from draft to withdrawal, as who holds the paper finds it.
func TestOrderStands(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.drafted(t, "Nguyễn Thị Hương")
		link := func(o followup.Order) string {
			text, err := w.Code(o)
			if err != nil {
				t.Fatal(err)
			}
			return strings.TrimPrefix(text, site+"/order/")
		}
		draft := o
		draft.Signed = w.now
		if _, err := w.Standing(t.Context(), link(draft)); !fault.Is(err, fault.NotFound) {
			t.Errorf("a draft stands: %v", err)
		}
		signed, err := w.Sign(t.Context(), w.all(), []id.ID{o.ID}, chair)
		if err != nil {
			t.Fatal(err)
		}
		token := link(signed[0])
		st, err := w.Standing(t.Context(), token)
		if err != nil || st.State != followup.Signed || st.Initials != "N. T. H." || st.Year != "1988" || st.Until != d("2021-08-11") || st.Over {
			t.Errorf("signed: got %+v, %v", st, err)
		}
		if _, err := w.Standing(t.Context(), token[:len(token)-4]+"AAAA"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a forged code: got %v", err)
		}
		if _, err := w.Withdraw(t.Context(), w.all(), o.ID, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("withdrawn without a reason: got %v", err)
		}
		for range 2 {
			if _, err := w.Withdraw(t.Context(), w.all(), o.ID, "sai địa chỉ"); err != nil {
				t.Fatal(err)
			}
		}
		if st, err = w.Standing(t.Context(), token); err != nil || st.State != followup.Withdrawn || st.Withdrawn != d("2021-07-14") {
			t.Errorf("withdrawn: got %+v, %v", st, err)
		}
		if err := w.Discard(t.Context(), w.all(), o.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("discarded after its number: got %v", err)
		}
		w.now = w.now.AddDate(2, 0, 0)
		if _, err := w.Bury(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Standing(t.Context(), token); !fault.Is(err, fault.NotFound) {
			t.Errorf("after its death: got %v", err)
		}
	})
}

// An order says what the watch is, and a committee signs what it may not draft.
func TestOrdersFitTheirWatch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.confirmed(t, w.somebody(t, "Nguyễn Thị Hương"))
		for kind, bad := range map[followup.OrderKind]bool{followup.OrderFacility: false, followup.OrderHome: true, followup.OrderIsolation: true, followup.OrderEnd: true,
			followup.OrderCertificate: true, "other": true} {
			_, err := w.Prepare(t.Context(), w.all(), followup.Ready{Watch: c.Contact, Kind: kind, Place: "x"})
			if bad != fault.Is(err, fault.Invalid) {
				t.Errorf("%s: got %v", kind, err)
			}
		}
		o := w.drafted(t, "Hoàng Văn Thử")
		committee := w.officer(t, "banchidao", huuLung, auth.SteeringCommittee, auth.Order)
		if _, err := w.Prepare(t.Context(), committee, followup.Ready{Watch: o.Watch, Kind: followup.OrderFacility, Place: "x"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("drafted by who may not read people: got %v", err)
		}
		signed, err := w.Sign(t.Context(), committee, []id.ID{o.ID}, chair)
		if err != nil || signed[0].Signer != chair.Name {
			t.Errorf("signed by the committee: got %+v, %v", signed, err)
		}
		other := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.Order)
		for name, err := range map[string]error{"read": second(w.Order(t.Context(), other, o.ID)), "sign": second(w.Sign(t.Context(), other, []id.ID{o.ID}, chair)),
			"withdraw": second(w.Withdraw(t.Context(), other, o.ID, "x")), "print": w.Print(t.Context(), new(bytes.Buffer), other, o.ID)} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s by another district: got %v", name, err)
			}
		}
	})
}

// The same row makes the same paper, and a hundred of them one document.
func TestPaperIsTheRow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var ids []id.ID
		for n := range 5 {
			ids = append(ids, w.drafted(t, fmt.Sprintf("Nguyễn Thị Hương %d", n)).ID)
		}
		if _, err := w.Sign(t.Context(), w.all(), ids, chair); err != nil {
			t.Fatal(err)
		}
		var first, second, all bytes.Buffer
		for _, out := range []*bytes.Buffer{&first, &second} {
			if err := w.Print(t.Context(), out, w.all(), ids[0]); err != nil {
				t.Fatal(err)
			}
			w.now = w.now.Add(time.Hour)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Error("two prints of one row differ")
		}
		if err := w.PrintAll(t.Context(), &all, w.all(), followup.OrderFilter{State: followup.Signed}); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(all.Bytes(), []byte("/Type /Page\n")); n != len(ids) {
			t.Errorf("all together: got %d pages, want %d", n, len(ids))
		}
	})
}

// A decoder that is none of ours reads the code from the paper as it is printed.
func TestPapersAreReadBack(t *testing.T) {
	needs(t, "pdftoppm")
	needs(t, "zbarimg")
	each(t, func(t *testing.T, w *world) {
		for n, name := range []string{"Nguyễn Thị Hương", strings.TrimSpace(strings.Repeat("Nguyễn Phúc Hoàng Thị Kim Ngân ", 3))} {
			o := w.drafted(t, name)
			signed, err := w.Sign(t.Context(), w.all(), []id.ID{o.ID}, followup.Signature{Name: "Hoàng Văn Ký", Title: "KT. Chủ tịch, Phó Chủ tịch"})
			if err != nil {
				t.Fatal(err)
			}
			var pdf bytes.Buffer
			if err := w.Print(t.Context(), &pdf, w.all(), o.ID); err != nil {
				t.Fatal(err)
			}
			want, err := w.Code(signed[0])
			if err != nil {
				t.Fatal(err)
			}
			if got := decoded(t, pdf.Bytes(), fmt.Sprint("order", n)); got != want {
				t.Errorf("%s: read back %q, want %q", name, got, want)
			}
		}
	})
}

// needs skips the test without a tool, unless the tools are promised.
func needs(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("KHIEN_TEST_TOOLS") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func decoded(t *testing.T, pdf []byte, name string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, name+".pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := os.Getenv("KHIEN_TEST_OUT"); out != "" { // to be looked at
		run(t, "pdftoppm", "-r", "80", "-png", file, filepath.Join(out, name))
	}
	run(t, "pdftoppm", "-r", "110", "-gray", file, filepath.Join(dir, name))
	pages, err := filepath.Glob(filepath.Join(dir, "*.pgm"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no page: %v", err)
	}
	return strings.TrimSpace(run(t, "zbarimg", append([]string{"--quiet", "--raw"}, pages...)...))
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out)
}

// A zone from draft to lifting, each by an order with its own number.
func TestZone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		z := followup.Zone{ID: id.New(), Name: "Thôn Làng Hạ", Reason: "5 ca cộng đồng", Area: must(t, minhHoa), Listed: "Hộ ông Vi Văn A", Households: 4, People: 17,
			Boundary: `{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[106.3,21.5],[106.4,21.5],[106.4,21.6],[106.3,21.5]]]}}`,
			From:     d("2021-07-14"), Until: d("2021-07-28")}
		mine := w.officer(t, "huulung", huuLung, auth.HealthOfficer, auth.Order)
		for name, bad := range map[string]func(*followup.Zone){
			"no reason": func(z *followup.Zone) { z.Reason = "" }, "no end": func(z *followup.Zone) { z.Until = 0 }, "nowhere": func(z *followup.Zone) { z.Boundary, z.Listed = "", "" },
			"an open ring": func(z *followup.Zone) {
				z.Boundary = `{"type":"Polygon","coordinates":[[[106.3,21.5],[106.4,21.5],[106.4,21.6]]]}`
			},
			"at sea": func(z *followup.Zone) { z.Boundary = `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}` },
		} {
			b := z
			bad(&b)
			if _, err := w.DraftZone(t.Context(), mine, b); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: got %v", name, err)
			}
		}
		for range 2 {
			if _, err := w.DraftZone(t.Context(), mine, z); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.LiftZone(t.Context(), mine, z.ID, d("2021-07-20"), "hết ca", chair); !fault.Is(err, fault.Conflict) {
			t.Errorf("lifted before it was in force: got %v", err)
		}
		signed, err := w.SignZone(t.Context(), mine, z.ID, chair)
		if err != nil || signed.State != followup.ZoneInForce || signed.Numbered() != "01/QĐ-UBND" {
			t.Errorf("signed: got %+v, %v", signed, err)
		}
		if lifted, err := w.LiftZone(t.Context(), mine, z.ID, d("2021-07-20"), "hết ca mới", chair); err != nil || lifted.LiftNumbered() != "02/QĐ-UBND" {
			t.Errorf("lifted: got %+v, %v", lifted, err)
		}
		for _, lift := range []bool{false, true} {
			var pdf bytes.Buffer
			if err := w.PrintZone(t.Context(), &pdf, mine, z.ID, lift); err != nil || !bytes.HasPrefix(pdf.Bytes(), []byte("%PDF")) {
				t.Errorf("printed: %v", err)
			}
		}
		other := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.Order)
		if _, err := w.Zone(t.Context(), other, z.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("by another district: got %v", err)
		}
		if all, _, err := w.Zones(t.Context(), other, followup.ZoneFilter{}); err != nil || len(all) != 0 {
			t.Errorf("another district's list: got %d, %v", len(all), err)
		}
		if got, err := w.Zone(t.Context(), mine, z.ID); err != nil || got.Listed != z.Listed || !strings.Contains(got.Boundary, "MultiPolygon") {
			t.Errorf("read: got %+v, %v", got, err)
		}
	})
}

// Two nodes note one silence once, and release once.
func TestTwoNodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var contacts []event.ContactChanged
		for n := range 4 {
			contacts = append(contacts, w.confirmed(t, w.somebody(t, fmt.Sprintf("Người Thứ %d", n))))
		}
		both := func(f func() (int, error)) (sum int) {
			var wait sync.WaitGroup
			var mu sync.Mutex
			for range 2 {
				wait.Go(func() {
					n, err := f()
					mu.Lock()
					defer mu.Unlock()
					if sum += n; err != nil {
						t.Error(err)
					}
				})
			}
			wait.Wait()
			return sum
		}
		w.now = w.now.Add(followup.SilentAfter + time.Minute)
		if n := both(func() (int, error) { return w.NoteSilence(t.Context()) }); n != len(contacts) {
			t.Errorf("silences: got %d, want %d", n, len(contacts))
		}
		for _, c := range contacts {
			if got := w.states(t, c.Contact); !slices.Equal(got, []string{"running", "silent"}) {
				t.Errorf("told: got %v", got)
			}
		}
	})
}

// People see what is held of them once an officer has seen their card.
func TestOwnData(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		o := w.drafted(t, "Hoàng Văn Thử")
		w.check(t, w.all(), o.Watch, followup.Check{Answered: true, Symptoms: []string{"cough"}})
		for _, a := range []person.Asker{{}, {Person: o.Person, Device: id.New()}, {Person: id.New(), Confirmed: true}} {
			if held, err := w.HeldAbout(t.Context(), a); err != nil || held != nil {
				t.Errorf("%+v: got %v, %v", a, held, err)
			}
		}
		held, err := w.HeldAbout(t.Context(), person.Asker{Person: o.Person, Device: id.New(), Confirmed: true})
		if err != nil || len(held) != 3 {
			t.Errorf("got %+v, %v", held, err)
		}
	})
}

// A list is drafted for at once; who has an order keeps it.
func TestDraftedForMany(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.drafted(t, "Đã Có")
		for n := range 3 {
			w.confirmed(t, w.somebody(t, fmt.Sprintf("Người Thứ %d", n)))
		}
		mine, other := w.officer(t, "huulung", huuLung, auth.HealthOfficer, auth.Order), w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.Order)
		r := followup.Ready{Kind: followup.OrderFacility, Place: "Trường Quân sự tỉnh"}
		if n, err := w.PrepareAll(t.Context(), other, 0, r); n != 0 || err != nil {
			t.Errorf("another district: got %d, %v", n, err)
		}
		for _, want := range []int{3, 0} {
			if n, err := w.PrepareAll(t.Context(), mine, must(t, huuLung), r); n != want || err != nil {
				t.Errorf("got %d, %v, want %d", n, err, want)
			}
		}
		if n, err := w.PrepareAll(t.Context(), mine, 0, followup.Ready{Kind: followup.OrderHome}); n != 0 || err != nil {
			t.Errorf("at home, where nobody is: got %d, %v", n, err)
		}
		if _, err := w.PrepareAll(t.Context(), mine, 0, followup.Ready{Kind: followup.OrderFacility}); !fault.Is(err, fault.Invalid) {
			t.Errorf("in no facility: got %v", err)
		}
	})
}
