package main

// crowd: many more goroutines than there are processors send, as many others receive.
func crowd(count, capacity int) { toMany(32, count, capacity) }
