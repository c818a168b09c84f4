package point

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/web"
	"khien/wire/sheet"
)

// cardsPage shows the cards of one person to an officer.
type cardsPage struct {
	Person   person.Person
	Cards    []Card
	Form     web.Form
	MayIssue bool // may, and no card stands
	MayWrite bool
}

func (s *Service) getCards(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadPeople, "person_cards")
	if err != nil {
		return err
	}
	who, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return errNoCard
	}
	all, p, err := s.CardsOf(r.Context(), sc, who)
	if err != nil {
		return err
	}
	may := sc.Allows(auth.WritePeople)
	stands := slices.ContainsFunc(all, func(c Card) bool { return c.Withdrawn.IsZero() })
	return s.Views.Render(w, r, http.StatusOK, "point/cards.html", cardsPage{p, all, web.NewForm(), may && !stands, may})
}

func (s *Service) postCard(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WritePeople, "person_cards")
	if err != nil {
		return err
	}
	who, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return errNoCard
	}
	var f struct {
		ID id.ID `form:"id,required"`
	}
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	if _, err := s.IssueCard(r.Context(), sc, f.ID, who); err != nil {
		return err
	}
	return web.Redirect(w, r, "/people/"+who.String()+"/cards", "point.card")
}

func (s *Service) postWithdrawCard(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WritePeople, "person_cards")
	if err != nil {
		return err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return errNoCard
	}
	c, err := s.WithdrawCard(r.Context(), sc, i)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/people/"+c.Person.String()+"/cards", "point.card_withdrawn")
}

// getCardPaper answers with a card, or with a batch of them, as PDF.
func (s *Service) getCardPaper(print func(context.Context, io.Writer, auth.Scope, id.ID) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		sc, err := auth.ScopeOf(r.Context(), auth.ReadPeople, "card_print")
		if err != nil {
			return err
		}
		i, err := id.Parse(r.PathValue("id"))
		if err != nil {
			return errNoCard
		}
		return sendPDF(w, "khien-the-qr.pdf", func(out *pending) error { return print(r.Context(), out, sc, i) })
	}
}

// listPage takes a list of people who get cards.
type listPage struct {
	Form   web.Form
	Report *CardReport
	Name   string
	Lines  []problemLine
}

// CardReport is what became of a list of people who were to get cards.
type CardReport struct {
	Batch    id.ID // the cards that were issued, to be printed together
	Rows     int
	Issued   int
	Had      int // had a standing card, and keep it
	Away     int // are of another area, whose officers issue theirs
	Problems []Problem
}

func (s *Service) getCardList(w http.ResponseWriter, r *http.Request) error {
	return s.Views.Render(w, r, http.StatusOK, "point/card_list.html", listPage{Form: web.NewForm()})
}

func (s *Service) postCardList(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WritePeople, "card_list")
	if err != nil {
		return err
	}
	up, err := web.ReadUpload(r, "file", uploadBytes)
	if err != nil {
		return err
	}
	report, err := s.IssueList(r.Context(), sc, up)
	p := listPage{Form: web.NewForm(), Name: up.Name}
	if f := fault.Of(err); f != nil && f.Kind == fault.Invalid {
		p.Form.Errors = web.FieldErrors{"file": f}
		return s.Views.Render(w, r, http.StatusUnprocessableEntity, "point/card_list.html", p)
	}
	if err != nil {
		return err
	}
	p.Report = &report
	for _, pr := range report.Problems[:min(len(report.Problems), problemsShown)] {
		p.Lines = append(p.Lines, problemLine{Row: pr.Row, Field: web.T(r.Context(), "point.list."+pr.Field), Value: pr.Value,
			Why: pr.Sentence(func(key string, args ...any) string { return web.T(r.Context(), key, args...) })})
	}
	return s.Views.Render(w, r, http.StatusOK, "point/card_list.html", p)
}

// personHeadings are the columns of a list of people who get cards, folded.
var personHeadings = map[string][]string{
	"person":  {"ho va ten", "name", "ho ten", "ten"},
	"birth":   {"ngay sinh", "nam sinh", "birth", "birth_year"},
	"phone":   {"dien thoai", "phone", "so dien thoai", "sdt"},
	"paper":   {"so giay to", "cccd", "so cccd", "cmnd", "paper", "so can cuoc", "cccd cmnd"},
	"commune": {"xa", "commune", "phuong xa", "xa phuong", "xa phuong thi tran"},
	"address": {"dia chi", "address"},
}

func personColumn(header []string, field string) int {
	return slices.IndexFunc(header, func(h string) bool { return slices.Contains(personHeadings[field], area.Fold(strings.Trim(h, " *:"))) })
}

