// bench <scenario> <count>: the scenarios of ../../core on Go's own channels.
// Prints nanoseconds an operation. Without arguments: the names of the scenarios.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// A run does count operations; the parameter is a capacity, mostly.
type run func(count, parameter int)

type scenario struct {
	name      string
	run       run
	parameter int
}

const asCount = -1 // a capacity that holds all messages

var scenarios = append(append(throughput(), micro...), timers...)

// Go has no unbounded channel, and alone a goroutine cannot fill a smaller one.
func throughput() []scenario {
	all := []scenario{{"seq-n", seq, asCount}}
	for _, kind := range []scenario{
		{"spsc", spsc, 0}, {"mpsc", mpsc, 0}, {"mpmc", mpmc, 0},
		{"select_rx", selectRx, 0}, {"select_both", selectBoth, 0}, {"crowd", crowd, 0},
	} {
		all = append(all,
			scenario{kind.name + "-0", kind.run, 0},
			scenario{kind.name + "-1", kind.run, 1},
			scenario{kind.name + "-n", kind.run, asCount})
	}
	return all
}

var started time.Time

// restartClock is for a benchmark whose preparation must not count.
func restartClock() { started = time.Now() }

func measure(s scenario, count int) {
	parameter := s.parameter
	if parameter == asCount {
		parameter = count
	}
	restartClock()
	s.run(count, parameter)
	fmt.Printf("%.3f\n", float64(time.Since(started).Nanoseconds())/float64(count))
}

// figure prints what a benchmark that has its own figure comes to. False: there is none of that name.
func figure(name, count string) bool {
	for _, f := range figures {
		if f.name == name {
			n, err := strconv.Atoi(count)
			if err != nil {
				panic(err)
			}
			fmt.Printf("%.3f\n", f.of(n))
			return true
		}
	}
	return false
}

func main() {
	for _, s := range scenarios {
		if len(os.Args) != 3 {
			fmt.Println(s.name)
		} else if s.name == os.Args[1] {
			count, err := strconv.Atoi(os.Args[2])
			if err != nil {
				panic(err)
			}
			measure(s, count)
			return
		}
	}
	if len(os.Args) != 3 {
		for _, f := range figures {
			fmt.Println(f.name)
		}
	} else if !figure(os.Args[1], os.Args[2]) {
		panic("no scenario " + os.Args[1])
	}
}
