package web

// Table is what the component "table" shows.
type Table struct {
	Caption string // said to those who do not see the table, too
	Head    []Cell
	Rows    [][]Cell
}

// Cell is one cell of a Table, or one line of the component "kv".
type Cell struct {
	Name   string // the label, in "kv"
	Text   string
	Href   string // "": no link
	Number bool   // set to the right
}

// Pager is what the component "pager" shows: links to the next page of a keyset
// and back to the first; "" where there is none.
type Pager struct{ First, Next string }

// Choice is one option of the component "select", or one of "tabs", where Value
// is its path.
type Choice struct{ Value, Text string }
