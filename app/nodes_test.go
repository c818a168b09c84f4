package app_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store/storetest"
)

// Two nodes on one PostgreSQL: who signs in at the one is signed in at the
// other, and a case entered at the one moves the map at the other.
func TestTwoNodes(t *testing.T) {
	c := untouched(t, storetest.PostgresURL(t))
	one := serveNode(t, c)
	twin := *c
	twin.Data = t.TempDir()
	two := serveNode(t, &twin)
	one.account(t, "huulung", auth.HealthOfficer, "2021/20/186")
	officer := one.signIn(t, "huulung")

	stream, err := http.Get(two.url + "/api/v1/map/stream?edition=2021&level=commune")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	if a := officer.json("POST", "/api/v1/cases", caseOf(id.New(), "BN1", minhHoa)); a.status != http.StatusCreated {
		t.Fatalf("create: got %d %s", a.status, a.body)
	}
	for lines := bufio.NewScanner(stream.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "event: delta") || strings.HasPrefix(lines.Text(), "event: reset") {
			break
		}
	}
	var m struct {
		Areas []struct {
			Code  string
			Total struct{ Text string }
		}
	}
	a := two.stranger(t).get("/api/v1/map/areas?edition=2021&level=commune")
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatal(err)
	}
	for _, u := range m.Areas {
		if u.Code == minhHoa && u.Total.Text != "<5" {
			t.Errorf("the other node shows %q, want <5", u.Total.Text)
		}
	}
	officer.base = two.url
	if a := officer.get("/api/v1/cases"); !strings.Contains(a.body, "BN1") {
		t.Errorf("the other node lists %d %s", a.status, a.body)
	}
}
