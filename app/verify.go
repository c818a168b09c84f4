package app

import (
	"context"
	"encoding/hex"

	"khien/kernel/audit"
)

// verifyAudit checks the whole chain, and against a head noted elsewhere.
func (a *App) verifyAudit(ctx context.Context, seq int64, hash []byte) (verdict, error) {
	r, err := audit.Verify(ctx, a.DB, a.Province, audit.Head{Seq: seq, Hash: hash})
	if err != nil {
		return verdict{}, err
	}
	v := verdict{OK: r.OK(), Entries: r.Rows, Seq: r.Head.Seq, Hash: hex.EncodeToString(r.Head.Hash), BadSeq: r.Bad}
	if !v.OK {
		v.Why = "auth.verify." + string(r.Flaw)
	}
	return v, nil
}
