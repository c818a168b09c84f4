package followup

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/wire/paper"
	"khien/wire/qrcode"
)

// The layout of an office's paper: margins, type and places of Decree
// 30/2020/NĐ-CP, annex I, in millimetres.
const (
	marginLeft  = 30.0
	marginRight = 17.0
	marginTop   = 20.0
	textWidth   = paper.WidthMM - marginLeft - marginRight
	leftWidth   = 66.0
	codeSideMM  = 36.0
	bodyPoints  = 13.0
	leastPoints = 11.0
	footMM      = 81.0 // recipients and code, with the lower margin
)

// printing bounds how many documents are made at once.
var printing = make(chan struct{}, 2)

// Print writes an order in scope as PDF; the same row makes the same bytes. Who
// prints is written down.
func (s *Service) Print(ctx context.Context, out io.Writer, sc auth.Scope, i id.ID) error {
	o, err := s.Order(ctx, sc, i)
	if err != nil {
		return err
	}
	return s.print(out, []Order{o}, o.Numbered())
}

// PrintAll writes the orders of a filter as one PDF, a page each, at most
// signedMost of them. fault.NotFound when there is none.
func (s *Service) PrintAll(ctx context.Context, out io.Writer, sc auth.Scope, f OrderFilter) error {
	all, err := s.orders(ctx, sc, f, signedMost+1)
	switch {
	case err != nil:
		return err
	case len(all) == 0:
		return errOrder
	case len(all) > signedMost:
		return fault.New(fault.Invalid, "followup.orders_many").At("orders", "").With("most", signedMost)
	}
	return s.print(out, all, s.say("followup.orders"))
}

func (s *Service) print(out io.Writer, all []Order, title string) error {
	select {
	case printing <- struct{}{}:
		defer func() { <-printing }()
	default:
		return fault.New(fault.Busy, "followup.printing")
	}
	made := all[0].Created
	for _, o := range all {
		made = latest(made, o.Signed, o.Withdrawn)
	}
	doc := paper.New(paper.Serif, title, made)
	for _, o := range all {
		if len(o.Content.Name) == 0 {
			return errOrder // it has died
		}
		if err := s.draw(doc, o, s.paragraphs(o)); err != nil {
			return err
		}
	}
	return doc.Write(out)
}

func latest(ts ...time.Time) (last time.Time) {
	for _, t := range ts {
		if t.After(last) {
			last = t
		}
	}
	return last
}

// say is a text of paper: what is printed is Vietnamese, whatever its printer reads.
func (s *Service) say(key string, args ...any) string { return s.Catalog.T(i18n.VI, key, args...) }

// sheet is one page in the making: y is where the next paragraph begins.
type sheet struct {
	*paper.Doc
	y      float64
	points float64 // of the text
}

// line sets one line in the middle of the page's text, or of a part of it.
func (sh *sheet) line(b paper.Box, t paper.Words) {
	b.Y = sh.y
	sh.y += sh.Put(b, t)
}

// para sets a paragraph over the whole width.
func (sh *sheet) para(t paper.Words) {
	sh.y += sh.Flow(paper.Box{X: marginLeft, Y: sh.y, W: textWidth}, t) + paraGap
}

// high is how high title and text will stand below the head.
func (s *Service) high(sh *sheet, o Order, text []string) float64 {
	const titles = 42.0 // three headings with the air around them, and a line to spare
	total := titles
	text = slices.Clone(text)
	for _, b := range o.Content.Basis {
		text = append(text, s.say("followup.paper.basis", "text", b))
	}
	for _, t := range append(text, s.say("followup.paper.proposal")) {
		total += sh.Stands(textWidth, paper.Words{Text: indent + t, Most: sh.points}) + paraGap
	}
	return total
}

// paraGap is between two paragraphs.
const paraGap = 1.2

// rule draws a line under a heading.
func (sh *sheet) rule(centre, width float64) {
	sh.SetLineWidth(0.25)
	sh.Line(centre-width/2, sh.y+0.6, centre+width/2, sh.y+0.6)
}

