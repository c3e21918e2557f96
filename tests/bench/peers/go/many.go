package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

// A cost is what each of very many takes: nanoseconds to make and to stop, and bytes.
type cost struct{ create, stop, bytes float64 }

func residentBytes() float64 {
	var all, pages int
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &all, &pages)
	}
	if err != nil {
		panic(err)
	}
	return float64(pages * os.Getpagesize())
}

func many[T any](count int, produce func() T, stop func(T)) cost {
	all := make([]T, count)
	for i := range all {
		clear(all[i : i+1]) // so that it does not count
	}
	before, began := residentBytes(), time.Now()
	for i := range all {
		all[i] = produce()
	}
	made := time.Since(began)
	bytes := residentBytes() - before
	began = time.Now()
	for i := range all {
		stop(all[i])
	}
	stopped := time.Since(began)
	runtime.KeepAlive(all)
	each := float64(count)
	return cost{float64(made) / each, float64(stopped) / each, bytes / each}
}

func timersMillion(count int) cost {
	return many(count, func() *time.Timer { return time.NewTimer(far) }, func(t *time.Timer) { t.Stop() })
}

func afterFuncsMillion(count int) cost {
	nothing := func() {}
	return many(count, func() *time.Timer { return time.AfterFunc(far, nothing) }, func(t *time.Timer) { t.Stop() })
}

func channels(count int) cost {
	return many(count, func() chan int { return make(chan int) }, func(chan int) {})
}
