package outbreak

// ReadParts is what reads a cell of parts, for its fuzz target.
var ReadParts = readParts
