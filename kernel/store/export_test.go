package store

// Queued is how many transactions wait for SQLite's writer.
func (d *DB) Queued() int { return len(d.group.queue) }

// Unnamed is unnamed.
var Unnamed = unnamed
