package app

import "khien/kernel/store/storetest"

// Lines are the migrations of the whole program, for a database made ready.
func Lines() (all []storetest.Line) {
	for _, l := range lines() {
		all = append(all, storetest.Line{Name: l.name, Files: l.files})
	}
	return all
}

// HashQuickly makes the passwords of this process cheap: package auth proves the
// real price.
func HashQuickly() { hashKiB = 64 }
