package point

import (
	"context"
	"io"
	"strings"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/place"
	"khien/wire/paper"
	"khien/wire/qr"
	"khien/wire/qrcode"
)

// posterCodeMM is the side of a poster's code without its quiet zone. Hà Nội
// asked for 15 × 15 cm at least in 2021 (laodong.vn 956840).
const posterCodeMM = 155.0

// postersMost bounds one document: it is made in memory, about 6 KB a poster.
const postersMost = 5000

// printing bounds how many documents are made at once.
var printing = make(chan struct{}, 2)

// turn waits for nobody: a third document at the same time is asked to come again.
func turn() (done func(), err error) {
	select {
	case printing <- struct{}{}:
		return func() { <-printing }, nil
	default:
		return nil, fault.New(fault.Busy, "point.printing")
	}
}

// Poster writes the A4 poster of one place as PDF. The caller has asked whether
// its reader may have it.
func (s *Service) Poster(w io.Writer, p place.Place) error {
	doc := paper.New(paper.Sans, p.Name, s.Now())
	if err := s.drawPoster(doc, p); err != nil {
		return err
	}
	return doc.Write(w)
}

// Posters writes the posters of all open places of a filter, one document of A4
// pages by name. fault.NotFound when there is none, fault.Invalid when there are
// more than a document holds.
func (s *Service) Posters(ctx context.Context, w io.Writer, sc auth.Scope, f place.Filter) error {
	done, err := turn()
	if err != nil {
		return err
	}
	defer done()
	doc := paper.New(paper.Sans, s.say("point.posters.title"), s.Now())
	err = s.Places.Each(ctx, sc, f, func(p place.Place) error {
		if p.Closed {
			return nil
		}
		if doc.PageCount() >= postersMost {
			return fault.New(fault.Invalid, "point.many_posters").With("most", postersMost)
		}
		return s.drawPoster(doc, p)
	})
	if err == nil && doc.PageCount() == 0 {
		err = fault.New(fault.NotFound, "point.no_posters")
	}
	if err != nil {
		return err
	}
	return doc.Write(w)
}

// say is a text of paper: what is printed is Vietnamese, whatever its printer reads.
func (s *Service) say(key string, args ...any) string { return s.Catalog.T(i18n.VI, key, args...) }

// sayEnglish is the line beside it.
func (s *Service) sayEnglish(key string, args ...any) string {
	return s.Catalog.T(i18n.EN, key, args...)
}

// LastDay is the last day on which a poster counts.
func LastDay(p place.Place) day.Day { return p.PosterIssued + qr.PosterDays }

// drawPoster adds one page.
func (s *Service) drawPoster(doc *paper.Doc, p place.Place) error {
	link, err := s.codes.PlaceLink(p)
	if err != nil {
		return err
	}
	code, err := qrcode.Encode(link, qrcode.H)
	if err != nil {
		return err
	}
	const (
		margin = 14.0
		top    = 86.5
		quiet  = 10.0 // over four modules of white
	)
	width := paper.WidthMM - 2*margin
	doc.AddPage()
	doc.SetFillColor(11, 79, 108)
	doc.Rect(0, 0, paper.WidthMM, 24, "F")
	doc.SetTextColor(255, 255, 255)
	doc.Put(paper.Box{X: margin, Y: 4, W: width, H: 11}, paper.Words{Text: s.say("point.poster.heading"), Bold: true, Most: 24, Least: 14, Align: "C"})
	doc.Put(paper.Box{X: margin, Y: 15, W: width, H: 6}, paper.Words{Text: s.sayEnglish("point.poster.heading") + " · " + s.home(), Most: 11, Least: 7, Align: "C"})
	doc.SetTextColor(0, 0, 0)
	s.drawName(doc, p, paper.Box{X: margin, Y: 26.5, W: width, H: 49})
	left := (paper.WidthMM - posterCodeMM) / 2
	if err := doc.Code(left, top, posterCodeMM, code); err != nil {
		return err
	}
	s.drawHow(doc, p, paper.Box{X: margin, Y: top + posterCodeMM + quiet, W: width, H: 0})
	return doc.Error()
}

// drawName sets the name and where it is, both in the middle of the box.
func (s *Service) drawName(doc *paper.Doc, p place.Place, b paper.Box) {
	const gap = 2.0
	name, where := paper.Words{Text: p.Name, Bold: true, Most: 40, Least: 10, Align: "C"}, paper.Words{Text: s.where(p), Most: 15, Least: 7, Align: "C"}
	top, below := paper.Box{X: b.X, Y: b.Y, W: b.W, H: b.H * 0.68}, paper.Box{X: b.X, Y: b.Y, W: b.W, H: b.H*0.32 - gap}
	lines, size := doc.Fit(top, name)
	more, small := doc.Fit(below, where)
	top.Y += (b.H - float64(len(lines))*paper.High(size) - gap - float64(len(more))*paper.High(small)) / 2
	below.Y = top.Y + doc.Put(top, name) + gap
	doc.Put(below, where)
}

// drawHow adds what people read below the code.
func (s *Service) drawHow(doc *paper.Doc, p place.Place, b paper.Box) {
	line := func(h float64, t paper.Words) {
		b.H = h
		b.Y += max(doc.Put(b, t), 0) + 0.6
	}
	line(7, paper.Words{Text: s.say("point.poster.how"), Bold: true, Most: 15, Least: 9, Align: "C"})
	line(5, paper.Words{Text: s.sayEnglish("point.poster.how"), Most: 10, Least: 7, Align: "C"})
	line(8, paper.Words{Text: s.say("point.poster.number", "site", bare(s.Site), "number", p.Number.String()), Bold: true, Most: 15, Least: 9, Align: "C"})
	line(6, paper.Words{Text: s.say("point.poster.days", "issued", vn(p.PosterIssued), "last", vn(LastDay(p))), Most: 11, Least: 7, Align: "C"})
	line(9, paper.Words{Text: s.say("point.poster.same"), Most: 10, Least: 7, Align: "C"})
}

// bare is the address as people type it.
func bare(site string) string {
	_, host, _ := strings.Cut(site, "://")
	return host
}

// home names the province.
func (s *Service) home() string {
	if u, ok := s.Gazetteer.Official(s.Edition, twoDigits(s.Province)); ok {
		return u.FullName
	}
	return ""
}

func twoDigits(n int) string { return string([]rune{rune('0' + n/10), rune('0' + n%10)}) }

// where is the address and the area of a place.
func (s *Service) where(p place.Place) string {
	title := s.Gazetteer.Title(p.Area)
	if p.Address == "" {
		return title
	}
	return p.Address + ", " + title
}

// vn writes a day as Vietnam does, "" for none.
func vn(d day.Day) string {
	if d == 0 {
		return ""
	}
	return d.Time().Format("02/01/2006")
}
