package main

// mpsc: several goroutines send, one receives.
func mpsc(count, capacity int) { toOne(threads, count, capacity) }
