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

// use is what this process and the machine's sockets take at one moment.
type use struct {
	resident int64 // bytes of this process in memory
	sockets  int64 // bytes of TCP buffers and of slabs (sockets, files) in the kernel, of the whole machine
	cpu      time.Duration
}

// usage reads /proc; where there is none, as outside Linux, memory is 0.
func usage() use {
	u := use{resident: field("/proc/self/status", "VmRSS:", 1) * 1024}
	u.sockets = field("/proc/net/sockstat", "TCP:", 10)*int64(os.Getpagesize()) + field("/proc/meminfo", "Slab:", 1)*1024
	var ru syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &ru) == nil {
		u.cpu = time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	}
	return u
}

// field returns the nth word of the line of a file that begins with prefix.
func field(name, prefix string, n int) int64 {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) > n && words[0] == prefix {
			v, _ := strconv.ParseInt(words[n], 10, 64)
			return v
		}
	}
	return 0
}