// draw adds one page: the order with what it says.
func (s *Service) draw(doc *paper.Doc, o Order, text []string) error {
	doc.AddPage()
	sh := &sheet{doc, marginTop, bodyPoints}
	s.drawHead(sh, o)
	begin := sh.y
	for sh.points > leastPoints && begin+s.high(sh, o, text) > paper.HeightMM-footMM {
		sh.points -= 0.5
	}
	s.drawTitle(sh, o)
	for _, t := range text {
		sh.para(paper.Words{Text: indent + t, Most: sh.points, Align: "J"})
	}
	if sh.y > paper.HeightMM-footMM {
		s.drawStamp(sh, o)
		doc.AddPage()
		sh.y = marginTop
	}
	if err := s.drawFoot(sh, o); err != nil {
		return err
	}
	s.drawStamp(sh, o)
	return doc.Error()
}

// drawHead sets the authority and the number on the left, the country's name and
// motto, place and date on the right.
func (s *Service) drawHead(sh *sheet, o Order) {
	left := paper.Box{X: marginLeft - 6, W: leftWidth, H: 12}
	right := paper.Box{X: marginLeft + leftWidth - 4, W: textWidth - leftWidth + 8, H: 7}
	top := sh.y
	sh.line(left, paper.Words{Text: s.say("followup.paper.committee"), Most: 12, Least: 9, Align: "C", Bold: true})
	sh.line(left, paper.Words{Text: strings.ToUpper(o.Content.Authority), Most: 12, Least: 9, Align: "C", Bold: true})
	sh.rule(left.X+left.W/2, 22)
	sh.y += 3
	number := s.say("followup.paper.no_number", "suffix", o.suffix())
	if o.Number > 0 {
		number = s.say("followup.paper.number", "number", o.Numbered())
	}
	sh.line(left, paper.Words{Text: number, Most: 13, Least: 10, Align: "C"})
	below := sh.y
	sh.y = top
	sh.line(right, paper.Words{Text: s.say("followup.paper.country"), Most: 12.5, Least: 10, Align: "C", Bold: true})
	sh.line(right, paper.Words{Text: s.say("followup.paper.motto"), Most: 13, Least: 10, Align: "C", Bold: true})
	sh.rule(right.X+right.W/2, 52)
	sh.y += 3
	sh.line(right, paper.Words{Text: s.whereAndWhen(o), Most: 13, Least: 10, Align: "C", Italic: true})
	sh.y = max(sh.y, below) + 7
}

// whereAndWhen is place and date of an order, with dots where a draft has none yet.
func (s *Service) whereAndWhen(o Order) string {
	if o.Signed.IsZero() {
		return s.say("followup.paper.undated", "town", o.Content.Town)
	}
	on := day.Today(o.Signed).Time()
	return s.say("followup.paper.dated", "town", o.Content.Town, "day", on.Format("02"), "month", on.Format("01"), "year", on.Format("2006"))
}

func (s *Service) drawTitle(sh *sheet, o Order) {
	whole := paper.Box{X: marginLeft, W: textWidth, H: 14}
	key := "followup.paper." + string(o.Kind)
	sh.line(whole, paper.Words{Text: s.say(key + ".title"), Most: 14, Least: 12, Align: "C", Bold: true})
	sh.line(whole, paper.Words{Text: s.say(key + ".about"), Most: 14, Least: 11, Align: "C", Bold: true})
	sh.rule(paper.WidthMM/2+(marginLeft-marginRight)/2, 40)
	sh.y += 5
	if o.Kind == OrderCertificate {
		return
	}
	sh.line(whole, paper.Words{Text: s.say("followup.paper.chair", "authority", strings.ToUpper(o.Content.Authority)), Most: 13, Least: 10, Align: "C", Bold: true})
	sh.y += 2
	for _, b := range o.Content.Basis {
		sh.para(paper.Words{Text: indent + s.say("followup.paper.basis", "text", b), Most: sh.points, Align: "J", Italic: true})
	}
	sh.para(paper.Words{Text: indent + s.say("followup.paper.proposal"), Most: sh.points, Align: "J", Italic: true})
	sh.y += 1
	sh.line(whole, paper.Words{Text: s.say("followup.paper.decides"), Most: 14, Least: 12, Align: "C", Bold: true})
	sh.y += 2
}

// indent begins a paragraph, 1 cm in.
const indent = "\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0"

