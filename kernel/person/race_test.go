//go:build race

package person_test

func init() { raced = true }
