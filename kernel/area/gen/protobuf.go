package main

import (
	"encoding/binary"
	"errors"
)

// buffer reads the few parts of a protocol buffer that a place has.
type buffer struct {
	b   []byte
	err error
}

var errShort = errors.New("cities.pbf: short")

func (p *buffer) uvarint() uint64 {
	v, n := binary.Uvarint(p.b)
	if n <= 0 {
		p.b, p.err = nil, errShort
		return 0
	}
	p.b = p.b[n:]
	return v
}

func (p *buffer) svarint() int64 {
	v := p.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (p *buffer) bytes() []byte {
	n := p.uvarint()
	if n > uint64(len(p.b)) {
		p.b, p.err = nil, errShort
		return nil
	}
	b := p.b[:n]
	p.b = p.b[n:]
	return b
}

func (p *buffer) skip(wire uint64) {
	switch wire {
	case 0:
		p.uvarint()
	case 2:
		p.bytes()
	default:
		p.b, p.err = nil, errShort
	}
}