// paragraphs are what an order says of its person.
func (s *Service) paragraphs(o Order) (all []string) {
	key := "followup.paper." + string(o.Kind)
	c := o.Content
	line := func(label, text string) {
		if text != "" {
			all = append(all, "- "+s.say(label)+": "+text)
		}
	}
	all = append(all, s.say(key+".first", "authority", c.Authority))
	line("followup.paper.name", strings.ToUpper(c.Name))
	line("followup.paper.birth", birth(c.Birth))
	if c.Sex != "" {
		line("followup.paper.sex", s.say("followup.sex."+c.Sex))
	}
	line("followup.paper.paper", c.Paper)
	line("followup.paper.home", c.Home)
	if o.Kind == OrderHome || o.Kind == OrderFacility || o.Kind == OrderIsolation {
		line("followup.paper.where", c.Place)
	}
	all = append(all, s.say(key+".days", "from", vn(o.From), "until", vn(o.Until)))
	if o.Kind == OrderCertificate {
		return all
	}
	return append(all, s.say(key+".second"), s.say("followup.paper.force", "authority", c.Authority))
}

// birth writes as much of a birth as is known as Vietnam does.
func birth(iso string) string {
	parts := strings.Split(iso, "-")
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	return strings.Join(parts, "/")
}

// drawFoot sets who gets the paper and its code on the left, the signature on the right.
func (s *Service) drawFoot(sh *sheet, o Order) error {
	sh.y += 4
	top := sh.y
	left := paper.Box{X: marginLeft, W: 76, H: 7}
	sh.line(left, paper.Words{Text: s.say("followup.paper.receivers"), Most: 12, Least: 10, Align: "L", Bold: true, Italic: true})
	left.H = 9
	for _, key := range []string{"followup.paper.receiver.person", "followup.paper.receiver.commune", "followup.paper.receiver.health", "followup.paper.receiver.file"} {
		sh.line(left, paper.Words{Text: s.say(key), Most: 11, Least: 9, Align: "L"})
	}
	if o.State != Draft && !o.Kind.ofZone() {
		if err := s.drawCode(sh, o, marginLeft, sh.y+3); err != nil {
			return err
		}
	}
	right := paper.Box{X: marginLeft + 78, W: textWidth - 78, H: 14}
	sh.y = top
	sh.line(right, paper.Words{Text: strings.ToUpper(o.Title), Most: 13, Least: 10, Align: "C", Bold: true})
	if o.Signed.IsZero() {
		return nil
	}
	sh.y += 6
	right.H = 10
	sh.line(right, paper.Words{Text: s.say("followup.paper.signed", "at", i18n.DateTime(i18n.VI, o.Signed)), Most: 10, Least: 8, Align: "C", Italic: true})
	sh.y += 8
	sh.line(right, paper.Words{Text: o.Signer, Most: 14, Least: 10, Align: "C", Bold: true})
	return nil
}

func (s *Service) drawCode(sh *sheet, o Order, x, y float64) error {
	text, err := s.Code(o)
	if err != nil {
		return err
	}
	code, err := qrcode.Encode(text, qrcode.M)
	if err != nil {
		return err
	}
	if err := sh.Code(x, y, codeSideMM, code); err != nil {
		return err
	}
	sh.Put(paper.Box{X: x + codeSideMM + 4, Y: y + 6, W: 36, H: 26}, paper.Words{Text: s.say("followup.paper.code"), Most: 9.5, Least: 8, Align: "L"})
	return nil
}

// drawStamp writes over a paper that does not stand what it is.
func (s *Service) drawStamp(sh *sheet, o Order) {
	key := map[OrderState]string{Draft: "followup.paper.draft", Withdrawn: "followup.paper.withdrawn"}[o.State]
	if key == "" {
		return
	}
	sh.SetTextColor(170, 20, 30)
	sh.SetAlpha(0.25, "Normal")
	sh.TransformBegin()
	sh.TransformRotate(35, paper.WidthMM/2, paper.HeightMM/2)
	sh.Put(paper.Box{X: 10, Y: paper.HeightMM/2 - 18, W: paper.WidthMM - 20, H: 36}, paper.Words{Text: s.say(key), Most: 64, Least: 30, Align: "C", Bold: true})
	sh.TransformEnd()
	sh.SetAlpha(1, "Normal")
	sh.SetTextColor(0, 0, 0)
}
