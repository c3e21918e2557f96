package main

// mpmc: several goroutines send, as many others receive.
func mpmc(count, capacity int) { toMany(threads, count, capacity) }
