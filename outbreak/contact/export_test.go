package contact

import (
	"bytes"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
)

var atlas = area.Load()

// ReadList reads a list as Import does before it asks the database.
func ReadList(text []byte) (rows int, report Report, err error) {
	home, err := area.Parse("2021/20")
	if err != nil {
		return 0, report, err
	}
	s := &Service{Config: Config{Gazetteer: atlas, Home: home, Now: time.Now}}
	all, report, err := s.readList(auth.System(20, "fuzz"), bytes.NewReader(text))
	return len(all), report, err
}
