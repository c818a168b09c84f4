package auth

import (
	"slices"
	"strings"

	"khien/kernel/fault"
)

// Role is a job; an account holds one or more. The values are stored as written.
type Role string

// The roles, as design.md names them.
const (
	SteeringCommittee Role = "steering_committee"
	HealthOfficer     Role = "health_officer"
	Tracer            Role = "tracer"
	CheckpointOfficer Role = "checkpoint_officer"
	Vaccinator        Role = "vaccinator"
	Doctor            Role = "doctor"
	QuarantineOfficer Role = "quarantine_officer"
	Editor            Role = "editor"
	Approver          Role = "approver"
	CameraWatcher     Role = "camera_watcher"
	PlaceKeeper       Role = "place_keeper"
	Auditor           Role = "auditor"
	Administrator     Role = "administrator"
)

// Roles lists all roles in the order in which a form shows them.
var Roles = []Role{HealthOfficer, Tracer, CheckpointOfficer, Vaccinator, Doctor, QuarantineOfficer, SteeringCommittee,
	Editor, Approver, CameraWatcher, PlaceKeeper, Auditor, Administrator}

// Act is something that a role may do.
type Act string

// The acts.
const (
	ReadCases   Act = "read_cases"
	WriteCases  Act = "write_cases"
	Import      Act = "import"   // many cases or counts at once, from a file
	Announce    Act = "announce" // approve numbers for the public
	Export      Act = "export"   // take rows of people out of the system
	ReadPeople  Act = "read_people"
	WritePeople Act = "write_people"
	ReadPlaces  Act = "read_places"
	WritePlaces Act = "write_places"
	KeepPlaces  Act = "keep_places" // note who comes to the places of the area
	ReadAudit   Act = "read_audit"

	ReadDeclarations  Act = "read_declarations"
	WriteDeclarations Act = "write_declarations" // declare for people who have no phone
	DefineForms       Act = "define_forms"       // new questions and rules for all declarations
	ManageAccounts    Act = "manage_accounts"

	Trace         Act = "trace"          // ask who met whom
	ReadContacts  Act = "read_contacts"  // contacts and their follow-up
	WriteContacts Act = "write_contacts" // confirm, dismiss, add, check, release
	Order         Act = "order"          // quarantine and isolation orders, lockdown zones
	DecideLevel   Act = "decide_level"   // an area's epidemic level
)

// permitted says which acts each role may do, inside its jurisdiction. What is
// not here is refused.
var permitted = map[Role][]Act{
	SteeringCommittee: {ReadCases, ReadPlaces, ReadContacts, Order, DecideLevel},
	HealthOfficer: {ReadCases, WriteCases, Import, Export, ReadPeople, WritePeople, ReadPlaces, WritePlaces, KeepPlaces, ReadDeclarations, WriteDeclarations,
		Trace, ReadContacts, WriteContacts, Order},
	Tracer:            {ReadCases, WriteCases, ReadPeople, WritePeople, ReadPlaces, ReadDeclarations, Trace, ReadContacts, WriteContacts},
	CheckpointOfficer: {ReadPlaces, KeepPlaces, ReadDeclarations, WriteDeclarations},
	PlaceKeeper:       {ReadPlaces, KeepPlaces, WriteDeclarations},
	Doctor:            {ReadCases, ReadPeople, ReadDeclarations, ReadContacts},
	QuarantineOfficer: {ReadCases, ReadPeople, ReadDeclarations, ReadContacts, WriteContacts},
	Approver:          {ReadCases, Announce},
	Auditor:           {ReadAudit},
	Administrator:     {ManageAccounts, DefineForms},
}

// Can reports whether a role may do an act.
func Can(r Role, a Act) bool { return slices.Contains(permitted[r], a) }

func anyCan(rs []Role, a Act) bool {
	return slices.ContainsFunc(rs, func(r Role) bool { return Can(r, a) })
}

// parseRoles reads known roles without repeats, in the order of Roles. None at
// all, or an unknown one, is fault.Invalid.
func parseRoles(names []string) ([]Role, error) {
	for _, n := range names {
		if !slices.Contains(Roles, Role(n)) {
			return nil, fault.New(fault.Invalid, "auth.role").At("roles", n)
		}
	}
	var rs []Role
	for _, r := range Roles {
		if slices.Contains(names, string(r)) {
			rs = append(rs, r)
		}
	}
	if len(rs) == 0 {
		return nil, fault.New(fault.Invalid, "auth.no_role").At("roles", "")
	}
	return rs, nil
}

func joinRoles(rs []Role) string {
	names := make([]string, len(rs))
	for i, r := range rs {
		names[i] = string(r)
	}
	return strings.Join(names, ",")
}

// splitRoles reads what joinRoles wrote; a role this program does not know grants nothing.
func splitRoles(s string) []Role {
	var rs []Role
	for n := range strings.SplitSeq(s, ",") {
		if slices.Contains(Roles, Role(n)) {
			rs = append(rs, Role(n))
		}
	}
	return rs
}
