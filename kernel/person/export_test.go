package person

// What the quality test runs outside a database: the same blocks, the same
// comparison and the same decision as Register.

type (
	Side      = side
	Block     = block
	Candidate = candidate[int]
)

const (
	BlockMost = blockMost
	Imported  = imported
)

var (
	NewSide  = newSide
	BlocksOf = blocksOf
	Weigh    = compare
	Decide   = decide[int]
)

func NewCandidate(i int, l Likeness) Candidate { return Candidate{i, l} }

func WhoIs(c Candidate) int { return c.who }