// IssueList registers the people of a list, as the registry knows people, and
// issues a card to each who has none. A row that is wrong is named and left out;
// the others get theirs. The same list again issues nothing.
func (s *Service) IssueList(ctx context.Context, sc auth.Scope, r io.Reader) (CardReport, error) {
	report := CardReport{Batch: id.New()}
	people, err := s.readPeople(sc, r, &report)
	if err != nil {
		return report, err
	}
	var holders []id.ID
	err = s.People.Import(ctx, sc, people, func(_ int, rs []person.Registered) error {
		for _, r := range rs {
			holders = append(holders, r.ID)
		}
		return nil
	})
	if err != nil {
		return report, err
	}
	for part := range slices.Chunk(holders, 200) {
		cs, err := s.IssueCards(ctx, sc, report.Batch, part)
		if err != nil {
			return report, err
		}
		for _, c := range cs {
			if c.Batch == report.Batch {
				report.Issued++
			} else {
				report.Had++
			}
		}
		report.Away += len(part) - len(cs)
	}
	return report, nil
}

func (s *Service) readPeople(sc auth.Scope, r io.Reader, report *CardReport) (people []person.Person, err error) {
	t, err := sheet.Open(r, func(row []string) bool { return personColumn(row, "person") >= 0 && personColumn(row, "commune") >= 0 })
	if err != nil {
		if err = fileFault(err); fault.Of(err) != nil && fault.Of(err).Key == "point.no_header" {
			err = fault.New(fault.Invalid, "point.no_people_header").At("file", "")
		}
		return nil, err
	}
	defer t.Close()
	said := map[string]int{}
	for {
		row, n, err := t.Next()
		if errors.Is(err, io.EOF) {
			return people, nil
		}
		if err != nil {
			return nil, fileFault(err)
		}
		text := strings.Join(row, "\x00")
		said[text]++
		if report.Rows++; report.Rows > cardsMost {
			return nil, fault.New(fault.Invalid, "point.long_list").InRow(n).With("most", cardsMost)
		}
		p, err := s.listedPerson(sc, t.Header, row)
		if bad := fault.Of(err); bad != nil {
			report.Problems = append(report.Problems, Problem{Row: n, Field: bad.Field, Value: bad.Value, Why: bad.Key, Verdict: area.Rejected,
				Key: "fault." + bad.Key, Args: bad.Args})
			continue
		}
		p.ID = s.rowID(text, said[text])
		people = append(people, p)
	}
}

// rowID is the same for the same row of a list sent again, so that the registry
// knows it: two people of whom a list says the same are its first and its second.
func (s *Service) rowID(text string, times int) id.ID {
	i := id.ID(s.Keys.BlindIndex("point card list", text+"\x00"+strconv.Itoa(times)))
	i[6], i[8] = i[6]&0x0f|0x80, i[8]&0x3f|0x80 // version 8: of our own making (RFC 9562, 5.8)
	return i
}

// listedPerson reads one row; the field of its refusal is a column.
func (s *Service) listedPerson(sc auth.Scope, header, row []string) (person.Person, error) {
	cell := func(field string) string {
		if i := personColumn(header, field); i >= 0 {
			return row[i]
		}
		return ""
	}
	p := person.Person{Name: cell("person"), Phone: cell("phone"), Address: cell("address")}
	for _, field := range []string{"person", "address"} {
		if v := cell(field); v != sheet.Harmless(v) {
			return p, fault.New(fault.Invalid, "point.formula").At(field, v)
		}
	}
	home, _ := s.Gazetteer.Official(s.Edition, twoDigits(s.Province))
	m := s.Gazetteer.Match(area.Names{Edition: s.Edition, Province: home.Name, Commune: cell("commune")})
	if m.Code == 0 {
		return p, fault.New(fault.Invalid, "point.commune").At("commune", cell("commune"))
	}
	if p.Area = m.Code; !sc.Covers(m.Code) {
		return p, fault.New(fault.Forbidden, "auth.area").At("commune", cell("commune"))
	}
	var err error
	if p.Birth, err = person.NormalBirth(cell("birth")); err != nil {
		return p, err
	}
	if number := cell("paper"); number != "" {
		p.Papers = []person.Paper{{Kind: paperKind(number), Number: number}}
	}
	if p, err = p.Normal(); err != nil && fault.Of(err).Field == "name" {
		err = fault.Of(err).At("person", cell("person"))
	}
	return p, err
}

// paperKind guesses the paper from the number of its digits, as lists do not say it.
func paperKind(number string) person.PaperKind {
	if len(number) == 9 {
		return person.OldCard
	}
	return person.CitizenCard
}
