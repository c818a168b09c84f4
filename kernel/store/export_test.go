package store

// Unnamed is unnamed.
var Unnamed = unnamed
