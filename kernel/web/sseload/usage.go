package sseload

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Use is what this process and the machine's sockets take at one moment.
type Use struct {
	Resident int64 // bytes of this process in memory
	Kernel   int64 // bytes of sockets and their buffers, of the whole machine: both ends of every connection
	CPU      time.Duration
}

// Usage reads /proc; where there is none, as outside Linux, memory is 0.
func Usage() Use {
	u := Use{Resident: field("/proc/self/status", "VmRSS:", 1) * 1024, Kernel: kernelBytes()}
	var ru syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &ru) == nil {
		u.CPU = time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	}
	return u
}

// socketSlabs are the kernel's kinds of objects that a connection is made of.
var socketSlabs = []string{"TCP", "TCPv6", "sock_inode_cache", "filp", "eventpoll_epi", "skbuff_head_cache", "skbuff_small_head",
	"skbuff_fclone_cache"}

// kernelBytes sums the buffers of TCP and the objects of sockets that are in
// use, with the name (dentry) that each socket has. Who may not read their list
// (it is root's) counts all objects of the kernel, file caches included: a
// figure that moves with whatever else the machine does.
func kernelBytes() int64 {
	const active, size = 1, 3 // columns of slabinfo(5)
	sum := field("/proc/net/sockstat", "TCP:", 10) * int64(os.Getpagesize())
	sockets := field(slabs, "sock_inode_cache", active)
	if sockets == 0 {
		return sum + field("/proc/meminfo", "Slab:", 1)*1024
	}
	for _, kind := range socketSlabs {
		sum += field(slabs, kind, active) * field(slabs, kind, size)
	}
	return sum + sockets*field(slabs, "dentry", size)
}

const slabs = "/proc/slabinfo"

// field returns the nth word of the line of a file that begins with the word first.
func field(name, first string, n int) int64 {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) > n && words[0] == first {
			v, _ := strconv.ParseInt(words[n], 10, 64)
			return v
		}
	}
	return 0
}

// Files returns how many files this process may hold open, after raising the
// soft limit to the hard one.
func Files() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	if l.Cur < l.Max {
		l.Cur = l.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l) // then the soft one holds, and shows below
		_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l)
	}
	return int(min(l.Cur, 1<<30))
}
