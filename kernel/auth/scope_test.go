package auth_test

import (
	"testing"

	"khien/kernel/area"
	"khien/kernel/auth"
)

func TestZeroScopeCoversNothing(t *testing.T) {
	var s auth.Scope
	if p, args := s.Where("area", 2); p != "(1 = 0)" || args != nil {
		t.Errorf("got %q %v", p, args)
	}
	if s.Covers(0) || s.Covers(20212018606412000) || s.Allows(auth.ReadCases) || s.Areas() != nil {
		t.Error("the zero scope grants something")
	}
}

func TestSystemCoversTheUnknown(t *testing.T) {
	s := auth.System(20, "job")
	if !s.Covers(0) || !s.Covers(area.Code(20252000005977000)) || !s.Allows(auth.Announce) || s.Actor() != "system" {
		t.Errorf("got %+v", s)
	}
	if got := auth.Console(20, "root", "import").Actor(); got != "console:root" {
		t.Errorf("got %q", got)
	}
}
